"""When a frame was taken, on this machine's clock. Pure: no I/O, time is an argument.

Frames come with times on a clock of the sender's that began anywhere. The first frame's arrival ties that clock to ours; from
then on times follow the sender's, so that jitter of the network is not in them. Two things may go wrong with such a tie:

    jump    a frame is further than JUMP_MAX_S from its arrival: the sender's clock was set, or it started again. Tied anew.
    drift   clocks drift apart by some ten parts in a million, half a second in a night. When even the earliest frames of a
            window come late, or early, the tie moves along.

RtpClock is for WHIP, whose two tracks have an RTP clock each; PulledClock for sources whose tracks share one.
"""

from typing import Literal

import msgspec

from media.frames import AUDIO_HZ, VIDEO_HZ, AudioFrame, Frame, VideoFrame

Track = Literal["video", "audio"]
RATE: dict[Track, int] = {"video": VIDEO_HZ, "audio": AUDIO_HZ}
JUMP_MAX_S = 2.0
WINDOW_S = 5.0
LATE_MAX_S = 0.04
EARLY_STEP_S = 0.005  # backwards in small steps, so that no frame comes before its predecessor
SYNC_MIN_S = 0.005  # smaller corrections than this nobody hears
SEAM_MAX = AUDIO_HZ // 100  # 10 ms
_NTP_FRACTION = 2**32


class ArrivalWatch:
    """Holds the arrivals of one sender's frames against a tie. `late_s`: how long after its time, as tied, a frame came."""

    def __init__(self) -> None:
        self.jumps = 0
        self._window_since_s: float | None = None
        self._least_late_s = float("inf")

    def begin(self, arrival_s: float) -> None:
        """The clock was tied at this arrival; a window begins."""
        self._window_since_s, self._least_late_s = arrival_s, float("inf")

    def has_jumped(self, late_s: float, arrival_s: float) -> bool:
        """Whether the clock has to be tied anew, to this arrival."""
        if abs(late_s) <= JUMP_MAX_S:
            return False
        self.jumps += 1
        self.begin(arrival_s)
        return True

    def drift_s(self, late_s: float, arrival_s: float) -> float:
        """By how much to move the tie now; nearly always 0."""
        if self._window_since_s is None:
            self._window_since_s = arrival_s
        self._least_late_s = min(self._least_late_s, late_s)
        if arrival_s - self._window_since_s < WINDOW_S:
            return 0.0
        least_s = self._least_late_s
        self.begin(arrival_s)
        if least_s > LATE_MAX_S:
            return least_s
        return -EARLY_STEP_S if least_s < -EARLY_STEP_S else 0.0


class _RtpTie:
    """One track: extended RTP timestamp + offset = ticks since the Unix epoch."""

    __slots__ = ("last", "offset", "report")

    def __init__(self) -> None:
        self.last: int | None = None  # extended
        self.offset: int | None = None
        self.report: tuple[float, int] | None = None  # the sender's NTP seconds, extended timestamp

    def extended(self, timestamp: int) -> int:
        if self.last is None:
            return timestamp
        return self.last + (timestamp - self.last + 0x80000000) % 0x100000000 - 0x80000000


class RtpClock:
    """The two tracks of one WHIP camera.

    Sender reports (RFC 3550, section 6.4.1) tell how the sender's audio and video clocks relate, and audio is moved to fit the
    picture.
    """

    def __init__(self) -> None:
        self._ties: dict[Track, _RtpTie] = {"video": _RtpTie(), "audio": _RtpTie()}
        self._watch = ArrivalWatch()

    @property
    def jumps(self) -> int:
        return self._watch.jumps

    def time(self, track: Track, timestamp: int, arrival_s: float) -> int:
        """Ticks since the Unix epoch of a frame with this RTP timestamp, which arrived at `arrival_s` (Unix seconds)."""
        tie = self._ties[track]
        rate = RATE[track]
        extended = tie.extended(timestamp)
        tie.last = extended
        if tie.offset is None:
            tie.offset = round(arrival_s * rate) - extended
        time = extended + tie.offset
        late_s = arrival_s - time / rate
        if self._watch.has_jumped(late_s, arrival_s):
            tie.offset = round(arrival_s * rate) - extended
            tie.report = None
            time = extended + tie.offset
        elif track == "video":
            self._shift(self._watch.drift_s(late_s, arrival_s))
        return time

    def report(self, track: Track, ntp: int, timestamp: int) -> None:
        """A sender report: `ntp` is 64 bits, 32.32 fixed point."""
        tie = self._ties[track]
        tie.report = (ntp / _NTP_FRACTION, tie.extended(timestamp))
        self._align()

    def _align(self) -> None:
        """Move audio so that what was recorded together is played together."""
        video, audio = self._ties["video"], self._ties["audio"]
        if video.report is None or audio.report is None or video.offset is None or audio.offset is None:
            return
        ours_less_theirs_s = (video.report[1] + video.offset) / VIDEO_HZ - video.report[0]
        wanted = round((audio.report[0] + ours_less_theirs_s) * AUDIO_HZ) - audio.report[1]
        if abs(wanted - audio.offset) > SYNC_MIN_S * AUDIO_HZ:
            audio.offset = wanted

    def _shift(self, by_s: float) -> None:
        if by_s:
            for track, tie in self._ties.items():
                if tie.offset is not None:
                    tie.offset += round(by_s * RATE[track])


class PulledClock:
    """A source whose tracks share one clock: from ticks since any zero to ticks since the Unix epoch. Times only grow.

    Audio goes on without seams through all that is smaller than SEAM_MAX, or each step of the tie would cost a frame.
    """

    def __init__(self) -> None:
        self._tie_s: float | None = None
        self._moved_s = 0.0  # since the tie
        self._last = {VIDEO_HZ: 0, AUDIO_HZ: 0}
        self._audio_ends = 0
        self._watch = ArrivalWatch()

    @property
    def jumps(self) -> int:
        return self._watch.jumps

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
            self._tie(frame.time / hz, arrival_s)
            self._watch.begin(arrival_s)
        time = self._at(frame.time, hz)
        late_s = arrival_s - time / hz
        if self._watch.has_jumped(late_s, arrival_s):
            self._tie(frame.time / hz, arrival_s)
            time = self._at(frame.time, hz)
        elif hz == VIDEO_HZ:
            self._moved_s += self._watch.drift_s(late_s, arrival_s)
        if isinstance(frame, AudioFrame):
            if abs(time - self._audio_ends) <= SEAM_MAX:
                time = self._audio_ends
            self._audio_ends = time + frame.duration
        time = max(time, self._last[hz] + 1)
        self._last[hz] = time
        return msgspec.structs.replace(frame, time=time)

    def _at(self, ticks: int, hz: int) -> int:
        return ticks + round(((self._tie_s or 0.0) + self._moved_s) * hz)

    def _tie(self, time_s: float, arrival_s: float) -> None:
        self._tie_s, self._moved_s = arrival_s - time_s, 0.0
