"""What sensors are beside, under which rules, and what is remembered of that."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
from asyncpg import Record
from msgspec import Struct, structs

from livehub.base.db import Connection
from livehub.base.sql import queries
from trace.coldchain.events import Offer
from trace.coldchain.readings import Fault, Reading
from trace.coldchain.rules import START, Decision, Rule, State, judge, silent_from_ms, tick
from trace.coldchain.timetable import DEFAULT, RuleVersion, Timetable

Q = queries(__file__, "findings.sql")

RULES_REMEMBERED = 1_024  # as they were decoded

_rules = msgspec.json.Decoder(Rule)
_offers = msgspec.json.Decoder(Offer)
_states = msgspec.json.Decoder(State)
_faults: Mapping[str, Fault] = {"implausible": "implausible", "power_up": "power_up", "void": "void"}


class Watched(Struct, kw_only=True):
    """A device in a shipment under the rules of a product. `state` goes on with each reading. `is_marked`: all of it is about
    to be judged anew. `is_to_judge_anew`: a reading came that is from before what `state` knows."""

    shipment: str
    device: str | None
    product: str
    began_ms: int
    ended_ms: int | None
    created_ms: int
    rules: Timetable
    batches: tuple[str, ...]
    state: State = START
    decisions: list[Decision] = []
    is_marked: bool = False
    is_to_judge_anew: bool = False

    def rule_at(self, at_ms: int) -> RuleVersion:
        """What a reading of that moment is held against: the rule of that moment; of what had been before the shipment was
        entered, the one of when it was."""
        return self.rules.at(max(at_ms, self.created_ms))

    def judge(self, readings: Sequence[Reading]) -> bool:
        """Readings in order of time; whether any was of this shipment. Decisions are kept to be told."""
        is_of_it = False
        for reading in readings:
            at_ms = reading.at_ms
            if at_ms < self.began_ms or (self.ended_ms is not None and at_ms > self.ended_ms):
                continue
            is_of_it = True
            last_ms = self.state.last_ms
            if last_ms is not None and at_ms <= last_ms:
                self.is_to_judge_anew |= at_ms < last_ms  # of two of one moment the first counts
                continue
            self.pass_time(at_ms)
            self.state, decisions = judge(self.rule_at(at_ms).rule, self.state, reading)
            if decisions:
                self.decisions = [*self.decisions, *decisions]
        return is_of_it

    def pass_time(self, until_ms: int) -> None:
        """Nothing was measured until then: a silence is told under the rule that stood when it was one."""
        since_ms = self.began_ms if self.state.last_ms is None else self.state.last_ms
        if until_ms - since_ms <= self.rules.silence_ms_min or self.state.is_silence_told:
            return
        if self.is_marked and self.state.last_ms is None:
            return  # what it said before is not known yet
        for moment_ms in (*self.rules.changes(max(since_ms, self.created_ms), until_ms), until_ms):
            rule = self.rule_at(moment_ms - 1 if moment_ms < until_ms else moment_ms).rule
            self.state, decisions = tick(rule, self.state, moment_ms, began_ms=self.began_ms)
            if decisions:
                self.decisions = [*self.decisions, *decisions]

    @property
    def due_ms(self) -> int | None:
        """When its silence is to be told; None: never again."""
        if self.ended_ms is not None or self.state.is_silence_told:
            return None
        since_ms = self.began_ms if self.state.last_ms is None else self.state.last_ms
        return silent_from_ms(self.rules.latest.rule, since_ms)


class Correction(Struct, frozen=True, kw_only=True):
    """Readings from `from_ms` until `until_ms` are so much warmer; None: they are none."""

    from_ms: int
    until_ms: int
    offset_c: float | None


def corrected(readings: Sequence[Reading], corrections: Sequence[Correction]) -> Sequence[Reading]:
    """Readings as corrections, the last first, say that they are."""
    if not corrections:
        return readings
    found = []
    for reading in readings:
        at_ms = reading.at_ms
        made = next((each for each in reversed(corrections) if each.from_ms <= at_ms < each.until_ms), None)
        if made is None or reading.fault is not None:
            found.append(reading)
        elif made.offset_c is None:
            found.append(structs.replace(reading, fault="void"))
        else:
            found.append(structs.replace(reading, celsius=reading.celsius + made.offset_c))
    return found


async def watched(connection: Connection, devices: Sequence[str], from_ms: int, until_ms: int) -> list[Watched]:
    """What devices were beside at some moment of a stretch of time."""
    return await _watched(connection, await connection.fetch(Q["watched"], list(devices), from_ms, until_ms))


async def of_shipment(connection: Connection, shipment: str) -> list[Watched]:
    """Every device of a shipment, under every rule."""
    return await _watched(connection, await connection.fetch(Q["of_shipment"], shipment))


async def _watched(connection: Connection, rows: Sequence[Record]) -> list[Watched]:
    if not rows:
        return []
    rules = await timetables(
        connection, [row["product"] for row in rows], since_ms=min(row["created_ms"] for row in rows)
    )
    return [
        Watched(
            shipment=row["shipment"],
            device=row["sensor"],
            product=row["product"],
            began_ms=row["began_ms"],
            ended_ms=row["ended_ms"],
            created_ms=row["created_ms"],
            rules=rules[row["product"]],
            batches=tuple(row["batches"]),
            state=_states.decode(row["state"]),
            is_marked=row["anew_ms"] is not None,
        )
        for row in rows
    ]


async def timetables(connection: Connection, products: Sequence[str], *, since_ms: int) -> dict[str, Timetable]:
    """Which rules stood for products from a moment on."""
    wanted = sorted({*products, DEFAULT})
    found = [
        RuleVersion(
            product=row["product"],
            version=row["version"],
            from_ms=row["from_ms"],
            rule=_rule(row["rule"]),
            offer=_offer(row["offer"]),
        )
        for row in await connection.fetch(Q["rule_versions"], wanted, since_ms)
    ]
    return {
        product: Timetable(product, [each for each in found if each.product in (product, DEFAULT)])
        for product in products
    }


@lru_cache(RULES_REMEMBERED)
def _rule(text: str) -> Rule:
    return _rules.decode(text)


@lru_cache(RULES_REMEMBERED)
def _offer(text: str) -> Offer:
    return _offers.decode(text)


async def corrections_of(connection: Connection, devices: Sequence[str]) -> dict[str, list[Correction]]:
    """By device, the last one last."""
    found: dict[str, list[Correction]] = {}
    for row in await connection.fetch(Q["corrections"], list(devices)):
        made = Correction(from_ms=row["from_ms"], until_ms=row["until_ms"], offset_c=row["offset_c"])
        found.setdefault(row["sensor"], []).append(made)
    return found


async def keep_states(connection: Connection, kept: Sequence[Watched]) -> None:
    """What their rules remember from now on."""
    if kept:
        await connection.execute(
            Q["keep_states"],
            [each.shipment for each in kept],
            [each.device for each in kept],
            [each.product for each in kept],
            [msgspec.json.encode(each.state).decode() for each in kept],
            [each.due_ms for each in kept],
        )


async def judge_later(connection: Connection, late: Sequence[Watched], now_ms: int, *, why: str) -> None:
    """Something came that is from before what is known of these: they are to be judged anew."""
    if late:
        await connection.execute(
            Q["judge_later"],
            [each.shipment for each in late],
            [each.device for each in late],
            [each.product for each in late],
            now_ms,
            why,
        )


def unpacked(row: Record) -> list[Reading]:
    """The readings of one batch."""
    nothing = [None] * len(row["at_ms"])
    columns = zip(row["at_ms"], row["celsius"], row["humidity"] or nothing, row["faults"] or nothing, strict=True)
    return [
        Reading(at_ms=at_ms, celsius=celsius, humidity=humidity, fault=None if fault is None else _faults[fault])
        for at_ms, celsius, humidity, fault in columns
    ]
