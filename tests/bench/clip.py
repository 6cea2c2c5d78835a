"""The clip that media benchmarks publish: 720p at 30 frames a second, 2.5 Mbit/s H.264 (baseline) with Opus, made here once."""

import fractions
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT, FPS, SECONDS = 1280, 720, 30, 10
BITRATE_BPS = 2_500_000
_OPUS = 960


def made(path: Path, bitrate_bps: int = BITRATE_BPS) -> Path:
    """The clip at `path`, encoded if it is not there."""
    if not path.exists():
        unfinished = path.with_suffix(".part.mp4")
        _encode(unfinished, bitrate_bps)
        unfinished.rename(path)
    return path


def _encode(path: Path, bitrate_bps: int) -> None:
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt, video.bit_rate = WIDTH, HEIGHT, "yuv420p", bitrate_bps
        kilobits = bitrate_bps // 1000
        video.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "profile": "baseline",
            "x264-params": f"keyint=60:min-keyint=60:scenecut=0:vbv-maxrate={kilobits}:vbv-bufsize={kilobits}:nal-hrd=cbr",
        }
        audio = out.add_stream("libopus", rate=48_000)
        audio.bit_rate, audio.layout, audio.format = 64_000, "stereo", "s16"
        picture = f"testsrc2=size={WIDTH}x{HEIGHT}:rate={FPS},noise=alls=12:allf=t,format=yuv420p"
        with av.open(picture, format="lavfi") as source:
            for n, frame in enumerate(source.decode(video=0)):
                if n >= SECONDS * FPS:
                    break
                frame.pts, frame.time_base, frame.pict_type = n, fractions.Fraction(1, FPS), 0
                out.mux(video.encode(frame))
        out.mux(video.encode(None))
        for n in range(SECONDS * 50):
            moments = (np.arange(_OPUS) + n * _OPUS) / 48_000
            tone = (np.sin(2 * np.pi * 440 * moments) * 8_000).astype(np.int16)
            sound = av.AudioFrame.from_ndarray(np.repeat(tone, 2).reshape(1, -1), format="s16", layout="stereo")
            sound.sample_rate, sound.pts, sound.time_base = 48_000, n * _OPUS, fractions.Fraction(1, 48_000)
            out.mux(audio.encode(sound))
        out.mux(audio.encode(None))
