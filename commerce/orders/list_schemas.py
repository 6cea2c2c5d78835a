"""Bodies of the lists of orders that staff have. Times are ISO 8601, UTC; amounts minor units. Pure: no I/O."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from commerce.orders.machine import State
from commerce.orders.schemas import PlacedDelivery
from livehub.base.lists import PageQuery
from livehub.room.models import Id, InLanguages

_Moment = Annotated[datetime, Meta(tz=True)]


class OrdersQuery(PageQuery, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Which orders; all without it. `q`: the number of an order, four digits or more at the end of the phone's that it goes
    to, or words in the title of a product; `state`: one or more, with commas between them; `from`, `to`: when they were made,
    ISO 8601 with a zone, the second not included.
    """

    q: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    product: Id | None = None
    state: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    room: Id | None = None
    person: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    from_: _Moment | None = None
    to: _Moment | None = None


class ListedLine(Struct, frozen=True, kw_only=True):
    """What was ordered."""

    product: str
    title: str
    titles: InLanguages | UnsetType = UNSET
    variant: str = ""
    variant_names: InLanguages | UnsetType = UNSET
    image: str | None = None
    qty: int
    is_gift: bool = False


class ListedOrder(Struct, frozen=True, kw_only=True):
    """An order as staff see it in a list; `person_name`: what its buyer is called, empty if nothing; `phone`: that it goes to,
    masked, empty once its address is gone. `replaces`: the order of whose units these are sent instead.
    """

    id: str
    number: str
    state: State
    room: str | None
    person: str
    person_name: str
    phone: str
    lines: list[ListedLine]
    currency: str
    goods_minor: int
    discount_minor: int
    delivery_minor: int
    delivery_discount_minor: int
    total_minor: int
    paid_minor: int
    refunded_minor: int
    delivery: PlacedDelivery | None
    note: str
    created_at: str
    paid_at: str | None
    cancelled_at: str | None
    cancel_reason: str | None
    version: int
    replaces: str | None = None


class ListedOrders(Struct, frozen=True, kw_only=True):
    """The latest first."""

    items: list[ListedOrder]
    next: str | None = None


class OrderSum(Struct, frozen=True, kw_only=True):
    """Of all orders of a filter in one currency."""

    currency: str
    orders: int
    total_minor: int
    paid_minor: int
    refunded_minor: int


class OrderSums(Struct, frozen=True, kw_only=True):
    """By currency; none where there are no orders. Of one number, phone or person it is the latest ten thousand."""

    items: list[OrderSum]
