"""Small files and streams to test with, made on the spot."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from media.drawing import Canvas

WIDTH, HEIGHT, FRAMES_PER_S = 320, 240, 25


def write_mp4(
    path: Path, *, seconds: float, codec: str = "libx264", b_frames: int = 0, aac: bool = False, key_every: int = 25
) -> Path:
    """A disc that moves; with `aac` a tone. A keyframe each `key_every` pictures."""
    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast", "x264-params": f"keyint={key_every}:min-keyint={key_every}:scenecut=0"}
        options |= {"tune": "zerolatency", "profile": "baseline"} if not b_frames else {"bf": str(b_frames)}
        video = out.add_stream(codec, rate=FRAMES_PER_S, options=options if codec == "libx264" else {})
        assert isinstance(video, VideoStream)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.codec_context.max_b_frames = b_frames
        audio = out.add_stream("aac", rate=44_100, layout="mono") if aac else None
        assert isinstance(audio, AudioStream | None)
        for number in range(round(seconds * FRAMES_PER_S)):
            canvas = Canvas(WIDTH, HEIGHT)
            canvas.gradient((20, 120, 120), (200, 120, 120))
            canvas.disc(20 + number * 3 % 280, 100, 20, (230, 100, 160))
            frame = av.VideoFrame.from_ndarray(canvas.data, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_S)
            out.mux(video.encode(frame))
            if audio is not None:
                out.mux(audio.encode(_tone(number)))
        out.mux(video.encode(None))
        if audio is not None:
            out.mux(audio.encode(None))
    return path


def _tone(number: int) -> av.AudioFrame:
    size = 44_100 // FRAMES_PER_S
    at = np.arange(number * size, (number + 1) * size) / 44_100
    wave = (6_000 * np.sin(2 * np.pi * 440 * at)).astype(np.float32) / 32_768
    frame = av.AudioFrame.from_ndarray(wave[None, :], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 44_100, number * size, Fraction(1, 44_100)
    return frame


def decoded(units_of_frames: list[tuple[bytes, ...]]) -> list[av.VideoFrame]:
    """The pictures, by a decoder that stops at the first fault."""
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, VideoCodecContext)
    context.options = {"err_detect": "explode", "flags": "low_delay"}
    pictures: list[av.VideoFrame] = []
    for units in units_of_frames:
        data = b"".join(b"\x00\x00\x00\x01" + unit for unit in units)
        pictures += context.decode(av.Packet(data))
    pictures += context.decode(None)
    return pictures
