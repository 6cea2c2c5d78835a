"""Bodies of payments' HTTP calls. Pure: no I/O."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from livehub.base.lists import PageQuery


class PaymentRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which way to pay."""

    provider: Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[a-z]+$")]


class Payment(Struct, frozen=True, kw_only=True):
    """An attempt to pay an order. `how`: `url`: send the buyer there; `qr`: show `url` as a QR code; `jsapi`: call
    WeChat's bridge with `params`. Times are ISO 8601, and Unix ms in `closes_ts`, for a countdown.
    """

    id: str
    order: str
    provider: str
    state: Literal["open", "paid", "failed", "closed"]
    amount_minor: int
    currency: str
    how: Literal["url", "jsapi", "qr"] | None
    url: str | None
    params: dict[str, str] | None
    created_at: str
    closes_at: str
    closes_ts: int
    paid_at: str | None


class PaymentProviders(Struct, frozen=True, kw_only=True):
    """Ways to pay that are offered, the one to choose by itself first."""

    items: list[str]


class FindingQuery(PageQuery, frozen=True, kw_only=True):
    """`open`: only what nobody has resolved yet; `q`: the whole id of a payment, a refund or an order, an order's number, or
    the provider's number; `provider` and `day`: what its bill of that day says otherwise.
    """

    open: bool = True
    q: Annotated[str, Meta(max_length=128, pattern=r"^[^\x00]*$")] = ""
    provider: Annotated[str, Meta(max_length=40, pattern=r"^[^\x00]*$")] = ""
    day: Annotated[str, Meta(max_length=10, pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""


class FindingShown(Struct, frozen=True, kw_only=True):
    """Something about money that does not fit. `resolved_by_name`: empty where there is none."""

    id: str
    kind: str
    provider: str
    payment: str | None
    refund: str | None
    order: str | None
    amount_minor: int | None
    currency: str | None
    details: dict[str, Any]
    found_at: str
    resolved_at: str | None
    resolved_by: str | None
    resolved_by_name: str
    note: str | None


class FindingList(Struct, frozen=True, kw_only=True):
    """The latest first."""

    items: list[FindingShown]
    next: str | None


class FindingResolved(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was done about it."""

    note: Annotated[str, Meta(min_length=1, max_length=500)]
