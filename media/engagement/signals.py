"""How rooms are moved while they are recorded, in steps of five seconds, for highlights (media/engagement/highlights.py)."""

import logging
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from livehub.base.db import Connection, Database
from livehub.base.errors import LivehubError
from livehub.hub.hub import Hub
from livehub.hub.rooms.room_orders import RoomOrders
from media.engagement.highlights import STEP_MS
from media.engagement.repository import store_signals

log = logging.getLogger("livehub.media.signals")

SETTLED_MS = 2_000  # chat and control messages of a step are in PostgreSQL by then
LIKES_MAX = 2**31 - 1  # of a step, which is what its column holds
STEPS_MAX = 720  # that wait while PostgreSQL is away; the oldest go


class _Room(Struct):
    step_ts: int  # the running step
    likes: int | None  # at its beginning
    steps: deque[tuple[int, int]]  # (at_ts, likes), complete


class EngagementSampler:
    """Likes are counted in memory; chat, what the host did and orders are in PostgreSQL already. `orders()`: who counts these,
    None in an installation without a shop.
    """

    def __init__(self, database: Database, hub: Hub, orders: Callable[[], RoomOrders | None]) -> None:
        self._database = database
        self._hub = hub
        self._orders = orders
        self._rooms: dict[str, _Room] = {}
        self._ended: list[tuple[str, _Room]] = []

    def begin(self, room: str, now_ms: int) -> None:
        self._rooms[room] = _Room(now_ms // STEP_MS * STEP_MS, self._likes(room), deque(maxlen=STEPS_MAX))

    def end(self, room: str) -> None:
        """It is over; what was counted is stored still."""
        ended = self._rooms.pop(room, None)
        if ended is not None:
            self._ended = [*self._ended[-STEPS_MAX:], (room, ended)]

    def count(self, now_ms: int) -> None:
        """Look at the likes; to be called once a step."""
        for room, counted in self._rooms.items():
            self._count(room, counted, now_ms)

    async def store(self, now_ms: int) -> None:
        """Store the steps that are complete. Raises Unavailable; nothing is lost by it."""
        for room, counted in [*self._rooms.items(), *self._ended]:
            try:
                await self._store(room, counted, now_ms)
            except LivehubError:
                raise
            except Exception:  # of this room, which may be gone
                log.exception("signals.not_stored", extra={"room": room})
                counted.steps.clear()
        self._ended = [(room, counted) for room, counted in self._ended if counted.steps]

    async def _store(self, room: str, counted: _Room, now_ms: int) -> None:
        while counted.steps and counted.steps[0][0] + STEP_MS + SETTLED_MS <= now_ms:
            at_ts, likes = counted.steps[0]
            async with self._database.connection() as connection:
                orders = await self._orders_between(connection, room, at_ts, at_ts + STEP_MS)
                await store_signals(connection, room, at_ts, at_ts + STEP_MS, likes=likes, orders=orders)
            if counted.steps and counted.steps[0] == (at_ts, likes):
                counted.steps.popleft()

    async def _orders_between(self, connection: Connection, room: str, from_ts: int, to_ts: int) -> int:
        orders = self._orders()
        return 0 if orders is None else await orders.made_between(connection, room, from_ts, to_ts)

    def _count(self, room: str, counted: _Room, now_ms: int) -> None:
        """Likes since the last look belong to the step that has ended; of several, to the first."""
        if now_ms < counted.step_ts + STEP_MS:
            return
        likes = self._likes(room)
        risen = max(0, likes - counted.likes) if likes is not None and counted.likes is not None else 0
        risen = min(risen, LIKES_MAX)
        counted.likes = likes if likes is not None else counted.likes
        while counted.step_ts + STEP_MS <= now_ms:
            counted.steps.append((counted.step_ts, risen))
            counted.step_ts += STEP_MS
            risen = 0

    def _likes(self, room: str) -> int | None:
        live = self._hub.rooms.get(room)
        return live.likes.total if live is not None else None
