"""A product is put in once and changes in place; its card shows what it holds and nothing that it does not."""

import asyncpg
import msgspec
import pytest

from commerce.catalogue.errors import ProductNotFound
from commerce.catalogue.products import card_of, put_product
from commerce.catalogue.schemas import Product
from livehub.room.models import Card
from tests.base.served import Served

NOW_MS = 1_000
HONEY = Product(
    id="honey",
    farm="Qinghe",
    title="山花蜜 Honey",
    subtitle="From one apiary",
    image="/demo/honey.svg",
    price_minor=6_800,
    list_price_minor=7_500,
    currency="CNY",
    unit="480 g",
)
PLAIN = msgspec.structs.replace(HONEY, id="plain", subtitle="", image=None, list_price_minor=None, unit="")


async def test_a_card_shows_what_the_product_holds(served: Served) -> None:
    await put_product(served.database, HONEY, now_ms=NOW_MS)
    await put_product(served.database, PLAIN, now_ms=NOW_MS)
    assert await card_of(served.database, "honey") == Card(
        id="honey",
        title="山花蜜 Honey",
        subtitle="From one apiary",
        image="/demo/honey.svg",
        price_minor=6_800,
        list_price_minor=7_500,
        currency="CNY",
        unit="480 g",
    )
    assert await card_of(served.database, "plain") == Card(
        id="plain", title="山花蜜 Honey", price_minor=6_800, currency="CNY"
    )


async def test_a_product_put_in_again_changes_in_place(served: Served) -> None:
    dearer = msgspec.structs.replace(HONEY, price_minor=7_000, list_price_minor=None)
    for product in (HONEY, PLAIN, dearer):
        await put_product(served.database, product, now_ms=NOW_MS)
    listed = await served.done("GET /api/products")
    none = {"on_hand": 0, "held": 0, "sold": 0}
    assert listed == {"products": [msgspec.to_builtins(product) | none for product in (dearer, PLAIN)]}


async def test_a_product_that_is_not_there_has_no_card_and_cannot_be_pinned(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    with pytest.raises(ProductNotFound):
        await card_of(served.database, "nothing")
    before = await served.contents()
    answer = await served.call("POST /api/rooms/farm/pins", {"product": "nothing"})
    assert (answer.status, answer.body["name"]) == (404, "product_not_found")
    assert await served.contents() == before


async def test_a_pinned_product_is_shown_by_its_card(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    await put_product(served.database, HONEY, now_ms=NOW_MS)
    placed = await served.done("POST /api/rooms/farm/pins", {"product": "honey"})
    view = (await served.done("GET /api/rooms/farm"))["room"]["view"]
    assert placed["card"] == view["pin"] == view["bag"][0]
    assert view["pin"]["price_minor"] == 6_800


async def test_a_row_beyond_the_bounds_of_a_card_makes_no_room_unreadable(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    odd = msgspec.structs.replace(HONEY, title="x" * 119 + "👩\u200d🌾", subtitle="\u202e" + "y" * 250, unit="z\n" * 30)
    await put_product(served.database, odd, now_ms=NOW_MS)
    placed = await served.done("POST /api/rooms/farm/pins", {"product": "honey"})
    card = placed["card"]
    assert (card["title"], card["subtitle"], card["unit"]) == ("x" * 119, "y" * 200, ("z " * 20).strip())
    assert (await served.done("GET /api/rooms/farm"))["room"]["view"]["pin"] == card
    assert (await served.done("GET /api/rooms"))["rooms"][0]["pin"] == card
    await served.done("DELETE /api/rooms/farm/pins")


async def test_a_list_price_below_the_price_is_refused_by_the_database(served: Served) -> None:
    cheap = msgspec.structs.replace(HONEY, list_price_minor=6_799)
    with pytest.raises(asyncpg.CheckViolationError):
        await put_product(served.database, cheap, now_ms=NOW_MS)
    assert await served.rows("products") == []
