"""Judges anew what a device said in a shipment: after readings from before what is known, a correction, a shipment that was
entered afterwards or had ended before.

That takes long where there is much, so it is done neither in the commit of readings nor while the row of the device is held:

    marked      in the transaction of whatever asks for it (shipment_sensors.anew_ms)
    taken       by one worker, for LEASE_MS; what fails is taken again after that, and holds up nothing else
    judged      what has been stored so far, outside any transaction, in a thread
    written     under the row of the device, with what came meanwhile judged on top: a few readings

What comes meanwhile and is again from before, or is asked for by another act, leaves the mark: it is judged once more, after
all others. Of very many readings the newest `judged_readings_max` are judged, and what was told of the time before stands.
"""

import asyncio
import logging
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from operator import itemgetter

from asyncpg import Record
from msgspec import Struct

from livehub.base.db import Connection, Database, Transaction
from livehub.base.errors import Unavailable
from livehub.base.metrics import CALLBACKS
from livehub.base.sql import queries
from trace.coldchain.finding import BACKLOG, Q, Telling, correct, reinstate, tell
from trace.coldchain.rules import START, Decision
from trace.coldchain.settings import ColdChainConfig
from trace.coldchain.stored import Stored, in_time, newest
from trace.coldchain.watching import Correction, Watched, corrections_of, keep_states, of_shipment, timetables

log = logging.getLogger("trace.coldchain")
DEVICES = queries(__file__, "shipments.sql")

MARKS_MAX = 20  # judged in one turn
PAUSE_S = 0.5  # between turns with nothing to do
LONG_S = (
    0.5  # after one that took longer it rests for as long: a device that always comes late costs half a core at most
)
REST_S_MAX = 10.0
LEASE_MS = 60_000  # reading and judging of half a million readings takes some seconds
AHEAD_MS = 86_400_000  # readings may be so far ahead of our clock, at most
END_MS = 2**62


class Mark(Struct, frozen=True, kw_only=True):
    """What is to be judged anew."""

    shipment: str
    device: str
    product: str

    @property
    def key(self) -> tuple[str, str, str]:
        """As it is in the tables."""
        return self.shipment, self.device, self.product


class Folded(Struct, frozen=True, kw_only=True):
    """What was judged so far. `entry`: of the last batch in it; `acts`: how often it had been asked for."""

    about: Watched
    corrections: Sequence[Correction]
    from_ms: int
    entry: int
    acts: int


class Judging:
    def __init__(
        self,
        config: ColdChainConfig,
        database: Database,
        now_s: Callable[[], float],
        on_found: Callable[[int], None],
    ) -> None:
        """`on_found`: is told how many findings that made."""
        self._config = config
        self._database = database
        self._now_s = now_s
        self._on_found = on_found
        self._judged = 0
        CALLBACKS.watch(
            "livehub_cold_chain_judged_anew_total",
            "Sensors in shipments that were judged anew",
            lambda: self._judged,
            kind="counter",
        )

    async def run(self) -> None:
        """For as long as the process lives."""
        while True:
            judged = 0
            try:
                judged = await self.look()
            except Unavailable:
                pass  # the database says so in the log
            if not judged:
                await asyncio.sleep(PAUSE_S)

    async def look(self) -> int:
        """Judge those that have waited longest: how many."""
        for judged in range(MARKS_MAX):
            mark = await self._taken()
            if mark is None:
                return judged
            began_s = time.monotonic()
            try:
                await self._judge(mark)
            except Unavailable:
                raise  # it is taken again when the lease is over
            except Exception:  # a defect of ours with one must not keep back all others
                log.exception("coldchain.judging_failed", extra={"shipment": mark.shipment, "device": mark.device})
            if (took_s := time.monotonic() - began_s) > LONG_S:
                await asyncio.sleep(min(took_s, REST_S_MAX))
        return MARKS_MAX

    async def _taken(self) -> Mark | None:
        now_ms = self._now_ms()
        async with self._database.batch.transaction() as tx:
            row = await tx.connection.fetchrow(Q["take_anew"], now_ms, now_ms - LEASE_MS)
        return None if row is None else Mark(shipment=row["shipment"], device=row["sensor"], product=row["product"])

    async def _judge(self, mark: Mark) -> None:
        folded = await self._folded(mark)
        if folded is None:
            return
        async with self._database.batch.transaction() as tx:
            await tx.connection.fetch(DEVICES["lock_devices"], [mark.device])
            row = await tx.connection.fetchrow(Q["anew"], *mark.key)
            if row is None or row["anew_ms"] is None:
                return
            about = folded.about
            rules = (await timetables(tx.connection, [about.product], since_ms=about.created_ms))[about.product]
            is_as_it_was = (row["anew_acts"], row["ended_ms"]) == (folded.acts, about.ended_ms)
            if not is_as_it_was or rules.latest != about.rules.latest:
                await tx.connection.execute(Q["put_back"], *mark.key)
                return
            found = await self._write(tx, mark, folded, row)
        self._judged += 1
        self._on_found(found)

    async def _folded(self, mark: Mark) -> Folded | None:
        async with self._database.batch.connection() as db:
            asked = await db.fetchrow(Q["anew"], *mark.key)
            entry = await db.fetchval(Q["last_entry"], mark.device)  # before what is read: later ones are judged later
            about = next((each for each in await of_shipment(db, mark.shipment) if _is(each, mark)), None)
            if asked is None or about is None:
                return None
            corrections = (await corrections_of(db, [mark.device])).get(mark.device, [])
            stored = await newest(
                db, mark.device, about.began_ms, self._until_ms(about), most=self._config.judged_readings_max,
                entry_max=entry or 0,
            )  # fmt: skip
        kept_ms = self._now_ms() + (self._config.sensor_future_s_max - self._config.sensor_kept_s) * 1000
        from_ms = _begins_ms(about, stored, kept_ms)
        await asyncio.to_thread(_fold, about, stored, corrections, from_ms, self._until_ms(about))
        return Folded(about=about, corrections=corrections, from_ms=from_ms, entry=entry or 0, acts=asked["anew_acts"])

    async def _write(self, tx: Transaction, mark: Mark, folded: Folded, row: Record) -> int:
        db, now_ms, about = tx.connection, self._now_ms(), folded.about
        await self._judge_since(db, folded)
        is_once_more = about.is_to_judge_anew
        about.pass_time(now_ms if about.ended_ms is None else min(now_ms, about.ended_ms))
        due_ms = row["calibration_due_ms"]
        telling = Telling(
            told_ms=now_ms,
            late_ms=self._config.sensor_late_s * 1000,
            is_overdue=due_ms is not None and now_ms > due_ms,
        )
        made = await compare(tx, about, telling, from_ms=folded.from_ms, reason=row["anew_why"] or BACKLOG)
        await keep_states(db, [about])
        await db.execute(Q["judged_anew"], *mark.key, *((now_ms, BACKLOG) if is_once_more else (None, None)))
        return len(made)

    async def _judge_since(self, db: Connection, folded: Folded) -> None:
        """What was committed since the batches that were judged."""
        about = folded.about
        until_ms = self._until_ms(about)
        assert about.device is not None
        rows = await db.fetch(Q["readings_since"], about.device, about.began_ms, until_ms, folded.entry)
        about.judge(in_time(rows, max(about.began_ms, folded.from_ms), until_ms, folded.corrections))

    def _until_ms(self, about: Watched) -> int:
        return self._now_ms() + AHEAD_MS if about.ended_ms is None else about.ended_ms

    def _now_ms(self) -> int:
        return int(self._now_s() * 1000)


def _is(about: Watched, mark: Mark) -> bool:
    return (about.device, about.product) == (mark.device, mark.product)


def _begins_ms(about: Watched, stored: Stored, kept_ms: int) -> int:
    """From when on all is there: the beginning, or where so many readings begin, or what is not forgotten (`kept_ms`)."""
    return max(about.began_ms, kept_ms, 0 if stored.cut_ms is None else stored.cut_ms + 1)


def _fold(about: Watched, stored: Stored, corrections: Sequence[Correction], from_ms: int, until_ms: int) -> None:
    about.state, about.decisions, about.is_marked, about.is_to_judge_anew = START, [], False, False
    about.began_ms = from_ms
    about.judge(in_time(stored.rows, from_ms, until_ms, corrections))


async def compare(tx: Transaction, about: Watched, telling: Telling, *, from_ms: int, reason: str) -> list[str]:
    """Hold what all readings from `from_ms` on say against what was told of them. `reason`: why some of it is none. The ids of
    what is new."""
    rows = await tx.connection.fetch(Q["told"], about.shipment, about.device, about.product, 0)
    stretches, told = _stretches(about), Told(rows, from_ms)
    fresh, again, right = list[Decision](), set[str](), set[str]()
    for each in about.decisions:
        if each.level == "over":
            for started_ms in told.begun_within(each):
                fresh.append(_beginning(each, started_ms))
            fresh.append(each)
            continue
        ends_ms = stretches.get((each.cause, each.started_ms), each.at_ms)
        same = [row for row in told.near(each, ends_ms) if _is_same(each, row, ends_ms, from_ms)]
        right |= {row["id"] for row in same}
        if not same:
            fresh.append(each)
        elif all(row["corrected_ms"] is not None for row in same):
            again.add(same[0]["id"])
    none_ids = [
        row["id"]
        for row in rows
        if row["corrected_ms"] is None and row["started_ms"] >= from_ms and row["id"] not in right
    ]
    made = await tell(tx, about, fresh, telling)
    if again:
        await reinstate(tx, about.shipment, sorted(again), telling.told_ms)
    if none_ids:
        await correct(tx, about.shipment, none_ids, rows, telling.told_ms, reason)
    return made


def _stretches(about: Watched) -> dict[tuple[str, int], int]:
    """(cause, since) to until when, of excursions."""
    found: dict[tuple[str, int], int] = {
        (each.cause, each.started_ms): each.at_ms for each in about.decisions if each.level == "over"
    }
    if about.state.side is not None:
        found[about.state.side, about.state.since_ms] = END_MS
    return found


class Told:
    """What was told, so that what is about one time is found among thousands: by kind, in the order of beginnings, with the
    latest end of all up to each.
    """

    def __init__(self, rows: Sequence[Record], from_ms: int) -> None:
        self._begun: dict[str, list[int]] = {}
        self._kinds: dict[tuple[str, str], tuple[list[Record], list[int], list[int]]] = {}
        for row in sorted(rows, key=itemgetter("started_ms")):
            self._begun.setdefault(row["cause"], []).append(row["started_ms"])
            found, starts, ends = self._kinds.setdefault((row["level"], row["cause"]), ([], [], []))
            found.append(row)
            starts.append(row["started_ms"])
            ends.append(max(ends[-1] if ends else 0, row["at_ms"], _ends_ms(row, from_ms)))

    def near(self, decision: Decision, ends_ms: int) -> Sequence[Record]:
        """Of its kind, those that may meet it, which lasts until `ends_ms`."""
        found, starts, ends = self._kinds.get((decision.level, decision.cause), ([], [], []))
        return found[bisect_left(ends, decision.started_ms) : bisect_right(starts, max(ends_ms, decision.at_ms))]

    def begun_within(self, over: Decision) -> set[int]:
        """When what was over with that was told to have begun."""
        starts = self._begun.get(over.cause, [])
        return set(starts[bisect_right(starts, over.started_ms) : bisect_right(starts, over.at_ms)])


def _ends_ms(row: Record, from_ms: int) -> int:
    if row["ended_ms"] is not None:
        return int(row["ended_ms"])
    # Of what is judged no more, and went on.
    return END_MS if row["started_ms"] < from_ms else int(row["started_ms"])


def _is_same(decision: Decision, row: Record, ends_ms: int, from_ms: int) -> bool:
    """Whether a decision, which lasts until `ends_ms`, is what was told as `row` of its kind: at times that meet. A backlog may
    move its beginning.
    """
    if decision.cause == "silence":  # a part of a silence is the one that was told
        return bool(decision.started_ms < row["at_ms"] and row["started_ms"] < decision.at_ms)
    is_in_row: bool = row["started_ms"] <= decision.started_ms <= _ends_ms(row, from_ms)
    return is_in_row or bool(decision.started_ms <= row["started_ms"] <= ends_ms)


def _beginning(over: Decision, started_ms: int) -> Decision:
    return Decision(
        level="over", cause=over.cause, started_ms=started_ms, at_ms=over.at_ms, celsius=over.celsius, limit=over.limit,
        minutes=over.minutes,
    )  # fmt: skip
