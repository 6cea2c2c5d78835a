"""Which segments of a recording are played, in every rendition alike. Pure: no I/O, no clock.

A segment that one rendition lacks, though it has earlier and later ones, was lost there (the disk was full) and is left out of
all; the discontinuity that it may have told is told by the next one, since renditions must agree in them (RFC 8216bis, 6.2.4).
So while a recording goes on a segment is listed once every rendition has come that far: what is decided then stays, and lists
only grow.
"""

from media.hls.playlist import Segment
from media.record.journal import Ledger, RecordedRendition, RecordedSegment, map_name, segment_name


class Listing:
    """Of one ledger, which may grow. Asked again, it looks at what is new only."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._listed: dict[str, list[Segment]] = {}
        self._seen: dict[str, int] = {}  # how many of its segments were looked at
        self._discontinuity_pending: dict[str, bool] = {}  # a discontinuity of one that was left out
        self._numbers: dict[str, set[int]] = {}
        self._known: dict[str, int] = {}  # how many of its segments are in `_numbers`

    def segments(self, rendition: str, *, ended: bool) -> list[Segment]:
        """Those listed by now; `ended`: nothing will be added. Of a rendition that is not there none."""
        recorded = self._ledger.renditions.get(rendition)
        if recorded is None:
            return []
        others = {
            name: other
            for name, other in list(self._ledger.renditions.items())
            if other is not recorded and other.segments
        }
        for name, other in others.items():
            self._learn(name, other)
        until = None if ended else min((other.segments[-1].msn for other in others.values()), default=None)
        listed = self._listed.setdefault(rendition, [])
        at = self._seen.get(rendition, 0)
        while at < len(recorded.segments) and (until is None or recorded.segments[at].msn <= until):
            self._look(rendition, recorded, recorded.segments[at], others)
            at += 1
        self._seen[rendition] = at
        return listed

    def _learn(self, name: str, recorded: RecordedRendition) -> None:
        known = self._known.get(name, 0)
        segments = recorded.segments[known:]
        self._numbers.setdefault(name, set()).update(kept.msn for kept in segments)
        self._known[name] = known + len(segments)

    def _look(
        self, rendition: str, recorded: RecordedRendition, kept: RecordedSegment, others: dict[str, RecordedRendition]
    ) -> None:
        is_discontinuous = kept.discontinuity or self._discontinuity_pending.get(rendition, False)
        lost = any(
            other.segments[0].msn < kept.msn < other.segments[-1].msn and kept.msn not in self._numbers[name]
            for name, other in others.items()
        )
        self._discontinuity_pending[rendition] = is_discontinuous and lost
        if lost:
            return
        segment = Segment(
            msn=kept.msn,
            duration=kept.duration,
            time=kept.time,
            timescale=recorded.timescale,
            map=map_name(kept.map),
            discontinuity=is_discontinuous,
            uri=segment_name(kept.msn),
            gap=kept.gap,
        )
        self._listed[rendition].append(segment)
