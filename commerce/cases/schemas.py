"""Bodies of the calls of cases and invoices. Times are ISO 8601, UTC; amounts minor units. Pure: no I/O."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from commerce.cases.machine import Decision, Kind, Reason, State
from commerce.orders.list_schemas import ListedLine
from commerce.refunds.schemas import Lines, Refund
from livehub.base.lists import PageQuery
from livehub.hub.rooms.prizes import Prize
from livehub.room.models import Id

TEXT_CHARS_MAX = 500
PHOTOS_MAX = 6

Text = Annotated[str, Meta(max_length=TEXT_CHARS_MAX)]
Photo = Annotated[str, Meta(min_length=1, max_length=100)]
SUM_MINOR_MAX = 2**53  # what every JSON keeps exactly
Search = Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")]


class CaseRequest(Struct, frozen=True, kw_only=True):
    """What is wrong with which units of an order. `reason`: 坏果 `spoiled`, 缺重 `underweight`, 少件 `missing`, 未送达
    `undelivered`, or anything else, which is 其他 `other`. `photos`: ids of uploads.
    """

    lines: Annotated[Lines, Meta(min_length=1)]
    kind: Kind
    reason: Annotated[str, Meta(min_length=1, max_length=40)]
    text: Text = ""
    photos: Annotated[tuple[Photo, ...], Meta(max_length=PHOTOS_MAX)] = ()


class CaseLine(Struct, frozen=True, kw_only=True):
    """Units of a line, the first being 0."""

    line: str
    units: tuple[int, ...]


class CaseStep(Struct, frozen=True, kw_only=True):
    """A step on the time line. `by`: of the staff, and what they are called; told to staff alone."""

    at: str
    step: Literal["open", "see", "decide", "appeal", "refund_rejected", "withdraw", "close"]
    decision: Decision | None = None
    by: str | None = None
    by_name: str | None = None


class Case(Struct, frozen=True, kw_only=True):
    """An after-sales case. `person_name`: what the buyer is called, told to staff alone. `due_at`: until when it is to be
    decided; `is_overdue`: it is open, and that is past. `max_refund_minor`: what of its units can still be paid back.
    `replacement`: the order that is sent instead; `coupon`: the one that was given.
    """

    id: str
    order: str
    number: str
    person: str
    kind: Kind
    reason: Reason
    text: str
    photos: list[str]
    lines: list[CaseLine]
    state: State
    opened_at: str
    due_at: str
    is_overdue: bool
    seen_at: str | None
    decision: Decision | None
    decided_at: str | None
    note: str
    refund: Refund | None
    replacement: str | None
    coupon: str | None
    appeal: str
    can_appeal: bool
    max_refund_minor: int
    currency: str
    steps: list[CaseStep]
    version: int
    person_name: str | None = None


class CaseSummary(Struct, frozen=True, kw_only=True):
    """A case in a list. `person`, `decided_by` and what they are called are told to staff alone, `goods` with how many units
    of each it is about.
    """

    id: str
    order: str
    number: str
    kind: Kind
    reason: Reason
    text: str
    photos: list[str]
    state: State
    opened_at: str
    due_at: str
    is_overdue: bool
    decision: Decision | None
    decided_at: str | None
    decided_by: str | None = None
    decided_by_name: str | None = None
    person: str | None = None
    person_name: str | None = None
    goods: list[ListedLine] = []


class OwnCasesQuery(PageQuery, frozen=True, kw_only=True):
    """A page of one's own cases. `order`: of this order alone."""

    order: Id | None = None


class CaseQuery(PageQuery, frozen=True, kw_only=True):
    """`q`: an order's number; `order`: its id. `overdue`: only open ones whose time is over. `queue`: open ones alone, the one
    that is due first at the top.
    """

    state: State | None = None
    q: Search = ""
    order: Id | None = None
    overdue: bool = False
    queue: bool = False


class CaseList(Struct, frozen=True, kw_only=True):
    """Cases, latest first, or as a queue. `open`, `overdue`: how many there are of all."""

    items: list[CaseSummary]
    open: int
    overdue: int
    next: str | None = None


class OwnCases(Struct, frozen=True, kw_only=True):
    """One's own cases, latest first."""

    items: list[CaseSummary]
    next: str | None = None


class DecisionRequest(Struct, frozen=True, kw_only=True):
    """What is done about a case. `lines`: which units, if not all of it; `note`: for the buyer. `restock`, `at_fault`: as in a
    refund; null: at fault when it was not delivered. `coupon`: what a `gift` is, in the currency of the order; a percentage
    with the most that it takes off. `slot`: the window that a replacement comes in; null: the next one with room.
    """

    decision: Decision
    lines: Lines = ()
    note: Text = ""
    restock: bool | None = None
    at_fault: bool | None = None
    coupon: Prize | None = None
    slot: Id | None = None


class AppealRequest(Struct, frozen=True, kw_only=True):
    """Why the buyer does not agree."""

    text: Annotated[str, Meta(min_length=1, max_length=TEXT_CHARS_MAX)]


class FapiaoRequest(Struct, frozen=True, kw_only=True):
    """An invoice for an order, sent to `email`. `tax_number`: a company's unified social credit code."""

    kind: Literal["personal", "company"]
    title: Annotated[str, Meta(min_length=1, max_length=100)]
    tax_number: Annotated[str, Meta(max_length=40)] | None = None
    email: Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s\x00]+@[^@\s\x00]+\.[^@\s\x00]+$")]


class Fapiao(Struct, frozen=True, kw_only=True):
    """A request for an invoice. `amount_minor`: what was paid, and not refunded, when it was asked for. `number`: of the
    invoice. `to_reverse_minor`: what of it was refunded since it was issued, for which the shop owes a red-letter invoice;
    `reversed_minor`: what those have taken back, the last of them under `reversal_number`.
    """

    id: str
    order: str
    order_number: str
    kind: Literal["personal", "company"]
    title: str
    tax_number: str | None
    email: str
    amount_minor: int
    currency: str
    state: Literal["requested", "issued", "rejected"]
    asked_at: str
    decided_at: str | None
    number: str | None
    note: str
    to_reverse_minor: int = 0
    reversed_minor: int = 0
    reversal_number: str | None = None


class OwnFapiaoQuery(PageQuery, frozen=True, kw_only=True):
    """A page of one's own invoices. `order`: of this order alone."""

    order: Id | None = None


class FapiaoQuery(PageQuery, frozen=True, kw_only=True):
    """`q`: an order's number, a tax number, or the beginning of a title. `to_reverse`: those alone of which something was
    refunded since they were issued.
    """

    state: Literal["requested", "issued", "rejected"] | None = None
    q: Search = ""
    to_reverse: bool = False


class FapiaoList(Struct, frozen=True, kw_only=True):
    """Requests for invoices, latest first."""

    items: list[Fapiao]
    next: str | None = None


class FapiaoIssued(Struct, frozen=True, kw_only=True):
    """The number of the invoice."""

    number: Annotated[str, Meta(min_length=1, max_length=40)]


class FapiaoReversed(Struct, frozen=True, kw_only=True):
    """The number of the red-letter invoice, of all that is to be reversed: `amount_minor`."""

    number: Annotated[str, Meta(min_length=1, max_length=40)]
    amount_minor: Annotated[int, Meta(ge=1, le=SUM_MINOR_MAX)]


class FapiaoRejected(Struct, frozen=True, kw_only=True):
    """Why there is none, for the buyer."""

    note: Annotated[str, Meta(min_length=1, max_length=TEXT_CHARS_MAX)]
