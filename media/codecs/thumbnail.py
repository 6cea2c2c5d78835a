"""A small picture of what a camera sends: one key frame, decoded, made smaller, and stored as JPEG. The only decoding of video.

Blocks for some ten milliseconds; belongs into a thread.
"""

from collections.abc import Sequence
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext

EDGE_MAX = 480
BYTES_MAX = 4_000_000
PIXELS_MAX = 4_096 * 2_304  # what a parameter set may claim: a few bytes of it could ask for gigabytes
QUALITY = 5  # of MJPEG, 2 (best) to 31


class Undecodable(ValueError):
    """There is no picture in these bytes."""


def thumbnail(units: Sequence[bytes], edge_max: int = EDGE_MAX) -> bytes:
    """A JPEG, no side over `edge_max` pixels, of a key frame's NAL units with its SPS and PPS. Raises Undecodable."""
    if not 0 < sum(map(len, units)) <= BYTES_MAX:
        raise Undecodable("nothing, or too much")
    try:
        picture = _decoded(b"".join(b"\x00\x00\x00\x01" + unit for unit in units))
        scale = min(1.0, edge_max / max(picture.width, picture.height))
        width, height = (max(2, round(side * scale / 2) * 2) for side in (picture.width, picture.height))
        return _jpeg(picture.reformat(width, height, format="yuvj420p"))
    except (av.FFmpegError, ValueError, MemoryError) as error:
        raise Undecodable(str(error)) from error


def _decoded(data: bytes) -> av.VideoFrame:
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1
    context.options = {"flags": "low_delay", "max_pixels": str(PIXELS_MAX)}
    for packet in (av.Packet(data), None):
        for picture in context.decode(packet):
            return picture
    raise Undecodable("no picture")


def _jpeg(picture: av.VideoFrame) -> bytes:
    context = av.CodecContext.create("mjpeg", "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = picture.width, picture.height, "yuvj420p"
    context.time_base = Fraction(1)
    context.thread_count = 1
    context.options = {"qmin": str(QUALITY), "qmax": str(QUALITY), "strict": "unofficial"}
    picture.pts = 0
    return b"".join(bytes(packet) for frame in (picture, None) for packet in context.encode(frame))
