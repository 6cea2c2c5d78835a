"""Cameras that are pulled (IP cameras, files, the test source), each in a thread of its own; frames come to the event loop.

    connecting --> live --> lost --> connecting --> ...          connecting or live --> refused --> connecting --> ...

A camera that is lost is called again, for ever, after a pause that doubles up to a bound and is a little different each time.
So is one whose picture can't be taken, after longer pauses: somebody may set it otherwise, from H.265 to H.264 say.
Frames wait for the event loop in a queue of `camera_pull_frames_max`; when it is full, frames are left out up to the next key
frame, so that what arrives can be decoded.
"""

import asyncio
import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal

from livehub.base.errors import BadRequest
from media.defects import DEFECTS
from media.frames import Frame, VideoFrame
from media.ingest.camera import LiveCamera
from media.ingest.clock import JUMP_MAX_S, PulledClock
from media.ingest.demux import DemuxCounters, Gone, Refused, checked_file, checked_url, file_frames, rtsp_frames
from media.ingest.health import Figures, IngestCounters, Meter
from media.ingest.test_source import pattern_frames
from media.schemas import CameraProblem
from media.settings import MediaConfig

log = logging.getLogger("media.ingest.puller")

PullState = Literal["connecting", "live", "lost", "refused"]
PullKind = Literal["rtsp", "file", "test"]
Take = Callable[[Frame], None]
Changed = Callable[[PullState, CameraProblem | None], None]  # and why, for `lost` and `refused`
Open = Callable[[], Iterator[Frame]]

# For the thread; one that hangs in a call to a silent camera ends by itself, and nothing of it is heard.
STOP_WAIT_S = 1.0
FIGURES_PAUSE_S = 1.0


class Pauses:
    """Seconds from `least_s` on, each twice the one before up to `most_s`, and each a quarter more or less by chance."""

    def __init__(self, least_s: float, most_s: float) -> None:
        self._least_s, self._most_s = least_s, most_s
        self.reset()

    def reset(self) -> None:
        self._pause_s = self._least_s

    def next_s(self) -> float:
        pause_s = self._pause_s
        self._pause_s = min(pause_s * 2, max(self._least_s, self._most_s))
        return pause_s * random.uniform(0.75, 1.25)


class PullCounters(DemuxCounters):
    """Of one source; written by its thread alone."""

    calls = 0  # of the camera
    left_out_frames = 0  # because the event loop was late
    jumps = 0


def _opening(config: MediaConfig, kind: PullKind, url: str | None, counters: PullCounters) -> tuple[Open, bool]:
    """How to open it, and whether it goes by our clock instead of its own."""
    if kind == "rtsp":
        address = checked_url(url or "")
        return lambda: rtsp_frames(
            address,
            counters,
            transport=config.camera_rtsp_transport,
            open_s=config.camera_pull_open_s,
            silence_s=config.camera_pull_silence_s,
        ), False
    if kind == "file":
        path = checked_file(config.media_files, url or "")
        return lambda: file_frames(path, counters), True
    if url:
        raise BadRequest("url: the test picture has none.")
    return pattern_frames, True


class Puller:
    """One pulled camera. `take` and `changed` are called on the event loop, until `stop` and never after it."""

    def __init__(
        self,
        config: MediaConfig,
        kind: PullKind,
        url: str | None,
        *,
        take: Take,
        changed: Changed,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now_s`: the clock of the event loop, also called in the thread. Raises BadRequest for what `check` does not take."""
        self._config = config
        self.counters = PullCounters()
        self._open, self._is_paced = _opening(config, kind, url, self.counters)
        self._kind = kind
        self._take = take
        self._changed = changed
        self._now_s = now_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._waiting: deque[Frame | tuple[PullState, CameraProblem | None]] = deque()
        self._is_woken = False
        self._lock = threading.Lock()  # of the two above
        self._until_key = False

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=f"camera {self._kind}", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """End it. Nothing is heard of it from now on."""
        self._stopping.set()
        self._waiting.clear()
        thread = self._thread
        if thread is not None and thread.is_alive():
            await asyncio.to_thread(thread.join, STOP_WAIT_S)

    # --- on the event loop ---

    def _drain(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                if not self._waiting:
                    self._is_woken = False
                    return
                item = self._waiting.popleft()
            try:
                if isinstance(item, tuple):
                    self._changed(*item)
                else:
                    self._take(item)
            except Exception as error:  # noqa: BLE001  (logged and counted there; the next frames wait)
                DEFECTS.caught("camera", self._kind, error)

    # --- in the thread ---

    def _run(self) -> None:
        config = self._config
        lost = Pauses(config.camera_pull_retry_min_s, config.camera_pull_retry_max_s)
        refused = Pauses(config.camera_pull_retry_max_s, config.camera_pull_refused_s)
        while not self._stopping.is_set():
            self._report("connecting")
            self.counters.calls += 1
            pauses = lost
            try:
                why, was_live = self._pull()
            except Refused as error:
                why, was_live, pauses = error, False, refused
            except Exception:
                log.exception("source.defect", extra={"kind": self._kind})
                why, was_live = Gone("defect"), False
            if self._stopping.is_set():
                return
            self._report("lost" if pauses is lost else "refused", why)
            if was_live:
                lost.reset()
                refused.reset()
            self._stopping.wait(pauses.next_s())

    def _pull(self) -> tuple[Gone | Refused, bool]:
        """One call of the camera, to its end: (why it ended, whether frames came). Raises Refused."""
        clock = PulledClock()
        jumps = self.counters.jumps
        is_live = False
        frames = self._open()
        try:
            for frame in frames:
                if self._stopping.is_set():
                    break
                placed = self._paced(frame, clock) if self._is_paced else clock.place(frame, self._now_s())
                self.counters.jumps = jumps + clock.jumps
                if not is_live:
                    is_live = True
                    self._report("live")
                self._put(placed)
        except Gone as gone:
            return gone, is_live
        finally:
            if hasattr(frames, "close"):
                frames.close()
        return Gone("ended"), is_live

    def _paced(self, frame: Frame, clock: PulledClock) -> Frame:
        """`frame` in its own time: waits for it."""
        wait_s = clock.until_s(frame, self._now_s())
        if 0 < wait_s <= JUMP_MAX_S:  # one that jumps further is tied anew, not waited for
            self._stopping.wait(wait_s)
        return clock.place(frame, self._now_s())

    def _put(self, frame: Frame) -> None:
        if isinstance(frame, VideoFrame) and frame.key:
            self._until_key = False
        if self._until_key or len(self._waiting) >= self._config.camera_pull_frames_max:
            self._until_key = True
            self.counters.left_out_frames += 1
            return
        self._wake(frame)

    def _report(self, state: PullState, why: Gone | Refused | None = None) -> None:
        log.info("source.changed", extra={"kind": self._kind, "state": state, "reason": str(why or "")})
        self._wake((state, why.problem if why is not None else None))

    def _wake(self, item: Frame | tuple[PullState, CameraProblem | None]) -> None:
        with self._lock:
            self._waiting.append(item)
            must_wake, self._is_woken = not self._is_woken, True
        if must_wake and self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._drain)
            except RuntimeError:  # the loop is closed: the process stops
                self._stopping.set()


class PulledCamera:
    """A pulled camera as a FrameSource. Begins at once. Raises BadRequest for an address that can't be one."""

    def __init__(self, config: MediaConfig, camera: LiveCamera, kind: PullKind, url: str | None) -> None:
        self._camera = camera
        self._loop = asyncio.get_running_loop()
        self._meter = Meter()
        self._puller = Puller(config, kind, url, take=self._take, changed=self._changed)
        self._timer = self._loop.call_later(FIGURES_PAUSE_S, self._second)
        self._counted = (0, 0, 0, 0)
        camera.attach(self)
        self._puller.start()

    @property
    def figures(self) -> Figures:
        """How its frames arrive; a pulled camera has no loss that is known here."""
        return self._meter.figures

    @property
    def round_trip_s(self) -> float | None:
        """Not known."""
        return None

    def request_keyframe(self) -> None:
        """Cameras send keyframes as they are set to; RTSP has no way to ask."""

    async def close(self) -> None:
        self._timer.cancel()
        await self._puller.stop()
        self._count()
        self._camera.detach(self)

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, VideoFrame):
            self._meter.frames += 1
            self._meter.octets += sum(map(len, frame.units))
        self._camera.feed(frame, self._loop.time())

    def _changed(self, state: PullState, problem: CameraProblem | None) -> None:
        if problem != self._camera.problem or state == "live":
            log.info("camera.changed", extra={"camera": self._camera.id, "state": state, "problem": problem})
        if state != "connecting":  # while it is called again, what was wrong is all that is known
            self._camera.problem = problem

    def _second(self) -> None:
        self._timer = self._loop.call_later(FIGURES_PAUSE_S, self._second)
        self._meter.second(self._loop.time(), received=self._meter.frames, missed=0)
        self._count()

    def _count(self) -> None:
        counters = self._puller.counters
        before, self._counted = self._counted, (
            counters.broken_frames, counters.left_out_frames, counters.jumps, counters.calls,
        )  # fmt: skip
        broken, left_out, jumps, calls = (new - old for new, old in zip(self._counted, before, strict=True))
        IngestCounters.broken_frames += broken
        IngestCounters.left_out_frames += left_out
        IngestCounters.jumps += jumps
        IngestCounters.calls += calls
