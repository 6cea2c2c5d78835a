"""Packaging: a program's frames become maps, parts and segments, one track a rendition. Pure: no I/O, no clock.

The picture leads. Its segments begin at keyframes: at each one, if the running segment is `segment_ms` long (a part less will
do) or began without one. Where a camera sends keyframes more rarely than a segment may last, the stretch between two of them
is divided evenly, so that no sliver is left before the next one. How long that stretch will be, the last few tell: the longest
of them and as much again as they differ by, since a camera whose keyframes waver between 4 and 4.6 s exceeds what it has shown
so far. Of a camera that has shown one stretch or none little is known, and a segment ends early rather than just before a
keyframe. A keyframe that comes too early begins a part if the one before it is long enough; else it comes to lie within one.
Where the picture's segment ends, that of every other rendition ends, under the same media sequence number:

    video   |K....|.....|.....|K....|.....|K.....          K: a keyframe
    opus    |..........|..........|..........|...          at the first frame that begins at that time or later

A picture's duration is known when the next one comes, so one is held back. Nothing is out before PART-TARGET is settled
(part_target.py), which takes a second at most. How pictures that do not fit into parts are moved, tracks.py says; when they
are more than BEHIND_MAX from their own time at a keyframe, a discontinuity puts that right; after a hole that is longer than
the program fills, it does so at once. A picture whose time is that of the one before, or a little earlier, is shown half
a picture after it: encoders repeat timestamps, and without a picture those behind it can't be decoded.

Sound is gapless and at its own time, to half a frame. What is missing is filled with silence, as far as the picture goes on.

New parameter sets (another camera, another resolution) make a new map and a discontinuity, which every rendition tells, since
their discontinuity sequence numbers must agree (RFC 8216bis, 6.2.4).

Further renditions with a picture follow the leading one (follower.py), which never waits for them.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from msgspec import Struct

from media.codecs import cmaf
from media.codecs.audio import AAC_FRAME, AAC_SILENCE, AAC_SPECIFIC_CONFIG
from media.codecs.h264 import parameter_sets, sample_data
from media.frames import AUDIO_HZ, OPUS_FRAME, OPUS_SILENCE, VIDEO_HZ, AudioFrame, VideoFrame
from media.hls.follower import Follower
from media.hls.part_target import FrameInterval, part_target_ms
from media.hls.tracks import Codec, PackagingSettings, Rendition, Sample, SegmentBoundary, Track
from media.parts import PackagerEvent

VIDEO = Rendition("video", "h264")
OPUS = Rendition("opus", "opus")
AAC = Rendition("aac", "aac")
LOWER = Rendition("low", "h264")

_FIRST_DURATION = VIDEO_HZ // 30  # of a picture that is the only one
BEHIND_MAX = (
    VIDEO_HZ  # ticks that a picture may be shown too early; a camera that stays away longer makes way for the slate
)
_HOLE = 5 * VIDEO_HZ // 2  # ticks from one picture to the next; the program fills no longer hole with sound either
_AUDIO_HOLE = 5 * AUDIO_HZ // 2
_EARLY_MAX = 512  # frames that wait for PART-TARGET
_AHEAD_MAX = 512  # frames of sound that wait for the picture
_MOVED_MAX = 1_024  # pictures of which is known where they went
_SPARE_MS = 200  # of the longest segment, left free where a stretch is divided: keyframes waver
_STRETCHES = 8  # between keyframes, that tell of those to come
_STRETCH_MARGIN = 10  # a stretch is taken to be longer than those before by so much at most: one in ten
_BACK_MAX = VIDEO_HZ // 2  # ticks that a picture's time may go back; what goes back further is of another clock
_NOMINAL = VIDEO_HZ // 30  # pictures with one time are half of this apart at most
_SEGMENTS_BEHIND_MAX = 2  # segments that another rendition may lag behind the picture before silence fills it
_CODECS: dict[Codec, str] = {"opus": "opus", "aac": "mp4a.40.2"}


class Resume(Struct, frozen=True, kw_only=True):
    """Where a stream goes on in a new process: the first numbers not yet used; of parts and maps by rendition.

    `part_target_ms`: what its playlists say; 0: what the settings say.
    """

    msn: int
    parts: Mapping[str, int] = {}
    maps: Mapping[str, int] = {}
    part_target_ms: int = 0


class Packager:
    """One stream. What the calls give is in order within each rendition; the caller passes it on at once.

    `origin_ms`: Unix ms of the stream's time 0. With `resume` the first segment begins with a discontinuity.
    """

    def __init__(
        self,
        settings: PackagingSettings,
        origin_ms: int,
        resume: Resume | None = None,
        renditions: Iterable[Rendition] = (VIDEO, OPUS),
    ) -> None:
        self._settings = settings
        self._origin_ms = origin_ms
        self._interval = FrameInterval() if resume is None else None  # None: PART-TARGET is settled
        self._early: list[Callable[[], list[PackagerEvent]]] = []  # what came before that
        resume = resume or Resume(msn=-1)
        tracks = [
            Track(each, settings, part=resume.parts.get(each.id, 0), map_number=resume.maps.get(each.id, 0))
            for each in renditions
        ]
        self._lead = next(track for track in tracks if track.codec == "h264")
        self._others = {track.id: track for track in tracks if track.codec != "h264"}
        self._followers = {
            track.id: Follower(track, is_known=track.id in resume.maps)
            for track in tracks
            if track.codec == "h264" and track is not self._lead
        }
        if resume.part_target_ms:
            self._aim_for(tracks, resume.part_target_ms)
        self._tracks = tracks
        self._cuts: dict[str, deque[SegmentBoundary]] = {name: deque() for name in self._others}
        self._ahead: dict[str, deque[AudioFrame]] = {name: deque(maxlen=_AHEAD_MAX) for name in self._others}
        self._first_msn = max(resume.msn, 0)
        self._break = resume.msn >= 0  # the next segment begins with a discontinuity
        self._config: tuple[bytes, ...] = ()
        self._held: VideoFrame | None = None
        self._held_time = 0  # where it is shown
        self._held_taken = 0  # where it was taken
        self._moved: dict[int, int] = {}  # taken -> shown, of pictures that were moved
        self._duration = _FIRST_DURATION  # of the last picture that had one
        self._step = _NOMINAL  # from the picture before to one that was later, at most
        self._began_with_key = False  # the running segment
        self._last_key: int | None = None  # where it is shown
        self._stretches: deque[int] = deque(
            maxlen=_STRETCHES
        )  # ticks from one keyframe to the next, of these parameter sets
        self._segments_of_stretch = 0  # complete ones since the last keyframe
        self._segment_limit = self._lead.segment_max  # ticks, of the running segment
        self.dropped = 0  # frames that could not be placed: before the first keyframe, or far back in time
        self.nudged = 0  # pictures that were no later than the one before, and are shown after it

    # --- in ---

    def video(self, frame: VideoFrame) -> list[PackagerEvent]:
        """A picture; what became ready by it."""
        if self._interval is None:
            return self._video(frame)
        if not self._early and not self._can_begin(frame):
            self.dropped += 1
            return []
        self._early.append(partial(self._video, frame))
        self._interval.add(frame.time)
        return self._settled() if self._interval.is_settled else []

    def lower(self, frame: VideoFrame, rendition: str = LOWER.id) -> list[PackagerEvent]:
        """A picture of a rendition that follows the leading one, whose picture of this time came before; see follower.py."""
        return self._when_settled(partial(self._lower, frame, rendition))

    def audio(self, frame: AudioFrame, rendition: str = OPUS.id) -> list[PackagerEvent]:
        """A frame of sound; what became ready by it. Sound from before the first picture is dropped."""
        return self._when_settled(partial(self._audio, frame, rendition))

    def close(self) -> list[PackagerEvent]:
        """All that is left, and the end of every segment. The packager is of no use afterwards."""
        out = self._settled()
        if self._held is None:
            return out
        end = self._place(self._held, self._held_time + self._duration, out)
        self._held = None
        self._lead.end_segment(out, discontinuity=False)
        for follower in self._followers.values():
            follower.close(end, out)
        for track in self._others.values():
            if track.mapped:
                cuts = self._cuts[track.id]
                while cuts:
                    self._fill(track, self._audio_time(cuts[0].time), out)
                    self._follow(track, track.end, out)
                self._fill(track, self._audio_time(end), out)
                track.end_segment(out, discontinuity=False)
        return out

    # --- the beginning ---

    def _when_settled(self, take: Callable[[], list[PackagerEvent]]) -> list[PackagerEvent]:
        if self._interval is None:
            return take()
        if not self._early:
            self.dropped += 1
            return []
        self._early.append(take)
        return self._settled() if len(self._early) > _EARLY_MAX else []

    def _settled(self) -> list[PackagerEvent]:
        """PART-TARGET is what the pictures so far ask for; what waited for it goes its way."""
        if self._interval is None:
            return []
        self._aim_for(self._tracks, part_target_ms(self._settings.part_ms, self._interval.ms))
        self._interval = None
        early, self._early = self._early, []
        return [event for take in early for event in take()]

    @staticmethod
    def _aim_for(tracks: Iterable[Track], target_ms: int) -> None:
        for track in tracks:
            track.aim_for(target_ms)

    def _can_begin(self, frame: VideoFrame) -> bool:
        return frame.time >= self._origin(VIDEO_HZ) and frame.key and bool(self._config_of(frame))

    # --- each frame ---

    def _video(self, frame: VideoFrame) -> list[PackagerEvent]:
        out: list[PackagerEvent] = []
        taken = shown = frame.time - self._origin(VIDEO_HZ)
        held = self._held
        if taken <= self._held_taken - _BACK_MAX if held is not None else not self._can_begin(frame):
            self.dropped += 1
            return out
        if held is not None and taken <= self._held_taken:
            self.nudged += 1
            taken = self._held_taken + max(1, self._step // 2)
        elif held is not None:
            self._step = min(taken - self._held_taken, _NOMINAL)
        if held is None:
            self._begin(frame, shown, out)
        else:
            shown = self._place(held, taken, out)
            if frame.key:
                shown = self._meet_keyframe(frame, shown, taken, out)
            elif taken - self._held_taken > _HOLE and taken - shown > BEHIND_MAX:
                shown = self._leave_hole(shown, taken, out)
        self._held, self._held_time, self._held_taken = frame, shown, taken
        if shown != frame.time - self._origin(VIDEO_HZ):
            self._move(frame.time - self._origin(VIDEO_HZ), shown)
        for follower in self._followers.values():
            follower.keep_up(shown, out)
        return out

    def _lower(self, frame: VideoFrame, rendition: str) -> list[PackagerEvent]:
        out: list[PackagerEvent] = []
        taken = frame.time - self._origin(VIDEO_HZ)
        is_late_enough = self._held is not None and taken <= self._held_taken
        shown = self._moved.get(taken, taken)
        if not (is_late_enough and self._followers[rendition].put(frame, shown, out)):
            self.dropped += 1
        return out

    def _audio(self, frame: AudioFrame, rendition: str) -> list[PackagerEvent]:
        out: list[PackagerEvent] = []
        track = self._others[rendition]
        if not track.begun:
            self.dropped += 1
        else:
            self._sound(track, frame, out)
        return out

    def _sound(self, track: Track, frame: AudioFrame, out: list[PackagerEvent]) -> None:
        time = frame.time - self._origin(AUDIO_HZ)
        cuts = self._cuts[track.id]
        half = frame.duration // 2
        if not track.mapped:
            while cuts and self._audio_time(cuts[0].time) <= time:
                self._pass_over(track)
            track.end = max(track.end, time)
        while cuts and self._audio_time(cuts[0].time) <= time and time - track.end > half:
            self._fill(track, self._audio_time(cuts[0].time), out)
            self._follow(track, track.end, out)
        missing = time - track.end
        if missing < -half:
            self.dropped += 1
            return
        is_alone = missing > _AUDIO_HOLE and time - self._audio_time(self._held_taken) > _AUDIO_HOLE
        if not cuts and (is_alone or track.length + max(0, missing) + frame.duration > track.segment_max):
            self._wait(track, frame)
            return
        if not track.mapped:
            out.append(self._audio_map(track))
        if missing > half:
            self._fill(track, time - half, out)
        self._follow(track, track.end, out)
        track.add(Sample(track.end, frame.duration, True, frame.data), out)  # noqa: FBT003
        self._follow(track, track.end, out)

    def _wait(self, track: Track, frame: AudioFrame) -> None:
        """The picture stands still, and so it is not known yet where this segment ends: it is as long as it may be, or both
        were away and only the picture tells whether there is a hole."""
        ahead = self._ahead[track.id]
        if len(ahead) == _AHEAD_MAX:
            self.dropped += 1
        ahead.append(frame)

    # --- the picture ---

    def _begin(self, frame: VideoFrame, time: int, out: list[PackagerEvent]) -> None:
        self._lead.begin(self._first_msn, discontinuity=self._break)
        self._break = False
        self._lead.end = time
        for follower in self._followers.values():
            follower.begin(self._lead.msn, time, discontinuity=self._lead.discontinuity)
        for track in self._others.values():
            track.begin(self._lead.msn, discontinuity=self._lead.discontinuity)
            track.end = self._audio_time(time)
        self._use(self._config_of(frame), out)
        self._count_keyframe(time)

    def _place(self, frame: VideoFrame, until: int, out: list[PackagerEvent]) -> int:
        """The held picture goes into a part; a segment that it would make too long ends before it.

        `until`: where the next one was taken; returns where that is to be shown.
        """
        lead, time = self._lead, self._held_time
        length = lead.length + min(until - time, lead.part_max)
        if lead.length and length > self._segment_limit:
            self._end_segment(SegmentBoundary(time, False, time), out, key=False)  # noqa: FBT003
            self._count_forced()
        began, shown = lead.add_picture(time, until, sample_data(frame.units), out, key=frame.key)
        if began != time:
            self._move(self._held_taken, began)
        self._duration = shown - began
        return shown

    def _meet_keyframe(self, frame: VideoFrame, time: int, taken: int, out: list[PackagerEvent]) -> int:
        """The picture before `frame` is placed, up to `time`; returns where `frame` begins."""
        lead, settings = self._lead, self._settings
        config = self._config_of(frame)
        is_new = bool(config) and config != self._config
        if taken - time > BEHIND_MAX:
            self._break = True
        length_ms = lead.length * 1000 // lead.timescale
        is_due = not self._began_with_key or length_ms >= settings.segment_ms - settings.part_ms
        if is_new or self._break or is_due:
            begin = taken if taken - time > BEHIND_MAX else time
            self._end_segment(SegmentBoundary(time, is_new or self._break, begin), out, key=True)
            lead.end = time = begin
            if is_new or self._break:
                self._last_key = None  # the stretch was another camera's in part, or has a hole
            self._break = False
        if is_new:
            self._stretches.clear()
            self._use(config, out)
        self._count_keyframe(time)
        return time

    def _leave_hole(self, time: int, taken: int, out: list[PackagerEvent]) -> int:
        """Sound goes on at its own time, and so the picture must, with or without a keyframe; returns where it begins."""
        self._end_segment(SegmentBoundary(time, True, taken), out, key=False)  # noqa: FBT003
        self._count_forced()
        self._last_key = None
        self._lead.end = taken
        return taken

    def _count_keyframe(self, time: int) -> None:
        if self._last_key is not None:
            self._stretches.append(time - self._last_key)
        self._last_key = time
        self._segments_of_stretch = 0
        self._segment_limit = self._limit()
        self._began_with_key = self._began_with_key or not self._lead.length

    def _count_forced(self) -> None:
        """A segment ended without a keyframe."""
        self._segments_of_stretch += 1
        self._segment_limit = self._limit()

    def _limit(self) -> int:
        """Ticks that the running segment may have: the longest, or a share of the stretch between two keyframes.

        Shares are even, or a little shorter: the last that ends without a keyframe shall end before the earliest comes.
        """
        longest = self._lead.segment_max
        if not self._stretches:
            return longest if self._segments_of_stretch else longest // 2
        least, most = min(self._stretches), max(self._stretches)
        margin = most // _STRETCH_MARGIN
        if len(self._stretches) > 1:
            margin = min(margin, most - least)
        fitting = longest - _SPARE_MS * VIDEO_HZ // 1000
        forced = -(-(most + margin) // fitting) - 1  # segments that end without a keyframe
        if self._segments_of_stretch >= forced:
            return longest
        until = max(least - max(margin, longest // 5), most + margin - fitting, forced * longest // 4)
        return min(most * forced // (forced + 1), until) // forced

    def _move(self, taken: int, shown: int) -> None:
        self._moved[taken] = shown
        if len(self._moved) > _MOVED_MAX:
            del self._moved[next(iter(self._moved))]

    def _end_segment(self, boundary: SegmentBoundary, out: list[PackagerEvent], *, key: bool) -> None:
        """`key`: the next one begins with a keyframe."""
        self._lead.end_segment(out, discontinuity=boundary.discontinuity)
        self._began_with_key = key
        for follower in self._followers.values():
            follower.cut(boundary)
        for track in self._others.values():
            cuts = self._cuts[track.id]
            cuts.append(boundary)
            self._follow(track, track.end, out)
            while len(cuts) > _SEGMENTS_BEHIND_MAX:
                if track.mapped:
                    self._fill(track, self._audio_time(cuts[0].time), out)
                    self._follow(track, track.end, out)
                else:
                    self._pass_over(track)
            ahead = self._ahead[track.id]
            for _ in range(len(ahead)):
                self._sound(track, ahead.popleft(), out)

    def _config_of(self, frame: VideoFrame) -> tuple[bytes, ...]:
        return parameter_sets(frame.units, self._config)

    def _use(self, config: tuple[bytes, ...], out: list[PackagerEvent]) -> None:
        self._config = config
        out.append(self._lead.new_picture_map(config))

    # --- what follows it ---

    def _follow(self, track: Track, time: int, out: list[PackagerEvent]) -> None:
        """End the segments of `track` that end at or before `time`; each has a part at least."""
        cuts = self._cuts[track.id]
        while cuts and track.length and self._audio_time(cuts[0].time) <= time:
            at, begin = self._audio_time(cuts[0].time), self._audio_time(cuts[0].begin)
            if not track.segment and track.pending[0].time >= at:
                at = track.pending[0].time + 1  # it was ahead: one frame is the whole segment
            cut = cuts.popleft()
            track.end_segment(out, discontinuity=cut.discontinuity, at=at)
            if begin > at:
                track.skip_to(begin)

    def _pass_over(self, track: Track) -> None:
        """A segment of which nothing came, and nothing had come before: the rendition begins with a later one."""
        cut = self._cuts[track.id].popleft()
        track.begin(track.msn + 1, discontinuity=cut.discontinuity)
        track.end = self._audio_time(cut.begin)

    @staticmethod
    def _fill(track: Track, until: int, out: list[PackagerEvent]) -> None:
        """Silence up to a time of the sound; one frame at least if the segment is empty."""
        silence, duration = (OPUS_SILENCE, OPUS_FRAME) if track.codec == "opus" else (AAC_SILENCE, AAC_FRAME)
        while track.end < until or not track.length:
            track.add(Sample(track.end, duration, True, silence), out)  # noqa: FBT003

    def _audio_map(self, track: Track) -> PackagerEvent:
        is_opus = track.codec == "opus"
        header = cmaf.opus_header(2, AUDIO_HZ) if is_opus else cmaf.aac_header(2, AUDIO_HZ, AAC_SPECIFIC_CONFIG)
        return track.new_map(_CODECS[track.codec], header)

    # --- times ---

    def _origin(self, rate: int) -> int:
        return self._origin_ms * rate // 1000

    @staticmethod
    def _audio_time(video_time: int) -> int:
        """The first audio tick at or after a time of the picture."""
        return -(-video_time * AUDIO_HZ // VIDEO_HZ)
