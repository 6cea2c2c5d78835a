"""A connection of an attacker: bytes on a socket and what came back, with no manners of its own."""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import AsyncIterator

from msgspec import Struct

from loadtest import frames
from loadtest.dialects import Livehub
from loadtest.socket import connection, upgrade_request

ANSWER_TIMEOUT_S = 20.0  # a server under attack may be slow to answer the attacker
READ_BYTES = 65_536
_dialect = Livehub()
HUNG_UP = (ConnectionError, EOFError, TimeoutError)


class Target(Struct, frozen=True, kw_only=True):
    """What is attacked, and from which loopback address."""

    host: str
    port: int
    room: str
    source: str


class Got(Struct, kw_only=True):
    """What an attacker had of it. `refused`: HTTP status; `closed`: close code, 1006 for none; `errors`: our numbers."""

    sockets: int = 0
    entered: int = 0
    messages: int = 0
    bytes_sent: int = 0
    refused: dict[str, int] = {}
    closed: dict[str, int] = {}
    errors: dict[str, int] = {}

    def merge(self, other: "Got") -> None:
        """Add what another had."""
        for name in ("sockets", "entered", "messages", "bytes_sent"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("refused", "closed", "errors"):
            setattr(self, name, dict(Counter(getattr(self, name)) + Counter(getattr(other, name))))

    def count(self, what: str, key: object) -> None:
        """One more of `what`: refused, closed or errors."""
        counts = getattr(self, what)
        counts[str(key)] = counts.get(str(key), 0) + 1


class Wire:
    """One TCP connection."""

    def __init__(self, plain: socket.socket, got: Got) -> None:
        self._plain = plain
        self._got = got
        self._rest = b""
        self._upgraded = False
        self._code = 1006
        self._open = True

    def close(self) -> None:
        """Go; a server that has not closed by now is not counted as having done so."""
        self._plain.close()

    async def send(self, data: bytes) -> None:
        """Bytes, whatever they are. Raises ConnectionError or TimeoutError."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await loop.sock_sendall(self._plain, data)
        except ConnectionError:
            self._ended()
            raise
        self._got.bytes_sent += len(data)

    async def say(self, text: str) -> None:
        """A whole text frame."""
        self._got.messages += 1
        await self.send(frames.masked(frames.TEXT, text.encode()))

    async def hear(self, limit: int = READ_BYTES) -> list[bytes]:
        """The text messages in what comes next; errors in them are counted. Raises EOFError when the server hangs up."""
        loop = asyncio.get_running_loop()
        try:
            data = await loop.sock_recv(self._plain, limit)
        except ConnectionError:
            self._ended()
            raise
        if not data:
            self._ended()
            raise EOFError
        return self._texts(data)

    async def hear_all(self) -> None:
        """Read until the server hangs up."""
        while True:
            await self.hear()

    async def upgrade(self, target: Target) -> None:
        """Have the WebSocket. Raises EOFError when it is refused."""
        await self.send(
            upgrade_request(f"{target.host}:{target.port}", "/socket.io/?EIO=4&transport=websocket", deflate=False)
        )
        await self._until(b"0")

    async def connect(self, target: Target, token: str | None = None) -> bool:
        """Be somebody, or a guest; False when that is refused. Raises EOFError when the server hangs up."""
        await self.upgrade(target)
        await self.say("40{}" if token is None else f'40{{"token":"{token}"}}')
        return await self._until(b"40")

    async def enter(self, target: Target) -> bool:
        """Be in the room, as a guest; False when that is refused. Raises EOFError when the server hangs up."""
        if not await self.connect(target):
            return False
        await self.say(joining(target.room))
        await self._until(b"43")
        self._got.entered += 1
        return True

    async def _until(self, beginning: bytes) -> bool:
        """Hear until a message begins like this; False when the connection is refused."""
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            while True:
                for text in await self.hear():
                    if text.startswith((beginning, b"44")):
                        return text.startswith(beginning)

    def _texts(self, data: bytes) -> list[bytes]:
        stream = self._rest + data
        if not self._upgraded:
            head, ended, rest = stream.partition(b"\r\n\r\n")
            if not ended:
                self._rest = stream
                return []
            status = head.split(b" ", 2)[1].decode()
            if status != "101":
                self._got.count("refused", status)
                raise EOFError
            self._upgraded, stream = True, rest
        found, self._rest = frames.split(stream)
        texts = []
        for frame in map(frames.apart, found):
            if frame.opcode == frames.CLOSE:
                self._code = int.from_bytes(frame.payload[:2], "big") if len(frame.payload) >= 2 else 1005
                self._ended()
                raise EOFError
            if frame.opcode == frames.TEXT:
                texts.append(frame.payload)
                self._look(frame.payload)
        return texts

    def _look(self, text: bytes) -> None:
        """Count the number of a refusal."""
        if text.startswith((b"43", b"44")):
            answer = _dialect.understand(text).body
            if answer is not None and not answer.ok:
                self._got.count("errors", answer.error.get("code", "?"))

    def _ended(self) -> None:
        if self._open:
            self._open = False
            self._got.count("closed", self._code)


def joining(room: str, *, since: str = "null") -> str:
    """A join with an acknowledgement; `since` is JSON, true or not."""
    return f'420["join",{{"room":"{room}","since":{since}}}]'


@contextlib.asynccontextmanager
async def wire(target: Target, got: Got, *, receive_buffer_bytes: int = 0) -> AsyncIterator[Wire]:
    """A connection; what the server does to end it is swallowed, being counted. `receive_buffer_bytes`: 0 as usual."""
    got.sockets += 1
    plain = await connection(target.host, target.port, target.source)
    if receive_buffer_bytes:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
    one = Wire(plain, got)
    try:
        yield one
    except HUNG_UP:
        pass
    finally:
        one.close()
