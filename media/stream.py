"""A program's frames become its live stream: packaged once, then to the origin (live) and to whoever records."""

import secrets
import time
from collections.abc import Callable

from aiohttp import web

from livehub.base.config import Config
from livehub.base.ids import short_id
from media.frames import Frame, VideoFrame
from media.hls.origin import Origin
from media.hls.packager import AAC, OPUS, VIDEO, Packager
from media.hls.tracks import Settings
from media.parts import Map, Piece
from media.program.aac import AacTranscoder
from media.record.recordings import Recordings

LEAD_MS = 1_000  # a stream's time 0 lies before its first frame, whose time may be a little behind the clock


class Stream:
    """One run of a room's program. `size`: (width, height) of the last picture, once there was one."""

    def __init__(self, packager: Packager, take: Callable[[list[Piece]], None], aac: AacTranscoder | None) -> None:
        self._packager = packager
        self._take = take
        self._aac = aac
        self.size: tuple[int, int] | None = None

    def put(self, frame: Frame) -> None:
        """A frame of the program; whatever part it finishes is out at once."""
        if isinstance(frame, VideoFrame):
            pieces = self._packager.video(frame)
        else:
            pieces = self._packager.audio(frame)
            for sound in self._aac.feed(frame) if self._aac is not None else ():
                pieces += self._packager.audio(sound, AAC.id)
        if pieces:
            self._send(pieces)

    def close(self) -> None:
        """No frame follows."""
        self._send(self._packager.close())

    def _send(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if isinstance(piece, Map) and piece.width:
                self.size = (piece.width, piece.height)
        self._take(pieces)


class Streams:
    """All live streams of this process. Each is recorded, where recording is on, and goes on after a restart where it was."""

    def __init__(self, config: Config, recordings: Recordings) -> None:
        self._config = config
        self._settings = Settings.of(config)
        self._recordings = recordings
        self._origin = Origin(config, recordings.stored)
        self._streams: dict[str, Stream] = {}

    def add(self, app: web.Application) -> None:
        """Route them."""
        app.add_routes(self._origin.routes())

    def begin(self, room: str) -> Stream:
        """A stream begins in the room, or that of a process before us goes on."""
        run, resumed = short_id(secrets.token_bytes(5)), self._recordings.resume(room)
        origin_ms = resumed.origin_ms if resumed is not None else int(time.time() * 1000) - LEAD_MS
        renditions = (VIDEO, OPUS, AAC) if self._config.media_aac else (VIDEO, OPUS)
        names = [rendition.id for rendition in renditions]
        self._origin.open(room, run, origin_ms, renditions=names, past=resumed.past if resumed is not None else None)
        recorder = self._recordings.begin(room, run, origin_ms, resumed)
        packager = Packager(
            self._settings, origin_ms, resumed.packager if resumed is not None else None, renditions=renditions
        )

        def take(pieces: list[Piece]) -> None:
            self._origin.put(room, pieces)
            if recorder is not None:
                recorder.put(pieces)

        aac = AacTranscoder() if self._config.media_aac else None
        stream = self._streams[room] = Stream(packager, take, aac)
        return stream

    def end(self, room: str) -> None:
        """The room's stream is over."""
        stream = self._streams.pop(room, None)
        if stream is not None:
            stream.close()
            self._origin.close(room)
            self._recordings.end(room)

    async def stop(self) -> None:
        """This process ends, the streams do not: what is half-done goes out, and the next process goes on from there."""
        for stream in self._streams.values():
            stream.close()
        self._streams.clear()
