"""Bodies of the call about orders that a breach flagged. Times are ISO 8601, UTC. Pure: no I/O."""

from typing import Literal

from msgspec import Struct

from commerce.orders.machine import State


class BreachOrder(Struct, frozen=True, kw_only=True):
    """An order of which something was in the van. `lines`: how many of its lines; `offer`: what its buyer was offered;
    `told_at`: when, none: about to be. `state`: of the order now.
    """

    order: str
    number: str
    state: State
    person: str
    person_name: str
    shipment: str
    lines: int
    offer: Literal["none", "coupon", "replacement", "refund"]
    told_at: str | None


class BreachOrders(Struct, frozen=True, kw_only=True):
    """A page, by their ids."""

    items: list[BreachOrder]
    next: str | None
