"""Domain events of orders, keyed by the order. Pure: no I/O."""

from msgspec import Struct

from commerce.orders.machine import CancelReason, State


class OrderCreated(Struct, frozen=True, kw_only=True, tag="order.created", tag_field="event"):
    """Somebody has ordered, and is to pay `total_minor`."""

    order: str
    person: str
    room: str | None
    currency: str
    total_minor: int
    at_ms: int


class OrderPaid(Struct, frozen=True, kw_only=True, tag="order.paid", tag_field="event"):
    """It is paid. `lines`: (product, sale or None, qty, paid_minor). `replaces`: it costs nothing, and is sent instead of units
    of that order.
    """

    order: str
    person: str
    room: str | None
    currency: str
    total_minor: int
    lines: tuple[tuple[str, str | None, int, int], ...]
    at_ms: int
    replaces: str | None = None


class OrderCancelled(Struct, frozen=True, kw_only=True, tag="order.cancelled", tag_field="event"):
    """Nothing comes of it."""

    order: str
    person: str
    room: str | None
    reason: CancelReason
    at_ms: int


class OrderMoved(Struct, frozen=True, kw_only=True, tag="order.moved", tag_field="event"):
    """It is on its way to the buyer: preparing, dispatched, delivered, done."""

    order: str
    was: State
    state: State
    at_ms: int
