"""The catalogue: products by id, and their cards for rooms."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

import msgspec

from commerce.catalogue.errors import ProductNotFound
from commerce.catalogue.schemas import Product, ProductList
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.sql import queries
from livehub.room.models import AmountMinor, Card, Currency, ImageUrl

Q = queries(__file__, "catalogue.sql")

T = TypeVar("T")

# As in the request for an inline card.
TITLE_CHARS_MAX = 120
SUBTITLE_CHARS_MAX = 200
UNIT_CHARS_MAX = 40


def shown(product: Product) -> Card:
    """The product as rooms show it. What its row has beyond the bounds of a card is cut, or left out."""
    currency = _within(Currency, product.currency)
    return Card(
        id=product.id,
        title=product.title[:TITLE_CHARS_MAX] or product.id,
        subtitle=product.subtitle[:SUBTITLE_CHARS_MAX] or None,
        image=_within(ImageUrl, product.image),
        price_minor=None if currency is None else _within(AmountMinor, product.price_minor),
        list_price_minor=None if currency is None else _within(AmountMinor, product.list_price_minor),
        currency=currency,
        unit=product.unit[:UNIT_CHARS_MAX] or None,
    )


def _within(bounds: Any, value: T | None) -> T | None:
    """The value if it is within the bounds of that type, else None."""
    try:
        return None if value is None else cast(T, msgspec.convert(value, bounds))
    except msgspec.ValidationError:
        return None


async def card_of(connection: Connection, product: str) -> Card:
    """The card under which rooms show a product. Raises ProductNotFound."""
    row = await connection.fetchrow(Q["product"], product)
    if row is None:
        raise ProductNotFound
    return shown(Product(**dict(row)))


async def put_product(connection: Connection, product: Product, *, now_ms: int) -> None:
    """Add a product, or bring the one of that id up to date."""
    fields = (getattr(product, name) for name in Product.__struct_fields__)
    await connection.execute(Q["put_product"], *fields, now_ms)


class CatalogueApi:
    def __init__(self, config: Config, database: Database) -> None:
        self._config = config
        self._database = database

    def endpoints(self) -> Sequence[Endpoint]:
        return [get("/api/products", self.products, reply=ProductList, may=Permission.RUN_SHOWS)]

    async def products(self, _call: Call[None]) -> ProductList:
        """The products that can be pinned."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["products"], self._config.lists_max)
        return ProductList(products=[Product(**dict(row)) for row in rows])
