"""Exponents are those of ISO 4217, percentages are rounded half up once, and what is split adds up to the whole."""

from datetime import date

import pytest
from babel.core import get_global
from babel.numbers import get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from commerce.money import exponent, half_up, share_of, split, split_evenly
from livehub.base.money import EXPONENTS

# CLDR counts how many digits people write, which is none where the small coins are out of use; ISO 4217 says what the minor
# unit is, and banks and payment providers go by that.
CLDR_WRITES_NONE = {
    "AFN": 2, "ALL": 2, "COP": 2, "HUF": 2, "IDR": 2, "IQD": 3, "IRR": 2, "KPW": 2, "LAK": 2, "LBP": 2, "MGA": 2, "MMK": 2,
    "SOS": 2, "SYP": 2, "YER": 2,
}  # fmt: skip
IN_USE = {
    currency
    for tenders in get_global("territory_currencies").values()
    for currency, _, end, is_tender in tenders
    if is_tender and (end is None or date(*end) >= date(2026, 11, 30))
}


def test_every_currency_in_use_has_the_exponent_that_babel_knows_or_a_reason_why_not() -> None:
    differing = {code: digits for code, digits in EXPONENTS.items() if digits != get_currency_precision(code)}
    assert differing == CLDR_WRITES_NONE
    assert IN_USE - EXPONENTS.keys() == set()


@pytest.mark.parametrize(
    ("currency", "digits"), [("CNY", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("BHD", 3)]
)
def test_minor_units_have_the_currency_s_own_digits(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize("currency", ["", "XYZ", "cny", "DEM", "XAU", "CNY "])
def test_what_is_no_currency_in_use_has_no_exponent(currency: str) -> None:
    with pytest.raises(ValueError, match="no currency in use"):
        exponent(currency)


@pytest.mark.parametrize(
    ("amount", "basis_points", "share"),
    [
        (5_186, 4_000, 2_074),
        (3_112, 825, 257),
        (1, 5_000, 1),
        (1, 4_999, 0),
        (333, 1_000, 33),
        (335, 1_000, 34),
        (0, 9_999, 0),
    ],
)
def test_a_share_is_rounded_half_up(amount: int, basis_points: int, share: int) -> None:
    assert share_of(amount, basis_points) == share


def test_shares_of_amounts_that_no_float_holds_are_exact() -> None:
    assert share_of(10**18 + 1, 5_000) == 5 * 10**17 + 1
    assert half_up(10**24 + 5, 10) == 10**23 + 1


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (1_000, [1, 1, 1], [334, 333, 333]),
        (100, [333, 333, 334], [33, 33, 34]),
        (5, [0, 10, 0], [0, 5, 0]),
        (0, [], []),
        (0, [0, 0], [0, 0]),
        (1, [2, 2, 3], [0, 0, 1]),
    ],
)
def test_a_split_goes_by_largest_remainder_and_ties_to_the_earlier(
    total: int, weights: list[int], parts: list[int]
) -> None:
    assert split(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(1, []), (1, [0, 0]), (-1, [1]), (1, [2, -1])])
def test_what_cannot_be_split_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="total"):
        split(total, weights)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=30).filter(any), st.data())
def test_parts_add_up_and_none_is_above_its_weight(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    parts = split(total, weights)
    assert sum(parts) == total
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
    exact = [total * weight / sum(weights) for weight in weights]
    assert all(abs(part - share) <= 1 + share * 1e-9 for part, share in zip(parts, exact, strict=True))


@given(st.integers(0, 10**12), st.integers(1, 500))
def test_an_even_split_is_one_with_equal_weights(total: int, count: int) -> None:
    assert split_evenly(total, count) == split(total, [1] * count)
