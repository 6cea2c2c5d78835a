"""What Stripe tells of sessions, refunds and its balance, as far as it is looked at, and what that is to us. Pure: no I/O."""

from collections.abc import Mapping
from typing import Generic, TypeVar

from msgspec import Struct

from commerce.payments.provider import BillRow, RefundState, RefundStatus, Status
from commerce.payments.stripe.amounts import Money, from_stripe

REFUNDS: Mapping[str, RefundState] = {
    "succeeded": "paid",
    "pending": "processing",
    "requires_action": "processing",
    "failed": "failed",
    "canceled": "failed",
}
PAYMENT_TYPES = frozenset({"charge", "payment"})
REFUND_TYPES = frozenset({"refund", "payment_refund"})

T = TypeVar("T")


class Charge(Struct, frozen=True, kw_only=True):
    """Money taken. `created`: Unix seconds."""

    created: int


class Intent(Struct, frozen=True, kw_only=True):
    """A payment as Stripe sees it: what a session becomes."""

    id: str
    latest_charge: Charge | str | None = None


class Session(Struct, frozen=True, kw_only=True):
    """A Checkout Session. What can be an object is its id alone in events, and where it was not asked for."""

    id: str
    status: str | None = None
    payment_status: str = ""
    client_reference_id: str | None = None
    payment_intent: Intent | str | None = None
    amount_total: int | None = None
    currency: str | None = None
    url: str | None = None

    def money(self) -> Money:
        """Ours; empty while there is none."""
        if self.amount_total is None or self.currency is None:
            return {}
        return from_stripe(self.amount_total, self.currency)

    @property
    def intent(self) -> str | None:
        return id_of(self.payment_intent)

    def to_us(self) -> Status:
        """Complete and unpaid is open, too: the buyer's bank takes its time."""
        if self.payment_status == "paid":
            charge = self.payment_intent.latest_charge if isinstance(self.payment_intent, Intent) else None
            at_ms = charge.created * 1000 if isinstance(charge, Charge) else None
            return Status(state="paid", ref=self.intent, paid_at_ms=at_ms, **self.money())
        return Status(state="closed" if self.status == "expired" else "open", ref=self.id, **self.money())


class Refund(Struct, frozen=True, kw_only=True):
    """A refund. `metadata`: ours, where it is of ours."""

    id: str
    amount: int
    currency: str
    status: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def ours(self) -> str | None:
        """Our number of it."""
        return (self.metadata or {}).get("refund")

    @property
    def state(self) -> RefundState:
        return REFUNDS.get(self.status or "", "unknown")

    def to_us(self) -> RefundStatus:
        return RefundStatus(
            state=self.state, ref=self.id, why=(self.failure_reason or "") if self.state == "failed" else ""
        )


class Source(Struct, frozen=True, kw_only=True):
    """What a line of the balance is of: a charge, a refund, or something that is not looked at."""

    id: str
    amount: int = 0
    currency: str = ""
    payment_intent: str | None = None
    metadata: dict[str, str] | None = None


class Entry(Struct, frozen=True, kw_only=True):
    """A line of the balance. Its own amounts are in the account's currency, those of its source in the buyer's."""

    id: str
    type: str
    created: int
    currency: str
    fee: int = 0
    source: Source | str | None = None

    def to_us(self) -> BillRow | None:
        """None: it is neither a payment nor a refund."""
        source = self.source
        if self.type not in PAYMENT_TYPES | REFUND_TYPES or not isinstance(source, Source):
            return None
        is_payment = self.type in PAYMENT_TYPES
        ours = (source.metadata or {}).get("payment" if is_payment else "refund")
        fee, money = from_stripe(self.fee, self.currency), from_stripe(source.amount, source.currency)
        return BillRow(
            kind="payment" if is_payment else "refund",
            id=ours or source.id,
            ref=source.payment_intent if is_payment else source.id,
            at_ms=self.created * 1000,
            fee_minor=fee["amount_minor"] if fee["currency"] == money["currency"] else 0,
            **money,
        )


class Page(Struct, Generic[T], frozen=True, kw_only=True):
    """A part of a list."""

    data: list[T]
    has_more: bool = False


def id_of(what: Intent | str | None) -> str | None:
    return what.id if isinstance(what, Intent) else what
