"""A WebSocket by hand: bytes as they are, and an independent parser (wsproto) for what comes back."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Self

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Pong, RejectConnection, Request, TextMessage
from wsproto.extensions import Extension
from yarl import URL

from tests.integration.server import LocalServer
from tests.patience import PATIENCE_S


class Wire:
    """One TCP connection to the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._parser = WSConnection(ConnectionType.CLIENT)
        self._texts: list[str] = []
        self.pongs: list[bytes] = []
        self.close_code: int | None = None

    @classmethod
    async def connect(cls, server: LocalServer, *, receive_buffer_bytes: int | None = None) -> Self:
        """A TCP connection. With a small `receive_buffer_bytes` the kernel takes little for one who does not read."""
        url = URL(server.url)
        plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer_bytes is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        plain.settimeout(0)
        await asyncio.get_running_loop().sock_connect(plain, (str(url.host), int(url.port or 0)))
        return cls(*await asyncio.open_connection(sock=plain, limit=4096))

    @classmethod
    async def upgraded(
        cls, server: LocalServer, *, receive_buffer_bytes: int | None = None, extensions: Sequence[Extension] = ()
    ) -> Self:
        """One on which the WebSocket is open."""
        wire = await cls.connect(server, receive_buffer_bytes=receive_buffer_bytes)
        target = "/socket.io/?EIO=4&transport=websocket"
        host = str(URL(server.url).authority)
        wire.send(wire._parser.send(Request(host=host, target=target, extensions=list(extensions))))
        assert (await wire.text())[0] == "0"
        return wire

    def send(self, data: bytes) -> None:
        """Bytes, whatever they are."""
        self._writer.write(data)

    async def push(self, data: bytes) -> None:
        """Bytes, and wait until the other side takes them."""
        self._writer.write(data)
        await self._writer.drain()

    def say(self, text: str) -> None:
        """A whole text frame."""
        self.send(self._parser.send(TextMessage(data=text)))

    async def text(self) -> str:
        """The next text message. Raises EOFError when the server hangs up instead."""
        while not self._texts:
            await self._more()
        return self._texts.pop(0)

    async def status(self) -> int:
        """The status of the HTTP answer to what was sent."""
        async with asyncio.timeout(PATIENCE_S):
            return int((await self._reader.readline()).split()[1])

    async def closed(self) -> int | None:
        """Read until the server hangs up; its close code."""
        while True:
            try:
                await self._more()
            except (EOFError, ConnectionError):
                return self.close_code

    async def close_frame(self) -> int | None:
        """Read until the server's close frame, or the end; its close code."""
        with contextlib.suppress(EOFError, ConnectionError):
            while self.close_code is None:
                await self._more()
        return self.close_code

    async def _more(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            data = await self._reader.read(65_536)
        if not data:
            raise EOFError
        self._parser.receive_data(data)
        for event in self._parser.events():
            if isinstance(event, TextMessage):
                self._texts.append(event.data)
            elif isinstance(event, CloseConnection):
                self.close_code = event.code
            elif isinstance(event, Pong):
                self.pongs.append(bytes(event.payload))
            else:
                assert isinstance(event, AcceptConnection), event
            assert not isinstance(event, RejectConnection), event

    def cut(self) -> None:
        """Hang up at once."""
        self._writer.transport.abort()


@asynccontextmanager
async def wired(server: LocalServer, *, receive_buffer_bytes: int | None = None) -> AsyncIterator[Wire]:
    """An open WebSocket by hand."""
    wire = await Wire.upgraded(server, receive_buffer_bytes=receive_buffer_bytes)
    try:
        yield wire
    finally:
        wire.cut()
