"""The longest of a camera's last pauses between keyframes says when the next one is due."""

import pytest

from media.ingest.keyframes import INTERVAL_S_MAX, INTERVALS, KeyframeInterval


def test_nothing_is_known_before_two_keyframes() -> None:
    keyframes = KeyframeInterval()
    assert (keyframes.interval_s, keyframes.next_in_s(0.0)) == (None, None)
    keyframes.observe(10.0)
    assert (keyframes.interval_s, keyframes.next_in_s(11.0), keyframes.last_s) == (None, None, 10.0)


def test_the_next_one_is_due_an_interval_after_the_last() -> None:
    keyframes = KeyframeInterval()
    for time_s in (10.0, 14.0, 18.0):
        keyframes.observe(time_s)
    assert keyframes.interval_s == 4.0
    assert keyframes.next_in_s(18.0) == 4.0
    assert keyframes.next_in_s(21.0) == 1.0
    assert keyframes.next_in_s(22.5) == 0.0


def test_an_extra_keyframe_at_a_change_of_scene_does_not_shorten_it() -> None:
    keyframes = KeyframeInterval()
    for time_s in (0.0, 8.0, 16.0, 17.0, 18.5):
        keyframes.observe(time_s)
    assert keyframes.interval_s == 8.0


def test_an_encoder_that_was_set_anew_is_followed() -> None:
    keyframes = KeyframeInterval()
    for time_s in (0.0, 10.0, 20.0):
        keyframes.observe(time_s)
    for number in range(1, INTERVALS + 1):
        keyframes.observe(20.0 + 2.0 * number)
    assert keyframes.interval_s == 2.0


@pytest.mark.parametrize("pause_s", [0.0, -5.0, INTERVAL_S_MAX + 1.0])
def test_an_outage_or_a_clock_that_goes_back_is_no_interval(pause_s: float) -> None:
    keyframes = KeyframeInterval()
    keyframes.observe(100.0)
    keyframes.observe(104.0)
    keyframes.observe(104.0 + pause_s)
    assert keyframes.interval_s == 4.0
