"""The states of an order, as a table. Pure: no I/O, no clock.

    unpaid --pay--> paid --prepare--> preparing --dispatch--> dispatched --deliver--> delivered --finish--> done
    unpaid --time_out, cancel--> cancelled --pay_late--> paid     only if it was never paid, and every unit could be had again
    paid, preparing --refund_whole, undo--> cancelled

`undo` is taken when no money is left that could be refunded (undoing.py), `refund_whole` when the last refund is decided, not
when its money arrives: nobody packs what is to be paid back. Refunds and after-sales cases stand beside it, not in it: an order
that was refunded after it left the house stays where it is.
The same names are a CHECK of the table `orders`.
"""

from typing import Literal, get_args

State = Literal["unpaid", "paid", "preparing", "dispatched", "delivered", "done", "cancelled"]
Step = Literal[
    "pay", "pay_late", "time_out", "cancel", "prepare", "dispatch", "deliver", "finish", "refund_whole", "undo"
]
CancelReason = Literal["timeout", "buyer", "staff", "stock_gone", "coupon_gone", "refunded"]

STATES: tuple[State, ...] = get_args(State)
STEPS: tuple[Step, ...] = get_args(Step)

TABLE: dict[tuple[State, Step], State] = {
    ("unpaid", "pay"): "paid",
    ("unpaid", "time_out"): "cancelled",
    ("unpaid", "cancel"): "cancelled",
    ("cancelled", "pay_late"): "paid",
    ("paid", "prepare"): "preparing",
    ("paid", "refund_whole"): "cancelled",
    ("paid", "undo"): "cancelled",
    ("preparing", "dispatch"): "dispatched",
    ("preparing", "refund_whole"): "cancelled",
    ("preparing", "undo"): "cancelled",
    ("dispatched", "deliver"): "delivered",
    ("delivered", "finish"): "done",
}


def after(state: State, step: Step) -> State | None:
    """The state that a step leads to; None: it cannot be taken from there, and changes nothing."""
    return TABLE.get((state, step))
