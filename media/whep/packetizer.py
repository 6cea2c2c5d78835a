"""RTP packets of one program, made once for all its viewers, and kept a while to be sent again. Pure: time is an argument.

All viewers get the same SSRCs, sequence numbers and timestamps, so that only SRTP is each one's own; payload types differ by
offer, and packets are made once for each pair of them that occurs. A viewer who joins gets the group of pictures that runs, see
join.py. While nobody watches no packets are made: the group's pictures are kept as they came, and become packets for the first
who joins.
"""

import struct
from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from media.codecs.h264_rtp import payloads_of
from media.frames import AUDIO_HZ, VIDEO_HZ, AudioFrame, VideoFrame

PAYLOAD_BYTES_MAX = 1_160  # with RTP, SRTP, UDP, IPv6 and a TURN header under 1,280
PACKET_BYTES = 40  # around a payload: IP, UDP, RTP, SRTP
RATE_S, RATE_S_MIN = (
    2.0,
    1.0,
)  # over which the rate is measured; less of a stream counts as so much, or a keyframe is a rate
RATE_PICTURES_MAX = 240
_HEADER = struct.Struct("!BBHII")
_MARKER = 0x80


class RtpPacket(Struct, frozen=True, gc=False):
    """An RTP packet but for its payload type."""

    sequence: int
    timestamp: int
    marker: bool
    payload: bytes


class RtpStream:
    """The packets of one track. `ssrc`: 32 bits; `sequence`: where numbers begin, 16 bits, both by chance."""

    def __init__(self, ssrc: int, sequence: int, history: int) -> None:
        self.ssrc = ssrc
        self.next_sequence = sequence
        self._history: dict[int, RtpPacket] = {}
        self._order: deque[int] = deque()
        self._history_max = history
        self.packets = 0
        self.octets = 0
        self.last: tuple[int, float] | None = None  # timestamp of the last frame, and its time in Unix seconds

    def packed(self, payloads: Sequence[bytes], ticks: int, rate: int) -> list[RtpPacket]:
        """One frame's packets. `ticks` since the Unix epoch; on the wire they keep their low 32 bits."""
        timestamp = ticks & 0xFFFFFFFF
        self.last = (timestamp, ticks / rate)
        packets = []
        end = len(payloads) - 1
        for n, payload in enumerate(payloads):
            raw = RtpPacket(self.next_sequence, timestamp, n == end, payload)
            self.next_sequence = self.next_sequence + 1 & 0xFFFF
            self._remember(raw)
            packets.append(raw)
            self.octets += len(payload)
        self.packets += len(packets)
        return packets

    def again(self, sequence: int) -> RtpPacket | None:
        """A packet that was sent before, if it is remembered."""
        return self._history.get(sequence)

    def _remember(self, raw: RtpPacket) -> None:
        self._history[raw.sequence] = raw
        self._order.append(raw.sequence)
        if len(self._order) > self._history_max:
            self._history.pop(self._order.popleft(), None)


def written(raw: RtpPacket, payload_type: int, ssrc: int) -> bytes:
    """The packet for viewers with this payload type."""
    second = payload_type | (_MARKER if raw.marker else 0)
    return _HEADER.pack(0x80, second, raw.sequence, raw.timestamp, ssrc) + raw.payload


def runs_of(packets: Sequence[bytes]) -> list[list[bytes]]:
    """Packets in runs of one size, of which the last may be shorter: what one call can send."""
    runs: list[list[bytes]] = []
    for packet in packets:
        run = runs[-1] if runs else None
        if run is not None and len(run[-1]) == len(run[0]) and len(packet) <= len(run[0]):
            run.append(packet)
        else:
            runs.append([packet])
    return runs


class Packetizer:
    """A program as packets: see the module."""

    def __init__(
        self, *, video_ssrc: int, audio_ssrc: int, sequences: tuple[int, int], history: int, join_bytes: int
    ) -> None:
        self.video = RtpStream(video_ssrc, sequences[0], history)
        self.audio = RtpStream(audio_ssrc, sequences[1], history)
        self._group: list[VideoFrame] = []  # since the last keyframe; of them the first `len(self._packed)` are packets
        self._packed: list[list[RtpPacket]] = []
        self._group_bytes = 0
        self._join_bytes = join_bytes
        self._sizes = deque[tuple[int, int]](maxlen=RATE_PICTURES_MAX)  # (ticks, bytes) of the last pictures

    def keep(self, frame: VideoFrame) -> None:
        """A picture that nobody watches; who joins may want it."""
        size = sum(map(len, frame.units))
        self._sizes.append((frame.time, size))
        if frame.key:
            self._group, self._packed, self._group_bytes = [], [], 0
        # A group that is too long is of no use to who joins; the next one will be.
        if (frame.key or self._group) and self._group_bytes + size <= self._join_bytes:
            self._group.append(frame)
            self._group_bytes += size
        else:
            self._group, self._packed = [], []

    def bytes_a_second(self) -> float:
        """The stream's rate of late, as it is sent."""
        if not self._sizes:
            return 0.0
        newest = self._sizes[-1][0]
        late = [(ticks, size) for ticks, size in self._sizes if 0 <= newest - ticks < RATE_S * VIDEO_HZ]
        total = sum(size + PACKET_BYTES * -(-size // PAYLOAD_BYTES_MAX) for _, size in late)
        return total / max(RATE_S_MIN, (newest - late[0][0]) / VIDEO_HZ + 1 / 30)

    def of_video(self, frame: VideoFrame) -> list[RtpPacket]:
        self.keep(frame)
        if not self._group:
            return self._of(frame)
        self._pack()
        return self._packed[-1]

    def _pack(self) -> None:
        """Make packets of the group's pictures that are none yet."""
        self._packed += [self._of(frame) for frame in self._group[len(self._packed) :]]

    def _of(self, frame: VideoFrame) -> list[RtpPacket]:
        return self.video.packed(payloads_of(frame.units, PAYLOAD_BYTES_MAX), frame.time, VIDEO_HZ)

    def of_audio(self, frame: AudioFrame) -> list[RtpPacket]:
        return self.audio.packed((frame.data,), frame.time, AUDIO_HZ)

    def joining(self) -> list[list[RtpPacket]]:
        """The pictures that a new viewer is sent first; none when a keyframe has to be asked and waited for instead."""
        if self._group:
            self._pack()
        return list(self._packed)
