"""What to do when money came in for an order (rule Q8). Pure: no I/O, no clock.

Before this is asked the stock engine has confirmed what the order holds, or has been asked for all of it once more; both can
be repeated, and are durable. So the answer depends on the order's row, which is locked, and on what the engine said.

    never paid, units ours    -> PAY         in time; or late, with the coupon still free
    never paid, units gone    -> LATE        the money goes back, all of it, once
    paid by this payment      -> AGAIN       nothing
    paid by another payment   -> DOUBLE      the money goes back, all of it, once
"""

from enum import Enum

from msgspec import Struct

from commerce.orders.machine import State


class MoneyIn(Enum):
    """What becomes of it."""

    PAY = "pay"
    LATE = "late"
    DOUBLE = "double"
    AGAIN = "again"


class Owed(Struct, frozen=True, kw_only=True):
    """An order as money finds it. `payment`: the one that has paid it."""

    state: State
    payment: str | None
    was_paid: bool


def decide(order: Owed, payment: str, *, has_units: bool, has_coupon: bool) -> MoneyIn:
    """`has_units`: the engine has sold all of them to this order. `has_coupon`: those it was priced with are still, or again,
    its own (an order without any has them).
    """
    if order.was_paid:
        return MoneyIn.AGAIN if order.payment == payment else MoneyIn.DOUBLE
    return MoneyIn.PAY if has_units and has_coupon else MoneyIn.LATE


def fee_back_minor(fee_minor: int, *, is_group_paid: bool) -> int:
    """What goes back of the delivery fee of an order that is being paid: all of it when another one of the same buyer, address
    and window was paid meanwhile, since one fee is enough for all.
    """
    return fee_minor if is_group_paid else 0
