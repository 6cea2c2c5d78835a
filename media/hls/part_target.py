"""PART-TARGET, chosen for the frame rate that a stream begins with. Pure: no I/O, no clock.

A part may not be longer than PART-TARGET, and not shorter than 85% of it (RFC 8216bis, 4.4.3.7 and 4.4.4.9); frames come in
whole. Between 195.5 and 230 ms, the bounds that go with parts of 200 ms, lies a whole number of frames at 10, 15, 20, 24, 25,
30, 50 and 60 a second, but not at 4, 6, 8, 12, 12.5 or 16, which IP cameras offer. For those the target moves up:

    fps              4    5    6    8   10   12  12.5   16   others
    frames a part    1    1    2    2    2    3     3    4
    part, ms       250  200  333  250  200  250   240  250
    PART-TARGET    271  230  361  271  230  271   260  271   230

It stands in every playlist and may not change there: AVPlayer gives a stream up for good when PART-HOLD-BACK, which is made of
it, does. So it is settled before the first part is out, and kept by a process that carries the stream on.
"""

from itertools import pairwise
from statistics import fmean, median

from media.frames import VIDEO_HZ

PART_LEAST_PERCENT = 85  # of the target (RFC 8216bis, 4.4.4.9)
_USUAL_PERCENT = 115  # the target of a rate that fits it: nearly the most that 85% of it lets pass
_MIDDLE = 1.081  # times a length: a target that allows as much jitter above it as below
_SHORTER = 0.95  # a part may be so much shorter than wished for, which is within what a measured rate is off
_INTERVALS = 6  # make a rate, also of timestamps that waver by 10 ms
_SPAN_MAX = VIDEO_HZ  # ticks after which fewer have to do
_INTERVALS_LEAST = 2
_HOLD = 1.8  # times the usual interval: something was lost, and tells nothing of the rate


class FrameInterval:
    """Measures the time between frames at a stream's beginning."""

    def __init__(self) -> None:
        self._times: list[int] = []

    def add(self, time: int) -> None:
        """A frame's time, in 90 kHz ticks. One that is not later than the one before is passed over."""
        if not self._times or time > self._times[-1]:
            self._times.append(time)

    @property
    def is_settled(self) -> bool:
        """Whether there is no need to wait for more."""
        return len(self._times) > _INTERVALS or (len(self._times) > 1 and self._times[-1] - self._times[0] >= _SPAN_MAX)

    @property
    def ms(self) -> float | None:
        """The mean interval, frames that were lost not counted; None where too few came."""
        intervals = [after - before for before, after in pairwise(self._times)]
        if len(intervals) < _INTERVALS_LEAST:
            return None
        usual = [each for each in intervals if each <= _HOLD * median(intervals)]
        return fmean(usual) * 1000 / VIDEO_HZ


def part_target_ms(part_ms: int, interval_ms: float | None) -> int:
    """PART-TARGET for parts of about `part_ms`, where a frame comes each `interval_ms` (None: not known)."""
    usual = -(-part_ms * _USUAL_PERCENT // 100)
    if interval_ms is None:
        return usual
    frames = max(1, -int(-_SHORTER * part_ms // interval_ms))
    return max(usual, -int(-frames * interval_ms * _MIDDLE // 1))
