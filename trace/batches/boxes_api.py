"""HTTP: boxes of a batch: their serials, their labels, and the order line that each was packed for."""

import asyncio
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, get_args
from zoneinfo import ZoneInfo

from aiohttp import hdrs, web
from asyncpg import Record

from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.errors import BadRequest, NotFound
from livehub.base.http import PATH_PART_CHARS_MAX
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import PageQuery, iso
from livehub.base.moments import to_ms
from livehub.base.raw_calls import RawCall
from livehub.base.sql import queries
from livehub.people.audit import Act, record
from livehub.people.order_lines import OrderLines
from trace.batches import labels, saying, schemas, store
from trace.batches.addresses import base_of
from trace.batches.contents import Q as CONTENTS
from trace.batches.errors import (
    BatchNotFound,
    BoxesFull,
    BoxNotFound,
    BoxOfOtherProduct,
    BoxTaken,
    LinePacked,
    OrderLineNotFound,
    OrderNotToPack,
)
from trace.batches.saying import code_of
from trace.batches.settings import BatchesConfig
from trace.gs1.element_strings import scanned
from trace.gs1.errors import CodeUnreadable
from trace.log.commitments import commit_to
from trace.log.entries import append

Q = queries(__file__, "boxes.sql")

SERIAL_CHARS = 8
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # none to be taken for another; capitals, for the mode of the QR code
AHEAD_MS_MAX = 86_400_000
COPIES_MAX = 500
LABELS = "/labels/{batch}/{sheet}"
OF_LOT = "lot"  # in place of a sheet: the label of the batch itself


class BoxesApi:
    """`order_lines`: those of the shop, asked for when they are needed."""

    def __init__(
        self, core: Config, config: BatchesConfig, database: Database, order_lines: Callable[[], OrderLines | None]
    ) -> None:
        self._core = core
        self._config = config
        self._database = database
        self._order_lines = order_lines
        self._zone = ZoneInfo(core.time_zone)
        self._drawing = asyncio.Semaphore(1)  # sheets at a time, so that others still find a thread

    def endpoints(self) -> list[Endpoint]:
        steps = Permission.RECORD_STEPS
        one, boxes = "/api/batches/{batch}", "/api/boxes"
        return [
            get(f"{one}/label", self.label, may=steps, reply=schemas.BatchLabel, errors=(BatchNotFound,)),
            post(
                f"{one}/sheets", self.make, may=steps, body=schemas.BoxSheetRequest, reply=schemas.BoxSheet, status=201,
                errors=(BatchNotFound, BoxesFull),
            ),
            get(f"{one}/sheets/{{sheet}}", self.sheet, may=steps, reply=schemas.BoxSheet, errors=(NotFound,)),
            post(
                boxes, self.pack, may=steps, body=schemas.BoxRequest, reply=schemas.Box, status=201,
                errors=(
                    CodeUnreadable, BoxNotFound, BoxTaken, OrderLineNotFound, OrderNotToPack, BoxOfOtherProduct, LinePacked,
                ),
            ),
            get("/api/order-lines/{line}/boxes", self.boxes, may=steps, query=PageQuery, reply=schemas.BoxList),
        ]  # fmt: skip

    @staticmethod
    def raw_calls() -> list[RawCall]:
        """Labels to print."""
        return [
            RawCall("GET", labels.CSS_PATH, "The style sheet of labels.", {200: ("text/css",)}),
            RawCall(
                "GET", LABELS, "Labels of a sheet of boxes, or of the lot, to be printed by a browser.", {200: ("text/html",)},
                query=("k", "layout", "copies", "from"), refuses=(NotFound, BatchNotFound),
            ),
        ]  # fmt: skip

    def attach(self, app: web.Application) -> None:
        """Labels, for a browser to print: their addresses have a key, since no header goes with them."""
        app.router.add_get(labels.CSS_PATH, _css)
        app.router.add_get(LABELS, self._printed)

    # --- serials ---

    async def make(self, call: Call[schemas.BoxSheetRequest]) -> schemas.BoxSheet:
        """Make boxes of a batch: each has a serial, by chance, so that nobody can guess those of others."""
        db, batch, count = call.tx.connection, call.path["batch"], call.body.boxes
        row = await db.fetchrow(Q["lock_batch"], batch)
        if row is None:
            raise BatchNotFound
        left = self._config.batch_boxes_max - row["boxes"]
        if count > left:
            raise BoxesFull(details={"limit": self._config.batch_boxes_max, "left": left})
        id_ = ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES))
        serials = _serials(count)
        (entry,) = await append(call.tx, [saying.sheet(id_, batch, serials, call.now_ms)])
        await db.execute(Q["insert_sheet"], id_, batch, count, entry, call.now_ms, call.person.id)
        await db.execute(Q["insert_boxes"], batch, id_, serials)
        await record(
            db, [Act(type="batch_boxes", subject=batch, data={"boxes": count})], by=call.person, now_ms=call.now_ms
        )
        return self._sheet(call, id_, batch, row["gtin"], row["lot"], serials)

    async def sheet(self, call: Call[None]) -> schemas.BoxSheet:
        """Serials that were made together."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(Q["sheet"], call.path["sheet"], call.path["batch"])
        if row is None:
            raise NotFound
        return self._sheet(call, row["id"], row["batch"], row["gtin"], row["lot"], row["serials"])

    def _sheet(
        self, call: Call[Any], id_: str, batch: str, gtin: str, lot: str, serials: list[str]
    ) -> schemas.BoxSheet:
        coded = store.codes(base_of(call.request, self._core))
        codes = [coded(gtin, lot, serial) for serial in serials]
        return schemas.BoxSheet(id=id_, batch=batch, serials=serials, codes=codes, url=self.url(batch, id_))

    async def label(self, call: Call[None]) -> schemas.BatchLabel:
        """The label of a batch, and where it is to be printed from."""
        base = base_of(call.request, self._core)
        async with self._database.connection() as connection:
            row = await store.row_of(connection, call.path["batch"])
        link = code_of(row["gtin"], row["lot"])
        return schemas.BatchLabel(
            code=link.uri(base),
            printed=labels.printed(link, base),
            svg=await asyncio.to_thread(labels.svg, link, base),
            url=self.url(row["id"], OF_LOT),
        )

    # --- packing ---

    async def pack(self, call: Call[schemas.BoxRequest]) -> schemas.Box:
        """Pack a box for an order line. For the same line once more it changes nothing."""
        body, db = call.body, call.tx.connection
        link = scanned(body.code).link
        code = (link.value("01"), link.value("10"), link.value("21"))
        box = await db.fetchrow(Q["box_for_update"], *code)
        if box is None:
            raise BoxNotFound
        if box["order_line"] not in (None, body.order_line):
            raise BoxTaken
        if box["order_line"] is None:
            packed_ms = call.now_ms if body.at is None else to_ms(body.at, self._zone, "at")
            if packed_ms > call.now_ms + AHEAD_MS_MAX:
                raise BadRequest("at: this is more than a day ahead.")
            buyer = await self._check_fits(db, body.order_line, box["product"])
            committed = await commit_to(call.tx, buyer, body.order_line)
            said = saying.packed(box["batch"], box["serial"], packed_ms, committed, call.now_ms)
            (entry,) = await append(call.tx, [said])
            await db.execute(
                Q["pack"], box["batch"], box["serial"], body.order_line, packed_ms, call.person.id, committed, entry
            )
            act = Act(type="box_packed", subject=box["batch"], data={"serial": box["serial"], "line": body.order_line})
            await record(db, [act], by=call.person, now_ms=call.now_ms)
        return self._box(call, await db.fetchrow(Q["box"], *code))

    async def _check_fits(self, connection: Connection, order_line: str, product: str) -> str:
        """Whose order line it is, which one more box of that product may be packed for: the line stays locked. Raises
        OrderLineNotFound, OrderNotToPack, BoxOfOtherProduct, LinePacked.
        """
        lines = self._order_lines()
        line = None if lines is None else await lines.held(connection, order_line)
        if line is None:
            raise OrderLineNotFound
        if not line.is_to_pack:
            raise OrderNotToPack(details={"state": line.state})
        limit = line.units.get(product)
        if limit is None:
            raise BoxOfOtherProduct(details={"product": product})
        if await connection.fetchval(CONTENTS["packed_for"], order_line, product) >= limit:
            raise LinePacked(details={"limit": limit})
        return line.buyer

    async def boxes(self, call: Call[None]) -> schemas.BoxList:
        """The boxes that were packed for an order line."""
        most = call.query.most(self._core.lists_max)
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["of_order_line"], call.path["line"], most)
        return schemas.BoxList(items=[self._box(call, row) for row in rows])

    def _box(self, call: Call[Any], row: Any) -> schemas.Box:
        coded = store.codes(base_of(call.request, self._core))
        return schemas.Box(
            batch=row["batch"],
            lot=row["lot"],
            serial=row["serial"],
            code=coded(row["gtin"], row["lot"], row["serial"]),
            order_line=row["order_line"],
            packed_at=iso(row["packed_ms"]),
            leaf=row["leaf"],
        )

    # --- labels ---

    def _key(self, batch: str, sheet: str) -> str:
        return hmac.new(self._core.secret.encode(), f"labels\0{batch}\0{sheet}".encode(), sha256).hexdigest()[:32]

    def url(self, batch: str, sheet: str) -> str:
        """Where a sheet is to be printed from, by whoever has the address."""
        return LABELS.format(batch=batch, sheet=sheet) + f"?k={self._key(batch, sheet)}"

    async def _printed(self, request: web.Request) -> web.Response:
        batch, sheet, layout = (
            request.match_info["batch"],
            request.match_info["sheet"],
            request.query.get("layout", "a4"),
        )
        is_short = max(len(batch), len(sheet)) <= PATH_PART_CHARS_MAX and "\0" not in batch + sheet
        given = request.query.get("k", "").encode("utf-8", "replace")
        if not is_short or not hmac.compare_digest(self._key(batch, sheet).encode(), given):
            raise NotFound
        if layout not in get_args(labels.Layout):
            raise BadRequest("layout: a4 or single.")
        row, serials = await self._of_labels(batch, sheet, request)
        most, first = self._config.label_sheet_max, _number(request, "from", default=0, least=0, most=len(serials) - 1)
        rest = [
            (str(request.rel_url.update_query({"from": at})), f"{at + 1}-{min(at + most, len(serials))}")
            for at in range(0, len(serials), most)
            if at != first
        ]
        made_on = datetime.fromtimestamp(row["made_ms"] / 1000, self._zone).date().isoformat()
        shown = [
            labels.Label(
                link=code_of(row["gtin"], row["lot"], serial),
                lines=tuple(line for line in (row["lot"], serial or "", row["place_name"], made_on) if line),
            )
            for serial in serials[first : first + most]
        ]
        base = base_of(request, self._core)
        async with self._drawing:
            draw = partial(labels.sheet, shown, base, layout=layout, title=row["lot"], rest=rest)  # type: ignore[arg-type]
            text = await asyncio.to_thread(draw)
        headers = {hdrs.CACHE_CONTROL: "no-store", "Referrer-Policy": "no-referrer"}
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=headers)

    async def _of_labels(self, batch: str, sheet: str, request: web.Request) -> tuple[Record, list[str | None]]:
        """The batch, and a serial for each label. Raises NotFound."""
        async with self._database.connection() as connection:
            if sheet == OF_LOT:
                copies = _number(request, "copies", default=1, least=1, most=COPIES_MAX)
                return await store.row_of(connection, batch), [None] * copies
            row = await connection.fetchrow(Q["sheet"], sheet, batch)
        if row is None:
            raise NotFound
        return row, list(row["serials"])


async def _css(_request: web.Request) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-cache"}
    return web.Response(text=labels.CSS, content_type="text/css", charset="utf-8", headers=headers)


def _number(request: web.Request, name: str, *, default: int, least: int, most: int) -> int:
    """Out of the query. Raises BadRequest."""
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= 6 and least <= int(text) <= most):
        raise BadRequest(f"{name}: {least} to {most}.")
    return int(text)


def _serials(count: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < count:  # of 2**40 there are enough
        made["".join(_ALPHABET[byte & 31] for byte in secrets.token_bytes(SERIAL_CHARS))] = None
    return list(made)
