"""A tap takes each sale's quota once, and of each product what all of its lines want together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from commerce.flashsale import codes
from commerce.flashsale.requests import Held, Refused, Units
from commerce.flashsale.rows import ResourceRow
from commerce.sales.answers import REFUSALS, STATES, hold_of, refusal
from commerce.sales.lines import left_of, lines_of, sold_lines, takes_of, units_of
from commerce.sales.rates import LATELY_S, AskedRates
from commerce.sales.socket_events import LINES_MAX, Hold, Reserve, SaleQty
from livehub.base.errors import BadRequest, Internal
from livehub.room.models import CardPart

KEY = "the-key-1"
TAKES = {"s1": takes_of("honey", None), "s2": takes_of("eggs", None), "s3": takes_of("honey", None)}


def test_lines_of_one_product_are_added_up():
    lines = [SaleQty(sale="s1", qty=2), SaleQty(sale="s2", qty=1), SaleQty(sale="s3", qty=3)]
    assert units_of(lines, TAKES) == (
        Units("sale:s1", 2), Units("sale:s2", 1), Units("sale:s3", 3), Units("product:honey", 5), Units("product:eggs", 1),
    )  # fmt: skip


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 10**6), min_size=1),
    st.lists(st.sampled_from(["honey", "eggs", "jam"]), min_size=8, max_size=8),
)
def test_what_is_taken_of_products_is_what_is_taken_of_sales(wanted: dict[str, int], products: list[str]):
    of = dict(zip("abcdefgh", products, strict=True))
    lines = tuple(SaleQty(sale=sale, qty=qty) for sale, qty in wanted.items())
    units = units_of(lines, {sale: takes_of(product, None) for sale, product in of.items()})
    assert sold_lines(units) == lines
    assert len(units) <= 2 * LINES_MAX
    assert len({line.resource for line in units}) == len(units)
    for product in set(products):
        taken = sum(line.units for line in units if line.resource == f"product:{product}")
        assert taken == sum(qty for sale, qty in wanted.items() if of[sale] == product)


def test_a_tap_is_of_one_sale_or_of_lines_with_each_sale_once():
    one, two = SaleQty(sale="s1", qty=2), SaleQty(sale="s2", qty=1)
    assert lines_of(Reserve(key=KEY, sale="s1", qty=2)) == (one,)
    assert lines_of(Reserve(key=KEY, lines=(one, two))) == (one, two)
    for body in (
        Reserve(key=KEY),
        Reserve(key=KEY, sale="s1"),
        Reserve(key=KEY, qty=1),
        Reserve(key=KEY, sale="s1", qty=2, lines=(two,)),
        Reserve(key=KEY, qty=2, lines=(two,)),
        Reserve(key=KEY, lines=(one, two, one)),
    ):
        with pytest.raises(BadRequest):
            lines_of(body)


def test_the_left_of_a_sale_is_the_smaller_of_quota_and_stock():
    quota, stock = ResourceRow("sale:s1", 10, 3, 2), ResourceRow("product:honey", 100, 96, 1)
    assert left_of(quota, [(stock, 1)]) == left_of(stock, [(quota, 1)]) == 3
    assert left_of(quota, [(ResourceRow("product:honey", 100, 0, 0), 1)]) == 5
    assert left_of(quota, [(None, 1)]) is None
    assert left_of(None, [(stock, 1)]) is None


def test_a_bundle_takes_what_it_is_made_of_and_there_are_as_many_as_the_scarcest_is_enough_for():
    box = takes_of("box", [CardPart(id="eggs", qty=6, title="Eggs"), CardPart(id="honey", qty=1, title="Honey")])
    assert box == (("eggs", 6), ("honey", 1))
    lines = [SaleQty(sale="s1", qty=2), SaleQty(sale="s2", qty=3)]
    assert units_of(lines, {"s1": box, "s2": takes_of("eggs", None)}) == (
        Units("sale:s1", 2), Units("sale:s2", 3), Units("product:eggs", 15), Units("product:honey", 2),
    )  # fmt: skip
    quota, eggs, honey = (
        ResourceRow("sale:s1", 10, 0, 0),
        ResourceRow("product:eggs", 23, 5, 1),
        ResourceRow("product:honey", 9, 0, 0),
    )
    assert left_of(quota, [(eggs, 6), (honey, 1)]) == 2
    assert left_of(quota, [(eggs, 6), (None, 1)]) is None


def test_a_hold_is_shown_as_it_is_by_now():
    held = Held("h1", 7, (Units("sale:s1", 2), Units("product:honey", 2)), codes.RELEASED)
    assert hold_of(held) == Hold(id="h1", state="released", lines=(SaleQty(sale="s1", qty=2),), expires_ts=7)
    assert sorted(STATES) == [1, 2, 3, 4, 5]


def test_every_refusal_of_the_engine_has_a_number_of_ours_and_its_figures():
    of_the_kernel = set(range(codes.NOT_OPEN, codes.BELOW + 1))
    of_the_engine = {value for name, value in vars(Refused).items() if name.isupper()}
    assert set(REFUSALS) == of_the_kernel | of_the_engine - {Refused.DEFECT}
    assert refusal(Refused(Refused.DEFECT)).name == "internal"
    assert all(refusal(Refused(code)).code != Internal.code for code in REFUSALS)
    sold_out = refusal(Refused(codes.SOLD_OUT, "sale:s1", 5))
    assert (sold_out.name, sold_out.details) == ("sold_out", {"left": 5})
    assert refusal(Refused(codes.SOLD_OUT, "sale:s1", 5), left=3).details == {"left": 3}
    assert refusal(Refused(codes.LIMIT, "sale:s1", 2, 1)).details == {"limit": 2, "has": 1}
    assert refusal(Refused(codes.NOT_OPEN), opens_ts=9).details == {"opens_ts": 9}
    assert refusal(Refused(codes.NOT_OPEN)).details == {}
    assert refusal(Refused(Refused.BUSY, "", 700)).retry_after_ms == 700
    assert refusal(Refused(10_000)).name == "internal"


def test_a_refusal_tells_its_figures_beside_its_number():
    assert refusal(Refused(codes.LIMIT, "sale:s1", 2, 1)).as_wire() == {
        "code": 4023, "name": "limit_reached", "message": "You have as many as one person may have.", "limit": 2, "has": 1,
    }  # fmt: skip


def test_the_rate_of_taps_is_that_between_two_looks():
    rates = AskedRates(2)
    assert rates.per_s("s1", 100, 10.0) == 0.0
    assert rates.per_s("s1", 300, 12.0) == 100.0
    assert rates.per_s("s1", 300, 14.0) == 50.0
    assert rates.per_s("s1", 310, 14.0 + LATELY_S) == 1.0  # of what came since the look before
    assert rates.per_s("s1", 5, 15.0 + LATELY_S) == 0.0  # another engine leads
    for n in range(10):
        rates.per_s(f"s{n}", 1, 30.0)
    assert len(rates._samples) == 2


def test_unset_is_what_is_left_out():
    assert Reserve(key=KEY).ticket is UNSET
