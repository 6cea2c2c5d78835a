"""Transfers are posted once, whole, in balance, on known accounts, and stay as they are: PostgreSQL sees to it."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from commerce.ledger import transfers
from commerce.ledger.posting import OtherTransfer, post, transfers_of
from commerce.ledger.transfers import Transfer
from livehub.base.db import Connection


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def captured(number: int, amount_minor: int = 5_990) -> Transfer:
    return transfers.captured(
        payment=f"p{number}", order=f"o{number}", provider="sandbox", amount_minor=amount_minor, currency="CNY", at_ms=7
    )


async def balances(connection: Connection) -> dict[str, int]:
    rows = await connection.fetch("SELECT account, sum(amount_minor)::bigint FROM ledger_entries GROUP BY 1")
    return dict(tuple(row) for row in rows)


async def test_many_transfers_are_one_statement(connection: asyncpg.Connection):
    many = [captured(number, number) for number in range(1, 301)]
    assert await post(connection, many) == 300
    assert await balances(connection) == {"clearing:sandbox": 45_150, "buyer_prepayments": -45_150}
    assert await transfers_of(connection, ["captured:p300"]) == {"captured:p300": many[299]}


async def test_a_key_posts_once(connection: asyncpg.Connection):
    assert await post(connection, [captured(1)]) == 1
    assert await post(connection, [captured(1), captured(2)]) == 1
    assert await post(connection, [captured(2), captured(2)]) == 0
    assert await balances(connection) == {"clearing:sandbox": 11_980, "buyer_prepayments": -11_980}


async def test_a_key_of_two_at_once_posts_once(database_url: str):
    pool = await asyncpg.create_pool(database_url, min_size=8, max_size=8)
    async with pool:

        async def one() -> int:
            async with pool.acquire() as connection, connection.transaction():
                return await post(connection, [captured(number) for number in range(20)])

        assert sum(await asyncio.gather(*(one() for _ in range(8)))) == 20
        async with pool.acquire() as connection:
            assert await balances(connection) == {"clearing:sandbox": 20 * 5_990, "buyer_prepayments": -20 * 5_990}


async def test_a_key_for_something_else_is_a_defect(connection: asyncpg.Connection):
    await post(connection, [captured(1)])
    with pytest.raises(OtherTransfer, match="captured:p1"):
        async with connection.transaction():
            await post(connection, [captured(1, 1), captured(2)])
    with pytest.raises(OtherTransfer):
        await post(connection, [captured(3), captured(3, 1)])
    assert await balances(connection) == {"clearing:sandbox": 5_990, "buyer_prepayments": -5_990}


async def test_what_moves_nothing_is_not_posted(connection: asyncpg.Connection):
    free = transfers.sold(order="o1", goods_minor=0, delivery_minor=0, discount_minor=0, currency="CNY", at_ms=7)
    assert await post(connection, [free]) == 0
    assert await post(connection, []) == 0
    assert await connection.fetchval("SELECT count(*) FROM ledger_transfers") == 0


TRANSFER = """
    INSERT INTO ledger_transfers (key, what, currency, at_ms, booked_ms, entries)
    VALUES ('k', 'sold', 'CNY', 7, 7, 2) RETURNING id
"""
ENTRY = "INSERT INTO ledger_entries (transfer, place, account, amount_minor) VALUES ($1, $2, $3, $4)"


async def test_postgresql_refuses_at_the_commit_what_does_not_balance(connection: asyncpg.Connection):
    transaction = connection.transaction()
    await transaction.start()
    transfer = await connection.fetchval(TRANSFER)
    await connection.execute(ENTRY, transfer, 1, "refunds_payable", 5)
    await connection.execute(ENTRY, transfer, 2, "revenue:goods", -4)
    with pytest.raises(asyncpg.CheckViolationError, match="they sum to 1"):
        await transaction.commit()
    assert await connection.fetchval("SELECT count(*) FROM ledger_transfers") == 0


async def test_postgresql_refuses_a_transfer_without_entries(connection: asyncpg.Connection):
    with pytest.raises(asyncpg.CheckViolationError, match="of 2 entries has 0"):
        await connection.fetchval(TRANSFER)
    assert await connection.fetchval("SELECT count(*) FROM ledger_transfers") == 0


async def test_no_entry_is_added_to_a_transfer_later(connection: asyncpg.Connection):
    await post(connection, [captured(1)])
    transfer = await connection.fetchval("SELECT id FROM ledger_transfers")
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(ENTRY, transfer, 3, "refunds_payable", 5)
    await connection.execute(ENTRY, transfer, 4, "revenue:goods", -5)
    with pytest.raises(asyncpg.CheckViolationError, match="of 2 entries has 4"):
        await transaction.commit()
    assert await balances(connection) == {"clearing:sandbox": 5_990, "buyer_prepayments": -5_990}


async def test_entries_are_on_known_accounts(connection: asyncpg.Connection):
    for account in ("revenue:good", "clearing:Sandbox", "clearing:", "clearing"):
        unknown = Transfer(
            key="k", what="sold", order=None, currency="CNY", at_ms=7, entries=((account, 5), ("revenue:goods", -5))
        )
        with pytest.raises(asyncpg.ForeignKeyViolationError, match=f"no account {account}"):
            await post(connection, [unknown])
    assert await connection.fetchval("SELECT count(*) FROM ledger_transfers") == 0


async def test_accounts_of_a_provider_are_there_from_their_first_entry_on(connection: asyncpg.Connection):
    await post(
        connection, [transfers.misdirected(notice="n", provider="alipay", amount_minor=1, currency="CNY", at_ms=7)]
    )
    found = await connection.fetch("SELECT name, kind FROM ledger_accounts WHERE name LIKE '%:alipay' ORDER BY name")
    assert [tuple(row) for row in found] == [("clearing:alipay", "asset"), ("suspense:alipay", "liability")]


@pytest.mark.parametrize(
    "table", ["ledger_accounts", "ledger_transfers", "ledger_entries", "ledger_days", "ledger_closings"]
)
async def test_nothing_is_rewritten(connection: asyncpg.Connection, table: str):
    await post(connection, [captured(1)])
    for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await connection.execute(statement)
    assert await balances(connection) == {"clearing:sandbox": 5_990, "buyer_prepayments": -5_990}


async def test_no_amount_is_changed(connection: asyncpg.Connection):
    await post(connection, [captured(1)])
    for statement in (
        "UPDATE ledger_entries SET amount_minor = -amount_minor",
        "UPDATE ledger_transfers SET at_ms = 1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await connection.execute(statement)
