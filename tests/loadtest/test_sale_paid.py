"""Buyers who pay: what must be true is noticed when it is not, figures are those of what counts, and the real demo is sound."""

from typing import Any

import msgspec
import pytest

from loadtest.sale import command
from loadtest.sale.checks import TOLD_MAX, Standing, Stock
from loadtest.sale.paid_checks import PAID_INVARIANTS, ListedOrder, OwnOrder, PaidFacts, broken_when_paid
from loadtest.sale.paid_results import (
    PAID_MEANINGS,
    PaidFigures,
    PaidPlan,
    PaidReport,
    PaidRound,
    failures,
    paid_figures,
    paid_table,
    quotes_of,
)
from loadtest.sale.purchases import Purchase
from tests.ports import free_port


def purchase(id_: str, **fields: Any) -> Purchase:
    """Paid a second after it was begun, unless it is said otherwise."""
    whole: dict[str, Any] = {
        "buyer": 0, "at_s": 1.0, "paid_s": 2.0, "hold": f"h-{id_}", "order": f"o-{id_}", "total_minor": 990,
        "payment": f"p-{id_}",
    }  # fmt: skip
    return Purchase(**{**whole, **fields})


def listed(id_: str, **fields: Any) -> ListedOrder:
    whole: dict[str, Any] = {
        "state": "paid", "total_minor": 990, "paid_minor": 990, "refunded_minor": 0, "units": 1,
    }  # fmt: skip
    return ListedOrder(id=f"o-{id_}", **{**whole, **fields})


def facts(**fields: Any) -> PaidFacts:
    """Of two buyers who paid, in which nothing is wrong but what `fields` say."""
    whole: dict[str, Any] = {
        "purchases": [purchase("a"), purchase("b")],
        "orders": [listed("a"), listed("b")],
        "own": [OwnOrder(id="o-a", state="paid", payments={"p-a": "paid"}, refunds=0)],
        "refunds": 0,
        "sale": Standing(units=5, held=0, sold=2, left=3),
        "stock": (Stock(on_hand=5, held=0, sold=0), Stock(on_hand=5, held=0, sold=2)),
        "books": [],
        "faults": {},
    }
    return PaidFacts(**{**whole, **fields})


def test_purchases_in_which_all_is_right_break_nothing():
    assert broken_when_paid(facts()) == {}


def test_who_holds_and_orders_and_does_not_pay_yet_breaks_nothing():
    unpaid = purchase("c", paid_s=-1.0)
    assert (
        broken_when_paid(
            facts(
                purchases=[*facts().purchases, unpaid],
                orders=[*facts().orders, listed("c", state="unpaid", paid_minor=0)],
                sale=Standing(units=5, held=1, sold=2, left=2),
            )
        )
        == {}
    )


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("every_buyer_answered", {"purchases": [purchase("a"), purchase("b", failed="pay: no answer")]}),
    ("told_orders_are_there", {"orders": [listed("a")]}),
    ("told_orders_are_there", {"orders": [listed("a"), listed("b", total_minor=980)]}),
    ("told_orders_are_there", {"orders": [listed("a"), listed("b"), listed("c")]}),
    ("paid_is_paid", {"orders": [listed("a"), listed("b", state="unpaid", paid_minor=0)]}),
    ("paid_is_paid", {"orders": [listed("a"), listed("b", state="cancelled")]}),
    (
        "no_order_is_paid_twice",
        {"own": [OwnOrder(id="o-a", state="paid", payments={"p-a": "paid", "p-x": "paid"}, refunds=0)]},
    ),
    ("no_order_is_paid_twice", {"own": [OwnOrder(id="o-a", state="paid", payments={"p-a": "open"}, refunds=0)]}),
    ("no_order_is_paid_twice", {"refunds": 1}),
    ("no_order_is_paid_twice", {"orders": [listed("a"), listed("b", refunded_minor=990)]}),
    ("one_hold_one_order", {"purchases": [purchase("a"), purchase("b", hold="h-a")]}),
    ("one_hold_one_order", {"purchases": [purchase("a"), purchase("b", order="o-a")]}),
    ("units_are_those_of_orders", {"sale": Standing(units=5, held=0, sold=3, left=2)}),
    (
        "units_are_those_of_orders",
        {"stock": (Stock(on_hand=5, held=0, sold=0), Stock(on_hand=5, held=0, sold=1))},
    ),
    ("units_are_those_of_orders", {"sale": Standing(units=1, held=0, sold=2, left=-1)}),
    ("units_are_those_of_orders", {"purchases": [purchase("a"), purchase("b"), purchase("c", order="")]}),
    ("books_agree", {"books": ["unbalanced: transfer 7"]}),
    ("no_control_message_lost", {"faults": {"missing": 1}}),
]


@pytest.mark.parametrize(("name", "fields"), WRONG)
def test_each_thing_that_is_wrong_is_called_by_its_name(name: str, fields: dict[str, Any]):
    assert name in broken_when_paid(facts(**fields))


def test_each_invariant_is_broken_by_something():
    assert {name for name, _ in WRONG} == {invariant.__name__ for invariant in PAID_INVARIANTS}


def test_of_many_complaints_a_few_are_told():
    wrong = broken_when_paid(facts(faults={f"fault {n}": 1 for n in range(100)}))["no_control_message_lost"]
    assert (len(wrong), wrong[-1]) == (TOLD_MAX + 1, "and 95 more")


# --- figures ---


def test_rates_are_of_the_time_after_the_warm_up_and_latencies_of_what_began_there():
    plan = PaidPlan(seconds=10.0, warm_s=2.0)
    slow = purchase("w", at_s=0.5, paid_s=1.0, pay_ms=900.0, hold_ms=1.0, order_ms=1.0)
    counted = [
        purchase(str(n), at_s=2.0 + n, paid_s=2.5 + n, pay_ms=10.0 * (n + 1), hold_ms=1.0, order_ms=1.0)
        for n in range(10)
    ]
    late = purchase("l", at_s=11.9, paid_s=13.0, pay_ms=200.0, hold_ms=1.0, order_ms=500.0)
    failed = purchase("f", at_s=3.0, paid_s=-1.0, order="", failed="hold: 4022 sold_out")
    figures = paid_figures([slow, *counted, late, failed], plan, server_cpu_s=0.024, buyers_cpu_s=0.012)
    assert (figures.created, figures.paid, figures.failed) == (12, 12, 1)
    assert (figures.created_per_s, figures.paid_per_s) == (1.0, 1.0)
    assert (figures.pay_p50_ms, figures.pay_p99_ms) == (60.0, 200.0)
    assert (figures.server_cpu_ms, figures.buyers_cpu_ms) == (2.0, 1.0)


def test_failures_are_counted_by_step_and_reason():
    each = [
        purchase("a"),
        *(purchase("b", failed="order: no answer") for _ in range(2)),
        purchase("c", failed="hold: x"),
    ]
    assert failures(each) == {"order: no answer": 2, "hold: x": 1}


def test_each_figure_says_what_it_is():
    assert set(PAID_MEANINGS) == set(PaidFigures.__struct_fields__)


def test_the_table_tells_figures_quotes_failures_and_what_was_broken():
    plan = PaidPlan(orders_per_s=100.0)
    one = PaidRound(
        figures=paid_figures([purchase("a", pay_ms=12.5)], PaidPlan(warm_s=0.0, seconds=10.0)),
        failures={"order: no answer": 2},
        invariants={"books_agree": False},
        broken={"books_agree": ["unbalanced"]},
    )
    quotes = quotes_of([1.0, 2.0, 3.0], lines=20, coupons=10)
    report = PaidReport(made="now", machine="this", commit="abc", load=0.5, plan=plan, quotes=quotes, rounds=[one])
    said = paid_table(report)
    assert not report.sound
    assert "100 orders a second for 15 s, 1 workers; this, load 0.5" in said
    assert "3 quotes of 20 lines with 10 coupons in the wallet, one at a time: median 2.00 ms" in said
    assert "round 1: failed order: no answer: 2" in said
    assert "round 1: BROKEN books_agree: unbalanced" in said


@pytest.mark.parametrize(
    "arguments", [["--pay", "--seconds", "0"], ["--pay", "--in-flight", "0"], ["--pay", "--orders-per-s=-1"]]
)
def test_what_cannot_be_played_is_refused(arguments: list[str]):
    with pytest.raises(SystemExit):
        command.main(arguments)


# --- all of it ---


@pytest.mark.parametrize("how", ["--in-flight 8", "--orders-per-s 20 --at-once"])
def test_buyers_on_the_real_demo_pay_and_all_is_sound(how, tmp_path, capsys):
    path = tmp_path / "paid.json"
    plan = f"--pay --buyers 20 --seconds 2 --warm 1 --quotes 10 {how} --port {free_port()}"
    status = command.main([*plan.split(), "--json", str(path)])
    said = capsys.readouterr().out
    assert status == 0, said
    report = msgspec.json.decode(path.read_bytes(), type=PaidReport)
    [one] = report.rounds
    assert one.figures.created == one.figures.paid >= 10
    assert 0 < one.figures.press_p50_ms <= one.figures.pay_p50_ms <= one.figures.pay_p99_ms
    assert one.failures == {}
    assert report.quotes is not None
    assert (report.quotes.count, report.quotes.lines, report.quotes.coupons) == (10, 20, 10)
    assert set(one.invariants) == {invariant.__name__ for invariant in PAID_INVARIANTS}
    assert all(one.invariants.values())
    assert "sound: no invariant broken" in said
