"""What payments and refunds may become: every state with every event."""

import itertools

import pytest

from commerce.payments.machine import (
    PAYMENT,
    PAYMENT_EVENTS,
    PAYMENT_STATES,
    REFUND,
    REFUND_EVENTS,
    REFUND_STATES,
    before,
)

PAYMENT_AFTER: dict[str, dict[str, str | None]] = {
    "open": {"paid": "paid", "failed": "failed", "closed": "closed"},
    "paid": {"paid": None, "failed": None, "closed": None},
    "failed": {"paid": "paid", "failed": None, "closed": None},
    "closed": {"paid": "paid", "failed": None, "closed": None},
}
REFUND_AFTER: dict[str, dict[str, str | None]] = {
    "approval": {"approved": "processing", "rejected": "failed", "paid": None, "failed": None, "retried": None},
    "processing": {"approved": None, "rejected": None, "paid": "paid", "failed": "failed", "retried": None},
    "paid": {"approved": None, "rejected": None, "paid": None, "failed": None, "retried": None},
    "failed": {"approved": None, "rejected": None, "paid": "paid", "failed": None, "retried": "processing"},
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(PAYMENT_STATES, PAYMENT_EVENTS)))
def test_a_payment_becomes_this(state: str, event: str) -> None:
    assert PAYMENT.get((state, event)) == PAYMENT_AFTER[state][event]


@pytest.mark.parametrize(("state", "event"), list(itertools.product(REFUND_STATES, REFUND_EVENTS)))
def test_a_refund_becomes_this(state: str, event: str) -> None:
    assert REFUND.get((state, event)) == REFUND_AFTER[state][event]


def test_the_tables_know_no_other_states_and_events() -> None:
    assert {state for state, _ in PAYMENT} | set(PAYMENT.values()) == set(PAYMENT_STATES)
    assert {event for _, event in PAYMENT} == set(PAYMENT_EVENTS)
    assert {state for state, _ in REFUND} | set(REFUND.values()) == set(REFUND_STATES)
    assert {event for _, event in REFUND} == set(REFUND_EVENTS)


def test_money_counts_whatever_came_before_and_only_once() -> None:
    assert before(PAYMENT, "paid") == ["open", "failed", "closed"]
    assert before(REFUND, "paid") == ["processing", "failed"]
