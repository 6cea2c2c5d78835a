"""A histogram tells every percentile of what it was given to within an eighth of a millisecond or 1.6 %."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.histogram import LATENCY_MS_MAX, Histogram, bucket, merged, middle_ms

latencies = st.lists(st.floats(0.0, 100_000.0), min_size=1, max_size=200)


def within_the_promise(told: float, true: float) -> bool:
    return abs(told - true) <= max(0.125, true * 0.016) + 1e-9


@given(st.floats(0.0, LATENCY_MS_MAX))
def test_a_value_lies_near_the_middle_of_its_bucket(ms):
    assert within_the_promise(middle_ms(bucket(ms)), ms)


@given(st.floats(0.0, LATENCY_MS_MAX), st.floats(0.0, LATENCY_MS_MAX))
def test_buckets_are_in_the_order_of_their_values(one, other):
    low, high = sorted((one, other))
    assert bucket(low) <= bucket(high)


@given(latencies, st.integers(1, 100))
def test_a_percentile_is_that_of_the_sorted_values(values, percent):
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    true = sorted(values)[math.ceil(len(values) * percent / 100) - 1]
    assert within_the_promise(histogram.percentile(percent), true)


@given(latencies, latencies)
def test_two_processes_count_what_one_would_have(some, others):
    apart = [Histogram(), Histogram()]
    together = Histogram()
    for histogram, values in zip(apart, (some, others), strict=True):
        for value in values:
            histogram.add(value)
            together.add(value)
    assert merged(apart) == together


def test_a_count_of_many_is_that_many_counts():
    histogram = Histogram()
    histogram.add(1.0, 99)
    histogram.add(1_000.0)
    assert histogram.total == 100
    assert within_the_promise(histogram.percentile(99), 1.0)
    assert within_the_promise(histogram.percentile(100), 1_000.0)


def test_of_nothing_every_percentile_is_zero():
    assert Histogram().percentile(99) == 0.0


@pytest.mark.parametrize(("ms", "same_as"), [(-3.0, 0.0), (1e12, LATENCY_MS_MAX)])
def test_what_cannot_be_is_counted_at_the_edge(ms, same_as):
    assert bucket(ms) == bucket(same_as)


def test_it_travels_as_json():
    histogram = Histogram()
    histogram.add(12.5, 3)
    assert msgspec.json.decode(msgspec.json.encode(histogram), type=Histogram) == histogram
