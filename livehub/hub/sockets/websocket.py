"""Frames of a WebSocket as a server reads them (RFC 6455, RFC 7692). Pure: no I/O.

    bytes -> Reader.feed -> events:  str     a whole text message, which is what nearly all events are
                                     bytes   a whole binary message
                                     Ping, Pong, Close
                                     Failure the peer broke the protocol: close with its code

The reader reads until it has seen a Close or has failed; then it has ended, and ignores whatever else comes (section 5.5.1:
after a close frame no more data is sent; section 7.1.7: after failing a connection no more data is processed). Events that
were complete before the failure come before it.

Text is checked as it arrives and not when it is whole: a message is failed with 1007 at the first byte that no UTF-8 can
hold, in whichever fragment, or part of a frame, that byte came (section 8.1). Compressed text is checked when inflated.

The Autobahn test suite's cases are in tests/hub/sockets/autobahn.py.
"""

import zlib
from codecs import IncrementalDecoder, getincrementaldecoder
from enum import IntEnum

from msgspec import Struct

_TAIL = b"\x00\x00\xff\xff"  # of a deflated message, not sent (RFC 7692, section 7.2.1)
_WHOLE_TEXT = 0x81  # the first byte of nearly every frame: text, not in fragments, not compressed
FRAGMENTS_MAX = 1_000  # of one message: fragments of nothing cost memory, too


class Opcode(IntEnum):
    """Frame types (section 5.2)."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


# Close codes of the RFC that we send (section 7.4.1).
NORMAL, PROTOCOL_ERROR, INVALID_TEXT, TOO_BIG, DEFECT = 1000, 1002, 1007, 1009, 1011

# What a peer may close with: those of the RFC and of its registry that may stand in a frame (1004-1006 and 1015 may not), and
# those of libraries, frameworks and applications (section 7.4.2).
_REGISTERED = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014})
_PRIVATE = range(3000, 5000)


class Ping(Struct, frozen=True):
    """To be answered with the same payload."""

    payload: bytes


class Pong(Struct, frozen=True):
    """The answer to a ping; we send none, so it means nothing."""

    payload: bytes


class Close(Struct, frozen=True):
    """The peer closes, or answers our close. `code`: what to answer with."""

    code: int


class Failure(Struct, frozen=True):
    """The peer broke the protocol. `code`: how to close (section 7.4.1)."""

    code: int


Event = str | bytes | Ping | Pong | Close | Failure


class Violation(Exception):
    """The peer broke the protocol. `code`: how to close."""

    def __init__(self, code: int) -> None:
        super().__init__(f"close with {code}")
        self.code = code


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


def close_of(payload: bytes) -> Close:
    """A close frame's code, 1000 when it has none (section 5.5.1). Raises Violation: half a code, one that may not stand
    there, or a reason that is not UTF-8.
    """
    if not payload:
        return Close(NORMAL)
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or (code not in _REGISTERED and code not in _PRIVATE):
        raise Violation(PROTOCOL_ERROR)
    _text(payload[2:])
    return Close(code)


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise Violation(INVALID_TEXT) from error


class Reader:
    """Cuts what comes from a client into events. Holds at most one message of `message_bytes_max`, and one frame's head."""

    __slots__ = ("_buffer", "_checked", "_decoder", "_deflate", "_ended", "_first", "_max", "_parts", "_size")

    def __init__(self, message_bytes_max: int, *, deflate: bool) -> None:
        self._max = message_bytes_max
        self._deflate = deflate
        self._buffer = b""
        self._parts: list[bytes] | None = None  # of a message that comes in fragments
        self._first = 0  # the first byte of its first frame
        self._size = 0
        self._decoder: IncrementalDecoder | None = None  # of text that is not whole yet
        self._checked = 0  # so many bytes of the frame that is not whole yet it has seen
        self._ended = False

    def feed(self, data: bytes) -> list[Event]:
        """The events that are complete now, in the order in which they came."""
        events: list[Event] = []
        if self._ended:
            return events
        buffer, self._buffer = self._buffer + data if self._buffer else data, b""
        at, end = 0, len(buffer)
        try:
            while end - at >= 2:
                first, second = buffer[at], buffer[at + 1]
                size, start = second & 0x7F, at + 6
                if size >= 126:
                    wide = 2 if size == 126 else 8
                    start += wide
                    if end < at + 2 + wide:
                        break
                    size = int.from_bytes(buffer[at + 2 : at + 2 + wide], "big")
                    _check_size(size, wide)
                if first != _WHOLE_TEXT or second < 0x80 or self._parts is not None or size > self._max:
                    self._check(first, second, size)
                if end < start + size:
                    self._check_begun(first, buffer, start)
                    break
                at = start + size
                payload = unmask(buffer[start - 4 : start], buffer[start:at])
                if first == _WHOLE_TEXT and self._decoder is None:
                    events.append(_text(payload))
                    continue
                event = self._frame(first, payload)
                if event is not None:
                    events.append(event)
                    if type(event) is Close:
                        self._ended = True
                        return events
        except Violation as violation:
            self._ended = True
            events.append(Failure(violation.code))
            return events
        self._buffer = buffer[at:]
        return events

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

    def _check_begun(self, first: int, buffer: bytes, start: int) -> None:
        """Text of a frame that is not whole yet must be the beginning of UTF-8."""
        if len(buffer) <= start + self._checked or not self._is_plain_text(first):
            return
        turn = self._checked % 4
        mask = buffer[start - 4 : start]
        self._decode(unmask(mask[turn:] + mask[:turn], buffer[start + self._checked :]), is_last=False)
        self._checked = len(buffer) - start

    def _is_plain_text(self, first: int) -> bool:
        opcode = first & 0x0F
        begun = first if opcode == Opcode.TEXT else self._first if opcode == Opcode.CONTINUATION else 0
        return begun & 0x4F == Opcode.TEXT

    def _decode(self, part: bytes, *, is_last: bool) -> None:
        if self._decoder is None:
            self._decoder = getincrementaldecoder("utf-8")()
        try:
            self._decoder.decode(part, is_last)
        except UnicodeDecodeError as error:
            raise Violation(INVALID_TEXT) from error
        if is_last:
            self._decoder = None

    def _frame(self, first: int, payload: bytes) -> Event | None:
        opcode, is_last = first & 0x0F, first & 0x80 != 0
        if opcode >= Opcode.CLOSE:
            return _control(opcode, payload)
        if opcode != Opcode.CONTINUATION:
            self._first = first
        if self._is_plain_text(first):
            checked, self._checked = self._checked, 0
            self._decode(payload[checked:], is_last=is_last)
        if opcode != Opcode.CONTINUATION and is_last:
            return self._message(payload)
        if self._parts is None:
            self._parts = []
        self._parts.append(payload)
        self._size += len(payload)
        if not is_last:
            if len(self._parts) > FRAGMENTS_MAX:
                raise Violation(TOO_BIG)
            return None
        whole = b"".join(self._parts)
        self._parts, self._size = None, 0
        return self._message(whole)

    def _message(self, payload: bytes) -> Event:
        message = inflated(payload, self._max) if self._first & 0x40 else payload
        return _text(message) if self._first & 0x0F == Opcode.TEXT else message


def _check_size(size: int, wide: int) -> None:
    """ "The minimal number of bytes MUST be used to encode the length", and the most significant bit is 0 (section 5.2)."""
    if size < (126 if wide == 2 else 65_536) or size >= 2**63:
        raise Violation(PROTOCOL_ERROR)


def _control(opcode: int, payload: bytes) -> Event:
    if opcode == Opcode.PING:
        return Ping(payload)
    return Pong(payload) if opcode == Opcode.PONG else close_of(payload)
