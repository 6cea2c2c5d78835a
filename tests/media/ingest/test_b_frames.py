"""Pictures that are shown in another order than they come are told from a clock that slips now and then."""

from media.frames import VIDEO_HZ
from media.ingest.b_frames import BACKWARDS_MAX, FORGET_AFTER, BFrameDetector

STEP = VIDEO_HZ // 30


def test_a_stream_with_b_frames_is_known_after_a_few() -> None:
    order = BFrameDetector()
    # As x264 sends them: I P B P B ..., each B before the P that came first.
    times = [0, *(t for n in range(2, 40, 2) for t in (n * STEP, (n - 1) * STEP))]
    told = [order.is_broken(time) for time in times]
    assert told.index(True) == 2 * (BACKWARDS_MAX + 1)


def test_pictures_in_order_and_jumps_of_the_clock_are_none() -> None:
    order = BFrameDetector()
    assert not any(order.is_broken(n * STEP) for n in range(1_000))
    assert not any(order.is_broken((n % 7) * 2 * VIDEO_HZ) for n in range(100))


def test_a_clock_that_slips_now_and_then_is_forgiven() -> None:
    order = BFrameDetector()
    slips = 3 * BACKWARDS_MAX
    told = False
    for slip in range(slips):
        told |= order.is_broken(slip * 1_000 * STEP - 1)
        told |= any(
            order.is_broken((slip * 1_000 + n) * STEP - (n == 1) * 2 * STEP) for n in range(1, FORGET_AFTER + 5)
        )
    assert not told
