"""What is recorded after something could not be: from the next segment on that is whole everywhere. Pure: no I/O, no clock.

video  s7 s8 . x . . s9 . . | s10            x: the disk is full; the first picture's part seen afterwards is of s9,
opus   s7 s8 . . . . s9 . . | s10            so s10 has begun nowhere: recording begins again there, with a discontinuity
"""

import msgspec

from media.parts import Gap, InitSegment, PackagerEvent, Part


class SegmentGate:
    """One recording. Every event passes here, in order; maps also while nothing is recorded."""

    def __init__(self) -> None:
        self._maps: dict[str, InitSegment] = {}  # the newest of each rendition
        self._maps_to_repeat: dict[str, InitSegment] = {}  # those to be written again, since they may have been lost
        self._was_lost = False
        self._from: int | None = None  # the segment to begin with again
        self._back: dict[str, int] = {}  # rendition -> the segment it began with again

    def lost(self) -> None:
        """Something was not written, or did not come."""
        self._was_lost = True
        self._from = None
        self._back = {}
        self._maps_to_repeat = dict(self._maps)

    def skip(self, event: PackagerEvent) -> None:
        """An event while nothing can be recorded."""
        if isinstance(event, InitSegment):
            self._maps[event.rendition] = self._maps_to_repeat[event.rendition] = event

    def admit(self, event: PackagerEvent) -> list[PackagerEvent]:
        if isinstance(event, InitSegment):
            self._maps[event.rendition] = event
            self._maps_to_repeat.pop(event.rendition, None)
            return [event]
        if not self._was_lost:
            return [event]
        if isinstance(event, Part | Gap):
            return self._admit_part(event)
        return [event] if event.rendition in self._back else []

    def _admit_part(self, part: Part | Gap) -> list[PackagerEvent]:
        if self._from is None:
            known = self._maps.get(part.rendition)
            if known is not None and known.width:
                self._from = part.msn + 1
            return []
        if part.rendition not in self._back:
            if part.msn < self._from or (isinstance(part, Part) and part.index):
                return []
            self._back[part.rendition] = part.msn
        repeated = self._maps_to_repeat.pop(part.rendition, None)
        if part.msn == self._back[part.rendition]:
            part = msgspec.structs.replace(part, discontinuity=True)
        return [part] if repeated is None else [repeated, part]
