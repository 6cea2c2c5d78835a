"""A product as it shall be: what staff may write of it, and whether it makes sense by itself. Pure: no I/O, no clock."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from commerce.catalogue.claims import texts_of
from commerce.catalogue.product_schemas import ProductEdit, ProductRequest, WeighedRequest
from commerce.catalogue.schemas import ProductQty
from commerce.catalogue.selling import Weighed
from livehub.base.errors import BadRequest
from livehub.base.text import clean, clean_each, one_line
from livehub.room.models import InLanguages

GRAMS_PER_KG = 1_000
GTIN_DIGITS = 14


class Draft(Struct, frozen=True, kw_only=True):
    """What is written of a product; its fields are columns, but for `weighed`, `components` and `gift`."""

    farm: str = ""
    title: str
    subtitle: str = ""
    images: tuple[str, ...] = ()
    price_minor: int
    list_price_minor: int | None = None
    currency: str
    unit: str = ""
    titles: InLanguages | UnsetType = UNSET
    subtitles: InLanguages | UnsetType = UNSET
    unit_names: InLanguages | UnsetType = UNSET
    sku: str | None = None
    gtin: str | None = None
    variant_of: str | None = None
    variant: str = ""
    variant_names: InLanguages | UnsetType = UNSET
    weighed: Weighed | None = None
    components: tuple[tuple[str, int], ...] = ()
    gift: tuple[str, int] | None = None
    is_on_sale: bool = True

    def texts(self) -> dict[str, str]:
        """What buyers read of it, by field."""
        return texts_of(
            title=self.title, titles=self.titles, subtitle=self.subtitle, subtitles=self.subtitles, unit=self.unit,
            unit_names=self.unit_names, variant=self.variant, variant_names=self.variant_names,
        )  # fmt: skip


# The plain field, the one by language, and how long each may be.
WORDS = (
    ("title", "titles", 120),
    ("subtitle", "subtitles", 200),
    ("unit", "unit_names", 40),
    ("variant", "variant_names", 40),
)


def new(request: ProductRequest, images: Sequence[str]) -> Draft:
    """What was asked for; `images`: the addresses of its pictures. Raises BadRequest, TextEmpty, TextTooLong."""
    draft = Draft(
        title=clean(request.title, 120),
        price_minor=request.price_minor,
        currency=request.currency,
    )
    return checked(structs.replace(draft, images=tuple(images), **_given(request)))


def edited(draft: Draft, edit: ProductEdit, images: Sequence[str] | None) -> Draft:
    """What the product becomes; `images`: None, as they are. Raises as `new`."""
    changes = _given(edit)
    for plain, by_language, _ in WORDS:
        if changes.get(plain, getattr(draft, plain)) != getattr(draft, plain):
            changes.setdefault(by_language, UNSET)
    if images is not None:
        changes["images"] = tuple(images)
    return checked(structs.replace(draft, **changes))


def _given(asked: ProductRequest | ProductEdit) -> dict[str, Any]:
    """The fields that were given, as a draft has them; pictures, certificates and flags are somebody else's."""
    changes: dict[str, Any] = {
        name: value
        for name in ("price_minor", "list_price_minor", "currency", "sku", "variant_of", "is_on_sale")
        if (value := getattr(asked, name)) is not UNSET
    }
    if asked.farm is not UNSET:
        changes["farm"] = one_line(asked.farm)
    for plain, by_language, chars_max in WORDS:
        text, words = getattr(asked, plain), getattr(asked, by_language)
        if text is not UNSET:
            changes[plain] = clean(text, chars_max) if text or plain == "title" else ""
        if words is not UNSET:
            changes[by_language] = clean_each(words, chars_max) if words else UNSET
    if asked.gtin is not UNSET:
        changes["gtin"] = None if asked.gtin is None else gtin_of(asked.gtin)
    if asked.weighed is not UNSET:
        changes["weighed"] = _weighed(asked.weighed)
    if asked.components is not UNSET:
        changes["components"] = tuple((each.product, each.qty) for each in asked.components)
    if asked.gift is not UNSET:
        changes["gift"] = _pair(asked.gift)
    return changes


def _weighed(asked: WeighedRequest | None) -> Weighed | None:
    return None if asked is None else Weighed(grams=asked.grams, per_kg_minor=asked.per_kg_minor)


def _pair(asked: ProductQty | None) -> tuple[str, int] | None:
    return None if asked is None else (asked.product, asked.qty)


def checked(draft: Draft) -> Draft:
    """The draft, if it makes sense by itself. Raises BadRequest, which names the field."""
    if draft.list_price_minor is not None and draft.list_price_minor <= draft.price_minor:
        raise BadRequest("list_price_minor: a struck-through price is above the price.")
    if draft.weighed is not None:
        top_minor = price_of(draft.weighed)
        if draft.components:
            raise BadRequest("weighed: a bundle is not sold by weight.")
        if draft.price_minor > top_minor:
            raise BadRequest(
                f"weighed: {draft.weighed.grams} g at that price for a kilogram cost {top_minor}, less than the price."
            )
    names = [component for component, _ in draft.components]
    if len(set(names)) < len(names):
        raise BadRequest("components: a product may stand there once only.")
    if draft.variant_of is not None and not draft.variant:
        raise BadRequest("variant: which size or sort it is has to be said.")
    if draft.variant_of is not None and draft.components:
        raise BadRequest("variant_of: a bundle is no variant.")
    return draft


def price_of(weighed: Weighed) -> int:
    """What so many grams cost, minor units, half up."""
    return (weighed.grams * weighed.per_kg_minor + GRAMS_PER_KG // 2) // GRAMS_PER_KG


def gtin_of(text: str) -> str:
    """A GTIN with 14 digits. Raises BadRequest when its check digit is wrong (GS1 General Specifications, section 7.9)."""
    gtin = text.zfill(GTIN_DIGITS)
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(gtin[:-1]))
    if (10 - total % 10) % 10 != int(gtin[-1]):
        raise BadRequest("gtin: its check digit is wrong.")
    return gtin


def told(draft: Draft) -> dict[str, Any]:
    """Its fields, None where there is nothing."""
    return {name: None if value is UNSET else value for name, value in structs.asdict(draft).items()}


def changes_of(was: Draft, now: Draft) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is different, before and after, by field."""
    before, after = told(was), told(now)
    names = [name for name in before if before[name] != after[name]]
    return only(before, *names), only(after, *names)


def only(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Those of the fields."""
    return {name: fields[name] for name in names if name in fields}
