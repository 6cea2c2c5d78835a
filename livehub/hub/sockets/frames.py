"""Frames as they leave: encoded once, written to many. Pure: no I/O.

A message is Engine.IO type 4 (message), Socket.IO type 2 (event) or 3 (acknowledgement), then JSON; on a WebSocket in one
unmasked text frame (RFC 6455, section 5.2), on long-polling as an Engine.IO packet.
"""

import struct
from typing import TYPE_CHECKING

import msgspec

from livehub.hub.sockets.websocket import deflated

if TYPE_CHECKING:
    from engineio.packet import Packet

encode = msgspec.json.Encoder().encode

_TEXT = 0x81
_COMPRESSED = 0x40  # RSV1 (RFC 7692, section 6)
_CLOSE = 0x88
_PONG = 0x8A

DEFLATE_LEVEL = 6
DEFLATE_BYTES_MIN = 128  # shorter messages hardly shrink without a shared window


def websocket_frame(payload: bytes, first: int = _TEXT) -> bytes:
    """One whole text frame around `payload`."""
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def close_frame(code: int) -> bytes:
    """A close frame with a code and no words."""
    return struct.pack("!BBH", _CLOSE, 2, code)


def pong_frame(payload: bytes) -> bytes:
    """The answer to a WebSocket ping."""
    return bytes((_PONG, len(payload))) + payload


class Frame:
    """One message, or several in one write, in the forms its readers need; each is made once, and when somebody needs it."""

    __slots__ = ("__weakref__", "_deflated", "_packets", "_payload", "_several", "websocket")

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._several: tuple[Frame, ...] = ()  # itself is not in it: a cycle would wait for the collector
        self.websocket = websocket_frame(payload)
        self._deflated: bytes | None = None
        self._packets: list[Packet] | None = None

    @property
    def _parts(self) -> "tuple[Frame, ...]":
        return self._several or (self,)

    @property
    def deflated(self) -> bytes:
        """The same compressed, for those who agreed to that; as it is where that does not pay."""
        if self._deflated is None:
            self._deflated = b"".join(part.deflated for part in self._several) if self._several else self._smallest()
        return self._deflated

    @property
    def packets(self) -> "list[Packet]":
        """The Engine.IO packets, for polling clients."""
        if self._packets is None:
            from engineio.packet import Packet  # noqa: PLC0415  # where nobody connects its 1 MB isn't loaded

            self._packets = [Packet(int(part._payload[:1]), data=part._payload[1:].decode()) for part in self._parts]
        return self._packets

    @property
    def messages(self) -> int:
        return len(self._parts)

    def concat(self, *others: "Frame") -> "Frame":
        """This and the others in one write; what was made of each is used again."""
        if not others:
            return self
        together = Frame.__new__(Frame)
        together._payload = b""
        together._several = (*self._parts, *(part for other in others for part in other._parts))
        together.websocket = b"".join(part.websocket for part in together._several)
        together._deflated = together._packets = None
        return together

    def _smallest(self) -> bytes:
        if len(self._payload) < DEFLATE_BYTES_MIN:
            return self.websocket
        small = websocket_frame(deflated(self._payload, DEFLATE_LEVEL), _TEXT | _COMPRESSED)
        return min(small, self.websocket, key=len)


def event(name: str, body: msgspec.Struct) -> Frame:
    """`name` with `body`, as Socket.IO event of the namespace `/`."""
    return Frame(b'42["' + name.encode() + b'",' + encode(body) + b"]")


def acknowledgement(ack_id: str, body: msgspec.Struct) -> Frame:
    """The answer to the event that carried `ack_id` (decimal digits)."""
    return Frame(b"43" + ack_id.encode() + b"[" + encode(body) + b"]")


PING = Frame(b"2")
DISCONNECT = Frame(b"41")
