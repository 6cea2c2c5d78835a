"""Beginning, approving and rejecting refunds of goods: what follows in PostgreSQL, all in one transaction.

    begin      units taken (once), money set aside of the payment, and, unless a second person is asked first:
    let go     the ledger owes it, its goods go back on the shelf, an order of which nothing is left is cancelled
    rejected   the units are free again; nothing else had happened

The provider is asked afterwards, by commerce/payments, with the refund's id as its key.
"""

from collections.abc import Sequence

from msgspec import Struct

from commerce.coupons.wallet import give_back_coupons
from commerce.ledger.posting import post
from commerce.ledger.transfers import Transfer, refund_owed
from commerce.orders import store as orders
from commerce.orders.events import OrderCancelled
from commerce.orders.machine import after
from commerce.orders.rows import OrderRow
from commerce.payments import refunding
from commerce.payments.refund_rows import RefundRow
from commerce.payments.store import locked as lock_payment
from commerce.refunds import store
from commerce.refunds.deciding import (
    Decided,
    LineUnits,
    UnitBack,
    Weighed,
    decide,
    delivery_left_minor,
    is_whole,
    products_of,
    weigh,
)
from commerce.refunds.errors import NotWeighed, RefundNotFound
from commerce.refunds.events import RefundRejected
from commerce.refunds.store import Q, Standing
from commerce.sales.lines import stock
from livehub.base.auth import Identity
from livehub.base.db import Transaction
from livehub.base.events import emit
from livehub.base.idempotency import RowKey
from livehub.people import persons

UNPACKED = ("paid",)  # goods of other orders have left the shelf, and fresh food does not go back there


class Wanted(Struct, frozen=True, kw_only=True):
    """`restock`: whether the goods go back on the shelf; None: as long as nobody has packed them. `case`: that decided it.
    `key`: under which it is asked for.
    """

    lines: Sequence[LineUnits]
    reason: str
    restock: bool | None = None
    is_at_fault: bool = False
    case: str | None = None
    key: RowKey | None = None


class Begun(Struct, frozen=True, kw_only=True):
    """A refund, and what it is of."""

    row: RefundRow
    decided: Decided


async def begin(
    tx: Transaction, order: str, wanted: Wanted, *, by: Identity, alone_max_minor: int, now_ms: int
) -> Begun:
    """Pay back units of an order; of a replacement those that they stand for. What this person alone has given back of it
    counts together: above `alone_max_minor` it waits for a second one, and so does any refund of an order of one's own.

    Raises OrderNotFound, OrderState, RefundExceeds, NothingToRefund, ChargedBack, BadRequest; nothing is changed then.
    """
    held, lines = await store.hold_paid(tx, order, wanted.lines)
    restock = wanted.restock
    if held.order.id != order:  # what comes back, if anything, is the replacement
        order, restock = held.order.id, bool(restock)
    decided = decide(held.sold, held.given, lines, is_at_fault=wanted.is_at_fault)
    assert held.order.payment is not None, "something was paid, so there is a payment"
    before = await tx.connection.fetchrow(Q["refunds_begun"], order, by.id)
    assert before is not None
    row = await refunding.begin(
        tx,
        order=order,
        payment=held.order.payment,
        kind="lines",
        key=f"lines:{order}:{before['refunds'] + 1}",
        amount_minor=decided.amount_minor,
        reason=wanted.reason,
        by=by.id,
        needs_approval=await _needs_approval(
            tx, held, before["alone_minor"] + decided.amount_minor, by=by, alone_max_minor=alone_max_minor
        ),
        now_ms=now_ms,
    )
    await tx.connection.execute(
        Q["insert_terms"], row.id, order, decided.goods_minor, decided.discount_minor, decided.delivery_minor,
        restock, wanted.is_at_fault, wanted.case, *store.columns_of(wanted.key),
    )  # fmt: skip
    await tx.connection.execute(Q["insert_lines"], row.id, *_columns(decided.units))
    if row.state == "processing":
        await _let_go(tx, held, row, decided, restock, by=by.id, now_ms=now_ms)
    return Begun(row=row, decided=decided)


async def approve(tx: Transaction, refund: str, *, by: Identity, now_ms: int) -> RefundRow:
    """A second person lets it go. Raises RefundNotFound, SecondPerson, RefundOver, ChargedBack."""
    before = await _waiting(tx, refund)
    row = await refunding.approve(tx, refund, by=by.id, now_ms=now_ms)
    assert row is not None
    terms = await tx.connection.fetchrow(Q["terms"], [refund])
    if terms is not None:
        decided = Decided(
            units=tuple((await store.units_of(tx.connection, [refund]))[refund]),
            goods_minor=terms["goods_minor"],
            discount_minor=terms["discount_minor"],
            delivery_minor=terms["delivery_minor"],
            amount_minor=row.amount_minor,
        )
        await _let_go(tx, before, row, decided, terms["restock"], by=by.id, now_ms=now_ms)
    elif row.kind == "weight":
        await post(tx.connection, [_of_weight(row, now_ms)])
    return row


async def reject(tx: Transaction, refund: str, *, by: Identity, now_ms: int) -> RefundRow:
    """A second person does not, or whoever asked takes it back. Raises RefundNotFound, RefundOver."""
    await _waiting(tx, refund)
    row = await refunding.reject(tx, refund, by=by.id, now_ms=now_ms)
    assert row is not None
    case = await tx.connection.fetchval(Q["reject_terms"], refund)
    await tx.connection.execute(Q["forget_weights"], refund)
    await emit(tx, RefundRejected(refund=refund, order=row.order, case=case, at_ms=now_ms), key=row.order)
    return row


async def settle_weights(
    tx: Transaction, order: str, weighed: Sequence[Weighed], *, by: Identity, alone_max_minor: int, now_ms: int
) -> tuple[list[UnitBack], RefundRow | None]:
    """What units of an order really weighed: the difference to what was charged goes back, in one refund; None: there is none.
    A unit that was weighed before, with the same result, is not looked at again; with another, it is refused. Above what one
    person may give back alone, and of an order of one's own, it waits for a second one, as any refund does: what weighs
    nothing is paid back whole.

    Raises OrderNotFound, OrderState, RefundExceeds, NotWeighed, ChargedBack, BadRequest.
    """
    held = await store.hold(tx, order)
    known = {(row["line"], row["unit"]): row["grams"] for row in await tx.connection.fetch(Q["weights_given"], order)}
    for each in weighed:
        if known.get((each.line, each.unit), each.grams) != each.grams:
            raise NotWeighed(details={"line": each.line, "unit": each.unit, "grams": known[each.line, each.unit]})
    new = [each for each in weighed if (each.line, each.unit) not in known]
    back = weigh(held.sold, held.given, new)
    amount = sum(each.amount_minor for each in back)
    row = None
    if amount:
        assert held.order.payment is not None
        before = await tx.connection.fetchrow(Q["refunds_begun"], order, by.id)
        assert before is not None
        row = await refunding.begin(
            tx,
            order=order,
            payment=held.order.payment,
            kind="weight",
            key=f"weighed:{order}:{before['weights'] + 1}",
            amount_minor=amount,
            reason="weight",
            by=by.id,
            needs_approval=await _needs_approval(
                tx, held, before["alone_minor"] + amount, by=by, alone_max_minor=alone_max_minor
            ),
            now_ms=now_ms,
        )
        if row.state == "processing":
            await post(tx.connection, [_of_weight(row, now_ms)])
    lines, units, amounts = _columns(back)
    grams = [each.grams for each in new]
    refund = None if row is None else row.id
    await tx.connection.execute(Q["insert_weights"], order, lines, units, grams, amounts, refund, by.id, now_ms)
    return back, row


async def _needs_approval(
    tx: Transaction, held: Standing, given_minor: int, *, by: Identity, alone_max_minor: int
) -> bool:
    """`given_minor`: by this person alone, this refund counted. Of an order of one's own nothing is given alone."""
    return given_minor > alone_max_minor or await persons.is_among(tx.connection, by.id, [held.order.person])


def _of_weight(row: RefundRow, now_ms: int) -> Transfer:
    return refund_owed(
        refund=row.id, order=row.order, currency=row.currency, at_ms=now_ms, goods_minor=row.amount_minor
    )  # fmt: skip


async def _waiting(tx: Transaction, refund: str) -> Standing:
    """Of the refund the payment's row and the order's, locked."""
    found = await refunding.refund_of(tx.connection, refund)
    if found is None:
        raise RefundNotFound
    await lock_payment(tx.connection, found.payment)
    return await store.standing(tx.connection, await orders.locked(tx, found.order))


async def _let_go(
    tx: Transaction, held: Standing, row: RefundRow, decided: Decided, restock: bool | None, *, by: str, now_ms: int
) -> None:
    """`held`: as the order was before."""
    order = held.order
    owed = refund_owed(
        refund=row.id,
        order=order.id,
        currency=row.currency,
        at_ms=now_ms,
        goods_minor=decided.goods_minor,
        discount_minor=decided.discount_minor,
        delivery_minor=decided.delivery_minor,
    )
    await post(tx.connection, [owed])
    if restock is None:
        restock = order.state in UNPACKED
        await tx.connection.execute(Q["set_restock"], row.id, restock)
    back = {stock(product): qty for product, qty in products_of(held.sold, decided.units).items()} if restock else {}
    if is_whole(held.sold, held.given, decided.units):
        await _return_fee(tx, held, row, by=by, now_ms=now_ms)
        if after(order.state, "refund_whole") is not None:
            await _cancel(tx, order, by=by, now_ms=now_ms)
            if order.slot is not None:
                back[f"slot:{order.slot}"] = 1
    if back:
        await tx.connection.execute(
            orders.Q["owe_return"], f"refund:{row.id}", order.id, list(back), list(back.values())
        )


async def _return_fee(tx: Transaction, held: Standing, row: RefundRow, *, by: str, now_ms: int) -> None:
    """What is left of the fee when the last refund of an order is let go that had waited for a second person: it had not been
    the last one when it was asked for.
    """
    amount = delivery_left_minor(held.sold, await store.given(tx.connection, row.order))
    if amount:
        fee = await refunding.begin(
            tx, order=row.order, payment=row.payment, kind="delivery", key=f"fee:{row.id}", amount_minor=amount,
            reason=row.reason, by=by, needs_approval=False, now_ms=now_ms,
        )  # fmt: skip
        owed = refund_owed(refund=fee.id, order=row.order, currency=row.currency, at_ms=now_ms, delivery_minor=amount)
        await post(tx.connection, [owed])


async def _cancel(tx: Transaction, order: OrderRow, *, by: str, now_ms: int) -> None:
    """Nothing is left of it, and it has not left the house: nobody packs it, and the buyer has the coupons again."""
    await tx.connection.execute(orders.Q["cancel_orders"], [order.id], "refunded", by, now_ms, None)
    if order.coupons:
        await give_back_coupons(tx, [order.id])
    cancelled = OrderCancelled(order=order.id, person=order.person, room=order.room, reason="refunded", at_ms=now_ms)
    await emit(tx, cancelled, key=order.id)


def _columns(units: Sequence[UnitBack]) -> tuple[list[str], list[int], list[int]]:
    return [each.line for each in units], [each.unit for each in units], [each.amount_minor for each in units]
