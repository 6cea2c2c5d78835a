"""What breaks a rule, and what only comes near: to the minute, and to the tenth of a degree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.coldchain.readings import Reading
from trace.coldchain.rules import START, Decision, Rule, State, handover, judge, judge_all, tick

MINUTE_MS = 60_000
FRESH = Rule(high_c=8.0, low_c=0.0)  # 10 minutes, 5 of grace, half a degree, silence after 30 minutes


def readings(*curve: tuple[float, float]) -> list[Reading]:
    return [Reading(at_ms=round(minute * MINUTE_MS), celsius=celsius) for minute, celsius in curve]


def each_minute(*celsius: float) -> list[Reading]:
    return readings(*enumerate(celsius))


def told(rule: Rule, curve: list[Reading]) -> list[tuple[str, str, float, float]]:
    """(level, cause, begun at minute, told at minute)."""
    return [
        (each.level, each.cause, each.started_ms / MINUTE_MS, each.at_ms / MINUTE_MS)
        for each in judge_all(rule, curve)[1]
    ]


def door(minutes: int, *, warm: float = 9.0, cold: float = 4.0) -> list[float]:
    return [warm] * minutes + [cold]


def test_a_limit_is_broken_strictly_above_it():
    assert told(FRESH, each_minute(*[8.0] * 60)) == []
    assert told(FRESH, each_minute(4.0, *[8.1] * 12)) == [("warning", "above", 1, 7), ("breach", "above", 1, 12)]


def test_a_limit_is_broken_strictly_below_it():
    assert told(FRESH, each_minute(*[0.0] * 60)) == []
    assert told(FRESH, each_minute(4.0, *[-0.1] * 12)) == [("warning", "below", 1, 7), ("breach", "below", 1, 12)]


def test_exactly_as_long_as_it_may_be_is_no_breach():
    assert told(FRESH, each_minute(4.0, *door(10)))[-1] == ("over", "above", 1, 11)
    assert [each[0] for each in told(FRESH, each_minute(4.0, *door(10)))] == ["warning", "over"]
    assert [each[0] for each in told(FRESH, each_minute(4.0, *door(11)))] == ["warning", "breach", "over"]


def test_a_rule_of_no_minutes_is_broken_by_one_reading():
    rule = Rule(high_c=8.0, minutes=0.0)
    assert told(rule, each_minute(4.0, 8.01)) == [("breach", "above", 1, 1)]


def test_one_breach_is_told_once_with_its_worst_when_it_is_over():
    _, decisions = judge_all(FRESH, each_minute(4.0, *[9.0] * 15, 14.5, *[9.0] * 15, 4.0))
    assert [each.level for each in decisions] == ["warning", "breach", "over"]
    assert decisions[-1] == Decision(
        level="over", cause="above", started_ms=MINUTE_MS, at_ms=32 * MINUTE_MS, celsius=14.5, limit=8.0, minutes=31.0
    )


def test_what_swings_about_the_limit_is_one_excursion_until_it_is_back_by_the_hysteresis():
    swinging = [8.2, 7.8] * 6
    assert [each[:3] for each in told(FRESH, each_minute(4.0, *swinging))] == [
        ("warning", "above", 1), ("breach", "above", 1),
    ]  # fmt: skip
    back = [8.2, 7.5] * 6
    assert told(FRESH, each_minute(4.0, *back)) == []


def test_k11_a_door_open_for_six_minutes_is_one_warning():
    assert [each[:2] for each in told(FRESH, each_minute(4.0, *door(6)))] == [("warning", "above"), ("over", "above")]
    assert told(FRESH, each_minute(4.0, *door(5))) == []


def test_k11_three_openings_of_four_minutes_in_a_quarter_of_an_hour_are_a_breach():
    rule = Rule(high_c=8.0, cumulative_minutes=10.0, window_minutes=15.0)
    curve = each_minute(4.0, *door(4), *door(4), *door(4))
    assert [each[:2] for each in told(rule, curve)] == [("breach", "cumulative")]
    assert [each[:2] for each in told(rule, each_minute(4.0, *door(4), *door(4)))] == []
    spread = each_minute(4.0, *door(4), *[4.0] * 8, *door(4), *[4.0] * 8, *door(4))
    assert told(rule, spread) == []


def test_a_rise_is_told_once_until_it_has_gone_down_again():
    rule = Rule(rise_c=2.0, rise_minutes=10.0)
    assert told(rule, each_minute(2.0, 3.0, 4.0)) == []
    assert told(rule, each_minute(2.0, 3.0, 4.1, 5.0)) == [("warning", "rise", 0, 2)]
    assert told(rule, readings((0, 2.0), (11, 4.5))) == []  # so slowly it may
    assert [each[3] for each in told(rule, each_minute(2.0, 4.1, 2.0, 2.0, 4.1))] == [1, 4]


def test_k10_a_gap_is_told_and_the_worse_neighbour_counts_for_all_of_it():
    cold = readings((0, 4.0), (40, 4.0))
    assert told(FRESH, cold) == [("warning", "silence", 0, 40)]
    for before, after in ((9.0, 4.0), (4.0, 9.0)):
        gap = told(FRESH, readings((0, before), (40, after)))
        assert gap[:2] == [("warning", "silence", 0, 40), ("breach", "above", 0, 40)]
    assert told(FRESH, readings((0, 4.0), (30, 9.0))) == []  # no gap: 30 minutes are allowed


def test_k10_silence_is_told_while_it_lasts_and_not_again_when_it_ends():
    state, _ = judge_all(FRESH, readings((0, 4.0)))
    assert tick(FRESH, state, 30 * MINUTE_MS, began_ms=0) == (state, ())
    state, (silence,) = tick(FRESH, state, 31 * MINUTE_MS, began_ms=0)
    assert (silence.cause, silence.level, silence.started_ms, silence.minutes) == ("silence", "warning", 0, 31.0)
    assert tick(FRESH, state, 60 * MINUTE_MS, began_ms=0) == (state, ())
    state, decisions = judge(FRESH, state, readings((61, 4.0))[0])
    assert decisions == ()
    assert [each.cause for each in tick(FRESH, state, 92 * MINUTE_MS, began_ms=0)[1]] == ["silence"]


def test_a_sensor_that_never_said_anything_is_silent_from_the_beginning():
    assert tick(FRESH, START, 35 * MINUTE_MS, began_ms=5 * MINUTE_MS) == (START, ())
    (silence,) = tick(FRESH, START, 36 * MINUTE_MS, began_ms=5 * MINUTE_MS)[1]
    assert (silence.cause, silence.started_ms, silence.minutes) == ("silence", 5 * MINUTE_MS, 31.0)


@pytest.mark.parametrize("fault", ["power_up", "implausible"])
def test_k1_what_is_no_temperature_is_no_breach_and_told_once_in_a_row(fault):
    bad = [Reading(at_ms=n * MINUTE_MS, celsius=85.0, fault=fault) for n in range(1, 20)]
    curve = [*readings((0, 4.0)), *bad, *readings((20, 4.0))]
    assert told(FRESH, curve) == [("warning", "implausible", 1, 1)]


def test_k1_what_is_no_temperature_does_not_end_a_gap():
    bad = Reading(at_ms=20 * MINUTE_MS, celsius=-127.0, fault="implausible")
    assert ("warning", "silence", 0, 40) in told(FRESH, [*readings((0, 4.0)), bad, *readings((40, 4.0))])


def test_a_hand_over_may_be_as_warm_as_its_limit():
    rule = Rule(high_c=8.0, handover_c=6.0)
    assert handover(rule, 6.0, 5) is None
    assert handover(FRESH, 30.0, 5) is None
    breach = handover(rule, 6.1, 5)
    assert breach is not None
    assert (breach.level, breach.cause, breach.celsius, breach.limit, breach.at_ms) == (
        "breach",
        "handover",
        6.1,
        6.0,
        5,
    )


def test_readings_are_judged_in_order_and_of_one_moment_once():
    state, _ = judge(FRESH, START, readings((5, 4.0))[0])
    with pytest.raises(ValueError, match="order"):
        judge(FRESH, state, readings((5, 4.0))[0])
    assert told(FRESH, [*readings((0, 4.0)), *readings((0, 99.0))]) == []


CURVES = st.lists(st.tuples(st.integers(1, 50), st.floats(-5, 15)), min_size=1, max_size=60)
RULES = st.builds(
    Rule,
    high_c=st.just(8.0) | st.none(),
    low_c=st.just(0.0) | st.none(),
    minutes=st.sampled_from([0.0, 3.0, 10.0]),
    cumulative_minutes=st.none() | st.just(12.0),
    rise_c=st.none() | st.just(3.0),
)


@given(RULES, CURVES, st.integers(0, 60))
def test_it_makes_no_difference_in_how_many_batches_readings_come(rule: Rule, steps: list[tuple[int, float]], cut: int):
    minute, curve = 0, list[Reading]()
    for step, celsius in steps:
        minute += step
        curve += readings((minute, celsius))
    whole = judge_all(rule, curve)
    state, decisions = judge_all(rule, curve[:cut])
    for reading in curve[cut:]:
        state, more = judge(rule, state, reading)
        decisions += more
    assert (state, decisions) == whole
    assert isinstance(state, State)


@given(RULES, CURVES)
def test_whatever_stays_within_its_limits_breaks_none(rule: Rule, steps: list[tuple[int, float]]):
    minute, curve = 0, list[Reading]()
    for step, celsius in steps:
        minute += step
        curve += readings((minute, min(8.0, max(0.0, celsius))))
    assert [each for each in told(rule, curve) if each[0] == "breach"] == []
