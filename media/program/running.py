"""A room's program while it runs: frames of cameras in, through the mix, out to its outputs; changes reported to its owner."""

import asyncio
import logging
import time
from collections.abc import Callable

from livehub.base.errors import LivehubError
from media.defects import DEFECTS
from media.errors import CameraOff, CutCancelled, CutReplaced
from media.frames import Frame, VideoFrame
from media.ingest.camera import LiveCamera
from media.program.clock import ProgramClock
from media.program.mix import SLATE, CutFailed, Mix, MixSettings, Out, Switched
from media.program.output import Outputs
from media.schemas import Cut, ProgramState
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.program")

ADVANCE_PAUSE_S = 0.05  # twice a frame of the slate
CUT_ANSWER_S = (
    1.0  # a camera that is asked for a keyframe sends one within this time; who made the cut is not kept waiting longer
)
CUT_INTERVALS = 1.5  # keyframe intervals that a cut waits: encoders are not that exact


def cut_wait_s(interval_s: float | None, *, least_s: float, most_s: float) -> float:
    """How long a cut waits for a keyframe of a camera that sends one each `interval_s`; None: that is not known yet."""
    return max(least_s, most_s if interval_s is None else min(most_s, CUT_INTERVALS * interval_s))


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
        self._cutting: tuple[str, asyncio.Future[Cut]] | None = None  # the cut that waits, and what becomes of it
        self.failed: str | None = None  # the camera of the last cut, when it gave no keyframe in time
        settings = MixSettings(
            lost_s=config.camera_lost_ms / 1000,
            back_s=config.program_back_ms / 1000,
            cut_s=config.program_cut_s,
            fallback=config.program_fallback,
        )
        self.begun_s = self._loop.time()
        self.clock = ProgramClock(self.begun_s, time.time())
        self.mix = Mix(settings, self.clock, request_keyframe=self._request_keyframe, slate=lambda: outputs.slate(room))
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
        self._fail_cut(camera, CameraOff())

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

    @property
    def state(self) -> ProgramState:
        """What viewers see, in a word."""
        if self.mix.on_air is None:
            return "none"
        if self.mix.on_air != SLATE:
            return "on"
        return "slate" if self.mix.wanted == SLATE else "lost"

    async def cut(self, camera: str, made: Callable[[], None] = lambda: None) -> Cut:
        """Show a camera, or SLATE. Another cut that still waits is dropped; the same one is waited for by both.

        Answers when viewers get it, or after CUT_ANSWER_S with how long the camera's keyframe may take. Raises CameraOff when
        the camera sends nothing or no keyframe in time, CutReplaced, CutCancelled.

        `made`: called when it takes effect, of those who ask for the same cut for the first; never for what is so already.
        """
        now_s = self._loop.time()
        known = self._cameras.get(camera)
        is_on_air = camera == self.mix.on_air
        is_off = known is None or known[0].silent_for_s(now_s) * 1000 > self._config.camera_lost_ms
        if is_off and not is_on_air and camera != SLATE:
            raise CameraOff
        if self._cutting is not None and self._cutting[0] == camera == self.mix.wanted and not is_on_air:
            return await self._answer(camera, self._cutting[1])
        is_new = self._cutting is not None or camera != self.mix.wanted
        self._fail_cut(None, CutReplaced())
        self.failed = None
        stood_in = self.state == "lost"
        if is_on_air:
            if is_new:
                made()
            self._take(self.mix.cut(camera, now_s))
            if stood_in:  # the slate is meant from now on
                self._switched(self.room, Switched(None, self.clock.video(now_s), "cut"))
            return Cut(camera=None if camera == SLATE else camera, at_ts=self.clock.ms(now_s))
        done: asyncio.Future[Cut] = self._loop.create_future()
        done.add_done_callback(lambda done: made() if not done.cancelled() and done.exception() is None else None)
        self._cutting = (camera, done)
        self._take(self.mix.cut(camera, now_s, self._wait_s(camera)))
        return await self._answer(camera, done)

    async def _answer(self, camera: str, done: asyncio.Future[Cut]) -> Cut:
        await asyncio.wait([done], timeout=CUT_ANSWER_S)
        if done.done():
            return done.result()
        now_s = self._loop.time()
        in_s = self.awaited_in_s(now_s)
        return Cut(
            camera=None if camera == SLATE else camera,
            at_ts=self.clock.ms(now_s + (in_s or 0.0)),
            waits=True,
            in_ms=round(in_s * 1000) if in_s is not None else None,
        )

    def cancel_cut(self) -> bool:
        """The cut that waits is not to be made. Whether one did."""
        camera = self.mix.cancel()
        if camera is not None:
            self._fail_cut(camera, CutCancelled())
        return camera is not None

    def prefer(self, camera: str) -> None:
        """Show a camera as soon as it can be; nobody waits for it."""
        self._take(self.mix.cut(camera, self._loop.time(), self._wait_s(camera)))

    def awaited_in_s(self, now_s: float) -> float | None:
        """How long the keyframe that is waited for may take; None: none is waited for, or it is not known."""
        known = self._cameras.get(self.mix.awaited.camera) if self.mix.awaited is not None else None
        return known[0].keyframes.next_in_s(now_s) if known is not None else None

    def _wait_s(self, camera: str) -> float:
        known = self._cameras.get(camera)
        interval_s = known[0].keyframes.interval_s if known is not None else None
        return cut_wait_s(interval_s, least_s=self._config.program_cut_s, most_s=self._config.program_cut_s_max)

    # --- frames ---

    def _frame(self, camera: LiveCamera, frame: Frame) -> None:
        now_s = self._loop.time()
        if isinstance(frame, VideoFrame):
            self._take(self.mix.video(camera.id, frame, now_s))
        else:
            self._take(self.mix.audio(camera.id, frame, now_s))

    def _advance(self) -> None:
        self._timer = self._loop.call_later(ADVANCE_PAUSE_S, self._advance)
        for camera, _ in self._cameras.values():
            if camera.starved_since_s is not None:
                self.mix.starve(camera.id)
        self._take(self.mix.advance(self._loop.time()))

    def _take(self, out: list[Out]) -> None:
        for item in out:
            if isinstance(item, Switched):
                self._settle_cut(item.camera, item.time // 90)
                self._switched(self.room, item)
            elif isinstance(item, CutFailed):
                self.failed = item.camera
                self._fail_cut(item.camera, CameraOff("This camera sent no keyframe in time."))
            else:
                self._put(item)

    def _put(self, frame: Frame) -> None:
        for output in self._outputs:
            try:
                output.put(frame)
            except Exception as error:  # noqa: BLE001  (logged and counted there)
                DEFECTS.caught("output", self.room, error)

    def _settle_cut(self, camera: str | None, at_ms: int) -> None:
        if self._cutting is not None and self._cutting[0] == (camera or SLATE):
            if not self._cutting[1].done():
                self._cutting[1].set_result(Cut(camera=camera, at_ts=at_ms))
            self._cutting = None

    def _fail_cut(self, camera: str | None, error: LivehubError) -> None:
        """`camera`: only a cut to that one."""
        if self._cutting is not None and camera in (None, self._cutting[0]):
            done = self._cutting[1]
            if not done.done():
                done.set_exception(error)
                done.exception()  # who asked may have had an answer already
            self._cutting = None

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
