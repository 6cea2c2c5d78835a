"""Refunds pay the stored shares, on the inputs of other shops' bug reports; no unit twice, nothing above what is left."""

from typing import Any

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from commerce.pricing.prices import CouponTerms, DeliveryRule, Line, price
from commerce.refunds.deciding import (
    Given,
    LineUnits,
    SoldLine,
    SoldOrder,
    UnitBack,
    Weighed,
    decide,
    left_minor,
    products_of,
    weigh,
)
from commerce.refunds.errors import NothingToRefund, NotWeighed, RefundExceeds
from livehub.base.errors import BadRequest


def sold(
    lines: list[tuple[str, int, int]], *, off_minor: int = 0, basis_points: int = 0, fee_minor: int = 0
) -> SoldOrder:
    """An order as it would have been priced. `lines`: id, units, price."""
    coupon = None
    if off_minor:
        coupon = CouponTerms(id="c", kind="fixed", currency="CNY", amount_minor=off_minor)
    elif basis_points:
        coupon = CouponTerms(id="c", kind="percent", currency="CNY", basis_points=basis_points)
    quote = price(
        [Line(id=id_, product=f"p-{id_}", qty=qty, unit_price_minor=each) for id_, qty, each in lines],
        currency="CNY",
        coupon=coupon,
        delivery=DeliveryRule(fee_minor=fee_minor) if fee_minor else None,
    )
    return SoldOrder(
        lines=tuple(
            SoldLine(
                id=line.id,
                product=line.product,
                unit_price_minor=line.unit_price_minor,
                unit_shares_minor=line.unit_shares_minor,
            )
            for line in quote.lines
        ),
        delivery_minor=quote.delivery_minor,
        delivery_discount_minor=0,
    )


def back(order: SoldOrder, asked: dict[str, Any], given: Given | None = None, *, is_at_fault: bool = False) -> int:
    lines = [LineUnits(line=line, units=units) for line, units in asked.items()]
    return decide(order, given or Given(), lines, is_at_fault=is_at_fault).amount_minor


def taken(**units: set[int]) -> Given:
    return Given(units={line: frozenset(which) for line, which in units.items()})


# --- the reports ---


def test_three_for_ten_less_ten_is_refunded_to_the_cent():
    # R4: mall#356, statamic-cargo PR#168, erpnext#58042
    order = sold([("a", 3, 1_000)], off_minor=1_000)
    assert [back(order, {"a": (unit,)}) for unit in range(3)] == [666, 667, 667]
    assert back(order, {"a": 3}) == 2_000
    order = sold([("a", 1, 10_000), ("b", 1, 10_000), ("c", 1, 10_000)], off_minor=1_000)
    assert [back(order, {line: 1}) for line in "abc"] == [9_666, 9_667, 9_667]


def test_one_of_two_at_ten_percent_off_is_its_share():
    # R6: PrestaShop#25687 paid back 40.00
    order = sold([("a", 2, 5_000)], basis_points=1_000)
    assert back(order, {"a": (1,)}) == 4_500


def test_not_the_list_price_goes_back_and_no_threshold_is_looked_at_again():
    # R8: sonata ecommerce#177
    assert back(sold([("a", 3, 10_000)], basis_points=1_000), {"a": 2}) == 18_000
    quote = price(
        [Line(id="a", product="p", qty=6, unit_price_minor=5_000)],
        currency="CNY",
        coupon=CouponTerms(id="c", kind="percent", currency="CNY", basis_points=1_000, min_spend_minor=30_000),
    )
    (line,) = quote.lines
    order = SoldOrder(
        lines=(
            SoldLine(id="a", product="p", unit_price_minor=5_000, unit_shares_minor=line.unit_shares_minor),
        ),
        delivery_minor=0,
        delivery_discount_minor=0,
    )  # fmt: skip
    assert back(order, {"a": 5}) == 22_500


def test_the_first_line_alone_takes_its_share_of_the_discount_alone():
    # R10: easy-digital-downloads#8076
    order = sold([("a", 1, 1_000), ("b", 1, 3_000)], off_minor=1_000)
    decided = decide(order, Given(), [LineUnits(line="a", units=1)], is_at_fault=False)
    assert (decided.goods_minor, decided.discount_minor, decided.amount_minor) == (1_000, 250, 750)
    assert left_minor(order, taken(a={0})) == 2_250


def test_over_refunds_in_two_steps_are_refused_and_say_what_is_left():
    # R3: craftcms/commerce#1098, killbill#334, shopp#3205
    order = sold([("a", 1, 9_900), ("b", 1, 100)])
    assert back(order, {"a": (0,)}) == 9_900
    with pytest.raises(RefundExceeds) as refused:
        back(order, {"a": (0,)}, taken(a={0}))
    assert refused.value.details == {"line": "a", "units": [0], "left_minor": 100}


def test_a_gift_goes_with_the_last_unit_that_was_paid_for_and_with_it_the_fee():
    # carolineschnapp#7: the gift stayed after its product had left
    order = sold([("a", 2, 1_000), ("gift", 2, 0)], fee_minor=600)
    first = decide(order, Given(), [LineUnits(line="a", units=(0,))], is_at_fault=False)
    assert ([each.line for each in first.units], first.amount_minor) == (["a"], 1_000)
    last = decide(order, taken(a={0}), [LineUnits(line="a", units=(1,))], is_at_fault=False)
    assert [(each.line, each.unit, each.amount_minor) for each in last.units] == [
        ("a", 1, 1_000), ("gift", 0, 0), ("gift", 1, 0),
    ]  # fmt: skip
    assert (last.goods_minor, last.delivery_minor, last.amount_minor) == (1_000, 600, 1_600)


def test_a_gift_stays_while_a_second_person_may_still_keep_what_was_paid_for():
    order = sold([("a", 2, 1_000), ("gift", 1, 0)])
    waiting = Given(units={"a": frozenset({0})}, pending={"a": frozenset({0})})
    decided = decide(order, waiting, [LineUnits(line="a", units=(1,))], is_at_fault=False)
    assert [each.line for each in decided.units] == ["a"]


# --- by unit ---


def test_so_many_units_are_the_first_that_are_left():
    order = sold([("a", 4, 100)])
    decided = decide(order, taken(a={0, 2}), [LineUnits(line="a", units=2)], is_at_fault=False)
    assert [each.unit for each in decided.units] == [1, 3]
    with pytest.raises(RefundExceeds):
        back(order, {"a": 3}, taken(a={0, 2}))


@pytest.mark.parametrize("units", [(4,), (0, 4)])
def test_a_unit_that_is_not_there_is_refused(units: tuple[int, ...]):
    with pytest.raises(RefundExceeds):
        back(sold([("a", 4, 100)]), {"a": units})


def test_a_line_or_a_unit_named_twice_and_a_foreign_line_are_refused():
    order = sold([("a", 4, 100)])
    twice = [LineUnits(line="a", units=(0,)), LineUnits(line="a", units=(1,))]
    with pytest.raises(BadRequest):
        decide(order, Given(), twice, is_at_fault=False)
    for asked in ({"a": (1, 1)}, {"z": (0,)}):
        with pytest.raises(BadRequest):
            back(order, asked)


def test_nothing_is_no_refund():
    order = sold([("a", 1, 500), ("gift", 1, 0)], fee_minor=300)
    for asked in ({}, {"gift": (0,)}):
        with pytest.raises(NothingToRefund):
            back(order, asked)
    free = sold([("a", 1, 500)], off_minor=500)
    with pytest.raises(NothingToRefund):
        back(free, {"a": 1})


# --- the fee ---


def test_the_fee_goes_back_with_the_last_unit_and_not_before():
    order = sold([("a", 2, 500), ("b", 1, 700)], fee_minor=300)
    assert back(order, {"a": 2}) == 1_000
    decided = decide(order, taken(a={0, 1}), [LineUnits(line="b", units=1)], is_at_fault=False)
    assert (decided.delivery_minor, decided.amount_minor) == (300, 1_000)
    pending = Given(units=taken(a={0, 1}).units, pending={"a": frozenset({1})})
    assert back(order, {"b": 1}, pending) == 700
    assert back(order, {"a": 2, "b": 1}) == 2_000


def test_the_fee_goes_back_at_once_when_we_are_at_fault_and_only_once():
    order = sold([("a", 2, 500)], fee_minor=300)
    assert back(order, {"a": (0,)}, is_at_fault=True) == 800
    assert back(order, {}, is_at_fault=True) == 300
    after = Given(units={"a": frozenset({0})}, delivery_minor=300)
    assert back(order, {"a": (1,)}, after) == 500
    with pytest.raises(NothingToRefund):
        back(order, {}, after, is_at_fault=True)


def test_a_fee_that_was_taken_off_is_not_paid_back():
    order = SoldOrder(lines=sold([("a", 1, 500)]).lines, delivery_minor=300, delivery_discount_minor=300)
    assert back(order, {"a": 1}) == 500


# --- weight ---

WEIGHED = SoldOrder(
    lines=(
        SoldLine(id="a", product="fish", unit_price_minor=1_280, unit_shares_minor=(1_280, 1_280), grams=1_000),
        SoldLine(id="b", product="honey", unit_price_minor=500, unit_shares_minor=(500,)),
    ),
    delivery_minor=0,
    delivery_discount_minor=0,
)


def test_what_weighs_less_is_paid_back_by_the_difference_and_what_weighs_more_is_not_charged():
    # P9: openfoodnetwork#3661: 1,000 -> 965 g at 12.80/kg
    asked = [Weighed(line="a", unit=0, grams=965), Weighed(line="a", unit=1, grams=1_050)]
    assert [each.amount_minor for each in weigh(WEIGHED, Given(), asked)] == [45, 0]


def test_a_unit_that_weighed_less_is_refunded_for_the_rest():
    given = Given(weights={("a", 0): 45})
    decided = decide(WEIGHED, given, [LineUnits(line="a", units=(0,))], is_at_fault=False)
    assert (decided.goods_minor, decided.discount_minor, decided.amount_minor) == (1_235, 0, 1_235)
    assert left_minor(WEIGHED, given) == 3_015
    assert left_minor(WEIGHED, Given(units={"a": frozenset({0})}, weights={("a", 0): 45})) == 1_780


def test_only_what_is_sold_by_weight_and_still_there_is_weighed():
    with pytest.raises(NotWeighed):
        weigh(WEIGHED, Given(), [Weighed(line="b", unit=0, grams=1)])
    with pytest.raises(RefundExceeds):
        weigh(WEIGHED, taken(a={0}), [Weighed(line="a", unit=0, grams=1)])
    for asked in ([Weighed(line="z", unit=0, grams=1)], [Weighed(line="a", unit=0, grams=1)] * 2):
        with pytest.raises(BadRequest):
            weigh(WEIGHED, Given(), asked)


# --- stock ---


def test_the_products_of_a_bundle_are_its_components():
    order = SoldOrder(
        lines=(
            SoldLine(
                id="a",
                product="box",
                unit_price_minor=9,
                unit_shares_minor=(9, 9),
                components=(("egg", 6), ("honey", 1)),
            ),
            SoldLine(id="b", product="honey", unit_price_minor=5, unit_shares_minor=(5,)),
        ),
        delivery_minor=0,
        delivery_discount_minor=0,
    )
    units = [UnitBack(line="a", unit=0, amount_minor=9), UnitBack(line="a", unit=1, amount_minor=9)]
    units += [UnitBack(line="b", unit=0, amount_minor=5)]
    assert products_of(order, units) == {"egg": 12, "honey": 3}


# --- every order ---


@examples(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 20_000)), min_size=1, max_size=4),
    st.integers(0, 100_000),
    st.integers(0, 500),
    st.randoms(use_true_random=False),
)
def test_whatever_the_order_of_refunds_their_sum_is_what_was_paid(
    lines: list[tuple[int, int]], off_minor: int, fee_minor: int, random: Any
):
    order = sold(
        [(f"l{n}", qty, each) for n, (qty, each) in enumerate(lines)], off_minor=off_minor, fee_minor=fee_minor
    )
    units = [(line.id, unit) for line in order.lines for unit in range(len(line.unit_shares_minor))]
    random.shuffle(units)
    gone: dict[str, set[int]] = {}
    fee, total = 0, 0
    while units:
        part = [units.pop() for _ in range(min(len(units), random.randint(1, 3)))]
        asked: dict[str, tuple[int, ...]] = {}
        for line, unit in part:
            asked[line] = (*asked.get(line, ()), unit)
        given = Given(units={line: frozenset(which) for line, which in gone.items()}, delivery_minor=fee)
        left = left_minor(order, given)
        try:
            decided = decide(
                order, given, [LineUnits(line=line, units=which) for line, which in asked.items()], is_at_fault=False
            )
            total += decided.amount_minor
            fee += decided.delivery_minor
            assert left - decided.amount_minor >= 0
        except NothingToRefund:
            pass
        for line, unit in part:
            gone.setdefault(line, set()).add(unit)
    assert total == order.paid_minor
