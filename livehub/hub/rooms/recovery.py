"""Recovery: a client that comes back to a room with its last position gets exactly what it missed, or a fresh snapshot.

What it missed is decided by `room/history.plan_recovery`, from the position, the head and the ring in memory. Mostly that is
the whole answer (`from_memory`), given in one step with the join. Else something must be waited for (`resolve`): the room is
not open here, the ring does not reach back far enough and PostgreSQL does, or the client was served by a process that is
ahead of this one, which has to catch up first.
"""

from livehub.base.db import Database
from livehub.base.errors import Unavailable
from livehub.hub.rooms import log as controls
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.rooms.room import Room
from livehub.hub.settings import HubConfig
from livehub.room import wire
from livehub.room.history import plan_recovery

TRIES = 3

Recovered = tuple[Room, list[wire.Control] | None]
"""The room, and what was missed up to its `position`; None: the client needs the snapshot.

No control message can slip in between that and the caller's next step, as long as it does not await.
"""


class RoomRecovery:
    def __init__(self, config: HubConfig, database: Database, rooms: RoomRegistry) -> None:
        self._config = config
        self._database = database
        self._rooms = rooms

    def from_memory(self, room: str, since: wire.Position | None) -> Recovered | None:
        """The answer if nothing must be waited for, else None."""
        live = self._rooms.get(room)
        if live is None or live.is_behind:
            return None
        if since is None:
            return live, None
        if _is_ahead(since, live):
            return None
        plan = plan_recovery(since, head=live.position, ring=live.ring, recover_max=self._config.control_recover_max)
        if plan.lost:
            return live, None
        return (live, list(plan.missed)) if plan.fetch_after is None else None

    async def resolve(self, room: str, since: wire.Position | None) -> Recovered:
        """The answer, whatever it takes. Raises RoomNotFound, Unavailable."""
        for _ in range(TRIES):
            live = await self._rooms.open(room)
            missed = await self._missed(live, since)
            # Else it was closed for being idle in between, or a message came that nobody here knows.
            if self._rooms.get(room) is live and not live.is_behind:
                return live, missed
        raise Unavailable(retry_after_ms=1_000)

    async def _missed(self, live: Room, since: wire.Position | None) -> list[wire.Control] | None:
        if since is None:
            return None
        if _is_ahead(since, live):
            await self._rooms.catch_up(live)
        most = self._config.control_recover_max
        for _ in range(TRIES):
            plan = plan_recovery(since, head=live.position, ring=live.ring, recover_max=most)
            if plan.lost:
                return None
            if plan.fetch_after is None:
                return list(plan.missed)
            async with self._database.connection() as connection:
                fetched = await controls.controls_after(connection, live.id, since, most)
            missed = [control for control in fetched if control.offset <= live.position.offset]
            if missed and missed[-1].offset != since.offset + len(missed):
                return None  # pruned, or a hole that nothing fills
            if missed and missed[-1].offset == live.position.offset:
                return missed
        return None


def _is_ahead(since: wire.Position, live: Room) -> bool:
    return since.epoch == live.position.epoch and since.offset > live.position.offset
