"""Cameras that are pulled (IP cameras, files, the test picture), each in a thread of its own; frames come to the event loop.

    connecting --> live --> lost --> connecting --> ...          connecting or live --> refused (for good)

A camera that is lost is called again, for ever, after a pause that doubles up to a bound and is a little different each time.
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

from livehub.base.config import Config
from livehub.base.errors import BadRequest
from media.bodies import CameraProblem
from media.frames import Frame, VideoFrame
from media.ingest.pattern import pattern_frames
from media.ingest.pulled import Gone, Refused, checked_file, checked_url, file_frames, rtsp_frames
from media.ingest.timeline import JUMP_MAX_S, Timeline

log = logging.getLogger("media.ingest.sources")

SourceState = Literal["connecting", "live", "lost", "refused"]
SourceKind = Literal["rtsp", "file", "test"]
Take = Callable[[Frame], None]
Changed = Callable[[SourceState, CameraProblem | None], None]  # and why, for `lost` and `refused`
Open = Callable[[], Iterator[Frame]]

# For the thread; one that hangs in a call to a silent camera ends by itself, and nothing of it is heard.
STOP_WAIT_S = 1.0


def check(config: Config, kind: SourceKind, url: str | None) -> None:
    """Raises BadRequest when this can't be a camera. Reads the file system, calls nobody."""
    _opening(config, kind, url)


def _opening(config: Config, kind: SourceKind, url: str | None) -> tuple[Open, bool]:
    """How to open it, and whether it goes by our clock instead of its own."""
    if kind == "rtsp":
        address = checked_url(url or "")
        return lambda: rtsp_frames(
            address,
            transport=config.camera_rtsp_transport,
            open_s=config.camera_pull_open_s,
            silence_s=config.camera_pull_silence_s,
        ), False
    if kind == "file":
        path = checked_file(config.media_files, url or "")
        return lambda: file_frames(path), True
    if url:
        raise BadRequest("url: the test picture has none.")
    return pattern_frames, True


class Source:
    """One pulled camera. `take` and `changed` are called on the event loop, until `stop` and never after it."""

    def __init__(
        self,
        config: Config,
        kind: SourceKind,
        url: str | None,
        *,
        take: Take,
        changed: Changed,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """`now_s`: Unix seconds, also called in the thread. Raises BadRequest for what `check` does not take."""
        self._config = config
        self._open, self._is_paced = _opening(config, kind, url)
        self._kind = kind
        self._take = take
        self._changed = changed
        self._now_s = now_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._waiting: deque[Frame | tuple[SourceState, CameraProblem | None]] = deque()
        self._is_woken = False
        self._lock = threading.Lock()  # of the two above
        self._until_key = False
        self.left_out = 0  # frames, because the event loop was late

    def start(self) -> None:
        """Begin to call it. Once."""
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
            if isinstance(item, tuple):
                self._changed(*item)
            else:
                self._take(item)

    # --- in the thread ---

    def _run(self) -> None:
        pause_s = self._config.camera_pull_retry_min_s
        while not self._stopping.is_set():
            self._tell("connecting")
            try:
                gone, was_live = self._pull()
            except Refused as refused:
                self._tell("refused", refused)
                return
            except Exception:
                log.exception("source.defect", extra={"kind": self._kind})
                gone, was_live = Gone("defect"), False
            if self._stopping.is_set():
                return
            self._tell("lost", gone)
            if was_live:
                pause_s = self._config.camera_pull_retry_min_s
            self._stopping.wait(pause_s * random.uniform(0.75, 1.25))
            pause_s = min(pause_s * 2, max(pause_s, self._config.camera_pull_retry_max_s))

    def _pull(self) -> tuple[Gone, bool]:
        """One call of the camera, to its end: (why it ended, whether frames came). Raises Refused."""
        timeline = Timeline()
        is_live = False
        frames = self._open()
        try:
            for frame in frames:
                if self._stopping.is_set():
                    break
                placed = self._paced(frame, timeline) if self._is_paced else timeline.place(frame, self._now_s())
                if not is_live:
                    is_live = True
                    self._tell("live")
                self._put(placed)
        except Gone as gone:
            return gone, is_live
        finally:
            if hasattr(frames, "close"):
                frames.close()
        return Gone("ended"), is_live

    def _paced(self, frame: Frame, timeline: Timeline) -> Frame:
        """`frame` in its own time: waits for it."""
        wait_s = timeline.until_s(frame, self._now_s())
        if 0 < wait_s <= JUMP_MAX_S:  # one that jumps further is tied anew, not waited for
            self._stopping.wait(wait_s)
        return timeline.place(frame, self._now_s())

    def _put(self, frame: Frame) -> None:
        if isinstance(frame, VideoFrame) and frame.key:
            self._until_key = False
        if self._until_key or len(self._waiting) >= self._config.camera_pull_frames_max:
            self._until_key = True
            self.left_out += 1
            return
        self._wake(frame)

    def _tell(self, state: SourceState, why: Gone | Refused | None = None) -> None:
        log.info("source.changed", extra={"kind": self._kind, "state": state, "reason": str(why or "")})
        self._wake((state, why.problem if why is not None else None))

    def _wake(self, item: Frame | tuple[SourceState, CameraProblem | None]) -> None:
        with self._lock:
            self._waiting.append(item)
            must_wake, self._is_woken = not self._is_woken, True
        if must_wake and self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._drain)
            except RuntimeError:  # the loop is closed: the process stops
                self._stopping.set()
