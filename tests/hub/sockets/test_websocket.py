"""Frames are read as RFC 6455 says, however the bytes are cut; what breaks it is refused with the right code and bounded."""

import zlib

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import WebSocketWriter, WSMsgType  # the other side: another implementation of the same RFC
from hypothesis import given
from hypothesis import strategies as st

from livehub.hub.sockets.handshake import may_deflate, read_handshake
from livehub.hub.sockets.websocket import (
    FRAGMENTS_MAX,
    INVALID_TEXT,
    PROTOCOL_ERROR,
    TOO_BIG,
    Close,
    Event,
    Failure,
    Ping,
    Pong,
    Reader,
    deflated,
    inflated,
    unmask,
)

MAX = 70_000

CHROMIUM = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: live.example:8080\r\nConnection: Upgrade\r\n"
    b"Pragma: no-cache\r\nUpgrade: websocket\r\nOrigin: http://live.example:8080\r\nSec-WebSocket-Version: 13\r\n"
    b"Accept-Encoding: gzip, deflate\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
)


class _Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += bytes(data)

    def writelines(self, parts: list[bytes]) -> None:
        self.data += b"".join(bytes(part) for part in parts)

    def is_closing(self) -> bool:
        return False


async def written_by_aiohttp(messages: list[tuple[WSMsgType, bytes]], *, compress: int = 0) -> bytes:
    wire = _Wire()
    writer = WebSocketWriter(BaseProtocol(None), wire, use_mask=True, compress=compress, notakeover=True)  # type: ignore[arg-type]
    for kind, payload in messages:
        await writer.send_frame(payload, kind)
    return wire.data


def frame(first: int, payload: bytes, *, mask: bytes | None = b"\x01\x02\x03\x04", size: int | None = None) -> bytes:
    length = len(payload) if size is None else size
    masked = 0x80 if mask is not None else 0
    if length < 126:
        head = bytes((first, masked | length))
    elif length < 65_536:
        head = bytes((first, masked | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((first, masked | 127)) + length.to_bytes(8, "big")
    return head + (mask or b"") + (unmask(mask, payload) if mask else payload)


def reader(*, deflate: bool = False, message_bytes_max: int = MAX) -> Reader:
    return Reader(message_bytes_max, deflate=deflate)


messages_of_either_kind = st.tuples(st.just(WSMsgType.TEXT), st.text(max_size=300).map(str.encode)) | st.tuples(
    st.just(WSMsgType.BINARY),
    st.binary(max_size=300) | st.integers(0, MAX).map(lambda size: b"ab" * (size // 2)),
)


@given(st.lists(messages_of_either_kind, max_size=6), st.data())
async def test_what_another_implementation_writes_is_read_however_it_is_cut(messages, data) -> None:
    compress = data.draw(st.sampled_from([0, 15]))
    stream = await written_by_aiohttp(messages, compress=compress)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reading, got = reader(deflate=compress > 0), list[Event]()
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += reading.feed(stream[start:end])
    assert got == [payload.decode() if kind is WSMsgType.TEXT else payload for kind, payload in messages]


@given(st.binary(max_size=2_000), st.binary(min_size=4, max_size=4))
def test_unmasking_is_xor_byte_by_byte(payload: bytes, mask: bytes) -> None:
    assert unmask(mask, payload) == bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def test_fragments_make_one_message_and_control_frames_may_stand_between_them() -> None:
    stream = frame(0x01, b"Hel") + frame(0x89, b"ping") + frame(0x00, b"l") + frame(0x80, b"o") + frame(0x81, b"next")
    assert reader().feed(stream) == [Ping(b"ping"), "Hello", "next"]


def test_fragments_of_a_compressed_message_are_inflated_as_one() -> None:
    packed = deflated(b'42["like",{"room":"demo"}]' * 20, 6)
    stream = frame(0x41, packed[:10]) + frame(0x80, packed[10:])
    assert reader(deflate=True).feed(stream) == ['42["like",{"room":"demo"}]' * 20]


@pytest.mark.parametrize(
    ("stream", "code"),
    [
        (frame(0x81, b"hi", mask=None), PROTOCOL_ERROR),
        (frame(0xA1, b"hi"), PROTOCOL_ERROR),  # RSV2
        (frame(0x91, b"hi"), PROTOCOL_ERROR),  # RSV3
        (frame(0xC1, b"hi"), PROTOCOL_ERROR),  # compressed, which was not agreed
        (frame(0x83, b"hi"), PROTOCOL_ERROR),  # opcodes that there are not
        (frame(0x8B, b"hi"), PROTOCOL_ERROR),
        (frame(0x80, b"hi"), PROTOCOL_ERROR),  # goes on with nothing
        (frame(0x01, b"hi") + frame(0x81, b"hi"), PROTOCOL_ERROR),  # begins anew in the middle
        (frame(0x09, b"hi"), PROTOCOL_ERROR),  # a control frame in fragments
        (frame(0x89, b"x" * 126), PROTOCOL_ERROR),  # a control frame that is too long
        (frame(0x81, b"", size=MAX + 1)[:14], TOO_BIG),
        (frame(0x81, b"", size=100_000_000)[:14], TOO_BIG),
        (frame(0x82, b"", size=2**62)[:14], TOO_BIG),
        (frame(0x82, b"", size=2**63)[:14], PROTOCOL_ERROR),  # the most significant bit is 0
        (b"\x81\xfe\x00\x7d", PROTOCOL_ERROR),  # 125 bytes need no more than 7 bits for their length
        (b"\x81\xff" + (65_535).to_bytes(8, "big"), PROTOCOL_ERROR),
        (frame(0x01, b"x" * 40_000) + frame(0x80, b"x" * 40_000), TOO_BIG),
        (frame(0x01, b"") + frame(0x00, b"") * FRAGMENTS_MAX, TOO_BIG),
    ],
)
def test_what_breaks_the_protocol_is_refused_by_code(stream: bytes, code: int) -> None:
    assert reader().feed(stream) == [Failure(code)]


@pytest.mark.parametrize(
    ("first", "payload", "code"),
    [
        (0xC1, b"\xff\xff not deflate", INVALID_TEXT),
        (0xC1, deflated(b"0" * 10_000_000, 6), TOO_BIG),  # 10 MB out of 10 KB
        (0xC9, b"", PROTOCOL_ERROR),  # control frames are never compressed
    ],
)
def test_what_cannot_be_inflated_or_becomes_too_large_is_refused(first: int, payload: bytes, code: int) -> None:
    assert reader(deflate=True).feed(frame(first, payload)) == [Failure(code)]


def test_a_frame_that_never_ends_holds_no_more_than_its_bytes() -> None:
    reading = reader()
    assert reading.feed(frame(0x81, b"", size=60_000)) == []
    for _ in range(59):
        assert reading.feed(b"x" * 1_000) == []
    assert len(reading._buffer) < MAX


@given(st.binary(max_size=5_000), st.integers(1, 9))
def test_each_message_is_compressed_on_its_own(payload: bytes, level: int) -> None:
    small = deflated(payload, level)
    assert inflated(small, 5_000) == payload
    # Also a client that keeps its window from message to message, as it may, reads them.
    keeping = zlib.decompressobj(-15)
    for _ in range(3):
        assert keeping.decompress(small + b"\x00\x00\xff\xff") == payload


@pytest.mark.parametrize(
    ("offers", "agreed"),
    [
        ("", False),
        ("permessage-deflate", True),
        ("permessage-deflate; client_max_window_bits", True),  # browsers
        ("permessage-deflate; client_max_window_bits=12; server_no_context_takeover", True),
        ("permessage-deflate;client_no_context_takeover , x-webkit-deflate-frame", True),
        ("permessage-deflate; server_max_window_bits=10", False),  # a window smaller than that of our frames
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", True),
        ("permessage-deflate; server_max_window_bits=15", True),
        ("permessage-deflate; client_max_window_bits=99", False),
        ("permessage-deflate; colour=blue", False),
        ("permessage-deflate; client_no_context_takeover; client_no_context_takeover", False),
        ("permessage-bzip2", False),
    ],
)
def test_what_is_agreed_on_compression(offers: str, agreed: bool) -> None:
    assert may_deflate(offers) is agreed


def test_a_browsers_handshake_is_understood_and_answered_as_in_the_rfc() -> None:
    handshake = read_handshake(CHROMIUM)
    assert handshake is not None
    assert (handshake.target, handshake.host) == ("/socket.io/?EIO=4&transport=websocket", "live.example:8080")
    assert (handshake.origin, handshake.deflate) == ("http://live.example:8080", True)
    assert handshake.accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, section 1.3
    assert b"permessage-deflate" in handshake.response(deflate=True)
    assert b"Extensions" not in handshake.response(deflate=False)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"GET", b"POST"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"Upgrade: websocket", b"Upgrade: h2c"),
        (b"Connection: Upgrade", b"Connection: keep-alive"),
        (b"Version: 13", b"Version: 8"),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"short"),
        (b"dGhlIHNhbXBsZSBub25jZQ==", b"!!!hIHNhbXBsZSBub25jZQ=="),
        (b"Host: live.example:8080", b"Host:"),
        (b"Pragma: no-cache", b"Host: other.example"),
        (b"Pragma: no-cache", b"Content-Length: 5"),
        (b"Pragma: no-cache", b"Transfer-Encoding: chunked"),
        (b"Pragma: no-cache", b"Pragma : no-cache"),
        (b"Pragma: no-cache", b" folded"),
        (b"Pragma: no-cache", b"no colon"),
        (b"Pragma: no-cache", b"X: a\nUpgrade: b"),
    ],
)
def test_anything_but_a_plain_handshake_is_left_to_others(old: bytes, new: bytes) -> None:
    assert read_handshake(CHROMIUM.replace(old, new)) is None


@given(st.binary(max_size=400) | st.binary(max_size=60).map(CHROMIUM.__add__))
def test_no_bytes_make_it_fail(head: bytes) -> None:
    read_handshake(head)


@given(st.binary(max_size=200))
def test_no_stream_makes_the_reader_fail_otherwise_or_holds_more_than_its_bound(stream: bytes) -> None:
    events = reader(deflate=True, message_bytes_max=100).feed(stream)
    assert all(len(event) <= 100 for event in events if isinstance(event, str | bytes))
    assert all(len(event.payload) <= 125 for event in events if isinstance(event, Ping | Pong))
    assert not any(isinstance(event, Failure | Close) for event in events[:-1])
