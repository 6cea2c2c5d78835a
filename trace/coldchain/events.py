"""Domain events of the cold chain, keyed by the shipment. Pure: no I/O."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from livehub.room.models import Currency
from trace.coldchain.rules import Cause


class Offer(Struct, frozen=True, kw_only=True):
    """What buyers are offered after a breach, as ops say. `none`: they are told of it, and no more. `coupon`: one of
    `amount_minor`, good for `days`. `replacement`, `refund`: a case for that is opened for them.
    """

    kind: Literal["none", "coupon", "replacement", "refund"] = "none"
    amount_minor: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    currency: Currency | None = None
    days: Annotated[int, Meta(ge=1, le=365)] = 30


class ColdChainBreach(Struct, frozen=True, kw_only=True, tag="coldchain.breach", tag_field="event"):
    """Goods were out of what they bear. `batches`: exactly those of the product that were in the shipment. `started_ms`: since
    when; `at_ms`: the reading that showed it; `told_ms`: when that came. `is_late`: it came after a gap. `limit`: °C, of
    `cumulative` minutes. `offer`: what ops want buyers to be offered.
    """

    breach: str
    shipment: str
    device: str | None
    product: str
    batches: tuple[str, ...]
    cause: Cause
    started_ms: int
    at_ms: int
    told_ms: int
    celsius: float | None
    limit: float | None
    minutes: float
    is_late: bool
    offer: Offer


class ColdChainWarning(Struct, frozen=True, kw_only=True, tag="coldchain.warning", tag_field="event"):
    """Goods came near that, or nobody knows: `silence`, `implausible`. For staff alone."""

    warning: str
    shipment: str
    device: str | None
    product: str
    batches: tuple[str, ...]
    cause: Cause
    started_ms: int
    at_ms: int
    told_ms: int
    is_late: bool


class ColdChainCorrected(Struct, frozen=True, kw_only=True, tag="coldchain.corrected", tag_field="event"):
    """A breach that was told turned out to be none, once readings were corrected or came late. Nothing is taken back."""

    breach: str
    shipment: str
    at_ms: int
    reason: str


class ColdChainReinstated(Struct, frozen=True, kw_only=True, tag="coldchain.reinstated", tag_field="event"):
    """A breach that was marked as none is one after all. Who was told of it is not told again; who bought meanwhile was not."""

    breach: str
    shipment: str
    at_ms: int
