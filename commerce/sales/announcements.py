"""What a room is told of its sales, and when: as they are made, opened and closed, by hand or by the clock.

The clock's part is a durable job for the moment at which a sale opens or closes. The stock engine goes by that moment itself;
the job only tells the room. It knows for which moment it was made, and does nothing when the room was told, or somebody has
opened or closed the sale by hand since.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from commerce.catalogue import prices
from commerce.catalogue.products import card_of
from commerce.sales import store
from commerce.sales.room_messages import (
    SaleCard,
    SaleChanged,
    SaleClosed,
    SaleOpened,
    SaleRemoved,
    SaleScheduled,
    is_shown,
)
from commerce.sales.store import Q
from livehub.base.auth import Identity
from livehub.base.db import Database, Transaction
from livehub.base.job_queue import defer
from livehub.base.module import Job
from livehub.hub.rooms.log import LockedRoom, RoomLog
from livehub.room.models import Card

OPEN_TASK, CLOSE_TASK = "sale.open", "sale.close"


class Announcements:
    """Each but the jobs is called with the room's row locked, after the sale's. `list_price_days`: how far back the history of
    the price goes that is struck through beside that of a sale.
    """

    def __init__(self, database: Database, log: RoomLog, list_price_days: int) -> None:
        self._database = database
        self._log = log
        self._list_price_days = list_price_days

    def jobs(self) -> Sequence[Job]:
        """Telling rooms what the clock did."""
        return [Job(name=OPEN_TASK, run=self._open_in_time), Job(name=CLOSE_TASK, run=self._close_in_time)]

    async def lock_room(self, tx: Transaction, room: str, *, by: Identity | None = None) -> LockedRoom:
        """The room, its row locked until `tx` ends. Raises RoomNotFound."""
        return await self._log.lock_room(tx, room, by=by)

    async def created(self, room: LockedRoom, row: store.SaleRow, shown: Card, *, now_ms: int) -> None:
        """There is a new sale."""
        is_open = row.opened_ms is not None
        card = await self._card(room.tx, row, shown, now_ms)
        await self._log.write(room, SaleOpened(sale=card) if is_open else SaleScheduled(sale=card), now_ms=now_ms)
        if is_open:
            await _offered(room.tx, row)
        elif row.opens_ms is not None:
            await _at(room.tx, OPEN_TASK, row.id, row.opens_ms)
        if row.closes_ms is not None:
            await _at(room.tx, CLOSE_TASK, row.id, row.closes_ms)

    async def opened(self, room: LockedRoom, row: store.SaleRow, *, by: str | None, now_ms: int) -> None:
        """A sale is open; `by`: who opened it by hand."""
        await room.tx.connection.execute(Q["open_sale"], row.id, row.opens_ms, now_ms, by)
        shown = await card_of(room.tx.connection, row.product)
        card = await self._card(room.tx, row, shown, now_ms)
        await self._log.write(room, SaleOpened(sale=msgspec.structs.replace(card, state="open")), now_ms=now_ms)
        await _offered(room.tx, row)

    async def changed(self, room: LockedRoom, row: store.SaleRow, was: store.SaleRow, *, now_ms: int) -> None:
        """Its units, its limit, or when it ends are others than they `was`."""
        db = room.tx.connection
        await db.execute(Q["change_sale"], row.id, row.units, row.per_person_max, row.closes_ms)
        if row.closes_ms != was.closes_ms:
            await prices.sale_end_moved(db, row.id, until_ms=row.closes_ms)
            if row.closes_ms is not None:
                await _at(room.tx, CLOSE_TASK, row.id, row.closes_ms)
        card = await self._card(room.tx, row, await card_of(db, row.product), now_ms)
        await self._log.write(room, SaleChanged(sale=card), now_ms=now_ms)

    async def closed(self, room: LockedRoom, row: store.SaleRow, *, by: str | None, now_ms: int) -> None:
        """A sale is over; `by`: who closed it by hand."""
        await room.tx.connection.execute(Q["close_sale"], row.id, row.closes_ms, now_ms, by)
        await prices.sale_closed(room.tx.connection, row.id, now_ms=now_ms)
        await self._log.write(room, SaleClosed(sale=row.id), now_ms=now_ms)

    async def removed(self, room: LockedRoom, sale: str, *, now_ms: int) -> None:
        """A sale is shown no more; of one that is not shown nothing is said."""
        if is_shown(room.state, sale):
            await self._log.write(room, SaleRemoved(sale=sale), now_ms=now_ms)

    async def _card(self, tx: Transaction, row: store.SaleRow, shown: Card, now_ms: int) -> SaleCard:
        """The sale as the room shows it. What is struck through is the lowest price of the days before it opens."""
        opens_ms = now_ms if row.opens_ms is None else row.opens_ms
        list_price_minor = await prices.struck_beside(
            tx.connection,
            row.product,
            row.id,
            row.price_minor,
            row.currency,
            opens_ms=opens_ms,
            days=self._list_price_days,
        )
        return row.card(msgspec.structs.replace(shown, list_price_minor=list_price_minor), now_ms)

    # --- by the clock ---

    async def _open_in_time(self, sale: str, at_ms: int) -> None:
        async with self._database.transaction() as tx:
            row = await store.locked(tx.connection, sale)
            if row.opened_ms is None and row.closed_ms is None and row.opens_ms == at_ms:
                room = await self._log.lock_room(tx, row.room)
                await self.opened(room, row, by=None, now_ms=at_ms)

    async def _close_in_time(self, sale: str, at_ms: int) -> None:
        async with self._database.transaction() as tx:
            row = await store.locked(tx.connection, sale)
            if row.closed_ms is None and row.closes_ms == at_ms:
                room = await self._log.lock_room(tx, row.room)
                await self.closed(room, row, by=None, now_ms=at_ms)


async def _offered(tx: Transaction, row: store.SaleRow) -> None:
    """It goes into the history of the product's price."""
    assert row.opens_ms is not None, "it is open"
    await prices.sale_opened(
        tx.connection, row.product, row.id, row.price_minor, row.currency, from_ms=row.opens_ms, until_ms=row.closes_ms
    )


async def _at(tx: Transaction, task: str, sale: str, at_ms: int) -> None:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    await defer(tx.connection, task, {"sale": sale, "at_ms": at_ms}, at=at)
