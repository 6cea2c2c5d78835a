"""Cameras as they are: whatever the keyframe interval, the rate and the jitter, segments begin at keyframes and parts fit."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from media.clips.selection import select_parts
from media.frames import VIDEO_HZ, VideoFrame
from media.hls.live_playlist import LivePlaylist
from media.hls.packager import BEHIND_MAX, LOWER, VIDEO, Packager, Resume
from media.hls.part_target import FrameInterval, part_target_ms
from media.hls.tracks import SLIP_MAX_MS, PackagingSettings
from media.parts import InitSegment, PackagerEvent, Part, SegmentEnd
from media.record import journal
from media.record.journal import replay
from tests.media.hls.chunks import read_chunk
from tests.media.hls.streams import ORIGIN_MS, ORIGIN_VIDEO, PPS, SPS, in_time, sound
from tests.media.hls.validator import TIMESCALES, Report, validated
from tests.media.record.test_journal import BEGUN, entries_of

SETTINGS = PackagingSettings()


def camera(
    seconds: float, fps: float, *, key_s: float, jitter_ms: float = 0.0, from_s: float = 0.0, width: int = 640
) -> list[VideoFrame]:
    """Pictures with a keyframe each `key_s`, each up to `jitter_ms` early or late; the slice tells its number."""
    rng = random.Random(7)
    gop = round(key_s * fps)
    frames = []
    for number in range(round(seconds * fps)):
        off_s = rng.uniform(-jitter_ms, jitter_ms) / 1000 if number else 0.0
        time = ORIGIN_VIDEO + round((from_s + number / fps + off_s) * VIDEO_HZ)
        is_key = number % gop == 0
        slice_ = bytes((0x65 if is_key else 0x41,)) + number.to_bytes(8, "big")
        frames.append(VideoFrame(time, is_key, (SPS[width], PPS, slice_) if is_key else (slice_,)))
    return sorted(frames, key=lambda frame: frame.time)


class Played:
    """What players were told of the picture while it was packaged, every version of the playlist."""

    def __init__(self, frames: Sequence[VideoFrame], resume: Resume | None = None) -> None:
        packager = Packager(SETTINGS, ORIGIN_MS, resume, (VIDEO,))
        self.events: list[PackagerEvent] = []
        self.playlists: list[str] = []
        self.window = LivePlaylist("video", "r1", ORIGIN_MS, SETTINGS, dvr_s=600, memory_s=600)
        for frame in frames:
            self._put(packager.video(frame))
        self._put(packager.close())
        self.dropped = packager.dropped

    def _put(self, events: list[PackagerEvent]) -> None:
        self.events += events
        for event in events:
            self.window.put(event)
            if isinstance(event, Part | SegmentEnd):
                self.playlists.append(self.window.text([], skip=False))

    @property
    def parts(self) -> list[Part]:
        return [event for event in self.events if isinstance(event, Part)]

    @property
    def segments_s(self) -> list[float]:
        return [event.duration / VIDEO_HZ for event in self.events if isinstance(event, SegmentEnd)]

    @property
    def shown(self) -> list[int]:
        """When each picture is shown, in ticks."""
        times: list[int] = []
        for part in self.parts:
            at = part.time
            for duration in read_chunk(part.data).durations:
                times.append(at)
                at += duration
        return times

    def report(self) -> Report:
        data = {f"pr1-{part.number}.m4s": part.data for part in self.parts}
        return validated(self.playlists, data.__getitem__, VIDEO_HZ)


def keyframes_in(played: Played) -> tuple[int, int]:
    """(keyframes, those of them that begin a segment)."""
    keys = sum(sum(read_chunk(part.data).keys) for part in played.parts)
    return keys, sum(part.independent and part.index == 0 for part in played.parts)


# --- keyframes and segments ---


@pytest.mark.parametrize(
    ("fps", "key_s", "jitter_ms", "seconds"),
    [
        (30, 250 / 30, 0, 120), (60, 250 / 60, 0, 120), (25, 4, 3, 60), (25, 4, 10, 120), (25, 2, 0, 60), (25, 2, 10, 60),
        (15, 4, 10, 120), (12.5, 4, 10, 120), (30, 4.4, 10, 120), (30, 8.8, 10, 120), (30, 10, 0, 120), (25, 10, 10, 120),
        (5, 10, 10, 120), (60, 10, 3, 60), (60, 3, 10, 60), (8, 5, 10, 60),
    ],
)  # fmt: skip
def test_every_keyframe_begins_a_segment(fps: float, key_s: float, jitter_ms: float, seconds: float) -> None:
    played = Played(camera(seconds, fps, key_s=key_s, jitter_ms=jitter_ms))
    keys, begin = keyframes_in(played)
    assert keys >= seconds // key_s
    assert begin == keys
    assert played.dropped == 0
    assert played.report().faults == []
    assert min(played.segments_s[3:-1]) > 1.3  # and no slivers, once the interval is known


@pytest.mark.parametrize("jitter_ms", [0, 3, 10])
def test_a_keyframe_interval_of_the_longest_segment_leaves_no_slivers(jitter_ms: float) -> None:
    lengths = Played(camera(60, 25, key_s=4, jitter_ms=jitter_ms)).segments_s
    assert [round(length, 1) for length in lengths[:4]] == [2.2, 1.8, 2.0, 2.0]  # two stretches, and it is known
    assert len(lengths) == 17
    assert all(3.9 < length < 4.1 for length in lengths[4:])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("least_s", "most_s"), [(4, 4.6), (4.2, 5), (8.2, 9)])
def test_keyframes_that_come_at_random_about_the_longest_segment_leave_no_slivers(
    least_s: float, most_s: float, seed: int
) -> None:
    rng = random.Random(seed)
    frames: list[VideoFrame] = []
    at_s = 0.0
    while at_s < 90:
        length_s = round(rng.uniform(least_s, most_s) * 25) / 25
        frames += camera(length_s, 25, key_s=100, from_s=at_s)
        at_s += length_s
    played = Played(frames)
    report = played.report()
    assert (report.faults, report.short) == ([], 0)
    keys, begin = keyframes_in(played)
    assert begin == keys
    assert min(played.segments_s[:-1]) > 1.3
    assert max(played.segments_s) <= 4.4


def test_where_some_keyframes_come_much_earlier_a_segment_ends_well_before_those() -> None:
    frames, at_s = [], 0.0
    for length_s in (2.6, 4.6) * 8:
        frames += camera(length_s, 25, key_s=100, from_s=at_s)
        at_s += length_s
    lengths = [round(length, 2) for length in Played(frames).segments_s]
    assert lengths[:4] == [2.2, 0.4, 4.4, 0.2]  # nobody can know
    assert lengths[4:-1] == ([1.72, 0.88, 1.72, 2.88] * 7)[:-1]


def test_a_long_stretch_between_keyframes_is_divided_evenly() -> None:
    lengths = [round(length, 2) for length in Played(camera(60, 30, key_s=250 / 30)).segments_s]
    assert lengths[:6] == [2.2, 4.4, 1.73, 2.77, 2.77, 2.8]  # unknown, then known from one stretch only
    assert lengths[6:-1] == [4.17] * 10
    assert [round(length, 2) for length in Played(camera(40, 30, key_s=10)).segments_s[6:]] == [3.33, 3.33, 3.33] * 2


def test_without_another_keyframe_segments_end_at_the_longest() -> None:
    played = Played(camera(30, 30, key_s=1_000))
    assert [round(length, 1) for length in played.segments_s] == [2.2] + [4.4] * 6 + [1.4]
    assert played.report().faults == []


def test_a_segment_that_ended_without_a_keyframe_and_meets_one_is_cut_anew() -> None:
    frames = camera(5, 30, key_s=100) + camera(5, 30, key_s=100, from_s=5)
    played = Played(frames)
    assert [round(length, 1) for length in played.segments_s] == [2.2, 2.8, 2.5, 2.5]
    assert [part.time / VIDEO_HZ for part in played.parts if part.independent] == [0, 5]


def test_what_is_known_of_one_camera_says_nothing_of_the_next() -> None:
    frames = camera(16, 25, key_s=4) + camera(12, 25, key_s=6, from_s=16, width=1280)
    lengths = [round(length, 1) for length in Played(frames).segments_s]
    assert lengths == [2.2, 1.8, 2.0, 2.0, 4.0, 4.0, 2.2, 3.8, 3.0, 3.0]


def test_a_clip_of_ten_seconds_begins_at_the_keyframe_before() -> None:
    for fps, key_s, jitter_ms in (
        (30, 250 / 30, 0.0),
        (25, 4, 3.0),
        (25, 4, 10.0),
        (60, 250 / 60, 10.0),
        (25, 10, 10.0),
    ):
        played = Played(camera(120, fps, key_s=key_s, jitter_ms=jitter_ms))
        ledger = replay(b"".join(map(journal.line, entries_of(played.events))))
        for from_s in range(10, 100, 7):
            begin = BEGUN.origin_ms + from_s * 1000
            end = begin + 10_000
            found = select_parts(ledger, begin, end, length_ms_max=60_000)
            assert 0 <= begin - found.from_ms <= key_s * 1000 + 50
            assert 0 <= found.to_ms - end <= 300


# --- parts ---

RATES = [4, 5, 6, 8, 10, 12, 12.5, 15, 16, 20, 24, 25, 29.97, 30, 50, 60]


@pytest.mark.parametrize("jitter_ms", [0, 3, 10])
@pytest.mark.parametrize("fps", RATES)
def test_parts_keep_to_the_part_target_and_85_percent_of_it(fps: float, jitter_ms: float) -> None:
    frames = camera(40, fps, key_s=2, jitter_ms=jitter_ms)
    played = Played(frames)
    report = played.report()
    assert report.faults == []
    assert report.short == 0
    assert report.parts > 80
    off = [shown - (frame.time - ORIGIN_VIDEO) for shown, frame in zip(played.shown, frames, strict=True)]
    assert max(map(abs, off)) <= SLIP_MAX_MS * 90
    assert jitter_ms or not any(off)  # what comes evenly is shown as it was taken


@pytest.mark.parametrize(
    ("fps", "target_ms"),
    [
        (4, 271), (5, 230), (6, 361), (8, 271), (10, 230), (12, 271), (12.5, 260), (15, 230), (16, 271), (20, 230), (24, 230),
        (25, 230), (29.97, 230), (30, 230), (50, 230), (60, 230), (2, 541), (1, 1_081),
    ],
)  # fmt: skip
def test_the_part_target_fits_the_rate_that_a_stream_begins_with(fps: float, target_ms: int) -> None:
    interval = FrameInterval()
    number = 0
    while not interval.is_settled:
        interval.add(round(number * VIDEO_HZ / fps))
        number += 1
    assert number <= 7
    wanted = target_ms if fps > 1 else 230  # one frame a second is too little to go by
    assert part_target_ms(200, interval.ms) == wanted
    if fps == 1:
        assert part_target_ms(200, 1_000.0) == target_ms


def test_frames_that_are_lost_at_the_beginning_do_not_change_the_rate() -> None:
    interval = FrameInterval()
    for number in (0, 1, 2, 5, 6, 7, 8):
        interval.add(number * 3_000)
    assert interval.ms == pytest.approx(1000 / 30)


@pytest.mark.parametrize("hold_ms", [240, 300, 500, 700, 950])
@pytest.mark.parametrize("after", [60, 61, 62, 63, 64, 65, 66])
def test_a_picture_that_stays_is_shown_for_the_part_target_and_those_behind_it_catch_up(
    hold_ms: int, after: int
) -> None:
    frames = camera(10, 30, key_s=2)
    held = [
        VideoFrame(frame.time + (hold_ms * 90 if number > after else 0), frame.key, frame.units)
        for number, frame in enumerate(frames)
    ]
    played = Played(held)
    report = played.report()
    assert (report.faults, report.short) == ([], 0)
    off_ms = [(shown - (frame.time - ORIGIN_VIDEO)) / 90 for shown, frame in zip(played.shown, held, strict=True)]
    assert -hold_ms < min(off_ms) <= 33 + 230 - hold_ms or hold_ms < 263
    assert max(off_ms) <= SLIP_MAX_MS
    assert not any(off_ms[: after + 1])
    assert not any(off_ms[after + 8 :])  # a second later at most, and mostly much sooner


def test_a_slower_camera_that_comes_later_has_no_part_over_the_target() -> None:
    frames = camera(10, 30, key_s=2)
    for at, fps in enumerate((12.5, 4, 5, 8, 12, 3)):
        frames += camera(10, fps, key_s=4, jitter_ms=3, from_s=10 + 10 * at, width=1280 if at % 2 else 640)
    played = Played(frames)
    report = played.report()
    assert report.faults == []
    assert report.part_target == 0.23
    behind = [frame.time - ORIGIN_VIDEO - shown for shown, frame in zip(played.shown, frames, strict=True)]
    assert max(behind) < BEHIND_MAX + 4 * 0.4 * VIDEO_HZ  # three a second: it falls behind until the next keyframe


def test_a_hole_that_is_too_long_to_catch_up_with_ends_with_a_discontinuity_before_the_next_keyframe() -> None:
    frames = camera(3, 30, key_s=1) + camera(6, 30, key_s=1, from_s=33)[10:]
    played = Played(frames)
    assert played.report().faults == []
    assert [part.time / VIDEO_HZ for part in played.parts if part.discontinuity and part.index == 0] == [33 + 1 / 3]
    assert played.shown[-1] / VIDEO_HZ == pytest.approx(39 - 1 / 30, abs=1e-3)


def test_a_rendition_that_follows_shows_each_picture_at_the_same_time() -> None:
    frames = camera(10, 30, key_s=2, jitter_ms=10)
    frames = [
        VideoFrame(frame.time + (45_000 if number > 100 else 0), frame.key, frame.units)
        for number, frame in enumerate(frames)
    ]
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO, LOWER))
    events: list[PackagerEvent] = []
    for number, frame in enumerate(frames):
        events += packager.video(frame)
        if number >= 3:
            events += packager.lower(frames[number - 3])
    for frame in frames[-3:]:
        events += packager.lower(frame)
    events += packager.close()
    ends = {
        name: [event.duration for event in events if isinstance(event, SegmentEnd) and event.rendition == name]
        for name in ("video", "low")
    }
    assert ends["video"] == ends["low"]
    parts = {
        name: [event for event in events if isinstance(event, Part) and event.rendition == name]
        for name in ("video", "low")
    }
    begins = {name: [part.time for part in parts[name] if part.index == 0] for name in parts}
    assert begins["video"] == begins["low"]
    assert max(part.duration for part in parts["low"]) <= 20_700


# --- what begins, and what goes on ---


def test_nothing_is_out_before_the_part_target_is_settled_and_nothing_is_lost() -> None:
    packager = Packager(SETTINGS, ORIGIN_MS)
    events: list[PackagerEvent] = []
    first: float | None = None
    frames = camera(4, 8, key_s=2)
    for frame in in_time(frames, sound(200)):
        made = packager.video(frame) if isinstance(frame, VideoFrame) else packager.audio(frame)
        if made and first is None and isinstance(frame, VideoFrame):
            first = (frame.time - ORIGIN_VIDEO) / VIDEO_HZ
        events += made
    events += packager.close()
    assert first == 0.75
    assert packager.dropped == 0
    assert {event.part_target_ms for event in events if isinstance(event, InitSegment)} == {271}
    heard = [
        sample
        for event in events
        if isinstance(event, Part) and event.rendition == "opus"
        for sample in read_chunk(event.data).samples
    ]
    assert heard[:200] == [frame.data for frame in sound(200)]


def test_a_process_that_carries_a_stream_on_keeps_its_part_target() -> None:
    resume = Resume(msn=5, parts={"video": 50}, maps={"video": 1}, part_target_ms=271)
    played = Played(camera(10, 30, key_s=2, from_s=100), resume)
    assert played.report().part_target == 0.271
    assert (played.report().faults, played.report().short) == ([], 0)
    assert Played(camera(4, 8, key_s=2), Resume(msn=5)).report().part_target == 0.23


def test_pictures_are_shown_one_after_the_other_without_a_hole() -> None:
    shown = Played(camera(20, 12, key_s=2, jitter_ms=10)).parts
    assert all(before.time + before.duration == after.time for before, after in pairwise(shown))


# --- sound beside a picture that has been moved ---


def with_sound(frames: Sequence[VideoFrame], seconds: float) -> tuple[dict[str, Report], list[PackagerEvent]]:
    """What a validator says of both renditions."""
    packager = Packager(SETTINGS, ORIGIN_MS)
    windows: dict[str, LivePlaylist] = {}
    playlists: dict[str, list[str]] = {"video": [], "opus": []}
    data: dict[tuple[str, str], bytes] = {}
    events: list[PackagerEvent] = []
    for frame in [*in_time(frames, sound(round(seconds * 50))), None]:
        if frame is None:
            made = packager.close()
        else:
            made = packager.video(frame) if isinstance(frame, VideoFrame) else packager.audio(frame)
        events += made
        for event in made:
            name = event.rendition
            if name not in windows:
                windows[name] = LivePlaylist(name, "r1", ORIGIN_MS, SETTINGS, dvr_s=600, memory_s=600)
            windows[name].put(event, windows["video"])
            if isinstance(event, Part):
                data[name, f"pr1-{event.number}.m4s"] = event.data
            if isinstance(event, Part | SegmentEnd):
                playlists[name].append(windows[name].text([], skip=False))
    reports = {
        name: validated(texts, lambda uri, name=name: data[name, uri], TIMESCALES[name])  # type: ignore[misc]
        for name, texts in playlists.items()
    }
    return reports, events


def boundaries(events: Sequence[PackagerEvent], rendition: str) -> list[tuple[int, float, bool]]:
    return [
        (event.msn, event.time / event.timescale, event.discontinuity)
        for event in events
        if isinstance(event, Part) and event.rendition == rendition and event.index == 0
    ]


@pytest.mark.parametrize("key_s", [2, 4, 10])
@pytest.mark.parametrize("hold_s", [0.3, 0.95])
def test_sound_keeps_its_promises_while_the_picture_stays(key_s: float, hold_s: float) -> None:
    frames, late = [], 0
    for number, frame in enumerate(camera(40, 30, key_s=key_s)):
        late += round(hold_s * VIDEO_HZ) if number and number % 110 == 0 else 0
        frames.append(VideoFrame(frame.time + late, frame.key, frame.units))
    reports, events = with_sound(frames, 40 + late / VIDEO_HZ)
    assert [(report.faults, report.short) for report in reports.values()] == [([], 0), ([], 0)]
    seen, heard = boundaries(events, "video"), boundaries(events, "opus")
    assert [msn for msn, _, _ in heard] == [msn for msn, _, _ in seen]
    assert all(abs(a - b) < 1.2 for (_, a, _), (_, b, _) in zip(seen, heard, strict=True))
    assert all(abs(a - b) < 0.021 for (_, a, _), (_, b, _) in zip(seen[:1], heard[:1], strict=True))
    voices = sound(round((40 + late / VIDEO_HZ) * 50))
    came = [
        sample
        for event in events
        if isinstance(event, Part) and event.rendition == "opus"
        for sample in read_chunk(event.data).samples
    ]
    assert came[: len(voices)] == [voice.data for voice in voices]  # all of it, in order


def test_sound_goes_along_where_the_picture_jumps_to_catch_up() -> None:
    frames = camera(8, 30, key_s=2) + camera(32, 3, key_s=4, from_s=8, width=1280)
    reports, events = with_sound(frames, 40)
    assert [report.faults for report in reports.values()] == [[], []]
    seen, heard = boundaries(events, "video"), boundaries(events, "opus")
    assert [(msn, discontinuity) for msn, _, discontinuity in heard] == [(msn, disc) for msn, _, disc in seen]
    assert sum(discontinuity for _, _, discontinuity in seen) > 2
    assert all(abs(a - b) < BEHIND_MAX / VIDEO_HZ + 1.3 for (_, a, _), (_, b, _) in zip(seen, heard, strict=True))
