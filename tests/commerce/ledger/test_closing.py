"""Days are closed once they are over, in the shop's zone, and stay as they are; balances are the same before and after."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from commerce.ledger import transfers
from commerce.ledger.closing import balances, bounds_of, close_days, day_of
from commerce.ledger.posting import post
from commerce.ledger.transfers import Transfer
from livehub.base.config import Config
from livehub.base.db import Database
from tests.integration.server import eventually

SHANGHAI = ZoneInfo("Asia/Shanghai")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def captured(payment: str, at: str, amount_minor: int = 100) -> Transfer:
    return transfers.captured(
        payment=payment, order=payment, provider="sandbox", amount_minor=amount_minor, currency="CNY", at_ms=ms(at)
    )


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(Config(database_url=database_url))
    await database.open()
    yield database
    await database.close()


async def posted(database: Database, *each: Transfer) -> None:
    async with database.transaction() as tx:
        await post(tx.connection, each)


async def closings(database: Database) -> list[tuple[str, str, int, int, int]]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT day::text, account, debit_minor::bigint, credit_minor::bigint, entries FROM ledger_closings ORDER BY 1, 2"
        )
    return [tuple(row) for row in rows]


async def standing(database: Database) -> dict[str, int]:
    async with database.connection() as connection:
        return {each.account: each.amount_minor for each in await balances(connection)}


async def test_a_day_ends_at_midnight_of_the_shop(database: Database):
    await posted(
        database,
        captured("p1", "2026-11-11T15:59:59.999Z", 1),
        captured("p2", "2026-11-11T16:00:00Z", 10),
    )
    assert await close_days(database, SHANGHAI, now_ms=ms("2026-11-11T23:59:59+08:00")) == []
    assert await close_days(database, SHANGHAI, now_ms=ms("2026-11-12T00:00:00+08:00")) == [date(2026, 11, 11)]
    assert await closings(database) == [
        ("2026-11-11", "buyer_prepayments", 0, 1, 1),
        ("2026-11-11", "clearing:sandbox", 1, 0, 1),
    ]
    assert await standing(database) == {"buyer_prepayments": -11, "clearing:sandbox": 11}


async def test_days_without_money_have_no_row_and_those_with_some_are_closed_in_order(database: Database):
    await posted(database, captured("p1", "2026-11-01T12:00+08:00"), captured("p2", "2026-11-20T12:00+08:00"))
    now_ms = ms("2026-11-21T12:00+08:00")
    assert await close_days(database, SHANGHAI, now_ms=now_ms) == [date(2026, 11, 1), date(2026, 11, 20)]
    assert await close_days(database, SHANGHAI, now_ms=now_ms) == []
    assert await standing(database) == {"buyer_prepayments": -200, "clearing:sandbox": 200}


async def test_what_comes_for_a_closed_day_counts_for_the_first_open_one(database: Database):
    await posted(database, captured("p1", "2026-11-11T12:00+08:00", 1))
    await close_days(database, SHANGHAI, now_ms=ms("2026-11-12T12:00+08:00"))
    before = await closings(database)
    await posted(database, captured("p2", "2026-11-11T13:00+08:00", 10))
    assert await standing(database) == {"buyer_prepayments": -11, "clearing:sandbox": 11}
    assert await close_days(database, SHANGHAI, now_ms=ms("2026-11-13T12:00+08:00")) == [date(2026, 11, 12)]
    assert await closings(database) == [
        *before,
        ("2026-11-12", "buyer_prepayments", 0, 10, 1),
        ("2026-11-12", "clearing:sandbox", 10, 0, 1),
    ]
    assert await standing(database) == {"buyer_prepayments": -11, "clearing:sandbox": 11}


async def test_no_transfer_slips_into_a_day_while_it_is_summed_up(database: Database):
    await posted(database, captured("p1", "2026-11-11T12:00+08:00", 1))
    now_ms = ms("2026-11-12T12:00+08:00")
    async with database.transaction() as tx:
        await post(tx.connection, [captured("p2", "2026-11-11T13:00+08:00", 10)])
        closing = asyncio.create_task(close_days(database, SHANGHAI, now_ms=now_ms))
        async with database.connection() as watching:

            async def it_waits() -> bool:
                return bool(await watching.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

            await eventually(it_waits)
        assert not closing.done()
    assert await closing == [date(2026, 11, 11)]
    assert await closings(database) == [
        ("2026-11-11", "buyer_prepayments", 0, 11, 2),
        ("2026-11-11", "clearing:sandbox", 11, 0, 2),
    ]


def test_days_are_as_long_as_the_zone_has_them():
    assert bounds_of(date(2026, 11, 11), SHANGHAI) == (ms("2026-11-10T16:00Z"), ms("2026-11-11T16:00Z"))
    new_york = ZoneInfo("America/New_York")
    begin, end = bounds_of(date(2026, 11, 1), new_york)
    assert end - begin == 25 * 3_600_000
    assert day_of(end - 1, new_york) == date(2026, 11, 1)
    assert day_of(end, new_york) == date(2026, 11, 2)
