"""The media of this process: cameras that send, programs that run, and what is told of them to rooms and staff.

A program runs while its room's show is live or paused and a camera has sent; the slate keeps it alive for a while when none
does. Who sees what is told by telling.py.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from math import inf

from aiohttp import web

from livehub.base.auth import Identity
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Endpoint
from livehub.base.errors import BadRequest, LivehubError, NoPicture
from livehub.hub.hub import Hub
from livehub.room.shown import Program
from media.bodies import Cut
from media.counts import watch_cameras, watch_counts
from media.frames import Frame
from media.ingest.api import CameraApi
from media.ingest.camera import LiveCamera
from media.ingest.cameras import StoredCamera, pulled_cameras
from media.ingest.pulling import PulledCamera
from media.program.mix import Switched
from media.program.running import RunningProgram
from media.program.slates import Slates
from media.program.thumbnails import Thumbnails
from media.record.recordings import Recordings
from media.rtc.dtls import Certificate
from media.rtc.port import Port
from media.sessions import Sessions
from media.stream import Streams
from media.telling import Telling
from media.whep.fan import Fan

log = logging.getLogger("livehub.media")

WATCH_PAUSE_S = 0.25
PULL_PAUSE_S = 5.0


class Desk:
    """See the module."""

    def __init__(
        self,
        config: Config,
        database: Database,
        hub: Hub,
        *,
        identify: Callable[[web.Request], Identity | None],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._database = database
        self._hub = hub
        self._now_s = now_s
        self.port = Port(config)
        self.cameras: dict[str, LiveCamera] = {}
        self.programs: dict[str, RunningProgram] = {}
        self._names: dict[str, str] = {}
        self._previews: dict[str, Fan] = {}
        self._pull_next_s = 0.0
        self._tasks: list[asyncio.Task[None]] = []
        self.slates = Slates()
        self.recordings = Recordings(config, database, hub, now_s=now_s)
        self.streams = Streams(config, self.recordings)
        self.sessions = Sessions(
            config,
            database,
            self.port,
            Certificate.generateCertificate(),
            identify=identify,
            camera_for=self.camera_for,
            fan_of=self._fan_of,
        )
        self.api = CameraApi(config, database, self, now_s)
        self._telling = Telling(config, database, hub, self, self.api.listed, now_s=now_s)
        self.thumbnails = Thumbnails(identify, self.cameras)
        watch_counts()
        watch_cameras(self.cameras, lambda: asyncio.get_running_loop().time())

    def endpoints(self) -> list[Endpoint]:
        """The typed calls."""
        return [*self.api.endpoints(), *self.recordings.endpoints()]

    def add(self, app: web.Application) -> None:
        """Route what is not JSON."""
        self.sessions.add(app)
        self.streams.add(app)
        self.recordings.add(app)
        self.thumbnails.add(app)

    async def start(self) -> None:
        """Listen for media."""
        self.port.open()
        await self.recordings.start()
        self._tasks = [
            asyncio.create_task(self._watch_forever(), name="media watch"),
            *self._telling.tasks(),
        ]

    async def stop(self) -> None:
        """End everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.sessions.stop()
        for program in list(self.programs.values()):
            await program.close()
        for fan in self._previews.values():
            await fan.close()
        await self.streams.stop()
        await self.recordings.stop()
        self.port.close()

    # --- cameras ---

    def camera_for(self, stored: StoredCamera) -> LiveCamera:
        """The live camera of a stored one."""
        self._names[stored.id] = stored.name
        camera = self.cameras.get(stored.id)
        if camera is None:
            camera = self.cameras[stored.id] = LiveCamera(self._config, stored.id, stored.room, stored.kind)
        return camera

    def pull(self, stored: StoredCamera) -> None:
        """Begin to take the stream of a camera that does not publish by itself."""
        camera = self.camera_for(stored)
        if camera.source is not None or stored.kind == "whip":
            return
        try:
            PulledCamera(self._config, camera, stored.kind, stored.url)
        except BadRequest as error:  # it was fine when it was added; a file may have gone since, and may come back
            if camera.problem is None:
                log.warning("media.camera_refused", extra={"camera": stored.id, "reason": error.message})
            camera.problem = "file_gone" if stored.kind == "file" else "unreachable"

    async def end_session(self, camera: str) -> None:
        """Whoever publishes on the camera may no more."""
        await self.sessions.end_camera(camera)

    async def forget(self, camera: str) -> None:
        """The camera was removed, or has been silent for long."""
        await self.sessions.end_camera(camera)
        live = self.cameras.pop(camera, None)
        if live is not None and live.source is not None:
            await live.source.close()
        fan = self._previews.pop(camera, None)
        if fan is not None:
            await fan.close()
        for program in self.programs.values():
            program.remove(camera)
        self._names.pop(camera, None)

    async def cut(self, room: str, camera: str) -> Cut:
        """Show a camera, or the slate. Raises NoPicture, CameraOff."""
        program = self.programs.get(room)
        if program is None:
            raise NoPicture("The show is not on, or no camera sends.")
        live = self.cameras.get(camera)
        if live is not None and live.room == room:
            program.add(live)  # it may have begun to send since the watch looked
        return await program.cut(camera)

    def _fan_of(self, room: str, camera: str | None) -> Fan | None:
        if camera is None:
            program = self.programs.get(room)
            return program.fan if program is not None else None
        live = self.cameras.get(camera)
        if live is None or live.room != room:
            return None
        if camera not in self._previews:
            fan = Fan(self._config, self.port, live.ask_key)
            live.listen(lambda _camera, frame: fan.put(frame))
            self._previews[camera] = fan
        return self._previews[camera]

    # --- programs ---

    async def _watch_forever(self) -> None:
        while True:
            await self._look_after_cameras(asyncio.get_running_loop().time())
            for room in {camera.room for camera in self.cameras.values()} | set(self.programs):
                try:
                    await self._watch_room(room)
                except LivehubError:
                    continue  # PostgreSQL is away: what runs goes on, what should begin waits
                except Exception:
                    log.exception("media.watch_failed", extra={"room": room})
            await asyncio.sleep(WATCH_PAUSE_S)

    async def _look_after_cameras(self, now_s: float) -> None:
        """Begin with cameras that are to be pulled and are not, whoever added them; forget those that sent once."""
        if now_s < self._pull_next_s:
            return
        self._pull_next_s = now_s + PULL_PAUSE_S
        for camera in list(self.cameras.values()):
            silent_s = camera.silent_for_s(now_s)
            if camera.source is None and self._config.program_slate_s_max < silent_s < inf:
                await self.forget(camera.id)  # with its last picture; it is known anew when it publishes
        try:
            async with self._database.connection() as connection:
                stored = await pulled_cameras(connection)
        except LivehubError:
            return
        for found in stored[: self._config.cameras_max]:
            self.pull(found)

    async def _watch_room(self, room: str) -> None:
        live = await self._hub.rooms.open(room)
        is_on = live.state.view.show.status in ("live", "paused")
        program = self.programs.get(room)
        now_s = asyncio.get_running_loop().time()
        sending = [c for c in self.cameras.values() if c.room == room and c.state(now_s) == "live"]
        if program is None and is_on and sending:
            program = self.programs[room] = self._begin(room)
        if program is None:
            return
        for camera in sending:
            program.add(camera)
        self._prefer_real(program, sending)
        if not is_on or program.silent_for_s() > self._config.program_slate_s_max:
            await self._end(room)

    def _prefer_real(self, program: RunningProgram, sending: list[LiveCamera]) -> None:
        """The test picture, on air because nobody chose anything, gives way to the first camera that shows something."""
        on_air = self.cameras.get(program.mix.on_air or "")
        if program.mix.wanted is None and on_air is not None and on_air.kind == "test":
            real = next((camera for camera in sending if camera.kind != "test"), None)
            if real is not None:
                program.prefer(real.id)

    def _begin(self, room: str) -> RunningProgram:
        stream = self.streams.begin(room)
        program: RunningProgram

        def put(frame: Frame) -> None:
            stream.put(frame)
            if stream.size:
                self.slates.prepare(stream.size)

        fan = Fan(self._config, self.port, lambda: program.ask_key())  # noqa: PLW0108  (there is no program yet)
        program = RunningProgram(
            self._config,
            room,
            fan,
            put=put,
            switched=lambda switched: self._switched(room, switched),
            slate=lambda: self.slates.of(stream.size),
        )
        return program

    async def _end(self, room: str) -> None:
        program = self.programs.pop(room)
        await program.close()
        self.streams.end(room)
        self._telling.tell(room, None, "end")

    def _switched(self, room: str, switched: Switched) -> None:
        shown = Program(
            camera=switched.camera,
            name=self._names.get(switched.camera or "", "")[:120],
            since_ts=switched.time // 90,
            hls=f"/live/{room}/index.m3u8",
            whep=f"/media/whep/{room}" if self._config.whep_viewers_max else None,
        )
        self._telling.tell(room, shown, switched.reason)
