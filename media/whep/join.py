"""How one viewer gets from the last keyframe to the present. Pure: no I/O, time is an argument.

Who joins is sent the group of pictures that runs, and live pictures behind it, until it has caught up:

    group of pictures that runs | live pictures that came meanwhile | live
    ---- paced, faster than the stream's own rate ----------------> |

- **Paced**, or a megabyte at once overflows whatever queue the viewer's link has.
- **No faster than the link**: what is asked for again (NACK) waits in the same queue, ahead of the rest, and where much is, the
  pace falls, down to a little more than the stream's own rate. Answered at once, requests would fill a full queue once more.
- **In order**: a live packet sent before those of the group would make the viewer ask for all of them.
- **Drawn together**: pictures of seconds ago get times just before the newest picture's, CATCH_UP_TICKS apart, so that the
  decoder hurries through them. The last one that waits has its own time, so that live pictures follow it without a seam.
- **Remembered as sent**: requests (NACK) are answered with the packet as it was, since a picture's packets with two times never
  become a picture.
- The first packet, with the parameter sets, is **sent three times before any other**: a viewer who lost it cannot know and ask
  for it, and libwebrtc drops an IDR slice that comes before its parameter sets, for good.
- The stream's rate may **grow** meanwhile, and the pace with it: each second's pictures are sent faster than they come. Who has
  not caught up after JOIN_S_MAX begins anew with a keyframe.
- When all of the beginning was lost, as it is where the last words of the handshake were, the viewer asks for a keyframe (PLI),
  and the burst is sent **again**, as it was: a camera that answers no request would leave it in the dark. Not so when its first
  packets are forgotten already: without them the others are of no use.
"""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from media.frames import VIDEO_HZ
from media.whep.packetizer import PACKET_BYTES, RATE_S, RtpPacket

CATCH_UP_TICKS = VIDEO_HZ // 500
HEAD_TIMES, HEAD_PAUSE_S = 3, 0.01  # the first packet; apart, since losses come in runs
AGAIN_PAUSE_S, AGAIN_MAX = 0.3, 4  # a viewer without a picture asks each 200 ms
KEPT_S = 3.0  # after the last packet of the burst; requests stop after some round trips
SENT_MAX = 8_192  # packets that are remembered; half of what SRTP can send again, since live ones follow them
RATE_PAUSE_S = 1.0  # between two looks at the rate of what comes
JOIN_S_MAX = 60.0
LOSS_PAUSE_S = 0.25  # between two looks at how much was asked for again
LOSS_PACKETS_MIN = 20  # sent in that time: fewer tell nothing
LOSS_MAX = 0.1  # of those; radio alone loses less
SLOWER = 0.7  # the pace then, in parts of what it was; also when a picture was lost
PACE_MIN = 1.2  # times the stream's own rate: slower it would never catch up


class JoinSettings(Struct, frozen=True, kw_only=True):
    """`pace`: times the stream's own rate; `rate_bps_min`: however low that is; `bytes_max`: that may wait to be sent."""

    pace: float = 3.0
    rate_bps_min: int = 2_000_000
    bytes_max: int = 8_388_608


class Join:
    """`group`: the pictures that run, at least one, each as packets with its own time; `stream_bytes_s`: the rate of late."""

    def __init__(
        self, group: Sequence[Sequence[RtpPacket]], settings: JoinSettings, now_s: float, *, stream_bytes_s: float
    ) -> None:
        self._settings = settings
        self._waiting = deque[Sequence[RtpPacket]]()
        self._unsent: set[int] = set()  # their sequence numbers
        self._bytes = 0
        self._sent_of_first = 0  # packets of the picture that is being sent
        self._newest = self._timestamp = 0  # of the newest picture; of the one that is being sent
        self._as_sent: dict[int, RtpPacket] = {}
        self._again = deque[RtpPacket]()  # of those, to be sent once more
        self._asked: set[int] = set()  # sequence numbers of those
        self._again_s, self._again_left = now_s, AGAIN_MAX
        self._lost = self._sent = 0  # packets asked for again, and sent, since the last look
        self._loss_s = now_s
        self._first: RtpPacket | None = None  # of the burst
        self._head_left, self._head_s = HEAD_TIMES, now_s
        self._since_s = now_s
        self._sent_bytes = 0
        self._came_bytes, self._looked_s = 0, now_s  # of live pictures since then
        self._begun_s, self._is_late = now_s, False
        self._ended_s: float | None = None
        for packets in group:
            self.add(packets)
        # A group that just began is a keyframe and little else, which says nothing of the stream's rate.
        seconds = ((group[-1][0].timestamp - group[0][0].timestamp & 0xFFFFFFFF) + VIDEO_HZ / 30) / VIDEO_HZ
        bytes_s = max(stream_bytes_s, self._bytes / max(RATE_S, seconds))
        self._rate = max(settings.rate_bps_min / 8, settings.pace * bytes_s)  # bytes a second
        self._stream_rate = bytes_s
        self._pace = settings.pace  # times the stream's rate that it is followed at, should it grow
        self._came_bytes = 0

    @property
    def is_over(self) -> bool:
        """The viewer is at the present: live pictures go to it as they come."""
        return self._ended_s is not None

    def add(self, packets: Sequence[RtpPacket]) -> bool:
        """A live picture, to be sent behind what waits. Whether it is kept: not when the viewer can't catch up."""
        size = sum(len(packet.payload) + PACKET_BYTES for packet in packets)
        if self._is_late or self._bytes + size > self._settings.bytes_max:
            return False
        self._waiting.append(packets)
        self._unsent.update(packet.sequence for packet in packets)
        self._bytes += size
        self._came_bytes += size
        self._newest = packets[0].timestamp
        return True

    def begin_again(self, now_s: float) -> bool:
        """The viewer asks for a keyframe. Whether what it was sent is sent once more: not too soon, nor too often."""
        if not self._again_left or now_s - self._again_s < AGAIN_PAUSE_S:
            return False
        if self._first is None or self._first.sequence not in self._as_sent:
            return False
        self._again_s, self._again_left = now_s, self._again_left - 1
        self._again = deque(packet for packet in self._as_sent.values() if packet is not self._first)
        self._asked = {packet.sequence for packet in self._again}
        self._slow_down(now_s)
        self._head_left, self._head_s, self._ended_s = HEAD_TIMES, now_s, None
        self._begun_s = now_s
        return True

    def due(self, now_s: float) -> list[RtpPacket]:
        """The packets to send now."""
        self._is_late = self._ended_s is None and now_s - self._begun_s > JOIN_S_MAX
        self._follow_rate(now_s)
        self._follow_loss(now_s)
        if self._head_left:
            return self._due_head(now_s)
        allowed = self._rate * (now_s - self._since_s)
        due: list[RtpPacket] = []
        while (self._again or self._waiting) and self._sent_bytes <= allowed:
            sent = self._following_again() if self._again else self._following()
            self._sent += 1
            self._sent_bytes += len(sent.payload) + PACKET_BYTES
            due.append(sent)
        if not self._again and not self._waiting and self._ended_s is None:
            self._ended_s = now_s
        return due

    def _follow_rate(self, now_s: float) -> None:
        seconds = now_s - self._looked_s
        if seconds < RATE_PAUSE_S:
            return
        came = self._came_bytes / seconds
        self._came_bytes, self._looked_s = 0, now_s
        if came > self._stream_rate:
            self._stream_rate = came
            rate = max(self._pace, PACE_MIN) * came
            if rate > self._rate:
                self._send_at(rate, now_s)

    def _follow_loss(self, now_s: float) -> None:
        if now_s - self._loss_s < LOSS_PAUSE_S:
            return
        if self._sent >= LOSS_PACKETS_MIN and self._lost > LOSS_MAX * self._sent:
            self._slow_down(now_s)
        self._loss_s, self._sent, self._lost = now_s, 0, 0

    def _slow_down(self, now_s: float) -> None:
        self._pace *= SLOWER
        self._send_at(max(SLOWER * self._rate, PACE_MIN * self._stream_rate), now_s)

    def _send_at(self, rate: float, now_s: float) -> None:
        self._rate, self._since_s, self._sent_bytes = rate, now_s, 0

    def _due_head(self, now_s: float) -> list[RtpPacket]:
        if now_s < self._head_s:
            return []
        if self._first is None:
            self._first = self._following()
        self._head_left, self._head_s = self._head_left - 1, now_s + HEAD_PAUSE_S
        self._since_s, self._sent_bytes = now_s, 0
        return [self._first]

    def sees_to(self, sequence: int) -> bool:
        """Whether a packet (16 bits) that the viewer lacks is the burst's to send, in its turn."""
        return not self.is_over and (sequence in self._as_sent or sequence in self._unsent)

    def ask(self, sequence: int) -> bool:
        """The viewer lacks this packet, which the burst sees to. Whether it is sent once more for that."""
        if sequence not in self._as_sent or sequence in self._asked:
            return False
        self._asked.add(sequence)
        self._again.append(self._as_sent[sequence])
        self._lost += 1
        return True

    def _following_again(self) -> RtpPacket:
        packet = self._again.popleft()
        self._asked.discard(packet.sequence)
        return packet

    def again(self, sequence: int) -> RtpPacket | None:
        """A packet of the burst as it was sent, by its 16 bits."""
        return self._as_sent.get(sequence)

    def is_forgotten(self, now_s: float) -> bool:
        """Nothing of it is needed any more."""
        return self._ended_s is not None and now_s - self._ended_s > KEPT_S

    def _following(self) -> RtpPacket:
        packets = self._waiting[0]
        raw = packets[self._sent_of_first]
        if self._sent_of_first:
            timestamp = self._timestamp
        else:
            timestamp = self._timestamp = self._newest - (len(self._waiting) - 1) * CATCH_UP_TICKS & 0xFFFFFFFF
        sent = RtpPacket(raw.sequence, timestamp, raw.marker, raw.payload)
        self._sent_of_first += 1
        if self._sent_of_first == len(packets):
            self._waiting.popleft()
            self._sent_of_first = 0
        self._bytes -= len(raw.payload) + PACKET_BYTES
        self._as_sent[sent.sequence] = sent
        if len(self._as_sent) > SENT_MAX:
            del self._as_sent[next(iter(self._as_sent))]  # the oldest
        self._unsent.discard(sent.sequence)
        return sent
