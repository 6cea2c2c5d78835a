"""The checker of books after kill runs: each invariant is found broken in books made for it, none in books that are right."""

from typing import Any

import msgspec
import pytest

from loadtest.kill.accounts import INVARIANTS, discrepancies
from loadtest.kill.checkout import understood
from loadtest.kill.operations import HoldRow, ResourceRow, Took
from loadtest.kill.trade import (
    Call,
    Capture,
    CouponUse,
    Entry,
    LineRow,
    OrderRow,
    PaymentRow,
    RefundedUnit,
    RefundRow,
    Return,
    SentBack,
    Trade,
    answers,
    ordered,
    returned,
)

SALE, PEARS = "sale:s", "product:pears"


def order(id_: str, state: str = "paid", **fields: Any) -> OrderRow:
    """Of two units at 500, paid unless it is said otherwise."""
    was_paid = state not in ("unpaid", "cancelled")
    whole: dict[str, Any] = {
        "person": "ann", "key": f"key-{id_}", "hold": f"h-{id_}", "extra_hold": None, "total_minor": 1_000,
        "paid_minor": 1_000 if was_paid else 0, "refunded_minor": 0, "coupon": None,
        "payment": f"p-{id_}" if was_paid else None,
        "was_paid": was_paid,
    }  # fmt: skip
    return OrderRow(id=id_, state=state, **{**whole, **fields})


def call(kind: str, about: str, answer: str = "ok", **fields: Any) -> Call:
    whole: dict[str, Any] = {"person": "ann", "start_s": 1.0, "end_s": 1.1, "is_final": True}
    return Call(kind=kind, about=about, answer=answer, **{**whole, **fields})


def payment(id_: str, of: str, state: str = "paid", **fields: Any) -> PaymentRow:
    return PaymentRow(
        id=id_, order=of, state=state, **{"person": "ann", "key": f"key-{id_}", "amount_minor": 1_000, **fields}
    )


def hold(id_: str, state: str = "confirmed") -> HoldRow:
    units = 2 if state in ("confirmed", "held", "closing") else 0
    lines = (Took(SALE, 2, units), Took(PEARS, 2, units))
    return HoldRow(id=id_, person="ann", key=id_, state=state, made_s=0.0, expires_s=600.0, lines=lines)


def transfer(key: str, what: str, of: str, **accounts: int) -> list[Entry]:
    """`accounts`: by name, with _ for a colon."""
    names = {
        "clearing": "clearing:sandbox",
        "prepaid": "buyer_prepayments",
        "goods": "revenue:goods",
        "owed": "refunds_payable",
    }
    return [
        Entry(key=key, what=what, order=of, account=names[name], amount_minor=amount)
        for name, amount in accounts.items()
    ]


def books(**fields: Any) -> Trade:
    """Two orders: `a` is paid with a coupon, and one of its units went back and on the shelf; the money of `b` came when it was
    over, and went back. Nothing is wrong but what `fields` say.
    """
    whole: dict[str, Any] = {
        "calls": [
            call("order", "h-a", key="key-a", id="a", state="unpaid", amount_minor=1_000),
            call("pay", "a", key="key-p-a", id="p-a", state="open", amount_minor=1_000),
            call("press", "p-a", id="p-a", state="paid"),
            call("look", "a", id="a", state="paid"),
            call("refund", "a", key="key-r-a", id="r-a", state="processing", amount_minor=500, person="care"),
            call("order", "h-b", key="key-b", id="b", state="unpaid", amount_minor=1_000),
            call("pay", "b", answer="", is_final=False, key="key-p-b", end_s=None),
            call("pay", "b", key="key-p-b", id="p-b", state="open", amount_minor=1_000),
            call("cancel", "b", id="b", state="cancelled"),
        ],
        "orders": [order("a", refunded_minor=500, coupon="c"), order("b", "cancelled")],
        "lines": [
            LineRow(id="a-0", order="a", product="pears", sale="s", qty=2),
            LineRow(id="b-0", order="b", product="pears", sale="s", qty=2),
        ],
        "payments": [payment("p-a", "a"), payment("p-b", "b")],
        "refunds": [
            RefundRow(id="r-a", order="a", payment="p-a", kind="lines", state="paid", amount_minor=500),
            RefundRow(id="r-b", order="b", payment="p-b", kind="late", state="paid", amount_minor=1_000),
        ],
        "refunded_units": [RefundedUnit(refund="r-a", line="a-0", unit=0, restock=True)],
        "captures": [
            Capture(ref="1", payment="p-a", amount_minor=1_000),
            Capture(ref="2", payment="p-b", amount_minor=1_000),
        ],
        "sent_back": [
            SentBack(id="r-a", payment="p-a", state="paid", amount_minor=500),
            SentBack(id="r-b", payment="p-b", state="paid", amount_minor=1_000),
        ],
        "entries": [
            *transfer("captured:p-a", "captured", "a", clearing=1_000, prepaid=-1_000),
            *transfer("sold:a", "sold", "a", prepaid=1_000, goods=-1_000),
            *transfer("refund_owed:r-a", "refund_owed", "a", goods=500, owed=-500),
            *transfer("refund_paid:r-a", "refund_paid", "a", owed=500, clearing=-500),
            *transfer("captured:p-b", "captured", "b", clearing=1_000, prepaid=-1_000),
            *transfer("refund_owed:r-b", "refund_owed", "b", prepaid=1_000, owed=-1_000),
            *transfer("refund_paid:r-b", "refund_paid", "b", owed=1_000, clearing=-1_000),
        ],
        "returns": [Return(key="refund:r-a", order="a", units={PEARS: 1}, is_done=True)],
        "coupon_uses": [CouponUse(order="a", coupon="c", person="ann", state="used")],
        "findings": ["double_payment"],
        "holds": [hold("h-a"), hold("h-b", "released")],
        "resources": [ResourceRow(id=SALE, units=5, held=0, sold=2), ResourceRow(id=PEARS, units=11, held=0, sold=2)],
        "units": {SALE: 5, PEARS: 10},
    }  # fmt: skip
    return Trade(**{**whole, **fields})


RIGHT = books()


def test_books_in_which_all_is_right_break_nothing():
    assert discrepancies(RIGHT) == []


def changed(name: str, index: int, **fields: Any) -> dict[str, Any]:
    """The right rows of that name, one of them changed."""
    rows = list(getattr(RIGHT, name))
    rows[index] = msgspec.structs.replace(rows[index], **fields)
    return {name: rows}


def without(name: str, index: int) -> dict[str, Any]:
    rows = list(getattr(RIGHT, name))
    del rows[index]
    return {name: rows}


def more(name: str, row: Any) -> dict[str, Any]:
    return {name: [*getattr(RIGHT, name), row]}


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("ledger_is_balanced", changed("entries", 0, amount_minor=999)),
    ("ledger_is_balanced", {"entries": RIGHT.entries[:-2]}),
    (
        "ledger_is_balanced",
        {"entries": [*RIGHT.entries, *transfer("sold:b", "sold", "b", prepaid=1_000, goods=-1_000)]},
    ),
    ("orders_are_kept", without("orders", 1)),
    ("orders_are_kept", changed("orders", 0, person="bob")),
    ("orders_are_kept", changed("calls", 0, amount_minor=900)),
    ("orders_are_kept", more("orders", order("x", "unpaid"))),
    ("orders_are_kept", more("calls", call("order", "h-a", key="key-a", id="other", amount_minor=1_000))),
    ("payments_are_kept", changed("payments", 0, order="b")),
    ("payments_are_kept", changed("calls", 1, amount_minor=1)),
    ("payments_are_kept", more("payments", payment("p-x", "a", "open"))),
    ("payments_are_kept", more("calls", call("pay", "a", key="key-p-a", id="p-other", amount_minor=1_000))),
    ("refunds_are_kept", without("refunds", 0)),
    ("refunds_are_kept", changed("calls", 4, amount_minor=400)),
    ("refunds_are_kept", more("refunded_units", RefundedUnit(refund="r-x", line="a-0", unit=0, restock=False))),
    (
        "refunds_are_kept",
        more("refunds", RefundRow(id="r-x", order="a", payment="p-a", kind="lines", state="failed", amount_minor=500)),
    ),
    ("paid_is_paid", more("calls", call("look", "b", id="b", state="paid"))),
    ("paid_is_paid", more("calls", call("press", "p-x", id="p-x", state="paid"))),
    ("money_came_in_once", without("captures", 0)),
    ("money_came_in_once", more("captures", Capture(ref="3", payment="p-a", amount_minor=1_000))),
    ("money_came_in_once", changed("payments", 1, state="closed")),
    ("money_came_in_once", changed("captures", 1, amount_minor=1)),
    ("money_pays_or_goes_back", without("refunds", 1)),
    ("money_pays_or_goes_back", changed("refunds", 1, amount_minor=900)),
    ("money_pays_or_goes_back", changed("orders", 0, payment="p-x")),
    ("money_pays_or_goes_back", changed("orders", 0, paid_minor=0)),
    (
        "money_pays_or_goes_back",
        more("refunds", RefundRow(id="r-x", order="b", payment="p-b", kind="double", state="paid", amount_minor=1_000)),
    ),
    ("money_goes_back_once", without("sent_back", 0)),
    ("money_goes_back_once", changed("sent_back", 0, state="failed")),
    ("money_goes_back_once", changed("sent_back", 0, amount_minor=600)),
    ("money_goes_back_once", more("sent_back", SentBack(id="r-x", payment="p-a", state="paid", amount_minor=500))),
    ("money_goes_back_once", changed("refunds", 0, amount_minor=1_500)),
    ("money_goes_back_once", changed("orders", 0, refunded_minor=0)),
    ("units_are_sold_once", changed("resources", 1, sold=4)),
    ("units_are_sold_once", changed("resources", 0, sold=1)),
    ("units_are_sold_once", changed("returns", 0, is_done=False)),
    ("nothing_stays_held", changed("holds", 1, state="held")),
    ("nothing_stays_held", changed("holds", 0, state="closing")),
    ("one_hold_one_order", changed("orders", 1, hold="h-a")),
    ("coupons_are_not_stuck", changed("coupon_uses", 0, state="locked")),
    ("coupons_are_not_stuck", {"coupon_uses": []}),
    ("coupons_are_not_stuck", more("coupon_uses", CouponUse(order="b", coupon="c", person="ann", state="locked"))),
    ("money_settles", {"unsettled": ["refund r-a is processing"]}),
    ("nothing_is_misdirected", {"findings": ["wrong_amount"]}),
    ("buyers_are_answered", without("calls", 7)),
    ("buyers_are_answered", more("calls", call("order", "h-a", "internal", key="key-a"))),
]


@pytest.mark.parametrize(("name", "fields"), WRONG)
def test_each_thing_that_is_wrong_is_called_by_its_name(name: str, fields: dict[str, Any]):
    assert name in {found.invariant for found in discrepancies(books(**fields))}


def test_each_invariant_is_broken_by_something():
    assert {name for name, _ in WRONG} == set(INVARIANTS)


def test_money_that_came_twice_is_a_payment_of_its_own_that_goes_back():
    second = payment("p-2", "a", key="second:p-a:3")
    refund = RefundRow(id="r-2", order="a", payment="p-2", kind="double", state="paid", amount_minor=1_000)
    assert (
        discrepancies(
            books(
                payments=[*RIGHT.payments, second],
                captures=[*RIGHT.captures, Capture(ref="3", payment="p-a", amount_minor=1_000)],
                refunds=[*RIGHT.refunds, refund],
                sent_back=[*RIGHT.sent_back, SentBack(id="r-2", payment="p-2", state="paid", amount_minor=1_000)],
                entries=[
                    *RIGHT.entries,
                    *transfer("captured:p-2", "captured", "a", clearing=1_000, prepaid=-1_000),
                    *transfer("refund_owed:r-2", "refund_owed", "a", prepaid=1_000, owed=-1_000),
                    *transfer("refund_paid:r-2", "refund_paid", "a", owed=1_000, clearing=-1_000),
                ],
            )
        )
        == []
    )


def test_what_is_ordered_is_known_from_the_first_time_anybody_may_have():
    calls = [call("order", "h", start_s=2.0), call("order", "h", "", start_s=1.0), call("cancel", "o", start_s=0.5)]
    assert ordered(calls) == {"h": 1.0}


def test_units_count_as_back_when_they_are():
    returns = [*RIGHT.returns, Return(key="k", order="b", units={PEARS: 2, SALE: 2}, is_done=True)]
    assert returned([*returns, Return(key="x", order="b", units={PEARS: 5}, is_done=False)]) == {PEARS: 3, SALE: 2}


def test_refusals_are_counted_by_what_was_asked_for():
    calls = [call("pay", "a"), call("pay", "a", "hold_over"), call("order", "h", ""), call("order", "h", "")]
    assert answers(calls) == {"order: none": 2, "pay: hold_over": 1}


TOLD = {"kind": "order", "person": "ann", "about": "h", "start_s": 1.0}


@pytest.mark.parametrize(
    ("status", "body", "answer", "is_final"),
    [
        (201, {"id": "o", "state": "unpaid", "total_minor": 5}, "ok", True),
        (409, {"name": "hold_over", "code": 4026}, "hold_over", True),
        (503, {"name": "unavailable", "code": 1200}, "unavailable", False),
        (429, {"name": "too_fast"}, "too_fast", False),
        (500, {"name": "internal"}, "internal", True),
        (503, {"name": "provider_away"}, "provider_away", False),
    ],
)
def test_answers_are_final_unless_they_ask_to_come_again(
    status: int, body: dict[str, Any], answer: str, is_final: bool
):
    told = understood(TOLD, status, body, 1.5)
    assert (told.answer, told.is_final, told.end_s) == (answer, is_final, 1.5)


def test_an_order_is_understood():
    told = understood(TOLD, 201, {"id": "o", "state": "unpaid", "total_minor": 5}, 1.5)
    assert (told.id, told.state, told.amount_minor) == ("o", "unpaid", 5)
