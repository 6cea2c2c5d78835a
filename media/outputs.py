"""Opens the outputs of a room's program: packaged (live HLS and recording), WHEP, the slate. The one place that lists them."""

import secrets
import time
from collections.abc import Callable, Sequence
from functools import partial, reduce

from livehub.base.ids import short_id
from livehub.base.metrics import CALLBACKS
from media.codecs.aac_transcoder import AacTranscoder
from media.hls.multivariant import Promised
from media.hls.origin import Origin
from media.hls.packaged_output import EventSink, PackagedCounters, PackagedOutput
from media.hls.packager import AAC, LOWER, OPUS, VIDEO, Packager
from media.hls.tracks import PackagingSettings, Rendition
from media.program.output import Output
from media.program.slate import Slate, SlateCache, SlateOutput
from media.record.recordings import Recordings
from media.rtc.udp_mux import UdpMux
from media.settings import MediaConfig
from media.whep.broadcaster import Broadcaster

LEAD_MS = 1_000  # a stream's time 0 lies before its first frame, whose time may be a little behind the clock


class ProgramOutputs:
    """See media/program/output.py. A stream that a process before us left goes on where it was."""

    def __init__(self, config: MediaConfig, mux: UdpMux, origin: Origin, recordings: Recordings) -> None:
        self._config = config
        self._mux = mux
        self._origin = origin
        self._recordings = recordings
        self._packaging = PackagingSettings.of(config)
        self._slates = SlateCache()
        self._broadcasters: dict[str, Broadcaster] = {}
        self._packaged: dict[str, PackagedOutput] = {}
        self._slate_outputs: dict[str, SlateOutput] = {}
        self._ended = PackagedCounters()
        watch = partial(CALLBACKS.watch, kind="counter")
        watch("livehub_hls_frames_dropped", "Frames not packaged", lambda: self._counters().dropped_frames)
        watch("livehub_hls_frames_nudged", "Pictures packaged later than told", lambda: self._counters().nudged_frames)
        watch("livehub_transcoder_left_out", "Frames not transcoded", lambda: self._counters().left_out_frames)
        watch("livehub_transcoder_starts", "Transcoders started", lambda: self._counters().transcoder_starts)

    def open(self, room: str, request_keyframe: Callable[[], None]) -> Sequence[Output]:
        """In the order in which each frame goes to them: WHEP's viewers wait least."""
        broadcaster = self._broadcasters[room] = Broadcaster(self._config, self._mux, request_keyframe)
        packaged = self._packaged[room] = self._open_packaged(room)
        slate = self._slate_outputs[room] = SlateOutput(self._slates)
        return (broadcaster, packaged, slate)

    def slate(self, room: str) -> Slate | None:
        """The slate in the size of the room's picture, once it is made."""
        output = self._slate_outputs.get(room)
        return output.slate if output is not None else None

    def broadcaster(self, room: str) -> Broadcaster | None:
        """What WHEP viewers of the room's program join."""
        return self._broadcasters.get(room)

    def is_published(self, room: str) -> bool:
        """Whether players find the room's stream, or there is none to be found."""
        return room not in self._packaged or self._origin.is_published(room)

    def end(self, room: str) -> None:
        """Playlists and the recording are complete."""
        packaged = self._packaged.pop(room, None)
        if packaged is not None:
            self._ended = self._ended.plus(packaged.counters)
        self._broadcasters.pop(room, None)
        self._slate_outputs.pop(room, None)
        self._origin.close(room)
        self._recordings.end(room)

    def _counters(self) -> PackagedCounters:
        running = (packaged.counters for packaged in self._packaged.values())
        return reduce(PackagedCounters.plus, running, self._ended)

    def _open_packaged(self, room: str) -> PackagedOutput:
        config = self._config
        run, resumed = short_id(secrets.token_bytes(5)), self._recordings.resume(room)
        origin_ms = resumed.origin_ms if resumed is not None else int(time.time() * 1000) - LEAD_MS
        renditions: tuple[Rendition, ...] = (VIDEO, OPUS, AAC) if config.media_aac else (VIDEO, OPUS)
        sinks: list[EventSink] = [
            self._origin.open(
                room,
                run,
                origin_ms,
                renditions=[rendition.id for rendition in renditions],
                past=resumed.past if resumed is not None else None,
                promised=_promised(config),
            )
        ]
        recorder = self._recordings.begin(room, run, origin_ms, resumed)
        if recorder is not None:
            sinks.append(recorder)
        if config.media_lower:
            renditions = (*renditions, LOWER)
        resume = resumed.packager if resumed is not None else None
        packager = Packager(self._packaging, origin_ms, resume, renditions=renditions)
        aac = AacTranscoder() if config.media_aac else None
        return PackagedOutput(config, room, packager, sinks, aac=aac, lower=config.media_lower)


def _promised(config: MediaConfig) -> Promised | None:
    if not config.media_lower:
        return None
    return Promised(
        rendition=LOWER.id, short_side_px=config.media_lower_side_px, bitrate_bps=config.media_lower_bitrate_bps
    )
