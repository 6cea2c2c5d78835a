"""Bodies of the catalogue's calls, and what a product is."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from livehub.hub.rooms.schemas import Picture, Placed, Titles
from livehub.room.models import AmountMinor, Card, Currency, Id, InLanguages, Language, Title

Subtitle = Annotated[str, Meta(max_length=200)]
Unit = Annotated[str, Meta(max_length=40)]


Subtitles = Annotated[
    dict[Language, Annotated[str, Meta(min_length=1, max_length=200)]],
    Meta(description="the subtitle by language; readers of one that is missing get `subtitle`"),
]
UnitNames = Annotated[
    dict[Language, Annotated[str, Meta(min_length=1, max_length=40)]],
    Meta(description="the unit by language; readers of one that is missing get `unit`"),
]


class Product(Struct, frozen=True, kw_only=True):
    """A product of the catalogue. `titles`, `subtitles`, `unit_names`: title, subtitle and unit by language."""

    id: str
    farm: str
    title: str
    subtitle: str
    image: str | None
    price_minor: int
    list_price_minor: int | None
    currency: str
    unit: str
    titles: InLanguages | UnsetType = UNSET
    subtitles: InLanguages | UnsetType = UNSET
    unit_names: InLanguages | UnsetType = UNSET


class ListedProduct(Product, frozen=True, kw_only=True):
    """A product, and how many there are: of those `on_hand` some are held for buyers, some sold."""

    on_hand: int
    held: int
    sold: int


class ProductList(Struct, frozen=True, kw_only=True):
    """Products, oldest first."""

    products: list[ListedProduct]


class CardRequest(Struct, frozen=True, kw_only=True):
    """A product of the catalogue by `product`, or one that is in the bag already by `card`, or an inline card."""

    product: Id | None = None
    card: Id | None = None
    title: Title | None = None
    subtitle: Subtitle | None = None
    image: Picture | None = None
    price_minor: AmountMinor | None = None
    list_price_minor: AmountMinor | None = None
    currency: Currency | None = None
    unit: Unit | None = None
    titles: Titles | None = None
    subtitles: Subtitles | None = None
    unit_names: UnitNames | None = None


class CardPlaced(Placed, frozen=True, kw_only=True):
    """The card as shown."""

    card: Card
