"""The receive buffer of one RTP stream: packets in any order in, whole frames in order out. Pure: no I/O, time is an argument.

    put() and poll() give frames as soon as they are whole: at the packet with the marker, not at the next frame's first.
    What is missing is asked for at once and again every `retry_s` (NACK, RFC 4585), or twice in a round trip where that is
    longer. When the oldest gap has waited `wait_s`, it is given up: the buffer goes on after it, `after_gap` says that a frame
    before was damaged, and the shell asks for a keyframe (PLI). Where the network was away for OUTAGE_S, or more is missing
    than is kept track of, there is no use in waiting: the buffer goes on at once.

Packets in order, nearly all of them, take the short way: no dictionary, no timer.
"""

import math

from msgspec import Struct

MISSING_MAX = 512  # sequence numbers that may be missing at a time; with more it is a new beginning
OUTAGE_S = 0.5  # cameras of two pictures a second are rare
JUMP_MAX = 3_000  # a larger step of the sequence number is a new stream, not a loss


class JitterBufferSettings(Struct, frozen=True, kw_only=True):
    """`retry_s`: pause between two requests for the same packet. `wait_s`: how long it is waited for."""

    retry_s: float = 0.02
    wait_s: float = 0.2
    packets_max: int = 2_048


class RtpFrame(Struct, frozen=True, gc=False):
    """The payloads of one RTP timestamp. `after_gap`: packets before it were lost for good."""

    timestamp: int
    payloads: tuple[bytes, ...]
    after_gap: bool


class _Packet(Struct, gc=False):
    timestamp: int
    marker: bool
    payload: bytes


class _Missing(Struct, gc=False):
    since_s: float
    asked_s: float


class JitterBuffer:
    """Sequence numbers are extended to more than 16 bits inside."""

    def __init__(self, settings: JitterBufferSettings) -> None:
        self._settings = settings
        self._next: int | None = None  # the sequence number that continues the frame being made
        self._highest = 0
        self._heard_s = 0.0
        self._waiting: dict[int, _Packet] = {}
        self._missing: dict[int, _Missing] = {}
        self._payloads: list[bytes] = []
        self._timestamp: int | None = None
        self._gap = False
        self.received = 0
        self.missed = 0  # did not come in their turn
        self.recovered = 0  # of those, came after they were asked for
        self.given_up = 0
        self.duplicates = 0

    @property
    def highest(self) -> int:
        return self._highest

    @property
    def is_waiting(self) -> bool:
        """Whether poll() should be called soon."""
        return bool(self._missing)

    def put_again(self, sequence: int, timestamp: int, payload: bytes, now_s: float, *, marker: bool) -> list[RtpFrame]:
        """A retransmission came (RFC 4588). Only what is missing is taken: it says nothing of where the stream is."""
        number = self._extended(sequence)
        if number is None or number not in self._missing:
            self.duplicates += 1
            return []
        return self._put_out_of_order(number, _Packet(timestamp, marker, payload), now_s)

    def put(self, sequence: int, timestamp: int, payload: bytes, now_s: float, *, marker: bool) -> list[RtpFrame]:
        """A packet came. `sequence`: its 16 bits. Frames that are whole now."""
        number = self._extended(sequence)
        if number is None:
            number = self._restart(0x10000 + sequence)
        if number == self._next and not self._waiting:
            self.received += 1
            self._highest = number
            self._heard_s = now_s
            return self._take(number, timestamp, payload, marker=marker)
        return self._put_out_of_order(number, _Packet(timestamp, marker, payload), now_s)

    def poll(self, now_s: float, round_trip_s: float = 0.0) -> tuple[list[RtpFrame], list[int]]:
        """Frames that are whole now that waiting is over, and 16-bit sequence numbers to ask for."""
        settings = self._settings
        # Twice in a round trip: requests are lost, too, and senders pass over one that comes too soon. Two at least in all.
        retry_s = max(settings.retry_s, min(round_trip_s, settings.wait_s) / 2)
        frames: list[RtpFrame] = []
        overdue = [n for n, missing in self._missing.items() if now_s - missing.since_s >= settings.wait_s]
        if overdue or len(self._waiting) > settings.packets_max:
            frames = self._give_up(max(overdue, default=self._next or 0))
        asked = []
        for number, missing in self._missing.items():
            if now_s - missing.asked_s >= retry_s:
                missing.asked_s = now_s
                asked.append(number & 0xFFFF)
        return frames, asked

    def _extended(self, sequence: int) -> int | None:
        """The number nearest to the highest one; None when that is too far to be the same stream."""
        if self._next is None:
            return None
        step = (sequence - self._highest + 0x8000) % 0x10000 - 0x8000
        return self._highest + step if -JUMP_MAX < step < JUMP_MAX else None

    def _restart(self, number: int) -> int:
        """A new stream, or the first, or one that goes on far away: it begins with `number`; what was half-done is lost."""
        self._gap = self._gap or self._next is not None
        self.given_up += len(self._missing)
        self._waiting.clear()
        self._missing.clear()
        self._payloads, self._timestamp = [], None
        self._next = self._highest = number
        return number

    def _put_out_of_order(self, number: int, packet: _Packet, now_s: float) -> list[RtpFrame]:
        assert self._next is not None
        if number < self._next or number in self._waiting:
            self.duplicates += 1
            return []
        self.received += 1
        if self._missing.pop(number, None) is not None:
            self.recovered += 1
        if number > self._highest:
            self._miss(number, now_s)
        self._heard_s = now_s
        self._waiting[number] = packet
        return self._drain()

    def _miss(self, number: int, now_s: float) -> None:
        """`number` is the highest now, and what lies between was not seen."""
        gap = number - self._highest - 1
        self.missed += gap
        if gap and (len(self._missing) + gap > MISSING_MAX or now_s - self._heard_s > OUTAGE_S):
            self.given_up += gap
            self._restart(number)
            return
        for lost in range(self._highest + 1, number):
            self._missing[lost] = _Missing(now_s, -math.inf)
        self._highest = number

    def _drain(self) -> list[RtpFrame]:
        frames: list[RtpFrame] = []
        while (packet := self._waiting.pop(self._next or 0, None)) is not None:
            frames += self._take(self._next or 0, packet.timestamp, packet.payload, marker=packet.marker)
        return frames

    def _give_up(self, until: int) -> list[RtpFrame]:
        """Go on behind `until`: what is missing up to there is lost, and so is the frame it belonged to."""
        frames = self._drain()
        start = min((n for n in self._waiting if n > until), default=until + 1)
        for number in [n for n in self._missing if n < start]:
            del self._missing[number]
            self.given_up += 1
        # Whole frames between two gaps are still frames; they come out damaged-after-gap and the shell decides.
        while self._next is not None and self._next < start:
            packet = self._waiting.pop(self._next, None)
            if packet is None:
                self._gap = True
                self._payloads, self._timestamp = [], None
                self._next += 1
            else:
                frames += self._take(self._next, packet.timestamp, packet.payload, marker=packet.marker)
        return frames + self._drain()

    def _take(self, number: int, timestamp: int, payload: bytes, *, marker: bool) -> list[RtpFrame]:
        """The next packet in order."""
        self._next = number + 1
        frames: list[RtpFrame] = []
        if timestamp != self._timestamp:
            if self._payloads:  # the marker was never set: a sender that does not, and then a new time ends the frame
                frames.append(self._finish())
            self._timestamp = timestamp
        if payload:
            self._payloads.append(payload)
        if marker and self._payloads:
            frames.append(self._finish())
        return frames

    def _finish(self) -> RtpFrame:
        assert self._timestamp is not None
        frame = RtpFrame(self._timestamp, tuple(self._payloads), self._gap)
        self._payloads, self._timestamp, self._gap = [], None, False
        return frame
