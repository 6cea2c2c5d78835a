"""When a frame was taken, on this machine's monotonic clock. Pure: no I/O, time is an argument.

Frames come with times on a clock of the sender's that began anywhere. The first frame's arrival ties that clock to ours; from
then on times follow the sender's, so that jitter of the network is not in them. Two things may go wrong with such a tie:

    jump    a frame is further than JUMP_MAX_S from its arrival, or the sender's own times went back by more than BACK_MAX_S:
            its clock was set, or it started again. Tied anew.
    drift   clocks drift apart by some ten parts in a million, half a second in a night. When even the earliest frames of a
            window come late, or early, the tie moves along.

Ours is the monotonic clock, because the wall clock may be set: then every camera would seem to have jumped. A program adds the
difference of the two as it was when it began (media/program/mix.py).

RtpClock is for WHIP, whose two tracks have an RTP clock each; PulledClock for sources whose tracks share one. Both decide by
ArrivalWatch.
"""

from typing import Literal

import msgspec

from media.frames import AUDIO_HZ, VIDEO_HZ, AudioFrame, Frame, VideoFrame

Track = Literal["video", "audio"]
RATE: dict[Track, int] = {"video": VIDEO_HZ, "audio": AUDIO_HZ}
JUMP_MAX_S = 2.0
BACK_MAX_S = 0.5  # pictures out of order, which are refused elsewhere, go back by less
WINDOW_S = 5.0
LATE_MAX_S = 0.04
EARLY_STEP_S = 0.005  # backwards in small steps, so that no frame comes before its predecessor
SYNC_MIN_S = 0.005  # smaller corrections than this nobody hears
SEAM_MAX = AUDIO_HZ // 100  # 10 ms
PICTURE_STEP = VIDEO_HZ // 25  # until two came
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

    def has_jumped(self, late_s: float, arrival_s: float, step_s: float, back_max_s: float = BACK_MAX_S) -> bool:
        """Whether the clock has to be tied anew, to this arrival.

        `step_s`: from the track's last frame to this one by the sender's clock, which may go back by `back_max_s`.
        """
        if abs(late_s) <= JUMP_MAX_S and step_s >= -back_max_s:
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
    """One track: extended RTP timestamp + offset = ticks of our clock."""

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
        """Ticks of our clock of a frame with this RTP timestamp, which arrived at `arrival_s` by it."""
        tie = self._ties[track]
        rate = RATE[track]
        extended = tie.extended(timestamp)
        step_s = (extended - tie.last) / rate if tie.last is not None else 0.0
        tie.last = extended
        if tie.offset is None:
            tie.offset = round(arrival_s * rate) - extended
        time = extended + tie.offset
        late_s = arrival_s - time / rate
        if self._watch.has_jumped(late_s, arrival_s, step_s):
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
    """A source whose tracks share one clock: from ticks since any zero to ticks of ours. Times only grow.

    Audio goes on without seams through all that is smaller than SEAM_MAX, or each step of the tie would cost a frame.
    """

    def __init__(self) -> None:
        self._tie_s: float | None = None
        self._moved_s = 0.0  # since the tie
        self._told: dict[int, int] = {}  # by rate: the last frame's time as the source told it
        self._placed: dict[int, int] = {}  # and where it was placed
        self._step = PICTURE_STEP  # of the pictures
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
        """`frame`, which arrived at `arrival_s` by our clock, with the time it was taken."""
        hz = VIDEO_HZ if isinstance(frame, VideoFrame) else AUDIO_HZ
        if self._tie_s is None:
            self._tie(frame.time / hz, arrival_s)
            self._watch.begin(arrival_s)
        step = frame.time - self._told.get(hz, frame.time)
        self._told[hz] = frame.time
        time = self._at(frame.time, hz)
        late_s = arrival_s - time / hz
        # A source has no pictures out of order here: one that goes back at all has set its clock.
        if self._watch.has_jumped(late_s, arrival_s, step / hz, 0.0):
            self._tie(frame.time / hz, arrival_s)
            time = self._at(frame.time, hz)
        elif hz == VIDEO_HZ:
            self._moved_s += self._watch.drift_s(late_s, arrival_s)
        if isinstance(frame, AudioFrame):
            if abs(time - self._audio_ends) <= SEAM_MAX:
                time = self._audio_ends
            time = max(time, self._placed.get(hz, time - 1) + 1)
            self._audio_ends = time + frame.duration
        else:
            # After a jump the tie may put it before the last one, by as much as that came early: some are closer, then.
            time = max(time, self._placed.get(hz, time - self._step) + self._step // 2)
            if 0 < step < VIDEO_HZ:
                self._step = step
        self._placed[hz] = time
        return msgspec.structs.replace(frame, time=time)

    def _at(self, ticks: int, hz: int) -> int:
        return ticks + round(((self._tie_s or 0.0) + self._moved_s) * hz)

    def _tie(self, time_s: float, arrival_s: float) -> None:
        self._tie_s, self._moved_s = arrival_s - time_s, 0.0
