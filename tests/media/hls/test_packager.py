"""Every frame comes out once, at its time; parts and segments have the lengths and the beginnings that were promised."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.frames import AUDIO_HZ, OPUS_FRAME, OPUS_SILENCE, VIDEO_HZ, AudioFrame, Frame, VideoFrame
from media.hls.packager import AAC, OPUS, VIDEO, Packager, Resume
from media.hls.tracks import SLIP_MAX_MS, PackagingSettings
from media.parts import InitSegment, PackagerEvent, Part, SegmentEnd
from tests.media.hls.chunks import read_chunk, units
from tests.media.hls.streams import ORIGIN_AUDIO, ORIGIN_MS, ORIGIN_VIDEO, PPS, SPS, in_time, packaged, sound, video

SETTINGS = PackagingSettings()
PART_MS_LEAST, PART_MS_MOST = 195.5, 230.0


def package(frames: Sequence[Frame], resume: Resume | None = None) -> list[PackagerEvent]:
    return packaged(Packager(SETTINGS, ORIGIN_MS, resume), in_time(frames))


def parts_of(pieces: Sequence[PackagerEvent], rendition: str) -> list[Part]:
    return [piece for piece in pieces if isinstance(piece, Part) and piece.rendition == rendition]


def ends_of(pieces: Sequence[PackagerEvent], rendition: str) -> list[SegmentEnd]:
    return [piece for piece in pieces if isinstance(piece, SegmentEnd) and piece.rendition == rendition]


def merged(*lists: Sequence[Frame]) -> list[Frame]:
    return list(in_time(*lists))


def placed(pieces: Sequence[PackagerEvent], rendition: str) -> list[tuple[int, bytes]]:
    """(where in the rendition's ticks, bytes) of each frame, as the parts' bytes tell."""
    found: list[tuple[int, bytes]] = []
    for part in parts_of(pieces, rendition):
        chunk = read_chunk(part.data)
        at = chunk.time
        for duration, data in zip(chunk.durations, chunk.samples, strict=True):
            found.append((at, data))
            at += duration
    return found


def shown_times(pieces: Sequence[PackagerEvent]) -> list[int]:
    return [at for at, _ in placed(pieces, "video")]


def samples_of(pieces: Sequence[PackagerEvent]) -> list[bytes]:
    return [data for _, data in placed(pieces, "video")]


def heard_times(pieces: Sequence[PackagerEvent]) -> list[tuple[int, bytes]]:
    return placed(pieces, "opus")


def boundaries_of(pieces: Sequence[PackagerEvent], rendition: str) -> list[tuple[int, float]]:
    """(number, second, to a frame of sound) where each segment begins."""
    return [(part.msn, round(part.time / part.timescale, 1)) for part in parts_of(pieces, rendition) if part.index == 0]


def check_order(pieces: Sequence[PackagerEvent], rendition: str) -> None:
    """Numbers count up without holes, a segment ends once and after its parts, a part's map came before it."""
    number = msn = index = ticks = None
    maps: set[int] = set()
    for piece in (piece for piece in pieces if piece.rendition == rendition):
        if isinstance(piece, InitSegment):
            assert piece.number == len(maps)
            maps.add(piece.number)
        elif isinstance(piece, Part):
            msn = piece.msn if msn is None else msn
            assert (piece.msn, piece.index) == (msn, 0 if index is None else index + 1)
            assert piece.number == (0 if number is None else number + 1)
            assert piece.map == len(maps) - 1
            number, index, ticks = piece.number, piece.index, (ticks or 0) + piece.duration
        else:
            assert (piece.msn, piece.duration) == (msn, ticks)
            assert index is not None
            msn, index, ticks = piece.msn + 1, None, 0
    assert index is None


# --- conservation ---

pauses = st.lists(st.integers(1, 40_000), min_size=1, max_size=200)


@given(pauses, st.data())
def test_every_picture_comes_out_once_at_its_time(steps: list[int], data: st.DataObject) -> None:
    time, frames = ORIGIN_VIDEO, []
    for number, step in enumerate(steps):
        is_key = number == 0 or data.draw(st.sampled_from((False, False, False, True)))
        slice_ = bytes((0x65 if is_key else 0x41,)) + number.to_bytes(4, "big")
        width = data.draw(st.sampled_from((320, 320, 320, 640))) if is_key else 0
        frames.append(VideoFrame(time, is_key, (SPS[width], PPS, slice_) if is_key else (slice_,)))
        time += step
    pieces = package(frames)
    check_order(pieces, "video")
    chunks = [read_chunk(part.data) for part in parts_of(pieces, "video")]
    assert [units(sample) for chunk in chunks for sample in chunk.samples] == [[frame.units[-1]] for frame in frames]
    (target_ms,) = {piece.part_target_ms for piece in pieces if isinstance(piece, InitSegment)}
    times, keys = [], []
    for part, chunk in zip(parts_of(pieces, "video"), chunks, strict=True):
        assert (chunk.time, sum(chunk.durations)) == (part.time, part.duration)
        assert part.independent == chunk.keys[0]
        assert part.duration <= target_ms * 90
        times += [chunk.time + sum(chunk.durations[:at]) for at in range(len(chunk.samples))]
        keys += chunk.keys
    off = [shown - (frame.time - ORIGIN_VIDEO) for shown, frame in zip(times, frames, strict=True)]
    assert max(off) <= SLIP_MAX_MS * 90  # late; early they may be after one that stayed for long
    is_broken = {part.time for part in parts_of(pieces, "video") if part.discontinuity and part.index == 0}
    ends = [part.time + part.duration for part in parts_of(pieces, "video")]
    begins = [part.time for part in parts_of(pieces, "video")]
    assert all(end == begin or begin in is_broken for end, begin in zip(ends, begins[1:], strict=False))  # no hole
    assert keys == [frame.key for frame in frames]
    assert all(end.duration <= SETTINGS.segment_ms_limit * 90 for end in ends_of(pieces, "video"))


@given(st.integers(1, 400), st.integers(-30, 30), st.lists(st.integers(0, 399), max_size=5))
def test_all_sound_comes_out_once_whichever_arrives_first(count: int, lag: int, cuts: list[int]) -> None:
    pictures = video(count)
    changed = set(cuts)
    width = 640
    for number, frame in enumerate(pictures):
        if number in changed:
            width = 960 - width
            pictures[number] = VideoFrame(frame.time, True, (SPS[width], PPS, frame.units[-1]))  # noqa: FBT003
    voices = sound(count * 5 // 3 + 1)
    packager = Packager(SETTINGS, ORIGIN_MS)
    pieces = []
    waiting = list(voices)
    for number, frame in enumerate(pictures):
        pieces += packager.video(frame)
        while waiting and (waiting[0].time - ORIGIN_AUDIO) / AUDIO_HZ <= (number + 1 + lag) / 30:
            pieces += packager.audio(waiting.pop(0))
    for voice in waiting:
        pieces += packager.audio(voice)
    pieces += packager.close()
    check_order(pieces, "video")
    check_order(pieces, "opus")
    chunks = [read_chunk(part.data) for part in parts_of(pieces, "opus")]
    came_out = [sample for chunk in chunks for sample in chunk.samples]
    assert came_out[: len(voices)] == [voice.data for voice in voices]
    assert packager.dropped == 0
    end = 0
    for part, chunk in zip(parts_of(pieces, "opus"), chunks, strict=True):
        assert (part.time, part.duration) == (end, sum(chunk.durations))
        end += part.duration
    flags = {(part.msn, part.discontinuity) for name in ("video", "opus") for part in parts_of(pieces, name)}
    assert len(flags) == len({part.msn for part in parts_of(pieces, "video")})  # both renditions say the same
    assert [end.msn for end in ends_of(pieces, "opus")] == [end.msn for end in ends_of(pieces, "video")]


# --- lengths ---


@pytest.mark.parametrize("fps", [10, 15, 20, 24, 25, 30, 50, 60])
def test_parts_are_between_85_percent_of_the_target_and_the_target(fps: int) -> None:
    pieces = package(merged(video(fps * 20, fps=fps, key=2 * fps), sound(1_000)))
    for name, rate in (("video", 90), ("opus", 48)):
        parts = parts_of(pieces, name)
        last = {(end.msn, max(part.index for part in parts if part.msn == end.msn)) for end in ends_of(pieces, name)}
        for part in parts:
            assert part.duration <= PART_MS_MOST * rate
            assert part.duration >= PART_MS_LEAST * rate or (part.msn, part.index) in last


def test_segments_begin_at_the_first_keyframe_after_two_seconds() -> None:
    pieces = package(video(300, key=15))
    assert [end.duration for end in ends_of(pieces, "video")] == [2 * VIDEO_HZ] * 5
    assert all(part.independent for part in parts_of(pieces, "video") if part.index == 0)


def test_without_keyframes_a_segment_ends_before_it_is_longer_than_the_target_duration() -> None:
    pieces = package(video(300, key=1_000))
    assert [end.duration for end in ends_of(pieces, "video")] == [198_000, 396_000, 306_000]


@pytest.mark.parametrize(("at", "begins_a_part"), [(48, True), (46, False)])
def test_a_keyframe_out_of_turn_begins_a_part_unless_that_leaves_a_short_one(at: int, begins_a_part: bool) -> None:
    parts = parts_of(package(video(at) + video(60, start_s=at / 30)), "video")
    assert any(part.independent for part in parts if part.time == at * 3_000) == begins_a_part
    assert {part.duration for part in parts if part.time < at * 3_000} == {18_000}
    assert {part.msn for part in parts if part.time <= at * 3_000} == {0}


def test_a_picture_that_stays_long_is_shown_for_the_part_target_and_the_next_ones_catch_up() -> None:
    pictures = video(10) + video(30, start_s=1.0)
    chunks = [read_chunk(part.data) for part in parts_of(package(pictures), "video")]
    durations = [duration / 90 for chunk in chunks for duration in chunk.durations]
    assert durations[:6] == pytest.approx([1000 / 30] * 6)
    assert durations[6:13] == pytest.approx([1000 / 30] * 3 + [130, 230, 230, 210], abs=0.01)
    assert durations[13:] == pytest.approx([1000 / 30] * 27)
    assert sum(durations) == pytest.approx(2_000)


def test_segments_of_sound_end_with_those_of_the_picture() -> None:
    pieces = package(merged(video(300), sound(500)))
    starts = {
        name: [part.time / part.timescale for part in parts_of(pieces, name) if part.index == 0]
        for name in ("video", "opus")
    }
    assert starts["video"] == [0, 2, 4, 6, 8]
    assert all(0 <= opus - picture < 0.02 for picture, opus in zip(starts["video"], starts["opus"], strict=True))


# --- discontinuities ---


def test_other_parameter_sets_make_a_map_and_a_discontinuity_in_every_rendition() -> None:
    pictures = video(75) + video(75, start_s=2.5, width=1280)
    pieces = package(merged(pictures, sound(250)))
    maps = [
        (piece.width, piece.height, piece.codecs) for piece in pieces if isinstance(piece, InitSegment) and piece.width
    ]
    assert maps == [(640, 360, "avc1.42c01e"), (1280, 720, "avc1.42c01f")]
    for name in ("video", "opus"):
        assert {part.msn for part in parts_of(pieces, name) if part.discontinuity} == {2}
    assert {part.map for part in parts_of(pieces, "video") if part.msn < 2} == {0}
    assert {part.map for part in parts_of(pieces, "video") if part.msn >= 2} == {1}


def test_a_stream_that_goes_on_in_another_process_counts_on_behind_a_discontinuity() -> None:
    resume = Resume(msn=17, parts={"video": 170, "opus": 171}, maps={"video": 2, "opus": 1})
    pieces = package(merged(video(30), sound(50)), resume)
    first = parts_of(pieces, "video")[0]
    assert (first.msn, first.index, first.number, first.map, first.discontinuity) == (17, 0, 170, 2, True)
    first = parts_of(pieces, "opus")[0]
    assert (first.msn, first.index, first.number, first.map, first.discontinuity) == (17, 0, 171, 1, True)


@pytest.mark.parametrize("hole_s", [2.5, 5, 10, 20])
def test_after_a_hole_without_a_keyframe_picture_and_sound_go_on_together(hole_s: float) -> None:
    again_s = 2.5 + hole_s
    after = video(75, start_s=again_s, key=75)
    after[0] = VideoFrame(after[0].time, False, after[1].units)  # noqa: FBT003
    pieces = package(merged(video(75), sound(125)) + merged(after, sound(125, start_s=again_s)))
    for name, rate in (("video", 90_000), ("opus", AUDIO_HZ)):
        parts = parts_of(pieces, name)
        jumps = [
            (later.time / rate, later.msn, later.discontinuity)
            for part, later in pairwise(parts)
            if later.time > part.time + part.duration
        ]
        assert jumps == [(again_s, 2, True)], name
        assert {part.msn for part in parts if part.discontinuity} == {2}


# --- what should not come, and does ---


def test_nothing_comes_out_before_the_first_keyframe() -> None:
    packager = Packager(SETTINGS, ORIGIN_MS)
    assert packager.audio(sound(1)[0]) == []
    assert packager.video(video(2)[1]) == []
    assert packager.close() == []
    assert packager.dropped == 2


@pytest.mark.parametrize(("back", "shown"), [(0, 28_500), (1, 28_500), (3_000, 28_500), (44_999, 28_500)])
def test_a_picture_not_later_than_the_one_before_is_shown_half_a_picture_after_it(back: int, shown: int) -> None:
    pictures = video(30)
    twice = VideoFrame(pictures[9].time - back, False, (b"\x41twice",))  # noqa: FBT003
    packager = Packager(SETTINGS, ORIGIN_MS)
    pieces = [piece for frame in [*pictures[:10], twice, *pictures[10:]] for piece in packager.video(frame)]
    pieces += packager.close()
    assert (packager.dropped, packager.nudged) == (0, 1)
    times = shown_times(pieces)
    assert times[10] == shown
    assert times[:10] + times[11:] == [number * 3_000 for number in range(30)]
    assert samples_of(pieces)[10].endswith(b"\x41twice")


def test_a_keyframe_with_the_time_of_the_picture_before_begins_its_segment() -> None:
    pictures = video(180)
    pictures[60] = VideoFrame(pictures[59].time, pictures[60].key, pictures[60].units)
    pieces = package(pictures)
    assert [part.time for part in parts_of(pieces, "video") if part.independent] == [0, 178_500, 360_000]
    assert len(samples_of(pieces)) == 180


def test_pictures_that_come_in_pairs_of_one_time_are_all_shown() -> None:
    pictures = video(60)
    paired = [VideoFrame(pictures[at - at % 2].time, frame.key, frame.units) for at, frame in enumerate(pictures)]
    packager = Packager(SETTINGS, ORIGIN_MS)
    pieces = [piece for frame in paired for piece in packager.video(frame)] + packager.close()
    assert (packager.dropped, packager.nudged) == (0, 30)
    times = shown_times(pieces)
    assert len(times) == 60
    assert times[::2] == [number * 6_000 for number in range(30)]


def test_pictures_far_back_in_time_are_left_out_and_so_are_those_of_a_clock_that_stands_still() -> None:
    pictures = video(90)
    packager = Packager(SETTINGS, ORIGIN_MS)
    pieces = [piece for frame in [*pictures[:40], *pictures[:10], *pictures[40:]] for piece in packager.video(frame)]
    assert (packager.dropped, packager.nudged) == (10, 0)
    assert pieces + packager.close() == package(pictures)
    packager = Packager(SETTINGS, ORIGIN_MS)
    for frame in [*pictures[:40], *(VideoFrame(pictures[39].time, False, (b"\x41",)) for _ in range(100))]:  # noqa: FBT003
        packager.video(frame)
    assert (packager.dropped, packager.nudged) == (70, 30)


def test_a_keyframe_with_a_broken_sps_goes_on_with_the_one_in_use() -> None:
    pictures = video(120)
    pictures[60] = VideoFrame(pictures[60].time, True, (b"\x67\x42", PPS, pictures[60].units[-1]))  # noqa: FBT003
    pieces = package(pictures)
    assert len([piece for piece in pieces if isinstance(piece, InitSegment)]) == 1
    assert not any(part.discontinuity for part in parts_of(pieces, "video"))


def test_where_sound_stops_silence_keeps_its_segments_coming() -> None:
    pieces = package(merged(video(300), sound(100)))
    assert [end.msn for end in ends_of(pieces, "opus")] == [end.msn for end in ends_of(pieces, "video")]
    assert sum(part.duration for part in parts_of(pieces, "opus")) == 10 * AUDIO_HZ


@pytest.mark.parametrize("away_s", [0.02, 0.3, 1, 5, 10, 12.34, 20])
def test_sound_that_comes_back_is_at_its_own_time_with_silence_before_it(away_s: float) -> None:
    voices = [frame for frame in sound(2_000) if not 10.3 <= (frame.time - ORIGIN_AUDIO) / AUDIO_HZ < 10.3 + away_s]
    pieces = package(merged(video(1_200), voices))
    assert boundaries_of(pieces, "opus") == boundaries_of(pieces, "video")
    heard = heard_times(pieces)
    assert [at for at, data in heard if data != OPUS_SILENCE] == [frame.time - ORIGIN_AUDIO for frame in voices]
    assert [at for at, _ in heard] == [number * OPUS_FRAME for number in range(2_000)]
    parts = parts_of(pieces, "opus")
    short = [part for part, after in pairwise(parts) if part.duration < 0.85 * 0.23 * AUDIO_HZ and after.index]
    assert short == []  # but for the last of a segment


def test_sound_that_comes_back_between_two_frames_is_less_than_half_a_frame_off() -> None:
    for off in range(0, OPUS_FRAME, 60):
        again = [AudioFrame(frame.time + off, frame.data) for frame in sound(500, start_s=10)]
        pieces = package(merged(video(600), [*sound(100), *again]))
        heard = heard_times(pieces)
        assert [at for at, _ in heard] == [number * OPUS_FRAME for number in range(len(heard))]
        voice = {data: at for at, data in heard[110:]}
        late = {voice[frame.data] - (frame.time - ORIGIN_AUDIO) for frame in again}
        assert len(late) == 1
        assert abs(late.pop()) <= OPUS_FRAME // 2


def test_while_the_picture_stands_still_sound_that_was_away_waits_for_it() -> None:
    packager = Packager(SETTINGS, ORIGIN_MS)
    pieces: list[PackagerEvent] = []
    for frame in merged(video(90), sound(150)):
        pieces += packager.video(frame) if isinstance(frame, VideoFrame) else packager.audio(frame)
    before = len(parts_of(pieces, "opus"))
    for frame in sound(50, start_s=9):
        pieces += packager.audio(frame)
    assert len(parts_of(pieces, "opus")) == before
    for picture in video(90, start_s=9):
        pieces += packager.video(picture)
    pieces += packager.close()
    assert packager.dropped == 0
    assert [at for at, data in heard_times(pieces) if at >= 9 * AUDIO_HZ][:50] == [
        9 * AUDIO_HZ + number * OPUS_FRAME for number in range(50)
    ]
    assert boundaries_of(pieces, "opus")[-1] == boundaries_of(pieces, "video")[-1]


def test_sound_that_begins_late_begins_in_the_segment_of_the_moment() -> None:
    pieces = package(merged(video(300), sound(300, start_s=4.5)))
    assert [end.msn for end in ends_of(pieces, "opus")] == [2, 3, 4, 5][: len(ends_of(pieces, "opus"))]
    first = parts_of(pieces, "opus")[0]
    assert (first.msn, first.number, first.time) == (2, 0, 4.5 * AUDIO_HZ)


def test_a_second_rendition_of_sound_ends_its_segments_with_the_others() -> None:
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO, OPUS, AAC))
    aac = [AudioFrame(ORIGIN_AUDIO + number * 1_024, bytes(9), 1_024) for number in range(281)]
    pieces: list[PackagerEvent] = []
    for frame in in_time(video(180), sound(300)):
        pieces += packager.video(frame) if isinstance(frame, VideoFrame) else packager.audio(frame)
        while (
            aac
            and (aac[0].time - ORIGIN_AUDIO) / AUDIO_HZ
            <= (frame.time / (90_000 if isinstance(frame, VideoFrame) else AUDIO_HZ)) - ORIGIN_MS / 1000
        ):
            pieces += packager.audio(aac.pop(0), "aac")
    pieces += packager.close()
    check_order(pieces, "aac")
    assert [end.msn for end in ends_of(pieces, "aac")] == [0, 1, 2]
    assert (
        next(piece for piece in pieces if isinstance(piece, InitSegment) and piece.rendition == "aac").codecs
        == "mp4a.40.2"
    )
    assert all(duration == 1_024 for duration in read_chunk(parts_of(pieces, "aac")[0].data).durations)


def test_a_part_goes_out_with_the_first_picture_after_it() -> None:
    packager = Packager(SETTINGS, ORIGIN_MS)
    given_out = [len(parts_of(packager.video(frame), "video")) for frame in video(13)]
    assert given_out == [0] * 6 + [1] + [0] * 5 + [1]
    assert OPUS_FRAME * 10 == AUDIO_HZ // 5  # and sound needs no look ahead
    assert [len(parts_of(packager.audio(frame), "opus")) for frame in sound(10)] == [0] * 9 + [1]
