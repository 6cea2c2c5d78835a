"""A rendition whose picture follows the leading one: the same pictures made smaller, later. Pure: no I/O, no clock.

    video   |K....|.....|K....|.....|K....|.....|K....|.....|K....      K: a keyframe
    low     |K....|.....|K....|..____|---- gap ----|K....|.....|...      _: the last picture stays   here its maker died

Who makes it may be slow, leave pictures out, die and come back; the leader never waits for it. Its segments begin and end where
the leader's do, so that players can change between them at any segment (RFC 8216bis, 6.2.4), and so:

    - A segment begins with the picture of the moment where the leader's begins. If the one before did not go on up to here,
      that has to be a keyframe. Without one the whole segment is a gap: there is nothing of it (EXT-X-GAP, 4.4.4.7).
    - A picture that is missing later in a segment leaves none: the one before it stays, at the longest to the segment's end.
      If that is longer than PART-TARGET, playlists tell of PART-TARGET only: a player gives up a stream that tells of more.
    - What has not come BEHIND_MAX after the segment's end is not waited for.
    - Before its first picture there are no segments, unless there were some in a process before this one.
"""

from collections import deque

from media.codecs.h264 import parameter_sets, sample_data
from media.frames import VIDEO_HZ, VideoFrame
from media.hls.tracks import Sample, SegmentBoundary, Track
from media.parts import PackagerEvent

BEHIND_MAX = VIDEO_HZ  # ticks after the leader: far more than a busy machine needs, little more than players buffer


class Follower:
    """One rendition; times are 90 kHz ticks since the stream's origin. `Packager` has one for each, and tells it the cuts."""

    def __init__(self, track: Track, *, is_known: bool) -> None:
        """`is_known`: players were told of segments before, so that none may be left out from here on."""
        self._track = track
        self._is_known = is_known
        self._cuts: deque[SegmentBoundary] = deque()  # where the leader's segments ended that have not ended here
        self._start = 0  # of the segment in the making
        self._config: tuple[bytes, ...] = ()
        self._held: VideoFrame | None = None
        self._held_time = 0
        self._is_whole = False  # nothing is missing at the end of the segment before
        self._is_foreign = False  # pictures came that the segment's map does not fit

    def begin(self, msn: int, time: int, *, discontinuity: bool) -> None:
        """The leader's first segment begins."""
        self._track.begin(msn, discontinuity=discontinuity)
        self._track.end = self._start = time

    def cut(self, cut: SegmentBoundary) -> None:
        """A segment of the leader ended, and another begins."""
        self._cuts.append(cut)

    def keep_up(self, time: int, out: list[PackagerEvent]) -> None:
        """The leader is at `time`: segments that ended too long ago end here, too."""
        while self._cuts and time - self._cuts[0].time > BEHIND_MAX:
            self._end_segment(out, is_whole=False)

    def put(self, frame: VideoFrame, time: int, out: list[PackagerEvent]) -> bool:
        """A picture that the leader has had; whether it has a place."""
        if not self._track.begun or time < self._start or (self._held is not None and time <= self._held_time):
            return False
        while self._cuts and self._cuts[0].time <= time:
            self._end_segment(out, is_whole=self._cuts[0].begin == time)
        config = parameter_sets(frame.units, self._config) if frame.key else ()
        if self._held is None:
            if time != self._start or not (config or (self._is_whole and self._config)):
                return False
            if config and (config != self._config or not self._track.mapped):
                self._config = config
                out.append(self._track.new_picture_map(config))
        else:
            self._is_foreign = self._is_foreign or bool(config and config != self._config)
            if self._is_foreign:
                return False
            self._place(time, out)
        self._held, self._held_time = frame, time
        return True

    def close(self, time: int, out: list[PackagerEvent]) -> None:
        """The leader has ended at `time`."""
        while self._cuts:
            self._end_segment(out, is_whole=False)
        if self._held is not None:
            self._place(time, out)
            self._held = None
            self._track.end_segment(out, discontinuity=False)
        elif time > self._start:
            self._pass_over(SegmentBoundary(time, False, time), out)  # noqa: FBT003

    def _place(self, until: int, out: list[PackagerEvent]) -> None:
        """The held picture stays until then."""
        frame = self._held
        assert frame is not None
        duration = min(until - self._held_time, self._track.segment_max - self._track.length)
        self._track.add(Sample(self._held_time, duration, frame.key, sample_data(frame.units)), out)

    def _end_segment(self, out: list[PackagerEvent], *, is_whole: bool) -> None:
        cut = self._cuts.popleft()
        self._is_whole = is_whole and self._held is not None and not self._is_foreign
        if self._held is None:
            self._pass_over(cut, out)
        elif self._held_time < cut.time:
            self._place(cut.time, out)
            self._track.end_segment(out, discontinuity=cut.discontinuity)
            self._held = None
        else:  # a cut without a keyframe is known one picture later: this one begins the next segment
            self._track.end_segment(out, discontinuity=cut.discontinuity)
        self._start, self._is_foreign = cut.begin, False

    def _pass_over(self, cut: SegmentBoundary, out: list[PackagerEvent]) -> None:
        if self._is_known or self._track.mapped:
            duration = min(cut.time - self._start, self._track.segment_max)
            out.append(self._track.gap(self._start, duration))
        self._track.begin(self._track.msn + 1, discontinuity=cut.discontinuity)
