"""Several workers on one port: requests of a long-polling client must reach the worker that holds its session.

The kernel gives each TCP connection to any worker. An Engine.IO session id begins with the slot of its worker, so another
worker knows whose it is and hands the request over through that worker's Unix socket, which only we can open. That is one
more hop for clients that poll, or that began by polling and moved to a WebSocket; one that begins with a WebSocket, as our
pages do, never takes it. Nodes behind a load balancer need sticky sessions for polling clients, as for any Socket.IO server.
"""

import asyncio
import logging
import secrets
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from aiohttp import WSMsgType, web
from multidict import CIMultiDict

from livehub.base.bodies import read_body
from livehub.base.errors import Unavailable
from livehub.hub.settings import HubConfig

log = logging.getLogger("livehub.hub.sockets.session_forwarding")

_SEPARATOR = "."
_NOT_FORWARDED = frozenset(
    {"host", "connection", "upgrade", "transfer-encoding", "content-encoding", "content-length", "keep-alive"}
    | {f"sec-websocket-{part}" for part in ("key", "version", "extensions", "protocol", "accept")}
)


class SessionForwarding:
    """Knows which worker holds a session. `folder`: where the workers' sockets lie; `slot`: which of them is ours."""

    def __init__(self, config: HubConfig, folder: Path, slot: int) -> None:
        self._config = config
        self._folder = folder
        self._slot = slot
        self._sessions: dict[int, aiohttp.ClientSession] = {}

    def new_sid(self) -> str:
        """An unguessable session id that says where the session is."""
        return f"{self._slot}{_SEPARATOR}{secrets.token_urlsafe(15)}"

    @property
    def folder(self) -> Path:
        """Where the workers' sockets lie."""
        return self._folder

    def socket_path(self, slot: int | None = None) -> Path:
        """The Unix socket of a worker; ours without an argument."""
        return self._folder / f"worker-{self._slot if slot is None else slot}.sock"

    def owning_worker(self, request: web.Request) -> int | None:
        """The slot of the worker that holds the request's session; None when it is ours, or nobody's."""
        slot, separator, _ = request.query.get("sid", "").partition(_SEPARATOR)
        if not separator or not (slot.isascii() and slot.isdigit()) or len(slot) > 3 or int(slot) == self._slot:
            return None
        return int(slot) if self.socket_path(int(slot)).exists() else None

    async def forward(self, request: web.Request, slot: int) -> web.StreamResponse:
        """Let the worker in `slot` answer. Raises Unavailable when it is gone; the client then begins anew."""
        session = self._session(slot)
        headers = _forwarded(request.headers)
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._tunnel(request, session, headers)
            body = await read_body(request, self._config, self._config.http_body_bytes_max)
            url = f"http://worker{request.path_qs}"
            async with session.request(request.method, url, data=body, headers=headers) as answer:
                return web.Response(body=await answer.read(), status=answer.status, headers=_forwarded(answer.headers))
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(retry_after_ms=self._config.reconnect_spread_ms) from error

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    def _session(self, slot: int) -> aiohttp.ClientSession:
        if slot not in self._sessions:
            self._sessions[slot] = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(path=str(self.socket_path(slot)), limit=0),
                timeout=aiohttp.ClientTimeout(total=self._config.ping_interval_s + 2 * self._config.ping_timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._sessions[slot]

    async def _tunnel(
        self, request: web.Request, session: aiohttp.ClientSession, headers: CIMultiDict[str]
    ) -> web.WebSocketResponse:
        size_max = 4 * self._config.socket_message_bytes_max
        near = web.WebSocketResponse(compress=False, max_msg_size=size_max)
        url = f"http://worker{request.path_qs}"
        async with session.ws_connect(url, headers=headers, max_msg_size=0) as far:
            await near.prepare(request)
            pumps = [asyncio.create_task(_pump(near, far)), asyncio.create_task(_pump(far, near))]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            await near.close(code=far.close_code or 1001)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        return near


def _forwarded(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _NOT_FORWARDED)


WebSocket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _pump(source: WebSocket, sink: WebSocket) -> None:
    """Message by message; waiting for the sink is the backpressure."""
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await sink.send_bytes(message.data)
        else:
            return
