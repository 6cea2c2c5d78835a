"""A journal, cut off at any byte, tells of what was written whole and of nothing else."""

import msgspec
import pytest

from media.parts import Gap, InitSegment, PackagerEvent, Part, SegmentEnd
from media.record import journal
from media.record.journal import Begun, Closed, Dropped, Ended, Entry, Gapped, Ledger, Run, replay
from media.record.listing import Listing
from tests.media.record.streams import ORIGIN_MS, stream

BEGUN = Begun(journal.VERSION, "rec-1", "farm", ORIGIN_MS, ORIGIN_MS)


def entries_of(pieces: list[PackagerEvent]) -> list[Entry]:
    """As a writer that nothing disturbs tells them."""
    told: list[Entry] = [BEGUN, Run("run1", ORIGIN_MS)]
    sizes: dict[tuple[str, int], int] = {}
    for piece in pieces:
        if isinstance(piece, InitSegment):
            told.append(journal.mapped(piece))
        elif isinstance(piece, SegmentEnd):
            told.append(Ended(piece.rendition, piece.msn))
        elif isinstance(piece, Gap):
            told.append(Gapped(piece.rendition, piece.msn, piece.time, piece.duration, piece.discontinuity))
        elif isinstance(piece, Part):
            offset = sizes.get((piece.rendition, piece.msn), 0)
            sizes[piece.rendition, piece.msn] = offset + len(piece.data)
            told.append(journal.written(piece, offset))
    return told


def pieces(seconds: float) -> list[PackagerEvent]:
    return [piece for made in stream(seconds) for piece in made]


def summary(ledger: Ledger) -> dict[str, list[tuple[int, int, int]]]:
    return {
        name: [(kept.msn, kept.duration, kept.size) for kept in recorded.all()]
        for name, recorded in ledger.renditions.items()
    }


def test_a_journal_tells_the_stream_that_was_written() -> None:
    made = pieces(3.5)
    ledger = replay(b"".join(map(journal.line, entries_of(made))))
    for name in ("video", "opus"):
        parts = [piece for piece in made if isinstance(piece, Part) and piece.rendition == name]
        ends = [piece for piece in made if isinstance(piece, SegmentEnd) and piece.rendition == name]
        kept = ledger.renditions[name].segments
        assert [(each.msn, each.duration) for each in kept] == [(end.msn, end.duration) for end in ends]
        assert [len(each.parts) for each in kept] == [sum(part.msn == each.msn for part in parts) for each in kept]
        assert sum(each.size for each in kept) == sum(len(part.data) for part in parts)
        assert ledger.renditions[name].next_part == parts[-1].number + 1
    assert ledger.span_ms == (ORIGIN_MS, ORIGIN_MS + 3_520)
    assert ledger.unreadable == 0


def test_cut_off_at_any_byte_it_tells_of_whole_lines_only() -> None:
    told = entries_of(pieces(1.5))
    lines = [journal.line(entry) for entry in told]
    data = b"".join(lines)
    whole = Ledger()
    at, count = 0, 0
    for end in range(len(data) + 1):
        while count < len(lines) and at + len(lines[count]) <= end:
            whole.add(told[count])
            at += len(lines[count])
            count += 1
        cut = data[:end]
        assert journal.whole_bytes(cut) == at
        found = replay(cut)
        assert (found.begun is None) == (count == 0)
        assert summary(found) == summary(whole)
        assert found.unreadable == 0


@pytest.mark.parametrize(
    "garbage",
    [
        b"\n",
        b"\x00\xff\xfe\n",
        b"{}\n",
        b'["part",1]\n',
        b'["no such",1]\n',
        b"[" * 10_000 + b"\n",
        b'["end","opus",0,\n',
    ],
)
def test_a_line_that_cannot_be_read_costs_nothing_but_itself(garbage: bytes) -> None:
    told = entries_of(pieces(2.5))
    lines = [journal.line(entry) for entry in told]
    for at in range(1, len(lines) + 1, 7):
        found = replay(b"".join([*lines[:at], garbage, *lines[at:]]))
        assert summary(found) == summary(replay(b"".join(lines)))
        assert found.unreadable == 1


def test_without_its_first_line_it_tells_nothing() -> None:
    told = entries_of(pieces(1.5))
    ledger = replay(b"".join(map(journal.line, told[1:])))
    assert ledger.begun is None
    assert ledger.renditions == {}


def test_a_part_whose_line_is_lost_leaves_the_rest_of_its_segment() -> None:
    told = entries_of(pieces(1.5))
    parts = [entry for entry in told if isinstance(entry, journal.Written) and entry.rendition == "video"]
    ledger = replay(b"".join(journal.line(entry) for entry in told if entry is not parts[1]))
    first = ledger.renditions["video"].segments[0]
    assert first.size == parts[4].offset + parts[4].size
    assert [part.number for part in first.parts] == [0, 2, 3, 4]


def test_a_segment_that_is_dropped_is_as_if_it_had_never_been() -> None:
    told = entries_of(pieces(2.5))
    before = [entry for entry in told if not isinstance(entry, journal.Written) or entry.msn < 2]
    ledger, expected = Ledger(), Ledger()
    for entry in [*told, Dropped("video", 2), Dropped("opus", 2)]:
        ledger.add(entry)
    for entry in before:
        expected.add(entry)
    assert summary(ledger) == summary(expected)
    assert ledger.bytes == expected.bytes


def test_segments_that_the_disk_does_not_hold_are_found() -> None:
    ledger = replay(b"".join(map(journal.line, entries_of(pieces(3.5)))))
    sizes = {(name, kept.msn): kept.size for name, each in ledger.renditions.items() for kept in each.segments}
    assert journal.unwritten(ledger, sizes) == []
    short = sizes | {("video", 3): 0, ("video", 2): sizes["video", 2] - 1}
    assert journal.unwritten(ledger, short) == [Dropped("video", 3), Dropped("video", 2)]
    moved = {key: size for key, size in sizes.items() if key[1] > 1}
    assert journal.unwritten(ledger, moved) == []


def test_a_segment_that_one_rendition_lost_is_listed_in_none_and_its_discontinuity_is_told_later() -> None:
    made: list[PackagerEvent] = []
    for piece in pieces(5.5):
        if isinstance(piece, InitSegment) or piece.msn != 2:
            made.append(piece)
        elif piece.rendition == "video":
            made.append(msgspec.structs.replace(piece, discontinuity=True) if isinstance(piece, Part) else piece)
    ledger = replay(b"".join(map(journal.line, entries_of(made))))
    for name in ("video", "opus"):
        listed = Listing(ledger).segments(name, ended=True)
        assert [segment.msn for segment in listed] == [0, 1, 3, 4, 5]
    assert [segment.discontinuity for segment in Listing(ledger).segments("video", ended=True)] == [
        False,
        False,
        True,
        False,
        False,
    ]


def test_a_closed_journal_makes_a_playlist_that_ends() -> None:
    ledger = replay(b"".join(map(journal.line, [*entries_of(pieces(2.5)), Closed(ORIGIN_MS)])))
    assert ledger.closed == Closed(ORIGIN_MS)
    assert [each.uri for each in Listing(ledger).segments("opus", ended=True)] == ["s0.m4s", "s1.m4s", "s2.m4s"]
