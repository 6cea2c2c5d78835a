"""Pictures drawn here, as H.264: the test picture and the slate. Made once, then sent again and again at no cost.

Blocks; belongs into a thread.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from media.ingest.annexb import AccessUnits

Plane = NDArray[Any]
Access = tuple[bool, tuple[bytes, ...]]  # whether it is a key frame, its NAL units


def encoder(width: int, height: int, frames_per_s: int, key_every: int, bitrate_bps: int) -> VideoCodecContext:
    """x264 as WebRTC takes it: baseline profile, no B-frames, one frame in, one frame out."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = Fraction(1, frames_per_s)
    context.framerate = Fraction(frames_per_s)
    context.bit_rate = bitrate_bps
    context.gop_size = key_every
    context.max_b_frames = 0
    context.options = {
        "preset": "veryfast",
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": f"scenecut=0:min-keyint={key_every}:threads=1:sliced-threads=0:"
        f"vbv-maxrate={bitrate_bps // 1000}:vbv-bufsize={bitrate_bps // 1000}",
    }
    return context


def encoded(
    pictures: Iterable[Plane], *, width: int, height: int, frames_per_s: int, key_every: int, bitrate_bps: int
) -> tuple[Access, ...]:
    """`pictures`: uint8[height * 3 / 2, width], planar 4:2:0 with even sides. A key frame each `key_every` pictures."""
    context = encoder(width, height, frames_per_s, key_every, bitrate_bps)
    units = AccessUnits()
    made: list[Access] = []

    def take(packets: Iterable["av.Packet[Any]"]) -> None:
        for packet in packets:
            access = units.read(bytes(packet))
            assert access is not None
            made.append(access)

    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = number
        take(context.encode(frame))
    take(context.encode(None))
    return tuple(made)


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
        rows = np.arange(self.height)[:, None]
        self._paint(rows >= edge[None, :], colour, 0, 0)

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
