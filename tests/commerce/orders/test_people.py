"""Carts, and what orders keep of people: two who are one have one cart and all orders, and no address is kept for ever."""

from typing import Any

from commerce.orders.person_tables import PERSON_TABLES
from commerce.orders.store import Q
from livehub.base.errors import KeyReused
from livehub.people.people import People
from tests.commerce.orders.counter import ADDRESS, Counter
from tests.commerce.sales.shop import new_key
from tests.commerce.sales.test_merged_buyers import merged, run

HONEY = {"product": "honey", "qty": 1}
YEAR_MS = 31_536_000_000


async def put(counter: Counter, lines: list[Any], *, by: str = "mei") -> Any:
    return await counter.server.do("PUT", "/api/me/cart", {"lines": lines}, by=counter.server.person(by))


async def cart(counter: Counter, *, by: str = "mei") -> list[tuple[str, int]]:
    found = await counter.server.do("GET", "/api/me/cart", by=counter.server.person(by))
    return [(line["product"], line["qty"]) for line in found["lines"]]


async def test_a_cart_is_what_was_put_last_each_product_once(counter: Counter):
    assert await cart(counter) == []
    first = await put(counter, [{"product": "eggs", "qty": 2}, HONEY, {"product": "eggs", "qty": 3}])
    assert [(line["product"], line["qty"], line["left"], line["is_on_sale"]) for line in first["lines"]] == [
        ("eggs", 5, 100, True), ("honey", 1, 100, True),
    ]  # fmt: skip
    again = await put(counter, [HONEY])
    assert (await cart(counter), again["version"]) == ([("honey", 1)], 2)
    refused = await counter.server.call(
        "PUT", "/api/me/cart", {"lines": [{"product": "none", "qty": 1}]}, by=counter.mei
    )
    assert (refused.status, refused.body["code"], refused.body["product"]) == (409, 4033, "none")
    assert await cart(counter) == [("honey", 1)]
    assert await cart(counter, by="bo") == []
    await put(counter, [])
    assert await cart(counter) == []


async def test_two_who_turn_out_to_be_one_have_one_cart_and_all_orders_and_are_told_apart_again(counter: Counter):
    by_name, other = counter.server.person("by-name"), counter.server.person("mei")
    await put(counter, [HONEY, {"product": "eggs", "qty": 2}], by="by-name")
    await put(counter, [{"product": "eggs", "qty": 1}])
    hold = await counter.held(await counter.shop.sale(), by="by-name")
    order = await counter.order(lines=[HONEY], by=by_name)

    assert await merged(counter.shop, "by-name", "mei") is True

    assert await cart(counter) == [("eggs", 3), ("honey", 1)]
    assert await cart(counter, by="by-name") == []
    assert (await counter.look(order))["person"] == "mei"
    assert (await counter.server.call("GET", f"/api/orders/{order['id']}", by=by_name)).status == 404
    await counter.pays(order, by=other)
    assert (await counter.order(hold=hold, by=other))["state"] == "unpaid"

    people = counter.server.application.get(People)
    await run(counter.shop, lambda tx: people.merging.undo(tx, "by-name", by="ops", now_ms=2))
    assert await cart(counter, by="by-name") == [("honey", 1), ("eggs", 2)]
    assert (await counter.look(order, by=by_name))["state"] == "paid"


async def test_a_key_that_both_have_used_stays_with_each(counter: Counter):
    by_name, key = counter.server.person("by-name"), new_key()
    theirs = (await counter.ask(lines=[HONEY], key=key, by=by_name)).body
    mine = (await counter.ask(lines=[HONEY], key=key)).body
    assert await merged(counter.shop, "by-name", "mei") is True
    assert (await counter.look(mine))["id"] == mine["id"]
    assert (await counter.ask(lines=[HONEY], key=key)).body["id"] == mine["id"]
    assert (await counter.ask(lines=[{"product": "honey", "qty": 2}], key=key)).body["code"] == KeyReused.code
    assert (await counter.look(theirs, by=by_name))["id"] == theirs["id"]


async def test_what_is_kept_of_somebody_is_in_their_export_and_the_cart_is_forgotten_with_them(counter: Counter):
    await put(counter, [HONEY])
    order = await counter.order(lines=[HONEY], note="Ring twice")
    exported = {
        table.table: [str(next(iter(row.values()))) for row in await counter.rows(table.export, "mei")]
        for table in PERSON_TABLES
        if table.export is not None
    }
    (kept,) = exported["orders"]
    assert all(text in kept for text in (order["number"], "Century Avenue", "Ring twice", "6800"))
    assert (len(exported["carts"]), len(exported["order_changes"])) == (1, 1)

    (carts,) = [table for table in PERSON_TABLES if table.table == "carts"]
    assert carts.erase is not None
    assert [row["count"] for row in await counter.rows(carts.erase, "mei", "nobody")] == [1]
    assert await cart(counter) == []
    assert (await counter.look(order))["address"]["line"] == "Century Avenue 1, 2-301"


async def test_an_address_goes_when_its_time_is_over_and_the_order_and_the_books_stay(counter: Counter):
    order = await counter.order(lines=[HONEY], note="Ring twice")
    await counter.pays(order)
    young = await counter.order(lines=[HONEY])
    await counter.rows(
        "UPDATE orders SET created_ms = created_ms - $2 WHERE id = $1 RETURNING id", order["id"], 4 * YEAR_MS
    )
    (latest,) = await counter.rows("SELECT max(created_ms) AS at FROM orders")
    assert [row["count"] for row in await counter.rows(Q["blank_addresses"], latest["at"] - 3 * YEAR_MS, 100)] == [1]
    old = await counter.look(order)
    assert (old["address"], old["note"], old["paid_minor"], old["state"]) == (None, "", 6_800, "paid")
    assert (await counter.look(young))["address"]["name"] == ADDRESS["name"]
    assert await counter.ledger() == {"clearing:till": 6_800, "revenue:goods": -6_800}
