"""Times of events: xsd:dateTimeStamp, as the standard has it, with the offset that was captured kept beside. Pure: no I/O."""

import re
from datetime import UTC, datetime, timedelta

_FORM = re.compile(
    r"(\d{4}-(?:0[1-9]|1[0-2])-\d\d)T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,12}))?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)",
    re.ASCII,
)
OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_DAY = timedelta(days=2)
_MIN_US, _MAX_US = (
    (datetime.min.replace(tzinfo=UTC) + _DAY - _EPOCH) // _US,
    (datetime.max.replace(tzinfo=UTC) - _DAY - _EPOCH) // _US,
)


def parsed_us(text: str) -> int:
    """Microseconds since 1970; finer digits are cut off. Raises ValueError for what is no dateTimeStamp or no day there is."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no time with its offset, such as 2026-11-28T14:10:00.000+08:00")
    day, clock, fraction, zone = found.groups()
    micros = (fraction or "")[:6].ljust(6, "0")
    offset = "+00:00" if zone == "Z" else zone
    try:
        us = (datetime.fromisoformat(f"{day}T{clock}.{micros}{offset}") - _EPOCH) // _US
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text[:40]!r}: there is no such day") from error
    if not _MIN_US <= us <= _MAX_US:
        raise ValueError(f"{text[:40]!r}: there is no such day in every time zone")
    return us


def parsed_ms(text: str) -> int:
    """Milliseconds since 1970, rounded half to even. Raises ValueError."""
    return round(parsed_us(text) / 1000)


def in_utc(at_ms: int) -> str:
    """2026-11-28T06:10:00.000Z"""
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
