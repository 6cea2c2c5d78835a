"""HTTP: recordings and clips to play.

    /media/{recordings|clips}/{id}/index.m3u8                      multivariant playlist
    /media/{recordings|clips}/{id}/{rendition}/index.m3u8          EVENT while it goes on, VOD afterwards
    /media/{recordings|clips}/{id}/{rendition}/{s0.m4s|m0.mp4}     bytes, with Range
    /media/{recordings|clips}/{id}/poster.jpg    /media/clips/{id}.mp4

A name never means other bytes, so files may be cached for ever. Whatever does not look exactly like this is not routed here: no
name can leave its folder.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from aiohttp import hdrs, web
from multidict import istr

from livehub.base import errors
from livehub.base.files import File
from livehub.base.ranges import is_unchanged, range_asked
from media.cors import add_public
from media.errors import RecordingNotFound
from media.hls.playlist_response import gzipped, playlist_response
from media.record import poster
from media.record.catalog import RecordingCatalog
from media.record.journal import CLIP_FILE
from media.record.object_store import ObjectStore, ObjectStoreUnavailable
from media.settings import MediaConfig

FOR_EVER = "public, max-age=31536000, immutable"
_WHILE_IT_GROWS = "public, max-age=1"
_COMPLETE = "public, max-age=60"  # not longer: it may be let go
_RETRY_MS = 5_000

_RECORDING = r"/media/recordings/{id:rec-[0-9a-z]{18}}"
_CLIP = r"/media/clips/{id:clip-[0-9a-z]{18}}"
_RENDITION = r"{rendition:[a-z0-9]{1,32}}"
_FILE = r"{name:s[0-9]{1,9}\.m4s|m[0-9]{1,6}\.mp4}"


class RecordingFiles:
    def __init__(self, config: MediaConfig, catalog: RecordingCatalog, object_store: ObjectStore | None) -> None:
        self._target_s = -(-max(config.media_segment_ms_max, config.media_segment_ms) // 1000)
        self._media_dir = Path(config.media_dir)
        self._catalog = catalog
        self._object_store = object_store

    def add(self, app: web.Application) -> None:
        for base in (_RECORDING, _CLIP):
            add_public(app, f"{base}/index.m3u8", self._master)
            add_public(app, f"{base}/{_RENDITION}/index.m3u8", self._media)
            add_public(app, f"{base}/{_RENDITION}/{_FILE}", self._piece)
            add_public(app, f"{base}/{poster.FILE}", self._poster)
        add_public(app, f"{_CLIP}.mp4", self._clip)

    async def _master(self, request: web.Request) -> web.StreamResponse:
        index = await self._catalog.index(request.match_info["id"])
        return playlist_response(request, gzipped(index.master().encode()), _kept(ended=index.ended))

    async def _media(self, request: web.Request) -> web.StreamResponse:
        index = await self._catalog.index(request.match_info["id"])
        zipped = await index.media(request.match_info["rendition"], target_s=self._target_s)
        return playlist_response(request, zipped, _kept(ended=index.ended))

    async def _piece(self, request: web.Request) -> web.StreamResponse:
        rendition, name = request.match_info["rendition"], request.match_info["name"]
        index = await self._catalog.index(request.match_info["id"])
        if not index.has(rendition, name):
            raise RecordingNotFound
        return await self._file(request, index.folder / rendition / name, "video/mp4")

    async def _poster(self, request: web.Request) -> web.StreamResponse:
        index = await self._catalog.index(request.match_info["id"])
        return await self._file(request, index.folder / poster.FILE, "image/jpeg")

    async def _clip(self, request: web.Request) -> web.StreamResponse:
        index = await self._catalog.index(request.match_info["id"])
        return await self._file(request, index.folder / CLIP_FILE, "video/mp4")

    async def _file(self, request: web.Request, path: Path, content_type: str) -> web.StreamResponse:
        headers = {hdrs.CACHE_CONTROL: FOR_EVER, hdrs.CONTENT_TYPE: content_type}
        if await asyncio.to_thread(path.is_file):
            return File(path, headers=headers)
        if self._object_store is None:
            raise RecordingNotFound
        key = path.relative_to(self._media_dir).as_posix()
        return await _from_object_store(request, self._object_store, key, headers)


async def _from_object_store(
    request: web.Request, object_store: ObjectStore, key: str, headers: Mapping[istr, str]
) -> web.StreamResponse:
    """An object, or the one range of it that was asked for (RFC 9110, section 14)."""
    asked = range_asked(request.method, request.headers.getall(hdrs.RANGE, ()))
    part: tuple[int, int] | None = None
    try:
        if asked is not None:
            described = await object_store.describe(key)
            if described is None:
                raise RecordingNotFound
            if_range = request.headers.get(hdrs.IF_RANGE)
            if if_range is None or is_unchanged(if_range, etag=described.etag, modified_s=described.modified_s):
                part = asked.within(described.size)
                if part is None:
                    return _unsatisfiable(described.size)
        found = await object_store.get(key, *(part or (0, None)))
        if found is None:
            raise RecordingNotFound
        response = web.StreamResponse(status=200 if part is None else 206, headers=headers)
        response.headers[hdrs.ACCEPT_RANGES] = "bytes"
        if found.etag is not None:
            response.headers[hdrs.ETAG] = found.etag
        response.last_modified = found.modified_s
        if part is not None:
            response.headers[hdrs.CONTENT_RANGE] = f"bytes {found.begin}-{found.end - 1}/{found.size}"
        response.content_length = found.end - found.begin
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            async for chunk in found.chunks:
                await response.write(chunk)
    except ObjectStoreUnavailable as error:
        raise errors.Unavailable(retry_after_ms=_RETRY_MS) from error
    await response.write_eof()
    return response


def _unsatisfiable(size: int) -> web.Response:
    headers = {hdrs.CONTENT_RANGE: f"bytes */{size}", hdrs.ACCEPT_RANGES: "bytes", hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(status=416, headers=headers)


def _kept(*, ended: bool) -> str:
    return _COMPLETE if ended else _WHILE_IT_GROWS
