"""Steps of orders, each in the transaction of whoever takes it, with the order's row locked."""

from collections.abc import Sequence

from commerce.coupons.wallet import give_back_coupons
from commerce.orders.errors import OrderState
from commerce.orders.events import OrderCancelled, OrderMoved
from commerce.orders.machine import CancelReason, Step, after
from commerce.orders.rows import OrderRow
from commerce.orders.store import Q
from livehub.base.db import Transaction
from livehub.base.events import emit, emit_all


async def move(
    tx: Transaction, order: OrderRow, step: Step, *, by: str | None, now_ms: int, why: str | None = None
) -> None:
    """Take a step of a paid order on its way. Raises OrderState when it cannot be taken from where the order is."""
    state = after(order.state, step)
    if state is None:
        raise OrderState(details={"state": order.state})
    await tx.connection.execute(Q["move_order"], order.id, order.state, state, by, why, now_ms)
    await emit(tx, OrderMoved(order=order.id, was=order.state, state=state, at_ms=now_ms), key=order.id)


async def cancel(
    tx: Transaction, orders: Sequence[OrderRow], reason: CancelReason, *, by: str | None, now_ms: int
) -> None:
    """Cancel unpaid orders: their coupons are back in the wallet, and what they hold is to be freed after the commit."""
    ids = [order.id for order in orders]
    await tx.connection.execute(Q["cancel_orders"], ids, reason, by, now_ms, "freeing")
    if with_coupons := [order.id for order in orders if order.coupons]:
        await give_back_coupons(tx, with_coupons)
    await emit_all(tx, [(_cancelled(order, reason, now_ms), order.id) for order in orders])


async def refunded(tx: Transaction, order: OrderRow, amount_minor: int) -> None:
    """So much of what was paid for an order went back. What it means for the order was decided when that was (refunds)."""
    await tx.connection.execute(Q["add_refunded"], order.id, amount_minor)


def _cancelled(order: OrderRow, reason: CancelReason, now_ms: int) -> OrderCancelled:
    return OrderCancelled(order=order.id, person=order.person, room=order.room, reason=reason, at_ms=now_ms)
