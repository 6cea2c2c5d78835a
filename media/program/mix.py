"""Which camera is on air, on a timeline without breaks. Pure: no I/O, time is an argument.

A cut waits for a keyframe of the new camera; until then the old one stays. The timeline is the clock's (clock.py), and each
camera's pictures have the times at which they were taken. Where two cameras would collide at a cut, because the new one's first
picture was taken before the old one's last is over, it is moved to half a frame after that, and the camera comes back to its
own times in the next second or so: the program never drifts from the clock, however often somebody cuts.

Where a signal was lost, the last picture stands until the slate begins, and the timeline keeps up with the clock. Sound is
gapless: what is missing is filled with silence, what comes twice is dropped. Only where there was no picture for longer than
HOLE_MAX_S nothing is filled: outputs see such a hole by the times.

    None --first camera--> camera <--cut--> camera        camera --lost_s without a frame--> slate --it is back--> camera

A camera that sends pictures which cannot be shown before its keyframe comes is starved rather than lost, and has `starved_s`
more.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from msgspec import Struct

from media.frames import AUDIO_HZ, OPUS_FRAME, OPUS_SILENCE, VIDEO_HZ, AudioFrame, Frame, VideoFrame
from media.program.clock import ProgramClock

Reason = Literal["cut", "lost", "back", "start"]
SLATE = "slate"
NOMINAL = VIDEO_HZ // 30  # a frame's duration until two were seen
SLEW = (
    20  # a camera that was moved at a cut comes back to its own times by this part of each frame: 5%, which nobody sees
)
HOLE_MAX_S = 2.5  # longer than any picture stands before the slate, at usual settings
FILL_MAX = 150  # silent frames at a time, three seconds: a longer hole is left as one
FALLBACK_WAIT_S = 1.0  # another camera's keyframe is waited for so long before the slate is shown meanwhile
_AUDIO_PER_VIDEO = AUDIO_HZ / VIDEO_HZ


class MixSettings(Struct, frozen=True, kw_only=True):
    """`lost_s`: a camera without a frame for so long is lost. `starved_s`: and so much longer if its pictures await a keyframe.

    `back_s`: how long it then has to send to be trusted again.

    `cut_s`: how long a keyframe is waited for, unless the cut says otherwise. `audio_wait_s`: the same of missing audio.
    """

    lost_s: float = 1.0
    starved_s: float = 1.0
    back_s: float = 0.5
    cut_s: float = 3.0
    audio_wait_s: float = 0.25
    fallback: Literal["slate", "camera"] = "slate"


class MixCounters:
    """Of all programs of this process."""

    nudged_frames = 0  # pictures that their camera's time puts before, or on, the one before


class Slate(Protocol):
    """An endless picture; frame 0 is a keyframe."""

    frames_per_s: int

    def frame_at(self, index: int) -> tuple[bool, tuple[bytes, ...]]:
        """(keyframe, NAL units)."""


class Switched(Struct, frozen=True):
    """From `time` (90 kHz ticks of program time) on, `camera` is seen; None: the slate."""

    camera: str | None
    time: int
    reason: Reason


class CutFailed(Struct, frozen=True):
    """The camera gave no keyframe in time; nothing has changed."""

    camera: str


Out = Frame | Switched | CutFailed


class Awaited(NamedTuple):
    """The camera whose keyframe is waited for, why, and until when."""

    camera: str
    reason: Reason
    until_s: float


class _Seen:
    __slots__ = ("is_keyless", "is_starved", "last_s", "since_s")

    def __init__(self, now_s: float) -> None:
        self.since_s = now_s  # of the run of frames without a hole
        self.last_s = now_s
        self.is_starved = False  # pictures come, and await a keyframe
        self.is_keyless = False  # it was to stand in for another, and sent no keyframe in time


class Mix:
    """Takes cameras' frames in times of the monotonic clock, and gives out frames in program time.

    `request_keyframe(camera)`: one is needed of it. `slate()`: the one to begin, if it is made.
    """

    def __init__(
        self,
        settings: MixSettings,
        clock: ProgramClock,
        *,
        request_keyframe: Callable[[str], None],
        slate: Callable[[], Slate | None],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._request_keyframe = request_keyframe
        self._slate_now = slate
        self._seen: dict[str, _Seen] = {}
        self.on_air: str | None = None  # a camera, SLATE, or None before the first picture
        self.wanted: str | None = None  # whom a person chose; None: whoever comes first
        self.awaited: Awaited | None = None
        self._wanted_before: str | None = None  # the cut that waits, which is chosen again when it comes to nothing
        self._shift = 0  # how much later than taken the pictures of the camera on air are placed, ticks
        self._last: int | None = None
        self._duration = NOMINAL
        self._next_audio: int | None = None  # where the next audio frame belongs
        self._slate: Slate | None = None
        self._slate_from = 0
        self._slate_index = 0

    # --- what people ask for ---

    def cut(self, camera: str, now_s: float, wait_s: float | None = None) -> list[Out]:
        """Show `camera` (or SLATE) from its next keyframe on, for which it has `wait_s`. A cut that still waits is dropped."""
        if self.awaited is None or self.awaited.reason != "cut":
            self._wanted_before = self.on_air if self.wanted is None and self.on_air != SLATE else self.wanted
        self.wanted = camera
        self.awaited = None
        if camera == self.on_air:
            return []
        if camera == SLATE:
            return self._begin_slate(now_s, "cut")
        self._go_to(camera, "cut", now_s, wait_s)
        return []

    def cancel(self) -> str | None:
        """Drop the cut that waits for a keyframe, if one does; the camera that it was to."""
        if self.awaited is None or self.awaited.reason != "cut":
            return None
        camera = self.awaited.camera
        self._drop_cut()
        return camera

    def forget(self, camera: str) -> None:
        """The camera is no more; if it is on air, its loss is noticed in time."""
        self._seen.pop(camera, None)
        if self._wanted_before == camera:
            self._wanted_before = None
        if self.awaited is not None and self.awaited.camera == camera:
            self._drop_cut()
        if self.wanted == camera:
            self.wanted = None

    # --- what cameras send ---

    def video(self, camera: str, frame: VideoFrame, now_s: float) -> list[Out]:
        """A picture of a camera; what goes out of it."""
        seen = self._seen.get(camera)
        if seen is None:
            seen = self._seen[camera] = _Seen(now_s)
        elif now_s - seen.last_s > self._settings.lost_s:
            seen.since_s = now_s
        seen.last_s, seen.is_starved = now_s, False
        if frame.key:
            seen.is_keyless = False
        out: list[Out] = []
        time = frame.time + self._clock.video_ahead
        if self.on_air is None and self.awaited is None and self.wanted in (None, camera):
            self._go_to(camera, "start", now_s)
        if self.awaited is not None and self.awaited.camera == camera and frame.key:
            out.append(self._switch(camera, time, self.awaited.reason if self.on_air is not None else "start"))
        elif camera == self.on_air and self._shift:
            self._shift = max(0, self._shift - min(self._duration, NOMINAL) // SLEW)
        if camera == self.on_air:
            out.append(self._placed(time + self._shift, frame.key, frame.units))
        return out

    def starve(self, camera: str) -> None:
        """Pictures of the camera come that cannot be shown before a keyframe does."""
        seen = self._seen.get(camera)
        if seen is not None:
            seen.is_starved = True

    def audio(self, camera: str, frame: AudioFrame, now_s: float) -> list[Out]:
        """Sound of a camera; that of the one on air goes out."""
        del now_s
        if camera != self.on_air or self._last is None:
            return []
        return self._place_audio(frame)

    def advance(self, now_s: float) -> list[Out]:
        """Time passes: losses, returns, the slate's frames, silence. To be called some ten times a second."""
        out: list[Out] = []
        if self.awaited is not None and now_s > self.awaited.until_s:
            if self.awaited.reason == "cut":
                out.append(CutFailed(self.awaited.camera))
            elif self.awaited.camera in self._seen:
                self._seen[self.awaited.camera].is_keyless = True
            self._drop_cut()
        elif self.awaited is not None:
            self._request_keyframe(self.awaited.camera)
        if self.on_air is not None:
            out += self._look(now_s)
        if self.on_air == SLATE:
            out += self._slate_frames(now_s)
        if self._last is not None:
            out += self._silence(now_s)
        return out

    # --- inside ---

    def _alive(self, camera: str | None, now_s: float) -> bool:
        seen = self._seen.get(camera or "")
        return seen is not None and now_s - seen.last_s < self._settings.lost_s

    def _trusted(self, camera: str | None, now_s: float) -> bool:
        return self._alive(camera, now_s) and now_s - self._seen[camera or ""].since_s >= self._settings.back_s

    def _look(self, now_s: float) -> list[Out]:
        """Whether the picture on air is still the right one. In this order:

        on air                 then
        ---------------------  ---------------------------------------------------------------------------------
        alive, or the slate    a camera that is waited for, and alive, goes on being waited for
        lost                   to another camera that is alive, where that is the fallback; else the slate begins,
                               and does so, too, when that camera's keyframe takes long
        alive                  to the slate, if that was chosen and has been made only now
        alive, or the slate    to the camera that was chosen, once it has sent for `back_s` without a hole
        the slate              none chosen, or the chosen one lost and a camera the fallback: to any that has

        A camera that was lost counts as chosen, so that it comes back when its signal does.
        """
        is_waiting = self.awaited is not None and self._alive(self.awaited.camera, now_s)
        if self.on_air != SLATE and now_s - self._lost_at_s(self.on_air) >= 0:
            return self._lose(now_s, is_waiting=is_waiting)
        if is_waiting:
            return []
        wanted = self.wanted
        if wanted == SLATE and self.on_air != SLATE:
            return self._begin_slate(now_s, "cut")
        if wanted not in (None, SLATE, self.on_air) and self._trusted(wanted, now_s):
            self._go_to(wanted or "", "back", now_s)
        elif self.on_air == SLATE and wanted != SLATE and (wanted is None or self._settings.fallback == "camera"):
            other = self._other(now_s)
            if other is not None and self._trusted(other, now_s):
                self._go_to(other, "back" if wanted is None else "lost", now_s)
        return []

    def _lose(self, now_s: float, *, is_waiting: bool) -> list[Out]:
        """The camera on air is lost."""
        seen = self._seen.get(self.on_air or "")
        if self.wanted is None and seen is not None:
            self.wanted = self.on_air
        other = self._other(now_s) if self._settings.fallback == "camera" else None
        if other is not None and not is_waiting:
            self._go_to(other, "lost", now_s)
            is_waiting = True
        lost_for_s = now_s - self._lost_at_s(self.on_air) if seen is not None else 0.0
        if is_waiting and self._settings.fallback == "camera" and lost_for_s < FALLBACK_WAIT_S:
            return []
        return self._begin_slate(now_s, "lost")

    def _lost_at_s(self, camera: str | None) -> float:
        """When the camera on air is, or was, lost."""
        seen = self._seen.get(camera or "")
        if seen is None:
            return float("-inf")
        return seen.last_s + self._settings.lost_s + (self._settings.starved_s if seen.is_starved else 0.0)

    def _other(self, now_s: float) -> str | None:
        """A camera that can stand in; one that gave no keyframe when it was to comes last."""
        alive = [c for c in self._seen if c != self.on_air and self._alive(c, now_s)]
        return min(alive, key=lambda c: (self._seen[c].is_keyless, c), default=None)

    def _go_to(self, camera: str, reason: Reason, now_s: float, wait_s: float | None = None) -> None:
        self.awaited = Awaited(camera, reason, now_s + (self._settings.cut_s if wait_s is None else wait_s))
        self._request_keyframe(camera)

    def _drop_cut(self) -> None:
        """Nothing is waited for any more. What was chosen before a cut is chosen again, which need not be what is on air: the
        slate or another camera may stand in for a lost one. Before the first picture it is None: whoever comes."""
        if self.awaited is not None and self.awaited.reason == "cut":
            self.wanted = self._wanted_before
        self.awaited = None

    def _switch(self, camera: str, time: int, reason: Reason) -> Switched:
        self.on_air, self.awaited, self._slate = camera, None, None
        # Taken later than the picture before is over: that one stands until then.
        placed = time if self._last is None else max(time, self._last + self._least_step())
        self._shift = placed - time
        return Switched(camera, placed, reason)

    def _placed(self, time: int, key: bool, units: tuple[bytes, ...]) -> VideoFrame:
        """The frame on the program's timeline, which only goes forward."""
        if self._last is not None:
            if time <= self._last:
                MixCounters.nudged_frames += 1
                self._shift += self._last + self._least_step() - time
                time = self._last + self._least_step()
            elif time - self._last < VIDEO_HZ:
                self._duration = time - self._last
            elif time - self._last > HOLE_MAX_S * VIDEO_HZ and self._next_audio is not None:
                self._next_audio = max(self._next_audio, round(time * _AUDIO_PER_VIDEO))
        self._last = time
        return VideoFrame(time, key, units)

    def _least_step(self) -> int:
        """Ticks from one picture to the next where they would collide. Slow cameras are moved no further than others."""
        return max(1, min(self._duration, NOMINAL) // 2)

    # --- the slate ---

    def _begin_slate(self, now_s: float, reason: Reason) -> list[Out]:
        slate = self._slate_now()
        if slate is None or self._last is None:
            return []  # not made yet, or nothing was shown so far: the last picture stands
        self.on_air, self._slate = SLATE, slate
        self._shift = 0
        self._slate_index = 0
        self._slate_from = max(self._last + self._duration, self._clock.video(now_s) - VIDEO_HZ // slate.frames_per_s)
        return [Switched(None, self._slate_from, reason)]

    def _slate_frames(self, now_s: float) -> list[Out]:
        slate = self._slate
        if slate is None:
            return []
        step = VIDEO_HZ // slate.frames_per_s
        now = self._clock.video(now_s)
        if now - self._slate_from - self._slate_index * step > HOLE_MAX_S * VIDEO_HZ:
            self._slate_from, self._slate_index = now, 0  # this process was stopped for a while
        out: list[Out] = []
        while (time := self._slate_from + self._slate_index * step) <= now:
            key, units = slate.frame_at(self._slate_index)
            self._slate_index += 1
            out.append(self._placed(time, key, units))
        return out

    # --- audio ---

    def _place_audio(self, frame: AudioFrame) -> list[Out]:
        assert self._last is not None
        time = frame.time + self._clock.audio_ahead + round(self._shift * _AUDIO_PER_VIDEO)
        if time > self._last * _AUDIO_PER_VIDEO + HOLE_MAX_S * AUDIO_HZ:
            return []  # its clock is wrong; silence until it is right
        if self._next_audio is None:
            self._next_audio = time
        out: list[Out] = []
        late = time - self._next_audio
        if late > OPUS_FRAME // 2:
            out += self._filled(min(FILL_MAX, (late + OPUS_FRAME // 2) // OPUS_FRAME))
            if time - self._next_audio > OPUS_FRAME:
                return out  # more than is filled at a time
        elif late < -OPUS_FRAME // 2:
            return []  # its place was filled already
        out.append(AudioFrame(self._next_audio, frame.data, frame.duration))
        self._next_audio += frame.duration
        return out

    def _silence(self, now_s: float) -> list[Out]:
        """Fill what should have come by now: up to the picture, less a wait while a camera may still send it."""
        assert self._last is not None
        if self._next_audio is None:
            self._next_audio = round(self._last * _AUDIO_PER_VIDEO)
        wait_s = 0.0 if self.on_air == SLATE else self._settings.audio_wait_s
        until = min(self._last, self._clock.video(now_s)) * _AUDIO_PER_VIDEO - wait_s * AUDIO_HZ
        missing = int((until - self._next_audio) // OPUS_FRAME)
        return self._filled(min(FILL_MAX, missing)) if missing > 0 else []

    def _filled(self, count: int) -> list[Out]:
        assert self._next_audio is not None
        out: list[Out] = []
        for _ in range(count):
            out.append(AudioFrame(self._next_audio, OPUS_SILENCE, OPUS_FRAME))
            self._next_audio += OPUS_FRAME
        return out
