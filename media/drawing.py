"""A canvas in planar 4:2:0, for the pictures that are drawn here: the test source's and the slate's."""

import numpy as np

from media.codecs.x264 import Plane


class Canvas:
    """A picture that is being drawn. Colours are (Y, U, V), BT.601, 16 to 235 and 240."""

    def __init__(self, width: int, height: int) -> None:
        """Even sides."""
        self.width, self.height = width, height
        self.data = np.zeros((height * 3 // 2, width), np.uint8)
        self._y = self.data[:height]
        chroma = self.data[height:].reshape(2, height // 2, width // 2)
        self._u, self._v = chroma[0], chroma[1]

    def gradient(self, top: tuple[int, int, int], bottom: tuple[int, int, int]) -> None:
        """All of it, from top to bottom."""
        for plane, begin, end in zip((self._y, self._u, self._v), top, bottom, strict=True):
            plane[:] = np.linspace(begin, end, plane.shape[0])[:, None]

    def below(self, edge: Plane, colour: tuple[int, int, int]) -> None:
        """What lies below `edge`: float64[width], a line of its own for each column."""
        top = max(0, int(edge.min())) & ~1
        rows = np.arange(top, self.height)[:, None]
        self._paint(rows >= edge[None, :], colour, 0, top)

    def disc(self, x: float, y: float, radius: float, colour: tuple[int, int, int], strength: float = 1.0) -> None:
        """A disc with a soft edge; what lies outside of the picture is left out. `strength`: 0 to 1."""
        left, right = (int(v) & ~1 for v in (max(0, x - radius - 2), min(self.width, x + radius + 4)))
        top, bottom = (int(v) & ~1 for v in (max(0, y - radius - 2), min(self.height, y + radius + 4)))
        if left >= right or top >= bottom:
            return
        far = np.hypot(np.arange(left, right)[None, :] - x, np.arange(top, bottom)[:, None] - y)
        self._paint(np.clip(radius - far + 0.5, 0, 1) * strength, colour, left, top)

    def box(self, left: int, top: int, width: int, height: int, colour: tuple[int, int, int]) -> None:
        """A rectangle on even places."""
        self._paint(np.ones((height & ~1, width & ~1)), colour, left & ~1, top & ~1)

    def _paint(self, cover: Plane, colour: tuple[int, int, int], left: int, top: int) -> None:
        height, width = cover.shape
        half = cover[::2, ::2]
        for plane, share, value, scale in (
            (self._y, cover, colour[0], 1),
            (self._u, half, colour[1], 2),
            (self._v, half, colour[2], 2),
        ):
            part = plane[top // scale : (top + height) // scale, left // scale : (left + width) // scale]
            if share.dtype == bool:
                part[share] = value
            else:
                part[:] = part * (1 - share) + value * share
