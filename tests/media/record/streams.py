"""Streams to record, made on the spot: real H.264 and Opus, packaged as live ones are."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from media.codecs.x264 import encoded
from media.drawing import Canvas
from media.frames import AUDIO_HZ, OPUS_FRAME, VIDEO_HZ, AudioFrame, Frame, VideoFrame
from media.hls.packager import Packager, Resume
from media.hls.tracks import PackagingSettings
from media.parts import PackagerEvent

ORIGIN_MS = 1_800_000_000_000
FRAMES_PER_S = 25
KEY_EVERY = 25
SETTINGS = PackagingSettings(part_ms=200, segment_ms=1_000, segment_ms_max=2_000)
Access = tuple[bool, tuple[bytes, ...]]


@cache
def pictures(width: int = 160, height: int = 120) -> tuple[Access, ...]:
    """Two seconds of a disc that moves, a keyframe each second."""

    def drawn() -> Iterator[np.ndarray]:
        for number in range(2 * FRAMES_PER_S):
            canvas = Canvas(width, height)
            canvas.gradient((20, 120, 120), (200, 120, 120))
            canvas.disc(10 + number * 2, height / 2, 12, (230, 100, 160))
            yield canvas.data

    made = encoded(
        drawn(), width=width, height=height, frames_per_s=FRAMES_PER_S, key_every=KEY_EVERY, bitrate_bps=200_000
    )
    return tuple((key, tuple(units)) for key, units in made)


@cache
def sound() -> tuple[bytes, ...]:
    """Two seconds of a tone, as Opus packets of 20 ms."""
    context = av.CodecContext.create("libopus", "w")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout, context.format = AUDIO_HZ, "stereo", "s16"
    context.time_base, context.bit_rate = Fraction(1, AUDIO_HZ), 64_000
    packets: list[bytes] = []
    for number in range(100):
        at = np.arange(number * OPUS_FRAME, (number + 1) * OPUS_FRAME) / AUDIO_HZ
        wave = np.repeat((6_000 * np.sin(2 * np.pi * 440 * at)).astype(np.int16), 2)
        frame = av.AudioFrame.from_ndarray(wave[None, :], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = AUDIO_HZ, number * OPUS_FRAME, Fraction(1, AUDIO_HZ)
        packets += [bytes(packet) for packet in context.encode(frame)]
    return tuple(packets)


def frames(from_s: float, to_s: float, *, size: tuple[int, int] = (160, 120)) -> Iterator[Frame]:
    """What a camera sends between two moments of the stream, in the order of their times."""
    shown, heard = pictures(*size), sound()
    picture, tone = round(from_s * FRAMES_PER_S), round(from_s * 50)
    while True:
        video_s, audio_s = picture / FRAMES_PER_S, tone / 50
        if min(video_s, audio_s) >= to_s:
            return
        if video_s <= audio_s:
            key, units = shown[picture % len(shown)]
            yield VideoFrame(time=(ORIGIN_MS * VIDEO_HZ // 1000) + round(video_s * VIDEO_HZ), key=key, units=units)
            picture += 1
        else:
            time = (ORIGIN_MS * AUDIO_HZ // 1000) + round(audio_s * AUDIO_HZ)
            yield AudioFrame(time=time, data=heard[tone % len(heard)])
            tone += 1


def packaged(packager: Packager, source: Iterator[Frame]) -> Iterator[list[PackagerEvent]]:
    """What the packager makes of each frame, as the recorder gets it."""
    for frame in source:
        made = packager.video(frame) if isinstance(frame, VideoFrame) else packager.audio(frame)
        if made:
            yield made


def stream(seconds: float, *, resume: Resume | None = None, from_s: float = 0.0) -> list[list[PackagerEvent]]:
    """A stream from its beginning to its end."""
    packager = Packager(SETTINGS, ORIGIN_MS, resume)
    return [*packaged(packager, frames(from_s, from_s + seconds)), packager.close()]
