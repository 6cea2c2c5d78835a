"""What rules find is written down: once each, with its entry of the log and its event, in the transaction of the reading.

Readings that are later than all before go on from the remembered state. With one from before, a correction or a gap that was
filled, all that the device said in the shipment is judged anew a moment later (judging.py): what was not known is told, as
late; what turns out to be none is marked as corrected, and what turns out to be right after all stands again. Nothing that was
told is taken back. Whoever writes here holds the row of the device (of the shipment, at a hand-over): no two tell the same.
"""

import secrets
from collections.abc import Sequence
from typing import Any

from asyncpg import Record
from msgspec import Struct

from livehub.base.db import Transaction
from livehub.base.events import emit
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import iso
from livehub.base.sql import queries
from trace.coldchain.events import ColdChainBreach, ColdChainCorrected, ColdChainReinstated, ColdChainWarning
from trace.coldchain.rules import Decision
from trace.coldchain.watching import Watched
from trace.log import entries

Q = queries(__file__, "findings.sql")

# Why something told before turned out to be none. Of what people typed the log says no more than that it was a correction.
BACKLOG = "readings that came later"
AFTERWARDS = "the shipment was entered afterwards"
ENDED = "the shipment had ended before"
CORRECTION = "a correction"
OWN_REASONS = (BACKLOG, AFTERWARDS, ENDED)


class Telling(Struct, frozen=True, kw_only=True):
    """How what is found is told. `late_ms`: a reading older than that when it came is late; `is_overdue`: its device's
    calibration."""

    told_ms: int
    late_ms: int
    is_overdue: bool = False


async def tell(tx: Transaction, about: Watched, decisions: Sequence[Decision], telling: Telling) -> list[str]:
    """Write down what was found and not told before: the ids of that. What was told and marked as none stands again."""
    if not decisions:
        return []
    since_ms = min(each.started_ms for each in decisions)
    rows = await tx.connection.fetch(Q["told"], about.shipment, about.device, about.product, since_ms)
    known: dict[Any, Record | None] = {(row["level"], row["cause"], row["started_ms"]): row for row in rows}
    ends = dict[tuple[str, int], set[tuple[int | None, float | None]]]()
    for told in rows:
        ends.setdefault((told["cause"], told["started_ms"]), set()).add((told["ended_ms"], told["worst_c"]))
    made, again = list[str](), list[str]()
    for each in decisions:
        key = (each.level, each.cause, each.started_ms)
        if each.level == "over":
            if ends.get(key[1:]) == {(each.at_ms, each.celsius)}:
                continue  # as it was written before
            await tx.connection.execute(
                Q["end_findings"], about.shipment, about.device, about.product, each.cause, each.started_ms, each.at_ms,
                each.celsius,
            )  # fmt: skip
        elif key not in known:
            known[key] = None
            ends.pop(key[1:], None)
            made.append(await _insert(tx, about, each, telling))
        elif (row := known[key]) is not None and row["corrected_ms"] is not None:
            again.append(row["id"])
    if again:
        await reinstate(tx, about.shipment, again, telling.told_ms)
    return made


async def _insert(tx: Transaction, about: Watched, found: Decision, telling: Telling) -> str:
    id_ = ordered_id(telling.told_ms, secrets.token_bytes(CHANCE_BYTES))
    is_late, rule = telling.told_ms - found.at_ms > telling.late_ms, about.rule_at(found.at_ms)
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
        "rule": {"product": rule.product, "version": rule.version},
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
        limit=found.limit, minutes=found.minutes, is_late=is_late, offer=about.rule_at(found.at_ms).offer,
    )  # fmt: skip


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


async def reinstate(tx: Transaction, shipment: str, ids: Sequence[str], now_ms: int) -> None:
    """What was marked as none was right after all. Both are in the log; who was told of it is not told again."""
    rows = await tx.connection.fetch(Q["reinstate_findings"], list(ids))
    said = {"shipment": shipment, "findings": list(ids)}
    await entries.append(tx, [entries.encoded("cold_chain_reinstated", now_ms, said)])
    for row in rows:
        if row["level"] == "breach":
            await emit(tx, ColdChainReinstated(breach=row["id"], shipment=shipment, at_ms=now_ms), key=shipment)
