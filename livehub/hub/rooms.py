"""The rooms this process follows: opened when somebody joins, kept in step with PostgreSQL, closed when long empty.

In step means: every control message that PostgreSQL has is applied here once and in order, whatever the bus loses. Three
things see to it: the bus brings the message (fast); a hole in the offsets is fetched at once; and every `control_sync_s`
(much more often while the bus is away) the heads are compared.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.errors import LivehubError, Unavailable
from livehub.base.metrics import CONTROL_GAPS
from livehub.base.sql import queries
from livehub.hub import control as controls
from livehub.hub import messages
from livehub.hub.bus import Bus
from livehub.hub.liveroom import LiveRoom
from livehub.hub.sending import Sending
from livehub.hub.tallies import Tallies
from livehub.hub.ticking import Ticking
from livehub.room import wire
from livehub.room.history import Arrival, owed
from livehub.room.shown import ChatLine
from livehub.room.state import Bounds

log = logging.getLogger("livehub.hub.rooms")
Q = queries(__file__, "rooms.sql")

FETCH_MAX = 500
JOIN_TRIES = 3


class LiveRooms:
    """See the module."""

    def __init__(
        self,
        config: Config,
        database: Database,
        bus: Bus,
        bounds: Bounds,
        worker: str,
        late: Callable[[float], None],
        now_s: Callable[[], float],
    ) -> None:
        """`late(s)` hears how late the event loop is."""
        self._config = config
        self._database = database
        self._bus = bus
        self._bounds = bounds
        self._now_s = now_s
        self._rooms: dict[str, LiveRoom] = {}
        self._opening: dict[str, asyncio.Future[LiveRoom]] = {}
        self._catching_up: dict[str, asyncio.Task[None]] = {}
        self._tallies = Tallies(database, worker)
        self._tasks: list[asyncio.Task[None]] = []
        self._sync_now = asyncio.Event()
        self._deliveries_of_closed = 0
        self.also: list[Callable[[], Awaitable[None]]] = []  # what else is compared with PostgreSQL each time
        self._deliver = Sending(config.socket_send_loop)
        self.ticking = Ticking(config, self._tell_others, late, now_s)

    # --- life ---

    def start(self) -> None:
        """Begin to compare heads."""
        self.ticking.start()
        self._tasks = [asyncio.create_task(self._sync_forever(), name="room sync")]

    async def stop(self) -> None:
        """Store tallies and let all rooms go."""
        for task in (*self._tasks, *self._catching_up.values()):
            task.cancel()
        self.ticking.stop()
        with contextlib.suppress(LivehubError):
            await self._tallies.store(self.all(), self._now_s())
        for room in self._rooms.values():
            room.fanout.stop()

    def all(self) -> list[LiveRoom]:
        """The rooms followed now."""
        return list(self._rooms.values())

    @property
    def deliveries(self) -> int:
        """Frames handed over in this process, of all rooms that it ever followed."""
        return self._deliveries_of_closed + sum(live.fanout.deliveries for live in self._rooms.values())

    def get(self, room: str) -> LiveRoom | None:
        """The room, if it is followed here."""
        return self._rooms.get(room)

    async def open(self, room: str) -> LiveRoom:
        """The room, followed from now on. Raises RoomNotFound, Unavailable."""
        known = self._rooms.get(room)
        if known is not None:
            return known
        opening = self._opening.get(room)
        if opening is None:
            opening = asyncio.ensure_future(self._open(room))
            self._opening[room] = opening
            opening.add_done_callback(lambda _: self._opening.pop(room, None))
        return await asyncio.shield(opening)

    async def _open(self, room: str) -> LiveRoom:
        if len(self._rooms) >= self._config.rooms_open_max:
            raise Unavailable("Too many rooms are open here.", retry_after_ms=1_000)
        async with self._database.connection() as connection:
            stored = await controls.stored_room(connection, room)
            # Listen before reading: what is committed after the reading then comes by the bus, and SEEN ones are dropped.
            await self._bus.subscribe(messages.room_channel(room))
            stored = await controls.stored_room(connection, room)
            likes = await self._tallies.likes_of(connection, room)
            chats = await connection.fetchval(Q["chat_count"], room)
            recent = await connection.fetch(Q["recent_chats"], room, self._config.chat_history_max)
            ticked = partial(self.ticking.ticked, room)
            live = LiveRoom(self._config, self._bounds, room, stored, likes, self._deliver, ticked, self.ticking.along)
            await self._tallies.begin(connection, live)
        live.recent.extend(_line(row) for row in reversed(recent))
        live.chats = chats
        live.idle_since_s = self._now_s()
        self._rooms[room] = live
        live.fanout.start(room)
        self.ticking.follow(live)
        return live

    async def _close(self, live: LiveRoom) -> None:
        del self._rooms[live.id]
        self.ticking.drop(live.id)
        live.fanout.stop()
        self._deliveries_of_closed += live.fanout.deliveries
        self._tallies.end(live.id)
        await self._bus.unsubscribe(messages.room_channel(live.id))

    # --- control ---

    def committed(self, control: wire.Control) -> None:
        """A control message was committed by this process: apply it here, tell the others."""
        self._bus.publish(messages.room_channel(control.room), messages.encode(messages.Committed(control=control)))
        self.arrived(control)

    def arrived(self, control: wire.Control) -> None:
        """A control message came, from here or by the bus."""
        live = self._rooms.get(control.room)
        if live is None:
            return
        kind = live.follow(control)
        if kind in (Arrival.GAP, Arrival.FOREIGN):
            CONTROL_GAPS.inc()
            self._catch_up_soon(live)

    def resync(self) -> None:
        """Compare heads now."""
        self._sync_now.set()

    def _catch_up_soon(self, live: LiveRoom) -> None:
        if live.id not in self._catching_up:
            task = asyncio.create_task(self._catch_up_quietly(live), name=f"catch up {live.id}")
            self._catching_up[live.id] = task
            task.add_done_callback(lambda _: self._catching_up.pop(live.id, None))

    async def _catch_up_quietly(self, live: LiveRoom) -> None:
        with contextlib.suppress(LivehubError):  # PostgreSQL is away: the next comparison of heads tries again
            await self.catch_up(live)

    async def catch_up(self, live: LiveRoom) -> None:
        """Bring the room to PostgreSQL's head. Raises Unavailable."""
        async with self._database.connection() as connection:
            stored = await controls.stored_room(connection, live.id)
            if stored.position.epoch != live.position.epoch:
                live.restart(stored.position, stored.state)
                return
            while live.position.offset < stored.position.offset:
                before = live.position
                fetched = await controls.controls_after(connection, live.id, before, FETCH_MAX)
                if not fetched or fetched[0].offset != before.offset + 1:  # the log has a hole: nothing to catch up by
                    live.restart(stored.position, stored.state)
                    return
                for control in fetched:
                    live.follow(control)

    async def _sync_forever(self) -> None:
        while True:
            pause_s = self._config.control_sync_s if self._bus.connected else self._config.control_sync_degraded_s
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._sync_now.wait()
            self._sync_now.clear()
            try:
                await self._sync()
            except LivehubError:
                continue  # the database module has said so; the next round tries again
            except Exception:
                log.exception("rooms.sync_failed")

    async def _sync(self) -> None:
        if self._rooms:
            async with self._database.connection() as connection:
                heads = await controls.heads(connection, list(self._rooms))
            for room, head in heads.items():
                live = self._rooms.get(room)
                if live is not None and (head.epoch != live.position.epoch or head.offset > live.position.offset):
                    self._catch_up_soon(live)
            await self._tallies.store(self.all(), self._now_s())
        for catch_up in self.also:
            await catch_up()
        now_s = self._now_s()
        for live in self.all():
            idle_s = now_s - live.idle_since_s if live.idle_since_s is not None else 0.0
            if idle_s > self._config.room_idle_s and not live.fanout.members:
                await self._close(live)

    # --- joining ---

    def ready_now(self, room: str, since: wire.Position | None) -> tuple[LiveRoom, list[wire.Control] | None] | None:
        """As `ready`, if nothing must be waited for; else None."""
        live = self._rooms.get(room)
        if live is None or since is None:
            return None if live is None else (live, None)
        if since.epoch == live.position.epoch and since.offset > live.position.offset:
            return None
        debt = owed(since, head=live.position, ring=live.ring, recover_max=self._config.control_recover_max)
        if debt.lost:
            return live, None
        return (live, list(debt.missed)) if debt.fetch_after is None else None

    async def ready(self, room: str, since: wire.Position | None) -> tuple[LiveRoom, list[wire.Control] | None]:
        """The room and what a client that stands at `since` is owed of it (see `owed`). Raises RoomNotFound, Unavailable."""
        for _ in range(JOIN_TRIES):
            live = await self.open(room)
            missed = await self.owed(live, since)
            if self._rooms.get(room) is live:  # else it was closed for being idle in between
                return live, missed
        raise Unavailable(retry_after_ms=1_000)

    async def owed(self, live: LiveRoom, since: wire.Position | None) -> list[wire.Control] | None:
        """What a client that stands at `since` missed, up to `live.position`; None: it needs the snapshot.

        No control message can slip in between the return and the caller's next step, as long as that does not await.
        """
        if since is None:
            return None
        if since.epoch == live.position.epoch and since.offset > live.position.offset:
            await self.catch_up(live)  # the client was served by a process that is ahead of this one
        for _ in range(JOIN_TRIES):
            debt = owed(since, head=live.position, ring=live.ring, recover_max=self._config.control_recover_max)
            if debt.lost:
                return None
            if debt.fetch_after is None:
                return list(debt.missed)
            async with self._database.connection() as connection:
                fetched = await controls.controls_after(connection, live.id, since, self._config.control_recover_max)
            if fetched and fetched[0].offset != since.offset + 1:
                return None  # pruned
            missed = [control for control in fetched if control.offset <= live.position.offset]
            if missed and missed[-1].offset == live.position.offset:
                return missed
        return None

    # --- what passes ---

    def said(self, room: str, line: ChatLine) -> None:
        """A line that comes from an endpoint and not from a viewer's connection here."""
        live = self._rooms.get(room)
        if live is not None:
            live.say(line)
            self.wake(room)
            return
        self._tell_others(room, messages.Batch(worker=self._tallies.worker, chats=[line]))

    def merge(self, room: str, batch: messages.Batch) -> None:
        """Another process's batch came."""
        live = self._rooms.get(room)
        if live is not None and batch.worker not in self._tallies.own_names:
            live.merge(batch, self._now_s())
            self.wake(room)

    def wake(self, room: str) -> None:
        """Something waits for the room's next tick."""
        self.ticking.wake(room)

    def _tell_others(self, room: str, batch: messages.Batch) -> None:
        self._bus.publish(messages.room_channel(room), messages.encode(batch))


def _line(row: Any) -> ChatLine:
    return ChatLine(
        id=row["id"], user=row["user_id"], name=row["name"], role=row["role"], text=row["text"], ts=row["ts"]
    )  # fmt: skip
