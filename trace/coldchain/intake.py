"""Takes readings in: bodies of many devices in one commit, with what they broke, their entries of the log and the answers.

    seen before, the same body        the answer that was given then; nothing else happens
    seen before, another body         SeqReused
    a seq below the highest           backlog: taken, and what it changes is judged a moment later (judging.py), told as late

Bodies that arrive while one commit is under way go into the next, so the busier it is the more share a commit. A log entry has
the hashes of at most ENTRY_BODIES_MAX bodies; whoever has a body can prove with it that we had it then.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from typing import Any

from asyncpg import Record
from msgspec import Struct

from livehub.base.db import Connection, Database, Transaction
from livehub.base.errors import LivehubError
from livehub.base.group_commit import GroupCommit
from livehub.base.logs import Occasional
from livehub.base.metrics import CALLBACKS
from livehub.base.sql import queries
from trace.coldchain import readings
from trace.coldchain.errors import SeqReused, TooManyReadings
from trace.coldchain.finding import BACKLOG, Telling, tell
from trace.coldchain.keys import DeviceKeys
from trace.coldchain.placing import Known, Limits, Placed, encoded, place
from trace.coldchain.readings import Sent
from trace.coldchain.settings import ColdChainConfig
from trace.coldchain.skew import Clock
from trace.coldchain.watching import Watched, corrected, corrections_of, judge_later, keep_states, watched
from trace.log import entries

log = logging.getLogger("trace.coldchain")
_occasional = Occasional(log)
Q = queries(__file__, "intake.sql")

BODIES_MAX = 128  # in one commit
ENTRY_BODIES_MAX = 128  # of some 150 bytes each in an entry, which has at most 65,535


class Body(Struct, frozen=True, kw_only=True):
    """What a device sent, checked and read."""

    device: str
    raw: bytes
    sha256: bytes
    sent: Sent
    received_ms: int


class Intake:
    def __init__(
        self, config: ColdChainConfig, database: Database, keys: DeviceKeys, now_s: Callable[[], float]
    ) -> None:
        self._config = config
        self._database = database
        self._keys = keys
        self._now_s = now_s
        self._limits = Limits(
            future_ms_max=config.sensor_future_s_max * 1000, past_ms_max=config.sensor_past_s_max * 1000
        )
        self._commits: GroupCommit[Body, bytes] = GroupCommit(
            "readings", self._write, batch_max=BODIES_MAX, pending_max=config.sensor_pending_max
        )
        self._taken = self._refused = self._late = self._found = self._clockless = 0
        CALLBACKS.watch("livehub_sensor_readings_total", "Readings taken", lambda: self._taken, kind="counter")
        CALLBACKS.watch(
            "livehub_sensor_readings_refused_total", "Readings refused", lambda: self._refused, kind="counter"
        )
        CALLBACKS.watch(
            "livehub_sensor_readings_without_clock_total",
            "Readings refused since the device's clock was never set",
            lambda: self._clockless,
            kind="counter",
        )
        CALLBACKS.watch(
            "livehub_sensor_readings_late_total", "Readings that came after a gap", lambda: self._late, kind="counter"
        )
        CALLBACKS.watch(
            "livehub_cold_chain_findings_total", "Breaches and warnings told", lambda: self._found, kind="counter"
        )

    def start(self) -> None:
        self._commits.start()

    async def stop(self) -> None:
        """Whoever still waits is told to come again."""
        await self._commits.stop()

    def count_found(self, count: int) -> None:
        """So many more breaches and warnings were told."""
        self._found += count

    async def take(self, device: str, raw: bytes, signature: str) -> bytes:
        """The answer, once all is durable. Raises SignatureWrong, BadRequest, TooManyReadings, SeqReused, Unavailable."""
        await self._keys.check(device, raw, signature)
        try:
            sent = readings.read(raw, most=self._config.sensor_readings_max)
        except readings.TooMany as error:
            details = {"count": error.count, "readings_max": self._config.sensor_readings_max}
            raise TooManyReadings(details=details) from error
        body = Body(
            device=device,
            raw=raw,
            sha256=hashlib.sha256(raw).digest(),
            sent=sent,
            received_ms=int(self._now_s() * 1000),
        )
        return await self._commits.add(body)

    async def _write(self, bodies: list[Body]) -> list[bytes | LivehubError]:
        async with self._database.batch.transaction() as tx:
            commit = Commit(tx, self._config, self._limits)
            answers = await commit.write(bodies)
        self._taken += commit.taken
        self._refused += commit.refused
        self._late += commit.late
        self._found += commit.found
        self._clockless += commit.clockless
        return answers


class Commit:
    """One transaction with bodies of many devices."""

    def __init__(self, tx: Transaction, config: ColdChainConfig, limits: Limits) -> None:
        self._tx = tx
        self._late_ms = config.sensor_late_s * 1000
        self._limits = limits
        self._devices: dict[str, Record] = {}
        self._known: dict[str, Known] = {}
        self._received_ms: dict[str, int] = {}
        self.taken = self.refused = self.late = self.found = self.clockless = 0

    async def write(self, bodies: Sequence[Body]) -> list[bytes | LivehubError]:
        """The answers, in order."""
        db = self._tx.connection
        ids = sorted({body.device for body in bodies})
        self._devices = {row["id"]: row for row in await db.fetch(Q["devices_for_update"], ids)}
        self._known = {id_: _known(row) for id_, row in self._devices.items()}
        rows = await db.fetch(Q["known"], [body.device for body in bodies], [body.sent.seq for body in bodies])
        before: dict[tuple[str, int], tuple[bytes, bytes]] = {
            (row["sensor"], row["seq"]): (row["sha256"], row["answer"]) for row in rows
        }
        answers: list[bytes | LivehubError] = []
        fresh: list[tuple[Body, Placed, bytes]] = []
        for body in bodies:
            told = before.get((body.device, body.sent.seq))
            if told is None:
                placed = place(body.sent, self._known[body.device], self._limits, received_ms=body.received_ms)
                self._known[body.device] = placed.known
                self._received_ms[body.device] = body.received_ms
                answer = encoded(placed.answer)
                before[body.device, body.sent.seq] = (body.sha256, answer)
                fresh.append((body, placed, answer))
                answers.append(answer)
            else:
                answers.append(told[1] if told[0] == body.sha256 else SeqReused())
        if fresh:
            await self._insert(fresh)
            await self._keep_devices(db)
            await self._judge([(body, placed) for body, placed, _ in fresh])
        return answers

    async def _insert(self, fresh: Sequence[tuple[Body, Placed, bytes]]) -> None:
        now_ms = max(body.received_ms for body, _, _ in fresh)
        parts = [fresh[n : n + ENTRY_BODIES_MAX] for n in range(0, len(fresh), ENTRY_BODIES_MAX)]
        made = await entries.append(self._tx, [_entry([body for body, _, _ in part], now_ms) for part in parts])
        rows = [
            _row(body, placed, answer, entry)
            for part, entry in zip(parts, made, strict=True)
            for body, placed, answer in part
        ]
        await self._tx.connection.executemany(Q["insert_batch"], rows)
        for body, placed, _ in fresh:
            self.taken += placed.answer.accepted
            self.refused += len(placed.answer.refused)
            if clockless := sum(each.reason == "no_clock" for each in placed.answer.refused):
                self.clockless += clockless
                _occasional.warning(
                    "readings.no_clock", body.device, extra={"device": body.device, "readings": clockless}
                )
            self.late += sum(body.received_ms - each.at_ms > self._late_ms for each in placed.readings)

    async def _keep_devices(self, db: Connection) -> None:
        ids = sorted(self._received_ms)
        known = [self._known[id_] for id_ in ids]
        clocks = [each.clock for each in known]
        await db.execute(
            Q["keep_devices"], ids, [each.skew_ms for each in clocks], [each.lag_ms for each in clocks],
            [each.like for each in clocks], [each.since_ms for each in clocks], [each.seq for each in known],
            [self._received_ms[id_] for id_ in ids], [each.newest_ms for each in known], [each.newest_c for each in known],
        )  # fmt: skip

    async def _judge(self, fresh: Sequence[tuple[Body, Placed]]) -> None:
        times = [(each.readings[0].at_ms, each.readings[-1].at_ms) for _, each in fresh if each.readings]
        if not times:
            return
        db = self._tx.connection
        ids = sorted({body.device for body, placed in fresh if placed.readings})
        about = await watched(db, ids, min(first for first, _ in times), max(last for _, last in times))
        if not about:
            return
        corrections = await corrections_of(db, ids)
        changed: list[Watched] = []
        for each in about:
            assert each.device is not None
            is_of_it = False
            for body, placed in fresh:
                if body.device == each.device:
                    is_of_it |= each.judge(corrected(placed.readings, corrections.get(each.device, ())))
            if is_of_it:
                changed.append(each)
        now_ms = max(body.received_ms for body, _ in fresh)
        await keep_states(db, changed)
        await judge_later(db, [each for each in changed if each.is_to_judge_anew], now_ms, why=BACKLOG)
        for each in changed:
            self.found += await self._tell(each, now_ms)

    async def _tell(self, about: Watched, now_ms: int) -> int:
        assert about.device is not None
        due_ms = self._devices[about.device]["calibration_due_ms"]
        telling = Telling(told_ms=now_ms, late_ms=self._late_ms, is_overdue=due_ms is not None and now_ms > due_ms)
        return len(await tell(self._tx, about, about.decisions, telling))


def _known(row: Record) -> Known:
    clock = Clock(skew_ms=row["skew_ms"], lag_ms=row["lag_ms"], like=row["lag_like"], since_ms=row["lag_since_ms"])
    return Known(
        clock=clock,
        seq=-1 if row["seq"] is None else row["seq"],
        newest_ms=row["newest_ms"],
        newest_c=row["newest_c"],
    )


def _entry(bodies: Sequence[Body], now_ms: int) -> bytes:
    said = [[body.device, body.sent.seq, body.sent.count, body.sha256.hex()] for body in bodies]
    return entries.encoded("readings", now_ms, {"batches": said})


def _row(body: Body, placed: Placed, answer: bytes, entry: int) -> tuple[Any, ...]:
    found = placed.readings
    has_humidity = any(each.humidity is not None for each in found)
    has_fault = any(each.fault is not None for each in found)
    return (
        body.device, body.sent.seq, body.sha256, body.raw, answer, body.received_ms, placed.skew_ms,
        found[0].at_ms if found else None, found[-1].at_ms if found else None,
        [each.at_ms for each in found], [each.celsius for each in found],
        [each.humidity for each in found] if has_humidity else None,
        [each.fault for each in found] if has_fault else None,
        entry,
    )  # fmt: skip
