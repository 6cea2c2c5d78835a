"""A room's program while it runs: frames of cameras in; the mix out to HLS, WHEP and recordings; cuts told to the room."""

import asyncio
import logging
import time
from collections.abc import Callable

from livehub.base.config import Config
from livehub.base.errors import CameraOff
from media.bodies import Cut
from media.frames import Frame, VideoFrame
from media.ingest.camera import LiveCamera
from media.program.mix import SLATE, CutFailed, Mix, Out, Settings, Slate, Switched
from media.whep.fan import Fan

log = logging.getLogger("livehub.media.program")

ADVANCE_PAUSE_S = 0.05  # twice a frame of the slate


class RunningProgram:
    """See the module. `put`: every frame that goes out, in order. `switched`: what viewers see has changed."""

    def __init__(
        self,
        config: Config,
        room: str,
        fan: Fan,
        *,
        put: Callable[[Frame], None],
        switched: Callable[[Switched], None],
        slate: Callable[[], Slate | None],
    ) -> None:
        self._config = config
        self.room = room
        self.fan = fan
        self._put = put
        self._switched = switched
        self._loop = asyncio.get_running_loop()
        self._cameras: dict[str, tuple[LiveCamera, Callable[[], None]]] = {}
        self._cutting: list[tuple[str, asyncio.Future[Cut]]] = []
        settings = Settings(
            lost_s=config.camera_lost_ms / 1000,
            back_s=config.program_back_ms / 1000,
            cut_s=config.program_cut_s,
            fallback=config.program_fallback,
        )
        self.mix = Mix(settings, ask_key=self._ask_key, slate=slate)
        self._timer = self._loop.call_later(ADVANCE_PAUSE_S, self._advance)

    # --- cameras ---

    def add(self, camera: LiveCamera) -> None:
        """A camera of the room sends."""
        if camera.id not in self._cameras:
            self._cameras[camera.id] = (camera, camera.listen(self._frame))

    def remove(self, camera: str) -> None:
        """A camera is no more."""
        known = self._cameras.pop(camera, None)
        if known is not None:
            known[1]()
        self.mix.forget(camera)

    def ask_key(self) -> None:
        """A keyframe of what is on air is wanted."""
        if self.mix.on_air is not None:
            self._ask_key(self.mix.on_air)

    def silent_for_s(self) -> float:
        """How long no camera has sent a picture."""
        now_s = self._loop.time()
        return min((camera.silent_for_s(now_s) for camera, _ in self._cameras.values()), default=float("inf"))

    def _ask_key(self, camera: str) -> None:
        known = self._cameras.get(camera)
        if known is not None:
            known[0].ask_key()

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
                self._told(item.camera, item.time // 90)
                self._switched(item)
            elif isinstance(item, CutFailed):
                self._failed(item.camera)
            else:
                self.fan.put(item)
                self._put(item)

    def _told(self, camera: str | None, at_ms: int) -> None:
        for wanted, done in self._cutting:
            if not done.done():
                if wanted == (camera or SLATE):
                    done.set_result(Cut(camera=camera, at_ts=at_ms))
                else:
                    done.set_exception(CameraOff("Another cut came in between."))

    def _failed(self, camera: str) -> None:
        for wanted, done in self._cutting:
            if wanted == camera and not done.done():
                done.set_exception(CameraOff)

    async def close(self) -> None:
        """Stop."""
        self._timer.cancel()
        for _, end in self._cameras.values():
            end()
        self._cameras.clear()
        await self.fan.close()
