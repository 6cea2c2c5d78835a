"""A WebRTC publisher: RTP in, encoded frames out; asks again for what was lost, for keyframes, and for a bit rate.

Each packet goes from the port through unprotect, receive buffer and depacketizer in one call, without a queue or a task.
A timer runs only while packets are missing, and once a second for reports.
"""

import asyncio
import logging
import secrets
import struct
import time
from collections.abc import Callable, Iterator

from aiortc.rtp import (
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    pack_remb_fci,
)

from livehub.base.config import Config
from media.bodies import CameraProblem
from media.frames import AudioFrame, VideoFrame
from media.ingest.buffer import ReceiveBuffer, RtpFrame, Settings
from media.ingest.camera import LiveCamera
from media.ingest.clock import CameraClock, Track
from media.ingest.h264 import BrokenFrame, ParameterSets, has_picture, is_key, units_of
from media.ingest.health import Figures, Meter, wanted_bitrate
from media.ingest.opus import duration_of
from media.ingest.order import Order
from media.rtc.peer import Peer
from media.rtc.sdp import Offer

log = logging.getLogger("livehub.media.publisher")

_HEADER = struct.Struct("!BBHII")
_PLI, _REMB, _NACK = 1, 15, 1  # RFC 4585, sections 6.3.1 and 6.2.1; draft-alvestrand-rmcat-remb-03
REPORT_PAUSE_S = 1.0
ASKED_MAX = 200  # sequence numbers in one NACK; at the worst four bytes each
AUDIO_WAIT_S = 0.06  # a late Opus packet is worth no longer a wait; three packets


class Counts:
    """Of all publishers of this process."""

    packets = 0
    broken_frames = 0
    keyframes_asked = 0
    packets_asked = 0
    packets_lost = 0
    jumps = 0


class _Track:
    """One RTP stream."""

    __slots__ = ("buffer", "kind", "report", "ssrc", "wait")

    def __init__(self, kind: Track, settings: Settings) -> None:
        self.kind = kind
        self.wait = settings
        self.buffer = ReceiveBuffer(settings)
        self.ssrc: int | None = None
        self.report: tuple[int, float] | None = None  # middle 32 bits of the last report's NTP time, when it came

    def is_of(self, ssrc: int) -> bool:
        """Packets are of this SSRC; whether that is a new stream after another."""
        is_another = self.ssrc is not None
        if is_another:
            self.buffer = ReceiveBuffer(self.wait)
        self.ssrc, self.report = ssrc, None
        return is_another


class Publisher:
    """See the module. `gone`: called once when the session is over."""

    def __init__(self, config: Config, camera: LiveCamera, offer: Offer, gone: Callable[[], None]) -> None:
        self._config = config
        self._camera = camera
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self.peer: Peer | None = None
        video, audio = offer.codec("video"), offer.codec("audio")
        assert video is not None
        retry_s, wait_s = config.camera_nack_ms / 1000, config.camera_frame_wait_ms / 1000
        packets_max = config.camera_packets_max
        self._video = _Track("video", Settings(retry_s=retry_s, wait_s=wait_s, packets_max=packets_max))
        self._audio = _Track("audio", Settings(retry_s=wait_s, wait_s=AUDIO_WAIT_S, packets_max=packets_max))
        self._nacks = "nack" in video.feedback
        self._video_type, self._rtx_type = video.payload_type, video.rtx
        self._audio_type = audio.payload_type if audio is not None else None
        self._ssrc = secrets.randbits(32)
        self._clock = CameraClock()
        self._sets = ParameterSets()
        self._order = Order()
        self._closing: asyncio.Task[None] | None = None
        self._meter = Meter()
        self._needs_key = True
        self._key_s = self._asked_key_s = self._loop.time()
        self._bitrate_bps = config.camera_bitrate_max_bps
        self._ticking: asyncio.TimerHandle | None = None
        self._polling: asyncio.TimerHandle | None = None
        self._unix_less_loop_s = time.time() - self._loop.time()

    # --- Source ---

    @property
    def figures(self) -> Figures:
        """How the stream arrives."""
        return self._meter.figures

    @property
    def round_trip_s(self) -> float | None:
        """To the publisher and back."""
        return self.peer.round_trip_s if self.peer is not None else None

    def ask_key(self) -> None:
        """Send a PLI, unless one was sent just now."""
        now_s = self._loop.time()
        if self._video.ssrc is None or now_s - self._asked_key_s < self._config.camera_pli_ms / 1000:
            return
        self._asked_key_s = now_s
        Counts.keyframes_asked += 1
        self._send(RtcpPsfbPacket(fmt=_PLI, ssrc=self._ssrc, media_ssrc=self._video.ssrc))

    async def close(self) -> None:
        """End the session."""
        if self.peer is not None:
            await self.peer.close()

    # --- Listener ---

    def connected(self) -> None:
        """Media may flow: begin to report."""
        self._tick()

    def closed(self) -> None:
        """The session is over."""
        for timer in (self._ticking, self._polling):
            if timer is not None:
                timer.cancel()
        self._camera.detach(self)
        self._gone()

    def rtp(self, data: bytes, now_s: float) -> None:
        """A packet; whatever it makes whole goes to the camera."""
        Counts.packets += 1
        try:
            first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
            at = 12 + 4 * (first & 0x0F)
            if first & 0x10:
                at += 4 + 4 * (data[at + 2] << 8 | data[at + 3])
            end = len(data) - data[-1] if first & 0x20 else len(data)
        except (struct.error, IndexError):
            Counts.broken_frames += 1
            return
        payload = data[at:end]
        number = second & 0x7F
        if number == self._video_type:
            track = self._video
            if ssrc != track.ssrc and track.is_of(ssrc):
                self._needs_key = True  # its pictures build on none of those before
            self._meter.packet(len(data), timestamp, now_s)
        elif number == self._rtx_type:
            if len(payload) < 2 or self._video.ssrc is None:
                return  # padding, to probe the link
            track = self._video
            sequence, payload = payload[0] << 8 | payload[1], payload[2:]
            self._meter.octets += len(data)
        elif number == self._audio_type:
            track = self._audio
            if ssrc != track.ssrc:
                track.is_of(ssrc)
        else:
            return
        buffer = track.buffer
        put = buffer.put_again if number == self._rtx_type else buffer.put
        # Each Opus packet is a frame of its own, whatever its marker says.
        marker = second > 127 or track is self._audio
        for frame in put(sequence, timestamp, payload, now_s, marker=marker):
            self._take(track, frame, now_s)
        if buffer.is_waiting and self._polling is None:
            self._poll()

    def rtcp(self, packets: list[AnyRtcpPacket], now_s: float) -> None:
        """Sender reports tie audio to video; BYE ends the session."""
        for packet in packets:
            if isinstance(packet, RtcpSrPacket):
                for track in (self._video, self._audio):
                    if packet.ssrc == track.ssrc:
                        ntp = packet.sender_info.ntp_timestamp
                        track.report = (ntp >> 16 & 0xFFFFFFFF, now_s)
                        self._clock.report(track.kind, ntp, packet.sender_info.rtp_timestamp)
            elif isinstance(packet, RtcpByePacket) and self._video.ssrc in packet.sources and self.peer is not None:
                self._closing = asyncio.create_task(self.peer.close(), name="media bye")

    # --- frames ---

    def _take(self, track: _Track, frame: RtpFrame, now_s: float) -> None:
        jumps = self._clock.jumps
        moment = self._clock.time(track.kind, frame.timestamp, now_s + self._unix_less_loop_s)
        Counts.jumps += self._clock.jumps - jumps
        if track is self._audio:
            data = frame.payloads[0]
            self._camera.feed(AudioFrame(moment, data, duration_of(data)), now_s)
            return
        if frame.after_gap:
            self._needs_key = True
        try:
            units = units_of(frame.payloads)
            key = is_key(units)
            units = self._sets.complete(units, key=key)
        except BrokenFrame:
            Counts.broken_frames += 1
            self._needs_key = True
            self.ask_key()
            return
        if key:
            self._needs_key, self._key_s = False, now_s
        elif self._needs_key:
            self.ask_key()
            return
        elif now_s - self._key_s > self._config.camera_keyframe_ms / 1000:
            self.ask_key()
        if has_picture(units):
            if self._order.is_broken(moment):
                self._refuse("b_frames")
                return
            self._meter.frames += 1
            self._camera.feed(VideoFrame(moment, key, units), now_s)

    def _refuse(self, problem: CameraProblem) -> None:
        """What is sent can't be shown: end the session; staff see why."""
        if self._closing is None and self.peer is not None:
            log.warning("camera.refused", extra={"camera": self._camera.id, "problem": problem})
            self._camera.problem = problem
            self._closing = asyncio.create_task(self.peer.close(), name="media refused")

    # --- timers ---

    def _poll(self) -> None:
        """While something is missing: ask for it, or give it up."""
        self._polling = None
        now_s = self._loop.time()
        for track in (self._video, self._audio):
            lost = track.buffer.given_up
            frames, asked = track.buffer.poll(now_s, self.round_trip_s or 0.0)
            if track is self._video:
                if asked and self._nacks and track.ssrc is not None:
                    Counts.packets_asked += len(asked)
                    for run in _ascending(asked):
                        self._send(RtcpRtpfbPacket(fmt=_NACK, ssrc=self._ssrc, media_ssrc=track.ssrc, lost=run))
                if track.buffer.given_up > lost:
                    Counts.packets_lost += track.buffer.given_up - lost
                    self._needs_key = True
                    self.ask_key()
            for frame in frames:
                self._take(track, frame, now_s)
        if self._video.buffer.is_waiting or self._audio.buffer.is_waiting:
            self._polling = self._loop.call_later(self._config.camera_nack_ms / 2000, self._poll)

    def _tick(self) -> None:
        """Once a second: figures, receiver reports, the bit rate that is wanted; a keyframe when frames stand still."""
        self._ticking = self._loop.call_later(REPORT_PAUSE_S, self._tick)
        now_s = self._loop.time()
        self._unix_less_loop_s = time.time() - now_s
        buffer = self._video.buffer
        figures = self._meter.second(now_s, received=buffer.received, missed=buffer.missed)
        self._bitrate_bps = wanted_bitrate(
            self._bitrate_bps,
            figures.loss,
            least_bps=self._config.camera_bitrate_min_bps,
            most_bps=self._config.camera_bitrate_max_bps,
        )
        if self._video.ssrc is not None:
            self._send(
                RtcpPsfbPacket(
                    fmt=_REMB,
                    ssrc=self._ssrc,
                    media_ssrc=0,
                    fci=pack_remb_fci(self._bitrate_bps, [self._video.ssrc]),
                )
            )
            if self._needs_key:
                self.ask_key()

    def _send(self, packet: RtcpRtpfbPacket | RtcpPsfbPacket) -> None:
        """A compound packet: reports first (RFC 3550, section 6.1)."""
        if self.peer is None:
            return
        reports = [self._report(track) for track in (self._video, self._audio) if track.ssrc is not None]
        self.peer.send_rtcp(bytes(RtcpRrPacket(ssrc=self._ssrc, reports=reports)) + bytes(packet))

    def _report(self, track: _Track) -> RtcpReceiverInfo:
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


def _ascending(sequences: list[int]) -> Iterator[list[int]]:
    """Runs that fit into a packet each and do not go over the wrap, since aiortc can't write that as one list."""
    begin = 0
    for at in range(1, len(sequences) + 1):
        if at == len(sequences) or at - begin == ASKED_MAX or sequences[at] < sequences[at - 1]:
            yield sequences[begin:at]
            begin = at
