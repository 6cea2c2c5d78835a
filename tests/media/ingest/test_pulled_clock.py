"""Frames are placed by the camera's own clock, tied to ours; both tracks by one tie; times only grow."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.frames import AUDIO_HZ, VIDEO_HZ, AudioFrame, VideoFrame
from media.ingest.clock import PulledClock

NOW_S = 1_800_000_000.0


def picture(at_s: float) -> VideoFrame:
    return VideoFrame(round(at_s * VIDEO_HZ), key=False, units=(b"\x41",))


def sound(at_s: float) -> AudioFrame:
    return AudioFrame(round(at_s * AUDIO_HZ), b"x")


def test_the_first_frame_is_placed_at_its_arrival():
    assert PulledClock().place(picture(77.0), NOW_S).time == NOW_S * VIDEO_HZ


def test_jitter_of_the_network_is_not_in_the_times():
    clock = PulledClock()
    times = [clock.place(picture(n / 25), NOW_S + n / 25 + late_s).time for n, late_s in enumerate((0, 0.1, 0.4, 0))]
    assert times == [NOW_S * VIDEO_HZ + n * 3_600 for n in range(4)]


def test_sound_and_picture_are_tied_together():
    clock = PulledClock()
    clock.place(picture(5.0), NOW_S)
    assert clock.place(sound(5.5), NOW_S + 0.9).time == (NOW_S + 0.5) * AUDIO_HZ


def test_sound_goes_on_without_seams_while_its_clock_is_nearly_right():
    clock = PulledClock()
    clock.place(picture(0.0), NOW_S)
    off_s = [0.0, 0.004, -0.004, 0.009, 0.03]
    times = [clock.place(sound(n * 0.02 + off), NOW_S + n * 0.02).time for n, off in enumerate(off_s)]
    assert times == [NOW_S * AUDIO_HZ + at for at in (0, 960, 1_920, 2_880, 3_840 + 1_440)]


def test_a_clock_that_jumps_an_hour_is_tied_anew():
    clock = PulledClock()
    clock.place(picture(0.0), NOW_S)
    assert clock.place(picture(3_600.0), NOW_S + 1).time == (NOW_S + 1) * VIDEO_HZ
    assert clock.place(picture(3_600.04), NOW_S + 1.04).time == (NOW_S + 1) * VIDEO_HZ + 3_600
    assert clock.place(picture(0.0), NOW_S + 2).time == (NOW_S + 2) * VIDEO_HZ
    assert clock.jumps == 2


def test_a_clock_that_is_slow_is_followed_without_a_jump():
    clock = PulledClock()
    for number in range(25 * 3_600 * 3):
        at_s = number / 25
        late_s = NOW_S + at_s - clock.place(picture(at_s * (1 - 500e-6)), NOW_S + at_s).time / VIDEO_HZ
        assert -0.1 < late_s < 0.1
    assert clock.jumps == 0


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1e7), st.floats(0, 5)), max_size=40))
def test_times_of_a_track_only_grow(frames: list[tuple[bool, float, float]]):
    clock, now_s = PulledClock(), NOW_S
    last = {VideoFrame: 0, AudioFrame: 0}
    for is_video, at_s, pause_s in frames:
        now_s += pause_s
        placed = clock.place(picture(at_s) if is_video else sound(at_s), now_s)
        assert placed.time > last[type(placed)]
        last[type(placed)] = placed.time


@pytest.mark.parametrize("back_s", [0.05, 0.3, 1.5, 1.99, 2.5, 3_600.0])
def test_a_camera_whose_clock_was_set_back_goes_on_in_whole_frames(back_s: float):
    clock = PulledClock()
    before = [clock.place(picture(10_000 + n / 25), NOW_S + n / 25).time for n in range(50)]
    after = [clock.place(picture(10_002 - back_s + n / 25), NOW_S + 2 + n / 25).time for n in range(50)]
    times = before + after
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == [3_600] * 99
    assert clock.jumps == 1


def test_after_it_was_set_back_a_camera_that_came_early_has_frames_closer_by_half_at_most():
    clock = PulledClock()
    clock.place(picture(0.0), NOW_S)
    early = [clock.place(picture(n / 25), NOW_S + n / 25 - 0.1).time for n in range(1, 50)]
    back = [clock.place(picture(n / 25 - 1.5), NOW_S + n / 25 - 0.1).time for n in range(50, 100)]
    steps = [later - earlier for earlier, later in itertools.pairwise(early + back)]
    assert set(steps[:48]) == {3_600}
    assert min(steps) == 1_800
    assert steps[-40:] == [3_600] * 40


def test_a_picture_told_twice_is_half_a_frame_later():
    clock = PulledClock()
    times = [clock.place(picture(at_s), NOW_S + at_s).time for at_s in (0.0, 0.04, 0.04, 0.08)]
    assert [time - times[0] for time in times] == [0, 3_600, 5_400, 7_200]
    assert clock.jumps == 0


def test_sound_that_goes_back_with_the_picture_has_no_frame_on_another():
    clock = PulledClock()
    for n in range(50):
        clock.place(picture(n * 0.02), NOW_S + n * 0.02)
        clock.place(sound(n * 0.02), NOW_S + n * 0.02)
    times = []
    for n in range(50, 100):
        clock.place(picture(n * 0.02 - 0.9), NOW_S + n * 0.02)
        times.append(clock.place(sound(n * 0.02 - 0.9), NOW_S + n * 0.02).time)
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {960}
