"""Moments and days as people and programs write them, to Unix ms. Pure: no I/O, no clock.

    1800000000000                  Unix ms
    2026-11-29T20:00:00+08:00      ISO 8601 with an offset
    2026-11-29T20:00               without: in the shop's time zone
    2026-11-29                     a day there: from its first moment to 24:00, which is the first moment of the next day

A local time that the zone skips when clocks go forward, or has twice when they go back, is no moment, and refused. Windows
are [start, end).
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated

from msgspec import Meta

from livehub.base.errors import BadRequest

ISO_8601 = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII | re.IGNORECASE
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END_MS = 253_402_214_400_000  # 9999-12-31, after which jobs have no time

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

Moment = Annotated[str, Meta(max_length=40)] | Annotated[int, Meta(ge=0, le=253_402_300_799_999)]
"""Unix ms; or ISO 8601 with an offset; or without, in the shop's time zone (LIVEHUB_TIME_ZONE)."""


def to_ms(moment: str | int, zone: tzinfo, field: str) -> int:
    """The moment in Unix ms. Raises BadRequest, which names `field` and says why."""
    ms = moment if isinstance(moment, int) else (_parsed(moment, zone, field) - EPOCH) // timedelta(milliseconds=1)
    if not 0 <= ms < END_MS:
        raise BadRequest(f"{field}: from 1970 to 9999.")
    return ms


def _parsed(text: str, zone: tzinfo, field: str) -> datetime:
    try:
        if not ISO_8601.fullmatch(text):
            raise ValueError
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else _local(found, zone, field)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"{field}: Unix ms or ISO 8601 with a time of day, e.g. 2026-11-29T20:00+08:00.") from error


def _local(naive: datetime, zone: tzinfo, field: str) -> datetime:
    """PEP 495: of a time that a zone skips or has twice, `fold` tells the offset before and after."""
    first, second = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        is_skipped = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != naive
        why = "does not exist" if is_skipped else "occurs twice"
        raise BadRequest(f"{field}: {naive.isoformat(' ')} {why} in {zone}, whose clocks change. Give an offset.")
    return first.astimezone(UTC)


def from_ms(moment: str | int, zone: tzinfo, field: str) -> int:
    """The same, where it may be a day: its first moment. Raises BadRequest."""
    return _day_ms(moment, 0, zone, field) if _is_day(moment) else to_ms(moment, zone, field)


def until_ms(moment: str | int, zone: tzinfo, field: str) -> int:
    """The end of a window [from, until): "until the 11th" ends at 24:00 of that day. Raises BadRequest."""
    return _day_ms(moment, 1, zone, field) if _is_day(moment) else to_ms(moment, zone, field)


def _is_day(moment: str | int) -> bool:
    return isinstance(moment, str) and DAY.fullmatch(moment) is not None


def _day_ms(moment: str | int, days_later: int, zone: tzinfo, field: str) -> int:
    """The first moment of a day. PEP 495: with fold=0 it is that also where clocks change at midnight."""
    try:
        day = datetime.fromisoformat(str(moment)) + timedelta(days=days_later)
        return to_ms((day.replace(tzinfo=zone, fold=0) - EPOCH) // timedelta(milliseconds=1), zone, field)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"{field}: there is no such day.") from error
