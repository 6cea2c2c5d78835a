"""One subscription: a batch, its reaction and the move of the cursor in one transaction; what fails is parked.

    turn:  lock the subscription -> read a batch -> react -> park what waits behind parked keys -> move the cursor -> commit
           then, of the parked events, one key that is due, if the poller saw one

A batch that fails is rolled back and read again at half its size, and so on in what is left of it, so that an event that fails
by itself is found within log2(500) tries, and then parked: its error is kept, the cursor passes it. After that batches grow
again, twofold each time, so that a reaction that fails for all events costs one try for each and not ten.

A batch that hangs gets half the time as well at each halving, so that the others wait for some three times
`event_reaction_s_max` and not for nine. An event that is alone has all of the time before it is at fault.

PostgreSQL's own absence is nobody's fault: nothing is halved or parked while it does not answer.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

from livehub.base.backoff import Backoff
from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.errors import Unavailable
from livehub.base.events import Event, Q, Subscription, type_of
from livehub.base.metrics import EVENT_BATCHES, EVENT_RETRIES, EVENTS_READ

log = logging.getLogger("livehub.events")

HURRY_MIN = 0.1  # of `event_reaction_s_max`; the least that a part of a batch that hung may take
UNAVAILABLE_MAX = 3  # an event's transaction may lose its connection so often before the event is blamed
ERROR_CHARS_MAX = 2_000


class ReactionTimedOut(Exception):
    """The reaction took longer than `event_reaction_s_max`, or a statement of it longer than `db_timeout_s`."""


class _Sorted(Struct):
    """A batch: what to react to, and what to park, with the error or None for what waits behind another."""

    events: list[Event[Any]]
    parked: dict[int, str | None]


class Cursor:
    """Reads for one subscription. Of several processes that do, one at a time gets the lock."""

    def __init__(self, config: Config, database: Database, subscription: Subscription) -> None:
        self.subscription = subscription
        self.name = subscription.name
        self.types = subscription.type_names
        self._config = config
        self._database = database
        self._decoders = {type_of(struct): msgspec.json.Decoder(struct) for struct in subscription.types}
        self._backoff = Backoff(pause_s_max=config.event_retry_s_max)
        self._size = config.event_batch_max
        self._allowed_s = config.event_reaction_s_max
        self._suspects = 0  # events still to be read of a batch that failed
        self._chain = 1
        self._unavailable = 0
        self.is_due = True  # some parked event may be

    async def register(self) -> None:
        """Say that this subscription is run; the first time, its cursor is made. Raises Unavailable."""
        async with self._database.batch.transaction() as tx:
            await tx.connection.execute(Q["register"], self.name, self.types, self.subscription.begins)

    async def turn(self) -> bool:
        """One batch, and one key of parked events. Whether there may be more. Raises Unavailable while PostgreSQL is away."""
        has_more = await self._read()
        if self.is_due:
            self.is_due = await self._retry()
        return has_more or self.is_due

    # --- batches ---

    async def _read(self) -> bool:
        rows: list[Any] = []
        try:
            async with self._locked() as tx:
                if tx is None:
                    return False
                rows = await tx.connection.fetch(Q["batch"], self.name, self.types, self._size)
                if not rows:
                    return False
                batch = self._sorted(rows)
                await self._react(tx, batch.events, self._allowed_s)
                await self._park(tx, batch.parked)
                await tx.connection.execute(Q["advance"], self.name, self.types, rows[-1]["position"])
        except Exception as error:
            if not rows:
                raise
            return await self._batch_failed(rows, error)
        self._unavailable = 0
        is_full = len(rows) == self._size
        self._suspects = max(0, self._suspects - len(rows))
        if self._suspects:
            self._size = max(1, self._suspects // 2)
        else:
            self._allowed_s = self._config.event_reaction_s_max
            self._size = min(self._config.event_batch_max, self._size * 2)
        EVENT_BATCHES.labels(subscription=self.name, outcome="done").inc()
        EVENTS_READ.labels(subscription=self.name).inc(len(batch.events))
        return is_full

    @asynccontextmanager
    async def _locked(self) -> AsyncIterator[Transaction | None]:
        """A transaction that holds the subscription; None where another process does."""
        async with self._database.batch.transaction() as tx:
            yield tx if await tx.connection.fetchval(Q["try_lock"], self.name) else None

    def _sorted(self, rows: Sequence[Any]) -> _Sorted:
        events: list[Event[Any]] = []
        parked: dict[int, str | None] = {}
        keys: set[str] = set()  # that have an event parked in this batch
        for row in rows:
            if row["is_behind"] or row["key"] in keys:
                parked[row["id"]] = None
                continue
            event = self._decoded(row)
            if isinstance(event, Event):
                events.append(event)
                continue
            parked[row["id"]] = event
            if row["key"] is not None:
                keys.add(row["key"])
        return _Sorted(events, parked)

    def _decoded(self, row: Any) -> Event[Any] | str:
        """The event, or why its payload is none."""
        try:
            data = self._decoders[row["type"]].decode(row["payload"])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _text_of(error)
        return Event(id=row["id"], key=row["key"], data=data, created_at=row["created_at"])

    async def _react(self, tx: Transaction, events: list[Event[Any]], allowed_s: float) -> None:
        if not events:
            return
        try:
            async with asyncio.timeout(allowed_s):
                await self.subscription.react(tx, events)
        except TimeoutError as error:  # it would pass for an absence of PostgreSQL
            raise ReactionTimedOut(repr(error)) from error

    async def _park(self, tx: Transaction, parked: dict[int, str | None]) -> None:
        if parked:
            pause_s = self._backoff.pause_s(1)
            await tx.connection.execute(Q["park"], self.name, list(parked), list(parked.values()), pause_s)
            for event, error in parked.items():
                if error is not None:
                    log.error("events.parked", extra={"subscription": self.name, "id": event, "reason": error})

    async def _batch_failed(self, rows: list[Any], error: Exception) -> bool:
        """Whether to go on at once."""
        await self._blame_nobody_while_away(error)
        EVENT_BATCHES.labels(subscription=self.name, outcome="failed").inc()
        if len(rows) > 1:
            self._suspects, self._size = len(rows), len(rows) // 2
            if isinstance(error, ReactionTimedOut):
                self._allowed_s = max(self._allowed_s / 2, self._config.event_reaction_s_max * HURRY_MIN)
            log.warning(
                "events.batch_failed",
                extra={"subscription": self.name, "events": len(rows), "reason": repr(error)},
            )
            return True
        if isinstance(error, ReactionTimedOut) and self._allowed_s < self._config.event_reaction_s_max:
            self._allowed_s = self._config.event_reaction_s_max
            return True
        if isinstance(error, Unavailable) and self._unavailable < UNAVAILABLE_MAX:
            self._unavailable += 1
            return True
        self._unavailable, self._suspects, self._allowed_s = 0, 0, self._config.event_reaction_s_max
        log.error("events.reaction_failed", extra={"subscription": self.name, "id": rows[0]["id"]}, exc_info=error)
        return await self._pass_over(rows[0], _text_of(error))

    async def _blame_nobody_while_away(self, error: Exception) -> None:
        if not await self._database.ping():
            raise Unavailable from error

    async def _pass_over(self, row: Any, error: str) -> bool:
        """Park an event that failed alone, and move the cursor past it; not if too many are parked already."""
        async with self._locked() as tx:
            if tx is None:
                return False
            first = await tx.connection.fetchrow(Q["batch"], self.name, self.types, 1)
            if first is None or first["id"] != row["id"]:  # another process was quicker
                return True
            if await tx.connection.fetchval(Q["count_parked"], self.name) >= self._config.event_parked_max:
                log.error("events.too_many_parked", extra={"subscription": self.name, "id": row["id"]})
                return False
            await self._park(tx, {row["id"]: error})
            await tx.connection.execute(Q["advance"], self.name, self.types, row["position"])
        return True

    # --- parked events ---

    async def _retry(self) -> bool:
        rows: list[Any] = []
        try:
            async with self._locked() as tx:
                if tx is None:
                    return False
                due = await tx.connection.fetchrow(Q["due"], self.name, self.types, self._backoff.pause_s_max)
                if due is None:
                    return False
                rows = await tx.connection.fetch(Q["parked_from"], due["id"], self._chain)
                done = await self._retry_rows(tx, rows)
        except Exception as error:
            if not rows:
                raise
            await self._retry_failed(rows, error)
            return True
        self._chain = min(self._config.event_batch_max, self._chain * 2)
        EVENT_RETRIES.labels(subscription=self.name, outcome="done").inc(done)
        EVENTS_READ.labels(subscription=self.name).inc(done)
        return True

    async def _retry_rows(self, tx: Transaction, rows: list[Any]) -> int:
        """React to those of `rows`, all of one key, that can be read, of which the first must be one; how many."""
        events: list[Event[Any]] = []
        for row in rows:
            event = self._decoded(row) if row["type"] in self._decoders else "another version's"
            if not isinstance(event, Event):
                break
            events.append(event)
        if not events:
            raise msgspec.DecodeError(str(self._decoded(rows[0])))
        await self._react(tx, events, self._config.event_reaction_s_max)
        done = [row["parked"] for row in rows[: len(events)]]
        await tx.connection.execute(Q["release"], done, self.name, rows[0]["key"])
        return len(events)

    async def _retry_failed(self, rows: list[Any], error: Exception) -> None:
        await self._blame_nobody_while_away(error)
        self._chain = 1
        if len(rows) > 1:
            return  # again, the first alone
        head = rows[0]
        EVENT_RETRIES.labels(subscription=self.name, outcome="failed").inc()
        async with self._database.batch.transaction() as tx:
            pause_s = self._backoff.pause_s(head["tries"] + 1)
            await tx.connection.execute(Q["try_later"], head["parked"], _text_of(error), pause_s)
        log.warning(
            "events.retry_failed",
            extra={"subscription": self.name, "id": head["id"], "tries": head["tries"] + 1, "reason": repr(error)},
        )


def _text_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\x00", "")[:ERROR_CHARS_MAX]
