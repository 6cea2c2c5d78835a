"""The programs of this process: begun, ended, and what viewers see of them published.

A program runs while its room's show is live or paused and a camera has sent; the slate keeps it alive for a while when none
does. Before there is one, a camera can be lined up: it is the one that opens it, if it sends within the longest wait of a cut;
later it would come as a surprise. That is kept by this process alone: after a restart nothing is lined up, and staff see so.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.tasks import Tasks
from livehub.hub.hub import Hub
from livehub.room.room_messages import DETAILS
from media.errors import NoPicture
from media.ingest.camera import LiveCamera
from media.ingest.cameras import rooms_with_picture
from media.ingest.registry import CameraRegistry
from media.program.mix import SLATE, Switched
from media.program.output import Outputs
from media.program.running import RunningProgram
from media.program.status_publisher import StatusPublisher
from media.room_messages import Program, master_playlist
from media.schemas import Cut
from media.settings import MediaConfig

log = logging.getLogger("livehub.media")

WATCH_PAUSE_S = 0.25
LINED_UP_MAX = 10_000  # rooms with a camera lined up; the one that was lined up first goes
RETRY_PAUSE_S = 1.0


class Programs:
    """`running`: by room."""

    def __init__(
        self,
        config: MediaConfig,
        database: Database,
        hub: Hub,
        *,
        cameras: CameraRegistry,
        outputs: Outputs,
        publisher: StatusPublisher,
    ) -> None:
        self._config = config
        self._database = database
        self._hub = hub
        self._cameras = cameras
        self._outputs = outputs
        self._publisher = publisher
        self.running: dict[str, RunningProgram] = {}
        self.lined_up: dict[str, str] = {}  # the camera that opens the room's program
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._tasks, self._closings = Tasks(), Tasks()

    def start(self) -> None:
        """Begin to look for rooms whose program should run."""
        self._tasks.start("media programs", self._watch_forever)
        self._tasks.start("media abandoned programs", self._clear_abandoned)

    async def stop(self) -> None:
        """This process ends, the programs do not: the next process goes on with what their outputs leave."""
        await self._tasks.stop()
        for program in self.running.values():
            program.finish()
        await asyncio.gather(*(program.close() for program in self.running.values()), *self._closing.values())

    async def cut(self, room: str, camera: str, made: Callable[[], None] = lambda: None) -> Cut:
        """Show a camera of the room, or the slate; without a program yet, line the camera up. `made`: called when that takes
        effect, and changes something. Raises NoPicture, CameraOff, CutReplaced, CutCancelled.
        """
        program = self.running.get(room)
        if program is None:
            return await self._line_up(room, camera, made)
        self.lined_up.pop(room, None)
        live = self._cameras.get(camera)
        if live is not None and live.room == room:
            program.add(live)  # it may have begun to send since the watch looked
        return await program.cut(camera, made)

    def cancel_cut(self, room: str) -> bool:
        """No cut waits in the room any more, and no camera is lined up. Whether there was one."""
        was_lined_up = self.lined_up.pop(room, None) is not None
        program = self.running.get(room)
        return (program is not None and program.cancel_cut()) or was_lined_up

    def remove(self, camera: str) -> None:
        self.lined_up = {room: chosen for room, chosen in self.lined_up.items() if chosen != camera}
        for program in self.running.values():
            program.remove(camera)

    async def _line_up(self, room: str, camera: str, made: Callable[[], None]) -> Cut:
        live = await self._hub.rooms.open(room)
        if live.state[DETAILS].show.status == "ended":
            raise NoPicture("The show is over.")
        if camera == SLATE:
            raise NoPicture("The slate stands in for a picture, and there is none yet.")
        if self.lined_up.pop(room, None) != camera:
            made()
        self.lined_up[room] = camera
        if len(self.lined_up) > LINED_UP_MAX:
            del self.lined_up[next(iter(self.lined_up))]
        return Cut(camera=camera, at_ts=int(time.time() * 1000), waits=True)

    async def _watch_forever(self) -> None:
        while True:
            for room in {camera.room for camera in self._cameras} | set(self.running):
                try:
                    await self._watch_room(room)
                except LivehubError:
                    continue  # PostgreSQL is away: what runs goes on, what should begin waits
                except Exception:
                    log.exception("media.watch_failed", extra={"room": room})
            await asyncio.sleep(WATCH_PAUSE_S)

    async def _watch_room(self, room: str) -> None:
        live = await self._hub.rooms.open(room)
        is_on = live.state[DETAILS].show.status in ("live", "paused")
        program = self.running.get(room)
        now_s = asyncio.get_running_loop().time()
        sending = [camera for camera in self._cameras if camera.room == room and camera.state(now_s) == "live"]
        if program is None and is_on and sending and room not in self._closing:
            program = RunningProgram(self._config, room, self._outputs, self._switched)
            self.running[room] = program
        if program is None:
            if live.state[DETAILS].show.status == "ended":
                self.lined_up.pop(room, None)
            return
        self._open_with_lined_up(program, sending, now_s)
        for camera in sending:
            program.add(camera)
        self._prefer_real(program, sending)
        if not is_on or program.silent_for_s() > self._config.program_slate_s_max:
            self._end(room)

    def _open_with_lined_up(self, program: RunningProgram, sending: list[LiveCamera], now_s: float) -> None:
        """Before the others are heard, which would begin otherwise; where it does not send yet they do, and it follows."""
        if now_s - program.begun_s > self._config.program_cut_s_max:
            self.lined_up.pop(program.room, None)
            return
        camera = next((camera for camera in sending if camera.id == self.lined_up.get(program.room)), None)
        if camera is not None:
            del self.lined_up[program.room]
            program.add(camera)
            program.prefer(camera.id)

    def _prefer_real(self, program: RunningProgram, sending: list[LiveCamera]) -> None:
        """The test picture, on air because nobody chose anything, gives way to the first camera that shows something."""
        on_air = self._cameras.get(program.mix.on_air or "")
        if program.mix.wanted is None and on_air is not None and on_air.kind == "test":
            real = next((camera for camera in sending if camera.kind != "test"), None)
            if real is not None:
                program.prefer(real.id)

    def _end(self, room: str) -> None:
        """In the background, so that other rooms are not held up by this one's viewers and processes."""
        program = self.running.pop(room)
        self.lined_up.pop(room, None)
        program.finish()
        self._outputs.end(room)
        self._closing[room] = self._closings.once("media close program", self._close(program), of=room)

    async def _close(self, program: RunningProgram) -> None:
        try:
            await program.close()
        finally:
            self._publisher.publish(program.room, None, "end")
            del self._closing[program.room]

    def _switched(self, room: str, switched: Switched) -> None:
        camera = self._cameras.get(switched.camera or "")
        shown = Program(
            camera=switched.camera,
            name=camera.name[:120] if camera is not None else "",
            state="on" if switched.camera is not None else "lost" if switched.reason == "lost" else "slate",
            since_ts=switched.time // 90,
            hls=master_playlist(room),
            whep=f"/media/whep/{room}" if self._config.whep_viewers_max else None,
        )
        self._publisher.publish(room, shown, switched.reason)

    async def _clear_abandoned(self) -> None:
        """Rooms whose program ended with a process before us, and whose cameras do not come back, are told so."""
        await asyncio.sleep(self._config.program_resume_s)
        while True:
            try:
                async with self._database.connection() as connection:
                    rooms = await rooms_with_picture(connection)
            except LivehubError:
                await asyncio.sleep(RETRY_PAUSE_S)
                continue
            for room in rooms:
                if room not in self.running:
                    self._publisher.publish(room, None, "end")
            return
