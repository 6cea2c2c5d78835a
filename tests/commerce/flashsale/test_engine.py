"""The stock engine on a real PostgreSQL: what was answered is in it, once, whoever dies, freezes or is cut off meanwhile."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from commerce.flashsale import codes
from commerce.flashsale.client import StockClient
from commerce.flashsale.engine import Engine
from commerce.flashsale.requests import (
    Adjust,
    Confirm,
    Done,
    Held,
    Put,
    Refused,
    Release,
    Request,
    Reserve,
    Resource,
    Take,
    Units,
    Wait,
    Waiting,
)
from commerce.flashsale.retirement import Retirement
from commerce.flashsale.settings import StockConfig
from livehub.base.clock import Clock
from livehub.base.db import Database
from livehub.base.errors import Unavailable
from loadtest.kill.proxy import Proxy
from tests.patience import PATIENCE_S

SECRET = "a secret of the tests, more than 32 characters long"
EGG = (Units("sale:eggs", 1), Units("product:eggs", 1))
TTL_MS = 600_000


async def until(is_so: Callable[[], bool | Awaitable[bool]], within_s: float = PATIENCE_S) -> None:
    """Wait for something; the test fails when it does not come."""
    async with asyncio.timeout(within_s):
        while True:
            found = is_so()
            if await found if isinstance(found, Awaitable) else found:
                return
            await asyncio.sleep(0.01)


class Node:
    """An engine and a client of one process, which reach PostgreSQL at `url`."""

    def __init__(self, url: str, **settings: Any) -> None:
        given = {"database_url": url, "stock_silence_s": 1.0, "stock_look_s": 0.05, "stock_ask_s_max": PATIENCE_S}
        self.config = StockConfig(**{**given, **settings})
        self.database = Database(self.config)
        self.clock = Clock()
        self.engine = Engine(self.config, self.database, self.clock, secret=SECRET)
        self.client = StockClient(self.config, self.database, SECRET)

    async def ask(self, request: Request) -> Any:
        return await self.client.ask(request)


@asynccontextmanager
async def running(url: str, **settings: Any) -> AsyncIterator[Node]:
    node = Node(url, **settings)
    await node.database.open()
    await node.engine.start()
    node.client.start()
    try:
        await until(lambda: node.client.is_connected)
        yield node
    finally:
        await node.client.stop()
        await node.engine.stop()
        await node.database.close()


@pytest.fixture
async def node(database_url: str) -> AsyncIterator[Node]:
    async with running(database_url) as node:
        yield node


@pytest.fixture
async def rows(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """What PostgreSQL has."""
    connection = await asyncpg.connect(database_url)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy before that PostgreSQL, and the URL that leads through it."""
    there = make_url(url)
    proxy = Proxy(str(there.query.get("host") or there.host), there.port or 5432)
    await proxy.start()
    through = there.set(host="127.0.0.1", port=proxy.port, query={}).render_as_string(hide_password=False)
    try:
        yield proxy, through
    finally:
        await proxy.stop()


async def stocked(node: Node, units: int = 10, limit: int = 2) -> None:
    """Eggs, all of them on sale."""
    assert await node.ask(Put(Resource(id="product:eggs", units=units))) == Done()
    resource = Resource(id="sale:eggs", units=units, limits=(limit, 0, 0))
    assert await node.ask(Put(resource, "product:eggs")) == Done()


def tap(person: str, key: str = "a key", qty: int = 1, ttl_ms: int = TTL_MS) -> Reserve:
    return Reserve(person, key, tuple(Units(line.resource, qty) for line in EGG), ttl_ms)


async def units_in(rows: asyncpg.Connection) -> dict[str, tuple[int, int, int]]:
    return {
        row["id"]: (row["units"], row["held"], row["sold"])
        for row in await rows.fetch("SELECT id, units, held, sold FROM stock_resources")
    }


async def test_what_is_answered_is_in_postgresql(node: Node, rows: asyncpg.Connection) -> None:
    await stocked(node)
    held = await node.ask(tap("lin"))
    assert isinstance(held, Held)
    [row] = await rows.fetch("SELECT * FROM stock_holds WHERE id = $1", held.hold)
    assert (row["person"], row["key"], row["state"], row["expires_ms"]) == ("lin", "a key", codes.HELD, held.expires_ms)
    assert (row["resources"], row["asked"], row["has"]) == (["sale:eggs", "product:eggs"], [1, 1], [1, 1])
    assert await node.ask(Confirm(held.hold)) == Done()
    assert await units_in(rows) == {"sale:eggs": (10, 0, 1), "product:eggs": (10, 0, 1)}
    assert await rows.fetchval("SELECT state FROM stock_holds") == codes.CONFIRMED


async def test_units_are_never_more_than_there_are_and_nobody_is_refused_while_some_are_free(
    node: Node, rows: asyncpg.Connection
) -> None:
    await stocked(node, units=100, limit=1)
    spam = [node.ask(tap("greedy", f"key {n}")) for n in range(1_000)]
    answers = await asyncio.gather(*spam, *(node.ask(tap(f"person {n}")) for n in range(99)))
    assert sum(isinstance(answer, Held) for answer in answers) == 100
    assert {answer.code for answer in answers if isinstance(answer, Refused)} == {codes.LIMIT}
    assert await node.ask(tap("late")) == Refused(codes.SOLD_OUT, "sale:eggs", 0)
    assert await rows.fetchval("SELECT count(DISTINCT person) FROM stock_holds") == 100


async def test_a_sale_above_free_stock_is_refused(node: Node) -> None:
    await node.ask(Put(Resource(id="product:eggs", units=5)))
    put = Put(Resource(id="sale:eggs", units=6), "product:eggs")
    assert await node.ask(put) == Refused(codes.BELOW, "product:eggs", 5)
    assert await node.ask(tap("lin")) == Refused(Refused.UNKNOWN_RESOURCE, "sale:eggs")


async def test_a_hold_that_expires_is_free_again_and_told(node: Node, rows: asyncpg.Connection) -> None:
    await stocked(node, units=1)
    held = await node.ask(tap("lin", ttl_ms=300))
    assert isinstance(held, Held)
    told: list[int] = []
    node.client.on_change.append(lambda _ids: told.append(node.client.units("sale:eggs").held))  # type: ignore[union-attr]

    async def is_over() -> bool:
        return bool(await rows.fetchval("SELECT state FROM stock_holds WHERE id = $1", held.hold) == codes.EXPIRED)

    await until(is_over)
    await until(lambda: told[-1:] == [0])
    assert isinstance(await node.ask(tap("ada")), Held)


async def test_the_next_leader_goes_on_where_the_one_before_ended(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(running(database_url))
        second = await stack.enter_async_context(running(database_url))
        assert first.engine.is_leading
        assert not second.engine.is_leading
        await stocked(first, units=3, limit=1)
        held = await second.ask(tap("lin"))
        over = await first.ask(tap("ada"))
        assert await first.ask(Release(over.hold, "ada")) == Done()
        await first.ask(Wait("wu", "wait", EGG, TTL_MS))
        await first.engine.stop()
        await until(lambda: second.engine.is_leading)
        # The same keys are the same taps, of a live hold and of one that is over.
        assert await first.ask(tap("lin")) == held
        again = await second.ask(tap("ada"))
        assert (again.hold, again.state) == (over.hold, codes.RELEASED)
        assert await second.ask(tap("lin", "another key")) == Refused(codes.LIMIT, "sale:eggs", 1, 1)
        assert isinstance(await second.ask(tap("bao")), Held)
        assert await second.ask(tap("chen")) == Refused(codes.SOLD_OUT, "sale:eggs", 0)


async def test_a_commit_whose_answer_is_lost_is_found_out_before_anybody_is_answered(
    database_url: str, rows: asyncpg.Connection
) -> None:
    async with proxied(database_url) as (proxy, through), running(through) as node:
        await stocked(node, units=1_000)
        for n in range(3):
            proxy.cut_next_commit()
            taps = [tap(f"person {n} {m}") for m in range(20)]
            answers = await asyncio.gather(*(node.ask(each) for each in taps))
            assert [type(answer) for answer in answers] == [Held] * 20
            held = {row["id"] for row in await rows.fetch("SELECT id FROM stock_holds")}
            assert {answer.hold for answer in answers} <= held
            assert len(held) == 20 * (n + 1)  # each once
        assert proxy.cut == 3
        assert await units_in(rows) == {"sale:eggs": (1_000, 60, 0), "product:eggs": (1_000, 60, 0)}


async def test_a_leader_that_goes_silent_is_followed_and_writes_nothing_afterwards(
    database_url: str, rows: asyncpg.Connection
) -> None:
    async with proxied(database_url) as (proxy, through), running(through) as first, running(database_url) as second:
        await stocked(first)
        proxy.go_silent()
        silent_s = time.monotonic()
        late = asyncio.create_task(first.ask(tap("lin")))  # to one who cannot know yet that it leads no more
        await until(lambda: second.engine.is_leading)
        assert time.monotonic() - silent_s < PATIENCE_S
        held = await second.ask(tap("ada"))
        assert isinstance(held, Held)
        proxy.speak_again()
        assert isinstance(await late, Held)  # asked again, of the next leader
        await until(lambda: not first.engine.is_leading)
        assert await rows.fetchval("SELECT count(*) FROM stock_holds") == 2
        assert (await units_in(rows))["sale:eggs"] == (10, 2, 0)
        assert await rows.fetchval("SELECT count(*) FROM stock_epochs WHERE NOT is_over") == 1


async def test_a_key_that_memory_has_forgotten_is_known_all_the_same(
    database_url: str, rows: asyncpg.Connection
) -> None:
    async with running(database_url) as node:
        await stocked(node, units=4, limit=4)
        old = await node.ask(tap("lin", "old"))
        await node.ask(Release(old.hold, "lin"))
    async with running(database_url, stock_ended_max=0) as node:
        batch = [tap("ada", "new"), tap("lin", "old"), tap("bao", "new"), tap("lin", "old", qty=2)]
        answers = await asyncio.gather(*(node.ask(request) for request in batch))
        assert [type(answer) for answer in answers] == [Held, Held, Held, Refused]
        assert (answers[1].hold, answers[1].state) == (old.hold, codes.RELEASED)
        assert answers[3].code == codes.KEY_REUSED
        assert (await units_in(rows))["sale:eggs"] == (4, 2, 0)
        assert [isinstance(await node.ask(tap("wu", f"{n}")), Held) for n in range(3)] == [True, True, False]
        # Sold out, which is no answer to a tap that was answered before.
        assert (await node.ask(tap("lin", "old"))).hold == old.hold
        assert await node.ask(Release(old.hold, "lin")) == Done(again=True)
        assert await node.ask(Release(old.hold, "ada")) == Refused(Refused.NOT_YOURS)
        assert await node.ask(Confirm(old.hold)) == Refused(codes.OVER)


async def test_who_waits_comes_first_and_is_remembered(database_url: str, rows: asyncpg.Connection) -> None:
    async with running(database_url) as node:
        await stocked(node, units=2, limit=2)
        held = await node.ask(tap("lin", qty=2))
        wants = (Units("sale:eggs", 2), Units("product:eggs", 2))
        assert await node.ask(Wait("ada", "wait", wants, TTL_MS)) == Waiting(1)
        assert await node.ask(Wait("bao", "wait", EGG, TTL_MS)) == Waiting(2)
        assert await node.ask(Wait("bao", "other", EGG, TTL_MS)) == Waiting(2)
        assert await rows.fetchval("SELECT count(*) FROM stock_waits") == 2
    async with running(database_url) as node:
        # One is free, which is not enough for the first in line, but for the second.
        assert await node.ask(Confirm(held.hold, EGG)) == Done()
        [bao] = await rows.fetch("SELECT * FROM stock_holds WHERE person = 'bao'")
        assert (bao["key"], bao["has"]) == ("wait", [1, 1])
        assert await node.ask(tap("new")) == Refused(codes.SOLD_OUT, "sale:eggs", 0)
        assert [row["person"] for row in await rows.fetch("SELECT person FROM stock_waits")] == ["ada"]
        events = [json.loads(row["payload"]) for row in await rows.fetch("SELECT payload FROM domain_events")]
        assert [(event["person"], event["hold"]) for event in events] == [("bao", bao["id"])]


async def test_units_are_added_once_under_a_key(database_url: str, rows: asyncpg.Connection) -> None:
    async with running(database_url) as node:
        await stocked(node, units=2)
        assert await node.ask(Adjust("product:eggs", 3, "delivery 7")) == Done()
        assert await node.ask(Adjust("product:eggs", 3, "delivery 7")) == Done(again=True)
        assert await node.ask(Adjust("product:eggs", 4, "delivery 7")) == Refused(codes.KEY_REUSED, "product:eggs")
        await node.ask(tap("lin", qty=2))
        assert await node.ask(Adjust("product:eggs", -4, "rot")) == Refused(codes.BELOW, "product:eggs", 2)
    async with running(database_url) as node:
        assert await node.ask(Adjust("product:eggs", 3, "delivery 7")) == Done(again=True)
        assert (await units_in(rows))["product:eggs"] == (5, 2, 0)


async def test_what_postgresql_cannot_keep_harms_nobody_else(node: Node, rows: asyncpg.Connection) -> None:
    await stocked(node)
    odd = [tap("lin\0"), tap("\ud800"), tap("x" * 600), tap("ada", "k\0"), tap("lin", ttl_ms=0), tap("lin", qty=-1)]
    answers = await asyncio.gather(
        *(node.ask(request) for request in odd if request.person != "\ud800"), node.ask(tap("ada"))
    )
    assert [answer.code for answer in answers[:-1]] == [codes.BAD] * 5
    assert isinstance(answers[-1], Held)
    assert await rows.fetchval("SELECT count(*) FROM stock_holds") == 1


async def test_too_many_at_once_are_told_when_to_come_again(database_url: str) -> None:
    async with running(database_url, stock_pending_max=50, stock_asks_max=400) as node:
        await stocked(node, units=1_000)
        answers = await asyncio.gather(*(node.ask(tap(f"person {n}")) for n in range(1_000)), return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, Unavailable)]
        assert refused
        assert all(answer.retry_after_ms for answer in refused)
        assert len(refused) + sum(isinstance(answer, Held) for answer in answers) == 1_000


async def test_a_stranger_is_not_listened_to(node: Node) -> None:
    await stocked(node)
    stranger = StockClient(node.config, node.database, "another secret of more than 32 characters")
    stranger.start()
    try:
        await asyncio.sleep(0.5)
        assert not stranger.is_connected
    finally:
        await stranger.stop()
    assert isinstance(await node.ask(tap("lin")), Held)


async def test_a_sale_that_is_long_over_is_forgotten_but_for_its_answers(
    database_url: str, rows: asyncpg.Connection
) -> None:
    async with running(database_url, stock_retired_after_s=0) as node:
        await stocked(node)
        held = await node.ask(tap("lin"))
        part = Retirement(node.config, node.database, node.client, node.clock.now_s)
        closed = Resource(id="sale:eggs", units=0, limits=(2, 0, 0), closes_ms=1)
        assert await node.ask(Put(closed)) == Done(again=True)
        await part.retire()
        assert await rows.fetchval("SELECT is_kept FROM stock_resources WHERE id = 'sale:eggs'")  # one is held
        assert await node.ask(Confirm(held.hold)) == Done()
        await part.retire()
        assert not await rows.fetchval("SELECT bool_or(is_kept) FROM stock_holds")
        assert (await node.ask(tap("lin"))).hold == held.hold
        assert await node.ask(tap("ada")) == Refused(Refused.UNKNOWN_RESOURCE, "sale:eggs")
    async with running(database_url) as node:
        assert node.client.units("sale:eggs") is None
        assert (await units_in(rows))["product:eggs"] == (10, 0, 1)
        assert (await node.ask(tap("lin"))).hold == held.hold
        again = Put(Resource(id="sale:eggs", units=10, limits=(2, 0, 0)), "product:eggs")
        assert await node.ask(again) == Refused(codes.OVER, "sale:eggs")
        assert (await units_in(rows))["sale:eggs"] == (10, 0, 1)


async def test_what_was_given_up_while_the_engine_was_away_is_not_done_when_it_is_back(
    database_url: str, rows: asyncpg.Connection
) -> None:
    async with running(database_url, stock_ask_s_max=0.5) as node:
        await stocked(node)
        await node.engine.stop()
        await until(lambda: not node.client.is_connected)
        taps = await asyncio.gather(*(node.ask(tap(f"person {n}")) for n in range(50)), return_exceptions=True)
        assert {type(answer) for answer in taps} == {Unavailable}
        async with running(database_url) as other:
            await until(lambda: node.client.is_connected)
            assert isinstance(await other.ask(tap("lin")), Held)
            assert isinstance(await node.ask(tap("ada")), Held)
            assert await rows.fetchval("SELECT count(*) FROM stock_holds") == 2


async def test_a_forgotten_key_that_comes_twice_under_load_is_answered_alike(
    database_url: str, rows: asyncpg.Connection
) -> None:
    async with running(database_url) as node:
        await stocked(node, units=5_000, limit=4)
        old = await node.ask(tap("lin", "old"))
        await node.ask(Release(old.hold, "lin"))
    async with running(database_url, stock_ended_max=0, stock_batch_max=600) as node:
        crowd = [node.ask(tap(f"person {n}")) for n in range(1_800)]
        crowd[600:600] = [node.ask(tap("lin", "old"))]
        crowd.append(node.ask(tap("lin", "old")))
        answers = await asyncio.gather(*crowd)
        known = {row["id"] for row in await rows.fetch("SELECT id FROM stock_holds")}
        assert {answer.hold for answer in answers} <= known
        assert answers[600].hold == answers[-1].hold == old.hold
        assert (await units_in(rows))["sale:eggs"] == (5_000, 1_800, 0)
        taken = await node.ask(Take("lin", "old", EGG))
        assert taken == Refused(codes.KEY_REUSED) or taken.hold == old.hold
        assert (await units_in(rows))["sale:eggs"] == (5_000, 1_800, 0)
