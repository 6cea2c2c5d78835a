"""After a kill at any moment a stream goes on: numbers never used before, and the same segments in every rendition."""

from collections.abc import Iterable

import msgspec
import pytest

from media.hls.live_playlist import LivePlaylist
from media.hls.packager import Packager
from media.parts import Gap, InitSegment, PackagerEvent, Part
from media.record import journal
from media.record.journal import Entry, Ledger, Run, replay
from media.record.listing import Listing
from media.record.resume import mending, resumed
from tests.media.record.streams import ORIGIN_MS, SETTINGS, frames, packaged, stream
from tests.media.record.test_journal import entries_of, pieces

MAPS = {("video", 0): b"v", ("opus", 0): b"o"}


def mended(ledger: Ledger) -> Ledger:
    """As the disk is after mending."""
    mend = mending(ledger)
    if mend is not None:
        told: list[Entry] = [*mend.drops, *(journal.written(part, 0) for part in mend.parts), *mend.ends]
        for entry in told:
            ledger.add(entry)
    return ledger


def numbers(made: Iterable[PackagerEvent]) -> dict[str, tuple[int, int]]:
    """The first part's (msn, number) by rendition."""
    found: dict[str, tuple[int, int]] = {}
    for piece in made:
        if isinstance(piece, Part):
            found.setdefault(piece.rendition, (piece.msn, piece.number))
    return found


def test_killed_at_any_byte_of_the_journal_it_goes_on_behind_what_was_written() -> None:
    lines = [journal.line(entry) for entry in entries_of(pieces(2.5))]
    data = b"".join(lines)
    outcomes = set()
    for end in range(len(data) + 1):
        before = replay(data[:end])
        ledger = mended(replay(data[:end]))
        found = resumed(ledger, MAPS, dvr_s=1_800)
        pictures = before.renditions["video"].all() if "video" in before.renditions else []
        outcomes.add(found is None)
        if not pictures:
            assert found is None
            continue
        assert found is not None
        last = pictures[-1].msn
        assert (found.origin_ms, found.packager.msn) == (ORIGIN_MS, last + 1)
        assert found.packager.parts["video"] == before.renditions["video"].next_part
        assert found.packager.maps["video"] == 1
        for name, past in found.past.items():
            assert [segment.msn for segment in past.segments] == list(range(last + 1)), name
            assert all(segment.duration > 0 for segment in past.segments)
        assert ("opus" in found.past) == bool(before.renditions.get("opus") and before.renditions["opus"].all())
    assert outcomes == {True, False}


def test_what_follows_has_new_numbers_and_tells_the_break_in_every_rendition() -> None:
    data = b"".join(map(journal.line, entries_of(pieces(3.3))))
    found = resumed(mended(replay(data[: len(data) * 9 // 10])), MAPS, dvr_s=1_800)
    assert found is not None
    made = [piece for each in stream(2.5, resume=found.packager, from_s=8.0) for piece in each]
    firsts = {name: next(p for p in made if isinstance(p, Part) and p.rendition == name) for name in ("video", "opus")}
    for name, first in firsts.items():
        assert (first.msn, first.number, first.map) == (found.packager.msn, found.packager.parts[name], 1)
        assert first.discontinuity
        assert first.time >= 8 * first.timescale - first.timescale // 10
    assert [piece.number for piece in made if isinstance(piece, InitSegment)] == [1, 1]


def test_sound_that_lags_behind_the_picture_is_filled_with_silence() -> None:
    made = [p for p in pieces(3.5) if isinstance(p, InitSegment) or p.rendition == "video" or p.msn == 0]
    ledger = mended(replay(b"".join(map(journal.line, entries_of(made)))))
    video, opus = ledger.renditions["video"].segments, ledger.renditions["opus"].segments
    assert [kept.msn for kept in opus] == [kept.msn for kept in video] == [0, 1, 2, 3]
    for seen, heard in zip(video, opus, strict=True):
        assert abs(seen.time / 90_000 - heard.time / 48_000) < 0.021
    assert ledger.renditions["opus"].next_part == 5 + 3


def test_aac_that_lags_behind_is_filled_with_silence_of_its_own_kind() -> None:
    made: list[PackagerEvent] = []
    for piece in pieces(3.5):
        made.append(piece)
        if piece.rendition == "opus" and isinstance(piece, InitSegment):
            made.append(msgspec.structs.replace(piece, rendition="aac", codecs="mp4a.40.2"))
        elif not isinstance(piece, InitSegment) and piece.rendition == "opus" and piece.msn == 0:
            made.append(msgspec.structs.replace(piece, rendition="aac"))
    ledger = mended(replay(b"".join(map(journal.line, entries_of(made)))))
    video, aac = ledger.renditions["video"].segments, ledger.renditions["aac"].segments
    assert [(kept.msn, kept.gap) for kept in aac] == [(kept.msn, False) for kept in video]
    assert [kept.duration % 1_024 for kept in aac[1:]] == [0, 0, 0]
    for seen, heard in zip(video, aac, strict=True):
        assert abs(seen.time / 90_000 - heard.time / 48_000) < 0.022


def test_sound_that_is_ahead_of_the_picture_is_dropped_to_it() -> None:
    made = [p for p in pieces(3.5) if isinstance(p, InitSegment) or p.rendition == "opus" or p.msn < 2]
    ledger = mended(replay(b"".join(map(journal.line, entries_of(made)))))
    assert [kept.msn for kept in ledger.renditions["opus"].segments] == [0, 1]


def test_live_playlists_go_on_without_a_gap_in_their_numbers() -> None:
    data = b"".join(map(journal.line, entries_of(pieces(6.5))))
    found = resumed(mended(replay(data[: len(data) * 4 // 5])), MAPS, dvr_s=1_800)
    assert found is not None
    packager = Packager(SETTINGS, ORIGIN_MS, found.packager)
    windows: dict[str, LivePlaylist] = {}
    for made in packaged(packager, frames(20.0, 24.5)):
        for piece in made:
            if piece.rendition not in windows:
                past = found.past[piece.rendition]
                windows[piece.rendition] = LivePlaylist(
                    piece.rendition, "run2", ORIGIN_MS, SETTINGS, dvr_s=1_800, memory_s=48, past=past
                )
            windows[piece.rendition].put(piece)
    for window in windows.values():
        msns = [segment.msn for segment in window.segments]
        assert msns == list(range(msns[-1] + 1))
        broken = [segment.msn for segment in window.segments if segment.discontinuity]
        assert broken == [found.packager.msn]
        text = window.text([], skip=False)
        assert "srun1-0.m4s" in text
        assert f"srun2-{found.packager.msn}.m4s" in text


def test_it_keeps_the_part_target_that_players_were_told() -> None:
    made = [
        msgspec.structs.replace(piece, part_target_ms=271) if isinstance(piece, InitSegment) else piece
        for piece in pieces(4.5)
    ]
    found = resumed(mended(replay(b"".join(map(journal.line, entries_of(made))))), MAPS, dvr_s=1_800)
    assert found is not None
    assert found.packager.part_target_ms == 271
    past = found.past["video"]
    window = LivePlaylist("video", "run2", ORIGIN_MS, SETTINGS, dvr_s=1_800, memory_s=48, past=past)
    assert "PART-TARGET=0.27100\n" in window.text([], skip=False)
    later = [piece for each in stream(2.5, resume=found.packager, from_s=8.0) for piece in each]
    assert {piece.part_target_ms for piece in later if isinstance(piece, InitSegment)} == {271}


@pytest.mark.parametrize("dvr_s", [0.5, 1.5, 3.0])
def test_of_a_long_stream_only_the_end_is_told(dvr_s: float) -> None:
    found = resumed(mended(replay(b"".join(map(journal.line, entries_of(pieces(8.5)))))), MAPS, dvr_s=dvr_s)
    assert found is not None
    for past in found.past.values():
        assert past.segments[-1].msn == 8
        length_s = sum(segment.duration / segment.timescale for segment in past.segments)
        assert dvr_s < length_s < dvr_s + 2.1


def test_names_of_segments_from_two_processes_hold_the_run_that_made_them() -> None:
    ledger = mended(replay(b"".join(map(journal.line, entries_of(pieces(2.5))))))
    first = resumed(ledger, MAPS, dvr_s=1_800)
    assert first is not None
    ledger.add(Run("run2", ORIGIN_MS + 10_000))
    later = [piece for each in stream(1.5, resume=first.packager, from_s=10.0) for piece in each]
    for entry in entries_of(later)[2:]:
        ledger.add(entry)
    again = resumed(mended(ledger), {**MAPS, ("video", 1): b"w", ("opus", 1): b"p"}, dvr_s=1_800)
    assert again is not None
    for name, old, new in (("video", b"v", b"w"), ("opus", b"o", b"p")):
        past = again.past[name]
        assert [segment.uri for segment in past.segments] == [
            "srun1-0.m4s", "srun1-1.m4s", "srun1-2.m4s", "srun2-3.m4s", "srun2-4.m4s",
        ]  # fmt: skip
        assert past.maps == {"mrun1-0.mp4": old, "mrun2-1.mp4": new}
        assert [segment.discontinuity for segment in past.segments] == [False, False, False, True, False]


def test_a_rendition_whose_map_is_gone_begins_anew() -> None:
    ledger = mended(replay(b"".join(map(journal.line, entries_of(pieces(2.5))))))
    found = resumed(ledger, {("video", 0): b"v"}, dvr_s=1_800)
    assert found is not None
    assert list(found.past) == ["video"]


def test_nothing_is_gone_on_with_before_the_first_picture() -> None:
    made = [piece for piece in pieces(2.5) if piece.rendition == "opus"]
    ledger = replay(b"".join(map(journal.line, entries_of(made))))
    assert mending(ledger) is None
    assert resumed(ledger, MAPS, dvr_s=1_800) is None


def test_another_picture_that_lags_behind_has_gaps_where_it_was_cut_off() -> None:
    made: list[PackagerEvent] = []
    for piece in pieces(4.5):
        made.append(piece)
        if piece.rendition == "video" and (isinstance(piece, InitSegment) or piece.msn < 3):
            made.append(msgspec.structs.replace(piece, rendition="low"))
    made.insert(-1, Gap("low", 3, 3 * 90_000, 90_000, 90_000, discontinuity=False))
    ledger = mended(replay(b"".join(map(journal.line, entries_of(made)))))
    video, low = ledger.renditions["video"].segments, ledger.renditions["low"].segments
    assert [kept.gap for kept in low] == [False, False, False, True, True]
    assert [(kept.msn, kept.time, kept.duration) for kept in low] == [
        (kept.msn, kept.time, kept.duration) for kept in video
    ]
    found = resumed(ledger, {**MAPS, ("low", 0): b"l"}, dvr_s=1_800)
    assert found is not None
    assert [segment.gap for segment in found.past["low"].segments] == [False, False, False, True, True]
    assert found.past["low"].maps == {"mrun1-0.mp4": b"l"}
    listing = Listing(ledger)
    assert [segment.gap for segment in listing.segments("low", ended=True)] == [False, False, False, True, True]
    assert len(listing.segments("video", ended=True)) == 5
