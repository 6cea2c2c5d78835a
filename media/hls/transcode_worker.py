"""The process that makes the lower rendition: frames by standard input, smaller ones by standard output. See transcoder.py.

    python -m media.hls.transcode_worker SHORT_SIDE BITRATE_BPS

The only decoding of whole video. It ends when its input does, and when anything is wrong that it did not expect: transcoder.py
then starts another.
"""

import os
import sys
from collections.abc import Iterator
from typing import BinaryIO

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from media.codecs.annexb import AccessUnits
from media.codecs.x264 import encoder
from media.frames import VideoFrame
from media.hls.frame_pipe import pack, read_frame

NICE = 10  # the main rendition comes first
FRAMES_PER_S = 30  # what the encoder's rate control reckons with
KEY_NEVER = 1_000_000  # by itself; it makes one of each that comes in
PIXELS_MAX = 4_096 * 2_304


class FrameTranscoder:
    """One stream of H.264 in, a smaller one out: the same times, and key frames where those that come in are."""

    def __init__(self, short_side: int, bitrate_bps: int) -> None:
        """`short_side`: pixels of the smaller side; pictures that are smaller stay as they are."""
        self._short_side = short_side
        self._bitrate_bps = bitrate_bps
        self._decoder: VideoCodecContext | None = None
        self._encoder: VideoCodecContext | None = None
        self._units = AccessUnits()
        self._number = 0

    def feed(self, frame: VideoFrame) -> list[VideoFrame]:
        """The frame made smaller; nothing while there is no key frame to begin with, or when it can't be decoded."""
        if frame.key and self._decoder is None:
            self._decoder = _decoder()
        if self._decoder is None:
            return []
        packet = av.Packet(b"".join(b"\x00\x00\x00\x01" + unit for unit in frame.units))
        try:
            pictures = self._decoder.decode(packet)
        except (av.FFmpegError, MemoryError):
            self._decoder = self._encoder = None  # until the next key frame
            return []
        return [made for picture in pictures for made in self._encoded(picture, frame)]

    def _encoded(self, picture: av.VideoFrame, frame: VideoFrame) -> Iterator[VideoFrame]:
        scale = min(1.0, self._short_side / min(picture.width, picture.height))
        width, height = (max(2, round(side * scale / 2) * 2) for side in (picture.width, picture.height))
        context = self._encoder
        if context is None or (context.width, context.height) != (width, height):
            context = self._encoder = encoder(width, height, FRAMES_PER_S, KEY_NEVER, self._bitrate_bps)
            self._units = AccessUnits()
        small = picture.reformat(width, height, format="yuv420p")
        small.pict_type = PictureType.I if frame.key else PictureType.NONE
        small.pts = self._number
        self._number += 1
        for packet in context.encode(small):
            read = self._units.read(bytes(packet))
            if read is not None:
                yield VideoFrame(frame.time, *read)


def _decoder() -> VideoCodecContext:
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, VideoCodecContext)
    context.thread_count = 1
    context.options = {"flags": "low_delay", "max_pixels": str(PIXELS_MAX)}
    return context


def run(lowering: FrameTranscoder, source: BinaryIO, sink: BinaryIO) -> None:
    while (frame := read_frame(source)) is not None:
        for made in lowering.feed(frame):
            sink.write(pack(made))
        sink.flush()


if __name__ == "__main__":
    os.nice(NICE)
    run(FrameTranscoder(int(sys.argv[1]), int(sys.argv[2])), sys.stdin.buffer, sys.stdout.buffer)
