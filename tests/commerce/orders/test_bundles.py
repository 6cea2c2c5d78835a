"""Bundles on sale: each takes the stock of its components, all or nothing, so that none of them is ever sold twice."""

import asyncio
from typing import Any

import pytest

from commerce.catalogue.products import put_product
from tests.commerce.orders.counter import Counter
from tests.commerce.sales.shop import product, tap
from tests.integration.server import eventually


async def bundle(counter: Counter, id_: str, **components: int) -> str:
    """A product that is made of others."""
    async with counter.server.application.database.connection() as connection:
        await put_product(connection, product(id_), now_ms=1)
    await bundle_of(counter, id_, **components)
    return id_


async def bundle_of(counter: Counter, id_: str, **components: int) -> None:
    """Make a product of others."""
    for position, (component, qty) in enumerate(components.items()):
        await counter.rows(
            "INSERT INTO product_components (product, position, component, qty) VALUES ($1, $2, $3, $4) RETURNING 1",
            id_, position, component, qty,
        )  # fmt: skip


async def test_a_tap_of_a_bundle_holds_its_components_and_nothing_else_is_taken_for_the_order(counter: Counter):
    box = await bundle(counter, "box", eggs=6, honey=1)
    sale = await counter.shop.sale(product=box, units=10, per_person_max=3, price_minor=3_000)
    assert await counter.shop.standing(sale) == (0, 0, 10)
    hold = await counter.held(sale, 2)
    assert (await counter.stock("eggs"), await counter.stock("honey")) == ((100, 12, 0), (100, 2, 0))
    order = await counter.order(hold=hold)
    assert order["total_minor"] == 6_000
    assert (await counter.stock("eggs"), await counter.stock("honey")) == ((100, 12, 0), (100, 2, 0))
    assert await counter.rows(
        "SELECT extra_hold, components FROM orders o JOIN order_lines l ON l.order_id = o.id"
    ) == [{"extra_hold": None, "components": '[{"qty": 6, "product": "eggs"}, {"qty": 1, "product": "honey"}]'}]
    await counter.pays(order)
    assert (await counter.stock("eggs"), await counter.stock("honey")) == ((100, 0, 12), (100, 0, 2))
    assert await counter.shop.standing(sale) == (0, 2, 8)


async def test_a_sale_keeps_what_its_bundle_was_made_of(counter: Counter):
    box = await bundle(counter, "box", eggs=6)
    sale = await counter.shop.sale(product=box, units=10, per_person_max=3)
    await counter.rows("UPDATE product_components SET component = 'honey', qty = 50 RETURNING 1")
    order = await counter.order(hold=await counter.held(sale))
    await counter.pays(order)
    assert (await counter.stock("eggs"), await counter.stock("honey")) == ((100, 0, 6), (100, 0, 0))
    body = {"lines": [{"line": order["lines"][0]["id"], "units": [0]}], "reason": "x"}
    ops = counter.server.person("ops-2", role="ops", is_fresh=True)
    await counter.server.do("POST", f"/api/orders/{order['id']}/refunds", body, by=ops)

    async def is_back() -> bool:
        return (await counter.stock("eggs"))[0] - (await counter.stock("eggs"))[2] == 100

    await eventually(is_back)


async def test_a_quota_is_no_more_than_the_scarcest_component_is_enough_for(counter: Counter):
    box = await bundle(counter, "box", eggs=6, honey=1)
    answer = await counter.shop.offered(product=box, units=17, per_person_max=1)
    assert (answer.status, answer.body["code"], answer.body["left"]) == (409, 4028, 16)
    await bundle(counter, "straw")
    await bundle(counter, "nest", straw=1)
    assert (await counter.shop.offered(product="nest", units=1, per_person_max=1)).body["left"] == 0
    assert (await counter.shop.offered(product=box, units=16, per_person_max=1)).status == 201


@pytest.mark.parametrize("stock", [7, 12, 25])
async def test_two_bundles_and_a_plain_sale_of_one_component_never_sell_more_than_there_is(
    counter: Counter, stock: int
):
    # K1, K8 of bundles
    box, basket = await bundle(counter, "box", eggs=6, honey=1), await bundle(counter, "basket", eggs=4)
    sales = [
        await counter.shop.sale(product=id_, units=units, per_person_max=20)
        for id_, units in ((box, 16), (basket, 25), ("eggs", 100))
    ]
    await counter.shop.stocked("eggs", stock - 100)
    buyers = [await counter.shop.buyer(f"b{n}") for n in range(15)]

    async def taps(n: int) -> tuple[int, Any]:
        sale = n % 3
        return sale, await buyers[n].call("reserve", tap(sales[sale]))

    answers = await asyncio.gather(*(taps(n) for n in range(15)))
    held = [sum(answer["ok"] for of, answer in answers if of == sale) for sale in range(3)]
    taken = 6 * held[0] + 4 * held[1] + held[2]
    on_hand, in_hold, sold = await counter.stock("eggs")
    assert (on_hand, in_hold, sold) == (stock, taken, 0)
    assert taken <= stock
    assert await counter.stock("honey") == (100, held[0], 0)
    left = stock - taken
    for _, answer in answers:
        if not answer["ok"]:
            assert answer["error"]["name"] == "sold_out", answer
    standings = [await counter.shop.standing(sale) for sale in sales]
    assert [standing[2] for standing in standings] == [left // 6, left // 4, left]
    if any(not answer["ok"] for _, answer in answers):
        assert left < 6, "who was refused could have had it"


async def test_who_is_refused_hears_how_many_bundles_are_left_and_waits_for_components(counter: Counter):
    box = await bundle(counter, "box", eggs=6)
    sale = await counter.shop.sale(product=box, units=10, per_person_max=5)
    await counter.shop.stocked("eggs", -83)
    lin, mei = await counter.shop.buyer("lin"), await counter.shop.buyer("mei")
    assert (await lin.refused("reserve", tap(sale, 3)))["left"] == 2
    hold = (await mei.done("reserve", tap(sale, 2)))["hold"]["id"]
    assert (await lin.refused("reserve", tap(sale)))["left"] == 0
    assert (await lin.done("wait", tap(sale)))["place"] == 1
    await mei.done("release", {"hold": hold})

    async def has_it() -> bool:
        return await counter.stock("eggs") == (17, 6, 0)

    await eventually(has_it)


async def test_the_room_is_told_what_is_left_of_a_bundle(counter: Counter):
    box = await bundle(counter, "box", eggs=6)
    sale = await counter.shop.sale(product=box, units=10, per_person_max=5)
    await counter.shop.stocked("eggs", -77)
    viewer = await counter.shop.buyer("mei")
    await viewer.inbox.until("tick", lambda body: body.get("stock", {}).get(sale) == 3)


async def test_a_bundle_gets_no_units_of_its_own_and_keeps_none_that_it_had(counter: Counter):
    box = await bundle(counter, "box")
    await counter.shop.stocked(box, 5)
    await bundle_of(counter, box, honey=1)
    contents = await counter.shop.contents()
    path = f"/api/products/{box}/stock"
    answer = await counter.server.call("POST", path, {"delta": 1, "reason": "made"}, by=counter.server.ops)
    assert (answer.status, answer.body["code"], answer.body["components"]) == (409, 4006, ["honey"])
    assert await counter.shop.contents() == contents
    await counter.shop.stocked(box, -5)  # what it had before it was one can be taken away
    assert await counter.stock(box) == (0, 0, 0)
    assert (await counter.ask(lines=[{"product": box, "qty": 1}])).status == 201
