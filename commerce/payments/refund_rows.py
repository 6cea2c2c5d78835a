"""A refund as it is stored. Pure: no I/O."""

from typing import Literal

from msgspec import Struct

RefundKind = Literal["lines", "late", "double", "delivery", "weight"]


class RefundRow(Struct, frozen=True, kw_only=True):
    """Money on its way back; see docs/payments.md. `asked_by`: None when nobody did; `person`: the buyer; `paid_in_minor`: what
    the payment brought in. Times are Unix ms of business time.
    """

    id: str
    order: str
    payment: str
    provider: str
    person: str
    kind: RefundKind
    key: str
    amount_minor: int
    currency: str
    reason: str
    state: Literal["approval", "processing", "paid", "failed"]
    asked_by: str | None
    approved_by: str | None
    rejected_by: str | None
    ref: str | None
    created_ms: int
    paid_ms: int | None
    failed_ms: int | None
    paid_in_minor: int
    payment_ref: str | None
    is_accepted: bool
    tries: int
