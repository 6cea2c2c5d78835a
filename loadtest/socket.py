"""A Socket.IO client that costs little: one asyncio protocol per socket, no task, no queue, no library underneath.

It speaks just what a crowd needs: the WebSocket handshake (RFC 6455), Engine.IO's open, ping and message, Socket.IO's connect,
event and acknowledgement in the namespace `/`. Messages are handed over as text, so that whoever counts need not decode.
"""

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import Any

import msgspec

HANDSHAKE_TIMEOUT_S = 60.0
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA

Hear = Callable[["CrowdSocket", str], None]


class Refusal(Exception):
    """The server closed the socket, or would not let us in."""


def _masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame. The mask is zero: allowed (section 5.3 asks for an unpredictable one only of browsers), and cheap."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB4x", 0x80 | opcode, 0x80 | size) + payload
    return struct.pack("!BBH4x", 0x80 | opcode, 0xFE, size) + payload


class CrowdSocket(asyncio.Protocol):
    """One client. `hear` gets every event's text (`["tick",{...}]`)."""

    __slots__ = (
        "_acks",
        "_auth",
        "_buffer",
        "_hear",
        "_next_ack",
        "_request",
        "_stage",
        "_transport",
        "close_code",
        "closed",
        "ready",
    )

    def __init__(self, request: bytes, hear: Hear, auth: dict[str, Any]) -> None:
        self._request = request
        self._hear = hear
        self._buffer = b""
        self._stage = "http"
        self._next_ack = 0
        self._acks: dict[int, asyncio.Future[Any]] = {}
        self._transport: asyncio.Transport | None = None
        self._auth = msgspec.json.encode(auth)
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[None] = loop.create_future()
        self.closed = False
        self.close_code = 0

    # --- for the crowd ---

    def emit(self, event: str, body: dict[str, Any]) -> None:
        """Send an event and want no acknowledgement."""
        self._send(b"42" + msgspec.json.encode([event, body]))

    def call(self, event: str, body: dict[str, Any]) -> "asyncio.Future[Any]":
        """Send an event; its acknowledgement, decoded. Fails with Refusal if the socket closes first."""
        self._next_ack += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._acks[self._next_ack] = answer
        self._send(b"42%d" % self._next_ack + msgspec.json.encode([event, body]))
        return answer

    def cut(self) -> None:
        """Hang up without a word, as a lost network does."""
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake."""
        self._transport = transport  # type: ignore[assignment]
        self._transport.write(self._request)  # type: ignore[union-attr]

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody who waits."""
        self.closed = True
        refusal = Refusal(f"closed with {self.close_code or exc}")
        for waiting in (self.ready, *self._acks.values()):
            if not waiting.done():
                waiting.set_exception(refusal)
        self._acks.clear()

    def data_received(self, data: bytes) -> None:
        """Take whole frames off the stream."""
        buffer = self._buffer + data if self._buffer else data
        if self._stage == "http":
            head, found, rest = buffer.partition(b"\r\n\r\n")
            if not found:
                self._buffer = buffer
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self.cut()
                return
            self._stage, buffer = "open", rest
        at = 0
        while (frame := self._frame(buffer, at)) is not None:
            opcode, start, at = frame
            self._take(opcode, buffer[start:at])
        self._buffer = buffer[at:]

    # --- parts ---

    @staticmethod
    def _frame(buffer: bytes, at: int) -> tuple[int, int, int] | None:
        """(opcode, start, end) of the frame at `at`; None when it is not all there. A server's frames have no mask."""
        if len(buffer) < at + 2:
            return None
        size, start = buffer[at + 1], at + 2
        if size == 126:
            if len(buffer) < at + 4:
                return None
            size, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
        elif size == 127:
            if len(buffer) < at + 10:
                return None
            size, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
        end = start + size
        return (buffer[at] & 0x0F, start, end) if len(buffer) >= end else None

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == _TEXT:
            self._message(payload.decode())
        elif opcode == _PING:
            self._write(_masked(_PONG, payload))
        elif opcode == _CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            self._write(_masked(_CLOSE, payload[:2]))

    def _message(self, text: str) -> None:
        if text.startswith("42"):
            self._hear(self, text[2:])
        elif text.startswith("43"):
            number, _, rest = text[2:].partition("[")
            answer = self._acks.pop(int(number), None)
            if answer is not None and not answer.done():
                answer.set_result(msgspec.json.decode("[" + rest)[0])
        elif text == "2":
            self._send(b"3")
        elif text.startswith("0"):
            self._send(b"40" + self._auth)
        elif text.startswith("40") and not self.ready.done():
            self.ready.set_result(None)
        elif text.startswith("44") and not self.ready.done():
            self.ready.set_exception(Refusal(text[2:]))

    def _send(self, payload: bytes) -> None:
        self._write(_masked(_TEXT, payload))

    def _write(self, frame: bytes) -> None:
        if self._transport is not None and not self.closed:
            self._transport.write(frame)


async def connect(host: str, port: int, hear: Hear, *, token: str | None, source: str | None = None) -> CrowdSocket:
    """A connected client. `source`: the loopback address to come from, since each has ports for 28,000 sockets only."""
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()
    auth = {"token": token} if token else {}
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(
        lambda: CrowdSocket(request, hear, auth), host, port, local_addr=(source, 0) if source else None
    )
    async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
        await socket.ready
    return socket
