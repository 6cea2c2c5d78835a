"""What the house asks of a payment provider, and how it answers. Shapes only; sandbox/, wechatpay/ and stripe/ fill them.

Money is integer minor units with an ISO 4217 currency. Times are Unix ms of real time: providers have no other clock.

Every method may be called again with the same argument after its answer was lost; a provider knows payments and refunds
by our ids and does nothing twice. What cannot be found out now is ProviderAway (4063); it says nothing about what
happened there. None of them is called while a transaction is open.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

PaymentState = Literal["open", "paid", "closed", "failed", "unknown"]
RefundState = Literal["processing", "paid", "failed", "unknown"]


class Payer(Struct, frozen=True, kw_only=True):
    """Where the buyer pays from. `openids`: of the app they are signed in by, as identities have them: `openid@appid`."""

    ip: str
    is_wechat: bool = False
    is_phone: bool = False
    openids: tuple[str, ...] = ()
    language: str = ""


class NewPayment(Struct, frozen=True, kw_only=True):
    """A payment to be opened. `closes_ms`: real time, after which nobody should be able to pay it. `outside`: the address of
    the shop; `here`: of this process, for a provider in the house ("": it is not known)."""

    id: str
    order: str
    amount_minor: int
    currency: str
    description: str
    closes_ms: int
    notify_url: str
    return_url: str
    payer: Payer
    outside: str = ""
    here: str = ""


class Created(Struct, frozen=True, kw_only=True):
    """How the buyer pays: at `url`; by calling WeChat's bridge with `params`; or by scanning `url` as a QR code."""

    how: Literal["url", "jsapi", "qr"]
    url: str = ""
    ref: str | None = None
    params: dict[str, str] | None = None


class Attempt(Struct, frozen=True, kw_only=True):
    """A payment that was, or may have been, opened there. `ref`: the provider's number of it, once known."""

    id: str
    order: str
    provider: str
    amount_minor: int
    currency: str
    ref: str | None = None


class Status(Struct, frozen=True, kw_only=True):
    """What a payment is there. `unknown`: there is none of that id (yet). Amount and currency as the provider says:
    whoever goes by them compares them first. `capture`: tells the first money from the second, of a provider that can take it
    twice for one payment; it is then its `ref`, too."""

    state: PaymentState
    amount_minor: int | None = None
    currency: str | None = None
    ref: str | None = None
    paid_at_ms: int | None = None
    capture: str | None = None


class NewRefund(Struct, frozen=True, kw_only=True):
    """A refund to be made. `id` is the key under which it happens once; `total_minor`: what the payment brought in."""

    id: str
    payment: str
    payment_ref: str | None
    amount_minor: int
    total_minor: int
    currency: str
    reason: str
    ref: str | None = None
    notify_url: str = ""


class RefundStatus(Struct, frozen=True, kw_only=True):
    """What a refund is there. `failed`: the money did not go back, and will not by itself."""

    state: RefundState
    ref: str | None = None
    why: str = ""


class BillRow(Struct, frozen=True, kw_only=True):
    """A line of a provider's bill of one day. `id`: ours; `amount_minor`: more than 0, whichever way it went."""

    kind: Literal["payment", "refund"]
    id: str
    ref: str | None
    amount_minor: int
    currency: str
    at_ms: int
    fee_minor: int = 0


class BillTimes(Struct, frozen=True, kw_only=True):
    """A bill is of a day in `zone`, and is made by `ready_h` o'clock of the next."""

    zone: ZoneInfo
    ready_h: int = 0


class Notice(Struct, frozen=True, kw_only=True):
    """What a provider tells by itself, verified. `about`: our id of the payment or refund; `id`: of the notice, the
    same however often it is delivered; `delivery`: tells one delivery from another ("": the provider gives nothing to
    tell them by). `kind` other: nothing that concerns us, acknowledged and forgotten. `chargeback`: the buyer's bank
    took money back; `reinstated`: it gave it back, since the dispute was won. `dispute`: which, in whose course each happens
    once; "": as often as there are notices.
    """

    id: str
    kind: Literal["payment", "refund", "chargeback", "reinstated", "other"]
    about: str = ""
    state: Literal["open", "paid", "closed", "failed", "processing", "unknown"] = "unknown"
    amount_minor: int | None = None
    currency: str | None = None
    ref: str | None = None
    at_ms: int | None = None
    delivery: str = ""
    capture: str | None = None
    dispute: str = ""


class Provider(Protocol):
    """One way to be paid."""

    @property
    def name(self) -> str:
        """As calls and settings name it."""
        ...

    async def create(self, payment: NewPayment) -> Created:
        """Open a payment; the same id again is the same payment. Raises ProviderAway, PaymentRefused."""
        ...

    async def query(self, payment: Attempt) -> Status:
        """What it is now. Raises ProviderAway."""
        ...

    async def close(self, payment: Attempt) -> Status:
        """Let nobody pay it any more. What it is then: `closed`, also when there never was one; or `paid`. Raises
        ProviderAway."""
        ...

    async def refund(self, refund: NewRefund) -> RefundStatus:
        """Send money back; the same id again is the same refund. Raises ProviderAway."""
        ...

    async def query_refund(self, refund: NewRefund) -> RefundStatus:
        """What it is now. Raises ProviderAway."""
        ...

    @property
    def bill_times(self) -> BillTimes:
        """Of which days its bills are."""
        ...

    def bill(self, day: date) -> AsyncIterator[BillRow]:
        """All payments and refunds of a day, in the provider's time zone. Raises ProviderAway."""
        ...

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_s: float) -> Notice:
        """What a notice says. `body`: the bytes as they came. Decides by itself: calls nobody. Raises NoticeRefused,
        and nothing else, for whatever anybody may send."""
        ...

    def acknowledged(self) -> tuple[int, bytes]:
        """Status and body after which the provider stops telling."""
        ...
