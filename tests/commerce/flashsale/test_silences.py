"""What kill runs have found: leaders that freeze at bad moments, processes that take connections and say nothing, long
greetings, and lines in which one who wants more stands before those who want less.
"""

import asyncio
import time

from commerce.flashsale import codes
from commerce.flashsale.book import Book
from commerce.flashsale.client import StockClient
from commerce.flashsale.lead_row import Leader
from commerce.flashsale.requests import Held, Put, Refused, Release, Reserve, Resource, Units, Wait, Waiting
from commerce.flashsale.settings import StockConfig
from commerce.flashsale.stock import Stock
from livehub.base.db import Database
from tests.commerce.flashsale.test_engine import (
    SECRET,
    proxied,
    running,
    stocked,
    tap,
    until,
)

RESOURCES = 100  # whose units are more than a stranger's first frame may have


async def test_a_leader_frozen_in_the_middle_of_a_copy_is_followed(database_url: str) -> None:
    async with proxied(database_url) as (proxy, through), running(through) as first, running(database_url) as second:
        await stocked(first)
        proxy.at_next_copy(proxy.go_silent)  # PostgreSQL waits for rows, and no timeout of its own ends that
        late = asyncio.create_task(first.ask(tap("lin")))
        await until(lambda: second.engine.is_leading)
        assert isinstance(await second.ask(tap("ada")), Held)
        proxy.speak_again()
        assert isinstance(await late, Held)
        async with second.database.batch.connection() as connection:
            assert await connection.fetchval("SELECT count(*) FROM stock_holds") == 2


async def test_a_process_that_takes_connections_and_says_nothing_is_left_at_once(database_url: str) -> None:
    ended = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    config = StockConfig(database_url=database_url, stock_silence_s=60.0)
    client = StockClient(config, Database(config), SECRET)
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as frozen:
        port = frozen.sockets[0].getsockname()[1]
        began_s = time.monotonic()
        assert not await client._speak_with(Leader(1, f"127.0.0.1:{port}"))
        assert time.monotonic() - began_s < config.stock_silence_s / 2
        ended.set()


async def test_a_leader_of_many_resources_is_understood(database_url: str) -> None:
    async with running(database_url) as node:
        for number in range(RESOURCES):
            await node.ask(Put(Resource(id=f"product:number-{number}", units=1)))
        late = StockClient(node.config, node.database, SECRET)
        late.start()
        try:
            await until(lambda: late.units(f"product:number-{RESOURCES - 1}") is not None)
        finally:
            await late.stop()


def test_one_who_wants_more_of_a_product_than_there_is_does_not_hold_up_the_line() -> None:
    ids = iter(f"hold-{number}" for number in range(10))
    stock = Stock(Book(lambda: next(ids)))
    stock.decide([Put(Resource(id="product:eggs", units=2)), Put(Resource(id="sale:eggs", units=10), "")], 0)

    def lines(qty: int) -> tuple[Units, ...]:
        return (Units("sale:eggs", qty), Units("product:eggs", qty))

    first, _ = stock.decide([Reserve("ada", "k", lines(1), 60_000), Reserve("bao", "k", lines(1), 60_000)], 0).answers
    assert isinstance(first, Held)
    waits = [Wait("many", "k", lines(2), 60_000), Wait("few", "k", lines(1), 60_000)]
    assert stock.decide(waits, 0).answers == [Waiting(1), Waiting(2)]
    decided = stock.decide([Release(first.hold, "ada"), Reserve("new", "k", lines(1), 60_000)], 0)
    assert [granted.wait.person for granted in decided.changes.granted] == ["few"]
    assert not isinstance(decided.answers[1], Held)


async def test_what_a_leader_was_asked_before_another_led_is_not_done_later(database_url: str) -> None:
    async with proxied(database_url) as (proxy, through), running(through) as first:
        await stocked(first, units=1)
        held = await first.ask(tap("ada"))
        async with running(database_url) as second:
            proxy.go_silent()
            answer = await second.ask(
                tap("lin")
            )  # the first is asked, which can write nothing; then the second, which leads
            assert isinstance(answer, Refused)
            assert second.engine.is_leading
            await second.ask(Release(held.hold, "ada"))
        proxy.speak_again()
        assert isinstance(await first.ask(tap("bao")), Held)
        assert isinstance(await first.ask(tap("lin", "another key")), Refused)


async def test_nobody_is_refused_for_units_that_a_forgotten_key_seemed_to_take(database_url: str) -> None:
    async with running(database_url) as node:
        await stocked(node, units=1)
        old = await node.ask(tap("lin", "old"))
        await node.ask(Release(old.hold, "lin"))
    async with running(database_url, stock_ended_max=0) as node:
        again, held, refused = await asyncio.gather(
            node.ask(tap("lin", "old")), node.ask(tap("ada")), node.ask(tap("bao"))
        )
        assert (again.hold, again.state) == (old.hold, codes.RELEASED)
        assert isinstance(held, Held)
        assert refused == Refused(codes.SOLD_OUT, "sale:eggs", 0)
