"""Writes products: checks that need the database, the new state, the history of its price, and what the audit log has of it.

What is checked is what somebody changes. A product of before these checks stays as it is while only its price, stock or
pictures change; who writes its words anew, changes its certificates, or puts it back on sale, answers for all of them.
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from asyncpg import Record, UniqueViolationError
from msgspec import UNSET, Struct

from commerce.catalogue import certificates, claims, drafts, prices
from commerce.catalogue.certificates import OnFile
from commerce.catalogue.drafts import Draft
from commerce.catalogue.errors import ClaimUnproven, ProductNotFound, SkuTaken, WordsFlagged
from commerce.catalogue.events import ProductChanged
from commerce.catalogue.prices import Offer
from commerce.catalogue.product_schemas import CertificateRequest, ProductEdit, ProductRequest
from commerce.catalogue.selling import Weighed
from livehub.base.auth import Identity
from livehub.base.db import Connection, Transaction
from livehub.base.errors import BadRequest, VersionStale
from livehub.base.events import emit
from livehub.base.sql import queries
from livehub.base.text import one_line
from livehub.base.uploads.uses import picture
from livehub.hub.rooms.actions import Action, record
from livehub.room.models import words_of

Q = queries(__file__, "editing.sql")

PRICE_FIELDS = ("price_minor", "list_price_minor", "currency", "weighed")


class Known(Struct, frozen=True, kw_only=True):
    """A product as it is stored, its row locked."""

    draft: Draft
    version: int
    flags_seen: tuple[str, ...]


class ProductEditing:
    """`list_price_days`: how far back the history of a struck-through price goes."""

    def __init__(self, zone: ZoneInfo, list_price_days: int) -> None:
        self._zone = zone
        self._list_price_days = list_price_days

    async def create(
        self, tx: Transaction, product: str, request: ProductRequest, *, by: Identity, now_ms: int
    ) -> None:
        """Add a product. Raises what is wrong with it."""
        db = tx.connection
        images = await _images(db, request, by=by, now_ms=now_ms) or ()
        draft = drafts.new(request, images)
        on_file = await _on_file(db, request.certificates, by=by, now_ms=now_ms)
        await _check_others(db, product, draft)
        seen = self._check_words(draft, on_file, request.flags_seen, now_ms=now_ms)
        await prices.check_struck(
            db, product, _offer(draft), was=None, days=self._list_price_days, now_ms=now_ms
        )  # fmt: skip
        await _write(tx, Q["insert_product"], product, draft, seen, now_ms=now_ms)
        await prices.changed(db, product, draft.price_minor, draft.currency, now_ms=now_ms)
        await certificates.replace(db, product, on_file, now_ms=now_ms)
        after = drafts.only(drafts.told(draft), *PRICE_FIELDS, "sku", "is_on_sale")
        actions = [Action(type="product_create", subject=product, after=after, data={"title": draft.title})]
        if on_file or seen:
            actions.append(_claims_action(product, draft, ([], ()), (on_file, seen)))
        await record(db, None, actions, by=by, now_ms=now_ms)

    async def edit(self, tx: Transaction, product: str, edit: ProductEdit, *, by: Identity, now_ms: int) -> None:
        """Change a product. Raises ProductNotFound, VersionStale, and what is wrong with it."""
        db = tx.connection
        known = await _locked(db, product)
        if edit.version != known.version:
            raise VersionStale(details={"version": known.version})
        was = known.draft
        draft = drafts.edited(was, edit, await _images(db, edit, by=by, now_ms=now_ms))
        was_on_file = await certificates.of_product(db, product)
        on_file = was_on_file
        if edit.certificates is not UNSET:
            on_file = await _on_file(db, edit.certificates, by=by, now_ms=now_ms)
        if (draft.components, draft.gift, draft.variant_of, draft.sku) != (
            was.components, was.gift, was.variant_of, was.sku,
        ):  # fmt: skip
            await _check_others(db, product, draft)
        seen = known.flags_seen
        is_reworded = draft.texts() != was.texts() or edit.flags_seen is not UNSET
        if is_reworded or on_file != was_on_file or (draft.is_on_sale and not was.is_on_sale):
            given = () if edit.flags_seen is UNSET else edit.flags_seen
            seen = self._check_words(draft, on_file, (*known.flags_seen, *given), now_ms=now_ms)
        if _offer(draft) != _offer(was):
            await prices.check_struck(
                db, product, _offer(draft), was=_offer(was), days=self._list_price_days, now_ms=now_ms
            )  # fmt: skip
        if (draft, on_file, seen) == (was, was_on_file, known.flags_seen):
            return
        await _write(tx, Q["update_product"], product, draft, seen, now_ms=now_ms)
        if draft != was:
            await emit(tx, ProductChanged(product=product), key=product)
        await prices.changed(db, product, draft.price_minor, draft.currency, now_ms=now_ms)
        await certificates.replace(db, product, on_file, now_ms=now_ms)
        actions = _edit_actions(product, was, draft)
        if (on_file, seen) != (was_on_file, known.flags_seen):
            actions.append(_claims_action(product, draft, (was_on_file, known.flags_seen), (on_file, seen)))
        await record(db, None, actions, by=by, now_ms=now_ms)

    def _check_words(
        self, draft: Draft, on_file: Sequence[OnFile], seen: Sequence[str], *, now_ms: int
    ) -> tuple[str, ...]:
        """The flagged words that somebody has answered for. Raises ClaimUnproven, WordsFlagged."""
        texts = draft.texts()
        kinds = certificates.kinds_of(on_file, certificates.day_of(now_ms, self._zone))
        if unproven := claims.unproven(claims.claims_in(texts), kinds):
            raise ClaimUnproven(details={"claims": unproven, "field": unproven[0].field})
        flags = claims.flags_in(texts)
        if unseen := claims.unseen(flags, seen):
            raise WordsFlagged(details={"flags": unseen, "field": unseen[0].field})
        return tuple(dict.fromkeys(claims.canonical(flag.word) for flag in flags))


def _offer(draft: Draft) -> Offer:
    return Offer(
        price_minor=draft.price_minor, list_price_minor=draft.list_price_minor, currency=draft.currency
    )  # fmt: skip


async def _images(
    db: Connection, asked: ProductRequest | ProductEdit, *, by: Identity, now_ms: int
) -> list[str] | None:
    """The addresses of the pictures; None when nothing is said of them. Raises UploadNotFound."""
    given = asked.images
    if given is UNSET or given is None:
        if asked.image is UNSET:
            return None
        given = [] if asked.image is None else [asked.image]
    found = [
        await picture(db, each, by=by, used_as="product", field=f"images.{at}", now_ms=now_ms)
        for at, each in enumerate(given)
    ]
    return list(dict.fromkeys(address for address in found if address))


async def _on_file(db: Connection, asked: Sequence[CertificateRequest], *, by: Identity, now_ms: int) -> list[OnFile]:
    found: dict[OnFile, None] = {}
    for at, each in enumerate(asked):
        address = await picture(
            db, each.picture, by=by, used_as="certificate", field=f"certificates.{at}.picture", now_ms=now_ms
        )
        assert address is not None
        found[OnFile(kind=each.kind, picture=address, number=one_line(each.number), valid_until=each.valid_until)] = (
            None
        )
    return list(found)


async def _check_others(db: Connection, product: str, draft: Draft) -> None:
    """Other products that this one names. Raises ProductNotFound, BadRequest, SkuTaken."""
    parts = [(f"components.{at}.product", component) for at, (component, _) in enumerate(draft.components)]
    if draft.gift is not None:
        parts.append(("gift.product", draft.gift[0]))
    named = [*parts, *([] if draft.variant_of is None else [("variant_of", draft.variant_of)])]
    rows = {row["id"]: row for row in await db.fetch(Q["lock_others"], [id_ for _, id_ in named])}
    for field, id_ in named:
        if id_ == product:
            raise BadRequest("A product is no part of itself.", details={"field": field})
        if id_ not in rows:
            raise ProductNotFound(details={"field": field})
    for field, id_ in parts:
        if rows[id_]["is_bundle"]:
            raise BadRequest("A bundle cannot be part of another product.", details={"field": field})
    if draft.components and await db.fetchval(Q["is_part"], product):
        raise BadRequest("components: it is part of another product, so it cannot be a bundle.")
    if draft.variant_of is not None:
        if rows[draft.variant_of]["variant_of"] is not None:
            raise BadRequest("variant_of: that product is a variant itself.")
        if await db.fetchval(Q["has_variants"], product):
            raise BadRequest("variant_of: it has variants of its own.")
    if draft.sku is not None and (other := await db.fetchval(Q["sku_of"], draft.sku, product)):
        raise SkuTaken(details={"product": other, "field": "sku"})


async def _locked(db: Connection, product: str) -> Known:
    row = await db.fetchrow(Q["product_for_update"], product)
    if row is None:
        raise ProductNotFound
    parts = await db.fetch(Q["components"], product)
    draft = draft_of(row, tuple((part["component"], part["qty"]) for part in parts))
    return Known(draft=draft, version=row["version"], flags_seen=tuple(row["flags_seen"]))


def draft_of(row: Record, components: tuple[tuple[str, int], ...]) -> Draft:
    """What staff wrote of a product, out of its row."""
    same = (
        "farm", "title", "subtitle", "price_minor", "list_price_minor", "currency", "unit", "sku", "gtin", "variant_of",
        "variant", "is_on_sale",
    )  # fmt: skip
    fields: dict[str, Any] = {name: row[name] for name in same}
    fields |= {name: words_of(row[name]) for name in ("titles", "subtitles", "unit_names", "variant_names")}
    grams, gift = row["weighed_grams"], row["gift"]
    return Draft(
        images=tuple(row["images"]),
        weighed=None if grams is None else Weighed(grams=grams, per_kg_minor=row["weighed_per_kg_minor"]),
        components=components,
        gift=None if gift is None else (gift, row["gift_qty"]),
        **fields,
    )


async def _write(tx: Transaction, query: str, product: str, draft: Draft, seen: Sequence[str], *, now_ms: int) -> None:
    kinds = sorted({claim.kind for claim in claims.claims_in(draft.texts())})
    weighed, gift = draft.weighed, draft.gift
    words = (None if each is UNSET else each for each in (draft.titles, draft.subtitles, draft.unit_names))
    variant_names = None if draft.variant_names is UNSET else draft.variant_names
    try:
        async with tx.savepoint():
            await tx.connection.execute(
                query, product, draft.farm, draft.title, draft.subtitle, list(draft.images), draft.price_minor,
                draft.list_price_minor, draft.currency, draft.unit, *words, draft.sku, draft.gtin, draft.variant_of,
                draft.variant, variant_names, None if weighed is None else weighed.grams,
                None if weighed is None else weighed.per_kg_minor, *((None, None) if gift is None else gift),
                draft.is_on_sale, list(seen), kinds, now_ms,
            )  # fmt: skip
    except UniqueViolationError as error:  # somebody else was quicker
        raise SkuTaken(details={"field": "sku"}) from error
    await tx.connection.execute(Q["delete_components"], product)
    ids, qtys = [component for component, _ in draft.components], [qty for _, qty in draft.components]
    await tx.connection.execute(Q["insert_components"], product, ids, qtys)


def _edit_actions(product: str, was: Draft, now: Draft) -> list[Action]:
    before, after = drafts.changes_of(was, now)
    groups = {
        "product_price": PRICE_FIELDS,
        "product_on_sale" if now.is_on_sale else "product_off_sale": ("is_on_sale",),
    }
    grouped = {name for names in groups.values() for name in names}
    groups["product_edit"] = tuple(name for name in before if name not in grouped)
    return [
        Action(
            type=type_, subject=product, before=drafts.only(before, *names), after=drafts.only(after, *names),
            data={"title": now.title},
        )
        for type_, names in groups.items()
        if drafts.only(before, *names)
    ]  # fmt: skip


def _claims_action(
    product: str,
    draft: Draft,
    was: tuple[Sequence[OnFile], Sequence[str]],
    now: tuple[Sequence[OnFile], Sequence[str]],
) -> Action:
    before, after = (
        {"certificates": [(each.kind, each.number, each.valid_until) for each in on_file], "flags_seen": list(seen)}
        for on_file, seen in (was, now)
    )
    return Action(type="product_claims", subject=product, before=before, after=after, data={"title": draft.title})
