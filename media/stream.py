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
    """All live streams of this process."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._settings = Settings.of(config)
        self._origin = Origin(config)
        self._streams: dict[str, Stream] = {}

    def add(self, app: web.Application) -> None:
        """Route them."""
        app.add_routes(self._origin.routes())

    def begin(self, room: str) -> Stream:
        """A stream begins in the room."""
        run, origin_ms = short_id(secrets.token_bytes(5)), int(time.time() * 1000) - 1_000
        renditions = (VIDEO, OPUS, AAC) if self._config.media_aac else (VIDEO, OPUS)
        self._origin.open(room, run, origin_ms, renditions=[rendition.id for rendition in renditions])
        packager = Packager(self._settings, origin_ms, renditions=renditions)
        aac = AacTranscoder() if self._config.media_aac else None
        stream = self._streams[room] = Stream(packager, lambda pieces: self._origin.put(room, pieces), aac)
        return stream

    def end(self, room: str) -> None:
        """The room's stream is over."""
        stream = self._streams.pop(room, None)
        if stream is not None:
            stream.close()
            self._origin.close(room)

    async def stop(self) -> None:
        """End all."""
        for room in list(self._streams):
            self.end(room)
