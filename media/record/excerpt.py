"""The lines of a journal that tell of a stretch of time: a clip of a show of hours needs no more of it. Pure: no I/O, no clock.

    the journal   ... v7 o7 v7 o6 v7 o7 | v8 o7 v8 o8 ... v12 o11 v12 o12 | v13 ...      v: the picture, o: sound; segments
    read          from the first line of segment `msn` in any rendition to the first line behind `last` in every one

A rendition's lines are in the order of its segments, so nothing of these is anywhere else. A ledger that has forgotten its
parts knows where each segment's lines begin.
"""

from media.record.journal import Ledger, Reader, RecordedRendition


def stretch(ledger: Ledger, from_ms: int, to_ms: int) -> tuple[int, int | None]:
    """Bytes [begin, end) of the journal with all that is played from `from_ms` to `to_ms` (Unix ms); None: to its end.

    They begin with a segment of the picture in which decoding can begin, and one before it, whose sound may reach over.
    """
    lead_name, begun = ledger.lead, ledger.begun
    if lead_name is None or begun is None:
        return 0, None
    lead = ledger.renditions[lead_name]
    segments = lead.all()
    scale, origin_ms = lead.timescale, begun.origin_ms
    first = max((at for at, kept in enumerate(segments) if origin_ms + kept.time * 1000 // scale <= from_ms), default=0)
    # The first key of the first segment may be after `from_ms`.
    first = max(0, first - 1)
    while first > 0 and not segments[first].has_key:
        first -= 1
    last = next(
        (kept.msn for kept in segments if (kept.time + kept.duration) * 1000 >= (to_ms - origin_ms) * scale), None
    )
    msn = segments[max(0, first - 1)].msn if segments else 0
    renditions = list(ledger.renditions.values())
    begins = [_at(recorded, msn) for recorded in renditions]
    ends = [_at(recorded, last + 1) if last is not None else None for recorded in renditions]
    begin = min((at for at in begins if at is not None), default=0)
    return begin, None if None in ends else max(at for at in ends if at is not None)


def excerpt(ledger: Ledger, lines: bytes) -> Ledger:
    """What these lines of the ledger's journal tell, with all parts; and its maps."""
    read = Ledger()
    read.begun = ledger.begun
    for name, recorded in list(ledger.renditions.items()):  # its writer may be adding one
        read.renditions[name] = RecordedRendition(maps=dict(recorded.maps), segments=[])
    Reader(read).feed(lines)
    return read


def _at(recorded: RecordedRendition, msn: int) -> int | None:
    """Where the first segment from this number on begins; None: there is none yet."""
    return next((kept.at for kept in recorded.all() if kept.msn >= msn), None)
