"""What a curve did to food: the figures that are published come out, and every other one says that it is assumed."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.coldchain.life import BLUEBERRIES, LETTUCE, MODELS, STRAWBERRIES, days_at, life_left, mean_kinetic_c, spans

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "sensors" / "mkt.csv"
HOUR_MS = 3_600_000.0
DAY_MS = 24 * HOUR_MS
CURVES = st.lists(st.tuples(st.floats(1, 1e8), st.floats(-30, 40)), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("curve", "mkt_c"),
    [
        ([(23, 4.0), (1, 25.0)], 7.0835),
        ([(1, 2.0), (1, 4.0), (1, 6.0), (1, 8.0)], 5.3021),
        ([(23.5, 4.0), (0.5, 20.0)], 4.9314),
        ([(1, 5.0)] * 3, 5.0),
    ],
)
def test_the_mean_kinetic_temperature_is_weighted_by_time(curve: list[tuple[float, float]], mkt_c: float):
    assert mean_kinetic_c([(hours * HOUR_MS, celsius) for hours, celsius in curve]) == pytest.approx(mkt_c, abs=5e-5)


def test_no_time_has_no_mean():
    assert mean_kinetic_c([]) is None
    assert mean_kinetic_c([(0.0, 4.0)]) is None


@given(CURVES)
def test_it_lies_between_the_mean_and_the_highest(curve: list[tuple[float, float]]):
    found = mean_kinetic_c(curve)
    mean = sum(ms * celsius for ms, celsius in curve) / sum(ms for ms, _ in curve)
    assert found is not None
    assert mean - 1e-6 <= found <= max(celsius for _, celsius in curve) + 1e-6


def test_lettuce_lasts_as_long_as_was_published_and_between_as_its_logarithm_says():
    assert [days_at(LETTUCE, celsius) for celsius in (0.0, 5.0, 15.0)] == pytest.approx([12.4, 10.4, 3.7])
    assert days_at(LETTUCE, 10.0) == pytest.approx((10.4 * 3.7) ** 0.5)
    assert days_at(LETTUCE, 25.0) == pytest.approx(3.7 / 2.35)


def test_three_days_at_ten_degrees_cost_strawberries_46_percent():
    assert life_left(STRAWBERRIES, [(3 * DAY_MS, 10.0)], at_c=10.0).used == pytest.approx(0.46, abs=0.005)


def test_life_that_was_used_is_missed_and_never_below_nothing():
    left = life_left(LETTUCE, [(5.2 * DAY_MS, 5.0)], at_c=0.0)
    assert [left.used, left.days] == pytest.approx([0.5, 6.2])
    assert left.days_min < left.days < left.days_max
    assert life_left(LETTUCE, [(30 * DAY_MS, 15.0)], at_c=0.0).days == 0.0


@given(CURVES)
def test_in_what_order_it_was_warm_makes_no_difference(curve: list[tuple[float, float]]):
    there, back = (life_left(BLUEBERRIES, each, at_c=4.0) for each in (curve, curve[::-1]))
    assert there.used == pytest.approx(back.used)


def test_every_figure_says_where_it_comes_from_and_whether_it_is_an_assumption():
    for model in MODELS.values():
        for figure in (*(point.days for point in model.points), model.q10, model.uncertainty):
            assert figure.unit
            assert figure.source
            assert figure.author
            assert figure.date
        assert model.is_assumed
    assert {point.days.kind for point in LETTUCE.points} == {"published"}
    assert {point.days.kind for point in BLUEBERRIES.points} == {"assumed"}


def test_k10_over_a_gap_the_worse_of_its_neighbours_counts():
    minute_ms = 60_000
    curve = [(0, 4.0), (5 * minute_ms, 4.5), (45 * minute_ms, 9.0), (50 * minute_ms, 4.0), (100 * minute_ms, 3.0)]
    found = spans(curve, gap_ms=30 * minute_ms)
    assert [(ms / minute_ms, celsius) for ms, celsius in found] == [(5, 4.0), (40, 9.0), (5, 9.0), (50, 4.0)]


@pytest.mark.skipif(not VECTORS.exists(), reason="the test data of others is not beside the checkout")
def test_every_mean_of_the_vectors():
    for row in csv.DictReader(VECTORS.open()):
        curve: list[float] = []
        for part in row["readings_c"].split(","):
            celsius, _, times = part.strip().partition(" x")
            curve += [float(celsius)] * int(times or 1)
        hours = [1.0] * len(curve) if row["hours"] == "1 each" else [float(each) for each in row["hours"].split(",")]
        found = mean_kinetic_c([(each * HOUR_MS, celsius) for each, celsius in zip(hours, curve, strict=True)])
        assert found == pytest.approx(float(row["mkt_c"]), abs=5e-5)
