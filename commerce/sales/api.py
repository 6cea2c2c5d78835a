"""HTTP: sales of rooms. Each change asks the stock engine first, then writes the row and tells the room, in one transaction.

A crash in between leaves the engine ahead of the row. The same request under the same Idempotency-Key completes it: the id of a
sale is made of who asked, the key and the body, and the engine takes what it knows already as it is.
"""

import secrets
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from commerce.catalogue.errors import BatchGone, BatchOfOtherProduct, BatchUnknown, ProductNotFound, ProductOffSale
from commerce.catalogue.food import BatchesAsked, check_batch
from commerce.catalogue.products import card_of
from commerce.flashsale import codes
from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Adjust, Done, Put, Refused, Resource, Watch, Watched
from commerce.list_cells import cells, headings
from commerce.sales import schemas, store
from commerce.sales.announcements import Announcements
from commerce.sales.answers import expected, name_of
from commerce.sales.errors import AboveStock, SaleClosed, SaleNotFound
from commerce.sales.lines import quota, stock
from commerce.sales.rates import AskedRates
from commerce.sales.settings import SalesConfig
from commerce.sales.times import window
from livehub.base import csv
from livehub.base.auth import Permission
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.errors import BadRequest, Unavailable, VersionStale
from livehub.base.lists import page
from livehub.base.streamed import Streamed
from livehub.hub.rooms.log import LockedRoom, room_exists
from livehub.hub.rooms.schemas import Nothing, Placed
from livehub.people import list_files
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles
from livehub.room.errors import RoomNotFound
from livehub.room.models import Card

RETRY_AFTER_MS = 100
KEY_BYTES = 8
COLUMNS = (
    "id", "product", "title", "state", "price_minor", "currency", "units", "held", "sold", "left", "per_person_max", "coupons",
    "batch", "opens_at", "closes_at",
)  # fmt: skip


class SalesApi:
    def __init__(
        self,
        config: SalesConfig,
        zone: ZoneInfo,
        database: Database,
        announcements: Announcements,
        client: StockClient,
        files: ListFiles,
        *,
        food: BatchesAsked,
    ) -> None:
        self._config = config
        self._zone = zone
        self._database = database
        self._announcements = announcements
        self._client = client
        self._files = files
        self._food = food
        self._rates = AskedRates(config.sales_known_max)

    def endpoints(self) -> list[Endpoint]:
        run = Permission.RUN_SHOWS
        sale, of_room = "/api/sales/{sale}", "/api/rooms/{room}/sales"
        changed = (SaleNotFound, Unavailable)
        return [
            post(
                of_room, self.create, may=run, body=schemas.SaleRequest, reply=schemas.SalePlaced, status=201,
                errors=(
                    RoomNotFound, ProductNotFound, ProductOffSale, AboveStock, Unavailable, BatchUnknown, BatchOfOtherProduct,
                    BatchGone,
                ),
            ),
            get(of_room, self.list, reply=schemas.SaleList, query=schemas.SalesQuery, errors=(RoomNotFound,)),
            get(sale, self.sale, reply=schemas.Sale, errors=(SaleNotFound,)),
            post(
                sale, self.change, may=run, body=schemas.SaleEdit, reply=schemas.SalePlaced, method="PATCH",
                errors=(*changed, SaleClosed, AboveStock, VersionStale),
            ),
            post(
                f"{sale}/open", self.open, may=run, body=Nothing, reply=schemas.SalePlaced, errors=(*changed, SaleClosed)
            ),
            post(f"{sale}/close", self.close, may=run, body=Nothing, reply=schemas.SalePlaced, errors=changed),
            delete(sale, self.remove, may=run, reply=Placed, errors=changed),
            get(f"{sale}/figures", self.figures, reply=schemas.SaleFigures, may=run, errors=changed),
        ]  # fmt: skip

    # --- changes ---

    async def create(self, call: Call[schemas.SaleRequest]) -> schemas.SalePlaced:
        """Put units of a product on sale in the room."""
        db, room_id = call.tx.connection, call.path["room"]
        await room_exists(db, room_id)
        shown = await card_of(db, call.body.product, on_sale=True)
        row = self._new(call, room_id, shown)
        is_new = not await store.is_known(db, row.id)  # else it may have been closed since
        if is_new:
            if row.batch is not None:
                products = {row.product, *(product for product, _ in row.takes)}
                await check_batch(db, self._food(), row.batch, products)
            for product, _ in row.takes:
                await self._ask(Put(Resource(id=stock(product), units=0)))
            await self._ask(row.offer(call.now_ms))
        room = await self._announcements.lock_room(call.tx, room_id, by=call.person)
        if is_new:
            await store.insert(db, row, by=call.person.id, now_ms=call.now_ms)
            await self._announcements.created(room, row, shown, now_ms=call.now_ms)
        return await self._placed(call, room, row.id)

    def _new(self, call: Call[schemas.SaleRequest], room: str, shown: Card) -> store.SaleRow:
        body = call.body
        if shown.currency is None:
            raise BadRequest("product: its price has no currency.")
        opens_ms, closes_ms = window(body.opens_at, body.closes_at, self._zone, now_ms=call.now_ms)
        return store.SaleRow(
            id=call.keyed_id(),
            room=room,
            product=body.product,
            price_minor=body.price_minor,
            currency=shown.currency,
            units=body.units,
            per_person_max=body.per_person_max,
            opens_ms=opens_ms,
            closes_ms=closes_ms,
            coupons=body.coupons,
            batch=body.batch,
            components=shown.components or None,
            opened_ms=call.now_ms if opens_ms is not None and opens_ms <= call.now_ms else None,
        )

    async def open(self, call: Call[Nothing]) -> schemas.SalePlaced:
        """Open a sale now; one that is open stays so."""
        row = await store.locked(call.tx.connection, call.path["sale"])
        state = row.state(call.now_ms)
        if state == "closed":
            raise SaleClosed("This sale is over.")
        if state == "scheduled":
            row = msgspec.structs.replace(row, opens_ms=call.now_ms)
            await self._ask(row.offer(call.now_ms))
        # One that has opened by itself, and was not told of yet, was not opened by whoever asks.
        opener = call.person if state == "scheduled" else None
        room = await self._announcements.lock_room(call.tx, row.room, by=opener)
        if row.opened_ms is None:
            by = None if opener is None else opener.id
            await self._announcements.opened(room, row, by=by, now_ms=call.now_ms)
        return await self._placed(call, room, row.id)

    async def change(self, call: Call[schemas.SaleEdit]) -> schemas.SalePlaced:
        """Change the units, the limit or the end of a sale that is not over."""
        db = call.tx.connection
        was = await store.locked(db, call.path["sale"])
        if was.version != call.body.version:
            raise VersionStale(details={"version": was.version})
        if was.state(call.now_ms) == "closed":
            raise SaleClosed("This sale is over.")
        row = store.edited(was, call.body, self._zone, now_ms=call.now_ms)
        # Even if nothing changes: the engine may have what a change wanted that came to nothing half way.
        await self._set_units(db, row)
        await self._ask(row.offer(call.now_ms))
        room = await self._announcements.lock_room(call.tx, row.room, by=call.person)
        if row != was:
            await self._announcements.changed(room, row, was, now_ms=call.now_ms)
        return await self._placed(call, room, row.id)

    async def _set_units(self, db: Connection, row: store.SaleRow) -> None:
        """Until the engine has so many. It may have others than the row, after a change that came to nothing half way."""
        resource = quota(row.id)
        stocks = [stock(product) for product, _ in row.takes]
        found = await store.units_of(db, [resource, *stocks])
        if resource not in found:
            raise SaleClosed
        units, held, sold = found[resource]
        if row.units == units:
            return
        if row.units > units:
            free = {id_: units - held - sold for id_, (units, held, sold) in found.items()}
            enough_for = min(free.get(stock(product), 0) // each for product, each in row.takes)
            if row.units - held - sold > enough_for:
                raise AboveStock(details={"left": max(0, enough_for - (units - held - sold))})
        key = f"sale edit {row.id} {row.version} {units} {row.units}"
        # Under that key the same may have been done before, and undone since: then once more under another.
        for each in (key, f"{key} {secrets.token_hex(KEY_BYTES)}"):
            answer = await self._client.ask_for_staff(Adjust(resource, row.units - units, each))
            if isinstance(answer, Refused) and answer.code == codes.BELOW:
                raise AboveStock(details={"taken": answer.left})
            expected(answer, Done)
            (now, _, _) = (await store.units_of(db, [resource]))[resource]
            if now == row.units:
                return
            if now != units:  # another change was on its way
                break
        raise Unavailable(retry_after_ms=RETRY_AFTER_MS)

    async def close(self, call: Call[Nothing]) -> schemas.SalePlaced:
        """Close a sale now; one that is closed stays so."""
        return await self._placed(call, *await self._closed(call))

    async def remove(self, call: Call[None]) -> Placed:
        """Close a sale, and show it no more."""
        room, sale = await self._closed(call)
        await self._announcements.removed(room, sale, now_ms=call.now_ms)
        return Placed(epoch=room.epoch, offset=room.offset)

    async def _closed(self, call: Call[Any]) -> tuple[LockedRoom, str]:
        row = await store.locked(call.tx.connection, call.path["sale"])
        is_over = row.state(call.now_ms) == "closed"
        if not is_over:
            row = msgspec.structs.replace(row, closes_ms=call.now_ms)
            await self._ask(row.offer(call.now_ms))
        room = await self._announcements.lock_room(call.tx, row.room, by=None if is_over else call.person)
        if row.closed_ms is None:
            by = None if is_over else call.person.id
            await self._announcements.closed(room, row, by=by, now_ms=call.now_ms)
        room.by = call.person
        return room, row.id

    async def _ask(self, request: Put) -> None:
        expected(await self._client.ask_for_staff(request), Done)

    async def _placed(self, call: Call[Any], room: LockedRoom, sale: str) -> schemas.SalePlaced:
        found = await store.standing(call.tx.connection, sale, now_ms=call.now_ms)
        return schemas.SalePlaced(sale=found, epoch=room.epoch, offset=room.offset)

    # --- looks ---

    async def sale(self, call: Call[None]) -> schemas.Sale:
        """A sale, and how it stands."""
        async with self._database.connection() as connection:
            return await store.standing(connection, call.path["sale"], now_ms=call.now_ms)

    async def list(self, call: Call[None]) -> schemas.SaleList | Streamed:
        """The room's sales, latest first; as CSV or XLSX if the client asks for that."""
        room, asked = call.path["room"], call.query
        async with self._database.connection() as connection:
            await room_exists(connection, room)
        if list_files.is_wanted(call.request):
            pages = self._pages(room, asked, call.now_ms)
            return await self._files.begin(call, "sales", headings(COLUMNS), pages, room=room)
        most = asked.most(self._config.lists_max)
        items, has_more = page(await self._found(room, asked, asked.after, most + 1, call.now_ms), most)
        return schemas.SaleList(items=items, next=items[-1].id if has_more else None)

    async def _found(
        self, room: str, asked: schemas.SalesQuery, after: str | None, most: int, now_ms: int
    ) -> Sequence[schemas.Sale]:
        async with self._database.connection() as connection:
            return await store.of_room(connection, room, most, asked=asked, after=after, now_ms=now_ms)

    async def _pages(
        self, room: str, asked: schemas.SalesQuery, now_ms: int
    ) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        after = asked.after
        while found := await self._found(room, asked, after, ROWS_PER_QUERY, now_ms):
            yield [cells(each, COLUMNS) for each in found]
            after = found[-1].id

    async def figures(self, call: Call[None]) -> schemas.SaleFigures:
        """How people tap, and how they were answered."""
        sale = await self.sale(call)
        watched = expected(await self._client.ask_for_staff(Watch(quota(sale.id))), Watched)
        refused: dict[str, int] = {}
        for code, count in watched.refused.items():
            refused[name_of(code)] = refused.get(name_of(code), 0) + count
        for name, count in watched.before.items():
            refused[name] = refused.get(name, 0) + count
        asked = watched.asked + sum(watched.before.values())
        return schemas.SaleFigures(
            sale=sale,
            taps_per_s=self._rates.per_s(sale.id, asked, time.monotonic()),
            asked=asked,
            answered_held=watched.held,
            refused=refused,
            waiting=watched.waiting,
        )
