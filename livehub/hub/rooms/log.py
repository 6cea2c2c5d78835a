"""The control log of rooms: written in PostgreSQL by the transaction that makes a message true, published afterwards.

    async with database.transaction() as tx:
        room = await controls.lock_room(tx, "demo")              # row lock; orders the log
        await controls.write(room, pinned(room.state, card, controls.bounds), now_ms=now_ms)
    # committed -> published on the bus -> every process that follows the room applies it, in order, once

Publishing may fail or be lost: followers compare their head with PostgreSQL's and fetch (registry.py). The room after the
message is stored with it. What a newer version keeps in that room is written back as it was read (livehub/room/controls.py).
"""

import logging
from collections.abc import Callable, Mapping, Sequence, Sized
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct

from livehub.base.auth import Identity, RoomKind
from livehub.base.control import RoomPart
from livehub.base.db import Connection, Transaction
from livehub.base.logs import Occasional
from livehub.base.metrics import CONTROLS, ROOMS_UNREADABLE
from livehub.base.sql import queries
from livehub.hub.rooms.room_hosts import HOSTS, RoomHosts
from livehub.people import audit
from livehub.room.controls import Reading, Registry
from livehub.room.errors import RoomExists, RoomNotFound, RoomUnreadable
from livehub.room.state import RoomState
from livehub.room.wire import Control, Position

log = logging.getLogger("livehub.hub.rooms.log")
Q = queries(__file__, "log.sql")

AUDITED_BYTES_MAX = 2_000  # of one member of a room, as JSON, before and after a message; a bag of 200 cards has 50,000

# Members of messages that name what they are about, or are it.
SUBJECTS = ("line", "quiz", "coupon", "sale", "card", "question")

Publish = Callable[[Control], None]

_faults = Occasional(log)


class LockedRoom:
    """A room whose row this transaction holds; `state` and `offset` move on with every message written.

    `by`: whose doing the messages are; None: nobody's, as when time is up.
    """

    __slots__ = ("by", "epoch", "id", "offset", "read", "state", "tx")

    def __init__(
        self, tx: Transaction, room: str, epoch: str, offset: int, read: Reading, by: Identity | None = None
    ) -> None:
        self.tx = tx
        self.by = by
        self.id = room
        self.epoch = epoch
        self.offset = offset
        self.read = read
        self.state = read.state


class Why(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a message was written, for staff alone: in their words, and the chat line it is about."""

    reason: str = ""
    line: str | None = None


class StoredRoom(Struct, frozen=True, kw_only=True):
    """A room as PostgreSQL has it."""

    position: Position
    state: RoomState


class RoomLog:
    """Writes control messages, and reads them and what they made of a room."""

    def __init__(self, registry: Registry, publish: Publish) -> None:
        self.registry = registry
        self.bounds = registry.bounds
        self._publish = publish

    async def create(
        self, tx: Transaction, room: str, parts: Mapping[RoomPart[Any], Struct], *, epoch: str, by: str, now_ms: int
    ) -> StoredRoom:
        """A new room, at offset 0; its host is whoever makes it. Raises RoomExists."""
        state = self.registry.initial(room, {HOSTS: RoomHosts(hosts={by: RoomKind.HOST.value}), **parts})
        if await tx.connection.fetchval(Q["insert_room"], room, epoch, self.registry.stored(state), by, now_ms) is None:
            raise RoomExists
        return StoredRoom(position=Position(epoch=epoch, offset=0), state=state)

    async def lock_room(self, tx: Transaction, room: str, *, by: Identity | None = None) -> LockedRoom:
        """The room, its row locked until `tx` ends. Raises RoomNotFound, RoomUnreadable."""
        row = await tx.connection.fetchrow(Q["room_for_update"], room)
        if row is None:
            raise RoomNotFound
        read = read_room(self.registry, room, row["state"])
        return LockedRoom(tx, room, row["epoch"], row["head_offset"], read, by)

    async def write(self, room: LockedRoom, data: Struct, *, now_ms: int, why: Why | None = None) -> Control:
        """Append one message to the room's log; it is published when the transaction commits. `why` is not: it stays there."""
        control = self.registry.control(room.id, room.epoch, room.offset + 1, now_ms, data)
        room.offset += 1
        before = room.state
        room.state = self.registry.reduce(room.state, data, ts=now_ms)
        stored = self.registry.stored(room.state, room.read)
        by = (room.by.id, room.by.name) if room.by is not None else (None, None)
        await room.tx.connection.execute(
            Q["insert_control"], room.id, room.epoch, room.offset, now_ms, control.data, *by, why
        )
        await room.tx.connection.execute(Q["update_room"], room.id, room.offset, stored)
        if room.by is not None:
            act = _act(data, control.type, before, room.state, why)
            await audit.record(room.tx.connection, [act], by=room.by, now_ms=now_ms, room=room.id)
        room.tx.after_commit(lambda: self._committed(control))
        return control

    def _committed(self, control: Control) -> None:
        CONTROLS.labels(type=control.type).inc()
        self._publish(control)


def _act(data: Struct, type_: str, before: RoomState, after: RoomState, why: Why | None) -> audit.Act:
    """What a message of staff changed of the room, member by member."""
    was: dict[str, Any] = {}
    became: dict[str, Any] = {}
    for part in after.parts:
        if before[part] is not after[part]:
            for name in part.fields:
                pair = _changed(getattr(before[part], name), getattr(after[part], name))
                if pair is not None:
                    was[name], became[name] = pair
    about = [getattr(data, name, None) for name in SUBJECTS]
    named = [id_ for each in about if isinstance(id_ := getattr(each, "id", each), str)]
    users = [id_ for each in (data, *about) if isinstance(id_ := getattr(each, "user", None), str)]
    states = getattr(data, "STATES", None)  # of what a message is about, where the room has no member for it
    return audit.Act(
        type=type_,
        subject=named[0] if named else "",
        was=states[0] if states else None,
        became=states[1] if states else None,
        about_id=users[0] if users else None,
        before=was or None,
        after=became or None,
        why=why.reason if why is not None else "",
    )


def _changed(was: Any, became: Any) -> tuple[Any, Any] | None:
    """A value before and after, where it is another: of a mapping, and of a list of what has an id, the entries that are; of a
    long one how many they are.
    """
    if was == became:
        return None
    if isinstance(was, Sequence) and isinstance(became, Sequence) and _have_ids(was) and _have_ids(became):
        gone, new = [each for each in was if each not in became], [each for each in became if each not in was]
        if gone or new:
            return _short(gone), _short(new)
        return _short([each.id for each in was]), _short([each.id for each in became])  # in another order
    if isinstance(was, dict) and isinstance(became, dict):
        return _without(was, became), _without(became, was)
    return _short(was), _short(became)


def _have_ids(values: Sequence[Any]) -> bool:
    return not isinstance(values, str) and all(isinstance(each, Struct) and hasattr(each, "id") for each in values)


def _without(entries: dict[str, Any], others: dict[str, Any]) -> Any:
    return _short({name: value for name, value in entries.items() if others.get(name) != value})


def _short(value: Any) -> Any:
    if value is UNSET:  # a member that is not there
        return None
    if len(msgspec.json.encode(value)) <= AUDITED_BYTES_MAX:
        return value
    return {"items": len(value)} if isinstance(value, Sized) else {}


def read_room(registry: Registry, room: str, stored: str) -> Reading:
    """A stored room; what cannot be read of it is told and counts as its default. Raises RoomUnreadable."""
    try:
        read = registry.read(room, stored)
    except RoomUnreadable as error:
        ROOMS_UNREADABLE.inc()
        _faults.error("rooms.unreadable", room, extra={"room": room, "reason": error.message})
        raise RoomUnreadable from error
    for fault in read.faults:
        ROOMS_UNREADABLE.inc()
        extra = {"room": room, "member": fault.member, "reason": fault.reason}
        _faults.error("rooms.member_unreadable", f"{room} {fault.member}", extra=extra)
    return read


async def stored_room(connection: Connection, registry: Registry, room: str) -> StoredRoom:
    """The room as of now. Raises RoomNotFound, RoomUnreadable."""
    row = await connection.fetchrow(Q["room"], room)
    if row is None:
        raise RoomNotFound
    position = Position(epoch=row["epoch"], offset=row["head_offset"])
    return StoredRoom(position=position, state=read_room(registry, room, row["state"]).state)


async def room_exists(connection: Connection, room: str) -> None:
    """Raises RoomNotFound."""
    if await connection.fetchval(Q["room_exists"], room) is None:
        raise RoomNotFound


async def controls_after(connection: Connection, room: str, at: Position, most: int) -> list[Control]:
    """The messages that follow `at` in its epoch, in order, at most `most`."""
    rows = await connection.fetch(Q["controls_after"], room, at.epoch, at.offset, most)
    return [
        Control(
            room=room, epoch=at.epoch, offset=row["offset"], type=row["type"], ts=row["ts"],
            data=_object(row["data"]),
        )
        for row in rows
    ]  # fmt: skip


def _object(data: str) -> Raw:
    """A message's data, for clients to look into; what somebody wrote past the server, and is none, says nothing."""
    return Raw(data.encode() if data.startswith("{") else b'{"type":""}')


async def heads(connection: Connection, rooms: list[str]) -> dict[str, Position]:
    """Where the logs of `rooms` stand."""
    rows = await connection.fetch(Q["heads"], rooms)
    return {row["id"]: Position(epoch=row["epoch"], offset=row["head_offset"]) for row in rows}
