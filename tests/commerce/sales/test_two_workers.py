"""Two workers sell the same sale: a tap at either counts for both, and what is left is told by both."""

import asyncio
from collections import Counter

import asyncpg

from commerce.catalogue.products import put_product
from tests.commerce.sales.shop import new_key, product, tap
from tests.integration.conftest import _node, doors, node_url, processes, session
from tests.integration.processes import Worker
from tests.integration.server import eventually
from tests.integration.viewers import Crowd

__all__ = ["_node", "doors", "node_url", "processes", "session"]


async def test_a_sale_is_one_sale_at_every_worker(doors: list[Worker], node_url: str, crowd: Crowd):
    one, other = doors
    database = await asyncpg.connect(node_url)
    await put_product(database, product("jam"), now_ms=1)
    await database.close()
    room = await one.room()

    async def is_stocked() -> bool:
        body = {"delta": 20, "reason": "cooked"}
        headers = {"Idempotency-Key": "the-same-change"}
        answer = await one.call("POST", "/api/products/jam/stock", body, by=one.ops, headers=headers)
        return answer.status == 200

    await eventually(is_stocked)
    body = {"product": "jam", "price_minor": 990, "units": 10, "per_person_max": 1, "opens_at": 0}
    sale = (await one.do("POST", f"/api/rooms/{room}/sales", body))["sale"]["id"]

    buyers = [await crowd.raw(doors[n % 2], doors[n % 2].person(f"buyer-{n}")) for n in range(16)]
    for buyer in buyers:
        assert (await buyer.join(room))["room"]["view"]["sales"][0]["id"] == sale
    answers = await asyncio.gather(*(buyer.call("reserve", tap(sale)) for buyer in buyers))
    assert Counter(answer["ok"] for answer in answers) == {True: 10, False: 6}
    for buyer in buyers[:2]:
        await buyer.inbox.until("tick", lambda tick: tick.get("stock") == {sale: 0})

    held = next(n for n, answer in enumerate(answers) if answer["ok"])
    waiting = await crowd.raw(doors[held % 2 == 0], one.person("waiting"))
    await waiting.join(room)
    key = new_key()
    assert (await waiting.done("wait", tap(sale, 1, key)))["place"] == 1
    await buyers[held].done("release", {"hold": answers[held]["hold"]["id"]})
    told = await waiting.inbox.until("direct", lambda direct: direct["type"] == "hold")
    assert told["data"]["key"] == key
    assert (await other.do("GET", f"/api/sales/{sale}"))["held"] == 10
    await other.do("POST", f"/api/sales/{sale}/close")
    for buyer in buyers[:2]:
        await buyer.control("sale_close", sale=sale)
    assert (await buyers[1].refused("reserve", tap(sale)))["code"] == 4021
