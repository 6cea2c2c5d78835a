"""Closing days: what moved on each account on a day, summed up once that day is over, and never changed after.

A day is one of the shop's (LIVEHUB_TIME_ZONE); one on which nothing moved has no row. What is posted later with a moment of a
closed day counts for the first day that is open: the posting statement and `close_days` take the same advisory lock, so no
transfer slips into a day while it is summed up. What is on an account is the sum of the closings and of what came since, so
nobody ever adds up years, and no payment waits for the row of an account.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from commerce.ledger.posting import Q
from livehub.base.db import Connection, Database

DAYS_MAX = 40  # of one run; the next one goes on
LOCK_WAIT = "2s"  # nobody can post meanwhile, so a long transaction that has posted makes us come again later


class Balance(Struct, frozen=True, kw_only=True):
    """What is on an account in a currency: debits less credits, minor units."""

    account: str
    kind: str
    currency: str
    amount_minor: int


def day_of(at_ms: int, zone: ZoneInfo) -> date:
    """The shop's day of a moment (Unix ms)."""
    return datetime.fromtimestamp(at_ms / 1000, zone).date()


def bounds_of(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """[from, until) of a day, Unix ms; it has 23 or 25 hours where clocks are changed."""
    begin, end = (datetime.combine(d, time(), zone) for d in (day, day + timedelta(days=1)))
    return int(begin.timestamp() * 1000), int(end.timestamp() * 1000)


async def close_days(database: Database, zone: ZoneInfo, *, now_ms: int) -> list[date]:
    """Close the days that are over and not closed yet, each in a transaction; returns them. Raises Unavailable."""
    today_ms, _ = bounds_of(day_of(now_ms, zone), zone)
    closed: list[date] = []
    while len(closed) < DAYS_MAX:
        async with database.batch.transaction() as tx:
            day = await _close_next(tx.connection, zone, before_ms=today_ms)
        if day is None:
            break
        closed.append(day)
    return closed


async def _close_next(connection: Connection, zone: ZoneInfo, *, before_ms: int) -> date | None:
    await connection.execute(Q["lock_wait"], LOCK_WAIT)
    await connection.execute(Q["lock_days"])
    row = await connection.fetchrow(Q["first_open"])
    assert row is not None
    open_from_ms, first_ms = row
    if first_ms is None or first_ms >= before_ms:
        return None
    day = day_of(first_ms, zone)
    from_ms, until_ms = bounds_of(day, zone)
    if until_ms > before_ms:  # the zone was another one when the day before was closed
        return None
    await connection.execute(Q["close_day"], day, max(from_ms, open_from_ms), until_ms)
    return day


async def balances(connection: Connection) -> list[Balance]:
    """What is on every account in every currency in which something moved."""
    rows = await connection.fetch(Q["balances"])
    return [Balance(**dict(row)) for row in rows]
