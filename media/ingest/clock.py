"""When a frame was taken, on this machine's clock. Pure: no I/O, time is an argument.

An RTP timestamp says when, on a clock of the sender's that began anywhere. The first frame's arrival ties it to ours; from
then on times follow the timestamps, so that jitter of the network is not in them. Sender reports (RFC 3550, section 6.4.1)
tell how the sender's audio and video clocks relate, and audio is moved to fit the picture. Clocks drift apart by some
ten parts in a million, half a second in a night: when even the earliest frames of a window come late, the tie moves along.
"""

from typing import Literal

from media.frames import AUDIO_HZ, VIDEO_HZ

Track = Literal["video", "audio"]
RATE: dict[Track, int] = {"video": VIDEO_HZ, "audio": AUDIO_HZ}
JUMP_MAX_S = 2.0  # further from its arrival than this no live frame is: the sender's clock was set
WINDOW_S = 5.0
LATE_MAX_S = 0.04
EARLY_STEP_S = 0.005  # backwards in small steps, so that no frame comes before its predecessor
SYNC_MIN_S = 0.005  # smaller corrections than this nobody hears
_NTP_FRACTION = 2**32


class _Tie:
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


class CameraClock:
    """The two tracks of one camera."""

    def __init__(self) -> None:
        self._ties: dict[Track, _Tie] = {"video": _Tie(), "audio": _Tie()}
        self._window_since_s = 0.0
        self._least_late_s = float("inf")
        self.jumps = 0

    def time(self, track: Track, timestamp: int, arrival_s: float) -> int:
        """Ticks since the Unix epoch of a frame with this RTP timestamp, which arrived at `arrival_s` (Unix seconds)."""
        tie = self._ties[track]
        rate = RATE[track]
        extended = tie.extended(timestamp)
        tie.last = extended
        if tie.offset is None:
            tie.offset = round(arrival_s * RATE[track]) - extended
        time = extended + tie.offset
        if abs(arrival_s - time / rate) > JUMP_MAX_S:
            self._retie(track, extended, arrival_s)
            time = extended + (tie.offset or 0)
        elif track == "video":
            self._watch(arrival_s - time / rate, arrival_s)
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

    def _retie(self, track: Track, extended: int, arrival_s: float) -> None:
        self.jumps += 1
        tie = self._ties[track]
        tie.offset = round(arrival_s * RATE[track]) - extended
        tie.report = None
        self._window_since_s, self._least_late_s = arrival_s, float("inf")

    def _watch(self, late_s: float, arrival_s: float) -> None:
        self._least_late_s = min(self._least_late_s, late_s)
        if self._window_since_s == 0.0:
            self._window_since_s = arrival_s
        if arrival_s - self._window_since_s < WINDOW_S:
            return
        least_s = self._least_late_s
        self._window_since_s, self._least_late_s = arrival_s, float("inf")
        if least_s > LATE_MAX_S:
            self._shift(least_s)
        elif least_s < -EARLY_STEP_S:
            self._shift(-EARLY_STEP_S)

    def _shift(self, by_s: float) -> None:
        for track, tie in self._ties.items():
            if tie.offset is not None:
                tie.offset += round(by_s * RATE[track])
