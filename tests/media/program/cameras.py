"""Cameras of any frame rate and keyframe interval before a mix, in simulated time: for tests of what comes out of it."""

import heapq
import random
from collections.abc import Iterator

from media.frames import AUDIO_HZ, OPUS_FRAME, VIDEO_HZ, AudioFrame, VideoFrame
from media.program.clock import ProgramClock
from media.program.mix import Mix, MixSettings, Out, Switched

NOW_S = 5_000.0  # of the monotonic clock, when the program begins
UNIX_S = 1_800_000_000.0  # of the wall clock, at the same moment
STEP_S = 0.05  # between two calls of `advance`


class StillSlate:
    """A slate of ten pictures a second."""

    frames_per_s = 10

    def frame_at(self, index: int) -> tuple[bool, tuple[bytes, ...]]:
        return index % 10 == 0, (b"slate",)


class Camera:
    """Sends `fps` pictures a second, each taken up to `jitter_s` off its turn, and a keyframe each `key_s`."""

    def __init__(
        self,
        name: str,
        fps: float,
        *,
        key_s: float = 1.0,
        phase: float = 0.0,
        jitter_s: float = 0.0,
        has_sound: bool = True,
    ) -> None:
        self.name, self.fps, self.key_s, self.jitter_s, self.has_sound = name, fps, key_s, jitter_s, has_sound
        self.phase_s = phase / fps
        self.sends = True
        self.answers = False  # requests for keyframes
        self.is_asked = False
        self._random = random.Random(name)

    def pictures(self) -> Iterator[tuple[float, bool]]:
        """(when it was taken, by the monotonic clock; whether it is a keyframe). Keyframes come at turns of frames."""
        turn_s, key_at = 0.0, 0.0
        while True:
            key = turn_s >= key_at - 1e-6
            if key:
                key_at += self.key_s
            yield NOW_S + self.phase_s + turn_s + self._random.uniform(-self.jitter_s, self.jitter_s), key
            turn_s += 1 / self.fps  # which may change at any time, as phones' does in the dark


class Show:
    """A mix with cameras before it. `aheads_s`: of each picture that came out, how far its time was ahead of the clock then."""

    def __init__(self, *cameras: Camera, settings: MixSettings | None = None) -> None:
        self.now_s = NOW_S
        self.cameras = {camera.name: camera for camera in cameras}
        self.out: list[Out] = []
        self.aheads_s: list[float] = []
        self.mix = Mix(
            settings or MixSettings(),
            ProgramClock(NOW_S, UNIX_S),
            request_keyframe=self._ask,
            slate=StillSlate,
        )
        self._events: list[tuple[float, int, str, object]] = []
        self._number = 0
        for camera in cameras:
            self._plan(camera.name, "picture", camera.pictures())
            if camera.has_sound:
                self._plan(camera.name, "sound", iter((NOW_S + n * 0.02, False) for n in range(10**6)))
        self._plan("", "advance", iter((NOW_S + n * STEP_S, False) for n in range(10**6)))

    def run(self, seconds: float) -> list[Out]:
        """Let time pass; what came out of the mix."""
        begin, until_s = len(self.out), self.now_s + seconds
        while self._events[0][0] <= until_s:
            self.now_s, _, name, event = heapq.heappop(self._events)
            known = len(self.out)
            self._happen(name, *event)  # type: ignore[misc]
            unix_s = UNIX_S + self.now_s - NOW_S
            self.aheads_s += [picture.time / VIDEO_HZ - unix_s for picture in pictures(self.out[known:])]
        self.now_s = until_s
        return self.out[begin:]

    def cut(self, camera: str, wait_s: float | None = None) -> None:
        self.out += self.mix.cut(camera, self.now_s, wait_s)

    def _ask(self, camera: str) -> None:
        self.cameras[camera].is_asked = True

    def _plan(self, name: str, kind: str, times: Iterator[tuple[float, bool]]) -> None:
        at_s, key = next(times)
        self._number += 1
        heapq.heappush(self._events, (at_s, self._number, name, (kind, key, times)))

    def _happen(self, name: str, kind: str, key: bool, times: Iterator[tuple[float, bool]]) -> None:
        now_s = self.now_s
        camera = self.cameras.get(name)
        if camera is None:
            self.out += self.mix.advance(now_s)
        elif camera.sends and kind == "picture":
            key = key or (camera.answers and camera.is_asked)
            camera.is_asked = camera.is_asked and not key
            frame = VideoFrame(round(now_s * VIDEO_HZ), key, (name.encode(),))
            self.out += self.mix.video(name, frame, now_s)
        elif camera.sends:
            self.out += self.mix.audio(name, AudioFrame(round(now_s * AUDIO_HZ), name.encode(), OPUS_FRAME), now_s)
        self._plan(name, kind, times)


def pictures(out: list[Out]) -> list[VideoFrame]:
    return [item for item in out if isinstance(item, VideoFrame)]


def sounds(out: list[Out]) -> list[AudioFrame]:
    return [item for item in out if isinstance(item, AudioFrame)]


def switches(out: list[Out]) -> list[tuple[str | None, str]]:
    return [(item.camera, item.reason) for item in out if isinstance(item, Switched)]
