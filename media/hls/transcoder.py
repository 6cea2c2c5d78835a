"""A lower rendition of a program, for poor links, by a process of its own that decodes and encodes (transcode_worker.py).

It may be late, die or hang: the main rendition never waits for it. Frames wait for it up to `media_lower_backlog_bytes`; past
that they are left out up to the next keyframe. One that dies is started again after a pause that doubles while it dies young.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from livehub.base.tasks import Tasks
from media.codecs.h264 import BrokenFrame
from media.frames import VideoFrame
from media.hls.frame_pipe import FRAME_BYTES_MAX, pack, receive_frame
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.lower")

CHECKOUT = Path(__file__).parent.parent.parent
RESTART_PAUSE_MIN_S = 0.5
RESTART_PAUSE_MAX_S = 30.0
YOUNG_S = 10.0
STOP_WAIT_S = 2.0


class Transcoder:
    """`take` is called on the event loop with each smaller frame, in order, until `stop`."""

    def __init__(self, config: MediaConfig, room: str, take: Callable[[VideoFrame], None]) -> None:
        self._config = config
        self._take = take
        self._room = room
        self._tasks = Tasks()
        self._process: asyncio.subprocess.Process | None = None
        self._until_key = True
        self.left_out_frames = 0  # because it was late or away
        self.starts = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        self._tasks.start("media transcoder", self._keep, of=self._room)

    async def stop(self) -> None:
        await self._tasks.stop()

    def feed(self, frame: VideoFrame) -> None:
        """A frame of the main rendition. Never waits."""
        pipe = self._process.stdin if self._process is not None else None
        if frame.key:
            self._until_key = False
        if (
            pipe is None
            or self._until_key
            or pipe.is_closing()
            or pipe.transport.get_write_buffer_size() > self._config.media_lower_backlog_bytes
        ):
            self._until_key = True
            self.left_out_frames += 1
            return
        pipe.write(pack(frame))

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        pause_s = RESTART_PAUSE_MIN_S
        while True:
            started_s = loop.time()
            try:
                await self._run()
            except (OSError, EOFError, BrokenFrame, ValueError) as error:
                log.warning("lower.ended", extra={"error": repr(error)})
            pause_s = RESTART_PAUSE_MIN_S if loop.time() - started_s > YOUNG_S else pause_s
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, RESTART_PAUSE_MAX_S)

    async def _run(self) -> None:
        """One process, to its end, which is an EOFError."""
        self.starts += 1
        self._until_key = True
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "media.hls.transcode_worker"),
            *(str(self._config.media_lower_side_px), str(self._config.media_lower_bitrate_bps)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=CHECKOUT,
            start_new_session=True,  # Ctrl-C reaches us alone
            limit=FRAME_BYTES_MAX,
        )
        self._process = process
        assert process.stdout is not None
        try:
            while True:
                self._take(await receive_frame(process.stdout))
        finally:
            self._process = None
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """It ends when its input does; one that hangs is killed."""
    assert process.stdin is not None
    if not process.stdin.is_closing():
        process.stdin.transport.abort()
    try:
        async with asyncio.timeout(STOP_WAIT_S):
            await process.wait()
    except (TimeoutError, asyncio.CancelledError):
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
