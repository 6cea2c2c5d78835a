"""When a pulled camera's frames were taken, on this machine's clock. Pure: no I/O, time is an argument.

Its tracks share one clock, whose zero may be anything; the arrival of the first frame ties it to ours. A frame that would be
further than JUMP_MAX_S from its arrival ties it anew (the camera's clock was set, or it started again). Clocks drift apart:
when even the earliest frames of a window come late, or early, the tie moves along. Sound goes on without seams through all that
is smaller than SEAM_MAX, or each such step would cost a frame.
"""

import msgspec

from media.frames import AUDIO_HZ, VIDEO_HZ, AudioFrame, Frame, VideoFrame

JUMP_MAX_S = 2.0
WINDOW_S = 5.0
LATE_MAX_S = 0.04
EARLY_STEP_S = 0.005  # backwards in small steps, so that no frame comes before its predecessor
SEAM_MAX = AUDIO_HZ // 100  # 10 ms


class Timeline:
    """From ticks since any zero to ticks since the Unix epoch. In each track times only grow."""

    def __init__(self) -> None:
        self._tie_s: float | None = None
        self._tied_late_s = 0.0  # what moved since the tie
        self._last = {VIDEO_HZ: 0, AUDIO_HZ: 0}
        self._sound_ends = 0
        self._window_since_s = 0.0
        self._least_late_s = float("inf")
        self.jumps = 0

    def until_s(self, frame: Frame, now_s: float) -> float:
        """Seconds until `frame` is due; 0 or less: now."""
        if self._tie_s is None:
            return 0.0
        hz = VIDEO_HZ if isinstance(frame, VideoFrame) else AUDIO_HZ
        return self._at(frame.time, hz) / hz - now_s

    def place(self, frame: Frame, arrival_s: float) -> Frame:
        """`frame`, which arrived at `arrival_s` (Unix seconds), with the time it was taken."""
        hz = VIDEO_HZ if isinstance(frame, VideoFrame) else AUDIO_HZ
        if self._tie_s is None:
            self._tie(arrival_s - frame.time / hz, arrival_s)
        time = self._at(frame.time, hz)
        late_s = arrival_s - time / hz
        if abs(late_s) > JUMP_MAX_S:
            self.jumps += 1
            self._tie(arrival_s - frame.time / hz, arrival_s)
            time = self._at(frame.time, hz)
        elif hz == VIDEO_HZ:
            self._watch(late_s, arrival_s)
        if isinstance(frame, AudioFrame):
            if abs(time - self._sound_ends) <= SEAM_MAX:
                time = self._sound_ends
            self._sound_ends = time + frame.duration
        time = max(time, self._last[hz] + 1)
        self._last[hz] = time
        return msgspec.structs.replace(frame, time=time)

    def _at(self, ticks: int, hz: int) -> int:
        return ticks + round(((self._tie_s or 0.0) + self._tied_late_s) * hz)

    def _tie(self, tie_s: float, arrival_s: float) -> None:
        self._tie_s, self._tied_late_s = tie_s, 0.0
        self._window_since_s, self._least_late_s = arrival_s, float("inf")

    def _watch(self, late_s: float, arrival_s: float) -> None:
        self._least_late_s = min(self._least_late_s, late_s)
        if arrival_s - self._window_since_s < WINDOW_S:
            return
        least_s = self._least_late_s
        self._window_since_s, self._least_late_s = arrival_s, float("inf")
        if least_s > LATE_MAX_S:
            self._tied_late_s += least_s
        elif least_s < -EARLY_STEP_S:
            self._tied_late_s -= EARLY_STEP_S
