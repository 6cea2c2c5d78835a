"""A WebSocket client that costs little: one asyncio protocol per socket, no task, no queue, no library underneath.

Most of what comes is the message that came to the neighbour a moment ago: then there is one comparison and one count, and
nothing is parsed. Everything else goes the long way: frames are put together, inflated and understood (hearing.py), and the
dialect says what to answer.
"""

import asyncio
import base64
import errno
import os
import socket
import struct
import zlib
from time import time
from typing import Protocol

from loadtest import frames
from loadtest.dialects import (
    ACKNOWLEDGED,
    CLOSED,
    DIRECT,
    JOINED,
    OWN,
    PING,
    REFUSED,
    UPGRADED,
    Answer,
    Entrance,
    Heard,
)
from loadtest.hearing import Hearing, Message

HEAD_BYTES_MAX = 16_384
DEFLATE_OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"  # as browsers do
STAY_AWAY = range(3500, 4000)  # close codes after which a client may not come back (docs/wire.md)
_ANSWERED = frozenset((JOINED, REFUSED, ACKNOWLEDGED))
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time: closing sends RST


class Refusal(Exception):
    """We were not let in. `retry_after_ms` is what the server said, if it did; `final`: not to be tried again.

    `reason` is short enough to count by.
    """

    def __init__(self, reason: str, retry_after_ms: int | None = None, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final
        self.reason = reason
        self.retry_after_ms = retry_after_ms


class Follower(Protocol):
    """Who sits behind a socket."""

    likes: int

    def joined(self, answer: Answer) -> None:
        """The join was answered. Told at once, since the next control message may come in the same bytes."""

    def follow(self, heard: Heard) -> None:
        """Control messages came."""

    def acknowledged(self, text: bytes) -> None:
        """An event of ours, other than the join, was answered by this packet."""

    def directed(self, text: bytes) -> None:
        """Something came that is for this person alone."""

    def lost(self, close_code: int) -> None:
        """The socket closed after we were in, and it was not us. 1006: without a close frame."""


class CrowdSocket(asyncio.Protocol):
    """One connection of one viewer. `entered` is done when it is in the room, or fails with Refusal."""

    __slots__ = (
        "_entrance",
        "_hearing",
        "_parts",
        "_plain",
        "_rest",
        "_transport",
        "_upgraded",
        "_viewer",
        "_window",
        "close_code",
        "entered",
        "given_up",
    )

    def __init__(self, request: bytes, hearing: Hearing, viewer: Follower, entrance: Entrance) -> None:
        self._rest = request  # until it is sent
        self._hearing = hearing
        self._viewer = viewer
        self._entrance = entrance
        self._transport: asyncio.Transport | None = None
        self._upgraded = False
        self._plain = False  # upgraded, and no frame has come in part
        self._parts: list[frames.Frame] = []
        self._window: frames.Window | None = None
        self.close_code = 1006
        self.given_up = False
        self.entered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # --- for the viewer ---

    @property
    def open(self) -> bool:
        """Whether anything can be sent."""
        return self._transport is not None

    def say(self, text: bytes) -> None:
        """Send a text message."""
        if self._transport is not None:
            self._transport.write(frames.masked(frames.TEXT, text))

    def cut(self) -> None:
        """Hang up with a reset and no word, as a network that is gone."""
        self.given_up = True
        if self._transport is not None:
            plain: socket.socket = self._transport.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self._transport.abort()

    # --- asyncio.Protocol ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the WebSocket."""
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]
        self._transport.write(self._rest)  # type: ignore[union-attr]
        self._rest = b""

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the close code says more
        """Tell whoever waits."""
        self._transport = None
        if not self.entered.done():
            self.entered.set_exception(Refusal(f"closed {self.close_code}", final=self.close_code in STAY_AWAY))
        elif not self.given_up:
            self._viewer.lost(self.close_code)

    def data_received(self, data: bytes) -> None:
        """The short way for what was just heard by somebody else, the long way for all else."""
        hearing = self._hearing
        hearing.bytes += len(data)
        if self._plain:
            if data == hearing.last_frame:
                self._hear(hearing.last)  # type: ignore[arg-type]
                return
            found, rest = frames.split(data)
        else:
            stream = self._rest + data
            if not self._upgraded:
                head, ended, stream = stream.partition(b"\r\n\r\n")
                if not ended:
                    self._rest = head[:HEAD_BYTES_MAX]
                    return
                if not self._upgrade(head):
                    return
            found, rest = frames.split(stream)
        self._rest = rest
        self._plain = not rest
        for frame in found:
            message = hearing.known(frame)
            if message is not None:
                self._hear(message)
            else:
                self._meet(frame)

    # --- the short way ---

    def _hear(self, message: Message) -> None:
        at_ms = int(time() * 1000)
        arrivals = message.arrivals
        arrivals[at_ms] = arrivals.get(at_ms, 0) + 1
        heard = message.heard
        if heard.likes_total >= 0:
            self._viewer.likes = heard.likes_total
        if message.personal:
            if heard.kind == PING:
                self._reply(PING)
            else:
                self._viewer.follow(heard)
        if self._window is not None:
            self._window.took(message.plain)

    # --- the long way ---

    def _upgrade(self, head: bytes) -> bool:
        lines = head.decode("latin-1").split("\r\n")
        status = lines[0].split(" ")[1] if " " in lines[0] else "?"
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if status != "101":
            after = fields.get("retry-after", "")
            self._fail(Refusal(f"HTTP {status}", int(after) * 1000 if after.isdigit() else None))
            return False
        self._upgraded = True
        extensions = fields.get("sec-websocket-extensions", "")
        if "permessage-deflate" in extensions and "server_no_context_takeover" not in extensions:
            self._window = frames.Window()
        if self._hearing.dialect.entered(UPGRADED):
            self._enter(None)
        self._reply(UPGRADED)
        return True

    def _meet(self, frame: bytes) -> None:
        """A frame whose bytes are new."""
        part = frames.apart(frame)
        if part.opcode == frames.TEXT and part.final:
            message = self._hearing.whole(frame)
            self._take(message if message is not None else self._late(part))
        elif part.opcode in (frames.TEXT, frames.CONTINUATION):
            self._gather(part)
        elif part.opcode == frames.PING:
            self._write(frames.masked(frames.PONG, part.payload))
        elif part.opcode == frames.CLOSE:
            self.close_code = int.from_bytes(part.payload[:2], "big") if len(part.payload) >= 2 else 1005
            self._write(frames.masked(frames.CLOSE, part.payload[:2]))
        else:
            self._hearing.notices[f"opcode {part.opcode}"] += 1

    def _gather(self, part: frames.Frame) -> None:
        self._parts.append(part)
        if part.final:
            payload = b"".join(piece.payload for piece in self._parts)
            whole = frames.Frame(final=True, deflated=self._parts[0].deflated, opcode=frames.TEXT, payload=payload)
            self._parts = []
            self._take(self._late(whole) if whole.deflated else self._hearing.text(payload))

    def _late(self, part: frames.Frame) -> Message:
        """A deflated message that refers to what this connection was sent before."""
        try:
            return self._hearing.text(frames.inflated(part.payload, self._window.history if self._window else b""))
        except zlib.error:
            self._hearing.faults["not inflatable"] += 1
            return Message(Heard(kind="unreadable"), b"")

    def _take(self, message: Message) -> None:
        if message.heard.kind not in OWN:
            self._hear(message)
            return
        if self._window is not None:
            self._window.took(message.plain)
        heard = message.heard
        if heard.kind in _ANSWERED and not self.entered.done():
            self._answered(heard)
        elif heard.kind == ACKNOWLEDGED:
            self._viewer.acknowledged(message.plain)
            if heard.body is not None and not heard.body.ok:
                self._hearing.notices[f"refused {heard.body.error.get('code', '?')}"] += 1
        elif heard.kind == DIRECT:
            self._viewer.directed(message.plain)
        elif heard.kind == CLOSED:
            self._hearing.notices["told to go"] += 1
        self._reply(heard.kind)

    def _answered(self, heard: Heard) -> None:
        if heard.body is not None and not heard.body.ok:
            error = heard.body.error
            self._fail(Refusal(f"refused {error.get('code', '?')}", error.get("retry_after_ms")))
        elif self._hearing.dialect.entered(heard.kind):
            self._enter(heard.body)

    def _enter(self, answer: Answer | None) -> None:
        if not self.entered.done():
            if answer is not None:
                self._viewer.joined(answer)
            self.entered.set_result(None)

    def _fail(self, refusal: Refusal) -> None:
        if not self.entered.done():
            self.entered.set_exception(refusal)
        self.given_up = True
        if self._transport is not None:
            self._transport.abort()

    def _reply(self, kind: str) -> None:
        answer = self._hearing.dialect.reply(kind, self._entrance)
        if answer is not None:
            self.say(answer)

    def _write(self, frame: bytes) -> None:
        if self._transport is not None:
            self._transport.write(frame)


def upgrade_request(authority: str, target: str, *, deflate: bool) -> bytes:
    """The HTTP request for a WebSocket."""
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {target} HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{DEFLATE_OFFER if deflate else ''}\r\n"
    ).encode()


def loopback(number: int) -> str:
    """The loopback address of this number; 2 is 127.0.0.2. Each has ports for 28,000 sockets."""
    return f"127.{number >> 16 & 0xFF}.{number >> 8 & 0xFF}.{number & 0xFF}"


async def connection(host: str, port: int, source: str | None) -> socket.socket:
    """A TCP connection to a numeric `host`, from `source` if given. Raises OSError.

    On loopback connect(2) has nothing to wait for unless the server's queue is full, so it is called by itself.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    plain = socket.socket(family, socket.SOCK_STREAM)
    try:
        plain.settimeout(0)
        if source is not None:
            plain.bind((source, 0))
        error = plain.connect_ex((host, port))
        if error == errno.EINPROGRESS:
            error = await _connected(plain)
        if error:
            raise OSError(error, os.strerror(error))
    except BaseException:
        plain.close()
        raise
    return plain


async def _connected(plain: socket.socket) -> int:
    """Wait until a connection that was begun is there or failed; its error number."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_writer(plain, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_writer(plain)
    return plain.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
