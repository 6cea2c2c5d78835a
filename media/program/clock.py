"""Program time: Unix time as it was when the program began, carried on by the monotonic clock. Pure: time is an argument.

Frames of cameras have the monotonic clock's times. The wall clock may be set while a show runs (NTP on a box without a battery,
an operator): a program that went by it would stand still for as long as the clock went back, or leave a hole where it went
forward. So a program looks at it once. The next program begins with the time of day as it is then.
"""

from media.frames import AUDIO_HZ, VIDEO_HZ


class ProgramClock:
    """`now_s`: the monotonic clock; `unix_s`: the wall clock at the same moment."""

    def __init__(self, now_s: float, unix_s: float) -> None:
        # Whole milliseconds are whole ticks of both rates, so sound and picture keep their places to each other.
        self._ahead_ms = round((unix_s - now_s) * 1000)
        self.video_ahead = self._ahead_ms * VIDEO_HZ // 1000
        self.audio_ahead = self._ahead_ms * AUDIO_HZ // 1000

    def video(self, now_s: float) -> int:
        """The moment in ticks of a picture."""
        return round(now_s * VIDEO_HZ) + self.video_ahead

    def ms(self, now_s: float) -> int:
        """The moment in milliseconds."""
        return round(now_s * 1000) + self._ahead_ms
