"""HTTP: the cameras of a room, how they do, and the cut from one to another."""

import asyncio
import logging
from typing import Any

from livehub.base.auth import Permission
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.errors import Unavailable
from livehub.base.tasks import Tasks
from livehub.hub.rooms.actions import Action, record
from livehub.hub.rooms.schemas import Nothing
from livehub.room.errors import RoomNotFound
from media.errors import CameraNotFound, CameraOff, CamerasFull, CutCancelled, CutReplaced, NoPicture
from media.ingest import cameras
from media.ingest.cameras import StoredCamera
from media.ingest.demux import checked_file, checked_url
from media.program.mix import SLATE
from media.schemas import CameraList, CameraMade, CameraRequest, Cut, CutRequest
from media.settings import MediaConfig
from media.studio import Studio

log = logging.getLogger("livehub.media.camera_api")

RUN = Permission.RUN_SHOWS


class CameraApi:
    def __init__(self, config: MediaConfig, database: Database, studio: Studio) -> None:
        self._config = config
        self._database = database
        self._studio = studio
        self._tasks = Tasks()

    async def stop(self) -> None:
        await self._tasks.stop()

    def endpoints(self) -> list[Endpoint]:
        all_, one = "/api/rooms/{room}/cameras", "/api/rooms/{room}/cameras/{camera}"
        not_found = (CameraNotFound,)
        return [
            get(all_, self.cameras, reply=CameraList, may=RUN, errors=(RoomNotFound,)),
            post(
                all_, self.add, may=RUN, body=CameraRequest, reply=CameraMade, status=201,
                tells_secret=True, errors=(RoomNotFound, CamerasFull),
            ),
            post(
                f"{one}/token", self.new_token, may=RUN, body=Nothing, reply=CameraMade, tells_secret=True,
                errors=not_found,
            ),
            delete(one, self.remove, may=RUN, reply=None, errors=not_found),
            post(
                "/api/rooms/{room}/cut", self.cut, may=RUN, body=CutRequest, reply=Cut, writes=False,
                errors=(*not_found, NoPicture, CameraOff, CutReplaced, CutCancelled),
            ),
            delete("/api/rooms/{room}/cut", self.cancel_cut, may=RUN, reply=None, errors=(RoomNotFound,)),
        ]  # fmt: skip

    async def cameras(self, call: Call[None]) -> CameraList:
        """The cameras of a room, with their health."""
        room = call.path["room"]
        async with self._database.connection() as connection:
            stored = await cameras.cameras_of(connection, room)
        self._studio.look(room)
        return self._studio.listed(room, stored)

    async def add(self, call: Call[CameraRequest]) -> CameraMade:
        """Add a camera, or with `reuse` take one again; of kind `whip` the token comes with it, this once."""
        room, body = call.path["room"], call.body
        if body.kind == "rtsp":
            checked_url(body.url or "")
        elif body.kind == "file":
            checked_file(self._config.media_files, body.url or "")
        most = self._config.cameras_per_room_max
        stored, token = await cameras.add(
            call.tx, room, body, now_ms=call.now_ms, by=call.person.id, most=most, is_free=self._studio.is_free
        )
        await self._record(call.tx.connection, call, "camera_add", stored.id, stored.name)
        self._studio.look(room)
        if token is None:
            call.tx.after_commit(lambda: self._studio.pull(stored))
        return self._made(stored, token)

    async def new_token(self, call: Call[Nothing]) -> CameraMade:
        """Give a camera another token; the old one is void, and whoever publishes with it is ended."""
        room, id_ = call.path["room"], call.path["camera"]
        token = await cameras.new_token(call.tx, room, id_)
        stored = next(c for c in await cameras.cameras_of(call.tx.connection, room) if c.id == id_)
        await self._record(call.tx.connection, call, "camera_token", id_, stored.name)
        await self._studio.end_session(id_)
        return self._made(stored, token)

    async def remove(self, call: Call[None]) -> None:
        """Take a camera away; what it sends ends."""
        name = await cameras.remove(call.tx, call.path["room"], call.path["camera"])
        await self._record(call.tx.connection, call, "camera_remove", call.path["camera"], name)
        await self._studio.remove(call.path["camera"])

    async def cut(self, call: Call[CutRequest]) -> Cut:
        """Show another camera, or the slate; before there is a picture, choose the camera that opens the show.

        Answers when viewers get the new picture, or, where that takes longer than a second, with `waits` and about how long: a
        camera that sends keyframes as it pleases is shown from its next one on. Another cut replaces one that waits; the same
        one again shares its answer.
        """
        room, camera = call.path["room"], call.body.camera
        name = ""
        if camera != SLATE:
            async with self._database.connection() as connection:
                names = {stored.id: stored.name for stored in await cameras.cameras_of(connection, room)}
            if camera not in names:
                raise CameraNotFound
            name = names[camera]
        recording: list[asyncio.Task[None]] = []

        def made() -> None:  # maybe after the answer; what comes to nothing was no cut
            recording.append(self._tasks.once("cut record", self._record_cut(call, camera, name), of=room))

        cut = await self._studio.cut(room, camera, made)
        if recording:  # whoever has the answer finds it in the log
            await asyncio.wait(recording)
        return cut

    async def _record_cut(self, call: Call[CutRequest], camera: str, name: str) -> None:
        try:
            async with self._database.connection() as connection:
                await self._record(connection, call, "cut", camera, name)
        except Unavailable:  # a show can be cut to the slate while PostgreSQL is away
            extra = {"room": call.path["room"], "camera": camera, "by": call.person.id}
            log.warning("media.cut_not_recorded", extra=extra)

    async def cancel_cut(self, call: Call[None]) -> None:
        """Drop the cut that waits for a keyframe, or the choice of the camera that opens the show."""
        room = call.path["room"]
        await cameras.cameras_of(call.tx.connection, room)
        if self._studio.cancel_cut(room):
            await self._record(call.tx.connection, call, "cut_cancel", "", "")

    @staticmethod
    async def _record(connection: Connection, call: Call[Any], type_: str, camera: str, name: str) -> None:
        named = {"name": name} if name else {}
        before = named if type_ == "camera_remove" else None
        after = named if type_ == "camera_add" else None
        action = Action(type=type_, subject=camera, before=before, after=after, data=named)
        await record(connection, call.path["room"], [action], by=call.person, now_ms=call.now_ms)

    def _made(self, stored: StoredCamera, token: str | None) -> CameraMade:
        whip = f"/media/whip/{stored.id}" if token is not None else None
        return CameraMade(camera=self._studio.shown(stored), whip=whip, token=token)
