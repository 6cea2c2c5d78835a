"""Coming, going and likes: the events of rooms themselves. What is said in them belongs to the features."""

import time
from collections.abc import Awaitable, Callable

from msgspec import Struct

from livehub.base.auth import Identity
from livehub.base.db import Database
from livehub.base.metrics import JOINS
from livehub.hub.rooms.recovery import RoomRecovery
from livehub.hub.rooms.registry import RoomRegistry
from livehub.hub.rooms.room import Room
from livehub.hub.settings import HubConfig
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.router import Handler
from livehub.room import wire
from livehub.room.errors import NotJoined, TooManyRooms

# What an event takes of its socket's allowance (SocketEvent.cost).
JOIN_COST = 3.0  # a snapshot of tens of kilobytes, mostly encoded once for many
RECOVERY_COST = 10.0  # up to `control_recover_max` messages of one's own: a query, 3 ms and 300 KB

EntryCheck = Callable[[Room, Identity], None]
"""Raises the refusal of a person who may not enter a room."""

Retelling = Callable[[list[wire.Control]], list[wire.Control]]
"""What is told of missed messages, up to the head of the log, now: as many, at the same offsets."""


class Membership:
    """Features append to `checks`, which a join has to pass, and to `retellings` of what somebody has missed."""

    def __init__(self, config: HubConfig, database: Database, rooms: RoomRegistry) -> None:
        self._config = config
        self._rooms = rooms
        self._recovery = RoomRecovery(config, database, rooms)
        self.checks: list[EntryCheck] = []
        self.retellings: list[Retelling] = []

    def handlers(self) -> dict[str, Handler]:
        return {"join": self.join, "leave": self.leave, "like": self.like}

    def join(self, connection: Connection, body: wire.Join) -> Struct | Awaitable[Struct]:
        """Enter a room; the acknowledgement holds what the client needs to be in step."""
        self._check_count(connection, body.room)
        connection.charge(JOIN_COST if body.since is None else RECOVERY_COST, time.monotonic())
        ready = self._recovery.from_memory(body.room, body.since)
        return self._enter(connection, body, *ready) if ready is not None else self._join_later(connection, body)

    async def _join_later(self, connection: Connection, body: wire.Join) -> Struct:
        return self._enter(connection, body, *await self._recovery.resolve(body.room, body.since))

    def _enter(self, connection: Connection, body: wire.Join, live: Room, missed: list[wire.Control] | None) -> Struct:
        """In one step with `ready`: the snapshot, the list of viewers and the answer are of one moment."""
        person = connection.person
        for check in self.checks:
            check(live, person)
        if not connection.is_open:
            raise NotJoined
        self._check_count(connection, body.room)  # again: others of its joins may have been waited for beside this one
        # Whoever comes back without a token was counted, under another id. One who names a position in another log was not.
        came_back = connection.is_anonymous and body.since is not None and body.since.epoch == live.position.epoch
        if not live.is_run_by(person) and not came_back:
            live.people.add(person.id)
        live.enter(connection)
        connection.enter_room(live.id)
        JOINS[missed is not None].inc()
        for retold in self.retellings if missed else ():
            missed = retold(missed or [])
        return live.joined(missed)

    def _check_count(self, connection: Connection, room: str) -> None:
        if room not in connection.rooms and len(connection.rooms) >= self._config.socket_rooms_max:
            raise TooManyRooms

    def leave(self, connection: Connection, body: wire.Leave) -> Struct:
        self._rooms.joined(connection, body.room)
        self._out(connection, body.room)
        return wire.Done()

    def disconnected(self, connection: Connection) -> None:
        """The connection is closed: leave every room."""
        for room in connection.rooms:
            self._out(connection, room)

    def _out(self, connection: Connection, room: str) -> None:
        connection.leave_room(room)
        live = self._rooms.get(room)
        if live is not None:
            live.leave(connection)

    def like(self, connection: Connection, body: wire.Like) -> Struct:
        """Add likes; more than a person can tap are trimmed, not refused."""
        live = self._rooms.joined(connection, body.room)
        counted = connection.likes.take_up_to(time.monotonic(), body.n)
        if counted:
            live.like(counted)
        return wire.Done()
