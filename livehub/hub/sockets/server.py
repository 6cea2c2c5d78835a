"""python-socketio on aiohttp, for clients that begin by long-polling, and for those that move from there to a WebSocket.

The library keeps Engine.IO's handshake, namespaces and polling. What it does not decide: who may open a session (admission,
by address, before it makes one), which packets a client may send when (socketio.py), heartbeats (heartbeat.py, no task each),
and what becomes of events, which go to registry.py as the text they are. So a client that polls meets the same limits, states
and close codes as one that opened a WebSocket at once; those never come here, see listener.py.

    GET without sid  > _handle_connect > admission > session > _opening: a Connection, OPEN
    POST `40{...}`   > _posted > packet > library > _connect: CONNECTED
    POST `42[...]`   > _posted > packet > registry
    the session ends, by whatever way > _ended: CLOSED
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import socketio
from aiohttp import web
from engineio import exceptions as eio_exceptions
from engineio import packet as eio_packet
from engineio import payload
from engineio.async_socket import AsyncSocket
from multidict import CIMultiDict

from livehub.base import errors
from livehub.base.accept_encoding import acceptable
from livehub.base.addresses import client_network
from livehub.base.bodies import read_body
from livehub.base.bounds import Bound, bounded
from livehub.base.metrics import CLOSED
from livehub.base.origins import allowed_origins
from livehub.base.tasks import Tasks
from livehub.hub.settings import HubConfig
from livehub.hub.sockets import router
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import CLOSE_GRACE_S, Connection
from livehub.hub.sockets.listener import WebSocketListener
from livehub.hub.sockets.registry import ConnectionRegistry, closed_after
from livehub.hub.sockets.session_forwarding import SessionForwarding
from livehub.hub.sockets.socketio import TAKEN, Packet, State, packet_of, parse_connect
from livehub.hub.sockets.upgrade import driver

SWEEP_PAUSE_S = 1.0
FULL_RETRY_MS = 5_000
POST_MESSAGES_MAX = (
    16  # of the largest size; or some thousand usual ones, since stock clients send all they have in one POST
)
UNREAD_S = 2.0  # without a poll, when many answers wait for one
LOOK_S = 0.02
POLL_PACKETS_MAX = 16  # python-socketio throws away a session whose answer has more; other clients know no bound

SEPARATOR = b"\x1e"  # of packets in one body
METHODS = ("GET", "OPTIONS", "POST")

_POSTED = web.RequestKey("posted", bytes)  # the body that a polling client sent
_CONNECTION = "livehub.connection"  # in the environ of the request that opens a session


class SocketServer:
    """`listener` serves the others, and agrees with us on who may come in."""

    def __init__(
        self,
        config: HubConfig,
        clients: ConnectionRegistry,
        forwarding: SessionForwarding | None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._clients = clients
        self._forwarding = forwarding
        self._monotonic_s = monotonic_s
        self._tasks = Tasks()
        self._may_open = may_open = allowed_origins(config.allowed_origins, config.public_url)
        self.listener = WebSocketListener(config, clients, may_open, monotonic_s)
        self._sio = socketio.AsyncServer(
            async_mode="aiohttp",
            async_handlers=False,
            cors_allowed_origins=lambda origin, environ: may_open(origin or "", environ.get("HTTP_HOST", "")),
            max_http_buffer_size=config.socket_message_bytes_max * POST_MESSAGES_MAX,
            ping_interval=config.ping_interval_s,
            ping_timeout=config.ping_timeout_s,
            logger=False,
            engineio_logger=False,
        )
        self._sio.eio._async = {**self._sio.eio._async, "websocket": driver(config, self)}
        if forwarding is not None:
            self._sio.eio.generate_id = forwarding.new_sid
        # A stock client sends all that it has in one POST. As many as it may have answered before it is cut off as too fast.
        self._packets_max = config.socket_events_burst_max + config.socket_errors_max
        self._payload = type("Payload", (payload.Payload,), {"max_decode_packets": self._packets_max})
        self._make_session = self._sio.eio._handle_connect
        self._sio.eio._handle_connect = self._admit
        self._opened_by_library = self._sio.eio.handlers["connect"]
        self._taken_by_library = self._sio.eio.handlers["message"]
        self._ended_by_library = self._sio.eio.handlers["disconnect"]
        self._sio.eio.on("connect", self._opening)
        self._sio.eio.on("message", self.packet)
        self._sio.eio.on("disconnect", self._ended)
        self._sio.on("connect", self._connect)

    def attach(self, app: web.Application) -> None:
        app.router.add_route("*", "/socket.io/", self._serve)

    @bounded(
        Bound.NONE, why="sessions are bounded by address where they begin, and each by its messages (admission, limits)"
    )
    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.method not in METHODS:  # engineio answers without Allow
            raise web.HTTPMethodNotAllowed(request.method, METHODS)
        if not all(self._may_open(origin, request.host) for origin in request.headers.getall("Origin", ())):
            raise errors.ForeignOrigin  # engineio would say so in a text without a number
        slot = self._forwarding.owning_worker(request) if self._forwarding is not None else None
        if self._forwarding is not None and slot is not None:
            return await self._forwarding.forward(request, slot)
        if request.query.get("transport") == "websocket" and not web.WebSocketResponse().can_prepare(request):
            raise errors.BadRequest(
                "This is not the handshake of a WebSocket."
            )  # engineio would begin a session and lose it
        sessions = self._sio.eio.sockets
        sid = request.query.get("sid", "")
        bytes_max = self._sio.eio.max_http_buffer_size
        if sid in sessions and request.method == "POST" and (request.content_length or 0) <= bytes_max:
            # engineio would wait for it for ever, and take the part that has come for all of it
            request[_POSTED] = await read_body(request, self._config, bytes_max)
        if sid in sessions and sessions[sid].closed:  # engineio fails on a POST to it
            del sessions[sid]
        response: web.StreamResponse = await self._sio.handle_request(_with_acceptable(request))
        return response

    def start(self) -> None:
        self._clients.heartbeat.start()
        self._tasks.start("handshake sweep", self._sweep_forever)

    async def stop(self) -> None:
        """Send every client away and hang up."""
        await self._clients.stop()
        await self._tasks.stop()
        if self._forwarding is not None:
            await self._forwarding.close()
        await self._sio.shutdown()
        await self._clients.limits.tasks.stop()

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_PAUSE_S)
            self.listener.expire_handshakes()

    # --- how a session begins and ends ---

    async def _admit(self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None) -> Any:
        """In front of the library's making of a session. Raises Unavailable."""
        network = client_network(environ["aiohttp.request"], trust_proxy=self._config.trust_proxy)
        admission = self._clients.admission
        if not admission.opened(network):
            CLOSED.labels(code=int(CloseCode.FULL)).inc()
            raise errors.Unavailable("This server takes no more clients now.", retry_after_ms=FULL_RETRY_MS)
        environ[_CONNECTION] = network
        try:
            return await self._make_session(environ, transport, jsonp_index)
        finally:
            if not isinstance(environ[_CONNECTION], Connection):
                admission.closed(network)

    async def _opening(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        socket = self._sio.eio.sockets[eio_sid]
        # engineio pings a socket only if it has had a last ping.
        socket.last_ping = None
        socket.check_ping_timeout = _alive
        socket.handle_post_request = partial(self._posted, socket)
        socket.poll = partial(self._poll, socket)
        connection = Connection(self._clients.limits, eio_sid, environ[_CONNECTION], self._monotonic_s(), socket=socket)
        environ[_CONNECTION] = connection
        self._clients.enter(connection)
        self.listener.handshake_started(connection)
        return await self._opened_by_library(eio_sid, environ)

    async def _ended(self, eio_sid: str, reason: str) -> None:
        try:
            await self._ended_by_library(eio_sid, reason)
        finally:
            connection = self._clients.connections.get(eio_sid)
            if connection is not None:
                self.closed(connection)

    async def _connect(self, sid: str, _environ: dict[str, Any], auth: Any = None) -> None:
        connection = self._clients.connections.get(str(self._sio.manager.eio_sid_from_sid(sid, "/")))
        loop = asyncio.get_running_loop()
        if connection is None or connection.state is not State.OPEN:
            raise socketio.exceptions.ConnectionRefusedError("closed")
        try:
            self._clients.admit(connection, auth)
        except errors.LivehubError as error:
            # After CONNECT_ERROR has gone out: python-socketio sends it when this handler has returned.
            loop.call_soon(self._turn_away, connection, closed_after(error))
            body = router.refused(error).error
            raise socketio.exceptions.ConnectionRefusedError(error.name, msgspec.to_builtins(body)) from error
        self.listener.handshake_done(connection)
        # After CONNECT has gone out: python-socketio sends it when this handler has returned.
        loop.call_soon(self._clients.on_connect, connection)

    @staticmethod
    def _turn_away(connection: Connection, code: CloseCode) -> None:
        if connection.is_websocket:
            connection.close(code)
        else:  # its next poll fetches the refusal
            asyncio.get_running_loop().call_later(CLOSE_GRACE_S, connection.close, code)

    # --- what comes; upgrade.Receiver ---

    def connection_of(self, eio_sid: str) -> Connection | None:
        return self._clients.connections.get(eio_sid)

    def is_too_fast(self, connection: Connection) -> bool:
        return connection.is_too_fast(self._monotonic_s())

    async def packet(self, eio_sid: str, data: Any) -> None:
        """Any Socket.IO packet: an event of a client that polls, or what is rare."""
        connection = self._clients.connections.get(eio_sid)
        if connection is None or not connection.is_open:
            return
        text = data if isinstance(data, str) else ""
        packet = packet_of("4" + text)
        if packet is Packet.EVENT and connection.state is State.CONNECTED:
            self._clients.received(connection, text[1:])
        elif packet not in TAKEN[connection.state] or self.is_too_fast(connection):
            await self._hang_up(connection)
        elif packet is Packet.DISCONNECT:
            await self._taken_by_library(eio_sid, text)
            self.closed(connection)
        elif (connect := parse_connect(text)) is None or (connect[0] == "/" and connection.state is State.CONNECTED):
            await self._hang_up(connection)
        else:
            await self._taken_by_library(eio_sid, text)

    def closed(self, connection: Connection) -> None:
        self.listener.handshake_done(connection)
        self._clients.forget(connection)

    async def _poll(self, socket: AsyncSocket) -> list[eio_packet.Packet]:
        """What waits for a polling client, or comes; at most as much as any stock client takes in one answer."""
        taken: list[eio_packet.Packet] = []
        try:
            async with asyncio.timeout(self._config.ping_interval_s + self._config.ping_timeout_s):
                packet = await socket.queue.get()
        except TimeoutError as error:
            raise eio_exceptions.QueueEmpty from error
        while packet is not None:
            socket.queue.task_done()
            taken.append(packet)
            if len(taken) == POLL_PACKETS_MAX or socket.queue.empty():
                return taken
            packet = socket.queue.get_nowait()
        socket.queue.task_done()
        if taken:
            socket.queue.put_nowait(None)  # "no more": for the next poll, since this one has something to say
        return taken

    async def _posted(self, socket: AsyncSocket, environ: dict[str, Any]) -> None:
        """What a polling client sends, as engineio takes it; but what is no packet ends the session and is not logged."""
        connection = self._clients.connections.get(socket.sid)
        if connection is not None:
            await connection.until_heard()
        try:
            body = environ["aiohttp.request"].get(_POSTED)
            parts = [] if body is None else body.split(SEPARATOR)
            if not parts or max(map(len, parts)) > self.listener.message_bytes_max:
                raise ValueError("too long")
            if connection is not None and not connection.is_open:
                raise ValueError("cut off")
            polls = True
            body = SEPARATOR.join(parts[: self._packets_max])
            for packet in self._payload(encoded_payload=body.decode()).packets:
                polls = polls and await self._has_polled(socket)
                if connection is not None and packet.packet_type == eio_packet.PONG:
                    connection.heard_in_round = True
                    self.is_too_fast(connection)
                else:
                    await socket.receive(packet)
            if connection is not None and len(parts) > self._packets_max:
                connection.cut_off()
        except (ValueError, IndexError, RecursionError, eio_exceptions.EngineIOError) as error:
            if connection is not None:
                await self._hang_up(connection)
            raise eio_exceptions.UnknownPacketError from error

    async def _has_polled(self, socket: AsyncSocket) -> bool:
        """Many events in one POST have more answers than may wait for a poll, so the rest is taken as they are fetched. False:
        they are not; then it is taken all the same, and the client is cut off as slow.
        """
        loop, least = asyncio.get_running_loop(), socket.queue.qsize()
        until_s = loop.time() + UNREAD_S
        while (waiting := socket.queue.qsize()) > self._config.socket_polling_queue_max // 2:
            if waiting < least:
                least, until_s = waiting, loop.time() + UNREAD_S
            if loop.time() > until_s:
                return False
            await asyncio.sleep(LOOK_S)
        return True

    async def _hang_up(self, connection: Connection) -> None:
        """On a client that broke the protocol."""
        connection.close(CloseCode.PROTOCOL_ERROR)
        socket = self._sio.eio.sockets.get(connection.sid)
        if socket is not None and not connection.is_websocket:
            await socket.close(wait=False)


def _with_acceptable(request: web.Request) -> web.Request:
    """The request as it is, or without the codings that it refuses: engineio looks only whether one is named."""
    header = ",".join(request.headers.getall("Accept-Encoding", ()))
    if ";" not in header:
        return request
    headers = CIMultiDict(request.headers)
    headers["Accept-Encoding"] = acceptable(header)
    return request.clone(headers=headers)


async def _alive() -> bool:
    """In place of engineio's own look, by the wall clock, at when it pinged."""
    return True
