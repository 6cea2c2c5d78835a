"""Packaging: a program's frames become maps, parts and segments, one track a rendition. Pure: no I/O, no clock.

The picture leads. Its segments begin at keyframes, once `segment_ms` are full (a part less will do), and end at
`segment_ms_max` even without one. A keyframe before that time begins a part if the one before it is long enough; else it comes
to lie within one: only the last part of a segment may be short (RFC 8216bis, 4.4.4.9). Where the picture's segment ends, that
of every other rendition ends, under the same media sequence number:

    video   |K....|.....|.....|K....|.....|K.....          K: a keyframe
    opus    |..........|..........|..........|...          at the first frame that begins at that time or later

A picture's duration is known when the next one comes, so one is held back. New parameter sets make a new map and a
discontinuity, which every rendition tells, since their discontinuity sequence numbers must agree (RFC 8216bis, 6.2.4).

Further renditions with a picture follow the leading one (follower.py), which never waits for them.
"""

from collections import deque
from collections.abc import Iterable, Mapping

from msgspec import Struct

from media.codecs import cmaf
from media.codecs.audio import AAC_FRAME, AAC_SILENCE, AAC_SPECIFIC_CONFIG
from media.codecs.h264 import parameter_sets, sample_data
from media.frames import AUDIO_HZ, OPUS_FRAME, OPUS_SILENCE, VIDEO_HZ, AudioFrame, VideoFrame
from media.hls.follower import Follower
from media.hls.tracks import Codec, PackagingSettings, Rendition, Sample, SegmentBoundary, Track
from media.parts import PackagerEvent

VIDEO = Rendition("video", "h264")
OPUS = Rendition("opus", "opus")
AAC = Rendition("aac", "aac")
LOWER = Rendition("low", "h264")

_FIRST_DURATION = VIDEO_HZ // 30  # of a picture that is the only one
_BEHIND_MAX = 2  # segments that another rendition may lag behind the picture before silence fills it
_CODECS: dict[Codec, str] = {"opus": "opus", "aac": "mp4a.40.2"}


class Resume(Struct, frozen=True, kw_only=True):
    """Where a stream goes on in a new process: the first numbers not yet used; of parts and maps by rendition."""

    msn: int
    parts: Mapping[str, int] = {}
    maps: Mapping[str, int] = {}


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
        self._cuts: dict[str, deque[SegmentBoundary]] = {name: deque() for name in self._others}
        self._first_msn = max(resume.msn, 0)
        self._break = resume.msn >= 0  # the next segment begins with a discontinuity
        self._config: tuple[bytes, ...] = ()
        self._held: VideoFrame | None = None
        self._held_time = 0
        self._duration = _FIRST_DURATION  # of the last picture that had one
        self.dropped = 0  # frames that could not be placed: before the first keyframe, or not later than the one before

    # --- in ---

    def video(self, frame: VideoFrame) -> list[PackagerEvent]:
        """A picture; what became ready by it."""
        out: list[PackagerEvent] = []
        time = frame.time - self._origin(VIDEO_HZ)
        held = self._held
        if time < 0 or (held is None and not (frame.key and self._config_of(frame))):
            self.dropped += 1
            return out
        if held is None:
            self._begin(frame, time, out)
        elif time <= self._held_time:
            self.dropped += 1
            return out
        else:
            self._place(held, time - self._held_time, out)
            if frame.key:
                self._meet_keyframe(frame, time, out)
        self._held, self._held_time = frame, time
        for follower in self._followers.values():
            follower.keep_up(time, out)
        return out

    def lower(self, frame: VideoFrame, rendition: str = LOWER.id) -> list[PackagerEvent]:
        """A picture of a rendition that follows the leading one, whose picture of this time came before; see follower.py."""
        out: list[PackagerEvent] = []
        time = frame.time - self._origin(VIDEO_HZ)
        is_late_enough = self._held is not None and time <= self._held_time
        if not (is_late_enough and self._followers[rendition].put(frame, time, out)):
            self.dropped += 1
        return out

    def audio(self, frame: AudioFrame, rendition: str = OPUS.id) -> list[PackagerEvent]:
        """A frame of sound; what became ready by it. Sound from before the first picture is dropped."""
        out: list[PackagerEvent] = []
        track = self._others[rendition]
        time = frame.time - self._origin(AUDIO_HZ)
        if not track.begun or time < track.end:
            self.dropped += 1
            return out
        if not track.mapped:
            cuts = self._cuts[track.id]
            while cuts and self._audio_time(cuts[0].time) <= time:
                self._pass_over(track)
            out.append(self._audio_map(track))
        self._follow(track, time, out)
        track.add(Sample(time, frame.duration, True, frame.data), out)  # noqa: FBT003
        self._follow(track, track.end, out)
        return out

    def discontinuity(self) -> list[PackagerEvent]:
        """The next keyframe begins a segment that does not go on from the one before."""
        self._break = self._lead.begun or self._break
        return []

    def close(self) -> list[PackagerEvent]:
        """All that is left, and the end of every segment. The packager is of no use afterwards."""
        out: list[PackagerEvent] = []
        if self._held is None:
            return out
        end = self._held_time + self._duration
        self._place(self._held, self._duration, out)
        self._held = None
        self._lead.end_segment(out, discontinuity=False)
        for follower in self._followers.values():
            follower.close(end, out)
        for track in self._others.values():
            if track.mapped:
                cuts = self._cuts[track.id]
                while cuts:
                    self._fill(track, cuts[0].time, out)
                    self._follow(track, track.end, out)
                self._fill(track, end, out)
                track.end_segment(out, discontinuity=False)
        return out

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

    def _place(self, frame: VideoFrame, duration: int, out: list[PackagerEvent]) -> None:
        """The held picture goes into a part; a segment that it would make too long ends before it."""
        lead = self._lead
        duration = min(duration, lead.segment_max)  # rather a hole than a segment longer than promised
        if lead.length and lead.length + duration > lead.segment_max:
            self._end_segment(self._held_time, out, discontinuity=False)
        lead.add(Sample(self._held_time, duration, frame.key, sample_data(frame.units)), out)
        self._duration = duration

    def _meet_keyframe(self, frame: VideoFrame, time: int, out: list[PackagerEvent]) -> None:
        """The picture before `frame` is placed; where does `frame` begin?"""
        lead, settings = self._lead, self._settings
        config = self._config_of(frame)
        is_new = bool(config) and config != self._config
        length_ms = lead.length * 1000 // lead.timescale
        if is_new or self._break or length_ms >= settings.segment_ms - settings.part_ms:
            self._end_segment(time, out, discontinuity=is_new or self._break)
            self._break = False
        if is_new:
            self._use(config, out)

    def _end_segment(self, time: int, out: list[PackagerEvent], *, discontinuity: bool) -> None:
        self._lead.end_segment(out, discontinuity=discontinuity)
        for follower in self._followers.values():
            follower.cut(SegmentBoundary(time, discontinuity))
        for track in self._others.values():
            cuts = self._cuts[track.id]
            cuts.append(SegmentBoundary(time, discontinuity))
            self._follow(track, track.end, out)
            while len(cuts) > _BEHIND_MAX:
                if track.mapped:
                    self._fill(track, cuts[0].time, out)
                    self._follow(track, track.end, out)
                else:
                    self._pass_over(track)

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
            at = self._audio_time(cuts[0].time)
            if not track.segment and track.pending[0].time >= at:
                at = track.pending[0].time + 1  # it was ahead: one frame is the whole segment
            cut = cuts.popleft()
            track.end_segment(out, discontinuity=cut.discontinuity, at=at)

    def _pass_over(self, track: Track) -> None:
        """A segment of which nothing came, and nothing had come before: the rendition begins with a later one."""
        cut = self._cuts[track.id].popleft()
        track.begin(track.msn + 1, discontinuity=cut.discontinuity)
        track.end = self._audio_time(cut.time)

    def _fill(self, track: Track, time: int, out: list[PackagerEvent]) -> None:
        """Silence up to a time of the picture; one frame at least if the segment is empty."""
        silence, duration = (OPUS_SILENCE, OPUS_FRAME) if track.codec == "opus" else (AAC_SILENCE, AAC_FRAME)
        until = self._audio_time(time)
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
