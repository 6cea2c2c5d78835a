"""A product that changes is shown as it is in every room that has it in the bag, and nothing else is told."""

import json
from typing import Any

from tests.commerce.sales.conftest import shop
from tests.commerce.sales.shop import Shop
from tests.integration.conftest import crowd, open_server, pytest_asyncio_loop_factories, server, settings

__all__ = ["crowd", "open_server", "pytest_asyncio_loop_factories", "server", "settings", "shop"]


async def edited(shop: Shop, product: str, **fields: Any) -> Any:
    """The product, after a change by staff."""
    known = await shop.server.do("GET", f"/api/products/{product}", by=shop.server.ops)
    body = {"version": known["version"], **fields}
    return await shop.server.do("PATCH", f"/api/products/{product}", body, by=shop.server.ops)


async def put(shop: Shop, room: str, product: str) -> Any:
    return (await shop.server.do("POST", f"/api/rooms/{room}/bag", {"product": product}))["card"]


async def told(shop: Shop, room: str) -> list[tuple[str, Any]]:
    """(product, price) of each `bag_put` of a room, in their order."""
    rows = await shop.fetch('SELECT data FROM room_controls WHERE room = $1 ORDER BY "offset"', room)
    said = [json.loads(row["data"]) for row in rows]
    return [(each["card"]["id"], each["card"]["price_minor"]) for each in said if each["type"] == "bag_put"]


async def test_a_new_price_comes_to_every_room_that_shows_the_product_under_the_number_that_it_has(shop: Shop):
    other, without = await shop.server.room(), await shop.server.room()
    await put(shop, shop.room, "eggs")
    number = (await put(shop, shop.room, "honey"))["no"]
    await put(shop, other, "honey")
    await put(shop, without, "eggs")
    mei = await shop.buyer("mei")
    await edited(shop, "honey", price_minor=5_900)
    control = await mei.inbox.until("control", lambda said: said["data"]["type"] == "bag_put")
    card = control["data"]["card"]
    assert (card["id"], card["price_minor"], card["no"]) == ("honey", 5_900, number)
    snapshot = (await (await shop.buyer("late", joins=False)).join(shop.room))["room"]["view"]
    assert [(each["id"], each["price_minor"]) for each in snapshot["bag"]] == [("honey", 5_900), ("eggs", 6_800)]
    lin = await shop.buyer("lin", joins=False)
    await lin.join(other)
    assert (await told(shop, other))[-1] == ("honey", 5_900)
    assert await told(shop, without) == [("eggs", 6_800)]


async def test_the_pinned_card_is_the_same_and_what_shows_no_change_is_not_told(shop: Shop):
    await shop.server.do("POST", f"/api/rooms/{shop.room}/pins", {"product": "honey"})
    mei = await shop.buyer("mei")
    await edited(shop, "honey", sku="H-7")  # no card has that
    await edited(shop, "honey", title="Heather honey")
    control = await mei.inbox.until("control", lambda said: said["data"]["type"] == "bag_put")
    assert control["data"]["card"]["title"] == "Heather honey"
    room = (await (await shop.buyer("late", joins=False)).join(shop.room))["room"]["view"]
    assert room["pin"] == room["bag"][0] == control["data"]["card"]
    assert len(await told(shop, shop.room)) == 1


async def test_a_bundle_is_shown_anew_with_what_is_in_it(shop: Shop):
    body = {
        "title": "Breakfast",
        "price_minor": 9_900,
        "currency": "CNY",
        "components": [{"product": "eggs", "qty": 2}],
    }
    bundle = (await shop.server.do("POST", "/api/products", body, by=shop.server.ops))["id"]
    await put(shop, shop.room, bundle)
    mei = await shop.buyer("mei")
    await edited(shop, "eggs", title="Duck eggs")
    control = await mei.inbox.until("control", lambda said: said["data"]["type"] == "bag_put")
    card = control["data"]["card"]
    assert (card["id"], [part["title"] for part in card["components"]]) == (bundle, ["Duck eggs"])


async def test_a_show_that_is_over_keeps_what_it_showed(shop: Shop):
    await put(shop, shop.room, "honey")
    ended = await shop.server.room()
    await put(shop, ended, "honey")
    await shop.server.do("POST", f"/api/rooms/{ended}/state", {"status": "ended"})
    mei = await shop.buyer("mei")
    await edited(shop, "honey", price_minor=5_900)
    await mei.inbox.until("control", lambda said: said["data"]["type"] == "bag_put")
    assert await told(shop, ended) == [("honey", 6_800)]


async def test_a_batch_that_is_pinned_with_a_product_stays_with_it_when_the_product_changes(shop: Shop):
    pins = f"/api/rooms/{shop.room}/pins"
    await shop.batch("batch-7")
    pinned = (await shop.server.do("POST", pins, {"product": "honey", "batch": "batch-7"}))["card"]
    assert (pinned["id"], pinned["batch"]) == ("honey", "batch-7")
    mei = await shop.buyer("mei")
    await edited(shop, "honey", title="Heather honey")
    control = await mei.inbox.until("control", lambda said: said["data"]["type"] == "bag_put")
    assert (control["data"]["card"]["title"], control["data"]["card"]["batch"]) == ("Heather honey", "batch-7")
    certificate = {"title": "Organic certificate CN-1", "image": "https://shop.example/cn-1.jpg", "batch": "batch-7"}
    card = (await shop.server.do("POST", pins, certificate))["card"]
    assert (card["title"], card["batch"], card["image"]) == (certificate["title"], "batch-7", certificate["image"])
    plain = (await shop.server.do("POST", pins, {"product": "honey"}))["card"]
    assert "batch" not in plain


async def test_a_card_is_not_shown_with_a_batch_that_is_none_another_product_or_recalled(shop: Shop):
    await shop.batch("batch-eggs", "eggs")
    await shop.batch("batch-old", steps=["recalled"])
    before = await shop.contents()
    for path in (f"/api/rooms/{shop.room}/pins", f"/api/rooms/{shop.room}/bag"):
        for fields, status, code in (
            ({"product": "honey", "batch": "nothing"}, 422, 4007),
            ({"product": "honey", "batch": "batch-eggs"}, 422, 4008),
            ({"product": "honey", "batch": "batch-old"}, 409, 4009),
            ({"title": "Organic certificate CN-1", "batch": "nothing"}, 422, 4007),
        ):
            answer = await shop.server.call("POST", path, fields)
            assert (answer.status, answer.body["code"]) == (status, code)
    assert await shop.contents() == before
    certificate = {"title": "Organic certificate CN-1", "batch": "batch-eggs"}
    card = (await shop.server.do("POST", f"/api/rooms/{shop.room}/bag", certificate))["card"]
    pinned = (
        await shop.server.do("POST", f"/api/rooms/{shop.room}/pins", {"card": card["id"], "batch": "batch-eggs"})
    )["card"]
    assert (pinned["title"], pinned["batch"]) == ("Organic certificate CN-1", "batch-eggs")
