"""python-socketio on aiohttp, for clients that begin by long-polling, and for those that move from there to a WebSocket.

The library keeps the handshake, namespaces and polling; what a client then sends goes to clients.py as the text it is.
Those that open a WebSocket at once never come here, see door.py.
"""

import asyncio
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
from livehub.base.config import Config
from livehub.base.http import client_address
from livehub.base.metrics import CLOSED
from livehub.hub import dispatch, packets
from livehub.hub.clients import Clients, closed_after
from livehub.hub.closing import Close
from livehub.hub.connection import Connection
from livehub.hub.door import Doorway
from livehub.hub.handover import Handover
from livehub.hub.transport import driver

SWEEP_PAUSE_S = 1.0


class SocketServer:
    """See the module. `doorway` serves the others, and agrees with us on who may come in."""

    def __init__(self, config: Config, clients: Clients, handover: Handover | None, now_s: Callable[[], float]) -> None:
        self._config = config
        self._clients = clients
        self._handover = handover
        self._now_s = now_s
        self._tasks: list[asyncio.Task[None]] = []
        may_open = _origins(config)
        self.doorway = Doorway(config, clients, may_open, now_s)
        self._sio = socketio.AsyncServer(
            async_mode="aiohttp",
            async_handlers=False,
            cors_allowed_origins=lambda origin, environ: may_open(origin or "", environ.get("HTTP_HOST", "")),
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
        """Begin to ping, and to look for those who keep us waiting."""
        self._clients.heartbeat.start()
        self._tasks = [asyncio.create_task(self._sweep_forever(), name="doorway")]

    async def stop(self) -> None:
        """Send every client away and hang up."""
        await self._clients.stop()
        for task in self._tasks:
            task.cancel()
        if self._handover is not None:
            await self._handover.close()
        await self._sio.shutdown()

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_PAUSE_S)
            self.doorway.sweep()

    # --- transport.Receiver ---

    def opened(self, socket: AsyncSocket, request: web.Request) -> Connection:
        """A WebSocket is there: of a new client, or of one that polled so far."""
        connection = self._clients.connections.get(socket.sid) or self._new(socket, request)
        self._clients.heartbeat.enter(connection)
        return connection

    def received(self, connection: Connection, text: str) -> None:
        """An event."""
        self._clients.received(connection, text)

    async def packet(self, eio_sid: str, data: Any) -> None:
        """Any Socket.IO packet: an event of a client that polls, or what is rare."""
        connection = self._clients.connections.get(eio_sid)
        known = connection is not None and connection.identity is not None
        text = data if isinstance(data, str) else ""
        if connection is not None and known and text.startswith("2"):
            self._clients.received(connection, text[1:])
            return
        asked = packets.asked(text)
        is_connect = asked is not None and not (known and asked[0] == "/")
        too_fast = connection is not None and self._clients.too_fast(connection)
        if (is_connect or (known and text == packets.DISCONNECT)) and not too_fast:
            await self._taken_by_library(eio_sid, text)
        else:
            await self._hang_up(eio_sid)

    def closed(self, connection: Connection) -> None:
        """A WebSocket is gone."""
        self._clients.forget(connection)

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
        connection = self._clients.connections.get(eio_sid)
        try:
            if connection is None:
                connection = self._new(self._sio.eio.sockets[eio_sid], environ["aiohttp.request"])
            self._clients.admit(connection, auth)
        except errors.LivehubError as error:
            # After CONNECT_ERROR has gone out: python-socketio sends it when this handler has returned.
            asyncio.get_running_loop().call_soon(self._turn_away, connection, error)
            body = dispatch.refused(error).error
            raise socketio.exceptions.ConnectionRefusedError(error.name, msgspec.to_builtins(body)) from error
        # After CONNECT has gone out: python-socketio sends it when this handler has returned.
        asyncio.get_running_loop().call_soon(self._clients.welcome, connection)

    async def _disconnect(self, sid: str, _reason: str) -> None:
        connection = self._clients.connections.get(self._eio_sid(sid))
        if connection is not None:
            self._clients.forget(connection)

    # --- parts ---

    def _eio_sid(self, sid: str) -> str:
        return str(self._sio.manager.eio_sid_from_sid(sid, "/"))

    def _new(self, socket: AsyncSocket, request: web.Request) -> Connection:
        address = client_address(request, trust_proxy=self._config.trust_proxy)
        if not self._clients.admission.opened(address):
            raise errors.Unavailable("This server takes no more clients now.", retry_after_ms=5_000)
        connection = Connection(self._clients.limits, socket.sid, address, self._now_s(), socket=socket)
        self._clients.enter(connection)
        return connection

    async def _hang_up(self, eio_sid: str) -> None:
        """On a client that broke the protocol."""
        connection = self._clients.connections.get(eio_sid)
        if connection is not None:
            connection.close(Close.PROTOCOL_ERROR)
        else:
            CLOSED.labels(code=int(Close.PROTOCOL_ERROR)).inc()
        if connection is None or not connection.is_websocket:
            await self._sio.eio.sockets[eio_sid].close(wait=False)

    def _turn_away(self, connection: Connection | None, error: errors.LivehubError) -> None:
        if connection is not None and connection.is_websocket:
            connection.close(closed_after(error))
        elif connection is not None:
            # Its session ends when the client has fetched the refusal, or at its ping time-out.
            self._clients.forget(connection)


def _origins(config: Config) -> Callable[[str, str], bool]:
    """Whether a page of an origin may open the socket at a host: "" is no page; our own pages always may."""
    others = {origin.strip().rstrip("/") for origin in config.allowed_origins.split(",")}
    others |= {str(URL(config.public_url).origin())} if config.public_url else set()

    def allowed(origin: str, host: str) -> bool:
        return "*" in others or not origin or origin in others or origin.partition("://")[2] == host

    return allowed
