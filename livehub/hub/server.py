"""The hub: python-socketio on aiohttp with our transport, and everything a live room needs, put together.

python-socketio keeps the handshake, namespaces and long-polling. Events come straight from transport.py, those of polling
clients from engineio, and both go to dispatch.py as the text they are.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import socketio
from aiohttp import web
from engineio import exceptions as eio_exceptions
from engineio import payload
from engineio.async_socket import AsyncSocket
from yarl import URL

from livehub.base import errors
from livehub.base.auth import Identity, Role, Tokens
from livehub.base.config import Config
from livehub.base.http import client_address
from livehub.base.metrics import CLOSED
from livehub.hub import dispatch, frames, packets
from livehub.hub.closing import Close
from livehub.hub.connection import Connection
from livehub.hub.directs import Directs
from livehub.hub.dispatch import Dispatcher
from livehub.hub.events import RoomEvents
from livehub.hub.handover import Handover
from livehub.hub.heartbeat import Heartbeat
from livehub.hub.transport import driver
from livehub.room import wire

log = logging.getLogger("livehub.hub.server")

DRAIN_BATCH = 200


class SocketServer:
    """Accepts sockets, tells who they are, hands their events on."""

    def __init__(
        self,
        config: Config,
        tokens: Tokens,
        dispatcher: Dispatcher,
        events: RoomEvents,
        directs: Directs,
        handover: Handover | None,
        now_s: Callable[[], float],
    ) -> None:
        self._config = config
        self._handover = handover
        self._tokens = tokens
        self._dispatcher = dispatcher
        self._events = events
        self._directs = directs
        self._now_s = now_s
        self._heartbeat = Heartbeat(config, now_s)
        self._connections: dict[str, Connection] = {}
        self._draining = False
        self.notice: wire.Notice | None = None
        self._sio = socketio.AsyncServer(
            async_mode="aiohttp",
            async_handlers=False,
            cors_allowed_origins=_origins(config),
            max_http_buffer_size=config.socket_message_bytes_max * 4,
            ping_interval=config.ping_interval_s,
            ping_timeout=config.ping_timeout_s,
            logger=False,
            engineio_logger=False,
        )
        self._sio.eio._async = {**self._sio.eio._async, "websocket": driver(config, self)}
        if handover is not None:
            self._sio.eio.generate_id = handover.new_sid
        self._opened_by_library = self._sio.eio.handlers["connect"]
        self._taken_by_library = self._sio.eio.handlers["message"]
        self._sio.eio.on("connect", self._opening)
        self._sio.eio.on("message", self.packet)
        self._sio.on("connect", self._connect)
        self._sio.on("disconnect", self._disconnect)

    def attach(self, app: web.Application) -> None:
        """Serve /socket.io/ on `app`."""
        app.router.add_route("*", "/socket.io/", self._serve)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        slot = self._handover.elsewhere(request) if self._handover is not None else None
        if self._handover is not None and slot is not None:
            return await self._handover.forward(request, slot)
        if request.query.get("transport") == "websocket" and not web.WebSocketResponse().can_prepare(request):
            raise errors.BadRequest(
                "This is not the handshake of a WebSocket."
            )  # engineio would begin a session and lose it
        sessions = self._sio.eio.sockets
        sid = request.query.get("sid", "")
        if sid in sessions and sessions[sid].closed:  # engineio fails on a POST to it
            del sessions[sid]
        response: web.StreamResponse = await self._sio.handle_request(request)
        return response

    def start(self) -> None:
        """Begin to ping."""
        self._heartbeat.start()

    async def stop(self) -> None:
        """Tell every client to come back elsewhere or later, spread over time, and hang up."""
        self._draining = True
        for index, connection in enumerate(list(self._connections.values())):
            after_ms = random.randrange(self._config.reconnect_spread_ms + 1)
            notice = wire.Notice(type="moving", ts=int(self._now_s() * 1000), after_ms=after_ms)
            connection.send(frames.event("notice", notice))
            connection.close(Close.DRAIN)
            if index % DRAIN_BATCH == DRAIN_BATCH - 1:
                await asyncio.sleep(0)
        await self._heartbeat.stop()
        if self._handover is not None:
            await self._handover.close()
        await self._sio.shutdown()

    @property
    def size(self) -> int:
        """Sockets open here."""
        return len(self._connections)

    def tell_all(self, notice: wire.Notice | None) -> None:
        """Tell every client about the service; those who come later hear it, too, until it is None."""
        told = notice or wire.Notice(type="restored", ts=int(self._now_s() * 1000))
        self.notice = notice
        frame = frames.event("notice", told)
        for connection in list(self._connections.values()):
            connection.send(frame, droppable=True)

    # --- transport.Receiver ---

    def opened(self, socket: AsyncSocket, request: web.Request) -> Connection:
        """A WebSocket is there: of a new client, or of one that polled so far."""
        connection = self._connections.get(socket.sid) or self._new(socket, request)
        self._heartbeat.enter(connection)
        return connection

    def received(self, connection: Connection, text: str) -> None:
        """An event."""
        connection.heard()
        if connection.identity is None:
            connection.close(Close.PROTOCOL_ERROR)  # no event may come before CONNECT
            return
        self._dispatcher.received(connection, text)

    async def packet(self, eio_sid: str, data: Any) -> None:
        """Any Socket.IO packet: an event of a client that polls, or what is rare."""
        connection = self._connections.get(eio_sid)
        known = connection is not None and connection.identity is not None
        text = data if isinstance(data, str) else ""
        if connection is not None and known and text.startswith("2"):
            self.received(connection, text[1:])
            return
        namespace = packets.asked_namespace(text)
        is_connect = namespace is not None and not (known and namespace == "/")
        too_fast = connection is not None and connection.events.wait_s(self._now_s()) > 0
        if (is_connect or (known and text == packets.DISCONNECT)) and not too_fast:
            await self._taken_by_library(eio_sid, text)
        else:
            await self._hang_up(eio_sid)

    def closed(self, connection: Connection) -> None:
        """A WebSocket is gone."""
        self._heartbeat.leave(connection)
        self._forget(connection)

    # --- events of the libraries ---

    async def _opening(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        socket = self._sio.eio.sockets[eio_sid]
        if "transport=websocket" in environ["QUERY_STRING"]:
            # engineio pings a socket only if it has had a last ping; ours are pinged by heartbeat.py, with no task each.
            socket.last_ping = None
        else:
            socket.handle_post_request = partial(self._posted, socket)
        return await self._opened_by_library(eio_sid, environ)

    async def _posted(self, socket: AsyncSocket, environ: dict[str, Any]) -> None:
        """What a polling client sends, as engineio takes it; but what is no packet ends the session and is not logged."""
        size = int(environ.get("CONTENT_LENGTH", "0"))
        try:
            if size > self._sio.eio.max_http_buffer_size:
                raise ValueError("too long")
            body = await environ["wsgi.input"].read(size)
            for packet in payload.Payload(encoded_payload=body.decode()).packets:
                await socket.receive(packet)
        except (ValueError, IndexError, RecursionError, eio_exceptions.EngineIOError) as error:
            await self._hang_up(socket.sid)
            raise eio_exceptions.UnknownPacketError from error

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        eio_sid = self._eio_sid(sid)
        connection = self._connections.get(eio_sid)
        if connection is None:
            connection = self._new(self._sio.eio.sockets[eio_sid], environ["aiohttp.request"])
        try:
            self._admit()
            connection.identity = self._identify(auth, eio_sid)
        except errors.LivehubError as error:
            # After CONNECT_ERROR has gone out: python-socketio sends it when this handler has returned.
            asyncio.get_running_loop().call_soon(self._turn_away, connection, error)
            body = dispatch.refused(error).error
            raise socketio.exceptions.ConnectionRefusedError(error.name, msgspec.to_builtins(body)) from error
        self._directs.enter(connection)
        if self.notice is not None:
            # After CONNECT has gone out: python-socketio sends it when this handler has returned.
            asyncio.get_running_loop().call_soon(connection.send, frames.event("notice", self.notice))

    async def _disconnect(self, sid: str, _reason: str) -> None:
        connection = self._connections.get(self._eio_sid(sid))
        if connection is not None:
            self._forget(connection)

    # --- parts ---

    def _eio_sid(self, sid: str) -> str:
        return str(self._sio.manager.eio_sid_from_sid(sid, "/"))

    def _new(self, socket: AsyncSocket, request: web.Request) -> Connection:
        address = client_address(request, trust_proxy=self._config.trust_proxy)
        connection = Connection(self._config, socket, address, self._now_s())
        self._connections[socket.sid] = connection
        return connection

    def _forget(self, connection: Connection) -> None:
        if connection.gone:
            return
        connection.gone = True
        connection.end_poll()
        self._connections.pop(connection.sid, None)
        self._events.gone(connection)
        self._directs.leave(connection)

    async def _hang_up(self, eio_sid: str) -> None:
        """On a client that broke the protocol."""
        connection = self._connections.get(eio_sid)
        if connection is not None:
            connection.close(Close.PROTOCOL_ERROR)
        else:
            CLOSED.labels(code=int(Close.PROTOCOL_ERROR)).inc()
        if connection is None or not connection.is_websocket:
            await self._sio.eio.sockets[eio_sid].close(wait=False)

    def _turn_away(self, connection: Connection, error: errors.LivehubError) -> None:
        if connection.is_websocket:
            connection.close(Close.BAD_TOKEN if isinstance(error, errors.BadToken) else Close.FULL)
        else:
            # Its session ends when the client has fetched the refusal, or at its ping time-out.
            self._forget(connection)

    def _admit(self) -> None:
        if self._draining or len(self._connections) > self._config.sockets_max:
            after_ms = 500 + random.randrange(self._config.reconnect_spread_ms + 1)
            raise errors.Unavailable("This server takes no more clients now.", retry_after_ms=after_ms)

    def _identify(self, auth: Any, eio_sid: str) -> Identity:
        if auth is None or auth == "":
            auth = {}
        if not isinstance(auth, dict):
            raise errors.BadToken
        token = auth.get("token")
        if token is None or token == "":
            return Identity(id=f"guest-{eio_sid}", name="Guest", role=Role.GUEST)
        if not isinstance(token, str):
            raise errors.BadToken
        return self._tokens.read(token, now_s=self._now_s())


def _origins(config: Config) -> str | Callable[[str | None, dict[str, Any]], bool]:
    """What engineio wants to know: "*", or whether a page of `origin` may open the socket (our own pages always may)."""
    if config.allowed_origins == "*":
        return "*"
    others = {origin.strip().rstrip("/") for origin in config.allowed_origins.split(",")}
    others |= {str(URL(config.public_url).origin())} if config.public_url else set()

    def allowed(origin: str | None, environ: dict[str, Any]) -> bool:
        return origin is None or origin in others or origin.partition("://")[2] == environ.get("HTTP_HOST")

    return allowed
