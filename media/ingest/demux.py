"""What is pulled: IP cameras by RTSP, and files. Encoded packets by PyAV (FFmpeg); the picture is not decoded.

Everything here blocks and belongs into a thread of its own, see puller.py. Times of the frames are ticks since any zero.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.stream import Stream
from msgspec.structs import replace

from livehub.base.errors import BadRequest
from livehub.base.text import HIDDEN
from media.codecs.annexb import AccessUnits
from media.codecs.h264 import BrokenFrame
from media.frames import AUDIO_HZ, VIDEO_HZ, Frame, VideoFrame
from media.ingest.audio import TAKEN, OpusTranscoder
from media.ingest.b_frames import BFrameDetector
from media.schemas import CameraProblem

SCHEMES = ("rtsp", "rtsps")
FRAME_BYTES_MAX = 4_000_000  # of one packet; a keyframe of 4K has a tenth
_NO_AUDIO_ERRORS = (av.FFmpegError, ValueError)
_FILE_NAME = re.compile(r"[^/\\\x00-\x1f]{1,255}")


class _Untaken(Exception):
    """`detail`: for the log; it names no address."""

    def __init__(self, problem: CameraProblem, detail: str = "") -> None:
        super().__init__(f"{problem}: {detail}" if detail else problem)
        self.problem: CameraProblem = problem
        self.detail = detail


_HIDDEN = re.compile(f"[{HIDDEN}]")


class Refused(_Untaken):
    """This source can't be taken as it is: somebody has to set it otherwise."""


class Gone(_Untaken):
    """The source can't be reached, or has stopped."""


def checked_url(url: str) -> str:
    """`url` when it is one of an IP camera. Raises BadRequest.

    Only RTSP, so that nobody makes the server read files or call web addresses for them; addresses in the local network are
    what this is for. Nothing else that FFmpeg understands gets to it: see `protocol_whitelist` below.
    """
    try:
        parts = urlsplit(url)
        is_taken = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_taken = False
    if not is_taken or _HIDDEN.search(url):
        raise BadRequest("url: an address like rtsp://host/path is needed.")
    return url


def shown_url(url: str) -> str:
    """`url` as it may be shown and logged: without the name and the password in it."""
    parts = urlsplit(url)
    _, at, host = parts.netloc.rpartition("@")
    # A query may hold a password as well, as those of some makers do.
    return parts._replace(
        netloc=f"***@{host}" if at else host, query="***" if parts.query else "", fragment=""
    ).geturl()


def checked_file(folder: str, name: str) -> Path:
    """The file `name` in `folder`. Raises BadRequest, unless it is a plain name of a file that is there."""
    if not folder:
        raise BadRequest("url: this server has no media folder (LIVEHUB_MEDIA_FILES).")
    path = Path(folder).resolve() / name
    if not _FILE_NAME.fullmatch(name) or name.startswith(".") or path.resolve().parent != Path(folder).resolve():
        raise BadRequest("url: the plain name of a file in the media folder is needed.")
    if not path.is_file():
        raise BadRequest("url: there is no such file in the media folder.")
    return path


class DemuxCounters:
    """Of one source; written by its thread alone."""

    broken_frames = 0


def rtsp_frames(
    url: str, counters: DemuxCounters, *, transport: str, open_s: float, silence_s: float
) -> Iterator[Frame]:
    """An IP camera's frames as they come. `open_s`: longest wait for it to begin; `silence_s`: for one packet.

    Raises Refused; Gone when it has ended, whatever the reason.
    """
    options = {
        "rtsp_transport": transport,
        "protocol_whitelist": "rtsp,rtp,udp,tcp,tls,crypto,srtp",
        "analyzeduration": "500000",
        "fpsprobesize": "0",
        "probesize": "1000000",
        "fflags": "nobuffer",
        "allowed_media_types": "video+audio",
    }
    try:
        with av.open(url, format="rtsp", options=options, timeout=(open_s, silence_s)) as container:
            assert isinstance(container, InputContainer)
            yield from Demuxer(container, counters).frames()
    except av.FFmpegError as error:
        raise Gone(_problem(error), _words(error)) from None  # the error itself has the address, with its password
    raise Gone("ended")


def file_frames(path: Path, counters: DemuxCounters) -> Iterator[Frame]:
    """A file's frames, over and over, in one line of time. Raises Refused."""
    base_s = Fraction(0)
    while True:
        end_s = Fraction(0)
        try:
            with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
                assert isinstance(container, InputContainer)
                for frame, hz, step in _with_steps(Demuxer(container, counters).frames()):
                    end_s = max(end_s, Fraction(frame.time + step, hz))
                    yield replace(frame, time=frame.time + round(base_s * hz))
        except av.FFmpegError as error:
            raise Refused("unreadable", _words(error)) from None
        if end_s <= 0:
            raise Refused("no_picture")
        base_s += end_s


def _with_steps(frames: Iterator[Frame]) -> Iterator[tuple[Frame, int, int]]:
    """(frame, its rate, its likely duration)."""
    last, step = 0, VIDEO_HZ // 30
    for frame in frames:
        if isinstance(frame, VideoFrame):
            if 0 < frame.time - last < VIDEO_HZ:
                step = frame.time - last
            last = frame.time
            yield frame, VIDEO_HZ, step
        else:
            yield frame, AUDIO_HZ, frame.duration


class Demuxer:
    """An opened container's first video and audio track."""

    def __init__(self, container: InputContainer, counters: DemuxCounters) -> None:
        """Raises Refused when there is no H.264 picture without B-frames in it."""
        if not container.streams.video:
            raise Refused("no_picture")
        video = container.streams.video[0]
        codec = _codec(video)
        if codec != "h264":
            raise Refused("codec", codec)
        self._container = container
        self._video = video
        self._video_base = video.time_base or Fraction(1, VIDEO_HZ)
        try:
            self._units = AccessUnits(video.codec_context.extradata or b"")
        except BrokenFrame:
            self._units = AccessUnits()  # the stream may bring its own
        self._audio: OpusTranscoder | None = None
        self._audio_index = -1
        for audio in container.streams.audio:
            if _codec(audio) not in TAKEN:
                continue
            try:
                self._audio, self._audio_index = OpusTranscoder(audio), audio.index
            except _NO_AUDIO_ERRORS:
                continue  # silent is better than nothing
            break
        self._order = BFrameDetector()
        self._counters = counters

    def frames(self) -> Iterator[Frame]:
        """Frames in the order they come, from the first keyframe on. Raises Refused, av.FFmpegError."""
        began = False
        for packet in self._container.demux():
            if packet.stream_index == self._video.index:
                frame = self._video_frame(packet)
                if frame is not None and (began := began or frame.key):
                    yield frame
            elif packet.stream_index == self._audio_index and self._audio is not None and began:
                yield from self._audio.frames(packet)

    def _video_frame(self, packet: "av.Packet[Any]") -> VideoFrame | None:
        if packet.pts is None or not 0 < packet.size <= FRAME_BYTES_MAX:
            return None
        time = int(packet.pts * self._video_base * VIDEO_HZ)
        if self._order.is_broken(time):
            raise Refused("b_frames")
        try:
            read = self._units.read(bytes(packet))
        except BrokenFrame:
            self._counters.broken_frames += 1
            return None
        return VideoFrame(time, *read) if read is not None else None


def _codec(stream: Stream) -> str:
    # PyAV's types do not tell that there may be none, of a format that it does not know.
    context: CodecContext | None = stream.codec_context
    return context.name if context is not None else "of an unknown format"


def _problem(error: av.FFmpegError) -> CameraProblem:
    if isinstance(error, av.error.ExitError | av.error.InvalidDataError | av.error.TimeoutError):
        return "silent"
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return "password"
    if isinstance(error, av.error.HTTPNotFoundError):
        return "not_found"
    return "unreachable"


def _words(error: av.FFmpegError) -> str:
    """What went wrong, without the address that FFmpeg puts into its errors."""
    return str(error.strerror or type(error).__name__).lower()
