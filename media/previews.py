"""WHEP of single cameras, for staff: a broadcaster for each that was asked for, until its camera goes."""

import asyncio
import time

from msgspec.structs import replace

from media.frames import Frame, VideoFrame
from media.ingest.camera import LiveCamera
from media.program.clock import ProgramClock
from media.rtc.udp_mux import UdpMux
from media.settings import MediaConfig
from media.whep.broadcaster import Broadcaster


class _Preview:
    def __init__(self, config: MediaConfig, mux: UdpMux, camera: LiveCamera) -> None:
        self.broadcaster = Broadcaster(config, mux, camera.request_keyframe)
        # Players tell the time of what they show by its timestamps, as they do of a program.
        self._clock = ProgramClock(asyncio.get_running_loop().time(), time.time())
        camera.listen(self._put)

    def _put(self, _camera: LiveCamera, frame: Frame) -> None:
        ahead = self._clock.video_ahead if isinstance(frame, VideoFrame) else self._clock.audio_ahead
        self.broadcaster.put(replace(frame, time=frame.time + ahead))


class Previews:
    def __init__(self, config: MediaConfig, mux: UdpMux) -> None:
        self._config = config
        self._mux = mux
        self._previews: dict[str, _Preview] = {}

    def broadcaster(self, camera: LiveCamera) -> Broadcaster:
        """The camera's; made when it is first asked for."""
        preview = self._previews.get(camera.id)
        if preview is None:
            preview = self._previews[camera.id] = _Preview(self._config, self._mux, camera)
        return preview.broadcaster

    def is_watched(self, camera: str) -> bool:
        preview = self._previews.get(camera)
        return preview is not None and bool(preview.broadcaster.viewers)

    async def remove(self, camera: str) -> None:
        """End the sessions of those who watch it."""
        preview = self._previews.pop(camera, None)
        if preview is not None:
            await preview.broadcaster.close()

    async def close(self) -> None:
        await asyncio.gather(*(preview.broadcaster.close() for preview in self._previews.values()))
