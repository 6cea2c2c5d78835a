"""What buyers and staff asked over HTTP in a run, and what all books had in the end. Pure: no I/O.

Times are seconds since the run began, as in operations.py; amounts are minor units.
"""

from msgspec import Struct

from loadtest.kill.operations import HoldRow, ResourceRow


class Call(Struct, frozen=True, kw_only=True):
    """One request, and its answer.

    | kind | about | what is told |
    |---|---|---|
    | `order` | a hold, or a product | the order: `id`, `state`, `amount_minor` in all |
    | `pay` | an order | the payment: `id`, `state`, `amount_minor` |
    | `press` | a payment, at the provider | its `state` there |
    | `cancel`, `look` | an order | the order |
    | `refund` | an order | the refund: `id`, `state`, `amount_minor` |

    `answer`: "ok", or the name of a refusal; "" without one, and then `end_s` is None: it may be done at any time. `is_final`:
    an answer that does not ask to come again.
    """

    kind: str
    person: str
    about: str
    start_s: float
    end_s: float | None = None
    key: str = ""
    answer: str = ""
    is_final: bool = False
    id: str = ""
    state: str = ""
    amount_minor: int = 0
    via: str = ""


class OrderRow(Struct, frozen=True, kw_only=True):
    """A row of `orders`. `was_paid`: it was, whatever became of it later."""

    id: str
    person: str
    key: str
    state: str
    hold: str | None
    extra_hold: str | None
    total_minor: int
    paid_minor: int
    refunded_minor: int
    coupon: str | None
    payment: str | None
    was_paid: bool

    @property
    def holds(self) -> tuple[str, ...]:
        """What it holds, or has."""
        return tuple(hold for hold in (self.hold, self.extra_hold) if hold is not None)


class LineRow(Struct, frozen=True, kw_only=True):
    """A row of `order_lines`."""

    id: str
    order: str
    product: str
    sale: str | None
    qty: int


class PaymentRow(Struct, frozen=True, kw_only=True):
    """A row of `payments`."""

    id: str
    order: str
    person: str
    key: str
    state: str
    amount_minor: int


class RefundRow(Struct, frozen=True, kw_only=True):
    """A row of `refunds`."""

    id: str
    order: str
    payment: str
    kind: str
    state: str
    amount_minor: int


class RefundedUnit(Struct, frozen=True, kw_only=True):
    """A unit of a line that was paid back; `restock`: it went on the shelf again."""

    refund: str
    line: str
    unit: int
    restock: bool


class Capture(Struct, frozen=True, kw_only=True):
    """Money that came in at the provider."""

    ref: str
    payment: str
    amount_minor: int


class SentBack(Struct, frozen=True, kw_only=True):
    """A refund, as the provider has it."""

    id: str
    payment: str
    state: str
    amount_minor: int


class Entry(Struct, frozen=True, kw_only=True):
    """A line of the ledger: debits are positive."""

    key: str
    what: str
    order: str | None
    account: str
    amount_minor: int


class Return(Struct, frozen=True, kw_only=True):
    """Units of an order that go on the shelf again."""

    key: str
    order: str
    units: dict[str, int]
    is_done: bool


class CouponUse(Struct, frozen=True, kw_only=True):
    """A coupon in an order: locked, used or back."""

    order: str
    coupon: str
    person: str
    state: str


class Trade(Struct, frozen=True, kw_only=True):
    """A run. `units`: of each resource when it began; `unsettled`: what was still under way when the books were read."""

    calls: list[Call]
    orders: list[OrderRow]
    lines: list[LineRow]
    payments: list[PaymentRow]
    refunds: list[RefundRow]
    refunded_units: list[RefundedUnit]
    captures: list[Capture]
    sent_back: list[SentBack]
    entries: list[Entry]
    returns: list[Return]
    coupon_uses: list[CouponUse]
    findings: list[str]
    holds: list[HoldRow]
    resources: list[ResourceRow]
    units: dict[str, int]
    unsettled: list[str] = []


def answers(calls: list[Call]) -> dict[str, int]:
    """How often each kind of request was answered with what, but for what was granted."""
    counts: dict[str, int] = {}
    for call in calls:
        if call.answer != "ok":
            name = f"{call.kind}: {call.answer or 'none'}"
            counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def ordered(calls: list[Call]) -> dict[str, float]:
    """Since when somebody may have ordered a hold, by hold."""
    since: dict[str, float] = {}
    for call in calls:
        if call.kind == "order":
            since[call.about] = min(call.start_s, since.get(call.about, call.start_s))
    return since


def returned(returns: list[Return]) -> dict[str, int]:
    """Units that were added to each resource again."""
    units: dict[str, int] = {}
    for each in returns:
        if each.is_done:
            for resource, count in each.units.items():
                units[resource] = units.get(resource, 0) + count
    return units
