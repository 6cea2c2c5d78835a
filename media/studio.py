"""What staff do with the cameras of this process and see of them: add, remove, cut, and their health once a second."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from math import inf

import msgspec

from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.tasks import Tasks
from livehub.hub.hub import Hub
from livehub.room import wire
from media.codecs.h264 import SPS, BrokenSps, read_sps
from media.ingest.camera import LiveCamera
from media.ingest.cameras import StoredCamera, cameras_of_rooms, pulled_cameras
from media.ingest.demux import shown_url
from media.ingest.registry import CameraRegistry
from media.previews import Previews
from media.program.programs import Programs
from media.schemas import Camera, CameraList, Cut, Health
from media.sessions import Sessions
from media.settings import MediaConfig

log = logging.getLogger("livehub.media")

REPORT_PAUSE_S = 1.0
PULL_PAUSE_S = 5.0


class Studio:
    def __init__(
        self,
        config: MediaConfig,
        database: Database,
        hub: Hub,
        *,
        cameras: CameraRegistry,
        programs: Programs,
        previews: Previews,
        sessions: Sessions,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._database = database
        self._hub = hub
        self._cameras = cameras
        self._programs = programs
        self._previews = previews
        self._sessions = sessions
        self._now_s = now_s
        self._idle_since_s: dict[str, float] = {}  # cameras without a source
        self._reported: set[str] = set()  # rooms with live cameras at the last report
        self._tasks = Tasks()

    def start(self) -> None:
        """Begin to pull cameras, and to report to staff."""
        self._tasks.start("media cameras", self._look_after_cameras_forever)
        self._tasks.start("media staff reports", self._report_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    def pull(self, stored: StoredCamera) -> None:
        """Begin to take the stream of a camera that does not publish by itself."""
        self._cameras.pull(stored)

    def look(self, room: str) -> None:
        """Staff look at the room's cameras: they are pulled for a while, even if the show is over."""
        self._cameras.demand.need(room, asyncio.get_running_loop().time())

    def is_free(self, camera: str) -> bool:
        """Whether nobody publishes on the camera."""
        live = self._cameras.get(camera)
        return live is None or live.source is None

    async def end_session(self, camera: str) -> None:
        """Whoever publishes on the camera may no more."""
        await self._sessions.end_camera(camera)

    async def remove(self, camera: str) -> None:
        """The camera was removed, or has been silent for long."""
        await self._sessions.end_camera(camera)
        await self._cameras.remove(camera)
        await self._previews.remove(camera)
        self._programs.remove(camera)

    async def cut(self, room: str, camera: str, made: Callable[[], None]) -> Cut:
        """Show a camera, or the slate; line it up where there is no program yet. `made`: called when that takes effect, and
        changes something. Raises NoPicture, CameraOff, CutReplaced, CutCancelled.
        """
        return await self._programs.cut(room, camera, made)

    def cancel_cut(self, room: str) -> bool:
        """No cut waits any more, and no camera is lined up for the show. Whether there was one."""
        return self._programs.cancel_cut(room)

    # --- what staff see ---

    def listed(self, room: str, stored: list[StoredCamera]) -> CameraList:
        """The cameras of a room as they are now."""
        program = self._programs.running.get(room)
        if program is None:
            return CameraList(cameras=[self.shown(camera) for camera in stored], next=self._programs.lined_up.get(room))
        mix, in_s = program.mix, program.awaited_in_s(asyncio.get_running_loop().time())
        return CameraList(
            cameras=[self.shown(camera, mix.on_air) for camera in stored],
            on_air=mix.on_air if any(camera.id == mix.on_air for camera in stored) else None,
            wanted=mix.wanted,
            next=mix.awaited.camera if mix.awaited is not None else self._programs.lined_up.get(room),
            next_in_ms=round(in_s * 1000) if in_s is not None else None,
            failed=program.failed,
            program=program.state,
        )

    def shown(self, stored: StoredCamera, on_air: str | None = None) -> Camera:
        now_s = asyncio.get_running_loop().time()
        live = self._cameras.get(stored.id)
        state = live.state(now_s) if live is not None else "off"
        return Camera(
            id=stored.id,
            name=stored.name,
            kind=stored.kind,
            url=shown_url(stored.url) if stored.kind == "rtsp" and stored.url else stored.url,
            state=state,
            problem=live.problem if live is not None and (state != "live" or live.problem == "no_keyframes") else None,
            on_air=stored.id == on_air,
            thumbnail=f"/media/thumbnails/{stored.room}/{stored.id}.jpg",
            health=_health(live, now_s, self._now_s()) if live is not None else None,
        )

    async def _report_forever(self) -> None:
        while True:
            await asyncio.sleep(REPORT_PAUSE_S)
            with_cameras = {camera.room for camera in self._cameras}
            # Once more when the last one was let go, or staff would go on seeing it live.
            open_ = [room for room in with_cameras | self._reported if self._hub.rooms.get(room) is not None]
            if not open_:
                continue
            try:
                async with self._database.connection() as connection:
                    stored: Mapping[str, list[StoredCamera]] = await cameras_of_rooms(connection, open_)
            except LivehubError:
                continue
            self._reported = with_cameras
            for room in open_:
                try:
                    self._report(room, stored.get(room, []))
                except Exception:
                    log.exception("media.report_failed", extra={"room": room})

    def _report(self, room: str, stored: list[StoredCamera]) -> None:
        live = self._hub.rooms.get(room)
        if live is not None:
            cameras = msgspec.to_builtins(self.listed(room, stored))
            live.tell_staff(wire.Staff(room=room, type="cameras", ts=int(self._now_s() * 1000), data=cameras))

    # --- what nobody has to do ---

    async def _look_after_cameras_forever(self) -> None:
        while True:
            await self._look_after_cameras(asyncio.get_running_loop().time())
            await asyncio.sleep(PULL_PAUSE_S)

    async def _look_after_cameras(self, now_s: float) -> None:
        """Pull cameras that are wanted, whoever added them, and let go of those that are not; forget those that are gone."""
        self._idle_since_s = {
            camera.id: self._idle_since_s.get(camera.id, now_s) for camera in self._cameras if camera.source is None
        }
        for camera in self._cameras:
            if camera.source is None and self._gone_for_s(camera, now_s) > self._config.program_slate_s_max:
                await self._forget(camera.id)
            elif self._previews.is_watched(camera.id):
                self._cameras.demand.need(camera.room, now_s)
        known = list(self._cameras)  # one that is added meanwhile may not be among what is found
        try:
            async with self._database.connection() as connection:
                found = await pulled_cameras(connection, self._cameras.demand.rooms(now_s))
        except LivehubError:
            return
        for stored, is_on in found:
            if is_on:
                self._cameras.demand.need(stored.room, now_s)
        wanted = {stored.id for stored, _ in found}
        for camera in known:
            if camera.kind != "whip" and camera.id not in wanted:
                log.info("media.camera_released", extra={"camera": camera.id})
                await self._forget(camera.id)
        for stored, _ in found[: self._config.cameras_max]:
            try:
                self.pull(stored)
            except Exception:
                log.exception("media.pull_failed", extra={"camera": stored.id})

    def _gone_for_s(self, camera: LiveCamera, now_s: float) -> float:
        """How long nothing has come of a camera that has no source; one that never sent, since it was seen without one."""
        silent_s = camera.silent_for_s(now_s)
        return silent_s if silent_s < inf else now_s - self._idle_since_s.get(camera.id, now_s)

    async def _forget(self, camera: str) -> None:
        """With its last picture; it is known anew when it publishes."""
        try:
            await self.remove(camera)
        except Exception:
            log.exception("media.forget_failed", extra={"camera": camera})


def _health(live: LiveCamera, now_s: float, unix_s: float) -> Health | None:
    if live.source is None or live.since_s is None:
        return None
    figures, trip_s = live.source.figures, live.source.round_trip_s
    interval_s = live.keyframes.interval_s
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
        keyframe_interval_ms=int(interval_s * 1000) if interval_s is not None else None,
        audio=live.has_audio,
        since_ts=int((unix_s - now_s + live.since_s) * 1000),
    )


def _size(units: tuple[bytes, ...]) -> tuple[int, int]:
    """Width and height that a keyframe's SPS tells; zeros when it can't be read."""
    try:
        sps = read_sps(next(unit for unit in units if unit[0] & 0x1F == SPS))
    except (BrokenSps, StopIteration):
        return 0, 0
    return sps.width, sps.height
