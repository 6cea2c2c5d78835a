"""Where every TCP connection comes in. A WebSocket for the socket is served right here; everything else is aiohttp's.

A stock client that opens a WebSocket at once, as our pages do, costs one protocol object: no task, no stream reader, no
request and response. Polling clients, those that move from polling to a WebSocket, pages and the API go on to aiohttp with
the bytes that came. What is spoken is the stock protocol: RFC 6455, Engine.IO 4, Socket.IO 5, namespace `/`.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from urllib.parse import parse_qs

from livehub.base import errors
from livehub.base.config import Config
from livehub.base.http import last_forwarded
from livehub.base.metrics import CLOSED
from livehub.hub import frames, packets
from livehub.hub.clients import Clients, closed_after
from livehub.hub.closing import Close
from livehub.hub.connection import Connection
from livehub.hub.dispatch import refused
from livehub.hub.frames import Frame
from livehub.hub.websocket import (
    HEAD_BYTES_MAX,
    INVALID_TEXT,
    NORMAL,
    Handshake,
    Opcode,
    Reader,
    Violation,
    read_handshake,
)

_OURS = b"GET /socket.io/?"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nfull\n"
)

Origins = Callable[[str, str], bool]


class Doorway:
    """What all doors of a process share. `others` makes the protocol that serves what is not ours."""

    def __init__(self, config: Config, clients: Clients, may_open: Origins, now_s: Callable[[], float]) -> None:
        self.config = config
        self.clients = clients
        self.may_open = may_open
        self.now_s = now_s
        self.message_bytes_max = 4 * config.socket_message_bytes_max  # read up to there, so as to refuse it by number
        self._undecided: dict[Door, float] = {}
        self.others: Callable[[], asyncio.Protocol] | None = None
        self._opened = (
            b'","upgrades":[],"pingTimeout":%d,"pingInterval":%d,"maxPayload":%d}'
            % (config.ping_timeout_s * 1000, config.ping_interval_s * 1000, config.socket_message_bytes_max)
        )  # fmt: skip

    def __call__(self) -> "Door":
        """A door for one more connection."""
        return Door(self)

    def opening(self, sid: str) -> bytes:
        """The Engine.IO OPEN packet, in its frame."""
        return frames.websocket_frame(b'0{"sid":"' + sid.encode() + self._opened)

    def waits(self, door: "Door") -> None:
        """A connection has not said yet what it wants. Of too many such, the oldest goes."""
        self._undecided[door] = self.now_s()
        if len(self._undecided) > self.config.handshakes_max:
            self._drop(next(iter(self._undecided)))

    def decided(self, door: "Door") -> None:
        """It has, or is gone."""
        self._undecided.pop(door, None)

    def sweep(self) -> None:
        """Drop those that have kept us waiting for `socket_handshake_s`."""
        late_s = self.now_s() - self.config.socket_handshake_s
        for door in [door for door, since_s in self._undecided.items() if since_s < late_s]:
            self._drop(door)

    def _drop(self, door: "Door") -> None:
        CLOSED.labels(code=int(Close.HANDSHAKE_TIMEOUT)).inc()
        self.decided(door)
        door.abort()


class Door(asyncio.Protocol):
    """One TCP connection: undecided at first, then one of our WebSockets until it ends."""

    __slots__ = ("_buffer", "_connection", "_reader", "_transport", "_unheard", "_way")

    def __init__(self, way: Doorway) -> None:
        self._way = way
        self._buffer = b""
        self._unheard = 0  # bytes that came after we had closed
        self._transport: asyncio.Transport | None = None
        self._reader: Reader | None = None
        self._connection: Connection | None = None

    def abort(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody came."""
        self._transport = transport  # type: ignore[assignment]  # uvloop's do not inherit from asyncio's
        self._way.waits(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Somebody left."""
        del exc
        self._way.decided(self)
        connection, self._transport = self._connection, None
        if connection is not None:
            connection.detach()
            self._way.clients.forget(connection)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        connection, reader = self._connection, self._reader
        if connection is None or reader is None:
            self._began(data)
            return
        if connection.closed is not None:
            self._closing(connection, reader, data)
            return
        try:
            messages = reader.feed(data)
        except Violation as violation:
            connection.violated(violation.code)
            return
        if len(messages) == 1:
            self._take(connection, *messages[0])
            return
        connection.cork()
        for opcode, payload in messages:
            self._take(connection, opcode, payload)
        connection.uncork()

    def _closing(self, connection: Connection, reader: Reader, data: bytes) -> None:
        """After our close frame only its answer counts. Some is read, or the client might never get to ours; not all."""
        self._unheard += len(data)
        if self._unheard > self._way.message_bytes_max and self._transport is not None:
            self._transport.pause_reading()
            return
        with contextlib.suppress(Violation):
            for opcode, payload in reader.feed(data):
                self._take(connection, opcode, payload)

    def _take(self, connection: Connection, opcode: int, payload: bytes) -> None:
        if opcode == Opcode.CLOSE:
            self._closes(connection, payload)
        elif connection.closed is not None or connection.gone:
            return
        elif opcode == Opcode.TEXT:
            self._message(connection, payload)
        elif opcode == Opcode.PING:
            connection.pong(payload)
        elif opcode == Opcode.BINARY:
            connection.close(Close.PROTOCOL_ERROR)  # nothing on our wire is binary

    # --- how it begins ---

    def _began(self, data: bytes) -> None:
        way, transport = self._way, self._transport
        if transport is None or transport.is_closing():
            return
        self._buffer += data
        whole = self._buffer.find(b"\r\n\r\n")
        if whole < 0 and len(self._buffer) < HEAD_BYTES_MAX:
            return
        way.decided(self)
        handshake = None
        if whole >= 0 and self._buffer.startswith(_OURS):
            handshake = read_handshake(self._buffer[:whole])
        if handshake is None or not self._is_ours(handshake):
            self._is_for_others(transport)
            return
        rest, self._buffer = self._buffer[whole + 4 :], b""
        if self._accept(transport, handshake) and rest:
            self.data_received(rest)

    def _is_ours(self, handshake: Handshake) -> bool:
        query = parse_qs(handshake.target.partition("?")[2])
        return (
            query.get("EIO") == ["4"]
            and query.get("transport") == ["websocket"]
            and "sid" not in query  # it has been polling
            and "j" not in query
            and (not handshake.origin or self._way.may_open(handshake.origin, handshake.host))
        )

    def _is_for_others(self, transport: asyncio.Transport) -> None:
        if self._way.others is None:
            transport.abort()
            return
        protocol, data = self._way.others(), self._buffer
        self._transport, self._buffer = None, b""
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(data)

    def _accept(self, transport: asyncio.Transport, handshake: Handshake) -> bool:
        way = self._way
        clients = way.clients
        address = last_forwarded(handshake.forwarded_for) if way.config.trust_proxy else ""
        if not address:
            peer = transport.get_extra_info("peername")
            address = str(peer[0]) if isinstance(peer, tuple) else "unknown"
        if not clients.admission.opened(address):
            CLOSED.labels(code=int(Close.FULL)).inc()
            transport.write(_FULL)
            transport.close()
            return False
        deflate = handshake.deflate and way.config.socket_deflate
        connection = Connection(clients.limits, secrets.token_urlsafe(15), address, way.now_s())
        self._connection = connection
        self._reader = Reader(way.message_bytes_max, deflate=deflate)
        connection.attach(transport, deflate=deflate)
        clients.enter(connection)
        clients.heartbeat.enter(connection)
        transport.write(handshake.response(deflate=deflate) + way.opening(connection.sid))
        return True

    # --- how it goes on ---

    def _message(self, connection: Connection, payload: bytes) -> None:
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            connection.violated(INVALID_TEXT)
            return
        if text.startswith("42"):
            self._way.clients.received(connection, text[2:])
        elif text == "3":
            connection.heard_in_round = True
        elif text.startswith("40"):
            self._connect(connection, text[1:])
        elif text == "1" or (text == "41" and connection.identity is not None):
            self._leaves(connection)
        else:
            connection.close(Close.PROTOCOL_ERROR)

    def _connect(self, connection: Connection, packet: str) -> None:
        clients = self._way.clients
        asked = packets.asked(packet)
        if asked is None or (connection.identity is not None and (asked[0] == "/" or clients.too_fast(connection))):
            connection.close(Close.PROTOCOL_ERROR)
            return
        namespace, auth = asked
        if namespace != "/":
            connection.send(Frame(b"44" + namespace.encode() + b',{"message":"Unable to connect"}'))
            if connection.identity is None and clients.too_fast(connection):
                connection.close(Close.PROTOCOL_ERROR)
            return
        try:
            clients.admit(connection, auth)
        except errors.LivehubError as error:
            body = {"message": error.name, "data": refused(error).error}
            connection.send(Frame(b"44" + frames.encode(body)))
            connection.close(closed_after(error))
            return
        connection.send(Frame(b'40{"sid":"' + secrets.token_urlsafe(15).encode() + b'"}'))
        clients.welcome(connection)

    def _leaves(self, connection: Connection, code: int = NORMAL) -> None:
        connection.uncork()
        if self._transport is not None:
            if connection.closed is None:
                self._transport.write(frames.close_frame(code))
            self._transport.close()
        self._way.clients.forget(connection)

    def _closes(self, connection: Connection, payload: bytes) -> None:
        """The close frame: answered, unless it is the answer to ours (section 5.5.1)."""
        self._leaves(connection, int.from_bytes(payload[:2], "big") if len(payload) >= 2 else NORMAL)
