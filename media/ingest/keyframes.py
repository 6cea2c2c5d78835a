"""When a camera's next keyframe is due, learned from those that came. Pure: no I/O, time is an argument.

OBS, most IP cameras and every file send keyframes as they are set to, and no request changes that: whoever waits for one (a
cut, a viewer who joins) has to know how long. The longest of the last few intervals is taken, not the mean: encoders put extra
keyframes at changes of scene, and a wait that is too short fails.
"""

from collections import deque

INTERVALS = 5  # short enough to follow an encoder that was set anew
INTERVAL_S_MAX = 60.0  # a longer pause is no interval but an outage


class KeyframeInterval:
    """Times are seconds of any one clock that only goes forward."""

    def __init__(self) -> None:
        self._last_s: float | None = None
        self._intervals_s: deque[float] = deque(maxlen=INTERVALS)

    def observe(self, time_s: float) -> None:
        """A keyframe came at `time_s`."""
        if self._last_s is not None and 0 < time_s - self._last_s <= INTERVAL_S_MAX:
            self._intervals_s.append(time_s - self._last_s)
        self._last_s = time_s

    @property
    def last_s(self) -> float | None:
        """When the last one came."""
        return self._last_s

    @property
    def interval_s(self) -> float | None:
        """The longest of the last INTERVALS pauses between keyframes; None before two came."""
        return max(self._intervals_s, default=None)

    def next_in_s(self, now_s: float) -> float | None:
        """How long until one has to have come, 0.0 when it is overdue; None while that is not known."""
        interval_s = self.interval_s
        if interval_s is None or self._last_s is None:
            return None
        return max(0.0, self._last_s + interval_s - now_s)
