"""Encodes raw pictures as H.264 with x264, as WebRTC takes it. Blocks, and belongs into a thread."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import av
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from media.codecs.annexb import AccessUnits

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
