"""Keeps what this process follows in step with PostgreSQL, whatever the bus loses.

In step means: every control message that PostgreSQL has is applied here once and in order. Three things see to it: the bus
brings the message (fast); a hole in the offsets is fetched at once; and every `control_sync_s` (much more often while the bus
is away) the heads are compared, here. Other parts compare themselves at the same pace (`add_reconciler`).
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.tasks import Tasks
from livehub.hub.broker.broker import Broker
from livehub.hub.rooms import log as controls
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.settings import HubConfig
from livehub.room.wire import Position

log = logging.getLogger("livehub.hub.rooms.sync")

Step = Callable[[], Awaitable[None]]


class RoomSync:
    def __init__(
        self,
        config: HubConfig,
        database: Database,
        broker: Broker,
        rooms: RoomRegistry,
    ) -> None:
        self._config = config
        self._database = database
        self._broker = broker
        self._rooms = rooms
        self._steps: list[Step] = [rooms.close_idle, self._compare_heads, self._store_counters]
        self._now = asyncio.Event()
        self._tasks = Tasks()

    def add_reconciler(self, step: Step) -> None:
        """Have a part compare itself with PostgreSQL, too; `step` may raise Unavailable."""
        self._steps.append(step)

    def start(self) -> None:
        self._tasks.start("room sync", self._sync_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    def sync_now(self) -> None:
        """Don't wait for the next time."""
        self._now.set()

    async def _sync_forever(self) -> None:
        while True:
            pause_s = self._config.control_sync_s if self._broker.connected else self._config.control_sync_degraded_s
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._now.wait()
            self._now.clear()
            await self._sync()

    async def _sync(self) -> None:
        """Every step, whatever another raised; the first defect is raised in the end, for the supervisor to count."""
        defect: Exception | None = None
        for step in self._steps:
            try:
                await step()
            except LivehubError:
                continue  # PostgreSQL is away: the database module has said so, and the next round tries again
            except Exception as error:  # noqa: BLE001
                defect = defect or error
        if defect is not None:
            raise defect

    async def _compare_heads(self) -> None:
        followed = self._rooms.all()
        if not followed:
            return
        async with self._database.connection() as connection:
            heads = await controls.heads(connection, [live.id for live in followed])
        for live in followed:
            if live.id not in heads and self._rooms.get(live.id) is live:
                await self._rooms.close_deleted(live)
        self._compare(heads)

    def _compare(self, heads: dict[str, Position]) -> None:
        for room, head in heads.items():
            live = self._rooms.get(room)
            if live is not None and (
                live.is_behind or head.epoch != live.position.epoch or head.offset > live.position.offset
            ):
                self._rooms.catch_up_soon(live)

    async def _store_counters(self) -> None:
        if rooms := self._rooms.all():
            await self._rooms.counters.store(rooms)
