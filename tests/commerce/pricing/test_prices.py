"""What lines cost, exactly: the cases of other people's bug reports, and that every part adds up whatever is in the cart."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.money import share_of
from commerce.pricing.prices import (
    CouponTerms,
    DeliveryRule,
    Line,
    Quote,
    Unusable,
    best,
    price,
    refund_of,
    weighed_price,
    weight_refund,
    why_not,
)


def line(product: str, qty: int, unit_price_minor: int, *, takes_coupons: bool = True) -> Line:
    return Line(
        id=f"line-{product}", product=product, qty=qty, unit_price_minor=unit_price_minor, takes_coupons=takes_coupons
    )


def fixed(amount_minor: int, **fields: Any) -> CouponTerms:
    return CouponTerms(**{"id": "fixed", "kind": "fixed", "currency": "CNY", "amount_minor": amount_minor, **fields})


def percent(basis_points: int, **fields: Any) -> CouponTerms:
    return CouponTerms(
        **{"id": "percent", "kind": "percent", "currency": "CNY", "basis_points": basis_points, **fields}
    )


def off_fee(amount_minor: int = 0, **fields: Any) -> CouponTerms:
    return CouponTerms(**{"id": "fee", "kind": "delivery", "currency": "CNY", "amount_minor": amount_minor, **fields})


def quote(*lines: Line, **fields: Any) -> Quote:
    return price(lines, **{"currency": "CNY", **fields})


FEE = DeliveryRule(fee_minor=600, free_from_minor=5_000, minimum_minor=2_000)


# --- discounts ---


def test_a_percentage_is_rounded_half_up_once_and_tax_on_what_is_left() -> None:
    """40 % of 51.86 are 20.744: 20.74 off, 31.12 to pay, of which 8.25 % are 2.57."""
    found = quote(line("a", 1, 5_186), coupon=percent(4_000))
    assert (found.discount_minor, found.total_minor) == (2_074, 3_112)
    assert (share_of(found.total_minor, 825), found.total_minor + share_of(found.total_minor, 825)) == (257, 3_369)


def test_a_percentage_over_many_lines_is_that_of_their_sum_not_the_sum_of_theirs() -> None:
    found = quote(*(line(product, 1, 105) for product in "abc"), coupon=percent(1_000))
    assert found.discount_minor == 32  # 31.5; each line alone would round 10.5 up to 11
    assert [one.discount_minor for one in found.lines] == [11, 11, 10]


def test_ten_off_three_of_ten_leaves_shares_that_add_up_and_refunds_read_them() -> None:
    (one,) = quote(line("a", 3, 1_000), coupon=fixed(1_000)).lines
    assert one.unit_shares_minor == (666, 667, 667)
    assert [refund_of(one.unit_shares_minor, [unit]) for unit in range(3)] == [666, 667, 667]
    assert refund_of(one.unit_shares_minor, [0, 1, 2]) == one.paid_minor == 2_000


def test_ten_off_three_lines_of_a_hundred_are_334_333_333() -> None:
    found = quote(*(line(product, 1, 10_000) for product in "abc"), coupon=fixed(1_000))
    assert [one.discount_minor for one in found.lines] == [334, 333, 333]
    assert [one.paid_minor for one in found.lines] == [9_666, 9_667, 9_667]
    assert found.total_minor == 29_000


def test_of_two_of_fifty_with_ten_percent_off_one_is_worth_45() -> None:
    (one,) = quote(line("a", 2, 5_000), coupon=percent(1_000)).lines
    assert (one.paid_minor, refund_of(one.unit_shares_minor, [1])) == (9_000, 4_500)


def test_of_three_of_a_hundred_with_ten_percent_off_two_are_worth_180() -> None:
    (one,) = quote(line("a", 3, 10_000), coupon=percent(1_000)).lines
    assert refund_of(one.unit_shares_minor, [0, 2]) == 18_000


def test_a_refund_below_the_threshold_of_its_coupon_claws_nothing_back() -> None:
    """Six of 50 with 10 % off from 300 on: five go back for 225, though one alone would have had no coupon."""
    (one,) = quote(line("a", 6, 5_000), coupon=percent(1_000, min_spend_minor=30_000)).lines
    assert refund_of(one.unit_shares_minor, range(5)) == 22_500


def test_the_first_line_refunds_its_share_alone() -> None:
    first, second = quote(line("a", 1, 3_000), line("b", 1, 7_000), coupon=fixed(1_000)).lines
    assert (refund_of(first.unit_shares_minor, [0]), refund_of(second.unit_shares_minor, [0])) == (2_700, 6_300)


@pytest.mark.parametrize("units", [[3], [-1], [0, 0], [0, 1, 2, 3]])
def test_units_that_are_not_there_or_named_twice_are_no_refund(units: list[int]) -> None:
    with pytest.raises(ValueError, match="of 3"):
        refund_of((666, 667, 667), units)


@pytest.mark.parametrize("coupon", [fixed(5_000), fixed(100), percent(10_000)])
def test_a_coupon_that_covers_everything_leaves_nothing_to_pay_and_never_less(coupon: CouponTerms) -> None:
    found = quote(line("a", 1, 100), coupon=coupon)
    assert (found.discount_minor, found.total_minor, found.lines[0].unit_shares_minor) == (100, 0, (0,))
    assert refund_of(found.lines[0].unit_shares_minor, [0]) == 0


def test_a_cap_is_the_most_that_a_percentage_takes_off() -> None:
    assert quote(line("a", 1, 20_000), coupon=percent(1_000, cap_minor=1_500)).discount_minor == 1_500
    assert quote(line("a", 1, 10_000), coupon=percent(1_000, cap_minor=1_500)).discount_minor == 1_000


def test_a_coupon_for_products_takes_nothing_off_others_nor_off_sales_without_coupons() -> None:
    lines = [line("jam", 2, 1_000), line("eggs", 1, 3_000), line("honey", 1, 5_000, takes_coupons=False)]
    found = quote(*lines, coupon=percent(5_000, products=("jam", "honey")))
    assert [one.discount_minor for one in found.lines] == [1_000, 0, 0]
    everything = quote(*lines, coupon=fixed(100_000))
    assert [one.paid_minor for one in everything.lines] == [0, 0, 5_000]


def test_a_threshold_looks_at_what_the_coupon_is_for_at_sale_prices() -> None:
    lines = [line("jam", 2, 1_000), line("eggs", 1, 3_000)]
    coupon = fixed(500, products=("jam",), min_spend_minor=2_001)
    assert quote(*lines, coupon=coupon).discount_minor == 0
    assert why_not(coupon, lines, currency="CNY") == Unusable(reason="below_min_spend", missing_minor=1)
    assert quote(*lines, coupon=fixed(500, products=("jam",), min_spend_minor=2_000)).discount_minor == 500


@pytest.mark.parametrize(
    ("coupon", "why"),
    [
        (fixed(500), None),
        (fixed(500, currency="USD"), Unusable(reason="other_currency")),
        (fixed(500, products=("eggs",)), Unusable(reason="nothing_eligible")),
        (fixed(500, min_spend_minor=5_000), Unusable(reason="below_min_spend", missing_minor=1_000)),
        (off_fee(), None),
        (off_fee(products=("eggs",)), Unusable(reason="nothing_eligible")),
        (off_fee(min_spend_minor=4_001), Unusable(reason="below_min_spend", missing_minor=1)),
    ],
)
def test_each_unusable_coupon_says_why_and_takes_nothing_off(coupon: CouponTerms, why: Unusable | None) -> None:
    lines = [line("jam", 4, 1_000)]
    assert why_not(coupon, lines, currency="CNY", delivery=FEE) == why
    found = quote(*lines, delivery=FEE, **{"delivery_coupon" if coupon.kind == "delivery" else "coupon": coupon})
    taken = found.discount_minor + found.delivery_discount_minor
    assert (taken > 0, (found.coupon or found.delivery_coupon) is not None) == (why is None, why is None)


def test_an_empty_cart_costs_nothing_and_a_cart_of_gifts_neither() -> None:
    assert quote(coupon=fixed(500)).total_minor == 0
    found = quote(line("gift", 2, 0), coupon=percent(5_000))
    assert (found.total_minor, found.lines[0].unit_shares_minor) == (0, (0, 0))
    assert why_not(fixed(500), [line("gift", 1, 0)], currency="CNY") == Unusable(reason="nothing_eligible")


@pytest.mark.parametrize(("qty", "unit_price_minor"), [(0, 500), (-5, 83), (1, -1)])
def test_what_would_lower_the_total_is_no_line(qty: int, unit_price_minor: int) -> None:
    with pytest.raises(ValueError, match="units at"):
        quote(line("a", 1, 500), line("b", qty, unit_price_minor))


def test_a_coupon_does_not_stand_where_one_of_the_other_sort_belongs() -> None:
    with pytest.raises(ValueError, match="the other way round"):
        quote(line("a", 1, 500), coupon=off_fee())
    with pytest.raises(ValueError, match="the other way round"):
        quote(line("a", 1, 500), delivery_coupon=fixed(5))


@pytest.mark.parametrize(("currency", "paid"), [("JPY", (667, 666, 667)), ("KWD", (667, 666, 667))])
def test_minor_units_are_split_alike_whatever_they_are_worth(currency: str, paid: tuple[int, ...]) -> None:
    (one,) = quote(line("a", 3, 1_000), currency=currency, coupon=percent(3_333, currency=currency)).lines
    assert (sum(one.unit_shares_minor), sorted(one.unit_shares_minor)) == (2_000, sorted(paid))


# --- delivery ---


def test_delivery_is_free_from_what_is_paid_for_goods_after_coupons() -> None:
    """Goods of 53.00 less 10.00 are below the line of 50.00: the fee is asked, and 7.00 are missing."""
    found = quote(line("a", 1, 5_300), coupon=fixed(1_000), delivery=FEE)
    assert (found.delivery_minor, found.free_delivery_missing_minor, found.total_minor) == (600, 700, 4_900)
    free = quote(line("a", 1, 6_000), coupon=fixed(1_000), delivery=FEE)
    assert (free.delivery_minor, free.free_delivery_missing_minor, free.total_minor) == (0, None, 5_000)


def test_the_least_that_is_delivered_is_that_of_goods_before_coupons() -> None:
    assert quote(line("a", 1, 1_999), delivery=FEE).minimum_missing_minor == 1
    assert quote(line("a", 1, 2_000), coupon=fixed(2_000), delivery=FEE).minimum_missing_minor == 0


def test_another_order_of_the_same_delivery_has_paid_the_fee_and_met_the_minimum() -> None:
    joined = DeliveryRule(fee_minor=600, free_from_minor=5_000, minimum_minor=2_000, is_paid_already=True)
    found = quote(line("a", 1, 500), delivery=joined)
    assert (found.delivery_minor, found.minimum_missing_minor, found.free_delivery_missing_minor) == (0, 0, None)
    assert why_not(off_fee(), [line("a", 1, 500)], currency="CNY", delivery=joined) == Unusable(
        reason="no_delivery_fee"
    )


@pytest.mark.parametrize(("amount", "off"), [(0, 600), (200, 200), (900, 600)])
def test_a_coupon_on_the_fee_takes_off_so_much_or_all_of_it(amount: int, off: int) -> None:
    found = quote(line("a", 1, 3_000), delivery=FEE, delivery_coupon=off_fee(amount))
    assert (found.delivery_minor, found.delivery_discount_minor, found.total_minor) == (600, off, 3_600 - off)
    assert found.free_delivery_missing_minor == (None if off == 600 else 2_000)


def test_a_coupon_on_the_fee_looks_at_goods_that_take_no_coupons_too() -> None:
    found = quote(
        line("a", 1, 3_000, takes_coupons=False), delivery=FEE, delivery_coupon=off_fee(min_spend_minor=3_000)
    )
    assert found.delivery_discount_minor == 600


def test_whether_a_fee_is_asked_depends_on_the_coupon_beside() -> None:
    lines = [line("a", 1, 5_300)]
    assert why_not(off_fee(), lines, currency="CNY", delivery=FEE) == Unusable(reason="no_delivery_fee")
    assert why_not(off_fee(), lines, currency="CNY", delivery=FEE, coupon=fixed(1_000)) is None


# --- the best of a wallet ---


def test_the_best_coupons_make_the_total_least() -> None:
    wallet = [
        fixed(500, id="a"),
        percent(1_000, id="b"),
        fixed(900, id="c", min_spend_minor=9_000),
        off_fee(300, id="d"),
    ]
    coupon, on_fee = best(wallet, [line("x", 1, 4_000)], currency="CNY", delivery=FEE)
    assert (coupon and coupon.id, on_fee and on_fee.id) == ("a", "d")
    coupon, on_fee = best(wallet, [line("x", 1, 9_500)], currency="CNY", delivery=FEE)
    assert (coupon and coupon.id, on_fee) == ("b", None)


def test_a_coupon_that_costs_free_delivery_is_left_in_the_wallet() -> None:
    """50.00 is delivered free; 3.00 off would ask for a fee of 6.00."""
    assert best([fixed(300)], [line("x", 1, 5_000)], currency="CNY", delivery=FEE) == (None, None)


def test_of_equal_ones_the_one_that_is_over_sooner_is_used() -> None:
    wallet = [fixed(500, id="never"), fixed(500, id="late", ends_ms=2_000), fixed(500, id="soon", ends_ms=1_000)]
    assert best(wallet, [line("x", 1, 4_000)], currency="CNY")[0] == wallet[2]
    assert best(wallet[:2], [line("x", 1, 4_000)], currency="CNY")[0] == wallet[1]


def test_a_wallet_of_no_use_has_no_best() -> None:
    assert best([], [line("x", 1, 4_000)], currency="CNY") == (None, None)
    assert best([fixed(500, currency="USD"), off_fee()], [line("x", 1, 4_000)], currency="CNY") == (None, None)


# --- weighed goods ---


@pytest.mark.parametrize(
    ("paid", "charged_g", "actual_g", "refund"),
    [
        (1_280, 1_000, 965, 45),
        (1_280, 1_000, 1_000, 0),
        (1_280, 1_000, 1_070, 0),
        (1_280, 1_000, 0, 1_280),
        (0, 500, 400, 0),
    ],
)
def test_the_difference_in_weight_goes_back_and_is_never_asked_for(
    paid: int, charged_g: int, actual_g: int, refund: int
) -> None:
    assert weight_refund(paid, charged_g, actual_g) == refund


def test_weights_are_added_up_before_they_are_priced() -> None:
    assert (weighed_price(1_000, 100), weighed_price(125, 1_280), weighed_price(1, 100)) == (100, 160, 0)


@pytest.mark.parametrize(("charged_g", "actual_g"), [(0, 0), (-1, 0), (10, -1)])
def test_what_is_no_weight_is_refused(charged_g: int, actual_g: int) -> None:
    with pytest.raises(ValueError, match="g of"):
        weight_refund(100, charged_g, actual_g)


# --- whatever is in the cart ---

products = st.sampled_from("abcde")
amounts = st.integers(0, 10**7)
lines_of_carts = st.lists(
    st.builds(
        Line, id=st.uuids().map(str), product=products, qty=st.integers(1, 40), unit_price_minor=amounts,
        takes_coupons=st.booleans(),
    ),
    max_size=20,
)  # fmt: skip
scopes = st.none() | st.lists(products, min_size=1, max_size=3).map(tuple)
common = {
    "id": st.uuids().map(str), "currency": st.sampled_from(["CNY", "CNY", "USD"]), "min_spend_minor": amounts,
    "products": scopes, "ends_ms": st.none() | st.integers(0, 9),
}  # fmt: skip
fixed_ones = st.builds(CouponTerms, kind=st.just("fixed"), amount_minor=amounts, **common)
percents = st.builds(
    CouponTerms, kind=st.just("percent"), basis_points=st.integers(1, 10_000), cap_minor=st.none() | amounts, **common
)
on_goods = fixed_ones | percents
on_fees = st.builds(CouponTerms, kind=st.just("delivery"), amount_minor=amounts, **common)
rules = st.none() | st.builds(
    DeliveryRule,
    fee_minor=amounts,
    free_from_minor=st.none() | amounts,
    minimum_minor=amounts,
    is_paid_already=st.booleans(),
)


@given(lines_of_carts, st.none() | on_goods, rules, st.none() | on_fees)
def test_every_part_adds_up_and_nothing_is_below_0(
    lines: list[Line], coupon: CouponTerms | None, rule: DeliveryRule | None, on_fee: CouponTerms | None
) -> None:
    found = quote(*lines, coupon=coupon, delivery=rule, delivery_coupon=on_fee)
    for one in found.lines:
        assert len(one.unit_shares_minor) == one.qty
        assert sum(one.unit_shares_minor) == one.paid_minor == one.amount_minor - one.discount_minor
        assert all(0 <= share <= one.unit_price_minor for share in one.unit_shares_minor)
        assert max(one.unit_shares_minor) - min(one.unit_shares_minor) <= 1
    assert sum(one.amount_minor for one in found.lines) == found.goods_minor
    assert sum(one.discount_minor for one in found.lines) == found.discount_minor
    paid = sum(one.paid_minor for one in found.lines)
    assert paid + found.delivery_minor - found.delivery_discount_minor == found.total_minor
    assert 0 <= found.delivery_discount_minor <= found.delivery_minor
    assert found.total_minor >= 0


@given(lines_of_carts, on_goods | on_fees, rules)
def test_a_coupon_takes_something_off_exactly_when_nothing_speaks_against_it(
    lines: list[Line], terms: CouponTerms, rule: DeliveryRule | None
) -> None:
    name = "delivery_coupon" if terms.kind == "delivery" else "coupon"
    found = quote(*lines, delivery=rule, **{name: terms})
    is_used = (found.coupon or found.delivery_coupon) == terms.id
    assert is_used == (why_not(terms, lines, currency="CNY", delivery=rule) is None)
    assert is_used == (found.discount_minor + found.delivery_discount_minor > 0)


@given(lines_of_carts, st.lists(on_goods | on_fees, max_size=6, unique_by=lambda terms: terms.id), rules)
def test_no_choice_is_cheaper_than_the_best(
    lines: list[Line], wallet: list[CouponTerms], rule: DeliveryRule | None
) -> None:
    coupon, on_fee = best(wallet, lines, currency="CNY", delivery=rule)
    chosen = quote(*lines, coupon=coupon, delivery=rule, delivery_coupon=on_fee)
    assert (chosen.coupon, chosen.delivery_coupon) == (coupon and coupon.id, on_fee and on_fee.id)
    goods = [None, *(terms for terms in wallet if terms.kind != "delivery")]
    fees = [None, *(terms for terms in wallet if terms.kind == "delivery")]
    totals = [
        quote(*lines, coupon=one, delivery=rule, delivery_coupon=other).total_minor for one in goods for other in fees
    ]
    assert chosen.total_minor == min(totals)
    assert best(wallet[::-1], lines, currency="CNY", delivery=rule) == (coupon, on_fee)
