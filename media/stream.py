"""A program's frames become its live stream: packaged once, then to the origin (live) and to whoever records."""

import secrets
import time
from collections.abc import Callable

from aiohttp import web

from livehub.base.config import Config
from livehub.base.ids import short_id
from media.frames import Frame, VideoFrame
from media.hls.origin import Origin
from media.hls.packager import Packager
from media.hls.tracks import Settings
from media.parts import Map, Piece


class Stream:
    """One run of a room's program. `size`: (width, height) of the last picture, once there was one."""

    def __init__(self, packager: Packager, take: Callable[[list[Piece]], None]) -> None:
        self._packager = packager
        self._take = take
        self.size: tuple[int, int] | None = None

    def put(self, frame: Frame) -> None:
        """A frame of the program; whatever part it finishes is out at once."""
        pieces = self._packager.video(frame) if isinstance(frame, VideoFrame) else self._packager.audio(frame)
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
        self._settings = Settings.of(config)
        self._origin = Origin(config)
        self._streams: dict[str, Stream] = {}

    def add(self, app: web.Application) -> None:
        """Route them."""
        app.add_routes(self._origin.routes())

    def begin(self, room: str) -> Stream:
        """A stream begins in the room."""
        run, origin_ms = short_id(secrets.token_bytes(5)), int(time.time() * 1000) - 1_000
        self._origin.open(room, run, origin_ms)
        packager = Packager(self._settings, origin_ms)
        stream = self._streams[room] = Stream(packager, lambda pieces: self._origin.put(room, pieces))
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
