"""A room's program while it runs: frames of cameras in, through the mix, out to its outputs; changes reported to its owner."""

import asyncio
import logging
import time
from collections.abc import Callable

from media.defects import DEFECTS
from media.errors import CameraOff
from media.frames import Frame, VideoFrame
from media.ingest.camera import LiveCamera
from media.program.mix import SLATE, CutFailed, Mix, MixSettings, Out, Switched
from media.program.output import Outputs
from media.schemas import Cut
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.program")

ADVANCE_PAUSE_S = 0.05  # twice a frame of the slate


class RunningProgram:
    """`switched(room, what)`: viewers see something else from now on."""

    def __init__(
        self, config: MediaConfig, room: str, outputs: Outputs, switched: Callable[[str, Switched], None]
    ) -> None:
        self._config = config
        self.room = room
        self._switched = switched
        self._loop = asyncio.get_running_loop()
        self._cameras: dict[str, tuple[LiveCamera, Callable[[], None]]] = {}
        self._cutting: list[tuple[str, asyncio.Future[Cut]]] = []
        settings = MixSettings(
            lost_s=config.camera_lost_ms / 1000,
            back_s=config.program_back_ms / 1000,
            cut_s=config.program_cut_s,
            fallback=config.program_fallback,
        )
        self.mix = Mix(settings, request_keyframe=self._request_keyframe, slate=lambda: outputs.slate(room))
        self._outputs = outputs.open(room, self.request_keyframe)
        self._timer = self._loop.call_later(ADVANCE_PAUSE_S, self._advance)

    # --- cameras ---

    def add(self, camera: LiveCamera) -> None:
        if camera.id not in self._cameras:
            self._cameras[camera.id] = (camera, camera.listen(self._frame))

    def remove(self, camera: str) -> None:
        known = self._cameras.pop(camera, None)
        if known is not None:
            known[1]()
        self.mix.forget(camera)

    def request_keyframe(self) -> None:
        """A keyframe of what is on air is wanted."""
        if self.mix.on_air is not None:
            self._request_keyframe(self.mix.on_air)

    def silent_for_s(self) -> float:
        """How long no camera has sent a picture."""
        now_s = self._loop.time()
        return min((camera.silent_for_s(now_s) for camera, _ in self._cameras.values()), default=float("inf"))

    def _request_keyframe(self, camera: str) -> None:
        known = self._cameras.get(camera)
        if known is not None:
            known[0].request_keyframe()

    # --- cuts ---

    async def cut(self, camera: str) -> Cut:
        """Show a camera, or SLATE; returns when viewers get it. Raises CameraOff when it sends no keyframe in time."""
        done: asyncio.Future[Cut] = self._loop.create_future()
        now_s = self._loop.time()
        if camera == self.mix.on_air:
            self._take(self.mix.cut(camera, now_s))
            return Cut(camera=None if camera == SLATE else camera, at_ts=int(time.time() * 1000))
        known = self._cameras.get(camera)
        if camera != SLATE and (known is None or known[0].silent_for_s(now_s) * 1000 > self._config.camera_lost_ms):
            raise CameraOff
        self._cutting.append((camera, done))
        self._take(self.mix.cut(camera, now_s))
        try:
            async with asyncio.timeout(self._config.program_cut_s + 1.0):
                return await done
        except TimeoutError:
            raise CameraOff from None
        finally:
            self._cutting = [pending for pending in self._cutting if pending[1] is not done]

    def prefer(self, camera: str) -> None:
        """Show a camera as soon as it can be; nobody waits for it."""
        self._take(self.mix.cut(camera, self._loop.time()))

    # --- frames ---

    def _frame(self, camera: LiveCamera, frame: Frame) -> None:
        now_s = self._loop.time()
        if isinstance(frame, VideoFrame):
            self._take(self.mix.video(camera.id, frame, now_s))
        else:
            self._take(self.mix.audio(camera.id, frame, now_s))

    def _advance(self) -> None:
        self._timer = self._loop.call_later(ADVANCE_PAUSE_S, self._advance)
        self._take(self.mix.advance(self._loop.time(), time.time()))

    def _take(self, out: list[Out]) -> None:
        for item in out:
            if isinstance(item, Switched):
                self._settle_cuts(item.camera, item.time // 90)
                self._switched(self.room, item)
            elif isinstance(item, CutFailed):
                self._fail_cuts(item.camera)
            else:
                self._put(item)

    def _put(self, frame: Frame) -> None:
        for output in self._outputs:
            try:
                output.put(frame)
            except Exception as error:  # noqa: BLE001  (logged and counted there)
                DEFECTS.caught("output", self.room, error)

    def _settle_cuts(self, camera: str | None, at_ms: int) -> None:
        for wanted, done in self._cutting:
            if not done.done():
                if wanted == (camera or SLATE):
                    done.set_result(Cut(camera=camera, at_ts=at_ms))
                else:
                    done.set_exception(CameraOff("Another cut came in between."))

    def _fail_cuts(self, camera: str) -> None:
        for wanted, done in self._cutting:
            if wanted == camera and not done.done():
                done.set_exception(CameraOff)

    def finish(self) -> None:
        """Take no more frames; what the outputs have half done goes out."""
        self._timer.cancel()
        for _, end in self._cameras.values():
            end()
        self._cameras.clear()
        for output in self._outputs:
            try:
                output.finish()
            except Exception as error:  # noqa: BLE001  (logged and counted there)
                DEFECTS.caught("output", self.room, error)

    async def close(self) -> None:
        """After `finish`: viewers' connections and processes end."""
        for ended in await asyncio.gather(*(output.close() for output in self._outputs), return_exceptions=True):
            if isinstance(ended, Exception):
                DEFECTS.caught("output", self.room, ended)
