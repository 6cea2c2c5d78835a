"""What WeChat Pay tells of payments and refunds, in answers and in notices, and what that is to us. Pure: no I/O.

Amounts are in fen. What counts is `amount.total`, what was asked for; `payer_total` is less where WeChat gave the buyer a
voucher, which the shop gets all the same. A refund's notice names no currency: a mainland merchant has but one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from commerce.payments.provider import PaymentState, RefundState, RefundStatus, Status

CURRENCY = "CNY"
Moment = Annotated[datetime, Meta(tz=True)]

PAYMENTS: Mapping[str, PaymentState] = {
    "SUCCESS": "paid",
    "REFUND": "paid",  # and some or all of it went back since
    "NOTPAY": "open",
    "USERPAYING": "open",
    "ACCEPT": "open",
    "CLOSED": "closed",
    "REVOKED": "closed",
    "PAYERROR": "failed",
}
REFUNDS: Mapping[str, RefundState] = {
    "SUCCESS": "paid",
    "PROCESSING": "processing",
    "CLOSED": "failed",  # never begun there, as for a payment that is too old
    "ABNORMAL": "failed",  # the buyer's card takes nothing: staff have to see to it at the merchant platform
}


class Amount(Struct, frozen=True, kw_only=True):
    total: int
    currency: str = CURRENCY


class RefundAmount(Struct, frozen=True, kw_only=True):
    refund: int
    total: int
    currency: str = CURRENCY


class Prepaid(Struct, frozen=True, kw_only=True):
    """The answer to a new order: one of them, by the way of paying."""

    prepay_id: str = ""
    h5_url: str = ""
    code_url: str = ""


class Transaction(Struct, frozen=True, kw_only=True):
    """An order. What it has of money comes once it is paid."""

    mchid: str
    appid: str
    out_trade_no: str
    trade_state: str
    transaction_id: str | None = None
    success_time: Moment | None = None
    amount: Amount | None = None

    @property
    def state(self) -> PaymentState:
        return PAYMENTS.get(self.trade_state, "unknown")

    def status(self) -> Status:
        """To us."""
        return Status(
            state=self.state,
            amount_minor=self.amount.total if self.amount else None,
            currency=self.amount.currency if self.amount else None,
            ref=self.transaction_id or None,
            paid_at_ms=unix_ms(self.success_time),
        )


class Refund(Struct, frozen=True, kw_only=True):
    """A refund, as an answer has it (`status`)."""

    refund_id: str
    out_refund_no: str
    status: str
    amount: RefundAmount

    def to_us(self) -> RefundStatus:
        """To us."""
        state = REFUNDS.get(self.status, "unknown")
        return RefundStatus(state=state, ref=self.refund_id, why="" if state in ("paid", "processing") else self.status)


class RefundTold(Struct, frozen=True, kw_only=True):
    """The same, as a notice has it (`refund_status`)."""

    mchid: str
    refund_id: str
    out_refund_no: str
    refund_status: str
    amount: RefundAmount
    success_time: Moment | None = None


class Bill(Struct, frozen=True, kw_only=True):
    """Where a bill is; `hash_value`: of what is in it, unpacked."""

    download_url: str
    hash_value: str
    hash_type: str = "SHA1"


class Empty(Struct, frozen=True, kw_only=True):
    """An answer that says nothing but that it was done."""


def unix_ms(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp() * 1000)
