"""Publishes program changes to rooms, as control messages.

A control message is written once the picture has changed. While PostgreSQL is away the newest state of each room waits,
because an older one would be of no use to anybody.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from livehub.base.db import Database
from livehub.base.errors import Unavailable
from livehub.base.tasks import Tasks
from livehub.hub.hub import Hub
from media.room_messages import PICTURE, CameraSwitched, Program, ProgramReason

log = logging.getLogger("livehub.media.status")

RETRY_PAUSE_S = 1.0
UNPUBLISHED_PAUSE_S = 0.05


class StatusPublisher:
    """`is_published(room)`: whether players find the room's stream by now."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        is_published: Callable[[str], bool],
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._hub = hub
        self._is_published = is_published
        self._now_s = now_s
        self._waiting: dict[str, tuple[Program | None, ProgramReason]] = {}
        self._wake = asyncio.Event()
        self._tasks = Tasks()

    def start(self) -> None:
        self._tasks.start("media status", self._publish_forever)

    async def stop(self) -> None:
        """What was not written is for the next process to find out."""
        await self._tasks.stop()

    def publish(self, room: str, program: Program | None, reason: ProgramReason) -> None:
        """What the room sees from now on. Written as soon as it can be; of several that wait only the newest."""
        self._waiting[room] = (program, reason)
        self._wake.set()

    async def _publish_forever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for room, (program, reason) in list(self._waiting.items()):
                if program is not None and not self._is_published(room):
                    self._wake_later()  # or players would ask for a playlist that is not there yet
                    continue
                try:
                    await self._write(room, program, reason)
                except Unavailable:
                    self._wake.set()
                    await asyncio.sleep(RETRY_PAUSE_S)
                    continue
                except Exception:  # written again it would fail again; the other rooms have to be told
                    log.exception("media.status_failed", extra={"room": room})
                if self._waiting.get(room) == (program, reason):
                    del self._waiting[room]
                else:
                    self._wake.set()

    def _wake_later(self) -> None:
        asyncio.get_running_loop().call_later(UNPUBLISHED_PAUSE_S, self._wake.set)

    async def _write(self, room: str, program: Program | None, reason: ProgramReason) -> None:
        data = CameraSwitched(program=program, reason=reason)
        async with self._database.transaction() as tx:
            locked = await self._hub.controls.lock_room(tx, room)
            if locked.state[PICTURE].program != program:
                await self._hub.controls.write(locked, data, now_ms=int(self._now_s() * 1000))
