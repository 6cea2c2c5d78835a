"""From a tap to a refund over two workers and a process for jobs, paid through the sandbox, which tells by HTTP: one order,
one payment, one refund, whichever worker is asked.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import aiohttp
import asyncpg
import pytest

from commerce.catalogue.products import put_product
from commerce.orders.settings import OrdersConfig
from livehub.embedded.servers import Valkey
from tests.commerce.orders.counter import ADDRESS
from tests.commerce.sales.shop import new_key, product, tap
from tests.conftest import new_folder
from tests.integration.conftest import node_url, processes
from tests.integration.processes import Process, Processes, Worker, environment, ready
from tests.integration.server import Answer, Person, connections, eventually
from tests.integration.viewers import Crowd

__all__ = ["node_url", "processes"]


@pytest.fixture(scope="session")
def _shop_node(node_url: str) -> Iterator[list[Process]]:
    """Two workers that take the sandbox's money, and a process for jobs."""
    limits = {"payment_providers": "sandbox", "order_closing_look_s": 0.1}
    with new_folder() as folder, ExitStack() as stack:
        valkey = Valkey(folder)
        stack.callback(valkey.close)
        started = Processes(environment(node_url, valkey.url, **limits), folder, stack)
        started.start("jobs-process")
        yield started.workers(2)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """What processes are spoken to through."""
    async with connections() as opened_session:
        yield opened_session


@pytest.fixture
async def doors(_shop_node: list[Process], session: aiohttp.ClientSession) -> list[Worker]:
    return await ready(_shop_node, session)


async def stocked(door: Worker, url: str, units: int) -> str:
    """A product of which there are so many."""
    database = await asyncpg.connect(url)
    id_ = f"jam-{new_key()}"
    await put_product(database, product(id_), now_ms=1)
    await database.close()

    async def is_stocked() -> bool:
        body, headers = {"delta": units, "reason": "cooked"}, {"Idempotency-Key": f"stock-of-{id_}"}
        answer = await door.call("POST", f"/api/products/{id_}/stock", body, by=door.ops, headers=headers)
        return answer.status == 200

    await eventually(is_stocked)
    return id_


async def ask(door: Worker, path: str, body: Any, by: Person, key: str | None = None) -> Answer:
    return await door.call("POST", path, body, by=by, headers={"Idempotency-Key": key or new_key()})


async def is_in(door: Worker, path: str, state: str, by: Person) -> Any:
    """What is there, once it is in that state."""
    seen: list[Any] = []

    async def is_so() -> bool:
        seen.append(await door.do("GET", path, by=by))
        return bool(seen[-1]["state"] == state)

    await eventually(is_so)
    return seen[-1]


async def test_a_tap_at_one_worker_is_ordered_at_the_other_paid_once_and_refunded_once(
    doors: list[Worker], node_url: str, crowd: Crowd
):
    one, other = doors
    jam = await stocked(one, node_url, 20)
    room = await one.room()
    sale_body = {"product": jam, "price_minor": 990, "units": 10, "per_person_max": 2, "opens_at": 0}
    sale = (await one.do("POST", f"/api/rooms/{room}/sales", sale_body))["sale"]["id"]
    mei = one.person("mei")
    viewer = await crowd.raw(one, mei)
    await viewer.join(room)
    hold = (await viewer.done("reserve", tap(sale, 2)))["hold"]["id"]

    key, body = new_key(), {"hold": hold, "address": ADDRESS, "expect_total_minor": 1_980}
    made = await asyncio.gather(*(ask(doors[n % 2], "/api/orders", body, mei, key) for n in range(6)))
    assert {answer.status for answer in made} == {201}
    (order,) = {answer.body["id"] for answer in made}
    others = await asyncio.gather(*(ask(doors[n % 2], "/api/orders", body, mei) for n in range(4)))
    assert {(answer.status, answer.body["code"], answer.body["order"]) for answer in others} == {(409, 4026, order)}

    path = f"/api/orders/{order}"
    payments = [(await ask(door, f"{path}/payments", {"provider": "sandbox"}, mei)).body["id"] for door in (one, other)]
    pressed = await asyncio.gather(
        *(
            ask(door, f"/api/sandbox/payments/{payment}/pay", {}, mei)
            for door, payment in zip(doors, payments, strict=True)
        )
    )
    assert [answer.status for answer in pressed] == [200, 200]
    told = await viewer.inbox.until("direct", lambda direct: direct["data"].get("template") == "order_paid")
    assert told["data"]["link"] == f"/orders/{order}"
    paid = await is_in(other, path, "paid", mei)
    assert (paid["total_minor"], paid["paid_minor"]) == (1_980, 1_980)

    async def doubled_is_back() -> bool:
        refunds = (await one.do("GET", path, by=mei))["refunds"]
        return [(each["kind"], each["state"]) for each in refunds] == [("double", "paid")]

    await eventually(doubled_is_back)
    asked = {"lines": [{"line": paid["lines"][0]["id"], "units": [0]}], "reason": "bruised", "restock": True}
    boss = one.person("boss", role="ops", is_fresh=True)
    again = await asyncio.gather(*(ask(door, f"{path}/refunds", asked, boss) for door in doors))
    assert sorted(answer.status for answer in again) == [201, 422]
    refund = next(answer.body for answer in again if answer.status == 201)
    await is_in(one, f"/api/refunds/{refund['id']}", "paid", one.ops)
    left = await one.do("GET", path, by=mei)
    assert (left["state"], left["refunded_minor"]) == ("paid", 990)
    assert [line["refunded_units"] for line in left["lines"]] == [[0]]
    mine = await other.do("GET", "/api/me/orders", by=mei)
    assert [line["refunded_units"] for line in mine["items"][0]["lines"]] == [[0]]

    async def is_restocked() -> bool:
        stock = await one.do("GET", f"/api/products/{jam}/stock", by=one.ops)
        return bool((stock["on_hand"], stock["held"], stock["sold"]) == (21, 0, 2))

    await eventually(is_restocked)
    database = await asyncpg.connect(node_url)
    unbalanced = await database.fetch(
        "SELECT t.key FROM ledger_transfers t JOIN ledger_entries e ON e.transfer = t.id "
        "GROUP BY t.key HAVING sum(e.amount_minor) <> 0"
    )
    await database.close()
    assert unbalanced == []


async def test_of_many_who_order_and_pay_at_both_workers_as_many_are_paid_as_there_are_units(
    doors: list[Worker], node_url: str
):
    jam = await stocked(doors[0], node_url, 12)
    people = [doors[0].person(f"buyer-{n}") for n in range(20)]

    async def buy(n: int) -> str:
        door, person = doors[n % 2], people[n]
        body = {"lines": [{"product": jam, "qty": 1}], "address": ADDRESS}
        made = await ask(door, "/api/orders", body, person)
        if made.status != 201:
            assert made.body["name"] == "sold_out", made
            return "sold_out"
        path = f"/api/orders/{made.body['id']}"
        opened = await ask(door, f"{path}/payments", {"provider": "sandbox"}, person)
        assert opened.status == 201, opened
        await ask(door, f"/api/sandbox/payments/{opened.body['id']}/pay", {}, person)
        return str((await is_in(doors[n % 2 == 0], path, "paid", person))["state"])

    assert Counter(await asyncio.gather(*(buy(n) for n in range(20)))) == {"paid": 12, "sold_out": 8}
    stock = await doors[1].do("GET", f"/api/products/{jam}/stock", by=doors[1].ops)
    assert (stock["on_hand"], stock["held"], stock["sold"]) == (12, 0, 12)


async def test_who_orders_at_both_workers_at_once_leaves_no_more_unpaid_than_one_may(
    doors: list[Worker], node_url: str
):
    jam, unpaid_max = await stocked(doors[0], node_url, 500), OrdersConfig().order_unpaid_max
    body = {"lines": [{"product": jam, "qty": 1}], "address": ADDRESS}

    async def order(n: int, person: Person) -> Answer:
        answers: list[Answer] = []

        async def is_answered() -> bool:
            answers.append(await ask(doors[n % 2], "/api/orders", body, person, f"{person.id}-at-once-{n}"))
            return answers[-1].status not in (429, 503)  # a page asks again then, too

        await eventually(is_answered)
        return answers[-1]

    people = [doors[0].person(f"keen-{n}") for n in range(6)]
    for person in people:
        answers = await asyncio.gather(*(order(n, person) for n in range(2 * unpaid_max)))
        assert Counter(answer.status for answer in answers) == {201: unpaid_max, 409: unpaid_max}, answers
        assert {answer.body["name"] for answer in answers if answer.status == 409} == {"too_many_unpaid"}
    stock = await doors[1].do("GET", f"/api/products/{jam}/stock", by=doors[1].ops)
    assert (stock["on_hand"], stock["held"], stock["sold"]) == (500, unpaid_max * len(people), 0)
