"""PyAV's `whip` muxer as a publisher that is not ours, in a process of its own, so that it may be killed as a phone's app is.

    async with publishing(server, made, clip) as publisher: ...

`python -m tests.media.integration.publishers URL TOKEN CLIP CERTIFICATE KEY` plays CLIP again and again, in real time, until
SIGTERM, which ends the session with a DELETE.
"""

import asyncio
import datetime
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from media.drawing import Canvas
from tests.integration.server import LocalServer
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parent.parent.parent.parent
WIDTH, HEIGHT, FRAMES_PER_S = 320, 180, 30
CLIP_S = 2
KEY_EVERY = 30


class Kit:
    """What the muxer needs: a clip, and a P-256 certificate with its key."""

    def __init__(self, folder: Path) -> None:
        self.clip, self.certificate, self.key = folder / "clip.mkv", folder / "certificate.pem", folder / "key.pem"
        write_clip(self.clip)
        _write_certificate(self.certificate, self.key)


def write_clip(path: Path) -> None:
    """H.264 as WebRTC takes it with Opus: a disc that moves, a tone."""
    with av.open(str(path), "w") as out:
        options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "x264-params": f"keyint={KEY_EVERY}:min-keyint={KEY_EVERY}:scenecut=0",
        }
        video = out.add_stream("libx264", rate=FRAMES_PER_S, options=options)
        audio = out.add_stream("libopus", rate=48_000, layout="stereo")
        assert isinstance(video, VideoStream)
        assert isinstance(audio, AudioStream)
        video.width, video.height, video.pix_fmt, video.bit_rate = WIDTH, HEIGHT, "yuv420p", 300_000
        audio.codec_context.format = "s16"
        for number in range(CLIP_S * FRAMES_PER_S):
            canvas = Canvas(WIDTH, HEIGHT)
            canvas.gradient((40, 120, 120), (180, 140, 110))
            canvas.disc(20 + number * 4, 90, 20, (230, 100, 160))
            picture = av.VideoFrame.from_ndarray(canvas.data, format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, FRAMES_PER_S)
            out.mux(video.encode(picture))
        for number in range(CLIP_S * 50):
            at = (np.arange(960) + number * 960) / 48_000
            wave = (6_000 * np.sin(2 * np.pi * 440 * at)).astype(np.int16)
            sound = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None, :], format="s16", layout="stereo")
            sound.sample_rate, sound.pts, sound.time_base = 48_000, number * 960, Fraction(1, 48_000)
            out.mux(audio.encode(sound))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))


class Publisher:
    """One that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def kill(self) -> None:
        """It is gone without a word."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """It ends its session, and is gone."""
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            self._process.send_signal(number)
        async with asyncio.timeout(PATIENCE_S):
            await self._process.wait()


@asynccontextmanager
async def publishing(server: LocalServer, made: dict[str, Any], kit: Kit) -> AsyncIterator[Publisher]:
    """Publishes on the camera that `made` is the answer about."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.media.integration.publishers",
        server.url + made["whip"], made["token"], str(kit.clip), str(kit.certificate), str(kit.key),
        cwd=ROOT, stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    publisher = Publisher(process)
    try:
        yield publisher
    finally:
        await publisher.kill()


def publish(url: str, token: str, clip: str, certificate: str, key: str) -> None:
    """Until SIGTERM. Blocks."""
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: told.append(number))
    options = {"cert_file": certificate, "key_file": key, "authorization": token}
    with av.open(clip) as source, av.open(url, "w", format="whip", options=options) as out:
        streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        started_s, rounds = time.monotonic(), 0
        while not told:
            source.seek(0)
            for packet in source.demux():
                if packet.dts is None or packet.pts is None or packet.time_base is None:
                    continue
                shift = round(rounds * CLIP_S / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                ahead_s = float(packet.dts * packet.time_base) - (time.monotonic() - started_s)
                if ahead_s > 0:
                    time.sleep(ahead_s)
                if told:
                    break
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
            rounds += 1


def _write_certificate(certificate: Path, key: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    traditional, bare = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, traditional, bare))


if __name__ == "__main__":
    publish(*sys.argv[1:])
