"""What payments and refunds may become. Pure: no I/O.

A payment (an attempt to pay an order), by what is heard of it at its provider:

    OPEN --paid--> PAID     OPEN --failed--> FAILED     OPEN --closed--> CLOSED
    FAILED --paid--> PAID   CLOSED --paid--> PAID       money is money, however late; the order decides

A refund, by what staff decide and what is heard:

    APPROVAL --approved--> PROCESSING    APPROVAL --rejected--> FAILED
    PROCESSING --paid--> PAID            PROCESSING --failed--> FAILED
    FAILED --retried--> PROCESSING       under the same number
    FAILED --paid--> PAID                the provider's staff helped it along

What is not in a table changes nothing: it was heard before, or comes out of order.
"""

from collections.abc import Mapping

PAYMENT: Mapping[tuple[str, str], str] = {
    ("open", "paid"): "paid",
    ("open", "failed"): "failed",
    ("open", "closed"): "closed",
    ("failed", "paid"): "paid",
    ("closed", "paid"): "paid",
}
PAYMENT_STATES = ("open", "paid", "failed", "closed")
PAYMENT_EVENTS = ("paid", "failed", "closed")

REFUND: Mapping[tuple[str, str], str] = {
    ("approval", "approved"): "processing",
    ("approval", "rejected"): "failed",
    ("processing", "paid"): "paid",
    ("processing", "failed"): "failed",
    ("failed", "retried"): "processing",
    ("failed", "paid"): "paid",
}
REFUND_STATES = ("approval", "processing", "paid", "failed")
REFUND_EVENTS = ("approved", "rejected", "paid", "failed", "retried")


def before(table: Mapping[tuple[str, str], str], event: str) -> list[str]:
    """The states in which `event` changes something."""
    return [state for state, known in table if known == event]
