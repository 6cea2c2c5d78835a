"""HTTP: recordings and clips to play.

    /media/{recordings|clips}/{id}/index.m3u8                      multivariant playlist
    /media/{recordings|clips}/{id}/{rendition}/index.m3u8          EVENT while it goes on, VOD afterwards
    /media/{recordings|clips}/{id}/{rendition}/{s0.m4s|m0.mp4}     bytes, with Range
    /media/{recordings|clips}/{id}/poster.jpg    /media/clips/{id}.mp4

A name never means other bytes, so files may be cached for ever. Whatever does not look exactly like this is not routed here: no
name can leave its folder.
"""

import asyncio
from pathlib import Path

from aiohttp import hdrs, web

from livehub.base.files import File
from livehub.base.storage import ObjectStore, object_response
from media.cors import add_public
from media.errors import RecordingNotFound
from media.hls.playlist_response import gzipped, playlist_response
from media.record import poster
from media.record.catalog import RecordingCatalog
from media.record.journal import CLIP_FILE
from media.settings import MediaConfig

FOR_EVER = "public, max-age=31536000, immutable"
_WHILE_IT_GROWS = "public, max-age=1"
_COMPLETE = "public, max-age=60"  # not longer: it may be let go

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
        response = await object_response(request, self._object_store, key, headers)
        if response is None:
            raise RecordingNotFound
        return response


def _kept(*, ended: bool) -> str:
    return _COMPLETE if ended else _WHILE_IT_GROWS
