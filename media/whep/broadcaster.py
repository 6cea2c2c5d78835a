"""An output by WebRTC, of a program or of one camera: frames in, packets to every viewer."""

import asyncio
import secrets
from collections.abc import Callable

from aiortc.rtp import RtcpSenderInfo, RtcpSrPacket

from media.frames import Frame, VideoFrame
from media.rtc.sdp import Offer
from media.rtc.udp_mux import UdpMux
from media.settings import MediaConfig
from media.whep.packetizer import Packetizer, RtpPacket, runs_of, written
from media.whep.viewer import Viewer

REPORT_PAUSE_S = 1.0
NTP_EPOCH_S = 2_208_988_800  # 1900 to 1970, RFC 3550, section 4


class Broadcaster:
    """`request_keyframe`: ask the camera for a keyframe; it is called at most once in `camera_pli_ms`."""

    def __init__(self, config: MediaConfig, mux: UdpMux, request_keyframe: Callable[[], None]) -> None:
        self._config = config
        self._mux = mux
        self._ask_camera = request_keyframe
        self._loop = asyncio.get_running_loop()
        self._asked_s = 0.0
        self.viewers: set[Viewer] = set()
        self.packets = Packetizer(
            video_ssrc=secrets.randbits(32),
            audio_ssrc=secrets.randbits(32),
            # Far from the wrap at first: SRTP counts wraps from zero on both sides, whenever a viewer joins.
            sequences=(secrets.randbits(14), secrets.randbits(14)),
            history=config.whep_history_packets,
            join_bytes=config.whep_join_bytes_max,
        )
        self._reporting: asyncio.TimerHandle | None = None

    def sources(self) -> dict[str, int]:
        """For the answer: SSRCs by kind."""
        return {"video": self.packets.video.ssrc, "audio": self.packets.audio.ssrc}

    def viewer(self, offer: Offer, ended: Callable[[Viewer], None]) -> Viewer:
        """A new viewer; `ended` is called once when it is over."""

        def left(viewer: Viewer) -> None:
            self.viewers.discard(viewer)
            ended(viewer)

        made = Viewer(self._config, self._mux, offer, self.packets, request_keyframe=self.request_keyframe, ended=left)
        self.viewers.add(made)
        if self._reporting is None:
            self._report()
        return made

    def request_keyframe(self) -> None:
        now_s = self._loop.time()
        if now_s - self._asked_s >= self._config.camera_pli_ms / 1000:
            self._asked_s = now_s
            self._ask_camera()

    def put(self, frame: Frame) -> None:
        if not self.viewers:
            if isinstance(frame, VideoFrame):
                self.packets.keep(frame)
        elif isinstance(frame, VideoFrame):
            raws = self.packets.of_video(frame)
            viewers = [viewer for viewer in self.viewers if viewer.is_on and viewer.takes(raws, key=frame.key)]
            self._send(raws, self.packets.video.ssrc, [(viewer, viewer.video_type) for viewer in viewers])
        else:
            raws = self.packets.of_audio(frame)
            hearing = [(v, v.audio_type) for v in self.viewers if v.is_on and v.audio_type is not None]
            self._send(raws, self.packets.audio.ssrc, hearing)

    def finish(self) -> None:
        """Nothing is half done here."""

    async def close(self) -> None:
        if self._reporting is not None:
            self._reporting.cancel()
        for viewer in list(self.viewers):
            if viewer.session is not None:
                await viewer.session.close()

    def _send(self, raws: list[RtpPacket], ssrc: int, viewers: list[tuple[Viewer, int]]) -> None:
        """`viewers`: each with the payload type of its offer."""
        made: dict[int, list[list[bytes]]] = {}
        for viewer, number in viewers:
            runs = made.get(number)
            if runs is None:
                runs = made[number] = runs_of([written(raw, number, ssrc) for raw in raws])
            viewer.send(runs)

    def _report(self) -> None:
        """Sender reports to all: what ties sound and picture together, and tells a viewer how much should have come."""
        if not self.viewers:
            self._reporting = None
            return
        self._reporting = self._loop.call_later(REPORT_PAUSE_S, self._report)
        for stream in (self.packets.video, self.packets.audio):
            if stream.last is None:
                continue
            timestamp, unix_s = stream.last
            info = RtcpSenderInfo(
                ntp_timestamp=int((unix_s + NTP_EPOCH_S) * 2**32),
                rtp_timestamp=timestamp,
                packet_count=stream.packets & 0xFFFFFFFF,
                octet_count=stream.octets & 0xFFFFFFFF,
            )
            data = bytes(RtcpSrPacket(ssrc=stream.ssrc, sender_info=info, reports=[]))
            for viewer in self.viewers:
                viewer.report(data)
