"""The catalogue: products by id, and their cards for rooms."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar, cast

import msgspec
from asyncpg import Record
from msgspec import UNSET, UnsetType, structs

from commerce.catalogue import prices
from commerce.catalogue.claims import claims_in, texts_of
from commerce.catalogue.errors import ProductNotFound, ProductOffSale
from commerce.catalogue.schemas import Product
from livehub.base.db import Connection
from livehub.base.sql import queries
from livehub.base.text import one_line, shortened
from livehub.room.models import AmountMinor, Card, CardPart, CardWeight, Currency, ImageUrl, InLanguages, words_of

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


async def card_of(connection: Connection, product: str, *, on_sale: bool = False) -> Card:
    """The card under which rooms show a product. Raises ProductNotFound; ProductOffSale, if it has to be `on_sale`."""
    row = await connection.fetchrow(Q["product"], product)
    if row is None:
        raise ProductNotFound
    if on_sale and not row["is_on_sale"]:
        raise ProductOffSale
    parts = await connection.fetch(Q["parts"], product)
    return structs.replace(
        shown(product_of(row)),
        variant=_line(row["variant"], UNIT_CHARS_MAX) or UNSET,
        variant_names=_lines(words_of(row["variant_names"]), UNIT_CHARS_MAX),
        weighed=_weight(row),
        components=tuple(_part(part) for part in parts if not part["is_gift"]) or UNSET,
        gift=next((_part(part) for part in parts if part["is_gift"]), UNSET),
    )


def _weight(row: Record) -> CardWeight | UnsetType:
    grams: int | None = row["weighed_grams"]
    return UNSET if grams is None else CardWeight(grams=grams, per_kg_minor=row["weighed_per_kg_minor"])


def _part(row: Record) -> CardPart:
    return CardPart(
        id=row["id"],
        qty=row["qty"],
        title=_line(row["title"], TITLE_CHARS_MAX) or row["id"],
        image=_within(ImageUrl, row["image"]),
        unit=_line(row["unit"], UNIT_CHARS_MAX) or None,
        titles=_lines(words_of(row["titles"]), TITLE_CHARS_MAX),
        unit_names=_lines(words_of(row["unit_names"]), UNIT_CHARS_MAX),
    )


async def put_product(connection: Connection, product: Product, *, now_ms: int) -> None:
    """Add a product, or bring the one of that id up to date. It is taken as it is, struck-through price and all: for what the
    shop itself loads. What it claims is written down, whether or not there is a certificate for it.
    """
    fields = (getattr(product, name) for name in Product.__struct_fields__)
    values = (None if value is UNSET else value for value in fields)
    words = ("title", "titles", "subtitle", "subtitles", "unit", "unit_names")
    claimed = claims_in(texts_of(**{name: getattr(product, name) for name in words}))
    await connection.execute(Q["put_product"], *values, now_ms, sorted({claim.kind for claim in claimed}))
    await prices.changed(connection, product.id, product.price_minor, product.currency, now_ms=now_ms)


def product_of(row: Record) -> Product:
    """A product out of its row."""
    fields: dict[str, Any] = {name: row[name] for name in Product.__struct_fields__}
    return Product(**fields | {name: words_of(row[name]) for name in ("titles", "subtitles", "unit_names")})


class CatalogueCards:
    """Fills livehub/hub/rooms/product_cards.py."""

    async def card(self, connection: Connection, product: str) -> Card | None:
        """The card of a product; None: there is no such product."""
        try:
            return await card_of(connection, product)
        except ProductNotFound:
            return None


class StockOfProducts(Protocol):
    """Who knows how many there are of products."""

    async def of_products(self, connection: Connection, products: Sequence[str]) -> Mapping[str, tuple[int, int, int]]:
        """(on hand, held, sold) of those that have a stock."""
