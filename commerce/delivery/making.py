"""Makes the windows of weekly patterns some days ahead, once an hour, and at once when a pattern is new or changed.

The stock engine knows a window before its row is there, and whoever finds one can order; made again after a crash in between it
has the same id. A day that has a window gets no other, also when somebody has closed that one.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from commerce.delivery.choosing import resource
from commerce.delivery.patterns import Pattern, planned, window_id
from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Answer, Done, Put, Refused, Request, Resource
from livehub.base.db import Connection, Database
from livehub.base.errors import Unavailable
from livehub.base.module import Job
from livehub.base.sql import queries

Q = queries(__file__, "windows.sql")

TASK = "delivery.windows"
PATTERNS_AT_ONCE = 100
LONG_PAST_MS = 1

Ask = Callable[[Request], Awaitable[Answer]]


class WindowMaker:
    """`now_s`: business time, Unix seconds."""

    def __init__(
        self, zone: ZoneInfo, ahead_days: int, database: Database, client: StockClient, now_s: Callable[[], float]
    ) -> None:
        self._zone = zone
        self._ahead_days = ahead_days
        self._database = database
        self._client = client
        self._now_s = now_s

    def jobs(self) -> list[Job]:
        return [Job(name=TASK, run=self.run, cron="7 * * * *")]

    async def run(self, timestamp: int = 0) -> None:
        """All that are to be made by now; run again, only what is missing. Raises Unavailable."""
        del timestamp
        after = ""
        while True:
            async with self._database.batch.connection() as connection:
                rows = await connection.fetch(Q["live_patterns"], after, PATTERNS_AT_ONCE)
            for row in rows:
                async with self._database.batch.transaction() as tx:
                    found = await tx.connection.fetchrow(Q["live_pattern"], row["id"])
                    if found is not None:
                        now_ms = int(self._now_s() * 1000)
                        await self.make(tx.connection, pattern_of(found), now_ms=now_ms, ask=self._client.ask)
            if len(rows) < PATTERNS_AT_ONCE:
                return
            after = rows[-1]["id"]

    async def make(self, connection: Connection, pattern: Pattern, *, now_ms: int, ask: Ask) -> int:
        """The windows of one pattern that are missing, and how many those were. Raises Unavailable."""
        wanted = planned(pattern, self._zone, now_ms=now_ms, ahead_days=self._ahead_days)
        if not wanted:
            return 0
        made = {row["day"] for row in await connection.fetch(Q["days_made"], pattern.id, wanted[0].day)}
        missing = [window for window in wanted if window.day not in made]
        for window in missing:
            id_ = window_id(pattern, window)
            await put_window(ask, id_, pattern.capacity, orders_until_ms=window.orders_until_ms)
            await connection.fetchval(
                Q["insert_window"], id_, pattern.area, pattern.point, window.from_ms, window.until_ms,
                window.orders_until_ms, pattern.capacity, pattern.id, window.day, now_ms, None,
            )  # fmt: skip
        return len(missing)

    def today(self, now_ms: int) -> date:
        """The shop's."""
        return datetime.fromtimestamp(now_ms / 1000, self._zone).date()


async def put_window(ask: Ask, id_: str, capacity: int, *, orders_until_ms: int, is_closed: bool = False) -> None:
    """Tell the stock engine of a window: how many orders it takes, if it is new, and until when. Raises Unavailable."""
    closes_ms = LONG_PAST_MS if is_closed else orders_until_ms
    expected(await ask(Put(Resource(id=resource(id_), units=capacity, closes_ms=closes_ms))))


def expected(answer: Answer) -> None:
    """Raise Unavailable for a refusal that nobody can do anything about."""
    if isinstance(answer, Refused):
        raise Unavailable("The stock engine did not take it.", retry_after_ms=answer.left or 1_000)
    assert isinstance(answer, Done)


def pattern_of(row: Any) -> Pattern:
    """A pattern as it is stored."""
    fields = {name: row[name] for name in Pattern.__struct_fields__}
    return Pattern(**fields | {"days": tuple(row["days"])})
