"""A product is put in once and changes in place; its card shows what it holds and nothing that it does not."""

import asyncpg
import msgspec
import pytest

from commerce.catalogue.errors import ProductNotFound
from commerce.catalogue.products import card_of, put_product
from commerce.catalogue.schemas import Product
from livehub.base.auth import Role
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
HONEY_BY_LANGUAGE = msgspec.structs.replace(
    HONEY,
    titles={"zh": "山花蜜", "en": "Mountain honey"},
    subtitles={"en": "From one apiary"},
    unit_names={"zh": "480 克一瓶", "en": "480 g jar"},
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


async def test_whoever_records_steps_sees_of_products_what_a_batch_needs(served: Served) -> None:
    for product in (HONEY, PLAIN):
        await put_product(served.database, product, now_ms=NOW_MS)
    title = "山花蜜 Honey"
    first = await served.done("GET /api/batch-products?limit=1", role=Role.PICKER)
    assert first == {"items": [{"id": "honey", "title": title, "unit": "480 g", "gtin": None}], "next": "honey"}
    rest = await served.done("GET /api/batch-products?after=honey", role=Role.FARM)
    assert rest == {"items": [{"id": "plain", "title": title, "unit": "", "gtin": None}], "next": None}


async def test_a_product_put_in_again_changes_in_place(served: Served) -> None:
    dearer = msgspec.structs.replace(HONEY, price_minor=7_000, list_price_minor=None)
    for product in (HONEY, PLAIN, dearer):
        await put_product(served.database, product, now_ms=NOW_MS)
    listed = await served.done("GET /api/products")
    none: dict[str, object] = {
        "images": [], "sku": None, "gtin": None, "is_on_sale": True, "variant_of": None, "variant": "", "weighed": None,
        "components": [], "gift": None, "unproven": [], "on_hand": 0, "held": 0, "sold": 0,
    }  # fmt: skip
    known = ((dearer, {"version": 2, "images": ["/demo/honey.svg"]}), (PLAIN, {"version": 1}))
    products = [msgspec.to_builtins(product) | none | more for product, more in known]
    assert listed == {"products": products, "next": None}


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


async def put(served: Served, *products: Product) -> None:
    async with served.application.database.connection() as connection:
        for product in products:
            await put_product(connection, product, now_ms=NOW_MS)


async def test_a_product_has_its_words_by_language_and_the_plain_ones_beside_them(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    await put(served, HONEY_BY_LANGUAGE)
    words = {
        "title": "山花蜜 Honey",
        "titles": {"zh": "山花蜜", "en": "Mountain honey"},
        "subtitle": "From one apiary",
        "subtitles": {"en": "From one apiary"},
        "unit": "480 g",
        "unit_names": {"zh": "480 克一瓶", "en": "480 g jar"},
    }
    (listed,) = (await served.done("GET /api/products"))["products"]
    assert {name: listed[name] for name in words} == words
    await served.done("POST /api/rooms/farm/pins", {"product": "honey"})
    pin = (await served.done("GET /api/rooms/farm"))["room"]["view"]["pin"]
    assert {name: pin[name] for name in words} == words


async def test_a_product_put_in_again_without_words_by_language_has_none(served: Served) -> None:
    await put(served, HONEY_BY_LANGUAGE, HONEY)
    (listed,) = (await served.done("GET /api/products"))["products"]
    assert not {"titles", "subtitles", "unit_names"} & listed.keys()


async def test_words_by_language_in_a_row_are_cut_like_the_plain_ones_and_left_out_when_they_are_none(
    served: Served,
) -> None:
    odd = msgspec.structs.replace(HONEY, titles={"zh": "蜜" * 130, "en": "\u202e"}, subtitles={"en": "\u202e"})
    await put(served, odd)
    await served.database.execute("""UPDATE products SET unit_names = '{"zh": 480}'""")
    card = await card_of(served.database, "honey")
    assert (card.titles, card.subtitles, card.unit_names) == ({"zh": "蜜" * 120}, msgspec.UNSET, msgspec.UNSET)


async def test_a_card_made_in_the_room_takes_its_words_by_language(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    body = {
        "title": "番茄",
        "titles": {"zh": "番茄", "en": "Cafe\u0301 tomatoes "},
        "subtitle": "自然成熟",
        "subtitles": {"en": "Vine ripened"},
        "unit": "1 斤",
        "unit_names": {"en": "500 g"},
    }
    card = (await served.done("POST /api/rooms/farm/pins", body))["card"]
    assert card["titles"] == {"zh": "番茄", "en": "Café tomatoes"}
    assert (card["subtitles"], card["unit_names"]) == ({"en": "Vine ripened"}, {"en": "500 g"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"titles": {"en": ""}},
        {"titles": {"en": "x" * 121}},
        {"titles": {"fr": "Tomates"}},
        {"titles": "Tomatoes"},
        {"subtitles": {"en": "x" * 201}},
        {"unit_names": {"en": "x" * 41}},
    ],
)
async def test_words_by_language_beyond_the_bounds_are_refused(served: Served, wrong: dict[str, object]) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    before = await served.contents()
    answer = await served.call("POST /api/rooms/farm/bag", {"title": "番茄", **wrong})
    assert (answer.status, answer.body["name"]) == (400, "bad_request")
    assert await served.contents() == before


async def test_what_the_shop_loads_itself_says_what_it_claims(served: Served) -> None:
    organic = msgspec.structs.replace(HONEY, titles={"en": "Organic honey"})
    await put(served, organic)
    (listed,) = (await served.done("GET /api/products?state=unproven"))["products"]
    assert listed["unproven"] == ["organic"]
    await put(served, HONEY)
    assert (await served.done("GET /api/products?state=unproven"))["products"] == []
