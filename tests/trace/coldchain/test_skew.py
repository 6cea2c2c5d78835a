"""A clock that is off is told from a backlog: a lead at once, a lag when it stays what it is while time goes on."""

import pytest

from trace.coldchain.skew import Clock, after

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
NOW_MS = 1_800_000_000_000


def known(lags_ms: list[int], *, every_ms: int = MINUTE_MS, clock: Clock | None = None, now_ms: int = NOW_MS) -> Clock:
    """After batches whose newest reading is so far behind, by the device's clock."""
    clock = clock or Clock()
    for n, lag_ms in enumerate(lags_ms):
        received_ms = now_ms + n * every_ms
        clock = after(clock, newest_ms=received_ms - lag_ms, sent_ms=None, received_ms=received_ms)
    return clock


def test_k9_a_clock_six_minutes_ahead_is_known_from_its_first_batch():
    assert known([-6 * MINUTE_MS]).skew_ms == -6 * MINUTE_MS
    assert known([-6 * MINUTE_MS] * 5).skew_ms == -6 * MINUTE_MS


def test_k9_a_clock_three_hours_behind_is_known_from_its_third_batch():
    assert [known([3 * HOUR_MS] * n).skew_ms for n in (1, 2, 3, 10)] == [0, 0, 3 * HOUR_MS, 3 * HOUR_MS]


def test_k9_a_backlog_of_two_hours_is_no_skew():
    assert known([0, 0, 2 * HOUR_MS]).skew_ms == 0
    catching_up = [2 * HOUR_MS - n * 10 * MINUTE_MS for n in range(13)]
    assert known(catching_up, every_ms=1_000).skew_ms == 0
    at_once = known([2 * HOUR_MS] * 20, every_ms=100)  # two seconds prove nothing about a clock
    assert at_once.skew_ms == 0


def test_a_clock_that_was_put_right_is_known_at_once_if_it_was_slow_and_soon_if_it_was_fast():
    slow, fast = known([3 * HOUR_MS] * 3), known([-6 * MINUTE_MS] * 3)
    later_ms = NOW_MS + 4 * MINUTE_MS
    assert known([100], clock=slow, now_ms=later_ms).skew_ms == 0
    assert [known([100] * n, clock=fast, now_ms=later_ms).skew_ms for n in (1, 3)] == [-6 * MINUTE_MS, 0]


@pytest.mark.parametrize("lag_ms", [-5_000, 0, 900, 4_000, 119_000])
def test_what_a_network_or_a_gateway_takes_is_no_skew(lag_ms: int):
    assert known([lag_ms] * 10).skew_ms == 0


def test_who_says_when_it_sent_is_measured_by_that_whatever_it_sends():
    clock, fast = Clock(), NOW_MS + 6 * MINUTE_MS
    assert after(clock, newest_ms=0, sent_ms=fast, received_ms=NOW_MS).skew_ms == -6 * MINUTE_MS
    for n in range(3):
        received_ms = NOW_MS + n * MINUTE_MS
        clock = after(clock, newest_ms=0, sent_ms=received_ms - 3 * HOUR_MS, received_ms=received_ms)
    assert clock.skew_ms == 3 * HOUR_MS
    assert after(clock, newest_ms=0, sent_ms=NOW_MS - 100, received_ms=NOW_MS).skew_ms == 0


def test_a_body_that_waited_is_no_slow_clock():
    sent_ms = NOW_MS - 6 * HOUR_MS
    assert after(Clock(), newest_ms=sent_ms - 1_000, sent_ms=sent_ms, received_ms=NOW_MS).skew_ms == 0
