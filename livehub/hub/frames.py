"""Frames as they leave: encoded once, written to many. Pure: no I/O.

A message is Engine.IO type 4 (message), Socket.IO type 2 (event) or 3 (acknowledgement), then JSON; on a WebSocket in one
unmasked text frame (RFC 6455, section 5.2), on long-polling as an Engine.IO packet.
"""

import struct

import msgspec
from engineio import packet

encode = msgspec.json.Encoder().encode

_TEXT = 0x81
_CLOSE = 0x88


def websocket_frame(payload: bytes) -> bytes:
    """One whole text frame around `payload`."""
    size = len(payload)
    if size < 126:
        return bytes((_TEXT, size)) + payload
    if size < 65_536:
        return struct.pack("!BBH", _TEXT, 126, size) + payload
    return struct.pack("!BBQ", _TEXT, 127, size) + payload


def close_frame(code: int) -> bytes:
    """A close frame with a code and no words."""
    return struct.pack("!BBH", _CLOSE, 2, code)


class Frame:
    """One message in the forms its readers need; each is made once, the one for polling only when somebody polls."""

    __slots__ = ("_packet", "_payload", "websocket")

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self.websocket = websocket_frame(payload)
        self._packet: packet.Packet | None = None

    @property
    def packet(self) -> packet.Packet:
        """The Engine.IO packet, for polling clients."""
        if self._packet is None:
            self._packet = packet.Packet(packet.MESSAGE, data=self._payload[1:].decode())
        return self._packet

    def __len__(self) -> int:
        return len(self.websocket)


def event(name: str, body: msgspec.Struct) -> Frame:
    """`name` with `body`, as Socket.IO event of the namespace `/`."""
    return Frame(b'42["' + name.encode() + b'",' + encode(body) + b"]")


def acknowledgement(ack_id: str, body: msgspec.Struct) -> Frame:
    """The answer to the event that carried `ack_id` (decimal digits)."""
    return Frame(b"43" + ack_id.encode() + b"[" + encode(body) + b"]")


PING = Frame(b"2")
DISCONNECT = Frame(b"41")
