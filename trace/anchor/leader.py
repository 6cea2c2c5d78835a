"""Anchors the newest checkpoint of the log: one process of all, for each anchor.

    look at what is under way  ->  write down what has become of it  ->  begin the next, if it is time

What is sent is in PostgreSQL before. An anchor that fails is asked again after pauses that double up to `anchor_retry_s_max`;
nobody waits for it, the log least of all. Everything is written over the connection that holds the lock.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import TypeVar

import asyncpg
from msgspec.structs import replace

from livehub.base.backoff import Backoff
from livehub.base.db import Connection, Database
from livehub.base.db_errors import DRIVER_ERRORS
from livehub.base.errors import Unavailable
from livehub.base.leading import leading
from livehub.base.metrics import CALLBACKS
from trace.anchor import store
from trace.anchor.adapters import opened
from trace.anchor.protocol import Anchor, AnchorAway
from trace.anchor.settings import AnchorConfig
from trace.anchor.states import OPEN, Anchoring, Newest, Step, begins_in_ms, steps

log = logging.getLogger("trace.anchor")

R = TypeVar("R")

FOLLOW_S = 2.0  # pause before a process looks again whether it may lead
CALL_TIMEOUTS = 4  # a call of an adapter asks several questions; all of them together take so many times one
SILENCE_TIMEOUTS = 2 * CALL_TIMEOUTS  # PostgreSQL takes the leader for gone after four times this
SAY_S = 5.0  # while a leader waits longer than this, it lets PostgreSQL know that it is there
HEALTH_MS = 5_000  # between two notes that an anchor answers


class AnchorLeader:
    """Of one kind of anchor. `now_s`: real time."""

    def __init__(self, config: AnchorConfig, database: Database, kind: str, now_s: Callable[[], float]) -> None:
        self._config = config
        self._database = database
        self._kind = kind
        self._now_s = now_s
        self._backoff = Backoff(pause_s_max=config.anchor_retry_s_max)
        self._is_lost = False
        self._noted_ms = 0
        self._held_ms = 0  # nothing is begun before that moment
        self._current: tuple[list[Anchoring], list[Anchoring], tuple[int, int]] | None = None  # nobody else changes it
        self.name = ""
        self.is_leading = False
        self.failures = 0  # in a row
        self.failed: dict[str, int] = {}  # by kind of failure
        self.anchored_ms: int | None = None  # the newest one; None: none yet

    async def run(self) -> None:
        """Lead whenever no other process does."""
        anchor = await asyncio.to_thread(opened, self._kind, self._config)
        self.name = anchor.name
        lock = int.from_bytes(sha256(f"livehub anchor {anchor.name}".encode()).digest()[:7])
        silence_s = SILENCE_TIMEOUTS * self._config.anchor_timeout_s
        try:
            while True:
                self._is_lost = False
                try:
                    async with leading(
                        self._database, lock, "livehub anchor", silence_s=silence_s, restore_s_max=silence_s,
                        on_lost=self._lost,
                    ) as connection:  # fmt: skip
                        if connection is not None:
                            await self._lead(connection, anchor)
                except (Unavailable, *DRIVER_ERRORS) as error:
                    log.warning("anchor.lead_lost", extra={"anchor": anchor.name, "reason": repr(error)})
                finally:
                    self.is_leading = False
                await asyncio.sleep(FOLLOW_S)
        finally:
            await anchor.close()

    def _lost(self) -> None:
        self._is_lost = True

    def age_s(self) -> float:
        """How old the newest anchored checkpoint's anchor is; infinite while there is none."""
        return float("inf") if self.anchored_ms is None else max(0.0, self._now_s() - self.anchored_ms / 1000)

    async def _lead(self, connection: Connection, anchor: Anchor) -> None:
        log.info("anchor.leading", extra={"anchor": anchor.name})
        self.failures = self._noted_ms = self._held_ms = 0
        self._current = None
        while not self._is_lost:
            pause_s = await self._round(connection, anchor)
            self.is_leading = True
            while pause_s > 0 and not self._is_lost:
                await asyncio.sleep(min(pause_s, SAY_S))
                pause_s -= SAY_S
                if pause_s > 0:
                    await connection.execute("SELECT 1")

    async def _round(self, connection: Connection, anchor: Anchor) -> float:
        """The pause before the next one, in seconds."""
        now_ms = int(self._now_s() * 1000)
        try:
            pause_s = await self._anchor(connection, anchor, now_ms)
        except AnchorAway as error:
            self._current = None
            self.failures += 1
            self.failed[error.kind] = self.failed.get(error.kind, 0) + 1
            log.warning("anchor.failed", extra={"anchor": anchor.name, "kind": error.kind, "reason": error.reason})
            await store.put_health(connection, anchor, now_ms, error.reason)
            self._noted_ms = 0
            pause_s = self._backoff.pause_s(self.failures) or 0.0
            return min(max(pause_s, error.retry_after_s), self._config.anchor_retry_s_max)
        self.failures = 0
        if now_ms - self._noted_ms >= HEALTH_MS:
            await store.put_health(connection, anchor, now_ms, "")
            self._noted_ms = now_ms
        return pause_s

    async def _anchor(self, connection: Connection, anchor: Anchor, now_ms: int) -> float:
        """Look once, and begin the next if it is time; the pause until the next look, in seconds."""
        newest = await store.newest(connection)
        if self._current is None:
            last = await store.last(connection, anchor.name)
            self._current = (*await store.current(connection, anchor.name), last)
        under_way, confirmed, (last_size, last_begun_ms) = self._current
        under_way = await self._look(connection, anchor, under_way, confirmed, newest, now_ms)
        wait_ms = begins_in_ms(
            newest, is_open=bool(under_way), last_size=last_size, last_begun_ms=last_begun_ms, now_ms=now_ms,
            every_ms=int(self._config.anchor_every_s * 1000), held_ms=self._held_ms,
        )  # fmt: skip
        if newest is not None and wait_ms == 0:
            self._current = None
            try:
                begun = await store.begin(connection, anchor, newest, now_ms)
            except asyncpg.UniqueViolationError:  # there are more under way than were looked at
                return self._config.anchor_look_s
            await self._look(connection, anchor, [begun], [], newest, now_ms)
        look_s = self._config.anchor_look_s
        return look_s if not wait_ms else min(look_s, wait_ms / 1000)

    async def _look(
        self,
        connection: Connection,
        anchor: Anchor,
        under_way: list[Anchoring],
        confirmed: list[Anchoring],
        newest: Newest | None,
        now_ms: int,
    ) -> list[Anchoring]:
        """What is under way afterwards."""
        looked_at = [*under_way, *confirmed]
        if not looked_at:
            return []
        seen = await self._asked(lambda: anchor.look(looked_at, now_ms))
        self._held_ms = seen.head_ms + anchor.policy.hold_ms if seen.head_ms else 0
        before = {each.id: each for each in looked_at}
        left: list[Anchoring] = []
        anchored: list[int] = []
        for step in steps(looked_at, seen, now_ms, anchor.policy):
            after = await self._carried_out(connection, anchor, step, before[step.anchoring.id], newest, now_ms)
            if after.state in OPEN:
                left.append(after)
            elif after.state == "confirmed" and after.included is not None:
                anchored.append(after.included.at_ms or now_ms)
        self.anchored_ms = max(anchored, default=self.anchored_ms if not confirmed else None)
        return left

    async def _carried_out(
        self,
        connection: Connection,
        anchor: Anchor,
        step: Step,
        before: Anchoring,
        newest: Newest | None,
        now_ms: int,
    ) -> Anchoring:
        after = step.anchoring
        if after != before or step.act != "none":
            self._current = None
        if after != before:
            await store.change(connection, after, now_ms)
            _tell(anchor, before, after)
        if step.act == "sign":
            if newest is not None and not after.attempts and newest.size > after.size:
                await store.renew(connection, after, newest)
                after = replace(after, size=newest.size, root=newest.root, note=newest.note)
            attempt = await self._asked(lambda: anchor.prepare(after, step, now_ms))
            after = replace(after, attempts=(*after.attempts, attempt), nonce=attempt.nonce)
            await store.change(connection, after, now_ms)
        if step.act != "none":
            after = await self._sent(connection, anchor, after, now_ms)
        return after

    async def _sent(self, connection: Connection, anchor: Anchor, anchoring: Anchoring, now_ms: int) -> Anchoring:
        proof = await self._asked(lambda: anchor.send(anchoring, anchoring.live[-1]))
        sent = replace(anchoring, state="sent", proof=proof or anchoring.proof)
        await store.change(connection, sent, now_ms)
        if anchoring.nonce is None:  # what has no blocks may be there at once
            seen = await self._asked(lambda: anchor.look([sent], now_ms))
            (step,) = steps([sent], seen, now_ms, anchor.policy)
            if step.anchoring != sent:
                sent = step.anchoring
                await store.change(connection, sent, now_ms)
                _tell(anchor, anchoring, sent)
        return sent

    async def _asked(self, ask: Callable[[], Awaitable[R]]) -> R:
        try:
            async with asyncio.timeout(CALL_TIMEOUTS * self._config.anchor_timeout_s):
                return await ask()
        except TimeoutError as error:
            raise AnchorAway("timeout", "no answer in time") from error


def _tell(anchor: Anchor, before: Anchoring, after: Anchoring) -> None:
    fields = {"anchor": anchor.name, "size": after.size, "tx": after.included.ref if after.included else None}
    if after.state == "confirmed" and before.state != "confirmed":
        log.info("anchor.confirmed", extra=fields)
    if after.fallbacks > before.fallbacks:
        log.warning("anchor.taken_back", extra=fields)
    if after.state == "abandoned":
        log.warning("anchor.abandoned", extra=fields)


def offer_metrics(leaders: "list[AnchorLeader]") -> None:
    """Of those anchors that this process leads."""

    def led() -> list[AnchorLeader]:
        return [each for each in leaders if each.is_leading]

    CALLBACKS.watch_each(
        "livehub_anchor_age_seconds", "Since the newest checkpoint was anchored", ("anchor",),
        lambda: [((each.name,), each.age_s()) for each in led()],
    )  # fmt: skip
    CALLBACKS.watch_each(
        "livehub_anchor_failing", "Failures in a row of an anchor", ("anchor",),
        lambda: [((each.name,), float(each.failures)) for each in led()],
    )  # fmt: skip
    CALLBACKS.watch_each(
        "livehub_anchor_failures", "Failures of an anchor, by what was wrong", ("anchor", "kind"),
        lambda: [((each.name, kind), float(n)) for each in leaders for kind, n in each.failed.items()],
        kind="counter",
    )  # fmt: skip
