"""The catalogue: products by id, and their cards for rooms."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast

import msgspec
from msgspec import UNSET, UnsetType

from commerce.catalogue.errors import ProductNotFound
from commerce.catalogue.schemas import ListedProduct, Product, ProductList
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.sql import queries
from livehub.base.text import one_line, shortened
from livehub.room.models import AmountMinor, Card, Currency, ImageUrl, InLanguages, words_of

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
        title=_line(product.title, TITLE_CHARS_MAX) or product.id,
        subtitle=_line(product.subtitle, SUBTITLE_CHARS_MAX) or None,
        image=_within(ImageUrl, product.image),
        price_minor=None if currency is None else _within(AmountMinor, product.price_minor),
        list_price_minor=None if currency is None else _within(AmountMinor, product.list_price_minor),
        currency=currency,
        unit=_line(product.unit, UNIT_CHARS_MAX) or None,
        titles=_lines(product.titles, TITLE_CHARS_MAX),
        subtitles=_lines(product.subtitles, SUBTITLE_CHARS_MAX),
        unit_names=_lines(product.unit_names, UNIT_CHARS_MAX),
    )


def _line(text: str, chars_max: int) -> str:
    return shortened(one_line(text), chars_max)


def _lines(texts: InLanguages | UnsetType, chars_max: int) -> InLanguages | UnsetType:
    """Those of which something is left; UNSET when that is none."""
    if texts is UNSET:
        return UNSET
    lines = {language: _line(text, chars_max) for language, text in texts.items()}
    return {language: line for language, line in lines.items() if line} or UNSET


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
    return shown(Product(**_fields(dict(row))))


async def put_product(connection: Connection, product: Product, *, now_ms: int) -> None:
    """Add a product, or bring the one of that id up to date."""
    fields = (getattr(product, name) for name in Product.__struct_fields__)
    values = (None if value is UNSET else value for value in fields)
    await connection.execute(Q["put_product"], *values, now_ms)


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    """A row's columns, as a product has them."""
    return row | {name: words_of(row[name]) for name in ("titles", "subtitles", "unit_names")}


class StockOfProducts(Protocol):
    """Who knows how many there are of products."""

    async def of_products(self, connection: Connection, products: Sequence[str]) -> Mapping[str, tuple[int, int, int]]:
        """(on hand, held, sold) of those that have a stock."""


class CatalogueApi:
    def __init__(self, config: Config, database: Database, stock: Callable[[], StockOfProducts | None]) -> None:
        """`stock`: asked for when it is needed, since its module comes later; None: nobody counts."""
        self._config = config
        self._database = database
        self._stock = stock

    def endpoints(self) -> Sequence[Endpoint]:
        return [get("/api/products", self.products, reply=ProductList, may=Permission.RUN_SHOWS, of_no_room=True)]

    async def products(self, _call: Call[None]) -> ProductList:
        """The products that can be pinned, and how many there are."""
        stock = self._stock()
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["products"], self._config.lists_max)
            units = {} if stock is None else await stock.of_products(connection, [row["id"] for row in rows])
        return ProductList(products=[_listed(_fields(dict(row)), *units.get(row["id"], (0, 0, 0))) for row in rows])


def _listed(row: dict[str, Any], on_hand: int, held: int, sold: int) -> ListedProduct:
    return ListedProduct(**row, on_hand=on_hand, held=held, sold=sold)
