"""The origin of live streams: keeps what the packager makes, and answers players and caches. I/O is aiohttp's alone.

    /live/{room}/index.m3u8                      multivariant playlist
    /live/{room}/{rendition}/index.m3u8          media playlist; _HLS_msn, _HLS_part, _HLS_skip as in RFC 8216bis, 6.2.5
    /live/{room}/{rendition}/{p|s|m}{run}-{n}... part, segment, map (see window.py)

A playlist has a segment at least: hls.js takes one of parts alone for a defect, and looks elsewhere for a while. Who asks
earlier waits, as does a request for what is not made yet: all requests for the same thing share one future, and how many wait
and how long is bounded. A playlist is written once per version, and compressed once. What is named by a number never changes
and may be cached for ever; a blocking reload's answer for as long as it can be of use; a plain playlist for a second.
"""

import asyncio
import re
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from aiohttp import hdrs, web

from livehub.base import errors
from livehub.base.config import Config
from livehub.base.http import problem
from livehub.base.metrics import WATCHED
from media.hls import playlist
from media.hls.multivariant import Promised, multivariant_of
from media.hls.tracks import Settings
from media.hls.window import Past, Window
from media.parts import Piece

Stored = Callable[[str, str, int], Path | None]
"""Where segment `msn` of (room, rendition) of the room's live stream was recorded, if it was."""

MP4 = "video/mp4"
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_NOW = "public, max-age=1"
_GZIP = 31  # zlib's window bits for a gzip stream
_TARGETS_WAITED = 3  # target durations after which a blocking reload is given up (6.2.5.2)
_TARGETS_CACHED = 6  # target durations for which a blocking reload's answer may be kept (appendix B.1)

_ROOM = r"{room:[A-Za-z0-9_.~-]{1,64}}"
_RENDITION = r"{rendition:[a-z0-9]{1,32}}"
_FILE = r"{kind:[psm]}{run:[a-z0-9]{1,16}}-{number:[0-9]{1,12}}.{ending:m4s|mp4}"
_COUNT = re.compile(r"[0-9]{1,12}")

_FILE_NAMES = ("room", "rendition", "kind", "run", "number", "ending")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_Key = tuple[str, int, int | None]
"""(rendition, msn, part) of a playlist; (rendition, _FIRST, None): with a segment; (rendition, _PART, number) of a part."""
_PART, _FIRST = -1, -2


class _Stream:
    """One run of a room's program."""

    def __init__(
        self,
        run: str,
        origin_ms: int,
        renditions: Iterable[str],
        past: Mapping[str, Past],
        promised: Promised | None,
    ) -> None:
        self.run = run
        self.origin_ms = origin_ms
        self.needed = tuple(renditions)
        self.promised = promised
        self.expected = self.needed if promised is None else (*self.needed, promised.rendition)
        self.past = past
        self.windows: dict[str, Window] = {}
        self.is_over = False
        self.waiting: dict[_Key, asyncio.Future[None]] = {}
        self.rendered: dict[tuple[str, bool], tuple[int, bytes, bytes]] = {}

    def is_promised(self, rendition: str) -> bool:
        """Whether players are told of it before it has begun."""
        return self.promised is not None and rendition == self.promised.rendition

    @property
    def is_told(self) -> bool:
        """Whether players are told of it. What has not come after a whole segment is not waited for."""
        lead = self.lead
        if lead is None or not lead.is_told:
            return False
        return lead.has_rates or all(name in self.windows and self.windows[name].is_told for name in self.needed)

    @property
    def lead(self) -> Window | None:
        """The picture's."""
        return self.windows.get(self.expected[0])


class Origin:
    """Every live stream of this process."""

    def __init__(self, config: Config, stored: Stored | None = None) -> None:
        self._config = config
        self._settings = Settings.of(config)
        self._stored = stored
        self._streams: dict[str, _Stream] = {}
        self.waiting = 0
        self.requests = 0
        self.bytes_sent = 0
        WATCHED.watch("livehub_hls_requests", "Requests for live streams", lambda: self.requests, kind="counter")
        WATCHED.watch("livehub_hls_bytes", "Bytes of live streams sent", lambda: self.bytes_sent, kind="counter")
        WATCHED.watch("livehub_hls_waiting", "Requests that wait for a part", lambda: self.waiting)
        WATCHED.watch("livehub_hls_streams", "Live streams", lambda: len(self._streams))

    # --- the program's side ---

    def open(
        self,
        room: str,
        run: str,
        origin_ms: int,
        *,
        renditions: Iterable[str] = ("video", "opus"),
        past: Mapping[str, Past] | None = None,
        promised: Promised | None = None,
    ) -> None:
        """A stream begins, or goes on in this process with its `past`. One that is open in the room makes way.

        `run`: lower-case letters and digits, at most 16, never used before. `renditions`: those to come, the picture's first;
        players are told of the stream when all have begun, since they look for renditions only once. `promised` is one that
        they are told of at once, whenever it begins.
        """
        self._drop(room)
        stream = self._streams[room] = _Stream(run, origin_ms, renditions, past or {}, promised)
        for rendition in stream.past:
            stream.windows[rendition] = self._window(stream, rendition)

    def put(self, room: str, pieces: Iterable[Piece]) -> None:
        """What the packager made. Whoever waits for it is answered."""
        stream = self._streams[room]
        for piece in pieces:
            window = stream.windows.get(piece.rendition)
            if window is None:
                window = stream.windows[piece.rendition] = self._window(stream, piece.rendition)
            window.put(piece, stream.lead)
        self._wake(stream)

    def segments(self, room: str, rendition: str) -> list[playlist.Segment]:
        """The complete segments that are listed now."""
        stream = self._streams.get(room)
        window = stream.windows.get(rendition) if stream is not None else None
        return window.segments if window is not None else []

    def is_told(self, room: str) -> bool:
        """Whether the room's stream has a multivariant playlist by now."""
        stream = self._streams.get(room)
        return stream is not None and stream.is_told

    def close(self, room: str) -> None:
        """The stream is over: playlists say so, and all goes once the last bytes have had their time in memory."""
        stream = self._streams.get(room)
        if stream is None:
            return
        self._end(stream)
        asyncio.get_running_loop().call_later(self._config.media_memory_s, self._forget, room, stream)

    def _window(self, stream: _Stream, rendition: str) -> Window:
        dvr_s = self._config.media_dvr_s if self._stored is not None else self._config.media_memory_s / 2
        return Window(
            rendition,
            stream.run,
            stream.origin_ms,
            self._settings,
            dvr_s=dvr_s,
            memory_s=self._config.media_memory_s,
            past=stream.past.get(rendition),
        )

    def _forget(self, room: str, stream: _Stream) -> None:
        if self._streams.get(room) is stream:
            self._drop(room)

    def _drop(self, room: str) -> None:
        stream = self._streams.pop(room, None)
        if stream is not None:
            self._end(stream)

    def _end(self, stream: _Stream) -> None:
        stream.is_over = True
        for window in stream.windows.values():
            window.end()
        self._wake(stream)

    @staticmethod
    def _wake(stream: _Stream) -> None:
        for key in [key for key in stream.waiting if _is_settled(stream, key)]:
            stream.waiting.pop(key).set_result(None)

    # --- the players' side ---

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.get(f"/live/{_ROOM}/index.m3u8", self._answer(self._multivariant)),
            web.get(f"/live/{_ROOM}/{_RENDITION}/index.m3u8", self._answer(self._playlist)),
            web.get(f"/live/{_ROOM}/{_RENDITION}/{_FILE}", self._answer(self._file)),
        ]

    def _answer(self, handler: Handler) -> Handler:
        """Adds what every answer has: the right of other pages to read it, a count, and how long a refusal may be kept."""

        async def answer(request: web.Request) -> web.StreamResponse:
            self.requests += 1
            response: web.StreamResponse
            try:
                response = await handler(request)
            except errors.LivehubError as error:
                response = problem(error)
                response.headers[hdrs.CACHE_CONTROL] = "no-store" if error.status == 503 else _FOR_NOW
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
            self.bytes_sent += response.content_length or 0
            return response

        return answer

    def _stream(self, request: web.Request) -> _Stream:
        stream = self._streams.get(request.match_info["room"])
        if stream is None:
            raise errors.NoPicture
        return stream

    async def _multivariant(self, request: web.Request) -> web.StreamResponse:
        stream = self._stream(request)
        if not stream.is_told:
            raise errors.NoPicture
        text = multivariant_of(stream.windows, stream.promised)
        return self._text(request, text.encode(), _gzipped(text.encode()), _FOR_NOW)

    async def _playlist(self, request: web.Request) -> web.StreamResponse:
        stream = self._stream(request)
        rendition = request.match_info["rendition"]
        msn, part, skip = directives(request.query)
        window = stream.windows.get(rendition)
        if msn is not None and rendition in stream.expected:
            await self._wait(stream, (rendition, msn, part))
            window = stream.windows.get(rendition)
        elif window is not None or stream.is_promised(rendition):
            await self._wait(stream, (rendition, _FIRST, None))
            window = stream.windows.get(rendition)
        if window is None or not window.begun:
            raise errors.NoPicture
        is_settled = msn is not None and not window.ended
        kept_s = _TARGETS_CACHED * self._settings.target_s
        plain, zipped = self._rendered(stream, window, skip=skip)
        return self._text(request, plain, zipped, f"public, max-age={kept_s}" if is_settled else _FOR_NOW)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        stream = self._stream(request)
        room, rendition, kind, run, number, ending = (request.match_info[name] for name in _FILE_NAMES)
        window = stream.windows.get(rendition)
        if window is None or (ending == "mp4") != (kind == "m"):
            raise errors.NotFound
        data: bytes | None = None
        if kind == "m":
            data = window.map(f"m{run}-{number}.mp4")
        elif run == stream.run:
            data = await self._part(stream, window, int(number)) if kind == "p" else window.segment(int(number))
        if data is not None:
            return web.Response(body=data, content_type=MP4, headers={hdrs.CACHE_CONTROL: _FOR_EVER})
        path = None
        if kind == "s" and self._stored is not None and window.has(f"s{run}-{number}.m4s"):
            path = self._stored(room, rendition, int(number))
        if path is None:
            raise errors.NotFound
        headers = {hdrs.CACHE_CONTROL: _FOR_EVER, hdrs.CONTENT_TYPE: MP4}
        return web.FileResponse(path, headers=headers)

    async def _part(self, stream: _Stream, window: Window, number: int) -> bytes | None:
        """A part; the hinted one is waited for."""
        if number == window.next_number and not window.ended:
            await self._wait(stream, (window.rendition, _PART, number))
        return window.part(number)

    async def _wait(self, stream: _Stream, key: _Key) -> None:
        """Until it is there. Raises TooFarAhead, Overloaded, or Unavailable after three target durations."""
        if _is_due(stream, key):
            return
        if self.waiting >= self._config.media_waiting_max:
            raise errors.Overloaded(retry_after_ms=self._settings.target_s * 1000)
        future = stream.waiting.get(key)
        if future is None:
            future = stream.waiting[key] = asyncio.get_running_loop().create_future()
        self.waiting += 1
        try:
            await asyncio.wait((future,), timeout=_TARGETS_WAITED * self._settings.target_s)
        finally:
            self.waiting -= 1
        if not (future.done() and _is_due(stream, key)):
            raise errors.Unavailable(retry_after_ms=1_000)

    def _rendered(self, stream: _Stream, window: Window, *, skip: bool) -> tuple[bytes, bytes]:
        """The playlist's newest version, as it is and compressed."""
        key = (window.rendition, skip)
        found = stream.rendered.get(key)
        if found is None or found[0] != window.version:
            reports = [
                playlist.Report(f"../{other.rendition}/index.m3u8", *other.last())
                for other in stream.windows.values()
                if other is not window and other.begun
            ]
            plain = window.text(reports, skip=skip).encode()
            found = stream.rendered[key] = (window.version, plain, _gzipped(plain))
        return found[1], found[2]

    @staticmethod
    def _text(request: web.Request, plain: bytes, zipped: bytes, keep: str) -> web.Response:
        headers = {
            hdrs.CACHE_CONTROL: keep,
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
            hdrs.CONTENT_TYPE: playlist.TYPE,
        }
        if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower():
            headers[hdrs.CONTENT_ENCODING] = "gzip"
            return web.Response(body=zipped, headers=headers)
        return web.Response(body=plain, headers=headers)


def directives(query: Mapping[str, str]) -> tuple[int | None, int | None, bool]:
    """(msn, part, skip) of a request for a playlist (6.2.5). Raises BadRequest."""
    found: list[int | None] = []
    for name in ("_HLS_msn", "_HLS_part"):
        text = query.get(name)
        if text is not None and _COUNT.fullmatch(text) is None:
            raise errors.BadRequest(f"{name} is not a number.")
        found.append(None if text is None else int(text))
    msn, part = found
    if part is not None and msn is None:
        raise errors.BadRequest("_HLS_part needs _HLS_msn.")
    skip = query.get("_HLS_skip")
    if skip not in (None, "YES", "v2"):
        raise errors.BadRequest("_HLS_skip is YES or v2.")
    return msn, part, skip is not None


def _is_due(stream: _Stream, key: _Key) -> bool:
    """Whether what is waited for is there; also when nothing will come any more. Raises TooFarAhead."""
    rendition, msn, number = key
    window = stream.windows.get(rendition)
    if window is None:
        return stream.is_over
    if msn == _FIRST:
        return window.ended or bool(window.segments)
    if msn == _PART:
        return window.ended or window.next_number > (number or 0)
    return window.due(msn, number)


def _is_settled(stream: _Stream, key: _Key) -> bool:
    """Whether there is an answer, be it that this is too far ahead, which before the first piece nobody could know."""
    try:
        return _is_due(stream, key)
    except errors.TooFarAhead:
        return True


def _gzipped(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=_GZIP)
    return packer.compress(data) + packer.flush()
