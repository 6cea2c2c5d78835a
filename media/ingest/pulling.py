"""A pulled camera as a source like any other: its thread's frames go to the camera, its figures are counted here."""

import asyncio
import logging

from livehub.base.config import Config
from media.bodies import CameraProblem
from media.frames import Frame, VideoFrame
from media.ingest.camera import LiveCamera
from media.ingest.health import Figures, Meter
from media.ingest.sources import Source, SourceKind, SourceState

log = logging.getLogger("livehub.media.pulling")

SECOND_S = 1.0


class PulledCamera:
    """See the module. Begins at once. Raises BadRequest for an address that can't be one."""

    def __init__(self, config: Config, camera: LiveCamera, kind: SourceKind, url: str | None) -> None:
        self._camera = camera
        self._loop = asyncio.get_running_loop()
        self._meter = Meter()
        self._frames = 0
        self._source = Source(config, kind, url, take=self._take, changed=self._changed)
        self._timer = self._loop.call_later(SECOND_S, self._second)
        self.state: SourceState = "connecting"
        camera.attach(self)
        self._source.start()

    @property
    def figures(self) -> Figures:
        """How its frames arrive; a pulled camera has no loss that is known here."""
        return self._meter.figures

    @property
    def round_trip_s(self) -> float | None:
        """Not known."""
        return None

    def ask_key(self) -> None:
        """Cameras send keyframes as they are set to; RTSP has no way to ask."""

    async def close(self) -> None:
        """End it."""
        self._timer.cancel()
        await self._source.stop()
        self._camera.detach(self)

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, VideoFrame):
            self._meter.frames += 1
            self._meter.octets += sum(map(len, frame.units))
        self._camera.feed(frame, self._loop.time())

    def _changed(self, state: SourceState, problem: CameraProblem | None) -> None:
        if problem != self._camera.problem or state == "live":
            log.info("camera.changed", extra={"camera": self._camera.id, "state": state, "problem": problem})
        self.state = state
        if state != "connecting":  # while it is called again, what was wrong is all that is known
            self._camera.problem = problem

    def _second(self) -> None:
        self._timer = self._loop.call_later(SECOND_S, self._second)
        self._meter.second(self._loop.time(), received=self._meter.frames, missed=0)
