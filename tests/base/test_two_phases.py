"""A call that asks a provider keeps no transaction open; whatever dies on the way, the next call under its key can tell.

And a duplicate that waits for the first, of whichever kind, holds no connection meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from msgspec import Struct

from livehub.base.auth import Permission
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Call, Endpoint, post
from livehub.base.errors import KeyReused, Unavailable
from tests.base.edge import Edge, edge

KEY = "key-12345678"
OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
PAID = "INSERT INTO words (word, kind) VALUES ($1, 'hold')"  # any table will do


class Amount(Struct, frozen=True, kw_only=True):
    """What is to be paid."""

    amount: int = 1


class Receipt(Struct, frozen=True, kw_only=True):
    """What was paid, at which attempt."""

    amount: int
    attempt: int


class Shop:
    """Pays with a provider that does what the test says: `then` is awaited, or raised."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, int]] = []
        self.is_asked = asyncio.Event()
        self.answers = asyncio.Event()
        self.fault: BaseException | None = None
        self.open_transactions = -1
        self.fault_at_end: Exception | None = None

    def endpoints(self, database: Database) -> list[Endpoint]:
        self.database = database
        buy = Permission.BUY
        return [
            post("/pay", self.pay, may=buy, body=Amount, reply=Receipt, status=201, two_phases=True),
            post("/note", self.note, may=buy, body=Amount, reply=Receipt, status=201),
            post("/free", self.free, may=buy, body=Amount, reply=Receipt, status=201),
        ]

    async def pay(self, call: Call[Amount]) -> Receipt:
        """Pay."""
        self.asked.append((call.key, call.attempt))
        self.is_asked.set()
        async with self.database.batch.connection() as connection:
            self.open_transactions = await connection.fetchval(OPEN)
        await self.answers.wait()
        if self.fault is not None:
            raise self.fault

        async def write(tx: Transaction) -> None:
            if self.fault_at_end is not None:
                raise self.fault_at_end
            await tx.connection.execute(PAID, f"paid-{call.body.amount}-{call.attempt}")

        call.write_at_end(write)
        return Receipt(amount=call.body.amount, attempt=call.attempt)

    async def note(self, call: Call[Amount]) -> Receipt:
        """Note."""
        self.asked.append((call.key, call.attempt))
        self.is_asked.set()
        await call.tx.connection.execute(PAID, "noted")
        await self.answers.wait()
        return Receipt(amount=call.body.amount, attempt=call.attempt)

    async def free(self, call: Call[Amount]) -> Receipt:
        """Nothing."""
        return Receipt(amount=call.body.amount, attempt=call.attempt)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def one(database_url: str, shop: Shop) -> AsyncIterator[Edge]:
    async with edge(database_url, shop.endpoints) as served:
        yield served


async def written(served: Edge) -> list[str]:
    async with served.database.connection() as connection:
        return [row["word"] for row in await connection.fetch("SELECT word FROM words ORDER BY word")]


async def keys(served: Edge) -> list[tuple[int | None, int]]:
    """(status, attempts) of each key."""
    async with served.database.connection() as connection:
        rows = await connection.fetch("SELECT status, attempts FROM idempotency_keys")
    return [(row["status"], row["attempts"]) for row in rows]


# --- two phases ---


async def test_no_transaction_is_open_while_the_provider_is_asked(one: Edge, shop: Shop) -> None:
    shop.answers.set()
    answer = await one.post("/pay", KEY, {"amount": 5})
    assert (answer.status, answer.body) == (201, {"amount": 5, "attempt": 1})
    assert shop.open_transactions == 0
    assert (await written(one), await keys(one)) == (["paid-5-1"], [(201, 1)])


async def test_the_same_key_pays_once_and_for_another_amount_is_an_error(one: Edge, shop: Shop) -> None:
    shop.answers.set()
    first = await one.post("/pay", KEY, {"amount": 5})
    again = await one.post("/pay", KEY, {"amount": 5})
    assert (again.raw, again.headers["Idempotency-Replayed"]) == (first.raw, "true")
    assert (await one.post("/pay", KEY, {"amount": 6})).body["code"] == KeyReused.code
    assert shop.asked == [(KEY, 1)]


async def test_without_a_key_nothing_is_paid(one: Edge, shop: Shop) -> None:
    assert (await one.post("/pay", None, {"amount": 5})).status == 400
    assert shop.asked == []


async def test_a_refusal_leaves_the_key_as_it_was(one: Edge, shop: Shop) -> None:
    shop.answers.set()
    shop.fault = KeyReused("The card was declined.")  # any refusal that is for good
    assert (await one.post("/pay", KEY)).status == 422
    assert await keys(one) == []
    shop.fault = None
    assert (await one.post("/pay", KEY)).body["attempt"] == 1


@pytest.mark.parametrize("fault", [ZeroDivisionError(), Unavailable(), asyncio.CancelledError()], ids=repr)
async def test_after_a_failure_the_next_attempt_is_told_that_there_was_one(
    one: Edge, shop: Shop, fault: BaseException
) -> None:
    shop.answers.set()
    shop.fault = fault
    if isinstance(fault, asyncio.CancelledError):
        with pytest.raises(Exception, match="disconnected"):  # so ends whoever is served by a process that stops
            await one.post("/pay", KEY)
    else:
        assert (await one.post("/pay", KEY)).status >= 500
    assert await keys(one) == [(None, 1)]
    shop.fault = None
    assert (await one.post("/pay", KEY)).body["attempt"] == 2
    assert shop.asked == [(KEY, 1), (KEY, 2)]
    assert await written(one) == ["paid-1-2"]


async def test_when_what_came_of_it_cannot_be_written_the_next_attempt_is_told(one: Edge, shop: Shop) -> None:
    shop.answers.set()
    shop.fault_at_end = ZeroDivisionError()
    assert (await one.post("/pay", KEY)).status == 500
    assert (await written(one), await keys(one)) == ([], [(None, 1)])
    shop.fault_at_end = None
    assert (await one.post("/pay", KEY)).body["attempt"] == 2


async def test_a_handler_that_dies_with_its_process_leaves_a_key_that_tells(
    database_url: str, one: Edge, shop: Shop
) -> None:
    dying = asyncio.create_task(one.post("/pay", KEY))
    await shop.is_asked.wait()
    async with edge(database_url, (later := Shop()).endpoints, db_timeout_s=0.3) as other:
        later.answers.set()
        under_way = await other.post("/pay", KEY)
        assert (under_way.status, under_way.body["name"]) == (503, "unavailable")
        assert later.asked == []
        async with other.database.connection() as connection:  # its time is over
            await connection.execute("UPDATE idempotency_keys SET claimed_until = now() - interval '1 s'")
        assert (await other.post("/pay", KEY)).body == {"amount": 1, "attempt": 2}
        assert later.asked == [(KEY, 2)]
    shop.answers.set()  # it was not dead: it finds that it has been given up, and writes nothing
    assert (await dying).status == 503
    assert (await written(one), await keys(one)) == (["paid-1-2"], [(201, 2)])


async def test_a_provider_that_takes_too_long_is_given_up(database_url: str, shop: Shop) -> None:
    async with edge(database_url, shop.endpoints, http_two_phases_s_max=0.1) as served:
        assert (await served.post("/pay", KEY)).status == 503
        shop.answers.set()
        assert (await served.post("/pay", KEY)).body["attempt"] == 2


# --- duplicates wait without a connection ---


@pytest.mark.parametrize("path", ["/note", "/pay"])
async def test_duplicates_that_wait_leave_the_connections_to_others(database_url: str, shop: Shop, path: str) -> None:
    async with edge(database_url, shop.endpoints, db_pool_max=2, db_timeout_s=5.0) as served:
        calls = [asyncio.create_task(served.post(path, KEY)) for _ in range(12)]
        await shop.is_asked.wait()
        assert (await served.post("/free", "another-key", user="bob")).status == 201
        shop.answers.set()
        answers = await asyncio.gather(*calls)
        assert {(answer.status, answer.raw) for answer in answers} == {(201, answers[0].raw)}
        assert len(shop.asked) == 1


@pytest.mark.parametrize("path", ["/note", "/pay"])
async def test_a_duplicate_at_another_process_waits_without_a_connection(
    database_url: str, one: Edge, shop: Shop, path: str
) -> None:
    async with edge(database_url, (twin := Shop()).endpoints, db_pool_max=2) as other:
        first = asyncio.create_task(one.post(path, KEY))
        await shop.is_asked.wait()
        duplicates = [asyncio.create_task(other.post(path, KEY)) for _ in range(6)]
        for number in range(5):
            assert (await other.post("/free", f"another-{number}", user="bob")).status == 201
        shop.answers.set()
        answers: list[Any] = await asyncio.gather(first, *duplicates)
        assert {(answer.status, answer.raw) for answer in answers} == {(201, answers[0].raw)}
        assert twin.asked == []


async def test_a_duplicate_is_told_when_the_first_takes_too_long(database_url: str, shop: Shop) -> None:
    async with edge(database_url, shop.endpoints, db_timeout_s=0.2) as served:
        first = asyncio.create_task(served.post("/pay", KEY))
        await shop.is_asked.wait()
        answer = await served.post("/pay", KEY)
        assert (answer.status, answer.body["retry_after_ms"]) == (503, 1_000)
        shop.answers.set()
        assert (await first).status == 201


async def test_who_waits_for_a_key_waits_on_no_lock_of_postgresql(database_url: str, one: Edge, shop: Shop) -> None:
    async with edge(database_url, Shop().endpoints) as other:
        first = asyncio.create_task(one.post("/note", KEY))
        await shop.is_asked.wait()
        second = asyncio.create_task(other.post("/note", KEY))
        watching = await asyncpg.connect(database_url)
        for _ in range(20):
            blocked = (
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            assert await watching.fetchval(blocked) == 0
            await asyncio.sleep(0.005)
        await watching.close()
        shop.answers.set()
        assert (await second).raw == (await first).raw
