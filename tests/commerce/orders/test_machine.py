"""The states of an order: every state with every step, against a list written out by hand; and what becomes of money."""

import itertools

import pytest

from commerce.orders.machine import STATES, STEPS, State, Step, after
from commerce.orders.money_in import MoneyIn, Owed, decide, fee_back_minor

ALLOWED: dict[tuple[State, Step], State] = {
    ("unpaid", "pay"): "paid",
    ("unpaid", "time_out"): "cancelled",
    ("unpaid", "cancel"): "cancelled",
    ("cancelled", "pay_late"): "paid",
    ("paid", "prepare"): "preparing",
    ("preparing", "dispatch"): "dispatched",
    ("dispatched", "deliver"): "delivered",
    ("delivered", "finish"): "done",
    ("paid", "refund_whole"): "cancelled",
    ("preparing", "refund_whole"): "cancelled",
    ("paid", "undo"): "cancelled",
    ("preparing", "undo"): "cancelled",
}


@pytest.mark.parametrize(("state", "step"), list(itertools.product(STATES, STEPS)))
def test_each_step_leads_from_each_state_where_it_should_or_nowhere(state: State, step: Step):
    assert after(state, step) == ALLOWED.get((state, step))


def test_there_are_seven_states_and_ten_steps():
    assert (len(STATES), len(STEPS)) == (7, 10)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("has_units", [True, False])
@pytest.mark.parametrize("has_coupon", [True, False])
@pytest.mark.parametrize("paid_by", [None, "p1", "p2", "nothing"])
def test_money_pays_an_order_once_or_goes_back_whatever_its_state(
    state: State, has_units: bool, has_coupon: bool, paid_by: str | None
):
    if (state == "unpaid" and paid_by is not None) or (state not in ("unpaid", "cancelled") and paid_by is None):
        pytest.skip("the table has a constraint against it")
    was_paid = paid_by is not None
    order = Owed(state=state, payment=None if paid_by == "nothing" else paid_by, was_paid=was_paid)
    found = decide(order, "p1", has_units=has_units, has_coupon=has_coupon)
    if paid_by == "p1":
        assert found is MoneyIn.AGAIN
    elif was_paid:
        assert found is MoneyIn.DOUBLE
    else:
        assert found is (MoneyIn.PAY if has_units and has_coupon else MoneyIn.LATE)


def test_one_fee_is_enough_for_all_orders_of_a_group():
    assert fee_back_minor(600, is_group_paid=True) == 600
    assert fee_back_minor(600, is_group_paid=False) == 0
    assert fee_back_minor(0, is_group_paid=True) == 0
