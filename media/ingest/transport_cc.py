"""Transport-wide congestion control: when each packet arrived, told to its sender. Pure: no I/O, time is an argument.

The sender numbers all its packets in a header extension; what it is told of their arrivals lets it see a queue that grows on
the way long before anything is lost, and send less. Source: draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1:

     0                   1                   2                   3
    |V=2|P| FMT=15  |    PT=205     |            length             |
    |                     SSRC of packet sender                     |
    |                      SSRC of media source                     |
    |     base sequence number      |      packet status count      |
    |        reference time (24 bits, 64 ms)        | fb pkt. count |
    |         packet chunks (16 bits each) ...      | recv deltas ...

A chunk says of 1 to 8,191 packets that all are of one status, or of 7 or 14 which status each is: not received, received
after a delta of one byte, or of two. Deltas are of 250 us, the first since the reference time, each further since the one
before.
"""

import struct
from collections.abc import Iterator, Sequence

TICKS_PER_S = 4_000
REFERENCE_TICKS = 256  # 64 ms
ARRIVALS_MAX = 2_000  # that wait to be told; more come in no feedback's pause but of a flood
STATUSES_MAX = 1_000  # packets in one message; a longer hole is a new beginning
RANGE_MAX = 2 * ARRIVALS_MAX  # numbers between the first and the last that wait; further on is a new beginning too
RECEIVED_MAX = 400  # of them received: with two bytes each and the chunks it fits into a datagram
KEPT_TICKS = TICKS_PER_S // 2  # how long what was told is kept, to be told again with one that came late

_FMT_AND_TYPE = 0x8FCD
_HEADER = struct.Struct("!HHIIHH")
_LOST, _SMALL, _LARGE = 0, 1, 2
_RUN_MAX = 0x1FFF
_DELTA_MIN, _DELTA_MAX = -0x8000, 0x7FFF


class ArrivalRecorder:
    """The arrivals of one transport's packets, of all its streams."""

    def __init__(self) -> None:
        self._arrivals: dict[int, int] = {}  # extended sequence number -> ticks
        self._waiting: set[int] = set()  # of those, not told yet
        self._highest: int | None = None
        self._next = 0  # the first that was not told of, neither as received nor as lost
        self._messages = 0

    def arrived(self, sequence: int, now_s: float) -> bool:
        """A packet came. `sequence`: its 16 bits. Whether there is something to tell."""
        if self._highest is None:
            number = self._highest = self._next = sequence + 0x10000
        else:
            number = self._highest + (sequence - self._highest + 0x8000) % 0x10000 - 0x8000
            if abs(number - self._highest) > STATUSES_MAX:
                self._begin_at(number)
            self._highest = max(self._highest, number)
        if number not in self._arrivals and len(self._waiting) < ARRIVALS_MAX:
            if number - self._next >= RANGE_MAX:  # by steps that each were small enough
                self._begin_at(number)
            self._arrivals[number] = int(now_s * TICKS_PER_S)
            self._waiting.add(number)
        return bool(self._waiting)

    def _begin_at(self, number: int) -> None:
        self._arrivals.clear()
        self._waiting.clear()
        self._highest = self._next = number

    def messages(self, *, sender_ssrc: int, media_ssrc: int, now_s: float) -> list[bytes]:
        """RTCP packets that tell what has come since the last call, and what has not; none when nothing came."""
        if not self._waiting:
            return []
        told: list[bytes] = []
        last = max(self._waiting)
        for base, ticks in self._groups(min(self._next, *self._waiting), last):
            told.append(_written(sender_ssrc, media_ssrc, base, ticks, self._messages))
            self._messages = self._messages + 1 & 0xFF
        self._next = max(self._next, last + 1)
        self._waiting.clear()
        oldest = int(now_s * TICKS_PER_S) - KEPT_TICKS
        self._arrivals = {number: ticks for number, ticks in self._arrivals.items() if ticks >= oldest}
        return told

    def _groups(self, first: int, last: int) -> Iterator[tuple[int, list[int | None]]]:
        """(first number, ticks or None of it and those that follow), each fit for one message and with something received."""
        base, group, received, before = first, list[int | None](), 0, 0
        for number in range(first, last + 1):
            ticks = self._arrivals.get(number)
            is_far = ticks is not None and received > 0 and not _DELTA_MIN <= ticks - before <= _DELTA_MAX
            if is_far or len(group) == STATUSES_MAX or received == RECEIVED_MAX:
                if received:
                    yield base, group
                base, group, received = number, [], 0
            group.append(ticks)
            if ticks is not None:
                received, before = received + 1, ticks
        if received:
            yield base, group


def _written(sender_ssrc: int, media_ssrc: int, base: int, ticks: Sequence[int | None], count: int) -> bytes:
    reference = next(t for t in ticks if t is not None) // REFERENCE_TICKS
    before = reference * REFERENCE_TICKS
    symbols: list[int] = []
    deltas = bytearray()
    for arrived in ticks:
        if arrived is None:
            symbols.append(_LOST)
            continue
        delta, before = arrived - before, arrived
        if 0 <= delta <= 0xFF:
            symbols.append(_SMALL)
            deltas.append(delta)
        else:
            symbols.append(_LARGE)
            deltas += delta.to_bytes(2, "big", signed=True)
    body = b"".join(chunk.to_bytes(2, "big") for chunk in chunks_of(symbols)) + deltas
    body += bytes(-len(body) % 4)
    head = _HEADER.pack(_FMT_AND_TYPE, 4 + len(body) // 4, sender_ssrc, media_ssrc, base & 0xFFFF, len(ticks))
    return head + (reference & 0xFFFFFF).to_bytes(3, "big") + bytes((count,)) + body


def chunks_of(symbols: Sequence[int]) -> list[int]:
    """The statuses of packets (0 lost, 1 a small delta, 2 a large one) in as few chunks as a look ahead of one finds."""
    chunks: list[int] = []
    at = 0
    while at < len(symbols):
        ahead = symbols[at : at + 14]
        size = min(len(ahead), 7 if _LARGE in ahead else 14)
        run = 1
        while run < _RUN_MAX and at + run < len(symbols) and symbols[at + run] == symbols[at]:
            run += 1
        if run >= size:
            chunks.append(symbols[at] << 13 | run)
            at += run
            continue
        width = 2 if _LARGE in ahead else 1
        bits = 0x8000 | (width - 1) << 14
        for place, symbol in enumerate(ahead[:size]):
            bits |= symbol << 14 - width * (place + 1)
        chunks.append(bits)
        at += size
    return chunks


def sequence_of(packet: bytes, extension_at: int, id_: int) -> int | None:
    """The number in a packet's header extension, which begins at `extension_at` (RFC 8285, 4.2); None: it has none.

    Raises IndexError when the extension ends early.
    """
    if packet[extension_at] != 0xBE or packet[extension_at + 1] != 0xDE:
        return None
    at = extension_at + 4
    end = at + 4 * (packet[extension_at + 2] << 8 | packet[extension_at + 3])
    while at < end:
        element = packet[at]
        if not element:  # padding
            at += 1
            continue
        size = (element & 0x0F) + 1
        if element >> 4 == id_:
            return packet[at + 1] << 8 | packet[at + 2] if size == 2 else None
        if element >> 4 == 15:
            return None
        at += 1 + size
    return None
