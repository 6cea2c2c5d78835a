"""Domain events of refunds, keyed by the order. Pure: no I/O."""

from msgspec import Struct


class RefundRejected(Struct, frozen=True, kw_only=True, tag="refund.rejected", tag_field="event"):
    """The second person did not let a refund go. `case`: in which it was decided."""

    refund: str
    order: str
    case: str | None
    at_ms: int
