"""The rooms this process follows: opened when somebody joins or looks, closed when long empty or in the way of others.

At most `rooms_open_max` are open, those being read among them. At that bound the room that nobody has watched for longest
is closed for the new one; only if all have viewers here is the new one refused. So whoever looks at many rooms takes
memory from nobody who watches one. While places are taken by rooms that are being read, the others wait for their turn.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping

from livehub.base.db import Connection as DbConnection
from livehub.base.db import Database
from livehub.base.errors import LivehubError, Unavailable
from livehub.base.metrics import CONTROL_GAPS
from livehub.base.module import ModuleError
from livehub.base.sql import queries
from livehub.base.tasks import Tasks
from livehub.hub.broker import messages
from livehub.hub.broker.broker import Broker
from livehub.hub.rooms import log as controls
from livehub.hub.rooms.bulk_writer import BulkWriter
from livehub.hub.rooms.chat_rows import line_of
from livehub.hub.rooms.counters import RoomCounters
from livehub.hub.rooms.load_meter import LoadMeter
from livehub.hub.rooms.room import Effect, Room, RoomServices
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.connection import Connection
from livehub.room import wire
from livehub.room.controls import Registry
from livehub.room.errors import NotJoined
from livehub.room.history import Arrival
from livehub.room.models import ChatLine
from livehub.room.pace import TickRateController

log = logging.getLogger("livehub.hub.rooms.registry")
Q = queries(__file__, "registry.sql")

FETCH_MAX = 500
CATCH_UP_TRIES = 5  # each reads the room anew; more are needed only while unknown messages keep coming


class RoomRegistry:
    def __init__(
        self,
        config: HubConfig,
        database: Database,
        broker: Broker,
        registry: Registry,
        worker: str,
        *,
        devices_of: Callable[[str], Iterable[Connection]],
        on_loop_lag: Callable[[float], None],
        wall_s: Callable[[], float],
    ) -> None:
        self._config = config
        self._database = database
        self._broker = broker
        self._registry = registry
        self._effects: dict[str, Effect] = {}  # filled by the modules, before any room is open
        self.on_open: list[Callable[[Room], None]] = []  # so are these, which see each room before anybody else does
        self._rooms: dict[str, Room] = {}
        self._opening: dict[str, asyncio.Task[Room]] = {}
        self._reading: dict[str, asyncio.Task[Room]] = {}  # of these, those that have a place
        self._written_meanwhile: set[str] = set()  # of these, those that got a control message while they were read
        self._catching_up: set[str] = set()
        self._tasks = Tasks()
        self._deliveries_of_closed = 0
        self.counters = RoomCounters(database, worker)
        self.pace = TickRateController(
            min_s=config.tick_interval_ms / 1000,
            max_s=config.tick_interval_ms_max / 1000,
            share_max=config.cpu_share_max,
        )
        self._load = LoadMeter(self.pace, on_loop_lag)
        self._services = RoomServices(
            config=config,
            registry=registry,
            effects=self._effects,
            pace=self.pace,
            send=BulkWriter(config.socket_send_loop),
            publish=broker.publish,
            devices_of=devices_of,
            wall_s=wall_s,
        )

    def on_control(self, effects: Mapping[str, Effect]) -> None:
        """What these types of control messages do beside their reducers. Raises ModuleError when one does already."""
        if taken := self._effects.keys() & effects.keys():
            raise ModuleError(f"two modules act on the control message {', '.join(sorted(taken))}")
        self._effects.update(effects)

    # --- life ---

    def start(self) -> None:
        """Begin to measure what rooms cost."""
        self._load.start()

    async def stop(self) -> None:
        """Store what was counted, and let all rooms go."""
        for opening in self._opening.values():
            opening.cancel()
        await self._tasks.stop()
        await self._load.stop()
        for room in self._rooms.values():
            room.stop()
        with contextlib.suppress(LivehubError):
            await self.counters.store(self.all())

    def all(self) -> list[Room]:
        return list(self._rooms.values())

    @property
    def deliveries(self) -> int:
        """Frames handed over in this process, of all rooms that it ever followed."""
        return self._deliveries_of_closed + sum(room.fanout.deliveries for room in self._rooms.values())

    def get(self, room: str) -> Room | None:
        """The room, if it is followed here."""
        return self._rooms.get(room)

    def joined(self, connection: Connection, room: str) -> Room:
        """The room, if the connection has joined it. Raises NotJoined."""
        live = self._rooms.get(room)
        if room not in connection.rooms or live is None:
            raise NotJoined
        return live

    async def open(self, room: str) -> Room:
        """The room, followed from now on. Raises RoomNotFound, Unavailable."""
        known = self._rooms.get(room)
        if known is not None:
            if known.is_behind:
                await self.catch_up(known)
                if known.is_behind:
                    raise Unavailable(retry_after_ms=1_000)
            return known
        opening = self._opening.get(room)
        if opening is None:
            # Not supervised: it is awaited by all who ask, who get what it raises.
            opening = asyncio.get_running_loop().create_task(self._open(room), name=f"open {room}")
            self._opening[room] = opening
            opening.add_done_callback(lambda done: self._opened(room, done))
        return await asyncio.shield(opening)

    def _opened(self, room: str, done: "asyncio.Task[Room]") -> None:
        self._opening.pop(room, None)
        if not done.cancelled():
            done.exception()  # whoever asked has it; if all of them left meanwhile, nobody needs it

    async def _open(self, room: str) -> Room:
        async with self._database.connection() as connection:
            await controls.room_exists(connection, room)
        await self._make_way()
        channel = messages.room_channel(room)
        self._reading[room] = self._opening[room]
        try:
            # Listen before reading: what is committed after the reading then comes by the bus, and what came twice is dropped.
            # With the broker away nothing is confirmed; then the comparison of heads brings it.
            await self._broker.subscribe(channel)
            async with self._database.connection() as connection:
                live = await self._read(connection, room)
                await self.counters.begin(connection, live)
            await self._read_anew(live)
        except BaseException:
            self.counters.end(room)
            await self._broker.unsubscribe(channel)
            raise
        finally:
            del self._reading[room]
            is_behind = room in self._written_meanwhile
            self._written_meanwhile.discard(room)
        self._rooms[room] = live
        live.start()
        self._tell_of(live)
        if is_behind:
            self.catch_up_soon(live)
        return live

    def _tell_of(self, live: Room) -> None:
        for act in self.on_open:
            try:
                act(live)
            except Exception:
                log.exception("rooms.open_failed", extra={"room": live.id})

    async def _read_anew(self, live: Room) -> None:
        """What was written while the room was read may have come after that. Raises Unavailable."""
        for _ in range(CATCH_UP_TRIES):
            if live.id not in self._written_meanwhile:
                return
            self._written_meanwhile.discard(live.id)
            await self.catch_up(live)

    async def _read(self, connection: DbConnection, room: str) -> Room:
        stored = await controls.stored_room(connection, self._registry, room)
        live = Room(self._services, stored, await self.counters.likes_of(connection, room))
        live.chat.count = await connection.fetchval(Q["chat_count"], room) or 0
        recent = await connection.fetch(Q["recent_chats"], room, self._config.chat_history_max)
        live.chat.recent.extend(line_of(row) for row in reversed(recent))
        return live

    async def _make_way(self) -> None:
        """Close rooms without viewers until there is a place for one more. Raises Unavailable."""
        full = Unavailable("Too many rooms are open here.", retry_after_ms=1_000)
        try:
            async with asyncio.timeout(self._config.db_timeout_s):
                while len(self._rooms) + len(self._reading) >= self._config.rooms_open_max:
                    empty = [room for room in self._rooms.values() if not room.fanout.members]
                    if empty:
                        await self._close_empty(min(empty, key=lambda room: room.idle_since_s or 0.0))
                    elif self._reading:
                        await asyncio.wait(self._reading.values(), return_when=asyncio.FIRST_COMPLETED)
                    else:
                        raise full
        except TimeoutError:
            raise full from None

    async def close_idle(self) -> None:
        """Close rooms that nobody has watched here for `room_idle_s`."""
        now_s = time.monotonic()
        for live in self.all():
            is_idle = live.idle_since_s is not None and now_s - live.idle_since_s > self._config.room_idle_s
            if is_idle and not live.fanout.members:
                await self._close_empty(live)

    async def _close_empty(self, live: Room) -> None:
        """Close a room when what it counted is stored, unless somebody came meanwhile. Raises Unavailable."""
        await self.counters.store_room(live, self.all())
        if not live.fanout.members and self._rooms.get(live.id) is live:
            await self.close(live)

    async def close(self, live: Room) -> None:
        """Follow the room no more."""
        del self._rooms[live.id]
        live.stop()
        self._deliveries_of_closed += live.fanout.deliveries
        self.counters.end(live.id)
        await self._broker.unsubscribe(messages.room_channel(live.id))

    async def close_deleted(self, live: Room) -> None:
        """PostgreSQL has the room no more. Viewers are sent away; when they join again they hear that it is not found."""
        log.warning("rooms.deleted", extra={"room": live.id})
        live.send_away()
        await self.close(live)

    # --- the log ---

    def committed(self, control: wire.Control) -> None:
        """A control message was committed by this process: apply it here, tell the others."""
        self._broker.publish(messages.room_channel(control.room), messages.encode(messages.published(control)))
        self.arrived(control)

    def arrived(self, control: wire.Control) -> None:
        """A control message came, from here or by the bus."""
        live = self._rooms.get(control.room)
        if live is None:
            if control.room in self._reading:
                self._written_meanwhile.add(control.room)
            return
        kind = live.follow(control)
        if kind in (Arrival.GAP, Arrival.OTHER_EPOCH):
            CONTROL_GAPS.inc()
            self.catch_up_soon(live)
        elif live.is_behind:
            self.catch_up_soon(live)

    def catch_up_soon(self, live: Room) -> None:
        """Bring the room to PostgreSQL's head, in the background."""
        if live.id not in self._catching_up:
            self._catching_up.add(live.id)
            self._tasks.once("room catch-up", self._catch_up_once(live), of=live.id)

    async def _catch_up_once(self, live: Room) -> None:
        try:
            with contextlib.suppress(LivehubError):  # PostgreSQL is away: the next comparison of heads tries again
                await self.catch_up(live)
        finally:
            self._catching_up.discard(live.id)

    async def catch_up(self, live: Room) -> None:
        """Bring the room to PostgreSQL's head. Raises Unavailable."""
        async with self._database.connection() as connection:
            for _ in range(CATCH_UP_TRIES):
                stored = await controls.stored_room(connection, self._registry, live.id)
                if stored.position.epoch != live.position.epoch:
                    live.restart(stored.position, stored.state)
                    return
                if not await self._follow_to(connection, live, stored.position):
                    live.restart(stored.position, stored.state)
                    return
                if live.adopt(stored):
                    return

    async def _follow_to(self, connection: DbConnection, live: Room, head: wire.Position) -> bool:
        """Whether the log led there without a hole."""
        while live.position.offset < head.offset:
            before = live.position
            fetched = await controls.controls_after(connection, live.id, before, FETCH_MAX)
            if not fetched or fetched[0].offset != before.offset + 1:
                return False
            for control in fetched:
                live.follow(control)
        return True

    # --- what passes ---

    def say(self, room: str, line: ChatLine) -> None:
        """A line that comes from an endpoint and not from a viewer's connection here."""
        live = self._rooms.get(room)
        if live is not None:
            live.say(line)
            return
        delta = messages.RoomDelta(worker=self.counters.worker, chats=[line])
        self._broker.publish(messages.room_channel(room), messages.encode(delta))

    def merge(self, channel: str, delta: messages.RoomDelta) -> None:
        live = self._rooms.get(messages.room_of(channel) or "")
        if live is not None and delta.worker not in self.counters.own_names:
            live.merge(delta)
