"""What our processes tell each other on the bus, as msgpack. Pure: no I/O.

Rooms speak on a channel each, so that only processes with viewers of a room hear it.
"""

from typing import Any

import msgspec
from msgspec import Struct

from livehub.room.shown import ChatLine
from livehub.room.wire import Control, Direct, Staff

DIRECTS = "livehub:directs"
WORDS = "livehub:words"
_ROOM = "livehub:room:"


def room_channel(room: str) -> str:
    """The channel of a room."""
    return _ROOM + room


def room_of(channel: str) -> str | None:
    """The room whose channel this is."""
    return channel.removeprefix(_ROOM) if channel.startswith(_ROOM) else None


class Batch(Struct, frozen=True, kw_only=True, tag="batch", omit_defaults=True):
    """What one process gathered in a room since its last batch. `likes` and `viewers` are its own totals; None: unknown.
    `people`: all whom it counted (livehub.room.people), None when that is nothing new.
    """

    worker: str
    chats: list[ChatLine] = []
    likes: int | None = None
    viewers: int | None = None
    people: bytes | None = None
    staff: list[Staff] = []


class Committed(Struct, frozen=True, kw_only=True, tag="control"):
    """A control message that is in PostgreSQL."""

    control: Control


class Addressed(Struct, frozen=True, kw_only=True, tag="direct"):
    """A direct message that is in PostgreSQL; `worker` has shown it to its own clients already."""

    worker: str
    user: str
    direct: Direct


class WordsChanged(Struct, frozen=True, kw_only=True, tag="words"):
    """The word lists are to be read again."""


Message = Batch | Committed | Addressed | WordsChanged

encode = msgspec.msgpack.Encoder().encode
_decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Message)


def decode(payload: bytes) -> Message:
    """The message. Raises msgspec.DecodeError on anything else, which only a stranger on our bus can send."""
    message: Message = _decoder.decode(payload)
    return message
