"""A WebRTC publisher: RTP in, encoded frames out; asks again for what was lost, for keyframes, and for a bit rate.

Each packet goes from the UDP mux through unprotect, jitter buffer and depacketizer in one call, without a queue or a task.
A timer runs only while packets are missing, and once a second for reports.
"""

import asyncio
import logging
import struct
from collections.abc import Callable

from aiortc.rtp import AnyRtcpPacket, RtcpByePacket, RtcpSrPacket

from media.codecs.audio import opus_duration
from media.codecs.h264 import BrokenFrame, ParameterSets, begins_whole, has_picture, is_key
from media.codecs.h264_rtp import units_of
from media.frames import AudioFrame, VideoFrame
from media.ingest.b_frames import BFrameDetector
from media.ingest.camera import LiveCamera
from media.ingest.clock import RtpClock
from media.ingest.feedback import Feedback, IncomingTrack
from media.ingest.health import Figures, IngestCounters, Meter, wanted_bitrate
from media.ingest.jitter_buffer import JitterBufferSettings, RtpFrame
from media.ingest.keyframe_gate import KeyframeGate
from media.ingest.layers import LayerChoice
from media.ingest.transport_cc import ArrivalRecorder, sequence_of
from media.rtc.sdp import Offer
from media.rtc.session import RtcSession
from media.schemas import CameraProblem
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.publisher")

_HEADER = struct.Struct("!BBHII")
REPORT_PAUSE_S = 1.0
AUDIO_WAIT_S = 0.06  # a late Opus packet is worth no longer a wait; three packets


class Publisher:
    """`ended`: called once when the session is over."""

    def __init__(self, config: MediaConfig, camera: LiveCamera, offer: Offer, ended: Callable[[], None]) -> None:
        self._config = config
        self._camera = camera
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self.session: RtcSession | None = None
        video, audio = offer.codec("video"), offer.codec("audio")
        assert video is not None
        retry_s, wait_s = config.camera_nack_ms / 1000, config.camera_frame_wait_ms / 1000
        packets_max = config.camera_packets_max
        self._video = IncomingTrack(
            "video", JitterBufferSettings(retry_s=retry_s, wait_s=wait_s, packets_max=packets_max)
        )
        self._audio = IncomingTrack(
            "audio", JitterBufferSettings(retry_s=wait_s, wait_s=AUDIO_WAIT_S, packets_max=packets_max)
        )
        self._video_type, self._rtx_type = video.payload_type, video.rtx
        self._audio_type = audio.payload_type if audio is not None else None
        self._clock = RtpClock()
        self._sets = ParameterSets()
        self._order = BFrameDetector()
        self._meter = Meter()
        self._feedback = Feedback(
            config,
            self._video,
            self._audio,
            self._meter,
            takes_nack="nack" in video.feedback,
            send=self._send_rtcp,
        )
        self._layers = LayerChoice()
        self._gate = KeyframeGate(config.camera_keyframe_answer_ms / 1000)
        self._transport_cc = offer.transport_cc
        self._arrivals = ArrivalRecorder()
        self._key_s = self._loop.time()
        self._bitrate_bps = config.camera_bitrate_max_bps
        self._ticking: asyncio.TimerHandle | None = None
        self._polling: asyncio.TimerHandle | None = None
        self._reporting: asyncio.TimerHandle | None = None

    # --- FrameSource ---

    @property
    def figures(self) -> Figures:
        return self._meter.figures

    @property
    def round_trip_s(self) -> float | None:
        return self.session.round_trip_s if self.session is not None else None

    def request_keyframe(self) -> None:
        """Send a PLI, unless one was sent just now."""
        if self._feedback.request_keyframe():
            self._gate.requested()
            IngestCounters.keyframes_asked += 1

    async def close(self) -> None:
        if self.session is not None:
            await self.session.close()

    # --- SessionListener ---

    def connected(self) -> None:
        self._tick()

    def closed(self) -> None:
        for timer in (self._ticking, self._polling, self._reporting):
            if timer is not None:
                timer.cancel()
        self._camera.detach(self)
        self._ended()

    def rtp(self, data: bytes, now_s: float) -> None:
        """A packet; whatever it makes whole goes to the camera."""
        IngestCounters.packets += 1
        try:
            number, marker, sequence, timestamp, ssrc, payload = self._read(data, now_s)
        except (struct.error, IndexError):
            IngestCounters.broken_frames += 1
            return
        if number == self._video_type:
            track = self._video
            if not self._layers.takes(ssrc, payload, now_s):
                IngestCounters.packets_ignored += 1
                return
            if ssrc != track.ssrc and track.change_ssrc(ssrc):
                self._gate.begin()
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
                track.change_ssrc(ssrc)
        else:
            return
        buffer = track.buffer
        put = buffer.put_again if number == self._rtx_type else buffer.put
        # Each Opus packet is a frame of its own, whatever its marker says.
        for frame in put(sequence, timestamp, payload, now_s, marker=marker or track is self._audio):
            self._take(track, frame, now_s)
        if buffer.is_waiting and self._polling is None:
            self._poll()

    def _read(self, data: bytes, now_s: float) -> tuple[int, bool, int, int, int, bytes]:
        """(payload type, marker, sequence number, timestamp, SSRC, payload), RFC 3550, section 5.1.

        Raises struct.error, IndexError for a packet that ends early.
        """
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        at = 12 + 4 * (first & 0x0F)
        if first & 0x10:
            if self._transport_cc is not None:
                self._note_arrival(sequence_of(data, at, self._transport_cc), now_s)
            at += 4 + 4 * (data[at + 2] << 8 | data[at + 3])
        end = len(data) - data[-1] if first & 0x20 else len(data)
        return second & 0x7F, second > 127, sequence, timestamp, ssrc, data[at:end]

    def rtcp(self, packets: list[AnyRtcpPacket], now_s: float) -> None:
        """Sender reports tie audio to video; BYE ends the session."""
        for packet in packets:
            if isinstance(packet, RtcpSrPacket):
                for track in (self._video, self._audio):
                    if packet.ssrc == track.ssrc:
                        ntp = packet.sender_info.ntp_timestamp
                        track.report = (ntp >> 16 & 0xFFFFFFFF, now_s)
                        self._clock.report(track.kind, ntp, packet.sender_info.rtp_timestamp)
            elif isinstance(packet, RtcpByePacket) and self._video.ssrc in packet.sources and self.session is not None:
                self.session.close_soon()

    # --- frames ---

    def _take(self, track: IncomingTrack, frame: RtpFrame, now_s: float) -> None:
        jumps = self._clock.jumps
        moment = self._clock.time(track.kind, frame.timestamp, now_s)
        IngestCounters.jumps += self._clock.jumps - jumps
        if track is self._audio:
            data = frame.payloads[0]
            self._camera.feed(AudioFrame(moment, data, opus_duration(data)), now_s)
            return
        if frame.after_gap:
            self._gate.damage()
        try:
            units = units_of(frame.payloads)
            if frame.after_gap and has_picture(units) and not begins_whole(units):
                raise BrokenFrame("its beginning was lost")
            key = is_key(units)
            units = self._sets.complete(units, key=key)
        except BrokenFrame:
            IngestCounters.broken_frames += 1
            self._gate.damage()
            self.request_keyframe()
            return
        if has_picture(units):
            self._take_picture(VideoFrame(moment, key, units), now_s)

    def _take_picture(self, frame: VideoFrame, now_s: float) -> None:
        if frame.key:
            self._key_s = now_s
        elif self._gate.wants_key or now_s - self._key_s > self._config.camera_keyframe_ms / 1000:
            self.request_keyframe()
        is_taken = self._gate.takes(now_s, key=frame.key, interval_s=self._camera.keyframes.interval_s)
        self._camera.answers_requests = self._gate.answers
        if not is_taken:
            IngestCounters.withheld_frames += 1
            self._camera.starve(now_s)
        elif self._order.is_broken(frame.time):
            self._refuse("b_frames")
        else:
            self._meter.frames += 1
            self._camera.feed(frame, now_s)

    def _refuse(self, problem: CameraProblem) -> None:
        """What is sent can't be shown: end the session; staff see why."""
        if self.session is not None and not self.session.is_closing:
            log.warning("camera.refused", extra={"camera": self._camera.id, "problem": problem})
            self._camera.problem = problem
            self.session.close_soon()

    # --- timers ---

    def _poll(self) -> None:
        """While something is missing: ask for it, or give it up."""
        self._polling = None
        now_s = self._loop.time()
        for track in (self._video, self._audio):
            lost = track.buffer.given_up
            frames, asked = track.buffer.poll(now_s, self.round_trip_s or 0.0)
            if track is self._video:
                if self._feedback.request_packets(asked):
                    IngestCounters.packets_asked += len(asked)
                if track.buffer.given_up > lost:
                    IngestCounters.packets_lost += track.buffer.given_up - lost
                    self._gate.damage()
                    self.request_keyframe()
            for frame in frames:
                self._take(track, frame, now_s)
        if self._video.buffer.is_waiting or self._audio.buffer.is_waiting:
            self._polling = self._loop.call_later(self._config.camera_nack_ms / 2000, self._poll)

    def _tick(self) -> None:
        """Once a second: figures, receiver reports, the bit rate that is wanted; a keyframe when frames stand still."""
        self._ticking = self._loop.call_later(REPORT_PAUSE_S, self._tick)
        now_s = self._loop.time()
        for track in (self._video, self._audio):
            recovered, duplicates = track.since_last_look()
            IngestCounters.packets_recovered += recovered
            IngestCounters.packets_duplicate += duplicates
        buffer = self._video.buffer
        figures = self._meter.second(now_s, received=buffer.received, missed=buffer.missed)
        self._bitrate_bps = wanted_bitrate(
            self._bitrate_bps,
            figures.loss,
            least_bps=self._config.camera_bitrate_min_bps,
            most_bps=self._config.camera_bitrate_max_bps,
        )
        self._feedback.request_bitrate(self._bitrate_bps)
        if self._gate.wants_key:
            self.request_keyframe()

    def _note_arrival(self, sequence: int | None, now_s: float) -> None:
        if sequence is not None and self._arrivals.arrived(sequence, now_s) and self._reporting is None:
            self._reporting = self._loop.call_later(self._config.camera_transport_cc_ms / 1000, self._report_arrivals)

    def _report_arrivals(self) -> None:
        self._reporting = None
        self._feedback.report_arrivals(self._arrivals)

    def _send_rtcp(self, data: bytes) -> None:
        if self.session is not None:
            self.session.send_rtcp(data)
