"""What an order freezes of a product: its words, its price, what it weighs, what is in it, and whose stock it takes."""

import msgspec
from msgspec import UNSET

from commerce.catalogue.products import put_product
from commerce.catalogue.schemas import Product
from commerce.catalogue.selling import Sellable, Weighed, gift_units, sellables, stock_units
from tests.base.served import Served

NOW_MS = 1_000
HONEY = Product(
    id="honey",
    farm="Qinghe",
    title="山花蜜",
    subtitle="",
    image="/demo/honey.svg",
    price_minor=6_800,
    list_price_minor=None,
    currency="CNY",
    unit="480 g",
    titles={"zh": "山花蜜", "en": "Mountain honey"},
)
PLAIN = Sellable(
    product="honey",
    title="山花蜜",
    titles={"zh": "山花蜜", "en": "Mountain honey"},
    image="/demo/honey.svg",
    unit="480 g",
    unit_names=UNSET,
    price_minor=6_800,
    currency="CNY",
    version=1,
    is_on_sale=True,
)


async def put(served: Served, *ids: str) -> None:
    async with served.application.database.connection() as connection:
        for id_ in ids:
            await put_product(connection, msgspec.structs.replace(HONEY, id=id_), now_ms=NOW_MS)


async def test_a_product_of_before_is_sold_by_the_piece(served: Served) -> None:
    await put(served, "honey")
    assert await sellables(served.database, ["honey", "nothing"]) == {"honey": PLAIN}
    assert stock_units(PLAIN, 3) == {"honey": 3}
    assert gift_units(PLAIN, 3) == {}


async def test_a_bundle_takes_the_stock_of_its_components_in_their_order(served: Served) -> None:
    await put(served, "honey", "bread", "jam")
    await served.database.execute(
        "INSERT INTO product_components VALUES ('honey', 1, 'jam', 1), ('honey', 0, 'bread', 2)"
    )
    found = await sellables(served.database, ["honey"])
    assert found == {"honey": msgspec.structs.replace(PLAIN, components=(("bread", 2), ("jam", 1)))}
    assert stock_units(found["honey"], 3) == {"bread": 6, "jam": 3}


async def test_what_is_weighed_and_what_comes_as_a_gift_is_frozen_too(served: Served) -> None:
    await put(served, "honey", "spoon")
    await served.database.execute(
        "UPDATE products SET weighed_grams = 1200, weighed_per_kg_minor = 1280, gift = 'spoon', gift_qty = 2, sku = 'H-1', "
        "version = 4, is_on_sale = false WHERE id = 'honey'"
    )
    (found,) = (await sellables(served.database, ["honey"])).values()
    assert found == msgspec.structs.replace(
        PLAIN,
        weighed=Weighed(grams=1_200, per_kg_minor=1_280),
        gift=("spoon", 2),
        sku="H-1",
        version=4,
        is_on_sale=False,
    )
    assert (stock_units(found, 3), gift_units(found, 3)) == ({"honey": 3}, {"spoon": 6})
