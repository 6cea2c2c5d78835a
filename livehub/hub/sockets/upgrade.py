"""Our WebSocket driver for Engine.IO, for clients that began by polling: no writer task, no task and no queue per message.

Stock clients begin by polling unless told otherwise, and move to a WebSocket at once. We let them (docs/architecture.md says
why): each would cost several times as much for as long as it stays if it had to go on polling.

engineio builds `_async["websocket"](handler, server)` for each WebSocket; ours takes the socket over: reads frames, hands
events straight to the hub, everything else (CONNECT, probes of an upgrade) to engineio and python-socketio, and lets frames
out by `transport.write`. python-socketio keeps the protocol; a test
(test_engineio_names.py) guards the names used here.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import engineio
from aiohttp import WSCloseCode, WSMsgType, web
from engineio import packet
from engineio.async_socket import AsyncSocket

from livehub.base.metrics import CLOSED
from livehub.hub.settings import HubConfig
from livehub.hub.sockets import frames
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import CLOSE_GRACE_S, Connection
from livehub.hub.sockets.socketio import State

UPGRADE_TIMEOUT_S = 10.0


class Receiver(Protocol):
    """What the driver needs of the hub."""

    def connection_of(self, eio_sid: str) -> Connection | None:
        """The connection of this Engine.IO socket; None when it is over."""

    def is_too_fast(self, connection: Connection) -> bool:
        """Whether it sends packets that are no events faster than it may."""

    async def packet(self, eio_sid: str, data: Any) -> None:
        """A Socket.IO packet came: `data` is what follows `4`."""

    def closed(self, connection: Connection) -> None:
        """The connection is over."""


def driver(config: HubConfig, receiver: Receiver) -> Callable[[Any, engineio.AsyncServer], "WebSocketDriver"]:
    """The factory to put into a copy of engineio's `_async` table."""
    return lambda handler, server: WebSocketDriver(config, receiver, handler.__self__, server)


class WebSocketDriver:
    """Runs one WebSocket from handshake to close."""

    def __init__(
        self, config: HubConfig, receiver: Receiver, socket: AsyncSocket, server: engineio.AsyncServer
    ) -> None:
        self._config = config
        self._receiver = receiver
        self._socket = socket
        self._server = server

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        """Serve until the client or we hang up."""
        request: web.Request = environ["aiohttp.request"]
        # Up to four times the limit a message is read, so that it can be refused by number; past that aiohttp hangs up (1009).
        websocket = web.WebSocketResponse(
            compress=False,
            autoclose=True,
            autoping=False,
            max_msg_size=4 * self._config.socket_message_bytes_max,
            timeout=CLOSE_GRACE_S,
        )
        began_by_polling = self._socket.connected
        try:
            await websocket.prepare(request)
            # Not asked with isinstance: uvloop's transports do not inherit from asyncio's.
            transport = request.transport
            if transport is not None and (not began_by_polling or await self._upgraded(websocket)):
                self._socket.connected = self._socket.upgraded = True
                await self._serve(websocket, transport)
        finally:
            if self._socket.upgraded or not began_by_polling:  # else it goes on polling
                await self._socket.close(wait=False, abort=True, reason=self._server.reason.TRANSPORT_CLOSE)
                self._server.sockets.pop(self._socket.sid, None)
        return websocket

    async def _serve(self, websocket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        connection = self._receiver.connection_of(self._socket.sid)
        if connection is None:
            return
        connection.attach(transport)
        self._socket.send = self._sender(connection)
        try:
            await self._read(websocket, connection)
        finally:
            connection.detach()
            self._receiver.closed(connection)

    async def _upgraded(self, websocket: web.WebSocketResponse) -> bool:
        """The probe by which a polling client moves here (Engine.IO protocol, section "Upgrade"). False: it stays."""
        self._socket.upgrading = True
        try:
            async with asyncio.timeout(UPGRADE_TIMEOUT_S):
                if await websocket.receive_str() != "2probe":
                    return False
                await websocket.send_str("3probe")
                self._socket.queue.put_nowait(packet.Packet(packet.NOOP))  # ends the poll that is under way
                return await websocket.receive_str() == "5"
        except (TimeoutError, TypeError, RuntimeError, ConnectionError):
            return False
        finally:
            self._socket.upgrading = False

    @staticmethod
    def _sender(connection: Connection) -> Callable[[packet.Packet], Any]:
        """What python-socketio sends (CONNECT, its own acknowledgements) joins the same ordered stream."""

        async def send(pkt: packet.Packet) -> None:
            encoded = pkt.encode()
            if isinstance(encoded, str):
                connection.send(frames.Frame(encoded.encode()))

        return send

    async def _read(self, websocket: web.WebSocketResponse, connection: Connection) -> None:
        async for message in websocket:
            if message.type is WSMsgType.ERROR:  # aiohttp could not read it, and hangs up (RFC 6455, section 7.4.1)
                CLOSED.labels(code=int(getattr(message.data, "code", WSCloseCode.ABNORMAL_CLOSURE))).inc()
                return
            if not connection.is_open:
                return
            if message.type in (WSMsgType.PING, WSMsgType.PONG):
                if not self._receiver.is_too_fast(connection) and message.type is WSMsgType.PING:
                    connection.pong(message.data)
                continue
            text: str = message.data if message.type is WSMsgType.TEXT else ""  # binary: nothing on our wire is
            if text.startswith("4"):
                await self._receiver.packet(connection.sid, text[1:])
            elif text == "3":
                connection.heard_in_round = True
                self._receiver.is_too_fast(connection)
            elif text == "1":
                return  # it said CLOSE
            else:
                connection.close(CloseCode.PROTOCOL_ERROR)
            if connection.state is State.CLOSED:
                return  # it said DISCONNECT
