"""One viewer by WebRTC: SRTP of their own over packets made once, retransmission on request, keyframes passed on.

    new --connected, a group of pictures runs--> joining --caught up--> live
    new --connected, none does-----------------> waiting --keyframe---> live

While it waits no picture is sent: it could not be decoded, and pages show HLS meanwhile.
"""

import asyncio
from collections.abc import Callable, Sequence

import pylibsrtp
from aiortc.rtp import AnyRtcpPacket, RtcpByePacket, RtcpPsfbPacket, RtcpRrPacket, RtcpRtpfbPacket

from media.rtc.sdp import Offer
from media.rtc.session import RtcSession
from media.rtc.udp_mux import UdpMux
from media.settings import MediaConfig
from media.whep.join import KEPT_S, Join, JoinSettings
from media.whep.packetizer import PACKET_BYTES, Packetizer, RtpPacket, RtpStream, runs_of, written

_PLI, _FIR, _NACK = 1, 4, 1
JOIN_PAUSE_S = 0.01  # between two lots of packets of a burst
AGAIN_WINDOW_S = 0.1  # in which no packet is sent again twice, and no more in all than
AGAIN_SHARE = 0.5  # of the bytes that the stream has in that time, or
AGAIN_BYTES_MIN = 12_000  # whatever the stream has: ten packets


def sealed_of(packets: Sequence[bytes], protect: Callable[[bytes], bytes]) -> list[bytes]:
    """RTP packets as SRTP, but for those whose numbers are so far behind that it can't send them any more."""
    sealed: list[bytes] = []
    for packet in packets:
        try:
            sealed.append(protect(packet))
        except pylibsrtp.Error:
            continue
    return sealed


class ViewerCounters:
    """Of all viewers by WebRTC of this process."""

    packets = 0
    again = 0
    joins = 0
    joins_again = 0  # bursts sent once more
    joins_waiting = 0  # that began with waiting for a keyframe


class Viewer:
    """`request_keyframe`: a keyframe is wanted; `ended`: called once when the session is over."""

    def __init__(
        self,
        config: MediaConfig,
        mux: UdpMux,
        offer: Offer,
        packets: Packetizer,
        *,
        request_keyframe: Callable[[], None],
        ended: "Callable[[Viewer], None]",
    ) -> None:
        self._config = config
        self._mux = mux
        self._packets = packets
        self._request_keyframe = request_keyframe
        self._ended = ended
        self.session: RtcSession | None = None
        video, audio = offer.codec("video"), offer.codec("audio")
        assert video is not None
        self.video_type = video.payload_type
        self.audio_type = audio.payload_type if audio is not None else None
        self.is_on = False
        self._is_waiting = True  # for a keyframe
        self._join: Join | None = None
        self._joining: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self.loss = 0.0
        self._again_since_s = 0.0
        self._again_bytes_left = AGAIN_BYTES_MIN
        self._again_sent: set[tuple[int, int]] = set()

    # --- SessionListener ---

    def connected(self) -> None:
        """Begin with the group of pictures that runs, so that the picture is there at once."""
        self.is_on = True
        ViewerCounters.joins += 1
        group = self._packets.joining()
        if not group:
            ViewerCounters.joins_waiting += 1
            self._request_keyframe()
            return
        self._is_waiting = False
        settings = JoinSettings(
            pace=self._config.whep_join_pace_rate,
            rate_bps_min=self._config.whep_join_bps_min,
            bytes_max=2 * self._config.whep_join_bytes_max,
        )
        self._join = Join(group, settings, self._loop.time(), stream_bytes_s=self._packets.bytes_a_second())
        self._burst()

    def closed(self) -> None:
        self.is_on = False
        if self._joining is not None:
            self._joining.cancel()
        self._ended(self)

    def rtp(self, data: bytes, now_s: float) -> None:
        """Nothing is expected of a viewer."""

    def rtcp(self, packets: list[AnyRtcpPacket], now_s: float) -> None:
        """Requests for packets and keyframes, and reports of loss."""
        if now_s - self._again_since_s >= AGAIN_WINDOW_S:
            self._again_since_s = now_s
            self._again_bytes_left = self._again_bytes_max()
            self._again_sent.clear()
        for packet in packets:
            if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == _NACK:
                self._send_again(packet)
            elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (_PLI, _FIR):
                self._miss_picture(now_s)
            elif isinstance(packet, RtcpRrPacket):
                self.loss = max((report.fraction_lost / 256 for report in packet.reports), default=self.loss)
            elif isinstance(packet, RtcpByePacket) and self.session is not None:
                self.session.close_soon()

    # --- out ---

    def takes(self, raws: Sequence[RtpPacket], *, key: bool) -> bool:
        """Whether this live picture is to be sent now; one that is not waits behind a burst, or is left out."""
        if self._join is not None and not self._join.is_over:
            if self._join.add(raws):
                return False
            self._join, self._is_waiting = None, True  # it can't catch up: begin anew
            self._request_keyframe()
        if self._is_waiting and key:
            self._is_waiting = False
        elif self._is_waiting:
            self._request_keyframe()  # the last request may have been lost, or left out because another had just gone
        return not self._is_waiting

    def _miss_picture(self, now_s: float) -> None:
        """The viewer can't decode: a keyframe is needed, and perhaps it lost the one that it was sent."""
        self._request_keyframe()
        if self._join is not None and self._join.begin_again(now_s):
            ViewerCounters.joins_again += 1
            if self._joining is not None:
                self._joining.cancel()
            self._burst()

    def _burst(self) -> None:
        """Send what is due of the group, until nothing of it is needed any more."""
        self._joining = None
        join, now_s = self._join, self._loop.time()
        if join is None or join.is_forgotten(now_s):
            self._join = None
            return
        ssrc = self._packets.video.ssrc
        self.send(runs_of([written(raw, self.video_type, ssrc) for raw in join.due(now_s)]))
        self._joining = self._loop.call_later(KEPT_S if join.is_over else JOIN_PAUSE_S, self._burst)

    def send(self, runs: Sequence[Sequence[bytes]]) -> None:
        """RTP packets, in runs of one size each but the last."""
        session = self.session
        if session is None or session.address is None or session.protect is None:
            return
        protect, address, port = session.protect, session.address, self._mux
        for run in runs:
            sealed = sealed_of(run, protect)
            if len(sealed) == 1:
                port.send(sealed[0], address)
            elif sealed:
                port.send_run(b"".join(sealed), len(sealed[0]), address)
            ViewerCounters.packets += len(sealed)

    def report(self, data: bytes) -> None:
        if self.session is not None:
            self.session.send_rtcp(data)

    def _send_again(self, packet: RtcpRtpfbPacket) -> None:
        for stream, number in ((self._packets.video, self.video_type), (self._packets.audio, self.audio_type)):
            if packet.media_ssrc != stream.ssrc or number is None:
                continue
            for lost in packet.lost:
                sequence = lost & 0xFFFF  # aiortc counts on past the wrap
                if (stream.ssrc, sequence) in self._again_sent:
                    continue
                if self._join is not None and stream is self._packets.video and self._join.sees_to(sequence):
                    if self._join.ask(sequence):
                        self._again_sent.add((stream.ssrc, sequence))
                        ViewerCounters.again += 1
                    continue
                raw = self._sent(stream, sequence)
                if raw is None or self._again_bytes_left <= 0:
                    continue
                self._again_sent.add((stream.ssrc, sequence))
                self._again_bytes_left -= len(raw.payload) + PACKET_BYTES
                ViewerCounters.again += 1
                self.send([[written(raw, number, stream.ssrc)]])

    def _again_bytes_max(self) -> int:
        """Requests answered without a bound would fill a queue that lost packets because it was full, once more."""
        stream_bytes = self._packets.bytes_a_second() * AGAIN_WINDOW_S
        return max(AGAIN_BYTES_MIN, int(AGAIN_SHARE * stream_bytes))

    def _sent(self, stream: RtpStream, sequence: int) -> RtpPacket | None:
        """The packet of this number as it was sent to this viewer."""
        if self._join is not None and stream is self._packets.video:
            raw = self._join.again(sequence)
            if raw is not None:
                return raw
        return stream.again(sequence)
