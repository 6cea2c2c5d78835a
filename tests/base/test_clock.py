"""Business time: it follows from real time, never runs behind it and never goes back, however it is moved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.base.clock import REAL_TIME, Clock, Timeline

NOW_S = 1_800_000_000.0

pauses_s = st.floats(0, 1e6).map(lambda seconds: round(seconds, 3))
advances_ms = st.integers(1, 366 * 86_400_000)
rates = st.floats(1, 3_600).map(lambda rate: round(rate, 2))
changes = st.lists(
    st.tuples(pauses_s, st.one_of(st.tuples(st.just("advanced"), advances_ms), st.tuples(st.just("at_rate"), rates))),
    max_size=20,
)


def close(seconds: float) -> object:
    return pytest.approx(seconds, rel=0, abs=1e-3)


@given(changes, pauses_s)
def test_business_time_never_goes_back_and_never_falls_behind(
    moves: list[tuple[float, tuple[str, float]]], last_s: float
) -> None:
    timeline, real_s, told_s = REAL_TIME, NOW_S, NOW_S
    for pause_s, (change, by) in [*moves, (last_s, ("at_rate", 1.0))]:
        real_s += pause_s
        assert timeline.at(real_s) >= told_s - 1e-3
        timeline = getattr(timeline, change)(by, real_s)
        told_s = timeline.at(real_s)
        assert told_s >= real_s - 1e-3


@given(rates, advances_ms, advances_ms, pauses_s)
def test_two_advances_are_one_of_both(rate: float, first_ms: int, second_ms: int, pause_s: float) -> None:
    start = REAL_TIME.at_rate(rate, NOW_S)
    later_s = NOW_S + pause_s
    apart = start.advanced(first_ms, NOW_S).advanced(second_ms, later_s)
    at_once = start.advanced(first_ms + second_ms, later_s)
    assert apart.at(later_s + 60) == close(at_once.at(later_s + 60))


@given(rates, rates, advances_ms, pauses_s)
def test_a_change_of_rate_counts_from_then_on(before: float, after: float, ahead_ms: int, pause_s: float) -> None:
    changed_s = NOW_S + pause_s
    timeline = REAL_TIME.at_rate(before, NOW_S).advanced(ahead_ms, NOW_S).at_rate(after, changed_s)
    assert timeline.at(changed_s) == close(NOW_S + ahead_ms / 1000 + pause_s * before)
    assert timeline.at(changed_s + 10) == close(NOW_S + ahead_ms / 1000 + pause_s * before + 10 * after)


@given(st.floats(0, 4e9))
def test_business_time_that_nobody_moved_is_real_time(real_s: float) -> None:
    assert REAL_TIME.at(real_s) == real_s


def test_time_that_would_go_back_or_slower_is_refused() -> None:
    with pytest.raises(ValueError, match="business time does not go backwards"):
        REAL_TIME.advanced(-1, NOW_S)
    with pytest.raises(ValueError, match="business time does not run slower than real time"):
        REAL_TIME.at_rate(0.99, NOW_S)


def test_a_clock_tells_both_times() -> None:
    clock = Clock(lambda: NOW_S)
    assert (clock.now_s(), clock.real_s()) == (NOW_S, NOW_S)
    clock.timeline = Timeline(real_s=NOW_S - 10, business_s=NOW_S, rate=60.0)
    assert (clock.now_s(), clock.real_s()) == (NOW_S + 600, NOW_S)
