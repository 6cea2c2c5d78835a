"""Programs to package: frames without a picture in them, where only times and bytes count; and a real stream, encoded here."""

import heapq
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext

from media.frames import AUDIO_HZ, OPUS_FRAME, VIDEO_HZ, AudioFrame, Frame, VideoFrame
from media.hls.packager import Packager
from media.parts import PackagerEvent

ORIGIN_MS = 1_795_348_645_126
ORIGIN_VIDEO, ORIGIN_AUDIO = ORIGIN_MS * VIDEO_HZ // 1000, ORIGIN_MS * AUDIO_HZ // 1000
START = b"\0\0\0\1"

# Parameter sets that x264 made, by the picture's width; constrained baseline.
PPS = bytes.fromhex("68ce0fc8")
SPS = {
    320: bytes.fromhex("6742c00dda05067e7840000003004000000f23c50aa8"),
    640: bytes.fromhex("6742c01eda0280bfe584000003000400000300f23c58ba80"),
    1280: bytes.fromhex("6742c01fda014016e840000003004000000f23c60ca8"),
    1920: bytes.fromhex("6742c028da01e0089f9610000003001000000303c8f1832a"),
}


def video(
    count: int, *, fps: int = 30, key: int = 60, start_s: float = 0, width: int = 640, size: int = 100
) -> list[VideoFrame]:
    """Access units of `size` bytes with no picture in them, whose first bytes are their number; a keyframe each `key`."""
    start = ORIGIN_VIDEO + round(start_s * VIDEO_HZ)
    frames = []
    for number in range(count):
        is_key = number % key == 0
        slice_ = bytes((0x65 if is_key else 0x41,)) + number.to_bytes(8, "big") + bytes(size - 9)
        units = (b"\x09\xf0", SPS[width], PPS, slice_) if is_key else (slice_,)
        frames.append(VideoFrame(start + number * VIDEO_HZ // fps, is_key, units))
    return frames


def sound(count: int, *, start_s: float = 0, size: int = 80) -> list[AudioFrame]:
    """Sound frames of `size` bytes, whose first are their number; 20 ms each."""
    start = ORIGIN_AUDIO + round(start_s * AUDIO_HZ)
    return [
        AudioFrame(start + number * OPUS_FRAME, number.to_bytes(8, "big") + bytes(size - 8)) for number in range(count)
    ]


def split(annex_b: bytes) -> tuple[bytes, ...]:
    """NAL units out of a byte stream."""
    return tuple(unit for unit in re.split(b"\0\0\0\1|\0\0\1", annex_b) if unit)


def encoded_video(
    width: int, height: int, count: int, *, fps: int = 30, key: int = 60, start_s: float = 0
) -> list[VideoFrame]:
    """Pictures that change all over, a keyframe each `key` of them."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, fps), Fraction(fps)
    options = f"keyint={key}:min-keyint={key}:scenecut=0"
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "x264-params": options}
    start = ORIGIN_VIDEO + round(start_s * VIDEO_HZ)
    frames: list[VideoFrame] = []
    ramp = np.add.outer(np.arange(height * 3 // 2), np.arange(width))
    for number in range(count):
        picture = av.VideoFrame.from_ndarray(((ramp + 4 * number) % 256).astype(np.uint8), format="yuv420p")
        picture.pts = number
        for packet in codec.encode(picture):
            time = start + number * VIDEO_HZ // fps
            frames.append(VideoFrame(time, packet.is_keyframe, split(bytes(packet))))
    return frames


def encoded_sound(count: int, *, start_s: float = 0) -> list[AudioFrame]:
    """A tone, 20 ms a frame."""
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = AUDIO_HZ, "stereo", av.AudioFormat("s16")
    start = ORIGIN_AUDIO + round(start_s * AUDIO_HZ)
    frames: list[AudioFrame] = []
    number = 0
    while len(frames) < count:
        at = np.arange(number * OPUS_FRAME, (number + 1) * OPUS_FRAME) / AUDIO_HZ
        wave = (np.sin(2 * np.pi * 440 * at) * 8_000).astype(np.int16)
        sound = av.AudioFrame.from_ndarray(np.repeat(wave, 2).reshape(1, -1), format="s16", layout="stereo")
        sound.sample_rate, sound.pts = AUDIO_HZ, number * OPUS_FRAME
        number += 1
        for packet in codec.encode(sound):
            frames.append(AudioFrame(start + len(frames) * OPUS_FRAME, bytes(packet)))
    return frames


def encoded_aac(count: int) -> list[AudioFrame]:
    """A tone, 1,024 samples a frame."""
    codec = av.CodecContext.create("aac", "w")
    assert isinstance(codec, AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = AUDIO_HZ, "stereo", av.AudioFormat("fltp")
    frames: list[AudioFrame] = []
    number = 0
    while len(frames) < count:
        at = np.arange(number * 1_024, (number + 1) * 1_024) / AUDIO_HZ
        wave = (np.sin(2 * np.pi * 440 * at) * 0.25).astype(np.float32)
        tone = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
        tone.sample_rate, tone.pts = AUDIO_HZ, number * 1_024
        number += 1
        for packet in codec.encode(tone):
            frames.append(AudioFrame(ORIGIN_AUDIO + len(frames) * 1_024, bytes(packet), 1_024))
    return frames


def seconds(frame: Frame) -> float:
    """The frame's time since the origin."""
    if isinstance(frame, VideoFrame):
        return (frame.time - ORIGIN_VIDEO) / VIDEO_HZ
    return (frame.time - ORIGIN_AUDIO) / AUDIO_HZ


def in_time(*lists: Iterable[Frame]) -> Iterator[Frame]:
    """All frames in the order in which they are captured."""
    return heapq.merge(*lists, key=seconds)


def packaged(packager: Packager, frames: Iterable[Frame]) -> list[PackagerEvent]:
    """What becomes of them, up to the end."""
    pieces: list[PackagerEvent] = []
    for frame in frames:
        pieces += packager.video(frame) if isinstance(frame, VideoFrame) else packager.audio(frame)
    return pieces + packager.close()
