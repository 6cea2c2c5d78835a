"""The undoing of a paid order for which no money is left: it cost nothing, or all of it went back since it weighed nothing.

There is no money for a refund to send, so it is cancelled instead: goods and place in the window free, coupons in the wallet,
what is left of it in the ledger posted back, the buyer told. While money is left the order is refunded, which undoes it too
(commerce/refunds).

    paid                 by the buyer, if it cost nothing; by the staff         goods are on the shelf again
    paid, preparing      by the staff                                           packed: not, unless somebody says so

A replacement is undone by the staff alone. The units that it stood for can be replaced again, or paid back.
"""

from collections.abc import Mapping, Sequence

from commerce.coupons.wallet import give_back_coupons
from commerce.ledger.posting import income_of, post
from commerce.ledger.transfers import unsold
from commerce.orders import store
from commerce.orders.errors import OrderState
from commerce.orders.events import OrderCancelled
from commerce.orders.machine import CancelReason, after
from commerce.orders.rows import LineRow, OrderRow
from commerce.orders.store import Q
from commerce.sales.lines import stock
from livehub.base.db import Transaction
from livehub.base.events import emit


def check_buyer_may(order: OrderRow) -> None:
    """Raise OrderState unless its buyer may undo it: it cost nothing, and nobody has begun to pack it."""
    if order.state != "paid" or order.total_minor > 0 or order.replaces is not None:
        raise OrderState(details={"state": order.state})


async def undo(
    tx: Transaction,
    order: OrderRow,
    reason: CancelReason,
    *,
    gone: Mapping[str, Sequence[int]],
    restock: bool | None,
    by: str,
    now_ms: int,
) -> None:
    """`order`: its row locked. `gone`: units that were paid back, by line. `restock`: whether goods go back on the shelf; None:
    as long as nobody has packed them. Raises OrderState where money is left, or the order has left the house.
    """
    db = tx.connection
    income = await income_of(db, order.id)
    if after(order.state, "undo") is None or sum(income.values()) != 0:
        raise OrderState(details={"state": order.state})
    back: dict[str, int] = {} if order.slot is None else {f"slot:{order.slot}": 1}
    if order.state == "paid" if restock is None else restock:
        back |= _units(gone, (await store.lines_of(db, [order.id]))[order.id])
    await db.execute(Q["cancel_orders"], [order.id], reason, by, now_ms, None)
    if back:
        await db.execute(Q["owe_return"], f"undone:{order.id}", order.id, list(back), list(back.values()))
    await db.execute(Q["undo_replaced"], order.id)
    if order.coupons:
        await give_back_coupons(tx, [order.id])
    await post(db, [unsold(order=order.id, currency=order.currency, at_ms=now_ms, income=income)])
    cancelled = OrderCancelled(order=order.id, person=order.person, room=order.room, reason=reason, at_ms=now_ms)
    await emit(tx, cancelled, key=order.id)


def _units(gone: Mapping[str, Sequence[int]], lines: Sequence[LineRow]) -> dict[str, int]:
    """Of each resource how many units go back; of a bundle those of its components."""
    back: dict[str, int] = {}
    for line in lines:
        units = line.qty - len(gone.get(line.id, ()))
        for product, each in [(part.product, part.qty) for part in line.components] or [(line.product, 1)]:
            if units:
                back[stock(product)] = back.get(stock(product), 0) + each * units
    return back
