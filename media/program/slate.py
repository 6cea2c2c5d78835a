"""The picture that stands in while a camera is lost: three dots that breathe before a quiet dusk. No words, so no language.

Made in the size of the camera that it stands in for, so that viewers' pages do not jump; encoded once, then only sent.
"""

import math
from collections.abc import Iterator

from media.pictures import Access, Canvas, Plane, encoded

FRAMES_PER_S = 10
LOOP_S = 3
SIDE_MIN, SIDE_MAX = 64, 4_096
BITRATE_BPS = 400_000

_TOP, _BOTTOM, _DOT = (46, 136, 118), (88, 124, 122), (206, 122, 126)


class Slate:
    """A slate of one size. Making it takes some tenths of a second; belongs into a thread."""

    frames_per_s = FRAMES_PER_S

    def __init__(self, width: int, height: int) -> None:
        """Sides are brought to even numbers from SIDE_MIN to SIDE_MAX, as 4:2:0 needs."""
        self.width, self.height = (min(max(side, SIDE_MIN), SIDE_MAX) & ~1 for side in (width, height))
        self._frames = encoded(
            self._pictures(),
            width=self.width,
            height=self.height,
            frames_per_s=FRAMES_PER_S,
            key_every=FRAMES_PER_S,
            bitrate_bps=BITRATE_BPS,
        )

    def frame_at(self, index: int) -> Access:
        """(whether it is a key frame, its NAL units) of frame `index`, counted from 0 without end; each tenth is one."""
        return self._frames[index % len(self._frames)]

    def _pictures(self) -> Iterator[Plane]:
        backdrop = Canvas(self.width, self.height)
        backdrop.gradient(_TOP, _BOTTOM)
        unit = min(self.width, self.height)
        canvas = Canvas(self.width, self.height)
        for number in range(LOOP_S * FRAMES_PER_S):
            canvas.data[:] = backdrop.data
            for dot in (-1, 0, 1):
                breath = 0.5 - 0.5 * math.cos(math.tau * (number / (LOOP_S * FRAMES_PER_S) - (dot + 1) / 8))
                x, y = self.width / 2 + dot * unit * 0.09, self.height / 2
                canvas.disc(x, y, unit * (0.018 + 0.008 * breath), _DOT, 0.35 + 0.6 * breath)
            yield canvas.data
