"""What rules find is written down: once each, with its entry of the log and its event, in the transaction of the reading.

Readings that are later than all before go on from the remembered state. With one from before, a correction or a gap that was
filled, all readings of the shipment are judged anew: what was not known is told, as late; what turns out to be none is marked
as corrected, and nothing that was told is taken back. Whoever writes here holds the row of the device (of the shipment, at a
hand-over), so that two can't tell the same.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence

import msgspec
from asyncpg import Record
from msgspec import Struct, structs

from livehub.base.db import Connection, Transaction
from livehub.base.events import emit
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import iso
from livehub.base.sql import queries
from trace.coldchain.curve import in_order
from trace.coldchain.events import ColdChainBreach, ColdChainCorrected, ColdChainWarning, Offer
from trace.coldchain.readings import Fault, Reading
from trace.coldchain.rules import START, Decision, Rule, State, judge, silent_from_ms
from trace.log import entries

Q = queries(__file__, "findings.sql")

DEFAULT = "default"  # the product whose rule holds for all that have none
# Why something told before turned out to be none. Of what people typed the log says no more than that it was a correction.
BACKLOG = "readings that came later"
AFTERWARDS = "the shipment was entered afterwards"
CORRECTION = "a correction"
OWN_REASONS = (BACKLOG, AFTERWARDS)
FOLD_PART = 5_000  # readings judged before the event loop has a turn
NO_RULE = Rule()  # no limits: sensors that fall silent are told of, and nothing else

_rules = msgspec.json.Decoder(Rule)
_offers = msgspec.json.Decoder(Offer)
_states = msgspec.json.Decoder(State)
_faults: Mapping[str, Fault] = {"implausible": "implausible", "power_up": "power_up", "void": "void"}


class Watched(Struct, kw_only=True):
    """A device in a shipment under the rule of a product. `state` goes on with each reading."""

    shipment: str
    device: str | None
    product: str
    began_ms: int
    ended_ms: int | None
    rule: Rule
    offer: Offer
    batches: tuple[str, ...]
    state: State = START
    decisions: list[Decision] = []
    is_to_judge_anew: bool = False

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
            self.state, decisions = judge(self.rule, self.state, reading)
            if decisions:
                self.decisions = [*self.decisions, *decisions]
        return is_of_it

    @property
    def due_ms(self) -> int | None:
        """When its silence is to be told."""
        if self.state.is_silence_told:
            return None
        return silent_from_ms(self.rule, self.began_ms if self.state.last_ms is None else self.state.last_ms)


class Correction(Struct, frozen=True, kw_only=True):
    """Readings from `from_ms` until `until_ms` are so much warmer; None: they are none."""

    from_ms: int
    until_ms: int
    offset_c: float | None


class Telling(Struct, frozen=True, kw_only=True):
    """How what is found is told. `late_ms`: a reading older than that when it came is late; `is_overdue`: its device's
    calibration."""

    told_ms: int
    late_ms: int
    is_overdue: bool = False


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
    return [_watched(row) for row in await connection.fetch(Q["watched"], list(devices), from_ms, until_ms)]


async def of_shipment(connection: Connection, shipment: str) -> list[Watched]:
    """Every device of a shipment, under every rule."""
    return [_watched(row) for row in await connection.fetch(Q["of_shipment"], shipment)]


def _watched(row: Record) -> Watched:
    return Watched(
        shipment=row["shipment"],
        device=row["sensor"],
        product=row["product"],
        began_ms=row["began_ms"],
        ended_ms=row["ended_ms"],
        rule=NO_RULE if row["rule"] is None else _rules.decode(row["rule"]),
        offer=Offer() if row["offer"] is None else _offers.decode(row["offer"]),
        batches=tuple(row["batches"]),
        state=_states.decode(row["state"]),
    )


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


async def tell(tx: Transaction, about: Watched, decisions: Sequence[Decision], telling: Telling) -> list[str]:
    """Write down what was found and not told before: the ids of that."""
    if not decisions:
        return []
    since_ms = min(each.started_ms for each in decisions)
    rows = await tx.connection.fetch(Q["told"], about.shipment, about.device, about.product, since_ms)
    known = {(row["level"], row["cause"], row["started_ms"]) for row in rows}
    made = []
    for each in decisions:
        if each.level == "over":
            await tx.connection.execute(
                Q["end_findings"], about.shipment, about.device, about.product, each.cause, each.started_ms, each.at_ms,
                each.celsius,
            )  # fmt: skip
        elif (each.level, each.cause, each.started_ms) not in known:
            known.add((each.level, each.cause, each.started_ms))
            made.append(await _insert(tx, about, each, telling))
    return made


async def _insert(tx: Transaction, about: Watched, found: Decision, telling: Telling) -> str:
    id_ = ordered_id(telling.told_ms, secrets.token_bytes(CHANCE_BYTES))
    is_late = telling.told_ms - found.at_ms > telling.late_ms
    said = {
        "finding": id_,
        "shipment": about.shipment,
        "product": about.product,
        "batches": list(about.batches),
        "cause": found.cause,
        "from": iso(found.started_ms),
        "reading_at": iso(found.at_ms),
        "celsius": None if found.celsius is None else str(found.celsius),
        "limit": None if found.limit is None else str(found.limit),
        "late": is_late,
    }
    entry = entries.encoded(f"cold_chain_{found.level}", telling.told_ms, said)
    (entry_id,) = await entries.append(tx, [entry])
    await tx.connection.execute(
        Q["insert_finding"], id_, about.shipment, about.device, about.product, list(about.batches), found.level, found.cause,
        found.started_ms, found.at_ms, telling.told_ms, found.celsius, found.limit, found.minutes, is_late,
        telling.is_overdue, entry_id,
    )  # fmt: skip
    await emit(tx, _event(id_, about, found, told_ms=telling.told_ms, is_late=is_late), key=about.shipment)
    return id_


def _event(id_: str, about: Watched, found: Decision, *, told_ms: int, is_late: bool) -> Struct:
    if found.level == "warning":
        return ColdChainWarning(
            warning=id_, shipment=about.shipment, device=about.device, product=about.product, batches=about.batches,
            cause=found.cause, started_ms=found.started_ms, at_ms=found.at_ms, told_ms=told_ms, is_late=is_late,
        )  # fmt: skip
    return ColdChainBreach(
        breach=id_, shipment=about.shipment, device=about.device, product=about.product, batches=about.batches,
        cause=found.cause, started_ms=found.started_ms, at_ms=found.at_ms, told_ms=told_ms, celsius=found.celsius,
        limit=found.limit, minutes=found.minutes, is_late=is_late, offer=about.offer,
    )  # fmt: skip


async def judge_anew(
    tx: Transaction, about: Watched, corrections: Sequence[Correction], telling: Telling, *, reason: str
) -> list[str]:
    """All readings of a device in a shipment. `reason`: why something that was told is none. The ids of what is new."""
    assert about.device is not None
    until_ms = telling.told_ms + 86_400_000 if about.ended_ms is None else about.ended_ms
    readings = await readings_of(tx.connection, about.device, about.began_ms, until_ms)
    about.state, about.decisions, about.is_to_judge_anew = START, [], False
    ordered = in_order(corrected(readings, corrections))
    for start in range(0, len(ordered), FOLD_PART):
        about.judge(ordered[start : start + FOLD_PART])
        await asyncio.sleep(0)
    rows = await tx.connection.fetch(Q["told"], about.shipment, about.device, about.product, 0)
    stretches = _stretches(about.decisions)
    fresh = [
        each
        for each in about.decisions
        if each.level == "over" or not any(_is_same(each, row, stretches) for row in rows)
    ]
    none_ids = [
        row["id"]
        for row in rows
        if row["corrected_ms"] is None
        and row["cause"] != "handover"
        and not any(_is_same(each, row, stretches) for each in about.decisions)
    ]
    made = await tell(tx, about, fresh, telling)
    if none_ids:
        await correct(tx, about.shipment, none_ids, rows, telling.told_ms, reason)
    await keep_states(tx.connection, [about])
    return made


async def correct(
    tx: Transaction, shipment: str, ids: Sequence[str], rows: Sequence[Record], now_ms: int, reason: str
) -> None:
    """Mark what was told and is none. It stays in the log, beside the entry which says so."""
    await tx.connection.execute(Q["correct_findings"], list(ids), now_ms, reason)
    said = {"shipment": shipment, "findings": list(ids), "because": reason if reason in OWN_REASONS else CORRECTION}
    await entries.append(tx, [entries.encoded("cold_chain_corrected", now_ms, said)])
    for row in rows:
        if row["id"] in ids and row["level"] == "breach":
            made = ColdChainCorrected(breach=row["id"], shipment=shipment, at_ms=now_ms, reason=reason)
            await emit(tx, made, key=shipment)


def _stretches(decisions: Sequence[Decision]) -> dict[tuple[str, int], int]:
    """(cause, since) to until when, of excursions that have ended."""
    return {(each.cause, each.started_ms): each.at_ms for each in decisions if each.level == "over"}


def _is_same(decision: Decision, row: Record, stretches: Mapping[tuple[str, int], int]) -> bool:
    """Whether a decision is what was told as `row`: of one kind, at times that meet. A backlog may move its beginning."""
    if (decision.level, decision.cause) != (row["level"], row["cause"]):
        return False
    ends_ms = stretches.get((decision.cause, decision.started_ms), decision.at_ms)
    row_ends_ms = row["started_ms"] if row["ended_ms"] is None else row["ended_ms"]
    is_in_row: bool = row["started_ms"] <= decision.started_ms <= row_ends_ms
    return is_in_row or bool(decision.started_ms <= row["started_ms"] <= ends_ms)


async def readings_of(connection: Connection, device: str, from_ms: int, until_ms: int) -> list[Reading]:
    """As they came, not corrected, of one device in a stretch of time."""
    rows = await connection.fetch(Q["readings"], device, from_ms, until_ms)
    return [each for row in rows for each in unpacked(row) if from_ms <= each.at_ms <= until_ms]


def unpacked(row: Record) -> list[Reading]:
    """The readings of one batch."""
    nothing = [None] * len(row["at_ms"])
    columns = zip(row["at_ms"], row["celsius"], row["humidity"] or nothing, row["faults"] or nothing, strict=True)
    return [
        Reading(at_ms=at_ms, celsius=celsius, humidity=humidity, fault=None if fault is None else _faults[fault])
        for at_ms, celsius, humidity, fault in columns
    ]
