"""The cases of the Autobahn test suite for WebSocket servers, by its numbers, each with the strict result.

The suite itself is Python 2 and speaks to a server that echoes, which ours does not. So its cases stand here as the bytes that
a client sends and the events that they mean to a reader. tests/hub/sockets/test_autobahn.py feeds them to the reader, and
tests/integration/test_autobahn.py sends them to a running server, where the text has to be a packet of ours: that is
what `wrap` is for.

Left out: 9.5-9.8 (sizes and times of a client's own reading), 6.4 with delays (`fails_at` says the same without a clock).
"""

import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from livehub.hub.sockets.websocket import (
    INVALID_TEXT,
    NORMAL,
    PROTOCOL_ERROR,
    TOO_BIG,
    Close,
    Event,
    Failure,
    Ping,
    Pong,
    unmask,
)

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN, RSV1, RSV2, RSV3 = 0x80, 0x40, 0x20, 0x10

MESSAGE_BYTES_MAX = 131_072

Wrap = Callable[[bytes], tuple[bytes, bytes]]


@dataclass(frozen=True)
class Case:
    """`chunks` arrive one by one. With number `fails_at` of them the connection fails, and with none before."""

    id: str
    chunks: list[bytes]
    events: list[Event]
    fails_at: int | None = None
    deflate: bool = False

    def __str__(self) -> str:
        return self.id


def bare(_payload: bytes) -> tuple[bytes, bytes]:
    """Text as it stands in the suite."""
    return b"", b""


def packet(_payload: bytes) -> tuple[bytes, bytes]:
    """What makes the text an event of Socket.IO, that nobody knows and that asks for no answer."""
    return b'42["dance","', b'"]'


def frame(first: int, payload: bytes = b"", *, mask: bytes = b"\xa7\x05\xf1\x3c") -> bytes:
    """A masked frame; `first` is its first byte."""
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 65_536:
        head = bytes((first, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0xFF)) + size.to_bytes(8, "big")
    return head + mask + unmask(mask, payload)


def octets(data: bytes, size: int = 1) -> list[bytes]:
    """The data in pieces."""
    return [data[at : at + size] for at in range(0, len(data), size)]


class Suite:
    """Builds the cases, with texts wrapped."""

    def __init__(self, wrap: Wrap) -> None:
        self._wrap = wrap

    def cases(self) -> list[Case]:
        """All of them, in order."""
        sections: Iterable[Iterator[Case]] = (
            self._framing(), self._pings(), self._reserved_bits(), self._opcodes(), self._fragmentation(),
            self._utf8(), self._utf8_sequences(), self._closing(), self._close_codes(), self._sizes(),
            self._compression(),
        )  # fmt: skip
        return list(itertools.chain(*sections))

    def _text(self, payload: bytes) -> bytes:
        begin, end = self._wrap(payload)
        return begin + payload + end

    def _parts(self, *parts: bytes) -> list[bytes]:
        begin, end = self._wrap(b"".join(parts))
        return [begin + parts[0], *parts[1:-1], parts[-1] + end]

    def _fragments(self, *parts: bytes, first: int = TEXT) -> list[bytes]:
        whole = self._parts(*parts)
        opcodes = [first, *[CONTINUATION] * (len(whole) - 2), FIN | CONTINUATION]
        return [frame(opcode, part) for opcode, part in zip(opcodes, whole, strict=True)]

    def _framing(self) -> Iterator[Case]:
        for number, size in enumerate((0, 125, 126, 127, 128, 65_535, 65_536), start=1):
            text = self._text(b"*" * size)
            yield Case(f"1.1.{number}", [frame(FIN | TEXT, text)], [text.decode()])
            yield Case(f"1.2.{number}", [frame(FIN | BINARY, b"\xfe" * size)], [b"\xfe" * size])
        text = self._text(b"*" * 65_536)
        yield Case("1.1.8", octets(frame(FIN | TEXT, text), 997), [text.decode()])
        yield Case("1.2.8", octets(frame(FIN | BINARY, b"\xfe" * 65_536), 997), [b"\xfe" * 65_536])

    def _pings(self) -> Iterator[Case]:
        payloads = (b"", b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", b"\xfe" * 125)
        for number, payload in enumerate(payloads, start=1):
            yield Case(f"2.{number}", [frame(FIN | PING, payload)], [Ping(payload)])
        yield Case("2.5", [frame(FIN | PING, b"\xfe" * 126)], [Failure(PROTOCOL_ERROR)])
        yield Case("2.6", octets(frame(FIN | PING, b"\xfe" * 125)), [Ping(b"\xfe" * 125)])
        yield Case("2.7", [frame(FIN | PONG)], [Pong(b"")])
        yield Case("2.8", [frame(FIN | PONG, b"unsolicited")], [Pong(b"unsolicited")])
        both = frame(FIN | PONG, b"unsolicited") + frame(FIN | PING, b"ping")
        yield Case("2.9", [both], [Pong(b"unsolicited"), Ping(b"ping")])
        ten = [b"payload-%d" % number for number in range(10)]
        stream = b"".join(frame(FIN | PING, payload) for payload in ten)
        yield Case("2.10", [stream], [Ping(payload) for payload in ten])
        yield Case("2.11", octets(stream), [Ping(payload) for payload in ten])

    def _reserved_bits(self) -> Iterator[Case]:
        text, ping = self._text(b"Hello, world!"), frame(FIN | PING)
        good = frame(FIN | TEXT, text)
        yield Case("3.1", [frame(FIN | RSV3 | TEXT, text)], [Failure(PROTOCOL_ERROR)])
        then = {
            "3.2": [good + frame(FIN | RSV2 | TEXT, text) + ping],
            "3.3": [good, frame(FIN | RSV2 | RSV3 | TEXT, text), ping],
            "3.4": octets(good + frame(FIN | RSV1 | TEXT, text) + ping),
        }
        for id_, chunks in then.items():
            yield Case(id_, chunks, [text.decode(), Failure(PROTOCOL_ERROR)])
        for id_, first, payload in (
            ("3.5", FIN | RSV1 | RSV3 | BINARY, b"\x00\xff\xfe"),
            ("3.6", FIN | RSV1 | RSV2 | PING, b"Hello, world!"),
            ("3.7", FIN | RSV1 | RSV2 | RSV3 | CLOSE, b""),
        ):
            yield Case(id_, [frame(first, payload)], [Failure(PROTOCOL_ERROR)])

    def _opcodes(self) -> Iterator[Case]:
        text, ping = self._text(b"Hello, world!"), frame(FIN | PING)
        for section, reserved in (("4.1", (3, 4, 5, 6, 7)), ("4.2", (11, 12, 13, 14, 15))):
            good = frame(FIN | TEXT, text)
            one, two, three, four, five = (FIN | opcode for opcode in reserved)
            yield Case(f"{section}.1", [frame(one)], [Failure(PROTOCOL_ERROR)])
            yield Case(f"{section}.2", [frame(two, b"reserved")], [Failure(PROTOCOL_ERROR)])
            events: list[Event] = [text.decode(), Failure(PROTOCOL_ERROR)]
            yield Case(f"{section}.3", [good + frame(three) + ping], events)
            yield Case(f"{section}.4", [good, frame(four, b"reserved"), ping], events)
            yield Case(f"{section}.5", octets(good + frame(five, b"reserved") + ping), events)

    def _fragmentation(self) -> Iterator[Case]:
        failed: list[Event] = [Failure(PROTOCOL_ERROR)]
        whole = self._text(b"fragment1fragment2").decode()
        one, two = self._fragments(b"fragment1", b"fragment2")
        ping, pinged = frame(FIN | PING, b"ping payload"), Ping(b"ping payload")
        yield Case("5.1", [frame(PING, b"fragment1") + frame(FIN | CONTINUATION, b"fragment2")], failed)
        yield Case("5.2", [frame(PONG, b"fragment1") + frame(FIN | CONTINUATION, b"fragment2")], failed)
        yield Case("5.3", [one + two], [whole])
        yield Case("5.4", [one, two], [whole])
        yield Case("5.5", octets(one + two), [whole])
        yield Case("5.6", [one + ping + two], [pinged, whole])
        yield Case("5.7", [one, ping, two], [pinged, whole])
        yield Case("5.8", octets(one + ping + two), [pinged, whole])
        text = frame(FIN | TEXT, self._text(b"Hello, world!"))
        for base, first in ((9, FIN | CONTINUATION), (12, CONTINUATION)):
            stray = frame(first, b"non-continuation payload")
            for number, chunks in enumerate(([stray + text], [stray, text], octets(stray + text)), start=base):
                yield Case(f"5.{number}", chunks, failed)
        yield Case("5.15", [one + two + frame(CONTINUATION, b"fragment3") + text], [whole, *failed])
        for number, first in ((16, CONTINUATION), (17, FIN | CONTINUATION)):
            yield Case(f"5.{number}", [(frame(first, b"fragment1") + one + two) * 2], failed)
        yield Case("5.18", [one + frame(FIN | TEXT, b"fragment2")], failed)
        five = self._fragments(*(b"fragment%d" % number for number in range(1, 6)))
        events: list[Event] = [pinged, pinged, self._text(b"fragment1fragment2fragment3fragment4fragment5").decode()]
        chunks = [five[0], five[1], ping, five[2], five[3], ping, five[4]]
        yield Case("5.19", [b"".join(chunks)], events)
        yield Case("5.20", chunks, events)

    def _utf8(self) -> Iterator[Case]:
        empty, middle = self._text(b"").decode(), self._text(b"middle frame payload").decode()
        yield Case("6.1.1", [frame(FIN | TEXT, self._text(b""))], [empty])
        yield Case("6.1.2", [b"".join(self._fragments(b"", b"", b""))], [empty])
        yield Case("6.1.3", [b"".join(self._fragments(b"", b"middle frame payload", b""))], [middle])
        valid = "Hello-µ@ßöäüàá-UTF-8!!".encode()
        text, cut = self._text(valid), 12
        yield Case("6.2.1", [frame(FIN | TEXT, text)], [text.decode()])
        yield Case("6.2.2", [b"".join(self._fragments(valid[:cut], valid[cut:]))], [text.decode()])
        yield Case("6.2.3", [b"".join(self._fragments(*octets(valid)))], [text.decode()])
        kosme = "κόσμε".encode()
        text = self._text(kosme)
        yield Case("6.2.4", [b"".join(self._fragments(*octets(kosme)))], [text.decode()])
        invalid = kosme + b"\xed\xa0\x80" + b"edited"
        yield Case("6.3.1", [frame(FIN | TEXT, self._text(invalid))], [Failure(INVALID_TEXT)])
        yield Case("6.3.2", self._fragments(*octets(invalid)), [Failure(INVALID_TEXT)], fails_at=12)
        for number, cut in (
            (1, len(kosme)),
            (2, len(kosme) + 1),
        ):  # F4 alone could begin U+10FFFF; F4 90 begins nothing
            parts = [(kosme + b"\xf4\x90\x80\x80edited")[:cut], (b"\xf4\x90\x80\x80")[cut - len(kosme) :], b"edited"]
            yield Case(f"6.4.{number}", self._fragments(*parts), [Failure(INVALID_TEXT)], fails_at=1)
            begin, end = self._wrap(b"")
            stream = frame(FIN | TEXT, begin + b"".join(parts) + end)
            at = len(stream) - len(b"".join(parts)) - len(end)
            stops = [0, at + len(parts[0]), at + len(parts[0]) + len(parts[1]), len(stream)]
            chunks = [stream[start:stop] for start, stop in itertools.pairwise(stops)]
            yield Case(f"6.4.{number + 2}", chunks, [Failure(INVALID_TEXT)], fails_at=1)

    def _utf8_sequences(self) -> Iterator[Case]:
        for section, sequences in enumerate(UTF8_SEQUENCES, start=5):
            for number, sequence in enumerate(sequences, start=1):
                text = self._text(sequence)
                try:
                    events: list[Event] = [text.decode()]
                except UnicodeDecodeError:
                    events = [Failure(INVALID_TEXT)]
                yield Case(f"6.{section}.{number}", [frame(FIN | TEXT, text)], events)

    def _closing(self) -> Iterator[Case]:
        text = self._text(b"Hello World!")
        good, normal = frame(FIN | TEXT, text), frame(FIN | CLOSE, NORMAL.to_bytes(2, "big"))
        closed = Close(NORMAL)
        yield Case("7.1.1", [good + normal], [text.decode(), closed])
        yield Case("7.1.2", [normal + normal], [closed])
        yield Case("7.1.3", [normal + frame(FIN | PING)], [closed])
        yield Case("7.1.4", [normal + good], [closed])
        one, two = self._fragments(b"fragment1", b"fragment2")
        yield Case("7.1.5", [one + normal + two], [closed])
        large = self._text(b"BAsd7&jh23" * 10_000)
        yield Case("7.1.6", [frame(FIN | TEXT, large) + normal + frame(FIN | PING)], [large.decode(), closed])
        for number, payload, event in (
            (1, b"", closed),
            (2, b"a", Failure(PROTOCOL_ERROR)),
            (3, b"\x03\xe8", closed),
            (4, b"\x03\xe8Hello World!", closed),
            (5, b"\x03\xe8" + b"*" * 123, closed),
            (6, b"\x03\xe8" + b"*" * 124, Failure(PROTOCOL_ERROR)),
        ):
            yield Case(f"7.3.{number}", [frame(FIN | CLOSE, payload)], [event])
        yield Case("7.5.1", [frame(FIN | CLOSE, b"\x03\xe8\xce\xba\xed\xa0\x80edited")], [Failure(INVALID_TEXT)])

    def _close_codes(self) -> Iterator[Case]:
        good = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
        bad = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)
        for number, code in enumerate(good, start=1):
            yield Case(f"7.7.{number}", [frame(FIN | CLOSE, code.to_bytes(2, "big"))], [Close(code)])
        for number, code in enumerate(bad, start=1):
            yield Case(f"7.9.{number}", [frame(FIN | CLOSE, code.to_bytes(2, "big"))], [Failure(PROTOCOL_ERROR)])
        for number, code in ((1, 5000), (2, 65_535)):
            yield Case(f"7.13.{number}", [frame(FIN | CLOSE, code.to_bytes(2, "big"))], [Failure(PROTOCOL_ERROR)])

    def _sizes(self) -> Iterator[Case]:
        """As large as may be, and larger; in few fragments and in many, in many chunks."""
        room = MESSAGE_BYTES_MAX - len(self._text(b""))
        text = self._text(b"*" * room)
        yield Case("9.1", [frame(FIN | TEXT, text)], [text.decode()])
        yield Case("9.2", [frame(FIN | BINARY, b"\xfe" * MESSAGE_BYTES_MAX)], [b"\xfe" * MESSAGE_BYTES_MAX])
        yield Case("9.3", self._fragments(*octets(b"*" * room, 1_024)), [text.decode()])
        yield Case("9.5", octets(frame(FIN | TEXT, text), 1_024), [text.decode()])
        head = frame(FIN | TEXT, b"*" * (MESSAGE_BYTES_MAX + 1))[:14]
        yield Case("9.1 too large", [head], [Failure(TOO_BIG)])
        yield Case("9.3 too large", self._fragments(*octets(b"*" * (room + 1), 64_000)), [Failure(TOO_BIG)])
        text = self._text(b"*" * 65_536)
        yield Case("10.1.1", [b"".join(self._fragments(*octets(b"*" * 65_536, 1_300)))], [text.decode()])

    def _compression(self) -> Iterator[Case]:
        sizes = (16, 64, 256, 1_024, 4_096, 8_192, 16_384, 32_768, 65_536, 131_000)
        samples = (b"*", "κόσμε, 小满 ".encode(), b"The quick brown fox jumps over the lazy dog. ")
        for section, sample in enumerate(samples, start=1):
            for number, size in enumerate(sizes, start=1):
                text = self._text((sample * (size // len(sample) + 1))[: size // len(sample) * len(sample)])
                packed = packed_alone(text, level=number % 9 + 1)
                yield Case(f"12.{section}.{number}", [frame(FIN | RSV1 | TEXT, packed)], [text.decode()], deflate=True)
                pieces = octets(packed, max(1, len(packed) // 5))
                opcodes = [RSV1 | TEXT, *[CONTINUATION] * (len(pieces) - 1)]
                opcodes[-1] |= FIN
                chunks = [frame(opcode, piece) for opcode, piece in zip(opcodes, pieces, strict=True)]
                yield Case(f"12.{section}.{number} in fragments", chunks, [text.decode()], deflate=True)
        text = self._text(b"not compressed")
        yield Case("12.4 not compressed", [frame(FIN | TEXT, text)], [text.decode()], deflate=True)
        for id_, first in (("ping", FIN | RSV1 | PING), ("continuation", RSV1 | CONTINUATION)):
            yield Case(f"12.4 {id_}", [frame(first, b"")], [Failure(PROTOCOL_ERROR)], deflate=True)
        bad = packed_alone(self._text(b"\xed\xa0\x80"), level=6)
        yield Case("12.5 not UTF-8", [frame(FIN | RSV1 | TEXT, bad)], [Failure(INVALID_TEXT)], deflate=True)
        bomb = packed_alone(b"*" * 10_000_000, level=9)
        yield Case("12.5 bomb", [frame(FIN | RSV1 | TEXT, bomb)], [Failure(TOO_BIG)], deflate=True)


def packed_alone(text: bytes, *, level: int) -> bytes:
    """A message compressed without the memory of another (RFC 7692, section 7.2.1)."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, -15)
    return (compressor.compress(text) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


# 13.*: what a client offers, and whether we agree to compress. We keep no window between messages, and need a whole one.
OFFERS = [
    ("13.1", "permessage-deflate; client_max_window_bits", True),
    ("13.2", "permessage-deflate; server_no_context_takeover; client_max_window_bits", True),
    ("13.3", "permessage-deflate; server_max_window_bits=9; client_max_window_bits", False),
    ("13.4", "permessage-deflate; server_max_window_bits=15; client_max_window_bits", True),
    ("13.5", "permessage-deflate; server_no_context_takeover; server_max_window_bits=9", False),
    ("13.6", "permessage-deflate; server_no_context_takeover; server_max_window_bits=15", True),
    ("13.7", "permessage-deflate; server_max_window_bits=9, permessage-deflate; server_no_context_takeover", True),
]

_INCOMPLETE = [
    b"\xc0", b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80",
    b"\xdf", b"\xef\xbf", b"\xf7\xbf\xbf", b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf",
]  # fmt: skip
_NONCHARACTERS = [
    first + second + b"\xbf" + last
    for first in (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")
    for second in ((b"\x8f",) if first == b"\xf4" else (b"\x8f", b"\x9f", b"\xaf", b"\xbf"))
    for last in (b"\xbe", b"\xbf")
    if first + second != b"\xf0\x8f"  # an overlong form
]

# 6.5-6.23, after Markus Kuhn's UTF-8 decoder test.
UTF8_SEQUENCES: list[list[bytes]] = [
    [b"hello$world", "hello¢world".encode(), "hello€world".encode(), "hello𤭢world".encode(), "κόσμε".encode()],
    ["κόσμε".encode()[:size] for size in range(1, 12)],
    [b"\x00", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80"],
    [b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80"],
    [b"\x7f", b"\xdf\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf"],
    [b"\xf7\xbf\xbf\xbf", b"\xfb\xbf\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf\xbf"],
    [b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xef\xbf\xbd", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80"],
    [*[(b"\x80\xbf" * 3)[:size] for size in range(1, 7)], b"\xbf", bytes(range(0x80, 0xBF))],
    [b"".join(bytes((start, 0x20)) for start in range(low, high)) for low, high in
     ((0xC0, 0xDF), (0xE0, 0xEF), (0xF0, 0xF7), (0xF8, 0xFB), (0xFC, 0xFD))],
    _INCOMPLETE,
    [b"".join(_INCOMPLETE)],
    [b"\xfe", b"\xff", b"\xfe\xfe\xff\xff"],
    [b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xf8\x80\x80\x80\xaf", b"\xfc\x80\x80\x80\x80\xaf"],
    [b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xf0\x8f\xbf\xbf", b"\xf8\x87\xbf\xbf\xbf", b"\xfc\x83\xbf\xbf\xbf\xbf"],
    [b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf8\x80\x80\x80\x80", b"\xfc\x80\x80\x80\x80\x80"],
    [b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf", b"\xed\xb0\x80", b"\xed\xbe\x80", b"\xed\xbf\xbf"],
    [high + low for high in (b"\xed\xa0\x80", b"\xed\xad\xbf", b"\xed\xae\x80", b"\xed\xaf\xbf")
     for low in (b"\xed\xb0\x80", b"\xed\xbf\xbf")],
    [b"\xef\xbf\xbe", b"\xef\xbf\xbf", *_NONCHARACTERS],
    [b"\xef\xbf" + bytes((last,)) for last in range(0xB9, 0xC0)],
]  # fmt: skip
