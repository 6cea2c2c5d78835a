"""Bodies of the calls about products."""

from datetime import date
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from commerce.catalogue.claim_words import CertificateKind
from commerce.catalogue.claims import ClaimWord, FlaggedWord
from commerce.catalogue.schemas import ProductQty, Subtitle, Subtitles, Unit, UnitNames
from commerce.catalogue.selling import COMPONENTS_MAX, Weighed
from livehub.base.lists import PageQuery
from livehub.hub.rooms.schemas import Picture, Titles
from livehub.room.models import AmountMinor, Currency, Id, InLanguages, Language, Title, Version

IMAGES_MAX = 9
CERTIFICATES_MAX = 20
FLAGS_MAX = 50

Farm = Annotated[str, Meta(max_length=120)]
Sku = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[!-~]+( [!-~]+)*$(?!\n)")]
Gtin = Annotated[
    str, Meta(pattern=r"^([0-9]{8}|[0-9]{12,14})$(?!\n)", description="GTIN-8, -12, -13 or -14, with its check digit")
]
Pictures = Annotated[list[Picture], Meta(max_length=IMAGES_MAX, description="the first one stands for the product")]
Seen = Annotated[
    list[Annotated[str, Meta(max_length=200)]],
    Meta(max_length=FLAGS_MAX, description="flagged words that somebody has looked at and answers for"),
]


class WeighedRequest(Struct, frozen=True, kw_only=True):
    """Sold by weight: the price is that of `grams`, and no higher than `per_kg_minor` says."""

    grams: Annotated[int, Meta(ge=1, le=1_000_000)]
    per_kg_minor: AmountMinor


Components = Annotated[
    list[ProductQty], Meta(max_length=COMPONENTS_MAX, description="what a unit of a bundle is made of")
]


class CertificateRequest(Struct, frozen=True, kw_only=True):
    """A certificate: a picture of it, what it proves, and the last day on which it holds (in the shop's time zone)."""

    picture: Picture
    kind: CertificateKind
    valid_until: date
    number: Annotated[str, Meta(max_length=80)] = ""


Certificates = Annotated[list[CertificateRequest], Meta(max_length=CERTIFICATES_MAX)]


class ProductRequest(Struct, frozen=True, kw_only=True):
    """A new product. Without `farm` it is the shop's own. `images` or, of one alone, `image`.

    `variant_of`: another size or sort of that product, which `variant` names; each is a product of its own. `components`: it
    is a bundle. `gift`: it comes with each unit. A struck-through price (`list_price_minor`) needs a history of prices, which a
    new product has not. `flags_seen`: see the refusal 4002.
    """

    title: Title
    price_minor: AmountMinor
    currency: Currency
    farm: Farm = ""
    titles: Titles | None = None
    subtitle: Subtitle = ""
    subtitles: Subtitles | None = None
    image: Picture | None = None
    images: Pictures | None = None
    list_price_minor: AmountMinor | None = None
    unit: Unit = ""
    unit_names: UnitNames | None = None
    sku: Sku | None = None
    gtin: Gtin | None = None
    variant_of: Id | None = None
    variant: Unit = ""
    variant_names: UnitNames | None = None
    weighed: WeighedRequest | None = None
    components: Components = []
    gift: ProductQty | None = None
    certificates: Certificates = []
    is_on_sale: bool = True
    flags_seen: Seen = []


class ProductEdit(Struct, frozen=True, kw_only=True):
    """What to change; what is left out stays. `version`: as it was read; see the refusal 1011. null: none any more.

    Words by language that are left out stay as long as the plain ones do. `certificates`: all of them, as they shall be.
    """

    version: Version
    title: Title | UnsetType = UNSET
    price_minor: AmountMinor | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    farm: Farm | UnsetType = UNSET
    titles: Titles | UnsetType | None = UNSET
    subtitle: Subtitle | UnsetType = UNSET
    subtitles: Subtitles | UnsetType | None = UNSET
    image: Picture | UnsetType | None = UNSET
    images: Pictures | UnsetType = UNSET
    list_price_minor: AmountMinor | UnsetType | None = UNSET
    unit: Unit | UnsetType = UNSET
    unit_names: UnitNames | UnsetType | None = UNSET
    sku: Sku | UnsetType | None = UNSET
    gtin: Gtin | UnsetType | None = UNSET
    variant_of: Id | UnsetType | None = UNSET
    variant: Unit | UnsetType = UNSET
    variant_names: UnitNames | UnsetType | None = UNSET
    weighed: WeighedRequest | UnsetType | None = UNSET
    components: Components | UnsetType = UNSET
    gift: ProductQty | UnsetType | None = UNSET
    certificates: Certificates | UnsetType = UNSET
    is_on_sale: bool | UnsetType = UNSET
    flags_seen: Seen | UnsetType = UNSET


class PartOfProduct(Struct, frozen=True, kw_only=True):
    """What is in a bundle, or comes as a gift."""

    product: str
    qty: int
    title: str
    unit: str
    image: str | None = None
    titles: InLanguages | UnsetType = UNSET
    unit_names: InLanguages | UnsetType = UNSET


class Variant(Struct, frozen=True, kw_only=True):
    """Another size or sort of the same product."""

    product: str
    variant: str
    price_minor: int
    currency: str
    is_on_sale: bool
    variant_names: InLanguages | UnsetType = UNSET


class Certificate(Struct, frozen=True, kw_only=True):
    """A certificate on file. `holds`: today."""

    kind: str
    picture: str
    number: str
    valid_until: date
    holds: bool


class ProductForStaff(Struct, frozen=True, kw_only=True):
    """What staff see of a product beyond what buyers do. `unproven`: kinds of claims whose certificates do not hold today."""

    flags_seen: list[str]
    claims: list[str]
    unproven: list[str]
    certificates: list[Certificate]
    on_hand: int
    held: int
    sold: int
    created_at: str
    changed_at: str


class ProductPage(Struct, frozen=True, kw_only=True):
    """A product as buyers see it. Of `certificates` those that hold; `variants`: all of its kind, itself, too.

    `staff`: for those who run shows alone; they see what is off sale, too.
    """

    id: str
    version: int
    farm: str
    title: str
    subtitle: str
    image: str | None
    images: list[str]
    price_minor: int
    list_price_minor: int | None
    currency: str
    unit: str
    sku: str | None
    gtin: str | None
    is_on_sale: bool
    variant_of: str | None
    variant: str
    weighed: Weighed | None
    components: list[PartOfProduct]
    gift: PartOfProduct | None
    certificates: list[Certificate]
    variants: list[Variant]
    titles: InLanguages | UnsetType = UNSET
    subtitles: InLanguages | UnsetType = UNSET
    unit_names: InLanguages | UnsetType = UNSET
    variant_names: InLanguages | UnsetType = UNSET
    staff: ProductForStaff | UnsetType = UNSET


class ProductQuery(PageQuery, frozen=True, kw_only=True):
    """Which products; all without it. `q`: words of which each occurs in its texts, id, SKU or GTIN. `state`: on or off sale,
    or `unproven`: with claims whose certificates do not hold. `newest`: the latest first.
    """

    q: Annotated[str, Meta(max_length=100)] = ""
    state: Literal["all", "on", "off", "unproven"] = "all"
    newest: bool = False


class PastPrice(Struct, frozen=True, kw_only=True):
    """A price, and when it was offered: in [from_at, until_at), null: it still is. `sale`: of a room's sale."""

    price_minor: int
    currency: str
    from_at: str | None
    until_at: str | None
    sale: str | None


class PriceHistory(Struct, frozen=True, kw_only=True):
    """Prices of a product, latest first. `next`: what to give as `after` for the following page."""

    items: list[PastPrice]
    next: str | None = None


Words = dict[Language, Annotated[str, Meta(max_length=200)]]


class WordsRequest(Struct, frozen=True, kw_only=True):
    """The words of a product or a card, to look at before they are shown."""

    title: Annotated[str, Meta(max_length=120)] = ""
    titles: Words = {}
    subtitle: Subtitle = ""
    subtitles: Words = {}
    unit: Unit = ""
    unit_names: Words = {}
    variant: Unit = ""
    variant_names: Words = {}


class FoundWords(Struct, frozen=True, kw_only=True):
    """What wants a certificate, and what advertising may not say."""

    claims: list[ClaimWord]
    flags: list[FlaggedWord]


class BatchProduct(Struct, frozen=True, kw_only=True):
    """A product of which there may be batches. `titles`: by language."""

    id: str
    title: str
    unit: str
    gtin: str | None
    titles: InLanguages | UnsetType = UNSET


class BatchProducts(Struct, frozen=True, kw_only=True):
    """Products of which there may be batches, by their ids."""

    items: list[BatchProduct]
    next: str | None = None
