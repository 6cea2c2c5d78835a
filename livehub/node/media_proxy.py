"""With several processes on a node, one of them holds the media; the others hand over to it what is for it.

Media itself does not pass here: WebRTC goes to the media process's own UDP port, and HLS is best fetched by a cache that knows
the socket (deploy/nginx). What passes is what players ask for without a cache, and the calls about cameras and recordings.
"""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from livehub.base.addresses import client_address
from livehub.base.bodies import ClientGone, body_pieces
from livehub.base.config import Config
from livehub.base.errors import LivehubError, Unavailable

log = logging.getLogger("livehub.node.media_proxy")

SOCKET = "media.sock"
ANSWER_S = 60.0  # longer than a player waits for a part
RETRY_MS = 1_000
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host"}
)  # RFC 9110, section 7.6.1


class MediaProxy:
    """To the media process, whose socket lies in `folder`."""

    def __init__(self, config: Config, folder: Path) -> None:
        self._config = config
        self._path = folder / SOCKET
        self._session: aiohttp.ClientSession | None = None

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """The media process's answer. Raises Unavailable while it is away; it is started again by itself."""
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP
        )
        headers["X-Forwarded-For"] = client_address(request, trust_proxy=self._config.trust_proxy)
        body = _Body(request, self._config) if request.can_read_body else None
        try:
            async with self._connected().request(
                request.method,
                f"http://media{request.raw_path}",
                headers=headers,
                data=body.pieces() if body is not None else None,
                allow_redirects=False,
                auto_decompress=False,
                skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
            ) as answer:
                response = web.StreamResponse(status=answer.status, reason=answer.reason)
                for name, value in answer.headers.items():
                    if name.lower() not in _HOP_BY_HOP:
                        response.headers.add(name, value)
                await response.prepare(request)
                async for piece in answer.content.iter_any():
                    await response.write(piece)
                await response.write_eof()
                return response
        except (aiohttp.ClientConnectionError, TimeoutError, FileNotFoundError) as error:
            if body is not None and body.failure is not None:
                raise body.failure from error
            if request.transport is None:
                raise ClientGone from error
            raise Unavailable("The media process is away.", retry_after_ms=RETRY_MS) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(path=str(self._path), limit=0),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=2.0, sock_read=ANSWER_S),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


class _Body:
    """What the client sends, handed over as it arrives. Its size is checked where it is read: over there."""

    def __init__(self, request: web.Request, config: Config) -> None:
        self._pieces = body_pieces(request, config)
        self.failure: LivehubError | ClientGone | None = None  # why it ended early; aiohttp tells only that it did

    async def pieces(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._pieces:
                yield piece
        except (LivehubError, ClientGone) as error:
            self.failure = error
            raise
