"""The engine of one process: sockets, rooms and the broker, made and connected, started and stopped together. Wiring only."""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from livehub.base import tasks
from livehub.base.auth import Tokens
from livehub.base.clock import Clock
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Endpoint
from livehub.base.ids import short_id
from livehub.base.metrics import CALLBACKS
from livehub.base.module import ALL_ROLES, Job, Part, ProcessRole, SocketEvent
from livehub.hub.broker import messages
from livehub.hub.broker.broker import Broker
from livehub.hub.broker.dispatch import MessageDispatch
from livehub.hub.health import Health
from livehub.hub.rooms.api import RoomApi
from livehub.hub.rooms.counters import ENDED_AFTER
from livehub.hub.rooms.counters import Q as COUNTERS
from livehub.hub.rooms.hosts import HOST_EFFECTS, HostedRooms
from livehub.hub.rooms.hosts_api import HostsApi
from livehub.hub.rooms.listing import RoomListing
from livehub.hub.rooms.log import RoomLog
from livehub.hub.rooms.membership import Membership
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.rooms.sync import RoomSync
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.connection import Connection, Dropped
from livehub.hub.sockets.registry import ConnectionRegistry
from livehub.hub.sockets.router import Counts, Handler, SocketRouter
from livehub.hub.sockets.session_forwarding import SessionForwarding
from livehub.people.blocked.blocks import Blocks
from livehub.room import wire
from livehub.room.controls import Registry

if TYPE_CHECKING:
    from livehub.hub.sockets.server import SocketServer

TOKEN_COST = 2.0  # of a socket's allowance (SocketEvent.cost): a signature is checked


class Hub(Part):
    """The engine under what viewers do in rooms. Features reach it by these, from their own module:

    rooms, controls, bus   to follow and change rooms, and to speak to the other processes
    dispatch               messages of theirs on the bus: `on(kind, reader)`
    clients                who is connected, comes and goes: `of_person`, `connected`, `disconnected`
    membership             `checks` that a join has to pass
    rooms.on_control       what a control message does beside its reducer
    rooms.on_open          what to do with a room that is followed from now on
    hosted                 in which rooms somebody is host, co-host or expert
    sync                   `add_reconciler`: comparing with PostgreSQL what the bus may have lost
    """

    def __init__(  # noqa: PLR0913  (what it is wired to)
        self,
        config: HubConfig,
        database: Database,
        tokens: Tokens,
        *,
        registry: Registry,
        handover: SessionForwarding | None,
        clock: Clock,
        roles: frozenset[ProcessRole] = ALL_ROLES,
        of_rooms: Mapping[str, str] | None = None,
        blocks: Blocks | None = None,
    ) -> None:
        """In a process that neither holds sockets nor media, messages are written and published, and no room is followed."""
        self._database = database
        self._now_s = now_s = clock.now_s
        self.holds_sockets = ProcessRole.SOCKETS in roles
        self._follows_rooms = self.holds_sockets or ProcessRole.MEDIA in roles
        self.worker = short_id(secrets.token_bytes(5))
        self.dispatch = MessageDispatch()
        self.bus = Broker(config, receive=self.dispatch.received, on_change=self._bus_changed)
        self._router = SocketRouter(config)
        self.clients = ConnectionRegistry(config, tokens, self._router, clock=clock)
        self.rooms = RoomRegistry(
            config,
            database,
            self.bus,
            registry,
            self.worker,
            devices_of=self.clients.of_person,
            on_loop_lag=self._on_loop_lag,
            wall_s=now_s,
        )
        self.membership = Membership(config, database, self.rooms)
        self.clients.disconnected.append(self.membership.disconnected)
        self.listing = RoomListing(config, database, registry, self.rooms)
        self.controls = RoomLog(registry, self._committed)
        self.sync = RoomSync(config, database, self.bus, self.rooms)
        self._health = Health(database, self.bus, on_state=self._tell_state, on_database=self.sync.sync_now)
        self._sockets = _socket_server(config, self.clients, handover) if self.holds_sockets else None
        self.hosted = HostedRooms(database, of_rooms or {})
        self._room_api = RoomApi(config, database, self.controls, self.rooms, self.listing, self.hosted)
        self._hosts_api = HostsApi(config, database, self.controls, blocks)
        self.rooms.on_control(HOST_EFFECTS)
        self.dispatch.on(messages.RoomDelta, self.rooms.merge)
        self.dispatch.on(messages.ControlPublished, lambda _channel, message: self.rooms.arrived(message.control))
        self._watch_figures()

    def endpoints(self) -> Sequence[Endpoint]:
        return [*self._room_api.endpoints(), *self._hosts_api.endpoints()]

    async def person_erased(self, tx: Transaction, person: str, stand_in: str, *, now_ms: int) -> None:
        del stand_in
        await self._hosts_api.forget(tx, person, now_ms=now_ms)

    def socket_handlers(self) -> Mapping[str, Handler]:
        return {**self.membership.handlers(), "token": self._renew}

    def _renew(self, connection: Connection, body: wire.NewToken) -> wire.Done:
        connection.charge(TOKEN_COST, time.monotonic())
        self.clients.renew(connection, body.token)
        return wire.Done()

    def listen_to(self, events: Iterable[tuple[SocketEvent, Handler]]) -> None:
        """Take these events of clients, of whichever modules they are."""
        for event, handler in events:
            self._router.on(event, handler)
            read = partial(Counts.events.__getitem__, event.name)
            CALLBACKS.watch(f"livehub_events_{event.name}", f"Events {event.name} taken", read, kind="counter")

    def jobs(self) -> Sequence[Job]:
        """Adding up the counts of processes that have ended."""
        return [Job(name="counters.merge", run=self._merge_dead_workers, cron="17 * * * *")]

    async def _merge_dead_workers(self, timestamp: int) -> None:
        del timestamp
        async with self._database.transaction() as tx:
            await tx.connection.execute(COUNTERS["merge_dead_workers"], ENDED_AFTER)

    @property
    def sockets(self) -> "SocketServer":
        """The server of sockets, in a process that holds them."""
        assert self._sockets is not None
        return self._sockets

    def attach(self, app: web.Application) -> None:
        if self._sockets is not None:
            self._sockets.attach(app)

    async def start(self) -> None:
        """Start every part; nothing here waits for PostgreSQL or Valkey to be there."""
        self.bus.start()
        self._health.start()
        if self._follows_rooms:
            self.rooms.start()
            self.sync.start()
        if self.holds_sockets:
            self.sockets.start()

    async def drain(self) -> None:
        """Send clients away."""
        if self._sockets is not None:
            await self._sockets.stop()

    async def stop(self) -> None:
        """Store what waits, stop every part."""
        await self._health.stop()
        await self.sync.stop()
        await self.rooms.stop()
        await self.bus.stop()

    @property
    def database_reached(self) -> bool:
        """Whether PostgreSQL has ever answered."""
        return self._health.database_reached

    def away(self) -> list[str]:
        """What is missing now, by name; empty when all is well."""
        return self._health.away()

    def _on_loop_lag(self, lag_s: float) -> None:
        self.clients.admission.lag_s = lag_s

    def _committed(self, control: wire.Control) -> None:
        self.listing.changed()
        self.rooms.committed(control)

    # --- what comes and goes ---

    def _bus_changed(self) -> None:
        self.sync.sync_now()
        self._health.tell()

    def _tell_state(self, degraded: bool) -> None:
        if degraded != (self.clients.notice is not None):
            notice = wire.Notice(type="degraded", ts=int(self._now_s() * 1000)) if degraded else None
            self.clients.tell_all(notice)

    def _watch_figures(self) -> None:
        rooms = self.rooms
        CALLBACKS.watch("livehub_sockets", "Sockets open", lambda: len(self.clients.connections))
        CALLBACKS.watch("livehub_rooms_followed", "Rooms in memory", lambda: len(rooms.all()))
        CALLBACKS.watch("livehub_tasks_failing", "Background tasks that keep failing", lambda: len(tasks.failing()))
        CALLBACKS.watch("livehub_bus_up", "Whether Valkey is there", lambda: float(self.bus.connected))
        CALLBACKS.watch("livehub_database_up", "Whether PostgreSQL is there", lambda: float(self._health.database_up))
        CALLBACKS.watch(
            "livehub_deliveries",
            "Frames handed over",
            lambda: rooms.deliveries,
            kind="counter",
        )
        CALLBACKS.watch(
            "livehub_frames_dropped", "Ticks skipped for slow viewers", lambda: Dropped.frames, kind="counter"
        )
        CALLBACKS.watch(
            "livehub_tick_interval_seconds", "Pause between ticks of a busy room", lambda: rooms.pace.interval_s
        )
        CALLBACKS.watch("livehub_loop_lag_seconds", "How late the event loop is", lambda: self.clients.admission.lag_s)
        CALLBACKS.watch("livehub_bus_dropped", "Broker messages not sent", lambda: self.bus.dropped, kind="counter")


def _socket_server(
    config: HubConfig, clients: ConnectionRegistry, handover: SessionForwarding | None
) -> "SocketServer":
    from livehub.hub.sockets.server import SocketServer  # noqa: PLC0415  # python-socketio: 4 MB that others need not have

    return SocketServer(config, clients, handover)
