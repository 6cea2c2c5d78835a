"""While a recording goes on its lists only grow, and in the end they are what the whole journal tells."""

import pytest

from media.parts import InitSegment, PackagerEvent, Part
from media.record.journal import Ledger
from media.record.listing import Listing
from media.record.segment_gate import SegmentGate
from tests.media.record.test_journal import entries_of, pieces

BOTH = ("video", "opus")


def with_a_gap(lost_at: int) -> list[PackagerEvent]:
    """A stream of which a part was not written when the disk was full."""
    gate = SegmentGate()
    made = pieces(8.5)
    for piece in made[:lost_at]:
        gate.admit(piece)
    gate.lost()
    for piece in made[lost_at : lost_at + 6]:
        gate.skip(piece)
    return [*made[:lost_at], *(each for piece in made[lost_at + 6 :] for each in gate.admit(piece))]


@pytest.mark.parametrize("lost_at", range(14, 50, 5))
def test_lists_only_grow_and_agree(lost_at: int) -> None:
    ledger = Ledger(lean=True)
    growing = Listing(ledger)
    before: dict[str, list[int]] = {name: [] for name in BOTH}
    for entry in entries_of(with_a_gap(lost_at)):
        ledger.add(entry)
        for name in BOTH:
            now = [segment.msn for segment in growing.segments(name, ended=False)]
            assert now[: len(before[name])] == before[name]
            before[name] = now
    whole = {name: Listing(ledger).segments(name, ended=True) for name in BOTH}
    for name in BOTH:
        assert growing.segments(name, ended=True) == whole[name]
        assert [segment.msn for segment in whole[name]] == [segment.msn for segment in whole["video"]]
        assert sum(segment.discontinuity for segment in whole[name]) == 1
        assert whole[name][-1].msn == 8


def test_a_rendition_that_begins_later_takes_nothing_from_the_others() -> None:
    made = [p for p in pieces(5.5) if not isinstance(p, Part) or p.rendition == "video" or p.msn > 2]
    made = [p for p in made if isinstance(p, InitSegment | Part) or p.rendition == "video" or p.msn > 2]
    ledger = Ledger()
    for entry in entries_of(made):
        ledger.add(entry)
    listing = Listing(ledger)
    assert [segment.msn for segment in listing.segments("video", ended=True)] == [0, 1, 2, 3, 4, 5]
    assert [segment.msn for segment in listing.segments("opus", ended=True)] == [3, 4, 5]
    assert listing.segments("aac", ended=True) == []
