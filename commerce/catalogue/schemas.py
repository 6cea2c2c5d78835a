"""Bodies of the catalogue's calls, and what a product is."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from commerce.catalogue.selling import Weighed
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


class ProductQty(Struct, frozen=True, kw_only=True):
    """So many units of a product."""

    product: Id
    qty: Annotated[int, Meta(ge=1, le=99)]


class ListedProduct(Product, frozen=True, kw_only=True):
    """A product, and how many there are: of those `on_hand` some are held for buyers, some sold; of a bundle `on_hand` says how
    many its components are free for.

    `unproven`: kinds of claims whose certificates do not hold today.
    """

    version: int
    images: list[str]
    sku: str | None
    gtin: str | None
    is_on_sale: bool
    variant_of: str | None
    variant: str
    weighed: Weighed | None
    components: list[ProductQty]
    gift: ProductQty | None
    unproven: list[str]
    on_hand: int
    held: int
    sold: int
    variant_names: InLanguages | UnsetType = UNSET


class ProductList(Struct, frozen=True, kw_only=True):
    """Products, oldest first unless the latest were asked for. `next`: what to give as `after` for the following page."""

    products: list[ListedProduct]
    next: str | None = None


class CardRequest(Struct, frozen=True, kw_only=True):
    """A product of the catalogue by `product`, or one that is in the bag already by `card`, or an inline card. `batch`: the
    batch of food that is shown with it, e.g. with its certificate as the `image` of an inline card.
    """

    product: Id | None = None
    card: Id | None = None
    batch: Id | None = None
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
