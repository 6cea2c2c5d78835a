"""A second of the crowd in Locust's statistics is what the same deliveries, told one by one, would have been."""

from collections.abc import Sequence

import pytest

from loadtest.hearing import Figures
from loadtest.histogram import Histogram

with pytest.MonkeyPatch.context() as patch:  # else Locust would put gevent's modules in the place of this process's own
    patch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    from locust.stats import RequestStats

    from loadtest.locust.crowd import log_figures

SECOND = 1_800_000_000
TIMES_MS = [3] * 50 + [12] * 40 + [250] * 9 + [1_700]


def _heard(times_ms: Sequence[float]) -> Histogram:
    histogram = Histogram()
    for ms in times_ms:
        histogram.add(ms)
    return histogram


def test_counts_and_percentiles_are_those_of_every_delivery_told_one_by_one() -> None:
    whole, single = RequestStats(), RequestStats()
    log_figures(whole, Figures(second=SECOND, lines=100, chat=_heard(TIMES_MS)))
    for ms in TIMES_MS:
        single.log_request("crowd", "chat line heard", ms, 0)
    for entry, expected in (
        (whole.get("chat line heard", "crowd"), single.get("chat line heard", "crowd")),
        (whole.total, single.total),
    ):
        assert entry.num_requests == expected.num_requests == 100
        assert entry.max_response_time == expected.max_response_time
        assert entry.avg_response_time == pytest.approx(expected.avg_response_time, rel=0.02)
        for percent in (0.5, 0.66, 0.95, 0.99, 1.0):
            assert entry.get_response_time_percentile(percent) == expected.get_response_time_percentile(percent)


def test_seconds_add_up() -> None:
    stats = RequestStats()
    for second in (SECOND, SECOND + 1):
        log_figures(stats, Figures(second=second, controls=2, control=_heard([5.0, 9.0])))
    entry = stats.get("control heard", "crowd")
    assert entry.num_requests == 4
    assert entry.num_reqs_per_sec == {SECOND: 2, SECOND + 1: 2}
    assert (entry.min_response_time, entry.max_response_time) == (5.125, 9.0)


def test_who_came_in_is_counted_without_a_time() -> None:
    stats = RequestStats()
    log_figures(stats, Figures(second=SECOND, entered=300))
    entry = stats.get("come in", "crowd")
    assert (entry.num_requests, entry.num_none_requests, entry.avg_response_time) == (300, 300, 0.0)


def test_a_fault_is_a_failure_as_often_as_it_happened() -> None:
    stats = RequestStats()
    for second in (SECOND, SECOND + 1):
        log_figures(stats, Figures(second=second, faults={"missing": 7, "taken back": -2}))
    assert stats.get("follow the control log", "crowd").num_failures == 14
    assert stats.total.num_failures == 14
    assert [(error.to_name(), error.occurrences) for error in stats.errors.values()] == [
        ("crowd follow the control log: missing", 14)
    ]


def test_a_quiet_second_leaves_no_entry() -> None:
    stats = RequestStats()
    log_figures(stats, Figures(second=SECOND, frames=40, present=10))
    assert stats.num_requests == 0
    assert list(stats.entries) == []
