"""Whether pictures come in the order in which they are shown: those with B-frames do not. Pure: no I/O, no clock.

Live viewers are sent pictures as they come, with one time each; with B-frames a picture would need two, and WebRTC has no
place for the second.
"""

from media.frames import VIDEO_HZ

BACKWARDS_MAX = 5  # pictures of a second or two; fewer are slips of the camera's clock
FORGET_AFTER = 300  # pictures in order since the last one that was not


class BFrameDetector:
    def __init__(self) -> None:
        self._last: int | None = None
        self._backwards = 0
        self._in_order = 0

    def is_broken(self, time: int) -> bool:
        """Whether with this picture, shown at `time` (ticks of VIDEO_HZ), it is clear that there are B-frames."""
        last, self._last = self._last, time
        if last is not None and last - VIDEO_HZ < time < last:
            self._backwards += 1
            self._in_order = 0
        else:
            self._in_order += 1
            if self._in_order == FORGET_AFTER:
                self._backwards = 0
        return self._backwards > BACKWARDS_MAX
