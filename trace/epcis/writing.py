"""Our own steps as events: written by whoever takes them, in the transaction of the step.

    event_id = await record(tx, harvested(lot, kilograms="12.5", ...), now_ms=call.now_ms)

An event that is not valid EPCIS is a defect of ours, and nothing of the step is written then. Nothing personal may stand in
one: they enter the log. Who did something is said by a commitment (trace/log/commitments.py), if at all.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from livehub.base.db import Transaction
from trace.epcis.capturing import captured, prepared, store
from trace.epcis.context import STANDARD, prefixes_of
from trace.epcis.errors import EventCaptured
from trace.epcis.validation import Document

CONTEXT: list[Any] = [STANDARD, {"livehub": "https://livehub.example/epcis/"}]
_OURS = Document(context=CONTEXT, prefixes=prefixes_of(CONTEXT))


async def record(tx: Transaction, event: Mapping[str, Any], *, now_ms: int) -> str:
    """Write an event, with its entry of the log: its id. Done twice with the same event, it is there once.

    Extensions have the prefix `livehub:`. Raises EventsInvalid.
    """
    return (await record_all(tx, [event], now_ms=now_ms))[0]


async def record_all(tx: Transaction, events: Sequence[Mapping[str, Any]], *, now_ms: int) -> list[str]:
    """The same for several; their ids, in their order."""
    made = [prepared(dict(event), _OURS, now_ms * 1000, is_ours=True) for event in events]
    again = await captured(tx, made)
    await _stored(tx, [each for place, each in enumerate(made) if place not in again], now_ms)
    return [each.id for each in made]


async def _stored(tx: Transaction, made: Sequence[Any], now_ms: int) -> None:
    if not made:
        return
    try:
        async with tx.savepoint():
            await store(tx, made, now_ms * 1000)
    except EventCaptured:  # by somebody else in this moment
        again = await captured(tx, made)
        left = [each for place, each in enumerate(made) if place not in again]
        if left:
            await store(tx, left, now_ms * 1000)


def when(at_ms: int, zone: tzinfo) -> dict[str, str]:
    """`eventTime` and `eventTimeZoneOffset` of a moment, in the time of the place where it happened."""
    at = datetime.fromtimestamp(at_ms / 1000, zone)
    offset = at.utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    written = f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    return {"eventTime": at.isoformat(timespec="milliseconds"), "eventTimeZoneOffset": written}
