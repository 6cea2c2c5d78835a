"""Which camera is on air, on a timeline without breaks. Pure: no I/O, time is an argument.

A cut waits for a keyframe of the new camera; until then the old one stays. At that keyframe the new camera's times are moved
so that its picture follows the last one at once: no gap, no overlap, whatever the phase of the two cameras. Where a signal was
lost, the last picture stands until the slate begins, and the timeline keeps up with the clock. Sound is gapless always:
what is missing is filled with silence, what comes twice is dropped.

    None --first camera--> camera <--cut--> camera        camera --lost_s without a frame--> slate --it is back--> camera
"""

from collections.abc import Callable
from typing import Literal, Protocol

from msgspec import Struct

from media.frames import AUDIO_HZ, OPUS_FRAME, OPUS_SILENCE, VIDEO_HZ, AudioFrame, Frame, VideoFrame

Reason = Literal["cut", "lost", "back", "start"]
SLATE = "slate"
NOMINAL = VIDEO_HZ // 30  # a frame's duration until two were seen
SNAP = (
    VIDEO_HZ // 10
)  # a new camera's first frame this close to where it should be is moved there; further off is a gap
FILL_MAX = 500  # silent frames at a time, ten seconds: a longer hole is no hole but a fault of the clock
_AUDIO_PER_VIDEO = AUDIO_HZ / VIDEO_HZ


class MixSettings(Struct, frozen=True, kw_only=True):
    """`lost_s`: a camera without a frame for so long is lost. `back_s`: how long it then has to send to be trusted again.

    `cut_s`: how long a cut waits for a keyframe. `audio_wait_s`: how long missing audio is waited for.
    """

    lost_s: float = 1.0
    back_s: float = 0.5
    cut_s: float = 3.0
    audio_wait_s: float = 0.25
    fallback: Literal["slate", "camera"] = "slate"


class Slate(Protocol):
    """An endless picture; frame 0 is a keyframe."""

    frames_per_s: int

    def frame_at(self, index: int) -> tuple[bool, tuple[bytes, ...]]:
        """(keyframe, NAL units)."""


class Switched(Struct, frozen=True):
    """From `time` (90 kHz ticks since the Unix epoch) on, `camera` is seen; None: the slate."""

    camera: str | None
    time: int
    reason: Reason


class CutFailed(Struct, frozen=True):
    """The camera gave no keyframe in time; nothing has changed."""

    camera: str


Out = Frame | Switched | CutFailed


class _Seen:
    __slots__ = ("last_s", "since_s")

    def __init__(self, now_s: float) -> None:
        self.since_s = now_s  # of the run of frames without a hole
        self.last_s = now_s


class Mix:
    """`request_keyframe(camera)`: one is needed of it. `slate()`: the one to begin, if it is made."""

    def __init__(
        self, settings: MixSettings, *, request_keyframe: Callable[[str], None], slate: Callable[[], Slate | None]
    ) -> None:
        self._settings = settings
        self._request_keyframe = request_keyframe
        self._slate_now = slate
        self._seen: dict[str, _Seen] = {}
        self.on_air: str | None = None  # a camera, SLATE, or None before the first picture
        self.wanted: str | None = None  # whom a person chose; None: whoever comes first
        self._next: tuple[str, Reason, float] | None = None  # the camera to cut to, why, and until when to wait
        self._shift = 0
        self._last: int | None = None
        self._duration = NOMINAL
        self._next_audio: int | None = None  # where the next audio frame belongs
        self._slate: Slate | None = None
        self._slate_from = 0
        self._slate_index = 0

    # --- what people ask for ---

    def cut(self, camera: str, now_s: float) -> list[Out]:
        """Show `camera` (or SLATE) from its next keyframe on. An earlier cut that still waits is dropped."""
        self.wanted = camera
        if camera == self.on_air:
            self._next = None
            return []
        if camera == SLATE:
            self._next = None
            return self._begin_slate(now_s, "cut")
        self._go_to(camera, "cut", now_s)
        return []

    def forget(self, camera: str) -> None:
        """The camera is no more; if it is on air, its loss is noticed in time."""
        self._seen.pop(camera, None)
        if self.wanted == camera:
            self.wanted = None
        if self._next is not None and self._next[0] == camera:
            self._next = None

    # --- what cameras send ---

    def video(self, camera: str, frame: VideoFrame, now_s: float) -> list[Out]:
        """A picture of a camera; what goes out of it."""
        seen = self._seen.get(camera)
        if seen is None:
            seen = self._seen[camera] = _Seen(now_s)
        elif now_s - seen.last_s > self._settings.lost_s:
            seen.since_s = now_s
        seen.last_s = now_s
        out: list[Out] = []
        if self.on_air is None and self._next is None and self.wanted in (None, camera):
            self._go_to(camera, "start", now_s)
        if self._next is not None and self._next[0] == camera and frame.key:
            out += self._switch(camera, frame.time, self._next[1])
        if camera == self.on_air:
            out.append(VideoFrame(self._place_video(frame.time + self._shift), frame.key, frame.units))
        return out

    def audio(self, camera: str, frame: AudioFrame, now_s: float) -> list[Out]:
        """Sound of a camera; that of the one on air goes out."""
        del now_s
        if camera != self.on_air or self._last is None:
            return []
        return self._place_audio(frame)

    def advance(self, now_s: float, unix_s: float) -> list[Out]:
        """Time passes: losses, returns, the slate's frames, silence. To be called some ten times a second."""
        out: list[Out] = []
        if self._next is not None and now_s > self._next[2]:
            failed = self._next[0]
            if self._next[1] == "cut":
                out.append(CutFailed(failed))
                self.wanted = self.on_air
            self._next = None
        elif self._next is not None:
            self._request_keyframe(self._next[0])
        if self.on_air is not None:
            out += self._look(now_s)
        if self.on_air == SLATE:
            out += self._slate_frames(unix_s)
        if self._last is not None:
            out += self._silence(unix_s)
        return out

    # --- inside ---

    def _alive(self, camera: str | None, now_s: float) -> bool:
        seen = self._seen.get(camera or "")
        return seen is not None and now_s - seen.last_s < self._settings.lost_s

    def _trusted(self, camera: str, now_s: float) -> bool:
        return self._alive(camera, now_s) and now_s - self._seen[camera].since_s >= self._settings.back_s

    def _look(self, now_s: float) -> list[Out]:
        """Whether the picture on air is still the right one. In this order:

        on air                 then
        ---------------------  ---------------------------------------------------------------------------------
        alive, or the slate    a cut whose camera is alive goes on waiting for its keyframe
        lost                   to another camera that is alive, where that is the fallback; else the slate begins
        alive, or the slate    to the camera that was chosen, once it has sent for `back_s` without a hole
        the slate, none chosen to any camera that has

        A camera that was lost counts as chosen, so that it comes back when its signal does.
        """
        if self._next is not None:
            waiting_well = self._alive(self._next[0], now_s)
            if waiting_well and (self.on_air == SLATE or self._alive(self.on_air, now_s)):
                return []
        wanted = self.wanted
        if self.on_air != SLATE and not self._alive(self.on_air, now_s):
            if wanted is None and self.on_air in self._seen:
                wanted = self.wanted = self.on_air
            other = self._other(now_s) if self._settings.fallback == "camera" else None
            if other is not None:
                if self._next is None or self._next[0] != other:
                    self._go_to(other, "lost", now_s)
                return []
            self._next = None
            return self._begin_slate(now_s, "lost")
        if wanted not in (None, SLATE, self.on_air) and self._trusted(wanted or "", now_s):
            self._go_to(wanted or "", "back", now_s)
        elif wanted is None and self.on_air == SLATE:
            other = self._other(now_s)
            if other is not None and self._trusted(other, now_s):
                self._go_to(other, "back", now_s)
        return []

    def _other(self, now_s: float) -> str | None:
        return next((c for c in sorted(self._seen) if c != self.on_air and self._alive(c, now_s)), None)

    def _go_to(self, camera: str, reason: Reason, now_s: float) -> None:
        self._next = (camera, reason, now_s + self._settings.cut_s)
        self._request_keyframe(camera)

    def _switch(self, camera: str, time: int, reason: Reason) -> list[Out]:
        self.on_air, self._next, self._slate = camera, None, None
        placed = time
        if self._last is not None:
            following = self._last + self._duration
            # Near enough: exactly where the next frame belongs. Later: the picture before stands until then.
            placed = following if time < following + SNAP else time
        self._shift = placed - time
        return [Switched(camera, placed, reason)]

    def _place_video(self, time: int) -> int:
        """The frame's time on the program's timeline, which only goes forward."""
        if self._last is not None:
            if time <= self._last:
                self._shift += self._last + self._duration - time
                time = self._last + self._duration
            elif time - self._last < SNAP:
                self._duration = time - self._last
        self._last = time
        return time

    # --- the slate ---

    def _begin_slate(self, now_s: float, reason: Reason) -> list[Out]:
        slate = self._slate_now()
        if slate is None or self._last is None:
            return []  # not made yet, or nothing was shown so far: the last picture stands
        self.on_air, self._slate = SLATE, slate
        self._slate_index = 0
        self._shift = 0
        del now_s
        return [Switched(None, self._last + self._duration, reason)]

    def _slate_frames(self, unix_s: float) -> list[Out]:
        slate, last = self._slate, self._last
        if slate is None or last is None:
            return []
        step = VIDEO_HZ // slate.frames_per_s
        now = round(unix_s * VIDEO_HZ)
        if self._slate_index == 0:
            self._slate_from = max(last + self._duration, now - step)
        out: list[Out] = []
        while (time := self._slate_from + self._slate_index * step) <= now and len(out) < 2 * slate.frames_per_s:
            key, units = slate.frame_at(self._slate_index)
            self._slate_index += 1
            self._last = time
            out.append(VideoFrame(time, key, units))
        if out:
            self._duration = step
        return out

    # --- audio ---

    def _place_audio(self, frame: AudioFrame) -> list[Out]:
        time = frame.time + round(self._shift * _AUDIO_PER_VIDEO)
        if self._next_audio is None:
            self._next_audio = time
        out: list[Out] = []
        late = time - self._next_audio
        if late > OPUS_FRAME // 2:
            out += self._filled(min(FILL_MAX, (late + OPUS_FRAME // 2) // OPUS_FRAME))
            if time - self._next_audio > OPUS_FRAME:  # more than is filled at a time: a fault of the clock, let it be
                self._next_audio = time
        elif late < -OPUS_FRAME // 2:
            return []  # its place was filled already
        out.append(AudioFrame(self._next_audio, frame.data, frame.duration))
        self._next_audio += frame.duration
        return out

    def _silence(self, unix_s: float) -> list[Out]:
        """Fill what should have come by now: up to the picture, less a wait while a camera may still send it."""
        assert self._last is not None
        if self._next_audio is None:
            self._next_audio = round(self._last * _AUDIO_PER_VIDEO)
        wait_s = 0.0 if self.on_air == SLATE else self._settings.audio_wait_s
        until = min(self._last * _AUDIO_PER_VIDEO, unix_s * AUDIO_HZ) - wait_s * AUDIO_HZ
        missing = int((until - self._next_audio) // OPUS_FRAME)
        return self._filled(min(FILL_MAX, missing)) if missing > 0 else []

    def _filled(self, count: int) -> list[Out]:
        assert self._next_audio is not None
        out: list[Out] = []
        for _ in range(count):
            out.append(AudioFrame(self._next_audio, OPUS_SILENCE, OPUS_FRAME))
            self._next_audio += OPUS_FRAME
        return out
