"""Each transfer has the entries that docs/ledger.md says, balances, and moves nothing when there is nothing to move."""

from typing import Any

import pytest

from commerce.ledger import transfers
from commerce.ledger.transfers import Transfer

PAID: dict[str, Any] = {"order": "o1", "currency": "CNY", "at_ms": 5}


def test_captured_money_is_owed_to_the_buyer():
    made = transfers.captured(payment="p1", provider="sandbox", amount_minor=5_990, **PAID)
    assert made == Transfer(
        key="captured:p1", what="captured", order="o1", currency="CNY", at_ms=5,
        entries=(("clearing:sandbox", 5_990), ("buyer_prepayments", -5_990)),
    )  # fmt: skip


def test_a_paid_order_is_revenue_before_discounts_and_the_discounts():
    made = transfers.sold(goods_minor=6_000, delivery_minor=500, discount_minor=510, **PAID)
    assert made.key == "sold:o1"
    assert made.entries == (
        ("buyer_prepayments", 5_990), ("discounts", 510), ("revenue:goods", -6_000), ("revenue:delivery", -500),
    )  # fmt: skip


def test_an_order_that_costs_nothing_is_sold_for_its_discount():
    made = transfers.sold(goods_minor=500, delivery_minor=0, discount_minor=500, **PAID)
    assert made.entries == (("discounts", 500), ("revenue:goods", -500))


def test_an_order_of_gifts_alone_moves_nothing():
    assert transfers.sold(goods_minor=0, delivery_minor=0, discount_minor=0, **PAID).entries == ()


def test_a_whole_refund_leaves_neither_revenue_nor_discounts():
    sold = transfers.sold(goods_minor=3_000, delivery_minor=500, discount_minor=1_000, **PAID)
    captured = transfers.captured(payment="p1", provider="sandbox", amount_minor=2_500, **PAID)
    owed = transfers.refund_owed(refund="r1", goods_minor=3_000, delivery_minor=500, discount_minor=1_000, **PAID)
    paid = transfers.refund_paid(refund="r1", provider="sandbox", amount_minor=2_500, **PAID)
    assert owed.entries == (
        ("revenue:goods", 3_000), ("revenue:delivery", 500), ("discounts", -1_000), ("refunds_payable", -2_500),
    )  # fmt: skip
    assert set(transfers.balances([captured, sold, owed, paid]).values()) == {0}


def test_late_money_goes_back_out_of_what_the_buyer_has_with_us():
    owed = transfers.refund_owed(refund="r1", prepaid_minor=5_990, **PAID)
    assert owed.entries == (("buyer_prepayments", 5_990), ("refunds_payable", -5_990))


def test_a_charge_back_above_the_payment_is_taken_as_it_is():
    # polar#8344: banks add what it cost them.
    made = transfers.charged_back(
        notice="n1", provider="stripe", amount_minor=7_490, order="o1", currency="USD", at_ms=5
    )
    assert made.entries == (("suspense:stripe", 7_490), ("clearing:stripe", -7_490))


def test_what_a_bank_gives_back_undoes_what_it_took():
    taken, back = (
        of(notice="dp1", provider="stripe", amount_minor=7_490, order="o1", currency="USD", at_ms=5)
        for of in (transfers.charged_back, transfers.reinstated)
    )
    assert set(transfers.balances([taken, back]).values()) == {0}
    assert taken.key != back.key


def test_misdirected_money_and_fees_are_with_their_provider():
    made = transfers.misdirected(notice="n1", provider="wechatpay", amount_minor=1, currency="CNY", at_ms=5)
    assert (made.key, made.order) == ("misdirected:wechatpay:n1", None)
    assert made.entries == (("clearing:wechatpay", 1), ("suspense:wechatpay", -1))
    kept = transfers.fee(provider="wechatpay", bill="2026-11-29", amount_minor=36, currency="CNY", at_ms=5)
    assert kept.entries == (("provider_fees", 36), ("clearing:wechatpay", -36))


@pytest.mark.parametrize(
    "entries",
    [
        (("clearing:sandbox", 1),),
        (("clearing:sandbox", 1), ("buyer_prepayments", -2)),
        (("clearing:sandbox", 0), ("buyer_prepayments", 0)),
        (("clearing:sandbox", 2**63), ("buyer_prepayments", -(2**63))),
    ],
)
def test_what_does_not_balance_is_no_transfer(entries: tuple[tuple[str, int], ...]):
    with pytest.raises(ValueError, match="does not balance"):
        Transfer(key="k", what="sold", order=None, currency="CNY", at_ms=1, entries=entries)


def test_discounts_above_what_they_are_of_are_no_transfer():
    with pytest.raises(ValueError, match="discounts are above"):
        transfers.sold(goods_minor=100, delivery_minor=0, discount_minor=101, **PAID)
    with pytest.raises(ValueError, match="discounts are above"):
        transfers.refund_owed(refund="r1", goods_minor=100, discount_minor=101, **PAID)
