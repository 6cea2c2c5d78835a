"""A camera that is, or was, sending: what its sources have in common, and who hears its frames.

A source (a WHIP publisher, a pulled stream) feeds frames in; the program, previews and thumbnails listen. Whether the camera is
live is told by its frames alone: a connection that brings none is no picture.
"""

from collections.abc import Callable
from typing import Protocol

from media.defects import DEFECTS
from media.frames import AudioFrame, Frame, VideoFrame
from media.ingest.health import Figures
from media.ingest.keyframes import KeyframeInterval
from media.schemas import CameraKind, CameraProblem, CameraState
from media.settings import MediaConfig


class FrameSource(Protocol):
    """Where a camera's frames come from."""

    @property
    def figures(self) -> Figures:
        """How they arrive."""

    @property
    def round_trip_s(self) -> float | None:
        """To the sender and back, if that can be known."""

    def request_keyframe(self) -> None:
        """A keyframe is wanted soon; a source that can't ask ignores it."""

    async def close(self) -> None:
        """Take no more."""


class LiveCamera:
    """Times are of the event loop's clock."""

    def __init__(self, config: MediaConfig, id_: str, room: str, kind: CameraKind = "whip") -> None:
        self._config = config
        self.id = id_
        self.room = room
        self.kind = kind
        self.name = ""
        self.source: FrameSource | None = None
        self.problem: CameraProblem | None = None  # why there is no picture
        self.since_s: float | None = None  # of the first frame of this source
        self.has_audio = False
        self.last_frame_s: float | None = None
        self.starved_since_s: float | None = None  # pictures come, and can't be shown before a keyframe
        self.last_key: VideoFrame | None = None
        self.last_key_s: float | None = None
        self.keyframes = KeyframeInterval()  # of this source, by the event loop's clock
        # Whether a requested keyframe comes soon; None: not known yet. A pulled camera can't be asked.
        self.answers_requests: bool | None = None if kind == "whip" else False
        self._listeners: list[Callable[[LiveCamera, Frame], None]] = []

    def attach(self, source: FrameSource) -> None:
        """Frames come from `source` from now on."""
        self.source = source
        self.since_s = self.starved_since_s = None
        self.has_audio = False
        self.keyframes = KeyframeInterval()
        self.answers_requests = None if self.kind == "whip" else False

    def detach(self, source: FrameSource) -> None:
        """`source` is no more. One that was replaced already changes nothing."""
        if self.source is source:
            self.source = None

    def feed(self, frame: Frame, now_s: float) -> None:
        if isinstance(frame, VideoFrame):
            if self.since_s is None:
                self.since_s, self.problem = now_s, None
            self.last_frame_s, self.starved_since_s = now_s, None
            if frame.key:
                self.last_key, self.last_key_s = frame, now_s
                self.keyframes.observe(now_s)
                if self.problem == "no_keyframes":
                    self.problem = None
            elif self.keyframes.last_s is not None:
                self._miss_keyframe(self.keyframes.last_s, now_s)
        elif isinstance(frame, AudioFrame):
            self.has_audio = True
        for listener in self._listeners:
            try:
                listener(self, frame)
            except Exception as error:  # noqa: BLE001  (logged and counted there)
                DEFECTS.caught("listener", self.id, error)

    def starve(self, now_s: float) -> None:
        """A picture came that can't be shown before a keyframe does: the camera is there, and not to be taken for lost."""
        if self.starved_since_s is None:
            self.starved_since_s = now_s
        self._miss_keyframe(self.starved_since_s, now_s)

    def _miss_keyframe(self, since_s: float, now_s: float) -> None:
        if self.problem is None and now_s - since_s > self._config.camera_keyframe_s_max:
            self.problem = "no_keyframes"

    def listen(self, listener: "Callable[[LiveCamera, Frame], None]") -> Callable[[], None]:
        """Hear every frame; what is given back ends that."""
        self._listeners = [*self._listeners, listener]

        def end() -> None:
            self._listeners = [other for other in self._listeners if other is not listener]

        return end

    def request_keyframe(self) -> None:
        if self.source is not None:
            self.source.request_keyframe()

    def is_pulled(self) -> bool:
        """Whether this side takes its stream by itself, now."""
        return self.kind != "whip" and self.source is not None

    def silent_for_s(self, now_s: float) -> float:
        """How long no picture has come."""
        return float("inf") if self.last_frame_s is None else now_s - self.last_frame_s

    def state(self, now_s: float) -> CameraState:
        """What staff are told."""
        if self.silent_for_s(now_s) * 1000 < self._config.camera_lost_ms:
            return "live"
        if self.source is None:
            return "off" if self.last_frame_s is None else "lost"
        return "connecting" if self.since_s is None else "lost"
