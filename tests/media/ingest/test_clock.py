"""Times follow the sender's clock, near ours; sound fits the picture; a clock that is set, or drifts, is followed."""

from media.frames import AUDIO_HZ, VIDEO_HZ
from media.ingest.clock import JUMP_MAX_S, RtpClock

NOW_S = 1_800_000_000.0


def test_the_first_frame_is_at_its_arrival_and_the_rest_by_the_timestamps_alone() -> None:
    clock = RtpClock()
    assert clock.time("video", 4_000_000_000, NOW_S) == NOW_S * VIDEO_HZ
    late_by_jitter_s = NOW_S + 0.033 + 0.02
    assert clock.time("video", 4_000_003_000, late_by_jitter_s) == NOW_S * VIDEO_HZ + 3_000


def test_timestamps_wrap_without_anybody_noticing() -> None:
    clock = RtpClock()
    first = clock.time("video", 0xFFFFFF00, NOW_S)
    assert clock.time("video", (0xFFFFFF00 + 3_000) & 0xFFFFFFFF, NOW_S + 0.033) == first + 3_000


def test_sound_recorded_with_a_picture_has_its_time_once_both_reports_came() -> None:
    clock = RtpClock()
    video = clock.time("video", 1_000, NOW_S)
    clock.time("audio", 500_000, NOW_S + 0.3)  # the microphone's packets were 0.3 s late
    ntp = 3_900_000_000 << 32
    clock.report("video", ntp, 1_000)
    clock.report("audio", ntp, 500_000)
    assert abs(clock.time("audio", 500_000, NOW_S + 0.3) / AUDIO_HZ - video / VIDEO_HZ) < 0.000_1


def test_a_timestamp_that_jumps_an_hour_is_tied_anew() -> None:
    clock = RtpClock()
    clock.time("video", 0, NOW_S)
    hour = 3_600 * VIDEO_HZ
    jumped = clock.time("video", hour, NOW_S + 1)
    assert jumped == (NOW_S + 1) * VIDEO_HZ
    assert clock.jumps == 1
    assert clock.time("video", hour + 3_000, NOW_S + 1.033) == jumped + 3_000
    assert clock.time("video", hour + 6_000, NOW_S + 1.066 + JUMP_MAX_S * 0.9) == jumped + 6_000
    assert clock.jumps == 1


def test_a_slow_clock_of_the_camera_is_followed() -> None:
    clock = RtpClock()
    slow = 0.9995  # half a second in 1,000
    time, arrival_s = 0, NOW_S
    for n in range(30 * 400):
        arrival_s = NOW_S + n / 30
        time = clock.time("video", int(n * 3_000 * slow), arrival_s)
    assert abs(arrival_s - time / VIDEO_HZ) < 0.1
    assert clock.jumps == 0


def test_a_fast_clock_is_followed_in_steps_that_never_put_a_frame_before_another() -> None:
    clock = RtpClock()
    before = 0
    for n in range(30 * 400):
        time = clock.time("video", int(n * 3_000 * 1.0002), NOW_S + n / 30)
        assert time > before
        before = time
    assert abs(NOW_S + 400 - before / VIDEO_HZ) < 0.1


def test_timestamps_that_go_back_by_less_than_the_limit_are_tied_anew_at_once() -> None:
    clock = RtpClock()
    for n in range(30):
        clock.time("video", 900_000 + n * 3_000, NOW_S + n / 30)
    back = 900_000 + 30 * 3_000 - round(1.5 * VIDEO_HZ)  # the encoder began anew
    for n in range(30):
        assert clock.time("video", back + n * 3_000, NOW_S + 1 + n / 30) == (NOW_S + 1) * VIDEO_HZ + n * 3_000
    assert clock.jumps == 1
