"""A rendition that follows: late, with pictures missing, dead for a while; its segments are the leader's all the same."""

import io
import itertools
from collections import deque
from collections.abc import Callable, Sequence

import av
import m3u8
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.errors import TooFarAhead
from media.frames import VIDEO_HZ, VideoFrame
from media.hls.live_playlist import LivePlaylist
from media.hls.multivariant import Promised, multivariant_of
from media.hls.packager import AAC, LOWER, OPUS, VIDEO, Packager, Resume
from media.hls.playlist import Report
from media.hls.tracks import SLIP_MAX_MS, PackagingSettings
from media.hls.transcode_worker import FrameTranscoder
from media.parts import Gap, InitSegment, PackagerEvent, Part, SegmentEnd
from tests.media.hls.chunks import read_chunk, units
from tests.media.hls.parsers import read_by_node
from tests.media.hls.streams import ORIGIN_MS, ORIGIN_VIDEO, PPS, SPS, encoded_video, sound, video

SETTINGS = PackagingSettings()
STEP = VIDEO_HZ // 30
PROMISED = Promised(rendition="low", short_side_px=180, bitrate_bps=300_000)


def small(frame: VideoFrame, width: int = 320) -> VideoFrame:
    """What a transcoder makes of it; the slice tells which it was."""
    slice_ = frame.units[-1]
    return VideoFrame(frame.time, frame.key, (SPS[width], PPS, slice_) if frame.key else (slice_,))


def followed(
    frames: Sequence[VideoFrame],
    *,
    lag: int = 3,
    is_there: Callable[[int], bool] = lambda number: True,
    resume: Resume | None = None,
) -> list[PackagerEvent]:
    """The pieces of both; pictures come `lag` later, and those that are not there never."""
    packager = Packager(SETTINGS, ORIGIN_MS, resume, (VIDEO, LOWER))
    pieces: list[PackagerEvent] = []
    queue: deque[VideoFrame] = deque()
    for number, frame in enumerate(frames):
        pieces += packager.video(frame)
        if is_there(number):
            queue.append(small(frame))
        while queue and queue[0].time <= frame.time - lag * STEP:
            pieces += packager.lower(queue.popleft())
    while queue:
        pieces += packager.lower(queue.popleft())
    return pieces + packager.close()


def segments_of(pieces: Sequence[PackagerEvent], rendition: str) -> list[tuple[int, int, int, bool]]:
    """(msn, time, duration, discontinuity), gaps included."""
    found: list[tuple[int, int, int, bool]] = []
    first: Part | None = None
    for piece in pieces:
        if piece.rendition != rendition:
            continue
        if isinstance(piece, Part):
            first = first or piece
        elif isinstance(piece, Gap):
            assert first is None
            found.append((piece.msn, piece.time, piece.duration, piece.discontinuity))
        elif isinstance(piece, SegmentEnd):
            assert first is not None
            found.append((piece.msn, first.time, piece.duration, first.discontinuity))
            first = None
    assert first is None
    return found


def gaps_of(pieces: Sequence[PackagerEvent]) -> list[int]:
    return [piece.msn for piece in pieces if isinstance(piece, Gap)]


def parts_of(pieces: Sequence[PackagerEvent], rendition: str = "low") -> list[Part]:
    return [piece for piece in pieces if isinstance(piece, Part) and piece.rendition == rendition]


def windows_of(pieces: Sequence[PackagerEvent]) -> dict[str, LivePlaylist]:
    windows: dict[str, LivePlaylist] = {}
    for piece in pieces:
        if piece.rendition not in windows:
            windows[piece.rendition] = LivePlaylist(piece.rendition, "r1", ORIGIN_MS, SETTINGS, dvr_s=60, memory_s=60)
        windows[piece.rendition].put(piece, windows["video"])
    return windows


# --- what it is ---


@pytest.mark.parametrize("lag", [0, 1, 3, 20])
def test_its_segments_are_those_of_the_leader(lag: int) -> None:
    pieces = followed(video(300), lag=lag)
    assert segments_of(pieces, "low") == segments_of(pieces, "video")
    assert len(parts_of(pieces)) == len(parts_of(pieces, "video"))
    assert [part.duration for part in parts_of(pieces)] == [part.duration for part in parts_of(pieces, "video")]
    assert [(piece.width, piece.codecs) for piece in pieces if isinstance(piece, InitSegment)] == [
        (640, "avc1.42c01e"),
        (320, "avc1.42c00d"),
    ]


@pytest.mark.parametrize("lag", [0, 1, 3])
def test_segments_that_end_without_a_keyframe_are_the_same_too(lag: int) -> None:
    pieces = followed(video(300, key=1_000), lag=lag)
    assert segments_of(pieces, "low") == segments_of(pieces, "video")
    assert [end for _, _, end, _ in segments_of(pieces, "low")] == [198_000, 396_000, 306_000]


def test_the_leader_is_the_same_with_it_and_without() -> None:
    frames = video(400, key=45)
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO,))
    alone = [piece for frame in frames for piece in packager.video(frame)] + packager.close()
    pieces = followed(frames, lag=7, is_there=lambda number: number % 100 < 70)
    assert [piece for piece in pieces if piece.rendition == "video"] == alone


def test_another_camera_makes_a_map_and_a_discontinuity_here_too() -> None:
    first, then = video(75), video(75, start_s=2.5, width=1280)
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO, LOWER))
    pieces: list[PackagerEvent] = []
    for frame, width in [(frame, 320) for frame in first] + [(frame, 640) for frame in then]:
        pieces += packager.video(frame)
        pieces += packager.lower(small(frame, width))
    pieces += packager.close()
    assert segments_of(pieces, "low") == segments_of(pieces, "video")
    assert [msn for msn, _, _, discontinuity in segments_of(pieces, "low") if discontinuity] == [2]
    assert {(part.msn, part.map) for part in parts_of(pieces)} == {(0, 0), (1, 0), (2, 1), (3, 1)}


def test_another_camera_of_the_same_size_is_a_discontinuity_without_a_map_where_nothing_else_changes() -> None:
    frames = video(75) + video(75, start_s=2.5, width=1280)
    pieces = followed(frames)
    assert segments_of(pieces, "low") == segments_of(pieces, "video")
    assert [piece.number for piece in pieces if isinstance(piece, InitSegment) and piece.rendition == "low"] == [0]


# --- what is missing ---


def test_a_transcoder_that_starts_late_begins_with_the_next_segment() -> None:
    pieces = followed(video(300), is_there=lambda number: number >= 75)
    assert segments_of(pieces, "low") == segments_of(pieces, "video")[2:]
    assert gaps_of(pieces) == []
    assert parts_of(pieces)[0].number == 0


def test_dead_for_ten_seconds_leaves_gaps_and_it_begins_again_at_the_next_segment() -> None:
    pieces = followed(video(900), is_there=lambda number: not 200 <= number < 500)
    assert segments_of(pieces, "low") == segments_of(pieces, "video")
    assert gaps_of(pieces) == [4, 5, 6, 7, 8]
    last_picture = read_chunk([part for part in parts_of(pieces) if part.msn == 3][-1].data)
    assert last_picture.durations[-1] == 41 * STEP  # picture 199 stays up to 240
    assert {part.msn for part in parts_of(pieces) if part.independent} == {*range(4), *range(9, 15)}


def test_gaps_come_a_second_after_the_end_of_their_segment() -> None:
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO, LOWER))
    seen: dict[int, int] = {}
    for number, frame in enumerate(video(400)):
        pieces = packager.video(frame) + (packager.lower(small(frame)) if number < 130 else [])
        seen |= {
            piece.msn: number
            for piece in pieces
            if not isinstance(piece, InitSegment | Part) and piece.rendition == "low"
        }
    assert seen == {0: 60, 1: 120, 2: 211, 3: 271, 4: 331, 5: 391}


def test_what_comes_too_late_has_no_place() -> None:
    frames = video(300)
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO, LOWER))
    for frame in frames[:20]:
        packager.video(frame)
        packager.lower(small(frame))
    for frame in frames[20:]:
        packager.video(frame)
    assert packager.lower(small(frames[20])) == []
    assert packager.lower(small(frames[239])) == []
    assert packager.dropped == 2


def test_pictures_from_ahead_of_the_leader_have_no_place() -> None:
    frames = video(10)
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO, LOWER))
    assert packager.lower(small(frames[0])) == []
    packager.video(frames[0])
    assert packager.lower(small(frames[1])) == []
    assert parts_of(packager.close()) == []
    assert packager.dropped == 2


def test_parameter_sets_that_change_within_a_segment_wait_for_the_next_one() -> None:
    frames = video(180, key=30)
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO, LOWER))
    pieces: list[PackagerEvent] = []
    for number, frame in enumerate(frames):
        pieces += packager.video(frame)
        pieces += packager.lower(small(frame, 320 if number < 30 else 640))
    pieces += packager.close()
    assert segments_of(pieces, "low") == segments_of(pieces, "video")
    assert {(part.msn, part.map) for part in parts_of(pieces)} == {(0, 0), (1, 1), (2, 1)}
    assert sum(len(read_chunk(part.data).samples) for part in parts_of(pieces) if part.msn == 0) == 30


def test_it_goes_on_in_another_process_under_the_leaders_numbers() -> None:
    resume = Resume(msn=17, parts={"video": 170}, maps={"video": 2})
    pieces = followed(video(150), resume=resume)
    assert segments_of(pieces, "low") == segments_of(pieces, "video")
    first = parts_of(pieces)[0]
    assert (first.msn, first.number, first.map, first.discontinuity) == (17, 0, 0, True)


def test_what_players_knew_of_in_the_process_before_has_no_hole_in_its_numbers() -> None:
    resume = Resume(msn=17, parts={"video": 170, "low": 160}, maps={"video": 2, "low": 1})
    pieces = followed(video(300), resume=resume, is_there=lambda number: number >= 75)
    assert segments_of(pieces, "low") == segments_of(pieces, "video")
    assert gaps_of(pieces) == [17, 18]
    assert (parts_of(pieces)[0].msn, parts_of(pieces)[0].number) == (19, 160)


# --- whatever comes ---

steps = st.lists(st.sampled_from((STEP, STEP, STEP, 1, 2_000, 30_000, 500_000)), min_size=1, max_size=250)


def _shown(pieces: Sequence[PackagerEvent], rendition: str) -> dict[bytes, int]:
    """When each picture is shown, by the number in its slice."""
    found: dict[bytes, int] = {}
    for part in parts_of(pieces, rendition):
        chunk = read_chunk(part.data)
        begins = itertools.accumulate(chunk.durations[:-1], initial=chunk.time)
        found |= {units(sample)[0][1:]: at for sample, at in zip(chunk.samples, begins, strict=True)}
    return found


@given(steps, st.data())
def test_whatever_is_missing_segments_agree_and_pictures_come_out_once(times: list[int], data: st.DataObject) -> None:
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO, LOWER))
    is_key = st.sampled_from((False,) * 9 + (True,))
    time, pieces, offered = ORIGIN_VIDEO, [], []
    queue: deque[VideoFrame] = deque()
    lag, is_away = 0, False
    for number, step in enumerate(times):
        key = number == 0 or data.draw(is_key)
        width = data.draw(st.sampled_from((1280, 1280, 1920))) if key else 0
        slice_ = bytes((0x65 if key else 0x41,)) + number.to_bytes(4, "big")
        frame = VideoFrame(time, key, (SPS[width], PPS, slice_) if key else (slice_,))
        pieces += packager.video(frame)
        if number % 10 == 0:
            lag, is_away = data.draw(st.integers(0, 40)), data.draw(st.sampled_from((False, False, True)))
        if not is_away:
            queue.append(small(frame, 320 if width == 1280 else 640))
        while len(queue) > lag:
            offered.append(queue.popleft())
            pieces += packager.lower(offered[-1])
        time += step
    pieces += packager.close()

    leading, following = segments_of(pieces, "video"), segments_of(pieces, "low")
    starts = [(msn, begin, discontinuity) for msn, begin, _, discontinuity in leading]
    assert [(msn, begin, disc) for msn, begin, _, disc in following] == starts[len(starts) - len(following) :]
    for (_, _, mine, _), (_, _, its, _) in zip(following, leading[len(leading) - len(following) :], strict=True):
        assert its <= mine <= SETTINGS.segment_ms_limit * 90  # longer only where the leader has a hole
    chunks = [read_chunk(part.data) for part in parts_of(pieces)]
    came = _shown(pieces, "low")
    numbers = [frame.units[-1][1:] for frame in offered]
    assert list(came) == [each for each in numbers if each in came]  # in order, and once
    assert sum(len(chunk.samples) for chunk in chunks) == len(came) == len(offered) - packager.dropped
    leader = _shown(pieces, "video")
    assert all(abs(at - leader[number]) <= SLIP_MAX_MS * 90 for number, at in came.items())
    maps = {piece.number: piece for piece in pieces if isinstance(piece, InitSegment) and piece.rendition == "low"}
    whole = {msn for msn, *_ in following} - set(gaps_of(pieces))
    for part, chunk in zip(parts_of(pieces), chunks, strict=True):
        assert min(chunk.durations) > 0
        assert sum(chunk.durations) == part.duration
        assert part.map in maps
        if part.index == 0:
            assert part.independent or part.msn - 1 in whole
    assert [part.number for part in parts_of(pieces)] == list(range(len(chunks)))
    if following:
        windows = windows_of(pieces)
        assert windows["low"].discontinuities_before(1 << 40) == windows["video"].discontinuities_before(1 << 40)


# --- in playlists ---


def test_a_gap_is_told_and_its_dates_and_discontinuities_are_the_leaders() -> None:
    frames = video(135) + video(165, start_s=4.5, width=1280)
    windows = windows_of(followed(frames, is_there=lambda number: number < 70 or number >= 190))
    read = {name: m3u8.loads(window.text([], skip=False)) for name, window in windows.items()}
    mine, its = ([each for each in read[name].segments if each.uri] for name in ("low", "video"))
    assert [each.gap_tag for each in mine] == [None, None, True, True, None, None]
    assert [each.program_date_time for each in mine] == [each.program_date_time for each in its]
    assert [each.discontinuity for each in mine] == [each.discontinuity for each in its]
    assert [each.duration for each in mine] == [each.duration for each in its]
    assert [{part.gap for part in each.parts} for each in mine] == [{None}, {None}, {"YES"}, {"YES"}, {None}, {None}]
    sums = [sum(part.duration for part in each.parts) == pytest.approx(each.duration, abs=1e-4) for each in mine]
    assert sums == [
        True,
        False,
        True,
        True,
        True,
        True,
    ]  # in the second one a picture stays for longer than can be told
    assert all(part.duration <= 0.23 for each in mine for part in each.parts)
    (manifest,) = read_by_node([windows["low"].text([], skip=False)])
    assert manifest["complaints"] == []
    assert len(manifest["segments"]) == 6


def test_who_waits_for_a_part_of_a_gap_is_answered() -> None:
    dead = followed(video(400), is_there=lambda number: number < 130)
    gap = next(number for number, piece in enumerate(dead) if isinstance(piece, Gap))
    low = windows_of(dead[:gap])["low"]
    assert low.last()[0] == 2
    assert not low.due(3, 0)
    low = windows_of(dead[: gap + 1])["low"]
    assert (low.due(3, 0), low.due(3, 9), low.due(3, None)) == (True, True, True)
    assert not low.due(4, 0)
    assert low.last() == (3, 9)
    with pytest.raises(TooFarAhead):
        low.due(6, 0)


def test_players_are_told_of_it_before_it_has_begun() -> None:
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO, OPUS, AAC, LOWER))
    pieces = [piece for frame in video(30) for piece in packager.video(frame)]
    pieces += [piece for frame in sound(40) for name in ("opus", "aac") for piece in packager.audio(frame, name)]
    windows = windows_of(pieces)
    told = m3u8.loads(multivariant_of(windows, PROMISED)).playlists
    assert [(each.uri, each.stream_info.audio, each.stream_info.resolution) for each in told] == [
        ("video/index.m3u8", "aac", (640, 360)),
        ("video/index.m3u8", "opus", (640, 360)),
        ("low/index.m3u8", "aac", (320, 180)),
        ("low/index.m3u8", "opus", (320, 180)),
    ]
    assert all(each.stream_info.bandwidth > 450_000 for each in told[2:])


def test_reports_name_every_other_rendition() -> None:
    windows = windows_of(followed(video(150)))
    reports = [Report(f"../{name}/index.m3u8", *windows[name].last()) for name in ("low",)]
    read = m3u8.loads(windows["video"].text(reports, skip=False))
    assert [(each.uri, each.last_msn, each.last_part) for each in read.rendition_reports] == [
        ("../low/index.m3u8", 2, 4)
    ]


# --- for real ---


def test_what_a_transcoder_makes_decodes_at_its_times() -> None:
    lowering = FrameTranscoder(90, 200_000)
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO, LOWER))
    pieces: list[PackagerEvent] = []
    for number, frame in enumerate(encoded_video(320, 180, 270)):
        pieces += packager.video(frame)
        if number == 100:
            lowering = FrameTranscoder(90, 200_000)  # another process
        if not 100 <= number < 130:
            pieces += [piece for made in lowering.feed(frame) for piece in packager.lower(made)]
    pieces += packager.close()
    assert segments_of(pieces, "low") == segments_of(pieces, "video")
    assert gaps_of(pieces) == [2]
    data = b"".join(each.data for each in pieces if isinstance(each, InitSegment | Part) and each.rendition == "low")
    with av.open(io.BytesIO(data), "r") as container:
        stream = container.streams.video[0]
        stream.codec_context.options = {"err_detect": "explode"}
        found = [(round((frame.time or 0) * 30), frame.width, frame.height) for frame in container.decode(stream)]
    assert found == [(number, 160, 90) for number in [*range(100), *range(180, 270)]]
