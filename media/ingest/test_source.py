"""The test picture, a camera without a camera: hills under a sun, a ball that falls on each second, and a soft bell with it.

Drawn, encoded and kept once per process (a second or two in a thread), then only sent. The marks below the hills fill one a
second, so that what is seen can be compared with what was sent.
"""

import functools
import math
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from media.codecs.x264 import Access, Plane, encoded
from media.drawing import Canvas
from media.frames import AUDIO_HZ, OPUS_FRAME, VIDEO_HZ, AudioFrame, Frame, VideoFrame

WIDTH, HEIGHT = 720, 1280
FRAMES_PER_S = 30
LOOP_S = 10
BITRATE_BPS = 1_500_000

_SKY, _HAZE, _SUN = (96, 150, 104), (190, 112, 140), (225, 72, 150)
_FAR, _NEAR, _SOIL = (120, 116, 108), (78, 112, 104), (44, 118, 126)
_BALL, _MARK, _EMPTY = (232, 122, 132), (214, 70, 152), (66, 118, 124)


def pattern_frames() -> Iterator[Frame]:
    """The frames, in order of time from 0 on, without end."""
    pictures, sounds = _made()
    step = VIDEO_HZ // FRAMES_PER_S
    picture = sound = 0
    while True:
        if picture * step * AUDIO_HZ <= sound * OPUS_FRAME * VIDEO_HZ:
            yield VideoFrame(picture * step, *pictures[picture % len(pictures)])
            picture += 1
        else:
            yield AudioFrame(sound * OPUS_FRAME, sounds[sound % len(sounds)])
            sound += 1


@functools.cache
def _made() -> tuple[tuple[Access, ...], tuple[bytes, ...]]:
    pictures = encoded(
        (_picture(number / FRAMES_PER_S) for number in range(LOOP_S * FRAMES_PER_S)),
        width=WIDTH,
        height=HEIGHT,
        frames_per_s=FRAMES_PER_S,
        key_every=FRAMES_PER_S,
        bitrate_bps=BITRATE_BPS,
    )
    return pictures, _bells()


@functools.cache
def _backdrop() -> Plane:
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.gradient(_SKY, _HAZE)
    canvas.disc(WIDTH * 0.72, HEIGHT * 0.2, 120, _SUN, 0.25)
    canvas.disc(WIDTH * 0.72, HEIGHT * 0.2, 84, _SUN)
    return canvas.data


def _picture(at_s: float) -> Plane:
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.data[:] = _backdrop()
    x, turn = np.arange(WIDTH) / WIDTH * math.tau, at_s / LOOP_S * math.tau
    canvas.below(HEIGHT * 0.50 + 46 * np.sin(x + turn) + 18 * np.sin(2 * x + 3 * turn), _FAR)
    canvas.below(HEIGHT * 0.62 + 52 * np.sin(x + 2 * turn + 2) + 14 * np.sin(3 * x + 4 * turn), _NEAR)
    canvas.below(np.full(WIDTH, HEIGHT * 0.80), _SOIL)
    share = at_s % 1.0
    canvas.disc(WIDTH / 2, HEIGHT * 0.80 - 44 - 1_500 * share * (1 - share), 40, _BALL)
    for mark in range(LOOP_S):
        canvas.box(68 + mark * 60, int(HEIGHT * 0.86), 44, 44, _MARK if mark <= at_s else _EMPTY)
    return canvas.data


def _bells() -> tuple[bytes, ...]:
    at_s = np.arange(AUDIO_HZ * LOOP_S) / AUDIO_HZ
    since_s = at_s % 1.0
    rise = np.minimum(1.0, since_s / 0.004)
    tone = sum(np.sin(math.tau * hz * since_s) / (1 + n) for n, hz in enumerate((523.25, 1_046.5, 1_569.75)))
    wave = (2_600 * rise * np.exp(-7 * since_s) * tone).astype(np.int16)
    context = av.CodecContext.create("libopus", "w")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout, context.format = AUDIO_HZ, "stereo", "s16"
    context.time_base, context.bit_rate = Fraction(1, AUDIO_HZ), 64_000
    packets: list[bytes] = []
    for begin in range(0, len(wave), OPUS_FRAME):
        stereo = np.repeat(wave[begin : begin + OPUS_FRAME], 2)[None, :]
        frame = av.AudioFrame.from_ndarray(stereo, format="s16", layout="stereo")
        frame.sample_rate = AUDIO_HZ
        packets += [bytes(packet) for packet in context.encode(frame)]
    return tuple(packets)
