"""A clip cut from a few lines of the journal is the one that all of it would have given."""

import random

import msgspec
import pytest

from media.clips.selection import ClipSelection, select_parts
from media.errors import ClipOutside
from media.hls.packager import OPUS, VIDEO, Packager
from media.hls.tracks import PackagingSettings
from media.parts import Gap, InitSegment, PackagerEvent, SegmentEnd
from media.record import journal
from media.record.excerpt import excerpt, stretch
from media.record.journal import Ledger, Reader, replay
from tests.media.hls.streams import ORIGIN_MS as HLS_ORIGIN_MS
from tests.media.hls.streams import in_time, sound
from tests.media.hls.streams import packaged as all_of
from tests.media.hls.test_keyframes import camera
from tests.media.record.streams import ORIGIN_MS
from tests.media.record.test_journal import entries_of, pieces


def outcome(ledger: Ledger, from_ms: int, to_ms: int) -> ClipSelection | None:
    try:
        return select_parts(ledger, from_ms, to_ms, length_ms_max=60_000)
    except ClipOutside:
        return None


def shows() -> list[tuple[str, list[PackagerEvent]]]:
    plain = pieces(20.0)
    gaps: list[PackagerEvent] = []
    for piece in plain:
        gaps.append(piece)
        is_lost = not isinstance(piece, InitSegment) and piece.msn % 5 == 3
        if piece.rendition == "video" and not is_lost:
            gaps.append(msgspec.structs.replace(piece, rendition="low"))
        elif piece.rendition == "video" and isinstance(piece, SegmentEnd):
            gaps.append(Gap("low", piece.msn, piece.msn * 90_000, 90_000, 90_000, discontinuity=False))
    rare = camera(60, 25, key_s=10, jitter_ms=10)
    packager = Packager(PackagingSettings(), HLS_ORIGIN_MS, None, (VIDEO, OPUS))
    return [("plain", plain), ("gaps", gaps), ("rare keyframes", all_of(packager, in_time(rare, sound(3_000))))]


@pytest.mark.parametrize(("name", "made"), shows(), ids=lambda value: value if isinstance(value, str) else "")
def test_the_clip_is_the_same(name: str, made: list[PackagerEvent]) -> None:
    data = b"".join(map(journal.line, entries_of(made)))
    whole, index = replay(data), replay(data, lean=True)
    rng = random.Random(5)
    length_ms = whole.span_ms[1] - ORIGIN_MS
    read = 0
    for _ in range(300):
        from_ms = ORIGIN_MS + rng.randint(-2_000, length_ms + 1_000)
        to_ms = from_ms + rng.randint(1, 12_000)
        begin, end = stretch(index, from_ms, to_ms)
        lines = data[begin:end]
        read += len(lines)
        assert outcome(excerpt(index, lines), from_ms, to_ms) == outcome(whole, from_ms, to_ms), (from_ms, to_ms)
    assert read < 300 * len(data) * 0.8, name


def test_a_show_that_goes_on_gives_what_there_is() -> None:
    data = b"".join(map(journal.line, entries_of(pieces(12.0)[:-3])))
    whole, index = replay(data), replay(data, lean=True)
    for from_s, to_s in ((2, 5), (9, 11.9), (10, 14), (11.5, 20)):
        from_ms, to_ms = ORIGIN_MS + from_s * 1000, ORIGIN_MS + int(to_s * 1000)
        begin, end = stretch(index, int(from_ms), to_ms)
        assert outcome(excerpt(index, data[begin:end]), int(from_ms), to_ms) == outcome(whole, int(from_ms), to_ms)


def test_of_a_long_show_little_is_read() -> None:
    data = b"".join(map(journal.line, entries_of(pieces(120.0))))
    index = replay(data, lean=True)
    begin, end = stretch(index, ORIGIN_MS + 60_000, ORIGIN_MS + 70_000)
    assert end is not None
    assert end - begin < len(data) * 15 / 120


def test_read_in_pieces_of_any_size_a_journal_tells_the_same() -> None:
    data = b"".join(map(journal.line, entries_of(pieces(4.0)))) + b'["part","vi'
    whole = replay(data)
    for size in (1, 7, 100, 4_096):
        reader = Reader(Ledger())
        for at in range(0, len(data), size):
            reader.feed(data[at : at + size])
        assert reader.ledger.span_ms == whole.span_ms
        assert reader.ledger.renditions == whole.renditions
