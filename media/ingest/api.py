"""HTTP: the cameras of a room, how they do, and the cut from one to another."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from livehub.base import errors
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.hub.bodies import Nothing
from media.bodies import Camera, CameraList, CameraMade, CameraRequest, Cut, CutRequest, Health
from media.hls.h264 import BrokenSps, read_sps
from media.ingest import cameras
from media.ingest.camera import LiveCamera
from media.ingest.cameras import StoredCamera
from media.ingest.h264 import SPS
from media.ingest.pulled import checked_file, checked_url, shown_url
from media.program.running import RunningProgram

RUN = Permission.RUN_SHOWS


class Studio(Protocol):
    """What the calls need of the media of this process."""

    cameras: dict[str, LiveCamera]
    programs: dict[str, RunningProgram]

    def pull(self, stored: StoredCamera) -> None:
        """Begin to take the stream of a camera that does not publish by itself."""

    async def forget(self, camera: str) -> None:
        """The camera was removed."""

    async def end_session(self, camera: str) -> None:
        """Whoever publishes on the camera may no more."""

    async def cut(self, room: str, camera: str) -> Cut:
        """Show a camera, or the slate."""


class CameraApi:
    """See the module."""

    def __init__(self, config: Config, database: Database, studio: Studio, now_s: Callable[[], float]) -> None:
        self._config = config
        self._database = database
        self._studio = studio
        self._now_s = now_s

    def endpoints(self) -> list[Endpoint]:
        """The calls."""
        all_, one = "/api/rooms/{room}/cameras", "/api/rooms/{room}/cameras/{camera}"
        not_found = (errors.CameraNotFound,)
        return [
            get(all_, self.cameras, reply=CameraList, may=RUN, errors=(errors.RoomNotFound,)),
            post(
                all_, self.add, may=RUN, body=CameraRequest, reply=CameraMade, status=201,
                errors=(errors.RoomNotFound, errors.CamerasFull),
            ),
            post(f"{one}/token", self.new_token, may=RUN, body=Nothing, reply=CameraMade, errors=not_found),
            delete(one, self.remove, may=RUN, reply=None, errors=not_found),
            post(
                "/api/rooms/{room}/cut", self.cut, may=RUN, body=CutRequest, reply=Cut, writes=False,
                errors=(*not_found, errors.NoPicture, errors.CameraOff),
            ),
        ]  # fmt: skip

    async def cameras(self, call: Call[None]) -> CameraList:
        """The cameras of a room, with their health."""
        room = call.path["room"]
        async with self._database.connection() as connection:
            return self.listed(room, await cameras.cameras_of(connection, room))

    def listed(self, room: str, stored: list[StoredCamera]) -> CameraList:
        """The cameras of a room as they are now."""
        program = self._studio.programs.get(room)
        on_air = program.mix.on_air if program is not None else None
        wanted = program.mix.wanted if program is not None else None
        return CameraList(
            cameras=[self._shown(camera, on_air) for camera in stored],
            on_air=on_air if any(camera.id == on_air for camera in stored) else None,
            wanted=wanted,
        )

    async def add(self, call: Call[CameraRequest]) -> CameraMade:
        """Add a camera; of kind `whip` the token comes with it, this once."""
        room, body = call.path["room"], call.body
        if body.kind == "rtsp":
            checked_url(body.url or "")
        elif body.kind == "file":
            checked_file(self._config.media_files, body.url or "")
        most = self._config.cameras_per_room_max
        stored, token = await cameras.add(call.tx, room, body, now_ms=call.now_ms, by=call.person.id, most=most)
        if token is None:
            call.tx.after_commit(lambda: self._studio.pull(stored))
        return self._made(stored, token)

    async def new_token(self, call: Call[Nothing]) -> CameraMade:
        """Give a camera another token; the old one is void, and whoever publishes with it is ended."""
        room, id_ = call.path["room"], call.path["camera"]
        token = await cameras.new_token(call.tx, room, id_)
        stored = next(c for c in await cameras.cameras_of(call.tx.connection, room) if c.id == id_)
        await self._studio.end_session(id_)
        return self._made(stored, token)

    async def remove(self, call: Call[None]) -> None:
        """Take a camera away; what it sends ends."""
        await cameras.remove(call.tx, call.path["room"], call.path["camera"])
        await self._studio.forget(call.path["camera"])

    async def cut(self, call: Call[CutRequest]) -> Cut:
        """Show another camera, or the slate; answers when viewers get the new picture."""
        return await self._studio.cut(call.path["room"], call.body.camera)

    def _made(self, stored: StoredCamera, token: str | None) -> CameraMade:
        whip = f"/media/whip/{stored.id}" if token is not None else None
        return CameraMade(camera=self._shown(stored, None), whip=whip, token=token)

    def _shown(self, stored: StoredCamera, on_air: str | None) -> Camera:
        now_s = asyncio.get_running_loop().time()
        live = self._studio.cameras.get(stored.id)
        state = live.state(now_s) if live is not None else "off"
        return Camera(
            id=stored.id,
            name=stored.name,
            kind=stored.kind,
            url=shown_url(stored.url) if stored.kind == "rtsp" and stored.url else stored.url,
            state=state,
            problem=live.problem if live is not None and state != "live" else None,
            on_air=stored.id == on_air,
            thumbnail=f"/media/thumbnails/{stored.room}/{stored.id}.jpg",
            health=_health(live, now_s) if live is not None else None,
        )


def _health(live: LiveCamera, now_s: float) -> Health | None:
    if live.source is None or live.since_s is None:
        return None
    figures, trip_s = live.source.figures, live.source.round_trip_s
    width, height = _size(live.last_key.units if live.last_key is not None else ())
    return Health(
        bitrate_bps=figures.bitrate_bps,
        fps=figures.fps,
        width=width,
        height=height,
        loss=figures.loss,
        jitter_ms=figures.jitter_ms,
        rtt_ms=round(trip_s * 1000, 1) if trip_s is not None else None,
        keyframe_age_ms=int((now_s - live.last_key_s) * 1000) if live.last_key_s is not None else None,
        audio=live.has_audio,
        since_ts=int(live.since_s * 1000),
    )


def _size(units: tuple[bytes, ...]) -> tuple[int, int]:
    """Width and height that a keyframe's SPS tells; zeros when it can't be read."""
    try:
        sps = read_sps(next(unit for unit in units if unit[0] & 0x1F == SPS))
    except (BrokenSps, StopIteration):
        return 0, 0
    return sps.width, sps.height
