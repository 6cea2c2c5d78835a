"""Which days' bills are due. Pure: no I/O, no clock."""

from collections.abc import Collection
from datetime import date, datetime, timedelta, tzinfo

DAY = timedelta(days=1)


def due(now_s: float, *, zone: tzinfo, ready_h: int, fetched: Collection[date], days_max: int) -> list[date]:
    """Of the last `days_max` days whose bill is made, those that are not `fetched`, the oldest first. A day is one in
    `zone`, its bill made at `ready_h` o'clock of the next. `now_s`: Unix seconds of real time."""
    here = datetime.fromtimestamp(now_s, zone)
    latest = here.date() - (DAY if here.hour >= ready_h else 2 * DAY)
    days = (latest - back * DAY for back in reversed(range(days_max)))
    return [day for day in days if day not in fetched]


def span_ms(day: date, zone: tzinfo) -> tuple[int, int]:
    """When it begins, and when the next one does, Unix ms."""
    begins, ends = (datetime(each.year, each.month, each.day, tzinfo=zone) for each in (day, day + DAY))
    return int(begins.timestamp() * 1000), int(ends.timestamp() * 1000)
