"""Which parts of a recording make a clip. Pure: no I/O, no clock.

    asked for            from|---------------------|to
    the picture   K....|.....|.....|K....|.....|.....|K....       K: a keyframe
    the clip             from the last keyframe at or before `from` to the end of the part that `to` is in
    the sound     ...|.....|.....|.....|.....|.....|.....         all parts that overlap that

Nothing is decoded, so a clip begins where a decoder can begin; parts stay whole. A rendition that lacks
some of it stays out.
"""

from msgspec import Struct

from media.errors import ClipOutside
from media.record.journal import Ledger, RecordedRendition, RecordedSegment, Written


class SegmentSlice(Struct, frozen=True):
    """Of one segment, the parts that are in the clip. They lie in the segment's file one after the other."""

    msn: int
    discontinuity: bool
    parts: list[Written]

    @property
    def begin(self) -> int:
        """Where in the file they begin."""
        return self.parts[0].offset

    @property
    def size(self) -> int:
        return self.parts[-1].offset + self.parts[-1].size - self.begin


class ClipSelection(Struct, frozen=True):
    """`from_ms`, `to_ms`: Unix ms of the picture's begin and end. `taken`: by rendition, the picture's first."""

    from_ms: int
    to_ms: int
    lead: str
    taken: dict[str, list[SegmentSlice]]

    @property
    def bytes(self) -> int:
        return sum(each.size for slices in self.taken.values() for each in slices)


def select_parts(ledger: Ledger, from_ms: int, to_ms: int, *, length_ms_max: float) -> ClipSelection:
    """The clip from `from_ms` to `to_ms` (Unix ms), or as much of it as was recorded. `ledger`: with all its parts.

    Raises ClipOutside: it is empty, longer than `length_ms_max`, or nothing of it was recorded.
    """
    lead_name, begun = ledger.lead, ledger.begun
    if lead_name is None or begun is None:
        raise ClipOutside
    check_length(from_ms, to_ms, length_ms_max=length_ms_max)
    lead = ledger.renditions[lead_name]
    scale, origin_ms = lead.timescale, begun.origin_ms
    pictures = [part for kept in lead.all() for part in kept.parts]
    keys = [part for part in pictures if part.independent]
    if not keys:
        raise ClipOutside
    before = [part for part in keys if origin_ms + part.time * 1000 // scale <= from_ms]
    first = before[-1] if before else keys[0]
    rest = [part for part in pictures if part.number >= first.number]
    last = next((part for part in rest if (part.end) * 1000 >= (to_ms - origin_ms) * scale), rest[-1])
    if first.time * 1000 >= (to_ms - origin_ms) * scale or last.end * 1000 <= (from_ms - origin_ms) * scale:
        raise ClipOutside
    taken = {lead_name: _taken(lead, first.time, last.end, scale)}
    for name, recorded in ledger.renditions.items():
        found = _taken(recorded, first.time, last.end, scale)
        if recorded is not lead and _is_whole(recorded, found, taken[lead_name]):
            taken[name] = found
    return ClipSelection(origin_ms + first.time * 1000 // scale, origin_ms + last.end * 1000 // scale, lead_name, taken)


def check_length(from_ms: int, to_ms: int, *, length_ms_max: float) -> None:
    """Raises ClipOutside for one that is empty or too long."""
    if to_ms <= from_ms:
        raise ClipOutside("A clip ends after it begins: to_ts must be greater than from_ts.")
    if to_ms - from_ms > length_ms_max:
        raise ClipOutside(f"A clip is at most {length_ms_max / 1000:.0f} s long.")


def _is_whole(recorded: RecordedRendition, own: list[SegmentSlice], lead: list[SegmentSlice]) -> bool:
    """Whether nothing is lacking; of a show that goes on the sound may be a little behind the picture."""
    numbers = {each.msn for each in own}
    lacking = {each.msn for each in lead} - numbers
    return bool(numbers) and (not lacking or (not recorded.is_video and min(lacking) > max(numbers)))


def _taken(recorded: RecordedRendition, begin: int, end: int, scale: int) -> list[SegmentSlice]:
    """Parts that overlap [begin, end), which are in ticks of `scale`."""
    found: list[SegmentSlice] = []
    for kept in recorded.all():
        parts = [part for part in kept.parts if _overlaps(part, recorded.timescale, begin, end, scale)]
        if parts:
            found.append(SegmentSlice(kept.msn, _breaks(kept, parts) and bool(found), parts))
    return found


def _overlaps(part: Written, own: int, begin: int, end: int, scale: int) -> bool:
    return part.end * scale > begin * own and part.time * scale < end * own


def _breaks(kept: RecordedSegment, parts: list[Written]) -> bool:
    return kept.discontinuity and parts[0] is kept.parts[0]
