"""WebSocket as a server reads it (RFC 6455) and what it agrees on (permessage-deflate, RFC 7692). Pure: no I/O.

We agree to deflate only without context takeover in either direction: then a frame is compressed once for everybody, and no
connection keeps a compressor or a window of its own.
"""

import base64
import binascii
import hashlib
import zlib
from enum import IntEnum

from msgspec import Struct

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_TAIL = b"\x00\x00\xff\xff"  # of a deflated message, not sent (RFC 7692, section 7.2.1)
HEAD_BYTES_MAX = 16_384
FRAGMENTS_MAX = 1_000  # of one message: fragments of nothing cost memory, too
DEFLATE = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


class Opcode(IntEnum):
    """Frame types (section 5.2)."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class Violation(Exception):
    """The peer broke the protocol. `code`: how to close (section 7.4.1)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"close with {code}")
        self.code = code


NORMAL, PROTOCOL_ERROR, INVALID_TEXT, TOO_BIG = 1000, 1002, 1007, 1009


class Handshake(Struct, frozen=True):
    """A request for a WebSocket. `deflate`: whether it may be compressed; header values as they came, "" when absent."""

    target: str
    key: str
    host: str
    origin: str
    forwarded_for: str
    deflate: bool

    @property
    def accept(self) -> str:
        """The value of Sec-WebSocket-Accept."""
        digest = hashlib.sha1(self.key.encode() + _GUID, usedforsecurity=False).digest()
        return base64.b64encode(digest).decode()

    def response(self, *, deflate: bool) -> bytes:
        """The head of the answer that accepts."""
        extension = f"Sec-WebSocket-Extensions: {DEFLATE}\r\n" if deflate else ""
        return (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {self.accept}\r\n{extension}\r\n"
        ).encode()


def read_handshake(head: bytes) -> Handshake | None:
    """The handshake in `head` (request line and headers, without the empty line); None when it is anything but a plain one."""
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    target, _, version = rest.partition(" ")
    if method != "GET" or version != "HTTP/1.1" or len(lines) > 100:
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.lower()
        if not colon or not name or name != name.strip() or "\n" in line or "\r" in line:
            return None
        if name in headers:
            if name not in {"sec-websocket-extensions", "connection", "x-forwarded-for", "cookie"}:
                return None
            value = f"{headers[name]},{value}"
        headers[name] = value.strip()
    get = headers.get
    if (
        get("upgrade", "").lower() != "websocket"
        or get("sec-websocket-version") != "13"
        or "upgrade" not in {token.strip().lower() for token in get("connection", "").split(",")}
        or not _is_key(key := get("sec-websocket-key", ""))
        or not get("host")
        or "content-length" in headers
        or "transfer-encoding" in headers
    ):
        return None
    return Handshake(
        target=target,
        key=key,
        host=get("host", ""),
        origin=get("origin", ""),
        forwarded_for=get("x-forwarded-for", ""),
        deflate=may_deflate(get("sec-websocket-extensions", "")),
    )


def _is_key(key: str) -> bool:
    try:
        return len(key) == 24 and len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False


def may_deflate(offers: str) -> bool:
    """Whether one of the extensions offered is permessage-deflate as we do it, with a window of 32 KB at our side."""
    for offer in offers.split(","):
        name, *parameters = (part.strip().lower() for part in offer.split(";"))
        if name != "permessage-deflate" or len(set(parameters)) < len(parameters):
            continue
        if all(_is_fine(parameter) for parameter in parameters):
            return True
    return False


def _is_fine(parameter: str) -> bool:
    name, _, value = (part.strip(' "') for part in parameter.partition("="))
    if name in {"server_no_context_takeover", "client_no_context_takeover"}:
        return not value
    bits = 15 if value == "" else int(value) if value.isascii() and value.isdigit() else 0
    return (name == "client_max_window_bits" and 8 <= bits <= 15) or (
        name == "server_max_window_bits" and bits == 15 and value == "15"
    )


def unmask(mask: bytes, payload: bytes) -> bytes:
    """`payload` XOR the repeated `mask` (section 5.3), as one operation on two large integers."""
    size = len(payload)
    repeated = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")).to_bytes(size, "little")


def deflated(payload: bytes, level: int) -> bytes:
    """`payload` as one message that can be inflated on its own."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[: -len(_TAIL)]


def inflated(payload: bytes, bytes_max: int) -> bytes:
    """The message. Raises Violation when it is longer than `bytes_max` or cannot be inflated."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        message = inflater.decompress(payload + _TAIL, bytes_max + 1)
    except zlib.error as error:
        raise Violation(INVALID_TEXT) from error
    if len(message) > bytes_max:
        raise Violation(TOO_BIG)
    return message


class Reader:
    """Cuts what comes from a client into messages. Holds at most one message of `message_bytes_max`, and one frame's head."""

    __slots__ = ("_buffer", "_deflate", "_first", "_max", "_parts", "_size")

    def __init__(self, message_bytes_max: int, *, deflate: bool) -> None:
        self._max = message_bytes_max
        self._deflate = deflate
        self._buffer = b""
        self._parts: list[bytes] | None = None  # of a message that comes in fragments
        self._first = 0  # the first byte of its first frame
        self._size = 0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The messages that are complete now, as (opcode, payload); control frames among them.

        Raises Violation; what came complete before the violation is lost with it, since the connection ends.
        """
        buffer, self._buffer = self._buffer + data if self._buffer else data, b""
        messages: list[tuple[int, bytes]] = []
        at, end = 0, len(buffer)
        while end - at >= 2:
            first, second = buffer[at], buffer[at + 1]
            size, start = second & 0x7F, at + 6
            if size >= 126:
                wide = 2 if size == 126 else 8
                start += wide
                if end < at + 2 + wide:
                    break
                size = int.from_bytes(buffer[at + 2 : at + 2 + wide], "big")
            self._check(first, second, size)
            if end < start + size:
                break
            at = start + size
            message = self._frame(first, unmask(buffer[start - 4 : start], buffer[start:at]))
            if message is not None:
                messages.append(message)
        self._buffer = buffer[at:]
        return messages

    def _check(self, first: int, second: int, size: int) -> None:
        opcode = first & 0x0F
        if not second & 0x80 or first & 0x30:  # a client masks; nobody has agreed on RSV2 and RSV3
            raise Violation(PROTOCOL_ERROR)
        if opcode >= Opcode.CLOSE:
            if opcode > Opcode.PONG or not first & 0x80 or first & 0x40 or size > 125:
                raise Violation(PROTOCOL_ERROR)
            return
        if opcode > Opcode.BINARY or (opcode == Opcode.CONTINUATION) is (self._parts is None):
            raise Violation(PROTOCOL_ERROR)
        if first & 0x40 and (opcode == Opcode.CONTINUATION or not self._deflate):
            raise Violation(PROTOCOL_ERROR)
        if self._size + size > self._max:
            raise Violation(TOO_BIG)

    def _frame(self, first: int, payload: bytes) -> tuple[int, bytes] | None:
        opcode = first & 0x0F
        if opcode >= Opcode.CLOSE:
            return opcode, payload
        if opcode != Opcode.CONTINUATION and first & 0x80:
            return opcode, inflated(payload, self._max) if first & 0x40 else payload
        if opcode != Opcode.CONTINUATION:
            self._parts, self._first = [], first
        assert self._parts is not None
        self._parts.append(payload)
        self._size += len(payload)
        if not first & 0x80:
            if len(self._parts) > FRAGMENTS_MAX:
                raise Violation(TOO_BIG)
            return None
        whole = b"".join(self._parts)
        self._parts, self._size = None, 0
        return self._first & 0x0F, inflated(whole, self._max) if self._first & 0x40 else whole
