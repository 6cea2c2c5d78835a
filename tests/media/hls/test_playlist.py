"""A minute of a show, and every playlist of it: what RFC 8216bis demands of each, and of each after the one before.

Two changes of the camera's resolution, and one gap of 0.7 s; every version that a player could have seen is
read by m3u8, and by the parser of video.js.
"""

import datetime
from typing import Any

import m3u8
import pytest
from msgspec import Struct

from media.errors import TooFarAhead
from media.frames import VideoFrame
from media.hls import playlist
from media.hls.live_playlist import LivePlaylist, RecoveredSegments
from media.hls.multivariant import Audio, Video, multivariant, multivariant_of
from media.hls.packager import Packager
from media.hls.playlist import Segment, date_time, end_lines, head_lines, recorded
from media.hls.tracks import PackagingSettings
from media.parts import PackagerEvent, Part
from tests.media.hls.parsers import read_by_node
from tests.media.hls.streams import ORIGIN_MS, in_time, sound, video

SETTINGS = PackagingSettings()
DVR_S, MEMORY_S = 30.0, 30.0


class Version(Struct, frozen=True):
    """What a player gets at one moment: the playlist in full and as a delta update."""

    rendition: str
    full: str
    delta: str


class Show:
    """The windows of a stream, fed piece by piece."""

    def __init__(self) -> None:
        self.windows: dict[str, LivePlaylist] = {}
        self.versions: list[Version] = []

    def put(self, pieces: list[PackagerEvent]) -> None:
        for piece in pieces:
            window = self.windows.get(piece.rendition)
            if window is None:
                window = LivePlaylist(piece.rendition, "r1", ORIGIN_MS, SETTINGS, dvr_s=DVR_S, memory_s=MEMORY_S)
                self.windows[piece.rendition] = window
            window.put(piece, self.windows["video"])
            if window.begun:
                self.versions.append(self.version(window))

    def version(self, window: LivePlaylist) -> Version:
        others = [other for other in self.windows.values() if other is not window and other.begun]
        reports = [playlist.Report(f"../{other.rendition}/index.m3u8", *other.last()) for other in others]
        return Version(window.rendition, window.text(reports, skip=False), window.text(reports, skip=True))


def a_minute() -> tuple[Show, list[PackagerEvent]]:
    pictures = [
        *video(20 * 30 + 10, width=640),
        *video(15 * 30, start_s=20 + 1 / 3 + 0.7, width=1280),
        *video(24 * 30, start_s=36 + 1 / 30, width=640, fps=25),
    ]
    packager, show, pieces = Packager(SETTINGS, ORIGIN_MS), Show(), []
    for frame in in_time(pictures, sound(3_005)):
        made = packager.video(frame) if isinstance(frame, VideoFrame) else packager.audio(frame)
        show.put(made)
        pieces += made
    show.put(packager.close())
    for window in show.windows.values():
        window.end()
        show.versions.append(show.version(window))
    return show, pieces


SHOW, PIECES = a_minute()
PARSED = [m3u8.loads(version.full) for version in SHOW.versions]


def of(rendition: str) -> list[Any]:
    return [read for read, version in zip(PARSED, SHOW.versions, strict=True) if version.rendition == rendition]


def complete(read: Any) -> list[Any]:
    return [segment for segment in read.segments if segment.uri]


def told(read: Any) -> dict[int, tuple[Any, ...]]:
    """What a playlist says of each segment, by media sequence number, discontinuities counted."""
    found, discontinuities = {}, read.discontinuity_sequence or 0
    for at, segment in enumerate(complete(read)):
        discontinuities += bool(segment.discontinuity)
        found[(read.media_sequence or 0) + at] = (
            segment.uri, segment.duration, segment.init_section.uri, segment.program_date_time, discontinuities,
        )  # fmt: skip
    return found


@pytest.mark.parametrize("rendition", ["video", "opus"])
def test_what_was_once_told_of_a_segment_never_changes(rendition: str) -> None:
    known: dict[int, tuple[Any, ...]] = {}
    for read in of(rendition):
        for msn, facts in told(read).items():
            assert known.setdefault(msn, facts) == facts
    assert list(known) == list(range(len(known)))
    assert len(known) > 25
    assert {facts[4] for facts in known.values()} == {0, 1, 2}


def test_both_renditions_count_discontinuities_alike() -> None:
    counts = [{msn: facts[4] for read in of(name) for msn, facts in told(read).items()} for name in ("video", "opus")]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("rendition", ["video", "opus"])
def test_numbers_only_grow_and_segments_leave_only_at_the_front(rendition: str) -> None:
    before = None
    for read in of(rendition):
        now = (
            read.media_sequence or 0,
            read.discontinuity_sequence or 0,
            (read.media_sequence or 0) + len(complete(read)),
        )
        if before is not None:
            assert all(new >= old for new, old in zip(now, before, strict=True))
            assert now[2] - before[2] <= 1
        before = now


def test_no_segment_is_longer_than_the_target_duration_and_three_of_them_stay_listed() -> None:
    for read in PARSED:
        assert read.target_duration == 4
        assert all(round(segment.duration) <= 4 for segment in complete(read))
        if (read.media_sequence or 0) > 0:
            assert sum(segment.duration for segment in complete(read)) >= 12


def test_parts_sum_up_to_their_segment_and_keep_to_the_part_target() -> None:
    for read in PARSED:
        target = read.part_inf.part_target
        assert target == 0.23
        for segment in complete(read):
            parts = [part.duration for part in segment.parts]
            if parts:
                assert sum(parts) == pytest.approx(segment.duration, abs=1e-4)
            assert all(duration <= target for duration in parts)
            assert all(duration >= 0.85 * target for duration in parts[:-1])


def test_parts_are_listed_for_three_target_durations_and_kept_for_longer() -> None:
    for read in of("video"):
        ages, age = [], 0.0
        for segment in reversed(complete(read)):
            ages.append((age, bool(segment.parts)))
            age += segment.duration
        assert all(has_parts for age, has_parts in ages if age <= 12 - 4)
        assert not any(has_parts for age, has_parts in ages if age > 12)


def test_program_date_times_are_the_moments_of_capture() -> None:
    starts = {}
    for piece in PIECES:
        if isinstance(piece, Part) and piece.rendition == "video" and piece.index == 0:
            starts[piece.msn] = ORIGIN_MS + piece.time / 90
    for read in of("video"):
        for msn, facts in told(read).items():
            assert facts[3].timestamp() * 1000 == pytest.approx(starts[msn], abs=0.51)


def test_the_hint_names_the_part_that_comes_next() -> None:
    hints = {"video": "pr1-0.m4s", "opus": "pr1-0.m4s"}
    for version, read in zip(SHOW.versions, PARSED, strict=True):
        if read.is_endlist:
            assert read.preload_hint is None
            continue
        uris = [part.uri for segment in read.segments for part in segment.parts]
        assert uris == sorted(uris, key=lambda uri: int(uri[4:-4]))
        if uris[-1] != f"pr1-{int(hints[version.rendition][4:-4]) - 1}.m4s":
            assert uris[-1] == hints[version.rendition]
        hints[version.rendition] = read.preload_hint.uri
        assert int(read.preload_hint.uri[4:-4]) == int(uris[-1][4:-4]) + 1


def test_reports_tell_how_far_the_other_rendition_is() -> None:
    last: dict[str, tuple[int, int]] = {}
    for version, read in zip(SHOW.versions, PARSED, strict=True):
        for report in read.rendition_reports:
            other = report.uri.split("/")[1]
            assert (report.last_msn, report.last_part) == last[other]
        window_segments = complete(read)
        rest = [segment for segment in read.segments if not segment.uri]
        sequence = (read.media_sequence or 0) + len(window_segments)
        if rest and rest[-1].parts:
            last[version.rendition] = (sequence, len(rest[-1].parts) - 1)
        else:
            last[version.rendition] = (sequence - 1, len(window_segments[-1].parts) - 1)


def test_a_delta_update_is_the_playlist_without_what_a_recent_one_held() -> None:
    previous: dict[str, str] = {}
    shorter = 0
    for version in SHOW.versions:
        if "#EXT-X-SKIP" not in version.delta:
            assert version.delta == version.full
            previous[version.rendition] = version.full
            continue
        shorter += 1
        delta = m3u8.loads(version.delta)
        full = told(m3u8.loads(version.full))
        held = told(m3u8.loads(previous[version.rendition]))
        skipped = delta.skip.skipped_segments
        assert skipped > 0
        kept = [(delta.media_sequence or 0) + skipped + at for at in range(len(complete(delta)))]
        assert [segment.uri for segment in complete(delta)] == [full[msn][0] for msn in kept]
        rebuilt = {msn: held[msn] for msn in full if msn < kept[0]} | {msn: full[msn] for msn in kept}
        assert rebuilt == full
        begun = sum(part.duration for segment in delta.segments if not segment.uri for part in segment.parts)
        assert sum(full[msn][1] for msn in kept) + begun >= 24 - 1e-3  # the skip boundary
        previous[version.rendition] = version.full
        assert version.full.endswith(version.delta.partition("#EXT-X-SKIP")[2].partition("\n")[2])
    assert shorter > 100


def test_the_last_playlists_say_that_nothing_follows() -> None:
    for version in SHOW.versions[-2:]:
        assert version.full.endswith("#EXT-X-ENDLIST\n")
        assert version.delta == version.full


def test_the_parser_of_a_player_finds_the_same() -> None:
    found = read_by_node([version.full for version in SHOW.versions])
    assert len(found) == len(PARSED)
    for manifest, read in zip(found, PARSED, strict=True):
        assert manifest["complaints"] == []
        assert manifest["mediaSequence"] == (read.media_sequence or 0)
        assert manifest["targetDuration"] == 4
        listed = [segment for segment in manifest["segments"] if segment.get("uri")]
        assert [segment["uri"] for segment in listed] == [segment.uri for segment in complete(read)]
        assert [segment["map"]["uri"] for segment in listed] == [segment.init_section.uri for segment in complete(read)]
        assert manifest["serverControl"] == {
            "canBlockReload": True, "canSkipUntil": 24, "partHoldBack": 0.69, "holdBack": 12,
        }  # fmt: skip
        if not manifest.get("endList"):
            assert manifest["preloadSegment"]["preloadHints"][-1]["uri"] == read.preload_hint.uri


def test_the_parser_of_a_player_takes_delta_updates() -> None:
    deltas = [version.delta for version in SHOW.versions if "#EXT-X-SKIP" in version.delta]
    for manifest, text in zip(read_by_node(deltas), deltas, strict=True):
        assert manifest["complaints"] == []
        assert f"SKIPPED-SEGMENTS={manifest['skip']['skippedSegments']}\n" in text


# --- blocking reload ---


def window_with(*, segments: int, parts: int) -> LivePlaylist:
    """A window with complete segments of ten parts, and parts of the next one."""
    packager = Packager(SETTINGS, ORIGIN_MS)
    window = LivePlaylist("video", "r1", ORIGIN_MS, SETTINGS, dvr_s=DVR_S, memory_s=MEMORY_S)
    for frame in video(segments * 60 + parts * 6 + 1):
        for piece in packager.video(frame):
            window.put(piece)
    return window


def test_a_reload_is_due_when_the_playlist_holds_what_it_asks_for() -> None:
    window = window_with(segments=2, parts=3)
    assert window.last() == (2, 2)
    assert [window.due(msn, part) for msn, part in ((0, None), (1, None), (1, 9), (2, 0), (2, 2))] == [True] * 5
    assert [window.due(msn, part) for msn, part in ((2, None), (2, 3), (2, 9), (3, 0), (3, None))] == [False] * 5


def test_a_part_after_a_segments_last_is_the_first_of_the_next() -> None:
    assert not window_with(segments=2, parts=0).due(1, 10)
    assert window_with(segments=2, parts=1).due(1, 10)


@pytest.mark.parametrize(("msn", "part"), [(4, None), (4, 0), (2, 40), (1_000_000, None)])
def test_what_is_too_far_ahead_is_refused(msn: int, part: int | None) -> None:
    with pytest.raises(TooFarAhead):
        window_with(segments=2, parts=3).due(msn, part)


def test_when_all_is_over_every_reload_is_due() -> None:
    window = window_with(segments=2, parts=0)
    window.end()
    assert window.due(1_000, 5)


# --- other playlists ---


def test_the_multivariant_playlist_names_codecs_sizes_and_rates() -> None:
    read = m3u8.loads(multivariant_of(SHOW.windows))
    (variant,) = read.playlists
    info = variant.stream_info
    assert (variant.uri, info.codecs, info.resolution, info.audio) == (
        "video/index.m3u8",
        "avc1.42c01e,opus",
        (640, 360),
        "opus",
    )
    assert info.bandwidth >= info.average_bandwidth > 30 * 100 * 8
    (audio,) = read.media
    assert (audio.type, audio.group_id, audio.uri, audio.default) == ("AUDIO", "opus", "opus/index.m3u8", "YES")


def test_each_group_of_sound_makes_a_variant_of_its_own() -> None:
    picture = Video(
        uri="video/index.m3u8", codecs="avc1.42c01f", peak_bps=2_000, average_bps=1_000, width=1280, height=720, fps=30
    )
    sounds = [
        Audio(uri=f"{name}/index.m3u8", codecs=codecs, peak_bps=peak_bps, average_bps=10, group=name)
        for name, codecs, peak_bps in (("opus", "opus", 70), ("aac", "mp4a.40.2", 130))
    ]
    text = multivariant([picture], sounds)
    found = [
        (each.stream_info.codecs, each.stream_info.bandwidth, each.stream_info.audio)
        for each in m3u8.loads(text).playlists
    ]
    assert found == [("avc1.42c01f,mp4a.40.2", 2_130, "aac"), ("avc1.42c01f,opus", 2_070, "opus")]
    (manifest,) = read_by_node([text])
    assert manifest["complaints"] == []
    assert list(manifest["mediaGroups"]["AUDIO"]) == ["aac", "opus"]


def recording(segments: list[Segment], origin_ms: int, *, target_s: int, ended: bool = True) -> str:
    maps = ["", *(segment.map for segment in segments)]
    lines: list[str] = []
    for segment, map_before in zip(segments, maps, strict=False):
        lines += head_lines(segment, origin_ms, map_before) + end_lines(segment)
    return recorded(lines, target_s=target_s, media_sequence=segments[0].msn, ended=ended)


def test_a_recording_lists_every_segment_and_no_parts() -> None:
    segments = [
        Segment(msn=3, duration=180_000, time=0, timescale=90_000, map="m0.mp4", discontinuity=False, uri="3.m4s"),
        Segment(msn=4, duration=190_000, time=180_000, timescale=90_000, map="m1.mp4", discontinuity=True, uri="4.m4s"),
    ]
    assert recording(segments, 1_795_348_645_126, target_s=3).splitlines() == [
        "#EXTM3U", "#EXT-X-VERSION:8", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-TARGETDURATION:3", "#EXT-X-MEDIA-SEQUENCE:3",
        '#EXT-X-MAP:URI="m0.mp4"', "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T11:57:25.126Z", "#EXTINF:2.00000,", "3.m4s",
        "#EXT-X-DISCONTINUITY", '#EXT-X-MAP:URI="m1.mp4"', "#EXT-X-PROGRAM-DATE-TIME:2026-11-22T11:57:27.126Z",
        "#EXTINF:2.11111,", "4.m4s", "#EXT-X-ENDLIST",
    ]  # fmt: skip
    growing = recording(segments, 0, target_s=4, ended=False)
    assert "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-TARGETDURATION:4\n" in growing
    assert "ENDLIST" not in growing


@pytest.mark.parametrize("unix_ms", [0, 951_782_400_000, 1_709_164_800_001, 1_735_689_599_999, 4_107_542_399_999])
def test_dates_are_those_of_the_calendar(unix_ms: int) -> None:
    moment = datetime.datetime.fromtimestamp(unix_ms / 1000, tz=datetime.UTC)
    assert date_time(unix_ms) == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- a stream that goes on in another process ---


def test_a_window_goes_on_from_its_past() -> None:
    first = window_with(segments=5, parts=0)
    past = RecoveredSegments(segments=first.segments, maps={"mr1-0.mp4": b"map"}, discontinuity_sequence=3)
    window = LivePlaylist("video", "r2", ORIGIN_MS, SETTINGS, dvr_s=DVR_S, memory_s=MEMORY_S, past=past)
    read = m3u8.loads(window.text([], skip=False))
    assert (read.media_sequence, read.discontinuity_sequence) == (0, 3)
    assert [segment.uri for segment in complete(read)] == [f"sr1-{msn}.m4s" for msn in range(5)]
    assert not any(segment.parts for segment in read.segments)
    assert window.map("mr1-0.mp4") == b"map"
    assert window.segment(4) is None
    assert (window.has("sr1-4.m4s"), window.has("sr2-4.m4s")) == (True, False)


def test_the_bytes_of_a_segment_are_those_of_its_parts() -> None:
    window = window_with(segments=3, parts=1)
    data = [window.part(number) for number in range(10, 20)]
    assert window.segment(1) == b"".join(part for part in data if part is not None)
    assert window.part(31) is None
    assert window.segment(3) is None


def test_old_bytes_leave_memory_and_old_segments_the_list() -> None:
    window = window_with(segments=40, parts=0)
    assert [window.segment(msn) is None for msn in (23, 24, 25)] == [True, False, False]
    assert window.part(0) is None
    assert [segment.msn for segment in window.segments] == list(range(24, 40))
