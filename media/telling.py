"""Who sees what, told: to rooms, as control messages; to staff, once a second, with the health of every camera.

A control message is written once the picture has changed. While PostgreSQL is away the newest state waits, because an older
one would be of no use to anybody.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.errors import LivehubError, Unavailable
from livehub.hub.hub import Hub
from livehub.room import wire
from livehub.room.shown import Program
from media.bodies import CameraList
from media.ingest.camera import LiveCamera
from media.ingest.cameras import StoredCamera, cameras_of_rooms, rooms_with_picture
from media.program.running import RunningProgram
from media.stream import Streams

log = logging.getLogger("livehub.media.telling")

TELL_PAUSE_S = 1.0
TELL_LATER_S = 0.05


class Media(Protocol):
    """What there is to tell of."""

    cameras: dict[str, LiveCamera]
    programs: dict[str, RunningProgram]
    streams: Streams


class Telling:
    """See the module. `listed`: the cameras of a room as staff see them."""

    def __init__(
        self,
        config: Config,
        database: Database,
        hub: Hub,
        media: Media,
        listed: Callable[[str, list[StoredCamera]], CameraList],
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._database = database
        self._hub = hub
        self._media = media
        self._listed = listed
        self._now_s = now_s
        self._waiting: dict[str, tuple[Program | None, wire.ProgramReason]] = {}
        self._tell_now = asyncio.Event()

    def tasks(self) -> list[asyncio.Task[None]]:
        """Begin; whoever stops cancels them."""
        return [
            asyncio.create_task(self._tell_forever(), name="media tell"),
            asyncio.create_task(self._tell_staff_forever(), name="media staff"),
            asyncio.create_task(self._clear_pictures(), name="media clear"),
        ]

    def tell(self, room: str, program: Program | None, reason: wire.ProgramReason) -> None:
        """What the room sees from now on. Written as soon as it can be; of several that wait only the newest."""
        self._waiting[room] = (program, reason)
        self._tell_now.set()

    async def _tell_forever(self) -> None:
        while True:
            await self._tell_now.wait()
            self._tell_now.clear()
            for room, (program, reason) in list(self._waiting.items()):
                if program is not None and not self._media.streams.is_told(room):
                    self._tell_later()  # or players would ask for a playlist that is not there yet
                    continue
                try:
                    await self._write(room, program, reason)
                except Unavailable:
                    self._tell_now.set()
                    await asyncio.sleep(TELL_PAUSE_S)
                    continue
                except Exception:  # said again it would fail again; the other rooms have to be told
                    log.exception("media.tell_failed", extra={"room": room})
                if self._waiting.get(room) == (program, reason):
                    del self._waiting[room]
                else:
                    self._tell_now.set()

    def _tell_later(self) -> None:
        asyncio.get_running_loop().call_later(TELL_LATER_S, self._tell_now.set)

    async def _write(self, room: str, program: Program | None, reason: wire.ProgramReason) -> None:
        data = wire.CameraSwitched(program=program, reason=reason)
        async with self._database.transaction() as tx:
            locked = await self._hub.controls.locked(tx, room)
            if locked.state.view.program != program:
                await self._hub.controls.write(locked, data, now_ms=int(self._now_s() * 1000))

    async def _clear_pictures(self) -> None:
        """Rooms whose picture ended with a process before us, and whose cameras do not come back, are told so."""
        await asyncio.sleep(self._config.program_resume_s)
        while True:
            try:
                async with self._database.connection() as connection:
                    rooms = await rooms_with_picture(connection)
            except LivehubError:
                await asyncio.sleep(TELL_PAUSE_S)
                continue
            for room in rooms:
                if room not in self._media.programs:
                    self.tell(room, None, "end")
            return

    async def _tell_staff_forever(self) -> None:
        while True:
            await asyncio.sleep(TELL_PAUSE_S)
            rooms = {camera.room for camera in self._media.cameras.values()}
            open_ = {room: live for room in rooms if (live := self._hub.rooms.get(room)) is not None}
            if not open_:
                continue
            try:
                async with self._database.connection() as connection:
                    stored: Mapping[str, list[StoredCamera]] = await cameras_of_rooms(connection, list(open_))
            except LivehubError:
                continue
            for room, live in open_.items():
                cameras = msgspec.to_builtins(self._listed(room, stored.get(room, [])))
                live.tell_staff(wire.Staff(room=room, type="cameras", ts=int(self._now_s() * 1000), data=cameras))
