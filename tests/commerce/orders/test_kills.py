"""A worker that is killed between any two steps of buying loses nothing that a buyer was told, and no money."""

import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from tests.commerce.orders.counter import ADDRESS
from tests.commerce.orders.test_two_workers import ask, is_in, stocked
from tests.integration.processes import Process, Processes, Worker, environment, ready
from tests.integration.server import connections

STEPS = ("ordered", "opened", "pressed")


@pytest.fixture
def shop_processes(database_url: str, redis_url: str, folder: Path) -> Iterator[list[Process]]:
    """A worker to kill at each step, and one that stays; they take the sandbox's money. And a process for jobs."""
    with ExitStack() as stack:
        started = Processes(environment(database_url, redis_url, payment_providers="sandbox"), folder, stack)
        started.start("jobs-process")
        yield started.workers(1 + len(STEPS))


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """What processes are spoken to through."""
    async with connections() as opened_session:
        yield opened_session


async def test_an_order_outlives_the_worker_that_made_it_and_its_money_is_counted_once(
    shop_processes: list[Process], session: aiohttp.ClientSession, database_url: str
):
    *victims, other = await ready(shop_processes, session)
    jam = await stocked(other, database_url, 5)
    for step, victim, process in zip(STEPS, victims, shop_processes, strict=False):
        mei = victim.person(f"mei-{step}")
        order = await buy(victim, jam, mei, until=step)
        process.tell(signal.SIGKILL)
        await process.ended()

        path = f"/api/orders/{order}"
        mine = await other.do("GET", "/api/me/orders", by=mei)
        assert [each["id"] for each in mine["items"]] == [order], step
        if step != "pressed":
            payments = (await other.do("GET", path, by=mei))["payments"]
            opened = await ask(other, f"{path}/payments", {"provider": "sandbox"}, mei)
            assert (opened.status, len(payments)) == (201, 0 if step == "ordered" else 1)
            assert (await ask(other, f"/api/sandbox/payments/{opened.body['id']}/pay", {}, mei)).status == 200
        paid = await is_in(other, path, "paid", mei)
        assert (paid["paid_minor"], [each["kind"] for each in paid["refunds"]]) == (6_800, []), step

    database = await asyncpg.connect(database_url)
    transfers = await database.fetch("SELECT what, count(*) AS n FROM ledger_transfers GROUP BY what ORDER BY what")
    await database.close()
    assert [(row["what"], row["n"]) for row in transfers] == [("captured", 3), ("sold", 3)]
    stock = await other.do("GET", f"/api/products/{jam}/stock", by=other.ops)
    assert (stock["on_hand"], stock["held"], stock["sold"]) == (5, 0, 3)


async def buy(door: Worker, product: str, by: Any, *, until: str) -> str:
    """The id of an order that got so far."""
    body = {"lines": [{"product": product, "qty": 1}], "address": ADDRESS}
    made = await ask(door, "/api/orders", body, by)
    assert made.status == 201, made
    order = str(made.body["id"])
    if until == "ordered":
        return order
    opened = await ask(door, f"/api/orders/{order}/payments", {"provider": "sandbox"}, by)
    assert opened.status == 201, opened
    if until == "pressed":
        assert (await ask(door, f"/api/sandbox/payments/{opened.body['id']}/pay", {}, by)).status == 200
    return order
