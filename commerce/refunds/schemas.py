"""Bodies of the calls of refunds. Times are ISO 8601, UTC; amounts minor units. Pure: no I/O."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from commerce.orders.list_schemas import ListedLine
from commerce.orders.machine import State
from commerce.orders.schemas import PlacedDelivery
from commerce.pricing.prices import ORDER_UNITS_MAX
from livehub.base.lists import PageQuery
from livehub.room.models import Id, InLanguages

REASON_CHARS_MAX = 200

RefundState = Literal["approval", "processing", "paid", "failed"]
Unit = Annotated[int, Meta(ge=0, lt=ORDER_UNITS_MAX)]
Reason = Annotated[str, Meta(min_length=1, max_length=REASON_CHARS_MAX)]


class LineToRefund(Struct, frozen=True, kw_only=True):
    """Units of a line of the order. `units`: which of them, the first being 0; or, as a number, how many of those that are
    left. Name them where a second click must not pay back a second one.
    """

    line: Id
    units: (
        Annotated[tuple[Unit, ...], Meta(min_length=1, max_length=ORDER_UNITS_MAX)]
        | Annotated[int, Meta(ge=1, le=ORDER_UNITS_MAX)]
    )


Lines = Annotated[tuple[LineToRefund, ...], Meta(max_length=500)]


class RefundRequest(Struct, frozen=True, kw_only=True):
    """What to pay back. `restock`: whether the goods go back on the shelf; null: as long as nobody has packed them. `at_fault`:
    we are to blame, so the delivery fee goes back, too; else it does with the last unit of the order alone.
    """

    lines: Lines
    reason: Reason
    restock: bool | None = None
    at_fault: bool = False


class RefundedLine(Struct, frozen=True, kw_only=True):
    """Units of a line, and what goes back for them, together and for each. Of a refund of weight the units stay."""

    line: str
    units: tuple[int, ...]
    amount_minor: int
    unit_amounts_minor: tuple[int, ...]


class Refund(Struct, frozen=True, kw_only=True):
    """Money on its way back. `state`: `approval` waits for a second person, `processing` for the provider; `failed`: it was
    rejected (`is_rejected`), or the provider could not send it. `restock`: null while that is not decided, and of money alone.
    Who asked and decided is told to staff alone.
    """

    id: str
    order: str
    kind: Literal["lines", "late", "double", "delivery", "weight"]
    state: RefundState
    amount_minor: int
    currency: str
    provider: str
    reason: str
    lines: list[RefundedLine]
    delivery_minor: int
    restock: bool | None
    is_rejected: bool
    created_at: str
    paid_at: str | None
    asked_by: str | None = None
    approved_by: str | None = None
    asked_by_name: str | None = None
    approved_by_name: str | None = None


class UnitLeft(Struct, frozen=True, kw_only=True):
    """A unit that can be refunded, and what goes back for it. The first unit is 0."""

    line: str
    unit: int
    amount_minor: int


class RefundsOfOrder(Struct, frozen=True, kw_only=True):
    """All refunds of an order, in their order. `left_minor`: what can be refunded yet: `units`, and of the delivery fee
    `delivery_left_minor`, which goes back with the last of them, or when we are at fault. `alone_left_minor`: how much of that
    whoever asks may pay back alone; above it a second person is needed; null for who may not refund.
    `charged_back_minor`: what the buyer's bank has taken back; it does not go back again, so `left_minor` may be less than
    units and fee.
    """

    items: list[Refund]
    currency: str
    paid_minor: int
    refunded_minor: int
    left_minor: int
    units: list[UnitLeft]
    delivery_left_minor: int
    alone_left_minor: int | None = None
    charged_back_minor: int = 0


class RefundQuery(PageQuery, frozen=True, kw_only=True):
    """`q`: an order's number. `since`, `until`: when they were begun, Unix ms."""

    state: RefundState | None = None
    q: Annotated[str, Meta(max_length=40, pattern=r"^[^\x00]*$")] = ""
    since: Annotated[int, Meta(ge=0, le=253_402_300_799_999)] | None = None
    until: Annotated[int, Meta(ge=0, le=253_402_300_799_999)] | None = None


class ListedRefund(Struct, frozen=True, kw_only=True):
    """A refund in the list of the staff. `person`: the buyer; names are empty where there is none; `goods`: which and how many
    of them, none of what is no refund of goods.
    """

    id: str
    order: str
    number: str
    person: str
    person_name: str
    goods: list[ListedLine]
    kind: str
    state: RefundState
    amount_minor: int
    currency: str
    provider: str
    reason: str
    is_rejected: bool
    asked_by: str | None
    asked_by_name: str
    approved_by: str | None
    approved_by_name: str
    rejected_by: str | None
    rejected_by_name: str
    created_at: str
    paid_at: str | None


class RefundList(Struct, frozen=True, kw_only=True):
    """Refunds, latest first. `next`: what to give as `after` for the following page."""

    items: list[ListedRefund]
    next: str | None = None


class RejectRequest(Struct, frozen=True, kw_only=True):
    """Why not."""

    reason: Reason


class WeighedUnit(Struct, frozen=True, kw_only=True):
    """What a unit of a line weighs. The first unit is 0."""

    line: Id
    unit: Unit
    grams: Annotated[int, Meta(ge=0, le=1_000_000)]


class WeightsRequest(Struct, frozen=True, kw_only=True):
    """Units that were weighed."""

    units: Annotated[tuple[WeighedUnit, ...], Meta(min_length=1, max_length=500)]


class ToWeighQuery(PageQuery, frozen=True, kw_only=True):
    """Which orders; all without it. `number`: of an order, as its label has it."""

    number: Annotated[str, Meta(pattern=r"^\d{4,32}$")] | None = None


class UnitToWeigh(Struct, frozen=True, kw_only=True):
    """What was paid for a unit; what it weighed, null before that, and what goes back for it."""

    unit: int
    paid_minor: int
    grams: int | None
    amount_minor: int


class LineToWeigh(Struct, frozen=True, kw_only=True):
    """What is sold by weight: `grams` of each unit were paid for. `units`: without those that went back or were sent again."""

    line: str
    product: str
    title: str
    titles: InLanguages | UnsetType = UNSET
    variant: str
    variant_names: InLanguages | UnsetType = UNSET
    image: str | None
    grams: int
    units: list[UnitToWeigh]


class OrderToWeigh(Struct, frozen=True, kw_only=True):
    """An order with its lines that are sold by weight, and nothing of who gets it."""

    id: str
    number: str
    state: State
    currency: str
    delivery: PlacedDelivery | None
    lines: list[LineToWeigh]


class OrdersToWeigh(Struct, frozen=True, kw_only=True):
    """The oldest first."""

    items: list[OrderToWeigh]
    next: str | None = None


class WeightsSettled(Struct, frozen=True, kw_only=True):
    """What goes back because units weigh less than was charged. `refund`: null when nothing does."""

    amount_minor: int
    refund: Refund | None
