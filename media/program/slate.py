"""The slate stands in while a camera is lost: three dots that breathe before a quiet dusk. No words, so no language.

It is made in the size of the program's picture, so that viewers' pages do not jump, in a thread and before it is needed, so
that a lost signal finds one ready. Encoded once, then only sent.
"""

import asyncio
import logging
import math
from collections.abc import Iterator

from livehub.base.tasks import Tasks
from media.codecs.h264 import SPS, parameter_sets, read_sps
from media.codecs.x264 import Access, Plane, encoded
from media.drawing import Canvas
from media.frames import Frame, VideoFrame

log = logging.getLogger("livehub.media.slates")

FRAMES_PER_S = 10
LOOP_S = 3
SIDE_MIN, SIDE_MAX = 64, 4_096
BITRATE_BPS = 400_000
SIZES_MAX = 16  # phones and cameras come in a handful of sizes; the oldest goes

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
        """(whether it is a keyframe, its NAL units) of frame `index`, counted from 0 without end; each tenth is one."""
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


class SlateCache:
    """Slates by size (width, height), of all programs of this process."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], Slate] = {}
        self._making: set[tuple[int, int]] = set()
        self._tasks = Tasks()
        self._failed: set[tuple[int, int]] = set()

    def prepare(self, size: tuple[int, int]) -> None:
        """Make a slate of that size in the background, unless there is one."""
        if size not in self._made and size not in self._making and size not in self._failed:
            self._making.add(size)
            self._tasks.once("media slate", self._make(size))

    def of(self, size: tuple[int, int]) -> Slate | None:
        """The slate of that size, if it is made."""
        return self._made.get(size)

    async def _make(self, size: tuple[int, int]) -> None:
        try:
            slate = await asyncio.to_thread(Slate, *size)
        except Exception:
            log.exception("slate.failed", extra={"width": size[0], "height": size[1]})
            if len(self._failed) < SIZES_MAX:
                self._failed.add(size)  # it is wanted with every keyframe, and would fail each time
            return
        finally:
            self._making.discard(size)
        while len(self._made) >= SIZES_MAX:
            del self._made[next(iter(self._made))]
        self._made[size] = slate


class SlateOutput:
    """An output of a program that looks at the size of its picture and has the slate of that size made."""

    def __init__(self, slates: SlateCache) -> None:
        self._slates = slates
        self._sets: tuple[bytes, ...] = ()
        self._size: tuple[int, int] | None = None

    @property
    def slate(self) -> Slate | None:
        """The slate in the size of the last picture, once it is made."""
        return self._slates.of(self._size) if self._size is not None else None

    def put(self, frame: Frame) -> None:
        """Only keyframes are looked at: with them the size may change."""
        if not isinstance(frame, VideoFrame) or not frame.key:
            return
        sets = parameter_sets(frame.units, self._sets)
        if sets and sets != self._sets:
            sps = read_sps(next(unit for unit in sets if unit[0] & 0x1F == SPS))
            self._sets, self._size = sets, (sps.width, sps.height)
        if self._size is not None:
            self._slates.prepare(self._size)

    def finish(self) -> None:
        """Nothing is half done here."""

    async def close(self) -> None:
        """The slates are of use to other programs."""
