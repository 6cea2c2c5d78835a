"""A program's frames become its live stream: packaged once, then to the origin (live) and to whoever records."""

import asyncio
import secrets
import time
from collections.abc import Callable

from aiohttp import web

from livehub.base.config import Config
from livehub.base.ids import short_id
from media.frames import Frame, VideoFrame
from media.hls.multivariant import Promised
from media.hls.origin import Origin
from media.hls.packager import AAC, LOWER, OPUS, VIDEO, Packager
from media.hls.tracks import Rendition, Settings
from media.parts import Map, Piece
from media.program.aac import AacTranscoder
from media.program.lower import Lower
from media.record.recordings import Recordings

LEAD_MS = 1_000  # a stream's time 0 lies before its first frame, whose time may be a little behind the clock


class Stream:
    """One run of a room's program. `size`: (width, height) of the last picture, once there was one."""

    def __init__(self, packager: Packager, take: Callable[[list[Piece]], None], aac: AacTranscoder | None) -> None:
        self._packager = packager
        self._take = take
        self._aac = aac
        self.lower: Lower | None = None
        self.size: tuple[int, int] | None = None

    def begin_lower(self, config: Config) -> None:
        """Have a lower rendition made, in a process of its own."""
        self.lower = Lower(config, self._put_lower)
        self.lower.start()

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
        if self.lower is not None and isinstance(frame, VideoFrame):
            self.lower.feed(frame)

    def close(self) -> None:
        """No frame follows."""
        self._send(self._packager.close())

    async def stop_lower(self) -> None:
        """After `close`: end the process of the lower rendition, if there is one."""
        if self.lower is not None:
            await self.lower.stop()

    def _put_lower(self, frame: VideoFrame) -> None:
        pieces = self._packager.lower(frame)
        if pieces:
            self._send(pieces)

    def _send(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if isinstance(piece, Map) and piece.rendition == VIDEO.id:
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
        self._stopping: set[asyncio.Task[None]] = set()

    def add(self, app: web.Application) -> None:
        """Route them."""
        app.add_routes(self._origin.routes())

    def begin(self, room: str) -> Stream:
        """A stream begins in the room, or that of a process before us goes on."""
        run, resumed = short_id(secrets.token_bytes(5)), self._recordings.resume(room)
        origin_ms = resumed.origin_ms if resumed is not None else int(time.time() * 1000) - LEAD_MS
        renditions: tuple[Rendition, ...] = (VIDEO, OPUS, AAC) if self._config.media_aac else (VIDEO, OPUS)
        names = [rendition.id for rendition in renditions]
        past = resumed.past if resumed is not None else None
        self._origin.open(room, run, origin_ms, renditions=names, past=past, promised=self._promised())
        recorder = self._recordings.begin(room, run, origin_ms, resumed)
        if self._config.media_lower:
            renditions = (*renditions, LOWER)
        packager = Packager(
            self._settings, origin_ms, resumed.packager if resumed is not None else None, renditions=renditions
        )

        def take(pieces: list[Piece]) -> None:
            self._origin.put(room, pieces)
            if recorder is not None:
                recorder.put(pieces)

        aac = AacTranscoder() if self._config.media_aac else None
        stream = self._streams[room] = Stream(packager, take, aac)
        if self._config.media_lower:
            stream.begin_lower(self._config)
        return stream

    def _promised(self) -> Promised | None:
        config = self._config
        if not config.media_lower:
            return None
        return Promised(
            rendition=LOWER.id, short_side_px=config.media_lower_side_px, bitrate_bps=config.media_lower_bitrate_bps
        )

    def is_told(self, room: str) -> bool:
        """Whether players find the room's stream, or there is none to be found."""
        return room not in self._streams or self._origin.is_told(room)

    def end(self, room: str) -> None:
        """The room's stream is over."""
        stream = self._streams.pop(room, None)
        if stream is not None:
            self._close(stream)
            self._origin.close(room)
            self._recordings.end(room)

    async def stop(self) -> None:
        """This process ends, the streams do not: what is half-done goes out, and the next process goes on from there."""
        for stream in self._streams.values():
            self._close(stream)
        self._streams.clear()
        await asyncio.gather(*self._stopping)

    def _close(self, stream: Stream) -> None:
        stream.close()
        stopping = asyncio.create_task(stream.stop_lower(), name="stop lower rendition")
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)
