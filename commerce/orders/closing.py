"""The end of orders that are not paid: by the buyer, by staff, or by time.

    held -> closing -> released      open payments are closed at their providers first; then the order is cancelled, its coupons
                                     are in the wallet again, and what it held is free

A buyer who gives back the hold of the tap in the room has given up the order of it, too.

An order that is paid, and for which no money is left, is undone in the same call (undoing.py).

Whoever says "paid" instead has paid. A provider that says nothing for `order_closing_s` keeps nobody from the goods: the order
is cancelled all the same, and money that comes later is late money (paying.py).

The commit that cancels says that stock is to be freed; that is done at once, and by the loop if somebody died in between.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from commerce.flashsale.requests import Units
from commerce.orders import notices, store
from commerce.orders.errors import OrderState
from commerce.orders.looking import RefundedUnits
from commerce.orders.machine import CancelReason, after
from commerce.orders.moving import cancel
from commerce.orders.rows import OrderRow
from commerce.orders.settings import OrdersConfig
from commerce.orders.stock import OrderStock
from commerce.orders.store import Q
from commerce.orders.undoing import check_buyer_may, undo
from commerce.payments.closing import Closing as PaymentClosing
from commerce.payments.closing import Outcome
from commerce.payments.store import locked as lock_payment
from livehub.base.auth import Identity, Permission, require
from livehub.base.clock import Clock
from livehub.base.db import Database, Transaction
from livehub.base.errors import LivehubError, Unavailable
from livehub.base.tasks import Tasks
from livehub.notify.notify import Notify
from livehub.people import audit
from livehub.people.audit import Act

log = logging.getLogger("commerce.orders")

AT_ONCE_MAX = 16  # orders whose providers are asked at the same time
LOOKED_AT_MAX = 500  # orders of one look
RETRY_AFTER_MS = 2_000


class Closing:
    def __init__(
        self,
        config: OrdersConfig,
        database: Database,
        clock: Clock,
        *,
        stock: OrderStock,
        payments: PaymentClosing,
        settle_free: Callable[[str], Awaitable[None]],
        notify: Notify,
        refunded: Callable[[], RefundedUnits | None],
    ) -> None:
        """`settle_free`: pays an order that costs nothing. `refunded`: asked for when it is needed: its module comes later."""
        self._config = config
        self._database = database
        self._clock = clock
        self._stock = stock
        self._payments = payments
        self._settle_free = settle_free
        self._notify = notify
        self._refunded = refunded
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.start("order closing", self._look_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    # --- by somebody ---

    async def cancel(self, order: OrderRow, reason: CancelReason, *, by: Identity, restock: bool | None = None) -> None:
        """Cancel an unpaid order, or one for which no money is left; when staff do, it is written down. One that somebody else
        cancels meanwhile is cancelled. `restock`: of one that is paid, see undoing.py.

        Raises OrderState when money was paid for it, Forbidden for staff who may not refund when it is paid, Unavailable when a
        provider does not say whether it is.
        """
        if order.state == "unpaid" and order.total_minor == 0:
            await self._settle_free(order.id)
            async with self._database.connection() as connection:
                order = await store.order_of(connection, order.id)
        if order.state != "unpaid":
            await self._database.run(partial(self._undo, order.id, reason, by, restock))
            return
        outcome = await self._payments.close_open(order.id)
        if outcome == "paid":
            raise OrderState(details={"state": "paid"})
        if outcome == "unknown":
            raise Unavailable("The payment is still being looked at.", retry_after_ms=RETRY_AFTER_MS)
        cancelled = await self._database.run(partial(self._cancel, [order.id], reason, by))
        if not cancelled:
            async with self._database.connection() as connection:
                state = (await store.order_of(connection, order.id)).state
            if state != "cancelled":
                raise OrderState(details={"state": state})
        await self._free(cancelled)

    async def _cancel(
        self, ids: Sequence[str], reason: CancelReason, by: Identity | None, tx: Transaction
    ) -> list[OrderRow]:
        """Those that are cancelled now."""
        now_ms = int(self._clock.now_s() * 1000)
        orders = [order for order in (await store.lock(tx, sorted(ids))).values() if order.state == "unpaid"]
        if orders:
            await cancel(tx, orders, reason, by=None if by is None else by.id, now_ms=now_ms)
        if reason == "timeout":
            template = notices.ORDER_TIMED_OUT
            told = [notices.notice(template, order, order.total_minor, of=order.id) for order in orders]
            await self._notify.notify(tx, told, now_ms=now_ms)
        if reason == "staff":
            assert by is not None, "some of the staff"
            await self._told_by_staff(tx, orders, by=by, now_ms=now_ms)
        return orders

    async def _undo(self, id_: str, reason: CancelReason, by: Identity, restock: bool | None, tx: Transaction) -> None:
        found = await store.order_of(tx.connection, id_)
        if found.payment is not None:
            await lock_payment(tx.connection, found.payment)
        order = await store.locked(tx, id_)
        if order.state == "cancelled":
            return
        if reason == "buyer":
            check_buyer_may(order)
        elif after(order.state, "undo") is not None:
            require(by, Permission.REFUND)
        now_ms, refunded = int(self._clock.now_s() * 1000), self._refunded()
        gone = {} if refunded is None else await refunded.refunded_units(tx.connection, [id_])
        await undo(tx, order, reason, gone=gone, restock=restock, by=by.id, now_ms=now_ms)
        if reason == "staff":
            await self._told_by_staff(tx, [order], by=by, now_ms=now_ms)

    async def _told_by_staff(self, tx: Transaction, orders: Sequence[OrderRow], *, by: Identity, now_ms: int) -> None:
        """The buyers, and the audit log."""
        told = [
            notices.notice(
                notices.ORDER_CANCELLED if order.replaces is None else notices.REPLACEMENT_CANCELLED, order, order.total_minor,
                of=order.id,
            )
            for order in orders
        ]  # fmt: skip
        await self._notify.notify(tx, told, now_ms=now_ms)
        acts = [_cancelled_by_staff(order) for order in orders]
        await audit.record(tx.connection, acts, by=by, now_ms=now_ms)

    async def _free(self, orders: Sequence[OrderRow]) -> None:
        """Give back what they hold. What does not work is found by the loop."""
        if not orders:
            return
        try:
            await self._stock.free([hold for order in orders for hold in order.holds])
            async with self._database.batch.connection() as connection:
                await connection.execute(Q["stock_freed"], [order.id for order in orders])
        except LivehubError as error:
            log.warning("order.stock_not_freed", extra={"orders": len(orders), "reason": repr(error)})

    # --- by time ---

    async def _look_forever(self) -> None:
        while True:
            try:
                while await self.close_due() == LOOKED_AT_MAX:
                    pass
                while await self.cancel_given_up() == LOOKED_AT_MAX:
                    pass
                await self.settle_stock()
            except LivehubError as error:
                log.warning("order.closing_waits", extra={"reason": repr(error)})
            await asyncio.sleep(self._config.order_closing_look_s)

    async def close_due(self) -> int:
        """Close unpaid orders whose time is over; how many were looked at."""
        now_ms, real_ms = int(self._clock.now_s() * 1000), int(self._clock.real_s() * 1000)
        before_ms = real_ms - int(self._config.order_closing_retry_s * 1000)
        async with self._database.batch.connection() as connection:
            rows = await connection.fetch(Q["take_over"], now_ms, real_ms, before_ms, LOOKED_AT_MAX)
        silent_since_ms = real_ms - self._config.order_closing_s * 1000
        limit = asyncio.Semaphore(AT_ONCE_MAX)
        free = [row["id"] for row in rows if row["total_minor"] == 0]
        await asyncio.gather(*(self._settle(order, limit) for order in free))
        asked = [row for row in rows if row["has_open"]]
        outcomes = await asyncio.gather(*(self._close_payments(row["id"], limit) for row in asked))
        over = [row["id"] for row in rows if not row["has_open"] and row["total_minor"] > 0]
        for row, outcome in zip(asked, outcomes, strict=True):
            if outcome == "closed" or (outcome == "unknown" and row["closing_real_ms"] <= silent_since_ms):
                over.append(row["id"])
        if over:
            await self._free(await self._database.batch.run(partial(self._cancel, over, "timeout", None)))
        return len(rows)

    async def cancel_given_up(self) -> int:
        """Cancel unpaid orders whose hold the buyer has given back in the room: they could not be paid any more. How many."""
        async with self._database.batch.connection() as connection:
            ids = [row["id"] for row in await connection.fetch(Q["given_up"], LOOKED_AT_MAX)]
        if ids:
            await self._free(await self._database.batch.run(partial(self._cancel, ids, "buyer", None)))
        return len(ids)

    async def _close_payments(self, order: str, limit: asyncio.Semaphore) -> Outcome:
        async with limit:
            try:
                return await self._payments.close_open(order)
            except LivehubError as error:
                log.warning("order.not_closed", extra={"order": order, "reason": repr(error)})
                return "unknown"

    async def _settle(self, order: str, limit: asyncio.Semaphore) -> None:
        """One that costs nothing is paid when it is made; whoever made it died before that. Its units may be sold to it."""
        async with limit:
            try:
                await self._settle_free(order)
            except LivehubError as error:
                log.warning("order.not_settled", extra={"order": order, "reason": repr(error)})

    async def settle_stock(self) -> None:
        """Do what was left of stock to be freed, put back, or sold."""
        async with self._database.batch.connection() as connection:
            for row in await connection.fetch(Q["taken_for_nobody"], LOOKED_AT_MAX):
                key = f"taken:{row['payment']}:{row['person']}"
                await connection.execute(Q["owe_return"], key, row["order_id"], row["resources"], row["has"])
            owed = await connection.fetch(Q["stock_owed"], LOOKED_AT_MAX)
            returns = await connection.fetch(Q["returns_owed"], LOOKED_AT_MAX)
            to_sell = await connection.fetch(Q["to_sell"], LOOKED_AT_MAX)
        if owed:
            await self._stock.free(
                [hold for row in owed for hold in (row["hold"], row["extra_hold"]) if hold is not None]
            )
        for row in returns:
            units = [Units(*line) for line in zip(row["resources"], row["units"], strict=True)]
            await self._stock.put_back(row["key"], {line.resource: line.units for line in units})
        sold = [order.id for order in map(store.order_row, to_sell) if await self._is_sold(order)]
        if owed or returns or sold:
            async with self._database.batch.connection() as connection:
                await connection.execute(Q["stock_freed"], [row["id"] for row in owed])
                await connection.execute(Q["returned"], [row["key"] for row in returns])
                await connection.execute(Q["stock_sold"], sold)

    async def _is_sold(self, order: OrderRow) -> bool:
        """Whether the units of a replacement are its own for good. If every process was down for longer than they were held,
        they are taken as soon as they are there again.
        """
        sold = await self._stock.sell(order, order.id, now_ms=int(self._clock.now_s() * 1000))
        if not sold.is_all:
            log.error("order.replacement_without_units", extra={"order": order.id})
        return sold.is_all


def _cancelled_by_staff(order: OrderRow) -> Act:
    data = {"number": order.number}
    return Act(
        type="order_cancel", subject=order.id, was=order.state, became="cancelled", about_id=order.person, data=data
    )
