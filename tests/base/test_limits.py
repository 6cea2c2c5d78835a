"""Over any stretch of time a limiter admits no more than its burst and its rate allow, in bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.base.errors import TooFast
from livehub.base.limits import BucketSpec, RateLimiter, TokenBucket, check_wait

SLACK = 1e-6  # of floating point
PER_S, BURST = 2.0, 5

# (pause before the attempt, its cost)
attempts = st.lists(
    st.tuples(st.floats(0, 4, allow_nan=False), st.sampled_from([0.5, 1.0, 2.0, 5.0])), min_size=1, max_size=60
)


def limiter(keys_max: int = 100) -> RateLimiter:
    return RateLimiter(per_s_max=PER_S, burst_max=BURST, keys_max=keys_max)


def check_every_stretch(admitted: list[tuple[float, float]]) -> None:
    """`admitted`: (time, cost). Between any two of them no more went through than may."""
    for first, (start_s, _) in enumerate(admitted):
        spent = 0.0
        for at_s, cost in admitted[first:]:
            spent += cost
            assert spent <= BURST + PER_S * (at_s - start_s) + SLACK


@given(attempts)
def test_no_sequence_gets_more_than_burst_and_rate(tries: list[tuple[float, float]]) -> None:
    limit, allowance, now_s = limiter(), TokenBucket(BucketSpec(per_s_max=PER_S, burst_max=BURST)), 0.0
    by_key: list[tuple[float, float]] = []
    by_owner: list[tuple[float, float]] = []
    for pause_s, cost in tries:
        now_s += pause_s
        waits = limit.wait_s("k", now_s, cost), allowance.wait_s(now_s, cost)
        assert abs(waits[0] - waits[1]) < SLACK
        by_key += [(now_s, cost)] * (waits[0] == 0.0)
        by_owner += [(now_s, cost)] * (waits[1] == 0.0)
    check_every_stretch(by_key)
    check_every_stretch(by_owner)


@given(attempts)
def test_whoever_waits_as_told_is_admitted(tries: list[tuple[float, float]]) -> None:
    limit, now_s = limiter(), 0.0
    for pause_s, cost in tries:
        now_s += pause_s
        wait_s = limit.wait_s("k", now_s, cost)
        if wait_s:
            now_s += wait_s + SLACK
            assert limit.wait_s("k", now_s, cost) == 0.0


@given(attempts, st.integers(0, 5))
def test_a_refusal_takes_nothing(tries: list[tuple[float, float]], refusals: int) -> None:
    patient, pushy, now_s = limiter(), limiter(), 0.0
    for pause_s, cost in tries:
        now_s += pause_s
        waits = patient.wait_s("k", now_s, cost), pushy.wait_s("k", now_s, cost)
        assert abs(waits[0] - waits[1]) < SLACK
        for _ in range(refusals if waits[1] else 0):
            assert pushy.wait_s("k", now_s, cost) > 0.0


@given(attempts)
def test_looking_takes_nothing_and_sees_the_same_wait(tries: list[tuple[float, float]]) -> None:
    limit, now_s = limiter(), 0.0
    for pause_s, cost in tries:
        now_s += pause_s
        seen = [limit.peek_s("k", now_s, cost) for _ in range(2)]
        assert seen == [limit.wait_s("k", now_s, cost)] * 2


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1, allow_nan=False)), max_size=80), st.integers(1, 7))
def test_no_more_keys_are_remembered_than_may_be(calls: list[tuple[int, float]], keys_max: int) -> None:
    limit, now_s = limiter(keys_max), 0.0
    for key, pause_s in calls:
        now_s += pause_s
        limit.wait_s(str(key), now_s)
        assert len(limit) <= keys_max


def test_each_key_has_a_bucket_of_its_own() -> None:
    limit = limiter()
    assert [limit.wait_s("a", 0.0) for _ in range(6)] == [0.0, 0.0, 0.0, 0.0, 0.0, 0.5]
    assert limit.wait_s("b", 0.0) == 0.0


def test_past_the_bound_the_longest_unused_key_is_forgotten() -> None:
    limit = limiter(keys_max=2)
    for key in ("a", "b"):
        assert limit.wait_s(key, 0.0, BURST) == 0.0
    assert limit.wait_s("c", 1.0) == 0.0  # "a" goes
    assert limit.wait_s("b", 1.0, BURST) == 1.5
    assert limit.wait_s("a", 1.0, BURST) == 0.0


def test_a_clock_that_steps_back_gives_nothing_away() -> None:
    limit, allowance = limiter(), TokenBucket(BucketSpec(per_s_max=PER_S, burst_max=BURST))
    assert limit.wait_s("k", 100.0, BURST) == 0.0
    assert allowance.wait_s(100.0, BURST) == 0.0
    assert limit.wait_s("k", 90.0) == 0.5
    assert allowance.wait_s(90.0) == 0.5


@given(st.lists(st.tuples(st.floats(0, 4, allow_nan=False), st.integers(1, 100)), max_size=30))
def test_what_is_trimmed_stays_within_the_same_bound(wishes: list[tuple[float, int]]) -> None:
    allowance, now_s = TokenBucket(BucketSpec(per_s_max=PER_S, burst_max=BURST)), 0.0
    admitted: list[tuple[float, float]] = []
    for pause_s, wanted in wishes:
        now_s += pause_s
        taken = allowance.take_up_to(now_s, wanted)
        assert 0 <= taken <= wanted
        admitted.append((now_s, float(taken)))
    check_every_stretch(admitted)


def test_as_many_whole_ones_are_taken_as_there_are() -> None:
    allowance = TokenBucket(BucketSpec(per_s_max=PER_S, burst_max=BURST))
    assert allowance.take_up_to(0.0, 3) == 3
    assert allowance.take_up_to(0.0, 100) == 2
    assert allowance.take_up_to(0.4, 100) == 0
    assert allowance.take_up_to(1.3, 100) == 2


@given(st.floats(0.01, 100, allow_nan=False), st.floats(0, 5, allow_nan=False), st.floats(0, 0.009))
def test_who_waits_as_told_is_let_through_also_when_its_timer_is_a_little_early(
    per_s: float, after_s: float, early_s: float
) -> None:
    bucket = TokenBucket(BucketSpec(per_s_max=per_s, burst_max=1))
    assert bucket.wait_s(100.0) == 0.0
    wait_s = bucket.wait_s(100.0 + after_s)
    if wait_s:
        with pytest.raises(TooFast) as refusal:
            check_wait(wait_s)
        told_s = (refusal.value.retry_after_ms or 0) / 1000
        assert told_s < wait_s + 0.02
        check_wait(bucket.wait_s(100.0 + after_s + told_s - early_s))
