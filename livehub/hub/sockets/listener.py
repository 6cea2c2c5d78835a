"""Where every TCP connection comes in. A WebSocket for the socket is served right here; everything else is aiohttp's.

A stock client that opens a WebSocket at once, as our pages do, costs one protocol object: no task, no stream reader, no
request and response. Polling clients, those that move from polling to a WebSocket, pages and the API go on to aiohttp with
the bytes that came. What is spoken is the stock protocol: RFC 6455, Engine.IO 4, Socket.IO 5, namespace `/`.

This is the asyncio shell around websocket.py (bytes to events) and socketio.py (what may happen in which state). One class
per life of the TCP connection: HandshakeProtocol while it is UNDECIDED, WebSocketProtocol from OPEN on, which never lacks its
transport, reader or connection.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import parse_qs

from livehub.base import errors
from livehub.base.addresses import address_of, network_of
from livehub.base.metrics import CLOSED
from livehub.hub.settings import HubConfig
from livehub.hub.sockets import frames, handshake
from livehub.hub.sockets.admission import HandshakeQueue
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.frames import Frame
from livehub.hub.sockets.handshake import HEAD_BYTES_MAX, Handshake
from livehub.hub.sockets.registry import ConnectionRegistry, closed_after
from livehub.hub.sockets.router import refused
from livehub.hub.sockets.socketio import TAKEN, Move, Packet, State, after, packet_of, parse_connect
from livehub.hub.sockets.websocket import DEFECT, NORMAL, Close, Failure, Ping, Pong, Reader

log = logging.getLogger("livehub.hub.sockets.listener")

TARGETS_MAX = 64  # of at most HEAD_BYTES_MAX each, whose queries are not read anew
_OURS = b"GET /socket.io/?"
_END = b"\r\n\r\n"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nfull\n"
)
_HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 10\r\n\r\ntoo large\n"
)
_BAD_REQUEST = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 33\r\n\r\nThis is not a request of HTTP/1.\n"
)
_TLS = b"\x16\x03"  # how a ClientHello begins (RFC 8446, section 5.1): who speaks TLS would not read our words
_CONNECTED = State.CONNECTED

Origins = Callable[[str, str], bool]


class WebSocketListener:
    """Makes a process's protocols, and holds what they share. `fallback_factory` makes the one for what is not ours."""

    def __init__(
        self, config: HubConfig, clients: ConnectionRegistry, may_open: Origins, now_s: Callable[[], float]
    ) -> None:
        """`now_s`: monotonic."""
        self.config = config
        self.clients = clients
        self.may_open = may_open
        self.now_s = now_s
        self.message_bytes_max = 4 * config.socket_message_bytes_max  # read up to there, so as to refuse it by number
        self.handshakes: HandshakeQueue[HandshakeProtocol | Connection] = HandshakeQueue(
            config.handshakes_max, config.socket_handshake_s
        )
        self.fallback_factory: Callable[[], asyncio.Protocol] | None = None
        self._opened = (
            b'","upgrades":[],"pingTimeout":%d,"pingInterval":%d,"maxPayload":%d}'
            % (config.ping_timeout_s * 1000, config.ping_interval_s * 1000, config.socket_message_bytes_max)
        )  # fmt: skip

    def __call__(self) -> "HandshakeProtocol":
        return HandshakeProtocol(self)

    def opening(self, sid: str) -> bytes:
        """The Engine.IO OPEN packet, in its frame."""
        return frames.websocket_frame(b'0{"sid":"' + sid.encode() + self._opened)

    def handshake_started(self, waiting: "HandshakeProtocol | Connection") -> None:
        """Somebody has not said yet what they want, or who they are. Of too many such, the oldest goes."""
        oldest = self.handshakes.enter(waiting, self.now_s())
        if oldest is not None:
            _drop(oldest)

    def handshake_done(self, waiting: "HandshakeProtocol | Connection") -> None:
        """They have, or are gone."""
        self.handshakes.leave(waiting)

    def expire_handshakes(self) -> None:
        """Drop those that have kept us waiting for `socket_handshake_s`."""
        for waiting in self.handshakes.expire(self.now_s()):
            _drop(waiting)


@lru_cache(maxsize=TARGETS_MAX)
def _begins_a_websocket(target: str) -> bool:
    """Whether the request's target is that of a client who opens a WebSocket at once. Nearly all of them ask for the same."""
    query = parse_qs(target.partition("?")[2])
    return (
        query.get("EIO") == ["4"]
        and query.get("transport") == ["websocket"]
        and "sid" not in query  # it has been polling
        and "j" not in query
    )


def _drop(waiting: "HandshakeProtocol | Connection") -> None:
    if isinstance(waiting, Connection):
        waiting.close(CloseCode.HANDSHAKE_TIMEOUT)
    else:
        CLOSED.labels(code=int(CloseCode.HANDSHAKE_TIMEOUT)).inc()
        waiting.abort()


class HandshakeProtocol(asyncio.Protocol):
    """A TCP connection whose request has not come whole."""

    __slots__ = ("_buffer", "_listener", "_transport", "state")

    def __init__(self, listener: WebSocketListener) -> None:
        self._listener = listener
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self.state = State.UNDECIDED

    def abort(self) -> None:
        self._end(Move.ENDED)
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's do not inherit from asyncio's
        self._listener.handshake_started(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._end(Move.ENDED)

    def data_received(self, data: bytes) -> None:
        transport = self._transport
        if self.state is not State.UNDECIDED or transport is None or transport.is_closing():
            return
        self._buffer += data
        end = self._buffer.find(_END)
        if not handshake.may_be_request(self._buffer if end < 0 else self._buffer[:end]):
            self._refuse(transport, b"" if self._buffer.startswith(_TLS) else _BAD_REQUEST)
        elif end >= 0:
            self._decide(transport, end)
        elif len(self._buffer) >= HEAD_BYTES_MAX:  # aiohttp would wait for the rest, and for ever
            self._refuse(transport, _HEAD_TOO_LARGE)

    def _end(self, move: Move) -> None:
        if self.state is State.UNDECIDED:
            self.state = after(self.state, move)
            self._listener.handshake_done(self)

    def _decide(self, transport: asyncio.Transport, end: int) -> None:
        request = handshake.read_handshake(self._buffer[:end]) if self._buffer.startswith(_OURS) else None
        if request is None or not self._is_ours(request):
            self._pass_on(transport)
            return
        rest = self._buffer[end + len(_END) :]
        protocol = self._accept(transport, request)
        if protocol is not None and rest:
            protocol.data_received(rest)

    def _is_ours(self, request: Handshake) -> bool:
        return _begins_a_websocket(request.target) and (
            not request.origin or self._listener.may_open(request.origin, request.host)
        )

    def _pass_on(self, transport: asyncio.Transport) -> None:
        if self._listener.fallback_factory is None:
            self.abort()
            return
        self._end(Move.PASSED_ON)
        protocol = self._listener.fallback_factory()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        protocol.data_received(self._buffer)
        self._buffer = b""

    def _refuse(self, transport: asyncio.Transport, answer: bytes) -> None:
        self._end(Move.ENDED)
        transport.write(answer)
        transport.close()

    def _accept(self, transport: asyncio.Transport, request: Handshake) -> "WebSocketProtocol | None":
        listener, clients = self._listener, self._listener.clients
        peer = transport.get_extra_info("peername")
        address = address_of(
            (request.forwarded_for,),
            str(peer[0]) if isinstance(peer, tuple) else "",
            trust_proxy=listener.config.trust_proxy,
        )
        network = network_of(address)
        if not clients.admission.opened(network):
            CLOSED.labels(code=int(CloseCode.FULL)).inc()
            self._refuse(transport, _FULL)
            return None
        self._end(Move.OPENED)
        deflate = request.deflate and listener.config.socket_deflate
        connection = Connection(clients.limits, secrets.token_urlsafe(15), network, listener.now_s())
        protocol = WebSocketProtocol(
            listener, transport, connection, Reader(listener.message_bytes_max, deflate=deflate)
        )
        transport.set_protocol(protocol)
        connection.attach(transport, deflate=deflate)
        clients.enter(connection)
        transport.write(request.response(deflate=deflate) + listener.opening(connection.sid))
        return protocol


class WebSocketProtocol(asyncio.Protocol):
    """One of our WebSockets, from OPEN to CLOSED."""

    __slots__ = ("_clients", "_connection", "_ignored_bytes", "_listener", "_reader", "_transport")

    def __init__(
        self, listener: WebSocketListener, transport: asyncio.Transport, connection: Connection, reader: Reader
    ) -> None:
        self._listener = listener
        self._clients = listener.clients
        self._transport = transport
        self._connection = connection
        self._reader = reader
        self._ignored_bytes = 0  # that came after we had closed

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._connection.detach()
        self._clients.forget(self._connection)

    def data_received(self, data: bytes) -> None:
        connection = self._connection
        try:
            if not connection.is_open:
                self._drain(data)
                return
            events = self._reader.feed(data)
            if len(events) == 1:
                event = events[0]
                if type(event) is str:
                    self._text(event)
                else:
                    self._frame(event)
                return
            connection.cork()
            for event in events:
                if type(event) is str:
                    self._text(event)
                else:
                    self._frame(event)
            connection.flush()
        except Exception:  # a defect of ours ends this connection, and no other
            log.exception("socket.defect", extra={"connection": connection.sid})
            connection.close_websocket(DEFECT)

    def _drain(self, data: bytes) -> None:
        """After our close frame only its answer counts. Some is read, or the client might never get to ours; not all."""
        if self._connection.state is State.CLOSED:
            return
        self._ignored_bytes += len(data)
        if self._ignored_bytes > self._listener.message_bytes_max:
            self._transport.pause_reading()
            return
        for event in self._reader.feed(data):
            if isinstance(event, Close):
                self._leave(event.code)

    # --- what comes ---

    def _frame(self, event: bytes | Ping | Pong | Close | Failure | str) -> None:
        """Whatever is not text."""
        connection = self._connection
        if isinstance(event, Close):
            self._leave(event.code)
        elif not connection.is_open:
            return
        elif isinstance(event, Failure):
            connection.close_websocket(event.code)
        elif isinstance(event, Ping):
            if not connection.is_too_fast(self._listener.now_s()):
                connection.pong(event.payload)
        elif isinstance(event, Pong):
            connection.is_too_fast(self._listener.now_s())
        else:
            connection.close(CloseCode.PROTOCOL_ERROR)  # nothing on our wire is binary

    def _text(self, text: str) -> None:
        connection = self._connection
        if connection.state is _CONNECTED and text.startswith("42"):
            self._clients.received(connection, text[2:])
            return
        packet = packet_of(text)
        if packet not in TAKEN[connection.state]:
            if connection.is_open:
                connection.close(CloseCode.PROTOCOL_ERROR)
        elif packet is Packet.PONG:
            connection.heard_in_round = True
            connection.is_too_fast(self._listener.now_s())
        elif packet is Packet.CONNECT:
            self._connect(text[1:])
        else:
            self._leave(NORMAL)

    def _connect(self, packet: str) -> None:
        connection, clients = self._connection, self._clients
        connect = parse_connect(packet)
        if connect is None or (connect[0] == "/" and connection.state is _CONNECTED):
            connection.close(CloseCode.PROTOCOL_ERROR)
            return
        namespace, auth = connect
        if namespace != "/":
            if connection.is_too_fast(self._listener.now_s()):
                connection.close(CloseCode.PROTOCOL_ERROR)
            connection.send(Frame(b"44" + namespace.encode() + b',{"message":"Unable to connect"}'))
            return
        try:
            clients.admit(connection, auth)
        except errors.LivehubError as error:
            body = {"message": error.name, "data": refused(error).error}
            connection.send(Frame(b"44" + frames.encode(body)))
            connection.close(closed_after(error))
            return
        connection.send(Frame(b'40{"sid":"' + secrets.token_urlsafe(15).encode() + b'"}'))
        clients.on_connect(connection)

    def _leave(self, code: int) -> None:
        """The client closes, which is answered, or has answered our close (section 5.5.1)."""
        self._connection.flush()
        if self._connection.is_open:
            self._transport.write(frames.close_frame(code))
        self._transport.close()
        self._clients.forget(self._connection)
