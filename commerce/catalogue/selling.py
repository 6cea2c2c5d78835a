"""What an order freezes of a product, and whose stock it takes.

A product is sold by the piece, or weighed: then the buyer pays the price of `grams`, the most that is charged, and gets back
the difference to what it weighs. A bundle has no stock of its own: each of its units takes those of its components, together or
not at all. A gift comes with each unit of the product, as long as there are some.
"""

from collections.abc import Sequence

from asyncpg import Record
from msgspec import UNSET, Struct, UnsetType

from livehub.base.db import Connection
from livehub.base.sql import queries
from livehub.room.models import InLanguages, words_of

Q = queries(__file__, "selling.sql")

COMPONENTS_MAX = 8  # of a bundle; the stock engine takes 16 resources in one request


class Weighed(Struct, frozen=True, kw_only=True):
    """The price of a unit is that of `grams`, the most that is charged; `per_kg_minor`: what 1,000 g cost."""

    grams: int
    per_kg_minor: int


class Sellable(Struct, frozen=True, kw_only=True):
    """A product as an order freezes it. `components`: (product, how many) in each unit of a bundle; empty: it is none.
    `gift`: (product, how many) that come with each unit. `variant`: which size or sort of a product it is, "" for none.
    """

    product: str
    title: str
    titles: InLanguages | UnsetType = UNSET
    image: str | None
    unit: str
    unit_names: InLanguages | UnsetType = UNSET
    price_minor: int
    currency: str
    weighed: Weighed | None = None
    components: tuple[tuple[str, int], ...] = ()
    gift: tuple[str, int] | None = None
    sku: str | None = None
    version: int
    is_on_sale: bool
    variant: str = ""
    variant_names: InLanguages | UnsetType = UNSET


async def sellables(connection: Connection, products: Sequence[str]) -> dict[str, Sellable]:
    """Those of the products that are there, by id, also those that were taken off sale."""
    return {row["id"]: _sellable(row) for row in await connection.fetch(Q["sellables"], list(products))}


def _sellable(row: Record) -> Sellable:
    grams, per_kg_minor = row["weighed_grams"], row["weighed_per_kg_minor"]
    return Sellable(
        product=row["id"],
        title=row["title"],
        titles=words_of(row["titles"]),
        image=row["image"],
        unit=row["unit"],
        unit_names=words_of(row["unit_names"]),
        price_minor=row["price_minor"],
        currency=row["currency"],
        weighed=None if grams is None else Weighed(grams=grams, per_kg_minor=per_kg_minor),
        components=tuple(zip(row["components"] or (), row["qtys"] or (), strict=True)),
        gift=None if row["gift"] is None else (row["gift"], row["gift_qty"]),
        sku=row["sku"],
        version=row["version"],
        is_on_sale=row["is_on_sale"],
        variant=row["variant"],
        variant_names=words_of(row["variant_names"]),
    )


def stock_units(sellable: Sellable, qty: int) -> dict[str, int]:
    """Units by the product whose stock they are taken from: its own, or for a bundle those of its components."""
    if not sellable.components:
        return {sellable.product: qty}
    return {component: each * qty for component, each in sellable.components}


def gift_units(sellable: Sellable, qty: int) -> dict[str, int]:
    """Units of the gift that comes with `qty` units, by product; empty without one. A gift is never a bundle."""
    return {} if sellable.gift is None else {sellable.gift[0]: sellable.gift[1] * qty}
