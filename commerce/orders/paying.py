"""Money for orders: what is asked before a payment is opened, what follows when money has come in, and when it has gone back.

    engine: confirm the holds, or take everything once more      durable, may be repeated
    one transaction, many orders:  payments, orders, coupons, ledger, refunds, events, messages

Fills the Protocol of payments (Payables). What money comes to is decided by money_in.py under the order's lock, so two
payments, a notice and a query, or a payment and a cancellation that come together are one after the other here. Locks are taken
in the same order everywhere: payments, then orders, each by id.

A process that dies anywhere in between loses nothing: the payment is not marked, so its provider tells again, or is asked; the
engine then answers as it did before.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from commerce.coupons.errors import CouponNotUsable
from commerce.coupons.wallet import (
    give_back_coupons,
    has_new_buyers_left,
    is_for_new_buyers,
    relock,
    use_coupons,
    with_new_buyers,
)
from commerce.ledger.posting import post
from commerce.ledger.transfers import Transfer, captured, refund_owed, refund_paid, sold
from commerce.orders import notices, store
from commerce.orders.errors import OrderNotFound, OrderState
from commerce.orders.events import OrderCancelled, OrderPaid
from commerce.orders.machine import CancelReason, Step, after
from commerce.orders.money_in import MoneyIn, Owed, decide, fee_back_minor
from commerce.orders.moving import refunded
from commerce.orders.notices import OrderNotice
from commerce.orders.rows import OrderRow
from commerce.orders.settings import OrdersConfig
from commerce.orders.stock import LATE, NOTHING_SOLD, OrderStock, Sold
from commerce.orders.store import Q
from commerce.payments import refunding
from commerce.payments import store as payment_store
from commerce.payments.payables import PaidIn, Payable
from commerce.payments.refund_rows import RefundRow
from livehub.base.clock import Clock
from livehub.base.db import Connection, Database, Transaction
from livehub.base.errors import LivehubError
from livehub.base.events import emit_all
from livehub.base.group_commit import GroupCommit
from livehub.notify.notify import Notify
from livehub.notify.planning import Notice

log = logging.getLogger("commerce.orders")

FREE = "free"  # as a payment, of an order that costs nothing


class Money(Struct, frozen=True, kw_only=True):
    """Money for an order; `paid` None: it costs nothing."""

    order: str
    at_ms: int
    paid: PaidIn | None

    @property
    def payment(self) -> str:
        return FREE if self.paid is None else self.paid.payment


class _Work(Struct, kw_only=True):
    """What one transaction is to write, gathered order by order."""

    pays: list[tuple[OrderRow, str | None]] = []
    cancels: list[tuple[str, CancelReason]] = []
    transfers: list[Transfer] = []
    events: list[tuple[Struct, str | None]] = []
    told: list[Notice[OrderNotice]] = []
    returns: list[tuple[str, str, dict[str, int]]] = []  # key, order, units


class Paying:
    def __init__(
        self,
        config: OrdersConfig,
        database: Database,
        clock: Clock,
        stock: OrderStock,
        notify: Notify,
    ) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self.stock = stock
        self._notify = notify
        self._commits: GroupCommit[Money, MoneyIn] = GroupCommit(
            "money in", self._write, batch_max=config.order_batch_max, pending_max=config.order_pending_max
        )

    def start(self) -> None:
        self._commits.start()

    async def stop(self) -> None:
        await self._commits.stop()

    # --- Payables ---

    async def opening(self, order: str, person: str, *, until_ms: int, now_ms: int) -> Payable:
        """As Payables has it. Raises OrderNotFound, OrderState, HoldOver, CouponNotUsable, Unavailable."""
        del until_ms  # an order has its own time
        async with self._database.connection() as connection:
            row = await store.order_of(connection, order)
            has_coupon = not row.coupons or await self._has_coupon(connection, row)
        if row.person != person:
            raise OrderNotFound
        if row.state != "unpaid":
            raise OrderState(details={"state": row.state})
        if row.closes_ms <= now_ms or row.closing_real_ms is not None or row.total_minor == 0:
            raise OrderState("The order is being closed.", details={"state": row.state})
        if not has_coupon:
            raise CouponNotUsable(details={"reason": "bought_before"})
        await self.stock.keep(row.holds, row.closes_ms - now_ms + 2_000 * self._config.order_closing_s)
        return Payable(
            amount_minor=row.total_minor,
            currency=row.currency,
            description=f"Order {notices.spaced(row.number)}",
            closes_ms=row.closes_ms,
            return_path=f"/orders/{row.id}/payment",
        )

    @staticmethod
    async def _has_coupon(connection: Connection, order: OrderRow) -> bool:
        """Whether it may still be paid with its coupons: another order of theirs has not had the advantage of new buyers."""
        is_for_new = await is_for_new_buyers(connection, order.id)
        return not is_for_new or await has_new_buyers_left(connection, order.id, order.person)

    async def paid(self, paid: PaidIn) -> None:
        """As Payables has it. Raises Unavailable."""
        await self._commits.add(Money(order=paid.order, at_ms=paid.at_ms, paid=paid))

    async def settle_free(self, order: str, *, now_ms: int) -> None:
        """An order that costs nothing is paid. Raises Unavailable."""
        await self._commits.add(Money(order=order, at_ms=now_ms, paid=None))

    async def refunded(self, tx: Transaction, refund: RefundRow) -> None:
        """As Payables has it: a refund has become `paid` or `failed`."""
        if refund.state != "paid" or refund.paid_ms is None:
            return
        sent = refund_paid(
            refund=refund.id, order=refund.order, provider=refund.provider, amount_minor=refund.amount_minor,
            currency=refund.currency, at_ms=refund.paid_ms,
        )  # fmt: skip
        await post(tx.connection, [sent])
        order = await store.locked(tx, refund.order)
        if refund.kind in ("lines", "delivery", "weight"):  # of what was paid for the order
            await refunded(tx, order, refund.amount_minor)
        told = notices.notice(notices.REFUND_PAID, order, refund.amount_minor, of=refund.id)
        await self._notify.notify(tx, [told], now_ms=refund.paid_ms)

    # --- money in ---

    async def _write(self, money: list[Money]) -> list[MoneyIn | LivehubError]:
        async with self._database.batch.connection() as connection:
            found = await store.orders_of(connection, [each.order for each in money])
        stock = await asyncio.gather(*(self._sold(found.get(each.order), each) for each in money))
        ready = [(each, said) for each, said in zip(money, stock, strict=True) if isinstance(said, Sold)]
        settled = iter(await self._database.batch.run(partial(self._settle_all, ready)) if ready else [])
        return [said if isinstance(said, LivehubError) else next(settled) for said in stock]

    async def _sold(self, order: OrderRow | None, money: Money) -> Sold | LivehubError:
        if order is None:
            log.error("order.unknown", extra={"order": money.order, "payment": money.payment})
            return OrderNotFound()
        if order.paid_ms is not None:
            return NOTHING_SOLD  # whichever payment it was, nothing more is sold for it
        try:
            payment = order.id if money.paid is None else money.payment
            return await self.stock.sell(order, payment, now_ms=int(self._clock.now_s() * 1000))
        except LivehubError as error:
            return error

    async def _settle_all(self, money: Sequence[tuple[Money, Sold]], tx: Transaction) -> list[MoneyIn | LivehubError]:
        new = await self._mark(tx, [each.paid for each, _ in money if each.paid is not None])
        orders = await store.lock(tx, sorted({each.order for each, _ in money}))
        paid_groups = await self._paid_groups(tx, list(orders.values()))
        with_coupons = {id_: order.person for id_, order in orders.items() if order.coupons and order.paid_ms is None}
        for_new = await with_new_buyers(tx, with_coupons) if with_coupons else set[str]()
        work, results = _Work(), list[MoneyIn | LivehubError]()
        for each, said in money:
            order = orders[each.order]
            if each.paid is not None and each.payment not in new:
                await self._return_taken(tx, order, each.payment, work)
                results.append(MoneyIn.AGAIN)
                continue
            new.discard(each.payment)
            what, ours = await self._decide(tx, order, each, said, work, is_for_new=order.id in for_new)
            results.append(what)
            if each.paid is not None:
                work.transfers.append(_captured(each.paid))
            if what is MoneyIn.PAY:
                orders[order.id] = await self._pay(tx, order, each, paid_groups, work)
                if order.id in for_new:  # at once: the next order of these may be the same person's
                    await use_coupons(tx, [order.id])
            elif what is not MoneyIn.AGAIN and each.paid is None:
                orders[order.id] = await self._give_up(tx, order, ours, each.at_ms, work)
            elif what is not MoneyIn.AGAIN and each.paid is not None:
                orders[order.id] = await self._send_back(tx, order, each.paid, what, ours, work)
        await self._flush(tx, work)
        return results

    async def _mark(self, tx: Transaction, paid: Sequence[PaidIn]) -> set[str]:
        """Payments that were not paid before."""
        if not paid:
            return set()
        are_new = await payment_store.mark_paid(tx, paid, now_real_ms=int(self._clock.real_s() * 1000))
        return {each.payment for each, is_new in zip(paid, are_new, strict=True) if is_new}

    async def _paid_groups(self, tx: Transaction, orders: Sequence[OrderRow]) -> set[str]:
        """Groups of one delivery, of those that are asked for a fee here, in which one was paid already."""
        groups = {order.delivery_group for order in orders if order.fee_minor and order.paid_ms is None}
        wanted = sorted(group for group in groups if group is not None)
        if not wanted:
            return set()
        await tx.connection.execute(Q["lock_groups"], wanted)
        return {row["delivery_group"] for row in await tx.connection.fetch(Q["paid_groups"], wanted)}

    async def _decide(
        self, tx: Transaction, order: OrderRow, money: Money, said: Sold, work: _Work, *, is_for_new: bool
    ) -> tuple[MoneyIn, Sold]:
        """What becomes of money, and what is sold for it: not what the engine said before the order was locked, where its units
        went back with money that came before this. They are anybody's.
        """
        if order.paid_ms is None and said.confirmed and await _went_back(tx, order, work):
            said = NOTHING_SOLD
        owed = Owed(state=order.state, payment=order.payment or FREE, was_paid=order.paid_ms is not None)
        if money.paid is None and order.state == "cancelled" and not owed.was_paid:
            return MoneyIn.LATE, said  # nobody's money waits for it
        has_coupon = True
        if order.state == "cancelled" and not owed.was_paid and order.coupons and said.is_all:
            has_coupon = await relock(tx, order.id, order.person)
        elif is_for_new and not owed.was_paid:
            has_coupon = await has_new_buyers_left(tx.connection, order.id, order.person)
        return decide(owed, money.payment, has_units=said.is_all, has_coupon=has_coupon), said

    async def _pay(
        self, tx: Transaction, order: OrderRow, money: Money, paid_groups: set[str], work: _Work
    ) -> OrderRow:
        step: Step = "pay" if order.state == "unpaid" else "pay_late"
        assert after(order.state, step) == "paid", f"{order.state} cannot become paid"
        work.pays.append((order, None if money.paid is None else money.paid.payment))
        work.transfers.append(
            sold(
                order=order.id, goods_minor=order.goods_minor, delivery_minor=order.delivery_minor,
                discount_minor=order.discount_minor + order.delivery_discount_minor, currency=order.currency, at_ms=money.at_ms,
            )
        )  # fmt: skip
        template = notices.ORDER_PAID if step == "pay" else notices.ORDER_PAID_LATE
        work.told.append(notices.notice(template, order, order.total_minor, of=order.id))
        group = order.delivery_group
        fee_minor = fee_back_minor(order.fee_minor, is_group_paid=group in paid_groups)
        if fee_minor and money.paid is not None:
            await self._fee_back(tx, order, money.paid, fee_minor, work)
        if group is not None:
            paid_groups.add(group)
        return replace(order, paid_ms=money.at_ms, state="paid", payment=money.payment)

    @staticmethod
    async def _fee_back(tx: Transaction, order: OrderRow, paid: PaidIn, fee_minor: int, work: _Work) -> None:
        refund = await refunding.begin(
            tx, order=order.id, payment=paid.payment, kind="delivery", key=f"delivery:{order.id}", amount_minor=fee_minor,
            reason="one delivery, one fee", by=None, needs_approval=False, now_ms=paid.at_ms,
        )  # fmt: skip
        work.transfers.append(
            refund_owed(
                refund=refund.id, order=order.id, currency=order.currency, at_ms=paid.at_ms,
                delivery_minor=order.delivery_minor, discount_minor=order.delivery_discount_minor,
            )
        )  # fmt: skip
        if refund.state != "failed":
            work.told.append(notices.notice(notices.FEE_BACK, order, fee_minor, of=order.id))

    async def _send_back(
        self, tx: Transaction, order: OrderRow, paid: PaidIn, what: MoneyIn, said: Sold, work: _Work
    ) -> OrderRow:
        """The money goes back, and what was sold for it on the stock again."""
        is_late = what is MoneyIn.LATE
        kind: Literal["late", "double"] = "late" if is_late else "double"
        refund = await refunding.begin(
            tx, order=order.id, payment=paid.payment, kind=kind, key=f"{kind}:{paid.payment}",
            amount_minor=paid.amount_minor, reason=f"{kind} payment", by=None, needs_approval=False, now_ms=paid.at_ms,
        )  # fmt: skip
        work.transfers.append(
            refund_owed(
                refund=refund.id,
                order=order.id,
                currency=paid.currency,
                at_ms=paid.at_ms,
                prepaid_minor=paid.amount_minor,
            )
        )
        of_coupon = notices.MONEY_BACK_COUPON if said.is_all else notices.LATE_MONEY_BACK
        template = of_coupon if is_late else notices.DOUBLE_MONEY_BACK
        if refund.state != "failed":  # else the buyer's bank has taken it back already
            work.told.append(notices.notice(template, order, paid.amount_minor, of=paid.payment))
        await self._return_taken(tx, order, paid.payment, work)
        return await self._gone(order, said, paid.payment, paid.at_ms, work) if is_late else order

    async def _give_up(self, tx: Transaction, order: OrderRow, said: Sold, at_ms: int, work: _Work) -> OrderRow:
        """An order that costs nothing, and whose units are gone, or are not held for it any more since it is cancelled."""
        await self._return_taken(tx, order, order.id, work)
        return await self._gone(order, said, order.id, at_ms, work)

    async def _gone(self, order: OrderRow, said: Sold, payment: str, at_ms: int, work: _Work) -> OrderRow:
        """Not all of its units, or not its coupon, could be had: units go back on the stock, and nothing is held any more."""
        if said.confirmed:
            work.returns.append((f"{LATE}{payment}", order.id, await self.stock.confirmed_units(said)))
        if order.state != "unpaid":
            return order
        reason: CancelReason = "coupon_gone" if said.is_all else "stock_gone"
        work.cancels.append((order.id, reason))
        cancelled = OrderCancelled(order=order.id, person=order.person, room=order.room, reason=reason, at_ms=at_ms)
        work.events.append((cancelled, order.id))
        return replace(order, state="cancelled")

    async def _return_taken(self, tx: Transaction, order: OrderRow, payment: str, work: _Work) -> None:
        """What was taken for money that does not pay the order goes back on the stock. Two who hear of that money at the same
        moment ask the engine one after the other, and the second may be given what the first was refused; so each looks. One
        that dies before it does is found by the loop (closing.py).
        """
        if order.payment == payment:
            return
        for person, units in (await self.stock.taken_to_return(tx.connection, payment)).items():
            work.returns.append((f"taken:{payment}:{person}", order.id, units))

    async def _flush(self, tx: Transaction, work: _Work) -> None:
        db = tx.connection
        now_ms = int(self._clock.now_s() * 1000)
        if work.pays:
            ids = [order.id for order, _ in work.pays]
            lines = await db.fetch(Q["pay_orders"], ids, [payment for _, payment in work.pays], now_ms)
            work.events.extend(_paid_events(work.pays, lines, now_ms))
            if with_coupons := [order.id for order, _ in work.pays if order.coupons]:
                await use_coupons(tx, with_coupons)
        for order, reason in work.cancels:
            await db.execute(Q["cancel_orders"], [order], reason, None, now_ms, "freeing")
        if work.cancels:
            await give_back_coupons(tx, [order for order, _ in work.cancels])
        for key, order, units in work.returns:
            await db.execute(Q["owe_return"], key, order, list(units), list(units.values()))
        await post(db, work.transfers)
        await emit_all(tx, work.events)
        await self._notify.notify(tx, work.told, now_ms=now_ms)


async def _went_back(tx: Transaction, order: OrderRow, work: _Work) -> bool:
    """Whether units that an order had held went back with late money for it, of this batch, too."""
    is_of_batch = any(of == order.id and key.startswith(LATE) for key, of, _ in work.returns)
    return is_of_batch or bool(await tx.connection.fetchval(Q["went_back"], order.id))


def _captured(paid: PaidIn) -> Transfer:
    return captured(
        payment=paid.payment, order=paid.order, provider=paid.provider, amount_minor=paid.amount_minor, currency=paid.currency,
        at_ms=paid.at_ms,
    )  # fmt: skip


def _paid_events(
    pays: Sequence[tuple[OrderRow, str | None]], lines: Sequence[Any], now_ms: int
) -> list[tuple[Struct, str | None]]:
    """`lines`: rows of (order_id, product, sale, qty, paid_minor)."""
    of_order: dict[str, list[tuple[str, str | None, int, int]]] = {}
    for row in lines:
        line = row["product"], row["sale"], row["qty"], row["paid_minor"]
        of_order.setdefault(row["order_id"], []).append(line)
    return [
        (
            OrderPaid(
                order=order.id, person=order.person, room=order.room, currency=order.currency, total_minor=order.total_minor,
                lines=tuple(of_order.get(order.id, ())), at_ms=now_ms,
            ),
            order.id,
        )
        for order, _ in pays
    ]  # fmt: skip
