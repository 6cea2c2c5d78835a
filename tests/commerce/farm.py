"""A room with coupons for tests, served by processes on one PostgreSQL: people who claim, and what they have."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

import pytest

from commerce.coupons.coupons import Coupons
from commerce.coupons.socket_events import Claimed
from commerce.flashsale.module import StockPart
from livehub.base.clock import Timeline
from livehub.base.errors import LivehubError
from tests.integration.server import Answer, InProcessServer, eventually

TABLES = ("coupons", "coupon_claims", "stock_resources", "stock_holds", "rooms", "room_controls", "domain_events")

numbers = itertools.count(10_000)


class Farm:
    """A room, and the processes that serve it, the first of which leads the stock."""

    def __init__(self, servers: list[InProcessServer]) -> None:
        self.servers = servers
        self.room = ""

    async def drop(self, total: int, *, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
        body = {"title": "five off", "amount_minor": 500, "total": total, **fields}
        return await self.servers[0].call("POST", f"/api/rooms/{self.room}/coupons", body, headers=headers)

    async def dropped(self, total: int, **fields: Any) -> str:
        """The id of a new coupon."""
        answer = await self.drop(total, **fields)
        assert answer.status == 201, answer
        return str(answer.body["coupon"]["id"])

    async def claim(self, coupon: str, user: str, *, at: int = 0, key: str | None = None) -> Claimed | LivehubError:
        """The acknowledgement, or the refusal, at one of the processes. Without `key` it is one of its own."""
        claims = self.servers[at].application.get(Coupons).claims
        try:
            return await claims.claim(user, coupon, key or f"key-{next(numbers)}")
        except LivehubError as refusal:
            return refusal

    async def rush(self, coupon: str, people: int) -> Counter[str]:
        """So many people at once, at all processes; how they were answered."""
        at = itertools.cycle(range(len(self.servers)))
        claims = (self.claim(coupon, f"user-{n}", at=next(at)) for n in range(people))
        return Counter(type(answer).__name__ for answer in await asyncio.gather(*claims))

    async def mine(self, user: str) -> list[tuple[str, int]]:
        """(coupon, when it was claimed) of somebody, latest first."""
        at = self.servers[-1]
        listed = await at.do("GET", "/api/me/coupons", by=at.person(user))
        return [(row["id"], row["claimed_ts"]) for row in listed["coupons"]]

    async def shown(self) -> list[str]:
        """The coupons that the room shows."""
        page = await self.servers[-1].do("GET", f"/api/rooms/{self.room}")
        return [coupon["id"] for coupon in page["room"]["view"]["coupons"]]

    async def shows_nothing(self) -> bool:
        return await self.shown() == []

    async def taken(self, coupon: str) -> tuple[int, int]:
        """(as counted, people who have it)."""
        rows = await self.fetch(
            "SELECT coalesce((SELECT sold FROM stock_resources WHERE id = 'coupon:' || c.id), c.taken), "
            "(SELECT count(*) FROM coupon_claims k WHERE k.coupon = c.id) + (SELECT count(DISTINCT person) FROM stock_holds "
            "WHERE resources = ARRAY['coupon:' || c.id] AND state = 3) FROM coupons c WHERE c.id = $1",
            coupon,
        )
        return int(rows[0][0]), int(rows[0][1])

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        async with self.servers[-1].application.database.connection() as connection:
            return list(await connection.fetch(query, *arguments))

    async def contents(self) -> dict[str, Any]:
        """Every row of what coupons are in: two equal ones mean that nothing changed."""
        query = "SELECT coalesce(array_agg(x::text ORDER BY x::text), '{{}}') FROM {} AS x"
        return {table: (await self.fetch(query.format(table)))[0][0] for table in TABLES}

    def stop_time(self, at_ms: int) -> None:
        """It is this moment, everywhere, until another one comes."""
        for running in self.servers:
            frozen = Timeline(real_s=time.time(), business_s=(at_ms + 0.5) / 1000, rate=0.0)
            running.application.context.clock.timeline = frozen

    async def end_leader(self) -> None:
        """The engine that leads ends, and another one takes over."""
        engine = self.servers[0].application.get(StockPart)._engine
        assert engine is not None
        assert engine.is_leading
        await engine.stop()


OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]


@pytest.fixture
async def farm(open_server: OpenServer) -> AsyncIterator[Farm]:
    async with AsyncExitStack() as stack:
        farm = Farm([await stack.enter_async_context(open_server())])
        await eventually(lambda: is_ready(farm.servers[0]))
        farm.servers.append(await stack.enter_async_context(open_server()))
        await eventually(lambda: is_ready(farm.servers[1]))
        farm.room = await farm.servers[0].room()
        await farm.servers[0].sell_jam(farm.room)
        yield farm


async def is_ready(running: InProcessServer) -> bool:
    return not await running.away()
