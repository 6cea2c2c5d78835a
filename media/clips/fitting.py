"""Pictures of other cameras, fitted into a clip's one sample description. Blocks, and belongs into a thread.

What plays everywhere is `avc1` with one sample entry, whose parameter sets hold from beginning to end. For a clip across
cameras there are other ways to write it, and none that phones play: several sample entries are right, but Android's extractor
and browsers go by the first; sets among the pictures want `avc3`, which iOS does not take, or are overlooked in `avc1`. So the
camera that is shown longest stays as it was recorded, and stretches of others are decoded, scaled into its size, and encoded
with sets under numbers of their own: one `avcC` holds those of both.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from msgspec import Struct

from media.codecs.annexb import split_start_codes
from media.codecs.h264 import PPS, SPS, avcc, is_key, read_sps, sample_data
from media.codecs.thumbnail import PIXELS_MAX

_SET_ID = 31  # the largest of an SPS; cameras begin with 0
_QUALITY = "20"  # x264's CRF: hardly told from what it is made of
_PROFILES = {66: "baseline", 77: "main"}
_GOP = 250


class Picture(Struct, frozen=True):
    """One encoded picture; `data` as it lies in a sample. `at`, `duration`: seconds."""

    at: Fraction
    duration: Fraction
    key: bool
    data: bytes


class Fitter:
    """Makes stretches fit to pictures with these parameter sets."""

    def __init__(self, sets: Sequence[bytes]) -> None:
        self._kept = tuple(sets)
        self._read = read_sps(next(unit for unit in sets if unit[0] & 0x1F == SPS))
        self._width, self._height = self._read.width & ~1, self._read.height & ~1
        self._own = self._sets_of_encoder()

    @property
    def avcc(self) -> bytes:
        """The configuration record with both kinds of sets."""
        every = (*self._kept, *self._own)
        sps, pps = ([unit for unit in every if unit[0] & 0x1F == kind] for kind in (SPS, PPS))
        return avcc(sps, pps, self._read)

    def fitted(self, container: InputContainer) -> Iterator[Picture]:
        """All pictures of a file with one track. Raises av.FFmpegError."""
        stream = container.streams.video[0]
        stream.codec_context.options = {"max_pixels": str(PIXELS_MAX)}
        stream.codec_context.thread_count = 1
        encoder = self._encoder()
        durations: dict[int, Fraction] = {}
        scaler: _Scaler | None = None
        base = stream.time_base
        assert base is not None
        waiting: list[int] = []
        for packet in container.demux(stream):
            if packet.pts is not None and packet.duration is not None:
                durations[packet.pts] = packet.duration * base
            for shown in packet.decode():
                if shown.pts is None:
                    continue
                if scaler is None:
                    scaler = _Scaler(shown, self._width, self._height)
                waiting.append(shown.pts)
                picture = scaler.scaled(shown)
                picture.pts, picture.time_base = shown.pts, base
                picture.pict_type = PictureType.I if shown.key_frame else PictureType.NONE
                for made in encoder.encode(picture):
                    pts = waiting.pop(0)
                    yield _picture(made, Fraction(pts * base), durations.get(pts, Fraction(0)))

    def _encoder(self) -> VideoCodecContext:
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height, context.pix_fmt = self._width, self._height, "yuv420p"
        context.time_base, context.framerate = Fraction(1, 90_000), Fraction(30)
        context.sample_aspect_ratio = Fraction(*self._read.sar)
        context.gop_size, context.max_b_frames, context.thread_count = _GOP, 0, 1
        level = self._read.level
        context.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "profile": _PROFILES.get(self._read.profile, "high"),
            "crf": _QUALITY,
            "x264-params": f"sps-id={_SET_ID}:level={level // 10}.{level % 10}:scenecut=0:threads=1:sliced-threads=0",
        }
        return context

    def _sets_of_encoder(self) -> tuple[bytes, ...]:
        """They are the same for every run of it, and are needed before the first picture."""
        context = self._encoder()
        blank = av.VideoFrame(self._width, self._height, "yuv420p")
        blank.pts = 0
        packets = [*context.encode(blank), *context.encode(None)]
        return tuple(unit for unit in split_start_codes(bytes(packets[0])) if unit[0] & 0x1F in (SPS, PPS))


class _Scaler:
    """Into a size, with black at two sides where the shape is another."""

    def __init__(self, first: av.VideoFrame, width: int, height: int) -> None:
        self._graph = av.filter.Graph()
        source = self._graph.add_buffer(
            width=first.width, height=first.height, format=first.format, time_base=Fraction(1, 90_000)
        )
        steps = [
            self._graph.add("scale", f"{width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2"),
            self._graph.add("pad", f"{width}:{height}:(ow-iw)/2:(oh-ih)/2"),
            self._graph.add("format", "yuv420p"),
            self._graph.add("buffersink"),
        ]
        self._graph.link_nodes(source, *steps).configure()

    def scaled(self, picture: av.VideoFrame) -> av.VideoFrame:
        self._graph.push(picture)
        made = self._graph.pull()
        assert isinstance(made, av.VideoFrame)
        return made


def _picture(packet: "av.Packet[Any]", at: Fraction, duration: Fraction) -> Picture:
    units = split_start_codes(bytes(packet))
    return Picture(at, duration, is_key(units), sample_data(units))
