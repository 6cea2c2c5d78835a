"""HTTP: the catalogue. Buyers see one product at a time, as long as it is on sale; staff see, list and write them all."""

import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from asyncpg import Record
from msgspec import UNSET, UnsetType

from commerce.catalogue import certificates, claims, product_schemas
from commerce.catalogue import errors as refusals
from commerce.catalogue.editing import ProductEditing
from commerce.catalogue.prices import Q as PRICES
from commerce.catalogue.products import Q, StockOfProducts
from commerce.catalogue.schemas import ListedProduct, ProductList, ProductQty
from commerce.catalogue.selling import Weighed
from commerce.list_cells import amount, headings
from livehub.base import csv
from livehub.base.auth import Identity, Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, TextEmpty, TextTooLong, VersionStale
from livehub.base.lists import PageQuery, iso, page
from livehub.base.streamed import Streamed
from livehub.base.uploads.errors import UploadNotFound
from livehub.people import list_files
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles
from livehub.room.models import words_of

COLUMNS = (
    "id", "sku", "gtin", "title", "title_zh", "title_en", "variant", "farm", "unit", "price_minor", "list_price_minor",
    "currency", "weighed_grams", "per_kg_minor", "on_sale", "on_hand", "held", "sold", "unproven",
)  # fmt: skip
SINCE = re.compile(r"[0-9]{1,18}")

Stock = Mapping[str, tuple[int, int, int]]


class CatalogueApi:
    def __init__(
        self,
        config: Config,
        zone: ZoneInfo,
        database: Database,
        stock: Callable[[], StockOfProducts | None],
        editing: ProductEditing,
        files: ListFiles,
    ) -> None:
        """`stock`: asked for when it is needed, since its module comes later; None: nobody counts."""
        self._lists_max = config.lists_max
        self._zone = zone
        self._database = database
        self._stock = stock
        self._editing = editing
        self._files = files

    def endpoints(self) -> Sequence[Endpoint]:
        run, edit = Permission.RUN_SHOWS, Permission.EDIT_PRICES
        one = "/api/products/{product}"
        wrong = (
            refusals.ProductNotFound, refusals.ClaimUnproven, refusals.WordsFlagged, refusals.ListPriceUnproven,
            refusals.SkuTaken, UploadNotFound, TextEmpty, TextTooLong,
        )  # fmt: skip
        schemas = product_schemas
        return [
            get(
                "/api/products", self.products, reply=ProductList, may=run, of_no_room=True, query=schemas.ProductQuery
            ),
            post(
                "/api/products", self.create, may=edit, body=schemas.ProductRequest, reply=schemas.ProductPage,
                status=201, errors=wrong,
            ),
            get(one, self.product, reply=schemas.ProductPage, errors=(refusals.ProductNotFound,)),
            get(
                "/api/batch-products", self.of_batches, may=Permission.RECORD_STEPS, query=PageQuery,
                reply=schemas.BatchProducts,
            ),
            post(
                one, self.edit, may=edit, body=schemas.ProductEdit, reply=schemas.ProductPage,
                errors=(*wrong, VersionStale), method="PATCH",
            ),
            get(
                f"{one}/prices", self.prices, may=run, of_no_room=True, query=PageQuery, reply=schemas.PriceHistory,
                errors=(refusals.ProductNotFound,),
            ),
            post(
                "/api/claims", self.look_at_words, may=run, of_no_room=True, body=schemas.WordsRequest,
                reply=schemas.FoundWords, writes=False,
            ),
        ]  # fmt: skip

    # --- one ---

    async def product(self, call: Call[None]) -> product_schemas.ProductPage:
        """A product; for buyers, as long as it is on sale."""
        async with self._database.connection() as connection:
            return await self._page(connection, call.path["product"], call.identity, call.now_ms)

    async def of_batches(self, call: Call[None]) -> product_schemas.BatchProducts:
        """What a batch can be of: products, by their ids."""
        most = call.query.most(self._lists_max)
        async with self._database.connection() as connection:
            rows, has_more = page(await connection.fetch(Q["of_batches"], call.query.after, most + 1), most)
        items = [
            product_schemas.BatchProduct(
                id=row["id"], title=row["title"], titles=words_of(row["titles"]), unit=row["unit"], gtin=row["gtin"]
            )
            for row in rows
        ]
        return product_schemas.BatchProducts(items=items, next=rows[-1]["id"] if has_more else None)

    async def create(self, call: Call[product_schemas.ProductRequest]) -> product_schemas.ProductPage:
        """Add a product."""
        product = call.keyed_id()
        await self._editing.create(call.tx, product, call.body, by=call.person, now_ms=call.now_ms)
        return await self._page(call.tx.connection, product, call.person, call.now_ms)

    async def edit(self, call: Call[product_schemas.ProductEdit]) -> product_schemas.ProductPage:
        """Change a product, as long as nobody else has since it was read."""
        product = call.path["product"]
        await self._editing.edit(call.tx, product, call.body, by=call.person, now_ms=call.now_ms)
        return await self._page(call.tx.connection, product, call.person, call.now_ms)

    async def look_at_words(self, call: Call[product_schemas.WordsRequest]) -> product_schemas.FoundWords:
        """Say which words want a certificate, and which advertising may not use."""
        body = call.body
        texts = claims.texts_of(**{name: getattr(body, name) for name in body.__struct_fields__})
        return product_schemas.FoundWords(claims=claims.claims_in(texts), flags=claims.flags_in(texts))

    async def prices(self, call: Call[None]) -> product_schemas.PriceHistory:
        """What a product was offered for, latest first."""
        product, query = call.path["product"], call.query
        if query.after is not None and not SINCE.fullmatch(query.after):
            raise BadRequest("after: this is no `next` of ours.")
        most = query.most(self._lists_max)
        async with self._database.connection() as connection:
            if await connection.fetchrow(Q["product"], product) is None:
                raise refusals.ProductNotFound
            after = None if query.after is None else int(query.after)
            rows, has_more = page(await connection.fetch(PRICES["prices"], product, most + 1, after), most)
        items = [
            product_schemas.PastPrice(
                price_minor=row["price_minor"], currency=row["currency"], from_at=iso(row["from_ms"]),
                until_at=iso(row["until_ms"]), sale=row["sale"],
            )
            for row in rows
        ]  # fmt: skip
        return product_schemas.PriceHistory(items=items, next=str(rows[-1]["id"]) if has_more else None)

    async def _page(
        self, connection: Connection, product: str, by: Identity | None, now_ms: int
    ) -> product_schemas.ProductPage:
        row = await connection.fetchrow(Q["product"], product)
        is_staff = by is not None and by.may(Permission.RUN_SHOWS)
        if row is None or not (row["is_on_sale"] or is_staff):
            raise refusals.ProductNotFound
        parts = await connection.fetch(Q["parts"], product)
        kind = await connection.fetch(Q["variants"], row["variant_of"] or product)
        today = certificates.day_of(now_ms, self._zone)
        on_file = certificates.told(await certificates.of_product(connection, product), today)
        same: dict[str, Any] = {name: row[name] for name in SAME}
        return product_schemas.ProductPage(
            images=list(row["images"]),
            weighed=_weighed(row),
            components=[_part(part) for part in parts if not part["is_gift"]],
            gift=next((_part(part) for part in parts if part["is_gift"]), None),
            certificates=[each for each in on_file if each.holds],
            variants=[_variant(each) for each in kind if each["is_on_sale"] or is_staff] if len(kind) > 1 else [],
            staff=await self._for_staff(connection, row, parts, on_file) if is_staff else UNSET,
            **same,
            **_words(row),
        )

    async def _for_staff(
        self,
        connection: Connection,
        row: Record,
        parts: Sequence[Record],
        on_file: list[product_schemas.Certificate],
    ) -> product_schemas.ProductForStaff:
        components = [(part["id"], part["qty"]) for part in parts if not part["is_gift"]]
        stock = await self._units(connection, [row["id"], *(component for component, _ in components)])
        on_hand, held, sold = _standing(row["id"], components, stock)
        kinds = {each.kind for each in on_file if each.holds}
        return product_schemas.ProductForStaff(
            flags_seen=list(row["flags_seen"]),
            claims=list(row["claims"]),
            unproven=[kind for kind in row["claims"] if kind not in kinds],
            certificates=on_file,
            on_hand=on_hand,
            held=held,
            sold=sold,
            created_at=iso(row["created_ms"]) or "",
            changed_at=iso(row["changed_ms"] or row["created_ms"]) or "",
        )

    async def _units(self, connection: Connection, products: Sequence[str]) -> Stock:
        stock = self._stock()
        return {} if stock is None else await stock.of_products(connection, products)

    # --- the list ---

    async def products(self, call: Call[None]) -> ProductList | Streamed:
        """The products that can be pinned, and how many there are; with `Accept: text/csv` all of them as a file."""
        query = call.query
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "products", headings(COLUMNS), self._pages(query, call.now_ms))
        most = query.most(self._lists_max)
        found, has_more = page(await self._found(query, query.after, most + 1, call.now_ms), most)
        return ProductList(products=found, next=found[-1].id if has_more else None)

    async def _found(
        self, query: product_schemas.ProductQuery, after: str | None, most: int, now_ms: int
    ) -> list[ListedProduct]:
        words = unicodedata.normalize("NFKC", query.q).lower().split()
        is_on_sale = {"on": True, "off": False}.get(query.state)
        today: date = certificates.day_of(now_ms, self._zone)
        async with self._database.connection() as connection:
            rows = await connection.fetch(
                Q["products"], words, is_on_sale, query.state == "unproven", after, most, today, query.newest
            )
            wanted = {row["id"] for row in rows} | {each for row in rows for each in row["components"]}
            stock = await self._units(connection, list(wanted))
        return [_listed(row, stock) for row in rows]

    async def _pages(
        self, query: product_schemas.ProductQuery, now_ms: int
    ) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        after: str | None = None
        while True:
            found = await self._found(query, after, ROWS_PER_QUERY, now_ms)
            yield [_cells(each) for each in found]
            if len(found) < ROWS_PER_QUERY:
                return
            after = found[-1].id


SAME = (
    "id", "version", "farm", "title", "subtitle", "image", "price_minor", "list_price_minor", "currency", "unit", "sku",
    "gtin", "is_on_sale", "variant_of", "variant",
)  # fmt: skip


def _words(row: Record) -> dict[str, Any]:
    return {name: words_of(row[name]) for name in ("titles", "subtitles", "unit_names", "variant_names")}


def _weighed(row: Record) -> Weighed | None:
    grams: int | None = row["weighed_grams"]
    return None if grams is None else Weighed(grams=grams, per_kg_minor=row["weighed_per_kg_minor"])


def _part(row: Record) -> product_schemas.PartOfProduct:
    return product_schemas.PartOfProduct(
        product=row["id"], qty=row["qty"], title=row["title"], unit=row["unit"], image=row["image"],
        titles=words_of(row["titles"]), unit_names=words_of(row["unit_names"]),
    )  # fmt: skip


def _variant(row: Record) -> product_schemas.Variant:
    return product_schemas.Variant(
        product=row["id"], variant=row["variant"], price_minor=row["price_minor"], currency=row["currency"],
        is_on_sale=row["is_on_sale"], variant_names=words_of(row["variant_names"]),
    )  # fmt: skip


def _standing(product: str, components: Sequence[tuple[str, int]], stock: Stock) -> tuple[int, int, int]:
    """(on hand, held, sold); of a bundle there are as many on hand as its components are free for."""
    if not components:
        return stock.get(product, (0, 0, 0))
    free = [(stock.get(component, (0, 0, 0)), qty) for component, qty in components]
    return min((on_hand - held - sold) // qty for (on_hand, held, sold), qty in free), 0, 0


def _listed(row: Record, stock: Stock) -> ListedProduct:
    components = list(zip(row["components"], row["qtys"], strict=True))
    on_hand, held, sold = _standing(row["id"], components, stock)
    same: dict[str, Any] = {name: row[name] for name in SAME}
    gift: str | None = row["gift"]
    return ListedProduct(
        images=list(row["images"]),
        weighed=_weighed(row),
        components=[ProductQty(product=component, qty=qty) for component, qty in components],
        gift=None if gift is None else ProductQty(product=gift, qty=row["gift_qty"]),
        unproven=[kind for kind in row["claims"] if kind not in row["kinds"]],
        on_hand=on_hand,
        held=held,
        sold=sold,
        **same,
        **_words(row),
    )


def _cells(each: ListedProduct) -> Sequence[csv.Cell]:
    titles = {} if isinstance(each.titles, UnsetType) else each.titles
    weighed = (
        (None, None) if each.weighed is None else (each.weighed.grams, amount(each.weighed.per_kg_minor, each.currency))
    )
    return (
        each.id, each.sku, each.gtin, each.title, titles.get("zh"), titles.get("en"), each.variant, each.farm, each.unit,
        amount(each.price_minor, each.currency), amount(each.list_price_minor, each.currency), each.currency, *weighed,
        each.is_on_sale, each.on_hand, each.held, each.sold, " ".join(each.unproven),
    )  # fmt: skip
