"""What our processes tell each other of rooms on the bus, as msgpack. Pure: no I/O.

Rooms speak on a channel each, so that only processes with viewers of a room hear it. Features have messages and channels of
their own; all are told apart by `type` (dispatch.py).
"""

import msgspec
from msgspec import Raw, Struct

from livehub.room.models import ChatLine
from livehub.room.wire import Control, Staff

_ROOM = "livehub:room:"


def room_channel(room: str) -> str:
    return _ROOM + room


def room_of(channel: str) -> str | None:
    return channel.removeprefix(_ROOM) if channel.startswith(_ROOM) else None


class RoomDelta(Struct, frozen=True, kw_only=True, tag="batch", omit_defaults=True):
    """What one process gathered in a room since its last batch. `likes` and `viewers` are its own totals; None: unknown.
    `people`: all whom it counted (livehub.room.unique_visitors), None when that is nothing new.
    """

    worker: str
    chats: list[ChatLine] = []
    likes: int | None = None
    viewers: int | None = None
    people: bytes | None = None
    staff: list[Staff] = []


class ControlPublished(Struct, frozen=True, kw_only=True, tag="entry"):
    """A control message that is in PostgreSQL: its envelope, and JSON that whoever knows its type can read."""

    room: str
    epoch: str
    offset: int
    kind: str  # the control message's type; `type` is that of this message
    ts: int
    data: bytes

    @property
    def control(self) -> Control:
        return Control(
            room=self.room, epoch=self.epoch, offset=self.offset, type=self.kind, ts=self.ts, data=Raw(self.data)
        )


def published(control: Control) -> ControlPublished:
    """The message that tells the other processes of `control`."""
    return ControlPublished(
        room=control.room, epoch=control.epoch, offset=control.offset, kind=control.type, ts=control.ts,
        data=bytes(control.data),
    )  # fmt: skip


encode = msgspec.msgpack.Encoder().encode
