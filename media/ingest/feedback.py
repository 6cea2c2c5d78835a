"""What a WebRTC publisher is sent back by RTCP: receiver reports, requests for packets and keyframes, a bit rate.

    NACK  packets that are missing                      RFC 4585, section 6.2.1
    PLI   a keyframe, at most once in `camera_pli_ms`   RFC 4585, section 6.3.1
    REMB  the bit rate that is wanted                   draft-alvestrand-rmcat-remb-03
    TWCC  when each packet arrived                      see transport_cc.py

Each goes in a compound packet behind the receiver reports (RFC 3550, section 6.1).
"""

import asyncio
import secrets
from collections.abc import Callable, Iterator, Sequence

from aiortc.rtp import RtcpPsfbPacket, RtcpReceiverInfo, RtcpRrPacket, RtcpRtpfbPacket, pack_remb_fci

from media.ingest.clock import Track
from media.ingest.health import Meter
from media.ingest.jitter_buffer import JitterBuffer, JitterBufferSettings
from media.ingest.transport_cc import ArrivalRecorder
from media.settings import MediaConfig

_PLI, _REMB, _NACK = 1, 15, 1
NACKED_MAX = 200  # sequence numbers in one NACK; at the worst four bytes each


class IncomingTrack:
    """One RTP stream of the publisher."""

    __slots__ = ("_looked", "buffer", "kind", "report", "settings", "ssrc")

    def __init__(self, kind: Track, settings: JitterBufferSettings) -> None:
        self.kind = kind
        self.settings = settings
        self.buffer = JitterBuffer(settings)
        self.ssrc: int | None = None
        self._looked = (0, 0)
        self.report: tuple[int, float] | None = None  # middle 32 bits of the last report's NTP time, when it came

    def change_ssrc(self, ssrc: int) -> bool:
        """Packets are of this SSRC from now on; whether that is a new stream after another."""
        is_another = self.ssrc is not None
        if is_another:
            self.buffer = JitterBuffer(self.settings)
            self._looked = (0, 0)
        self.ssrc, self.report = ssrc, None
        return is_another

    def since_last_look(self) -> tuple[int, int]:
        """(packets recovered by a request, packets that came twice)."""
        before, self._looked = self._looked, (self.buffer.recovered, self.buffer.duplicates)
        return self._looked[0] - before[0], self._looked[1] - before[1]


class Feedback:
    """`send`: sends RTCP to the publisher, or drops it while there is no way. Times are the event loop's."""

    def __init__(
        self,
        config: MediaConfig,
        video: IncomingTrack,
        audio: IncomingTrack,
        meter: Meter,
        *,
        takes_nack: bool,
        send: Callable[[bytes], None],
    ) -> None:
        self._video, self._audio = video, audio
        self._meter = meter
        self._takes_nack = takes_nack
        self._send_rtcp = send
        self._loop = asyncio.get_running_loop()
        self._ssrc = secrets.randbits(32)
        self._pli_pause_s = config.camera_pli_ms / 1000
        self._pli_s = self._loop.time()

    def request_keyframe(self) -> bool:
        """Whether it was requested now: not before the first packet, nor when it was just now."""
        now_s = self._loop.time()
        if self._video.ssrc is None or now_s - self._pli_s < self._pli_pause_s:
            return False
        self._pli_s = now_s
        self._send(RtcpPsfbPacket(fmt=_PLI, ssrc=self._ssrc, media_ssrc=self._video.ssrc))
        return True

    def request_packets(self, sequences: Sequence[int]) -> bool:
        """Of the video, by their 16 bits. Whether they were requested: not of a publisher that sends none again."""
        if not sequences or not self._takes_nack or self._video.ssrc is None:
            return False
        for run in _ascending(sequences):
            self._send(RtcpRtpfbPacket(fmt=_NACK, ssrc=self._ssrc, media_ssrc=self._video.ssrc, lost=run))
        return True

    def request_bitrate(self, bitrate_bps: int) -> None:
        if self._video.ssrc is not None:
            fci = pack_remb_fci(bitrate_bps, [self._video.ssrc])
            self._send(RtcpPsfbPacket(fmt=_REMB, ssrc=self._ssrc, media_ssrc=0, fci=fci))

    def report_arrivals(self, arrivals: ArrivalRecorder) -> None:
        """Behind a report without blocks: a receiver report each time would make of one loss many."""
        media_ssrc = self._video.ssrc or self._audio.ssrc or 0
        for message in arrivals.messages(sender_ssrc=self._ssrc, media_ssrc=media_ssrc, now_s=self._loop.time()):
            self._send_rtcp(bytes(RtcpRrPacket(ssrc=self._ssrc, reports=[])) + message)

    def _send(self, packet: RtcpRtpfbPacket | RtcpPsfbPacket) -> None:
        reports = [self._report(track) for track in (self._video, self._audio) if track.ssrc is not None]
        self._send_rtcp(bytes(RtcpRrPacket(ssrc=self._ssrc, reports=reports)) + bytes(packet))

    def _report(self, track: IncomingTrack) -> RtcpReceiverInfo:
        buffer = track.buffer
        lsr, dlsr = 0, 0
        if track.report is not None:
            lsr, dlsr = track.report[0], int((self._loop.time() - track.report[1]) * 65_536)
        return RtcpReceiverInfo(
            ssrc=track.ssrc or 0,
            fraction_lost=min(255, int(self._meter.figures.loss * 256)) if track is self._video else 0,
            packets_lost=min(buffer.given_up, 0x7FFFFF),
            highest_sequence=buffer.highest & 0xFFFFFFFF,
            jitter=self._meter.jitter if track is self._video else 0,
            lsr=lsr,
            dlsr=min(dlsr, 0xFFFFFFFF),
        )


def _ascending(sequences: Sequence[int]) -> Iterator[list[int]]:
    """Runs that fit into a packet each and do not go over the wrap, since aiortc can't write that as one list."""
    begin = 0
    for at in range(1, len(sequences) + 1):
        if at == len(sequences) or at - begin == NACKED_MAX or sequences[at] < sequences[at - 1]:
            yield list(sequences[begin:at])
            begin = at
