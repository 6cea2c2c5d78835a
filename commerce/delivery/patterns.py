"""Windows out of a weekly pattern, for some days ahead. Pure: no I/O, no clock.

A pattern is meant by the clock on the shop's wall. Where that clock is put forward over the beginning or the end of a window,
the moment is reckoned with the offset before; where it is put back, the first of the two moments is meant (both as RFC 5545,
3.3.5, has them). A window of which nothing is left is not made, nor one that takes no orders any more.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta, tzinfo

from msgspec import Struct

MINUTE_MS = 60_000
DAY_MINUTES = 1_440
ID_CHARS = 18


class Pattern(Struct, frozen=True, kw_only=True):
    """A weekly pattern as it is stored; minutes are of the day, days of the week those of ISO 8601."""

    id: str
    area: str | None
    point: str | None
    days: tuple[int, ...]
    from_minute: int
    until_minute: int
    cut_off_minutes: int
    capacity: int
    begins_on: date
    ends_on: date | None


class Planned(Struct, frozen=True, kw_only=True):
    """A window to be made for one day of a pattern; Unix ms."""

    day: date
    from_ms: int
    until_ms: int
    orders_until_ms: int


def planned(pattern: Pattern, zone: tzinfo, *, now_ms: int, ahead_days: int) -> list[Planned]:
    """The windows of `ahead_days` days, the shop's today included."""
    today = datetime.fromtimestamp(now_ms / 1000, zone).date()
    windows = []
    for ahead in range(ahead_days):
        day = today + timedelta(days=ahead)
        if day.isoweekday() not in pattern.days or not pattern.begins_on <= day <= (pattern.ends_on or day):
            continue
        from_ms, until_ms = (to_moment(day, minute, zone) for minute in (pattern.from_minute, pattern.until_minute))
        orders_until_ms = from_ms - pattern.cut_off_minutes * MINUTE_MS
        if from_ms < until_ms and now_ms < orders_until_ms:
            windows.append(Planned(day=day, from_ms=from_ms, until_ms=until_ms, orders_until_ms=orders_until_ms))
    return windows


def to_moment(day: date, minute: int, zone: tzinfo) -> int:
    """The moment (Unix ms) at which the clock on the wall shows so many minutes of the day; 1440 is the end of it."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001  (its zone comes with the time of day)
    local = midnight + timedelta(minutes=minute)
    return int(local.replace(tzinfo=zone, fold=0).astimezone(UTC).timestamp()) * 1000


def window_id(pattern: Pattern, window: Planned) -> str:
    """The same window has the same id, however often it is made; so the stock engine knows it already after a crash."""
    said = f"{pattern.id} {window.day} {window.from_ms} {window.until_ms} {window.orders_until_ms} {pattern.capacity}"
    return hashlib.sha256(said.encode()).hexdigest()[:ID_CHARS]
