"""An event of Stripe, verified over the bytes as they came, and what it says. Pure: no I/O, no clock.

The header is `Stripe-Signature: t=1492774577,v1=HEX,v1=HEX,v0=HEX`: HMAC-SHA-256 under the endpoint's secret of the time, a
dot and the body; more than one `v1` while a secret is being replaced.

https://docs.stripe.com/webhooks#verify-manually
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from commerce.payments.errors import NoticeRefused
from commerce.payments.provider import Notice, PaymentState
from commerce.payments.stripe.amounts import from_stripe
from commerce.payments.stripe.answers import Refund, Session

HEADER = "stripe-signature"
HEADER_CHARS_MAX = 4_096
STAMP_CHARS_MAX = 12

PAYMENTS: Mapping[str, PaymentState] = {
    "checkout.session.completed": "unknown",  # its `payment_status` says
    "checkout.session.async_payment_succeeded": "paid",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "closed",
}
REFUND_EVENTS = frozenset({"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"})
DISPUTE_EVENTS: Mapping[str, Literal["chargeback", "reinstated"]] = {
    "charge.dispute.funds_withdrawn": "chargeback",
    "charge.dispute.funds_reinstated": "reinstated",
}


class Dispute(Struct, frozen=True, kw_only=True):
    """Money that a bank has taken back, or, of a dispute that is won, given back: each once, whatever number of events."""

    id: str
    amount: int
    currency: str
    payment_intent: str | None = None


class Data(Struct, frozen=True, kw_only=True):
    object: msgspec.Raw


class Event(Struct, frozen=True, kw_only=True):
    id: str
    type: str
    created: int
    livemode: bool
    data: Data


def read(
    headers: Mapping[str, str], body: bytes, *, secret: str, is_live: bool, now_s: float, age_s_max: float
) -> Notice:
    """What it says. Raises NoticeRefused."""
    given = next((value for name, value in headers.items() if name.lower() == HEADER), "")
    delivery = _delivery(given, body, secret=secret, now_s=now_s, age_s_max=age_s_max)
    try:
        event = msgspec.json.decode(body, type=Event)
        if event.livemode is not is_live:
            raise NoticeRefused
        return _notice(event, delivery)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise NoticeRefused from error


def _delivery(header: str, body: bytes, *, secret: str, now_s: float, age_s_max: float) -> str:
    """What tells this delivery from others: when it was signed, and how."""
    if len(header) > HEADER_CHARS_MAX or not header.isascii():
        raise NoticeRefused
    parts = [part.partition("=") for part in header.split(",")]
    stamps = [value for name, _, value in parts if name.strip() == "t"]
    if len(stamps) != 1 or not stamps[0].isdigit() or len(stamps[0]) > STAMP_CHARS_MAX:
        raise NoticeRefused
    made = hmac.new(secret.encode(), stamps[0].encode() + b"." + body, hashlib.sha256).hexdigest()
    signatures = [value for name, _, value in parts if name.strip() == "v1"]
    if not any(hmac.compare_digest(made, signature) for signature in signatures):
        raise NoticeRefused
    if abs(now_s - int(stamps[0])) > age_s_max:
        raise NoticeRefused
    return f"{stamps[0]}.{made[:32]}"


def _notice(event: Event, delivery: str) -> Notice:
    told: dict[str, Any] = {"id": event.id, "delivery": delivery, "at_ms": event.created * 1000}
    if event.type in PAYMENTS:
        session = msgspec.json.decode(event.data.object, type=Session)
        if session.client_reference_id:  # else it is not of ours
            state = "paid" if session.payment_status == "paid" else PAYMENTS[event.type]
            told |= {"kind": "payment", "about": session.client_reference_id, "ref": session.intent}
            return Notice(state=state, **told, **session.money())
    elif event.type in REFUND_EVENTS:
        refund = msgspec.json.decode(event.data.object, type=Refund)
        if refund.ours:
            told |= {"kind": "refund", "about": refund.ours, "ref": refund.id}
            return Notice(state=refund.state, **told, **from_stripe(refund.amount, refund.currency))
    elif event.type in DISPUTE_EVENTS:
        dispute = msgspec.json.decode(event.data.object, type=Dispute)
        told |= {"kind": DISPUTE_EVENTS[event.type], "about": dispute.id, "dispute": dispute.id}
        told |= {"ref": dispute.payment_intent}
        return Notice(**told, **from_stripe(dispute.amount, dispute.currency))
    return Notice(kind="other", **told)
