"""One viewer by WebRTC: SRTP of their own over packets made once, retransmission on request, keyframes passed on."""

from collections.abc import Callable, Sequence

import pylibsrtp
from aiortc.rtp import AnyRtcpPacket, RtcpByePacket, RtcpPsfbPacket, RtcpRrPacket, RtcpRtpfbPacket

from media.rtc.sdp import Offer
from media.rtc.session import RtcSession
from media.rtc.udp_mux import UdpMux
from media.settings import MediaConfig
from media.whep.packetizer import Packetizer, written

_PLI, _FIR, _NACK = 1, 4, 1
AGAIN_WINDOW_S = 1.0  # in which a viewer is sent again at most as many packets as are remembered


class ViewerCounters:
    """Of all viewers by WebRTC of this process."""

    packets = 0
    again = 0


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
        self.loss = 0.0
        self._again_since_s = 0.0
        self._again_left = config.whep_history_packets

    # --- SessionListener ---

    def connected(self) -> None:
        """Send the group of pictures that runs, so that the picture is there at once."""
        self.is_on = True
        group = self._packets.joining()
        if not group:
            self._request_keyframe()
            return
        ssrc = self._packets.video.ssrc
        self.send([[written(raw, self.video_type, ssrc)] for raw in group])

    def closed(self) -> None:
        self.is_on = False
        self._ended(self)

    def rtp(self, data: bytes, now_s: float) -> None:
        """Nothing is expected of a viewer."""

    def rtcp(self, packets: list[AnyRtcpPacket], now_s: float) -> None:
        """Requests for packets and keyframes, and reports of loss."""
        if now_s - self._again_since_s >= AGAIN_WINDOW_S:
            self._again_since_s, self._again_left = now_s, self._config.whep_history_packets
        for packet in packets:
            if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == _NACK:
                self._send_again(packet)
            elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (_PLI, _FIR):
                self._request_keyframe()
            elif isinstance(packet, RtcpRrPacket):
                self.loss = max((report.fraction_lost / 256 for report in packet.reports), default=self.loss)
            elif isinstance(packet, RtcpByePacket) and self.session is not None:
                self.session.close_soon()

    # --- out ---

    def send(self, runs: Sequence[Sequence[bytes]]) -> None:
        """RTP packets, in runs of one size each but the last."""
        session = self.session
        if session is None or session.address is None or session.protect is None:
            return
        protect, address, port = session.protect, session.address, self._mux
        try:
            for run in runs:
                if len(run) == 1:
                    port.send(protect(run[0]), address)
                else:
                    sealed = [protect(packet) for packet in run]
                    port.send_run(b"".join(sealed), len(sealed[0]), address)
                ViewerCounters.packets += len(run)
        except pylibsrtp.Error:
            return  # a sequence number far behind, which SRTP can't send any more

    def report(self, data: bytes) -> None:
        if self.session is not None:
            self.session.send_rtcp(data)

    def _send_again(self, packet: RtcpRtpfbPacket) -> None:
        for stream, number in ((self._packets.video, self.video_type), (self._packets.audio, self.audio_type)):
            if packet.media_ssrc != stream.ssrc or number is None:
                continue
            for sequence in packet.lost[: self._again_left]:
                raw = stream.again(sequence & 0xFFFF)  # aiortc counts on past the wrap
                if raw is not None:
                    self._again_left -= 1
                    ViewerCounters.again += 1
                    self.send([[written(raw, number, stream.ssrc)]])
