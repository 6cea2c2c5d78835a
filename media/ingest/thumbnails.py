"""Small pictures of cameras: a keyframe decoded on request, once for all who ask.

/media/thumbnails/{room}/{camera}.jpg    any camera, for staff
/live/{room}/still.jpg                   the camera on air, for everybody and for caches: what stands in while a page loads
"""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from msgspec import Struct

from livehub.base.auth import Permission
from media.codecs.thumbnail import Undecodable, thumbnail
from media.cors import add_public
from media.errors import CameraNotFound, NoPicture
from media.frames import VideoFrame
from media.ingest.registry import CameraRegistry

FRESH_S = 1.0
STILL_S = 5.0  # it stands in for a picture, and shows in lists: newer ones are not worth a decoding for each keyframe

RequireInRoom = Callable[[web.Request, Permission, str], Awaitable[None]]
"""As HttpEdge.require_in_room."""

OnAir = Callable[[str], str | None]
"""The camera whose picture viewers of a room see now; None when there is none, or a slate."""


class _Taken(Struct, frozen=True):
    of: int  # the time of the frame
    jpeg: bytes


class Thumbnails:
    def __init__(self, require: RequireInRoom, cameras: CameraRegistry, on_air: OnAir) -> None:
        self._require = require
        self._cameras = cameras
        self._on_air = on_air
        self._taken: dict[str, _Taken] = {}
        self._taking: dict[str, asyncio.Task[_Taken]] = {}

    def add(self, app: web.Application) -> None:
        add_public(app, "/media/thumbnails/{room}/{camera}.jpg", self._serve)
        add_public(app, "/live/{room}/still.jpg", self._still)

    async def _serve(self, request: web.Request) -> web.Response:
        await self._require(request, Permission.RUN_SHOWS, request.match_info["room"])
        self._cameras.demand.need(request.match_info["room"], asyncio.get_running_loop().time())
        camera = self._cameras.get(request.match_info["camera"])
        if camera is None or camera.room != request.match_info["room"]:
            raise CameraNotFound
        if camera.last_key is None or camera.last_key_s is None:
            raise NoPicture
        if asyncio.get_running_loop().time() - camera.last_key_s > FRESH_S:
            camera.request_keyframe()  # for the next one
        taken = self._taken.get(camera.id)
        if taken is None or taken.of != camera.last_key.time:
            taken = await self._take(camera.id, camera.last_key)
        return web.Response(body=taken.jpeg, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=1"})

    async def _still(self, request: web.Request) -> web.Response:
        camera = self._cameras.get(self._on_air(request.match_info["room"]) or "")
        if camera is None or camera.last_key is None:
            raise NoPicture
        taken = self._taken.get(camera.id)
        if taken is None or abs(camera.last_key.time - taken.of) > STILL_S * 90_000:
            taken = await self._take(camera.id, camera.last_key)
        headers = {"Cache-Control": f"public, max-age={STILL_S:.0f}"}
        return web.Response(body=taken.jpeg, content_type="image/jpeg", headers=headers)

    async def _take(self, id_: str, key: VideoFrame) -> _Taken:
        """Those who ask at the same time share one decoding."""
        taking = self._taking.get(id_)
        if taking is None:
            taking = self._taking[id_] = asyncio.create_task(self._decode(id_, key))
            taking.add_done_callback(lambda _: self._taking.pop(id_, None))
        try:
            return await asyncio.shield(taking)
        except Undecodable as error:
            raise NoPicture("The camera's picture cannot be decoded.") from error

    async def _decode(self, id_: str, key: VideoFrame) -> _Taken:
        taken = _Taken(key.time, await asyncio.to_thread(thumbnail, key.units))
        self._taken = {known: old for known, old in self._taken.items() if known in self._cameras} | {id_: taken}
        return taken
