"""The origin of live streams: keeps what the packager makes, and answers players and caches. I/O is aiohttp's alone.

    /live/{room}/index.m3u8                      multivariant playlist
    /live/{room}/{rendition}/index.m3u8          media playlist; _HLS_msn, _HLS_part, _HLS_skip as in RFC 8216bis, 6.2.5
    /live/{room}/{rendition}/{p|s|m}{run}-{n}... part, segment, map (see live_playlist.py)

A playlist has a segment at least: hls.js takes one of parts alone for a defect, and looks elsewhere for a while. A request
that comes earlier waits, as does one for what is not made yet; how many wait and how long is bounded. What is named by a
number never changes and may be cached for ever; a blocking reload's answer for as long as it can be of use; a plain
playlist for a second.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from aiohttp import hdrs, web

from livehub.base import errors
from livehub.base.files import File
from livehub.base.metrics import CALLBACKS
from media.cors import Handler, add_public
from media.errors import NoPicture
from media.hls.live_playlist import LivePlaylist, RecoveredSegments
from media.hls.live_stream import FIRST, PART, LiveStream, WaitKey
from media.hls.multivariant import Promised
from media.hls.playlist_response import gzipped, playlist_response
from media.hls.tracks import PackagingSettings
from media.settings import MediaConfig

SegmentPath = Callable[[str, str, int], Path | None]
"""Where segment `msn` of (room, rendition) of the room's live stream was recorded, if it was."""

MP4 = "video/mp4"
_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_NOW = "public, max-age=1"
_TARGETS_WAITED = 3  # target durations after which a blocking reload is given up (6.2.5.2)
_TARGETS_CACHED = 6  # target durations for which a blocking reload's answer may be kept (appendix B.1)

_ROOM = r"{room:[A-Za-z0-9_.~-]{1,64}}"
_RENDITION = r"{rendition:[a-z0-9]{1,32}}"
_FILE = r"{kind:[psm]}{run:[a-z0-9]{1,16}}-{number:[0-9]{1,12}}.{ending:m4s|mp4}"
_COUNT = re.compile(r"[0-9]{1,12}")

_FILE_NAMES = ("room", "rendition", "kind", "run", "number", "ending")


class Origin:
    """Every live stream of this process."""

    def __init__(self, config: MediaConfig, segment_path: SegmentPath | None = None) -> None:
        self._config = config
        self._settings = PackagingSettings.of(config)
        self._segment_path = segment_path
        self._streams: dict[str, LiveStream] = {}
        self.waiting = 0
        self.requests = 0
        self.bytes_sent = 0
        CALLBACKS.watch("livehub_hls_requests", "Requests for live streams", lambda: self.requests, kind="counter")
        CALLBACKS.watch("livehub_hls_bytes", "Bytes of live streams sent", lambda: self.bytes_sent, kind="counter")
        CALLBACKS.watch("livehub_hls_waiting", "Requests that wait for a part", lambda: self.waiting)
        CALLBACKS.watch("livehub_hls_streams", "Live streams", lambda: len(self._streams))

    # --- the program's side ---

    def open(
        self,
        room: str,
        run: str,
        origin_ms: int,
        *,
        renditions: Iterable[str] = ("video", "opus"),
        past: Mapping[str, RecoveredSegments] | None = None,
        promised: Promised | None = None,
    ) -> LiveStream:
        """A stream begins, or goes on in this process with its `past`. One that is open in the room makes way.

        For the other arguments see LiveStream.
        """
        self._drop(room)
        stream = self._streams[room] = LiveStream(
            run,
            origin_ms,
            self._settings,
            dvr_s=self._config.media_dvr_s if self._segment_path is not None else self._config.media_memory_s / 2,
            memory_s=self._config.media_memory_s,
            renditions=renditions,
            past=past or {},
            promised=promised,
        )
        return stream

    def stream(self, room: str) -> LiveStream:
        """The room's. Raises NoPicture."""
        stream = self._streams.get(room)
        if stream is None:
            raise NoPicture
        return stream

    def is_published(self, room: str) -> bool:
        """Whether the room's stream has a multivariant playlist by now."""
        stream = self._streams.get(room)
        return stream is not None and stream.is_published

    def close(self, room: str) -> None:
        """The stream is over: playlists say so, and all goes once the last bytes have had their time in memory."""
        stream = self._streams.get(room)
        if stream is not None:
            stream.end()
            asyncio.get_running_loop().call_later(self._config.media_memory_s, self._forget, room, stream)

    def _forget(self, room: str, stream: LiveStream) -> None:
        if self._streams.get(room) is stream:
            self._drop(room)

    def _drop(self, room: str) -> None:
        stream = self._streams.pop(room, None)
        if stream is not None:
            stream.end()

    # --- the players' side ---

    def add(self, app: web.Application) -> None:
        add_public(app, f"/live/{_ROOM}/index.m3u8", self._counted(self._multivariant))
        add_public(app, f"/live/{_ROOM}/{_RENDITION}/index.m3u8", self._counted(self._playlist))
        add_public(app, f"/live/{_ROOM}/{_RENDITION}/{_FILE}", self._counted(self._file))

    def _counted(self, handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            self.requests += 1
            response = await handler(request)
            if request.method != hdrs.METH_HEAD:
                self.bytes_sent += response.content_length or 0
            return response

        return answer

    async def _multivariant(self, request: web.Request) -> web.StreamResponse:
        stream = self.stream(request.match_info["room"])
        if not stream.is_published:
            raise NoPicture
        return playlist_response(request, gzipped(stream.multivariant()), _FOR_NOW)

    async def _playlist(self, request: web.Request) -> web.StreamResponse:
        stream = self.stream(request.match_info["room"])
        rendition = request.match_info["rendition"]
        msn, part, skip = directives(request.query)
        playlist = stream.playlists.get(rendition)
        if msn is not None and rendition in stream.expected:
            await self._wait(stream, (rendition, msn, part))
            playlist = stream.playlists.get(rendition)
        elif playlist is not None or stream.is_promised(rendition):
            await self._wait(stream, (rendition, FIRST, None))
            playlist = stream.playlists.get(rendition)
        if playlist is None or not playlist.begun:
            raise NoPicture
        is_settled = msn is not None and not playlist.ended
        kept_s = _TARGETS_CACHED * self._settings.target_s
        zipped = stream.rendered(playlist, skip=skip)
        return playlist_response(request, zipped, f"public, max-age={kept_s}" if is_settled else _FOR_NOW)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        stream = self.stream(request.match_info["room"])
        room, rendition, kind, run, number, ending = (request.match_info[name] for name in _FILE_NAMES)
        playlist = stream.playlists.get(rendition)
        if playlist is None or (ending == "mp4") != (kind == "m"):
            raise errors.NotFound
        data: bytes | None = None
        if kind == "m":
            data = playlist.map(f"m{run}-{number}.mp4")
        elif run == stream.run:
            data = await self._part(stream, playlist, int(number)) if kind == "p" else playlist.segment(int(number))
        if data is not None:
            return web.Response(body=data, content_type=MP4, headers={hdrs.CACHE_CONTROL: _FOR_EVER})
        path = None
        if kind == "s" and self._segment_path is not None and playlist.has(f"s{run}-{number}.m4s"):
            path = self._segment_path(room, rendition, int(number))
        if path is None:
            raise errors.NotFound
        headers = {hdrs.CACHE_CONTROL: _FOR_EVER, hdrs.CONTENT_TYPE: MP4}
        return File(path, headers=headers)

    async def _part(self, stream: LiveStream, playlist: LivePlaylist, number: int) -> bytes | None:
        """A part; the hinted one is waited for."""
        if number == playlist.next_number and not playlist.ended:
            await self._wait(stream, (playlist.rendition, PART, number))
        return playlist.part(number)

    async def _wait(self, stream: LiveStream, key: WaitKey) -> None:
        """Until it is there. Raises TooFarAhead, Overloaded, or Unavailable after three target durations."""
        if stream.is_due(key):
            return
        if self.waiting >= self._config.media_waiting_max:
            raise errors.Overloaded(retry_after_ms=self._settings.target_s * 1000)
        future = stream.future(key)
        self.waiting += 1
        try:
            await asyncio.wait((future,), timeout=_TARGETS_WAITED * self._settings.target_s)
        finally:
            self.waiting -= 1
        if not (future.done() and stream.is_due(key)):
            raise errors.Unavailable(retry_after_ms=1_000)


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
