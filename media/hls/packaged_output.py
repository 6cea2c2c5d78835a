"""The output of a program that is packaged as CMAF: once, for live HLS, recording and whoever else takes parts.

frame > Packager > events > [sink, sink]         sinks: the origin's live stream, the recorder
      > AacTranscoder > Packager                 a second audio rendition, on the event loop: 1.5% of a core
      > Transcoder (a process) ... > Packager    a lower video rendition, whenever it comes back
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from media.codecs.aac_transcoder import AacTranscoder
from media.defects import DEFECTS
from media.frames import Frame, VideoFrame
from media.hls.packager import AAC, Packager
from media.hls.transcoder import Transcoder
from media.parts import PackagerEvent
from media.settings import MediaConfig


class EventSink(Protocol):
    """Takes what the packager makes."""

    def put(self, events: Sequence[PackagerEvent]) -> None:
        """The next events, in order. Returns at once."""


class PackagedCounters(Struct):
    """Of one output, or of several: see `plus`."""

    dropped_frames: int = 0  # that have no place in a part: before the first keyframe, or far back in time
    nudged_frames: int = 0  # pictures that were no later than the one before
    left_out_frames: int = 0  # that the transcoder was not given, because it was late or away
    transcoder_starts: int = 0

    def plus(self, other: "PackagedCounters") -> "PackagedCounters":
        return PackagedCounters(
            self.dropped_frames + other.dropped_frames,
            self.nudged_frames + other.nudged_frames,
            self.left_out_frames + other.left_out_frames,
            self.transcoder_starts + other.transcoder_starts,
        )


class PackagedOutput:
    """One run of a room's program. `lower`: whether a lower rendition is made, too, which the packager then has to know."""

    def __init__(
        self,
        config: MediaConfig,
        room: str,
        packager: Packager,
        sinks: Sequence[EventSink],
        *,
        aac: AacTranscoder | None = None,
        lower: bool = False,
    ) -> None:
        self._room = room
        self._packager = packager
        self._sinks = sinks
        self._aac = aac
        self._is_finished = False
        self.transcoder = Transcoder(config, room, self._put_lower) if lower else None
        if self.transcoder is not None:
            self.transcoder.start()

    @property
    def counters(self) -> PackagedCounters:
        transcoder = self.transcoder
        return PackagedCounters(
            self._packager.dropped + (self._aac.broken if self._aac is not None else 0),
            self._packager.nudged,
            transcoder.left_out_frames if transcoder is not None else 0,
            transcoder.starts if transcoder is not None else 0,
        )

    def put(self, frame: Frame) -> None:
        """Whatever part the frame completes is out at once."""
        if isinstance(frame, VideoFrame):
            events = self._packager.video(frame)
        else:
            events = self._packager.audio(frame)
            for encoded in self._aac.feed(frame) if self._aac is not None else ():
                events += self._packager.audio(encoded, AAC.id)
        if events:
            self._send(events)
        if self.transcoder is not None and isinstance(frame, VideoFrame):
            self.transcoder.feed(frame)

    def finish(self) -> None:
        if not self._is_finished:
            self._is_finished = True
            self._send(self._packager.close())

    async def close(self) -> None:
        if self.transcoder is not None:
            await self.transcoder.stop()

    def _put_lower(self, frame: VideoFrame) -> None:
        if self._is_finished:
            return
        events = self._packager.lower(frame)
        if events:
            self._send(events)

    def _send(self, events: list[PackagerEvent]) -> None:
        for sink in self._sinks:
            try:
                sink.put(events)
            except Exception as error:  # noqa: BLE001  (logged and counted there)
                DEFECTS.caught("sink", self._room, error)
