"""The control log of rooms: written in PostgreSQL by the transaction that makes a message true, published afterwards.

    async with database.transaction() as tx:
        room = await controls.locked(tx, "demo")                 # row lock; orders the log
        await controls.write(room, decide.pinned(room.state, card, bounds), now_ms=now_ms)
    # committed -> published on the bus -> every process that follows the room applies it, in order, once

Publishing may fail or be lost: followers compare their head with PostgreSQL's and fetch (rooms.py).
"""

from collections.abc import Callable
from typing import Any

import msgspec

from livehub.base.db import Connection, Transaction
from livehub.base.errors import RoomExists, RoomNotFound
from livehub.base.metrics import CONTROLS
from livehub.base.sql import queries
from livehub.room import wire
from livehub.room.shown import RoomView
from livehub.room.state import Bounds, RoomState, apply

Q = queries(__file__, "control.sql")

_state_decoder = msgspec.json.Decoder(RoomState)
_data_decoder = msgspec.json.Decoder(wire.ControlData)

Publish = Callable[[wire.Control], None]


class LockedRoom:
    """A room whose row this transaction holds; `state` and `offset` move on with every message written."""

    __slots__ = ("epoch", "id", "offset", "state", "tx")

    def __init__(self, tx: Transaction, room: str, epoch: str, offset: int, state: RoomState) -> None:
        self.tx = tx
        self.id = room
        self.epoch = epoch
        self.offset = offset
        self.state = state


class StoredRoom(msgspec.Struct, frozen=True, kw_only=True):
    """A room as PostgreSQL has it."""

    position: wire.Position
    state: RoomState


class ControlLog:
    """Writes control messages."""

    def __init__(self, bounds: Bounds, publish: Publish) -> None:
        self.bounds = bounds
        self._publish = publish

    async def create(self, tx: Transaction, view: RoomView, *, epoch: str, by: str) -> StoredRoom:
        """A new room, at offset 0. Raises RoomExists."""
        state = RoomState(view=view)
        if await tx.connection.fetchval(Q["insert_room"], view.id, epoch, state, by) is None:
            raise RoomExists
        return StoredRoom(position=wire.Position(epoch=epoch, offset=0), state=state)

    async def locked(self, tx: Transaction, room: str) -> LockedRoom:
        """The room, its row locked until `tx` ends. Raises RoomNotFound."""
        row = await tx.connection.fetchrow(Q["room_for_update"], room)
        if row is None:
            raise RoomNotFound
        return LockedRoom(tx, room, row["epoch"], row["head_offset"], _state_decoder.decode(row["state"]))

    async def write(self, room: LockedRoom, data: wire.ControlData, *, now_ms: int) -> wire.Control:
        """Append one message to the room's log; it is published when the transaction commits."""
        room.offset += 1
        room.state = apply(room.state, data, ts=now_ms, bounds=self.bounds)
        control = control_of(room.id, room.epoch, room.offset, now_ms, data)
        await room.tx.connection.execute(Q["insert_control"], room.id, room.epoch, room.offset, now_ms, data)
        await room.tx.connection.execute(Q["update_room"], room.id, room.offset, room.state)
        room.tx.after_commit(lambda: self._committed(control))
        return control

    def _committed(self, control: wire.Control) -> None:
        CONTROLS.labels(type=control.type).inc()
        self._publish(control)


def control_of(room: str, epoch: str, offset: int, ts: int, data: wire.ControlData) -> wire.Control:
    """The message with its type on the outside, too."""
    return wire.Control(room=room, epoch=epoch, offset=offset, type=str(data.__struct_config__.tag), ts=ts, data=data)


async def stored_room(connection: Connection, room: str) -> StoredRoom:
    """The room as of now. Raises RoomNotFound."""
    row = await connection.fetchrow(Q["room"], room)
    if row is None:
        raise RoomNotFound
    position = wire.Position(epoch=row["epoch"], offset=row["head_offset"])
    return StoredRoom(position=position, state=_state_decoder.decode(row["state"]))


async def listed_rooms(connection: Connection, most: int) -> list[tuple[RoomState, int]]:
    """(state, likes) of rooms, live ones first, at most `most`."""
    rows = await connection.fetch(Q["rooms"], most)
    return [(_state_decoder.decode(row["state"]), row["likes"]) for row in rows]


async def controls_after(connection: Connection, room: str, at: wire.Position, most: int) -> list[wire.Control]:
    """The messages that follow `at` in its epoch, in order, at most `most`."""
    rows = await connection.fetch(Q["controls_after"], room, at.epoch, at.offset, most)
    return [_control(room, at.epoch, row) for row in rows]


async def heads(connection: Connection, rooms: list[str]) -> dict[str, wire.Position]:
    """Where the logs of `rooms` stand."""
    rows = await connection.fetch(Q["heads"], rooms)
    return {row["id"]: wire.Position(epoch=row["epoch"], offset=row["head_offset"]) for row in rows}


def _control(room: str, epoch: str, row: Any) -> wire.Control:
    return control_of(room, epoch, row["offset"], row["ts"], _data_decoder.decode(row["data"]))
