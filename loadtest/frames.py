"""WebSocket frames as a client meets them (RFC 6455, section 5; RFC 7692 for deflate). Pure: no I/O.

A frame is kept as the bytes that came, head included: all viewers of a room get the same bytes, so that what they mean is
looked up, not parsed (hearing.py). A server's frames have no mask.
"""

import struct
import zlib
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_WINDOW = 32_768  # as far back as deflate can refer
_EMPTY_BLOCK = b"\x00\x00\xff\xff"  # what a sender leaves out at the end of each message (RFC 7692, section 7.2.1)
MESSAGE_BYTES_MAX = 16_000_000


class Frame(NamedTuple):
    """A frame taken apart."""

    final: bool
    deflated: bool
    opcode: int
    payload: bytes


def split(stream: bytes) -> tuple[list[bytes], bytes]:
    """The whole frames at the beginning of `stream`, each with its head, and the rest."""
    found: list[bytes] = []
    at, end = 0, len(stream)
    while end - at >= 2:
        size, head = stream[at + 1] & 0x7F, 2
        if size >= 126:
            head = 4 if size == 126 else 10
            if end - at < head:
                break
            size = int.from_bytes(stream[at + 2 : at + head], "big")
        if end - at < head + size:
            break
        found.append(stream[at : at + head + size])
        at += head + size
    return found, stream[at:]


def apart(frame: bytes) -> Frame:
    """What a whole frame holds."""
    size = frame[1] & 0x7F
    head = 2 if size < 126 else 4 if size == 126 else 10
    first = frame[0]
    return Frame(bool(first & 0x80), bool(first & 0x40), first & 0x0F, frame[head:])


def masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame. The mask is zero: allowed (section 5.3 asks for an unpredictable one only of browsers), and cheap."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB4x", 0x80 | opcode, 0x80 | size) + payload
    if size < 65_536:
        return struct.pack("!BBH4x", 0x80 | opcode, 0xFE, size) + payload
    return struct.pack("!BBQ4x", 0x80 | opcode, 0xFF, size) + payload


def inflated(payload: bytes, history: bytes = b"") -> bytes:
    """The message whose deflated form is `payload`. Raises zlib.error if it refers to more than `history`.

    A message that was compressed on its own comes out right without its history, whatever was agreed; so one that does
    may be shared among all who got the same bytes.
    """
    inflater = zlib.decompressobj(-15, zdict=history[-_WINDOW:]) if history else zlib.decompressobj(-15)
    return inflater.decompress(payload + _EMPTY_BLOCK, MESSAGE_BYTES_MAX)


class Window:
    """What one connection has been sent, as far back as deflate may refer to it; shared texts are kept once."""

    __slots__ = ("_size", "_texts")

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self._size = 0

    def took(self, text: bytes) -> None:
        """A message came."""
        self._texts.append(text)
        self._size += len(text)
        while self._size - len(self._texts[0]) >= _WINDOW:
            self._size -= len(self._texts.pop(0))

    @property
    def history(self) -> bytes:
        """The last messages in one piece."""
        return b"".join(self._texts)
