"""A live playlist's contents: fed with events, asked for text and for bytes. Pure: no I/O, no clock.

    listed      segments of the last `dvr_s` seconds, and the parts of the last three target durations
    in memory   the bytes of the last `memory_s` seconds; what is older is read from where it was recorded

The bytes of a part stay at least three target durations longer than it is listed, as players may rely on (RFC 8216bis, 6.2.2).
Names hold the run, which is new in every process and for every stream, so that a name never means other bytes:

    p{run}-{number}.m4s  part        s{run}-{msn}.m4s  segment        m{run}-{number}.mp4  map
"""

import math
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import takewhile

from msgspec import Struct, structs

from media.codecs import cmaf
from media.errors import TooFarAhead
from media.hls.playlist import ListedPart, LiveTags, Report, Segment, end_lines, head_lines, media_playlist, part_line
from media.hls.tracks import PackagingSettings
from media.parts import Gap, InitSegment, PackagerEvent, Part, SegmentEnd

_PARTS_LISTED = 3  # target durations (6.2.2)
_SKIP_UNTIL = 6  # target durations, the least allowed (4.4.3.8)
_RATED = 30  # segments of which the rates are told
_RECENTLY_LISTED = 30  # segments that are known by name after they left the list


class RecoveredSegments(Struct, frozen=True, kw_only=True):
    """A rendition's segments from before this process, without gaps up to the one that comes next; their maps by URI.

    `part_target_ms`: PART-TARGET of their playlist; 0: what the settings say.
    """

    segments: Sequence[Segment]
    maps: Mapping[str, bytes]
    discontinuity_sequence: int = 0
    part_target_ms: int = 0


class _ListedSegment(Struct):
    """A segment that is complete: its lines, and which parts it is of. `until`: ticks of all segments up to its end."""

    segment: Segment
    head: list[str]
    parts: list[str]
    end: list[str]
    numbers: range
    until: int
    discontinuities: int


class LivePlaylist:
    """One rendition of one stream. `run`: this process's share in it, see above."""

    def __init__(
        self,
        rendition: str,
        run: str,
        origin_ms: int,
        settings: PackagingSettings,
        *,
        dvr_s: float,
        memory_s: float,
        past: RecoveredSegments | None = None,
    ) -> None:
        self.rendition = rendition
        self.run = run
        self.version = 0
        self.ended = False
        self.next_number = 0  # of the part that is hinted
        self._origin_ms = origin_ms
        self._settings = settings
        self._part_target_ms = settings.part_target_ms  # until the first map says otherwise
        self._dvr_s = max(dvr_s, 3.0 * settings.target_s)
        self._memory_s = memory_s
        self._skip_until_s = float(_SKIP_UNTIL * settings.target_s)
        self._kept: deque[_ListedSegment] = deque()
        self._recently_listed: deque[str] = deque(maxlen=_RECENTLY_LISTED)
        self._in_memory: deque[_ListedSegment] = deque()
        self._data: dict[int, bytes] = {}
        self._maps: dict[str, bytes] = {}
        self._map: InitSegment | None = None
        self._msn = -1  # of the segment in the making; -1: nothing came
        self._parts: list[Part] = []
        self._listed: list[ListedPart] = []
        self._lines: list[str] = []  # of the segment in the making
        self._map_before = ""
        self._discontinuities = 0  # up to the segment in the making, its own included
        self._ticks = 0  # of all complete segments
        self._counts: dict[int, int] = {}  # parts of recent segments
        self._rates: deque[tuple[int, int]] = deque(maxlen=_RATED)  # (bytes, ticks)
        self._pictures = self._pictured = 0  # samples, and their ticks
        if past is not None:
            self._recover(past)

    # --- in ---

    def put(self, event: PackagerEvent, lead: "LivePlaylist | None" = None) -> None:
        """The next event of this rendition. `lead`: the video's playlist, with which a later one counts discontinuities."""
        if lead is not None and lead is not self and isinstance(event, (Part, Gap)) and not self.begun:
            self._discontinuities = lead.discontinuities_before(event.msn)
        if isinstance(event, Part):
            self._put_part(event)
        elif isinstance(event, InitSegment):
            self._map = event
            self._part_target_ms = event.part_target_ms or self._part_target_ms
            self._maps[self._map_uri(event.number)] = event.data
        elif isinstance(event, Gap):
            self._put_gap(event)
        else:
            self._put_end(event)
        self.version += 1

    def end(self) -> None:
        self.ended = True
        self.version += 1

    def _put_part(self, part: Part) -> None:
        if not self._parts:
            self._msn = part.msn
            self._discontinuities += part.discontinuity
            self._lines = head_lines(self._segment(part, 0, ()), self._origin_ms, self._map_before)
        told = min(part.duration, self._part_target_ms * part.timescale // 1000)  # more only where pictures are missing
        listed = ListedPart(f"p{self.run}-{part.number}.m4s", told, part.independent)
        self._parts.append(part)
        self._listed.append(listed)
        self._lines.append(part_line(listed, part.timescale))
        self._data[part.number] = part.data
        self.next_number = part.number + 1
        if self._map is not None and self._map.width:
            self._pictures += cmaf.samples_in(part.data)
            self._pictured += part.duration

    def _put_end(self, end: SegmentEnd) -> None:
        if not self._parts:
            return
        first = self._parts[0]
        segment = self._segment(first, end.duration, tuple(self._listed))
        text = head_lines(segment, self._origin_ms, self._map_before)
        self._keep(segment, text, range(first.number, self.next_number))
        self._counts[end.msn] = len(self._parts)
        self._counts.pop(end.msn - _RATED, None)
        self._rates.append((sum(len(part.data) for part in self._parts), end.duration))
        self._msn = end.msn + 1
        self._parts, self._listed, self._lines = [], [], []
        self._forget(first.timescale)

    def _put_gap(self, gap: Gap) -> None:
        self._discontinuities += gap.discontinuity
        segment = Segment(
            msn=gap.msn,
            duration=gap.duration,
            time=gap.time,
            timescale=gap.timescale,
            map=self._map_before,  # it needs none
            discontinuity=gap.discontinuity,
            uri=f"s{self.run}-{gap.msn}.m4s",
            parts=self._gap_parts(gap),
            gap=True,
        )
        self._counts[gap.msn] = len(segment.parts)
        self._keep(segment, head_lines(segment, self._origin_ms, self._map_before), range(0))
        self._msn = gap.msn + 1
        self._forget(gap.timescale)

    def _gap_parts(self, gap: Gap) -> tuple[ListedPart, ...]:
        """A gap's parts are gaps, too: hls.js waits for them, and goes to another rendition when it meets one."""
        length = self._settings.part_ms * gap.timescale // 1000
        return tuple(
            ListedPart(f"g{self.run}-{gap.msn}-{index}.m4s", min(length, gap.duration - begin), False, True)  # noqa: FBT003
            for index, begin in enumerate(range(0, gap.duration, length))
        )

    def _keep(self, segment: Segment, head: list[str], numbers: range) -> None:
        self._ticks += segment.duration
        kept = _ListedSegment(
            segment=segment,
            head=head,
            parts=[part_line(part, segment.timescale) for part in segment.parts],
            end=end_lines(segment),
            numbers=numbers,
            until=self._ticks,
            discontinuities=self._discontinuities,
        )
        self._kept.append(kept)
        if numbers:
            self._in_memory.append(kept)
        self._map_before = segment.map

    def _forget(self, timescale: int) -> None:
        while self._kept[0].until < self._ticks - self._dvr_s * timescale:
            self._recently_listed.append(self._kept.popleft().segment.uri)
        while self._in_memory and self._in_memory[0].until < self._ticks - self._memory_s * timescale:
            for number in self._in_memory.popleft().numbers:
                self._data.pop(number, None)
        used = {kept.segment.map for kept in self._kept}
        if len(self._maps) > len(used) + 1:
            newest = self._map_uri(self._map.number) if self._map is not None else ""
            self._maps = {uri: data for uri, data in self._maps.items() if uri in used or uri == newest}

    def _recover(self, past: RecoveredSegments) -> None:
        self._maps.update(past.maps)
        self._discontinuities = past.discontinuity_sequence
        self._part_target_ms = past.part_target_ms or self._part_target_ms
        for old in past.segments:
            # Parts went with the process that had them in memory; a gap needs no map, so names none of its own.
            segment = structs.replace(old, parts=(), map=self._map_before if old.gap else old.map)
            self._discontinuities += segment.discontinuity
            head = head_lines(segment, self._origin_ms, self._map_before)
            self._keep(segment, head, range(0))
            self._msn = segment.msn + 1
            self._forget(segment.timescale)

    def _segment(self, first: Part, duration: int, parts: tuple[ListedPart, ...]) -> Segment:
        return Segment(
            msn=first.msn,
            duration=duration,
            time=first.time,
            timescale=first.timescale,
            map=self._map_uri(first.map),
            discontinuity=first.discontinuity,
            uri=f"s{self.run}-{first.msn}.m4s",
            parts=parts,
        )

    def _map_uri(self, number: int) -> str:
        return f"m{self.run}-{number}.mp4"

    # --- the playlist ---

    @property
    def begun(self) -> bool:
        """Whether there is anything to list."""
        return bool(self._kept or self._parts)

    @property
    def segments(self) -> list[Segment]:
        return [kept.segment for kept in self._kept]

    def discontinuities_before(self, msn: int) -> int:
        """How many discontinuities there were before segment `msn`, its own not counted."""
        count = self._discontinuities - (self._parts[0].discontinuity if self._parts else 0)
        for kept in reversed(self._kept):
            if kept.segment.msn < msn:
                break
            count -= kept.segment.discontinuity
        return count

    def last(self) -> tuple[int, int]:
        """The last part that is listed: (msn, part), for other renditions' reports."""
        if self._parts:
            return self._msn, len(self._parts) - 1
        return self._msn - 1, self._counts.get(self._msn - 1, 1) - 1

    def due(self, msn: int, part: int | None) -> bool:
        """Whether the playlist holds what a blocking reload waits for (6.2.5.2). Raises TooFarAhead.

        Without `part` the whole segment is waited for. A part behind a complete segment's last one means the first part of the
        next segment: players ask for the next number without knowing that the segment was over. A gap has no such part.
        """
        if self.ended:
            return True
        now = max(self._msn, 0)
        there = len(self._parts)
        if msn > now + 1 or (part is not None and msn == now and part > there + self._parts_ahead()):
            raise TooFarAhead
        if part is None:
            return msn < now
        if msn == now - 1 and part >= self._counts.get(msn, 0) and not (self._kept and self._kept[-1].segment.gap):
            return there > 0  # a part after the last one is the first of the next segment
        return msn < now or (msn == now and part < there)

    def text(self, reports: Sequence[Report], *, skip: bool) -> str:
        """The playlist as it is now; with `skip` a delta update, if there is anything to leave out."""
        timescale = self._timescale()
        now = self._ticks + sum(part.duration for part in self._parts)
        parts_from = now - _PARTS_LISTED * self._settings.target_s * timescale
        skip_before = now - self._skip_until_s * timescale if skip and not self.ended else 0
        listed = list(takewhile(lambda kept: kept.until >= skip_before, reversed(self._kept)))
        body: list[str] = []
        for kept in reversed(listed):
            # The first one names its map, though it may be that of the one before, which has left the list.
            is_first = kept is self._kept[0]
            body += head_lines(kept.segment, self._origin_ms, "") if is_first else kept.head
            if kept.until >= parts_from:
                body += kept.parts
            body += kept.end
        return media_playlist(
            self._live(reports, len(self._kept) - len(listed)), body if self.ended else body + self._lines
        )

    def _live(self, reports: Sequence[Report], skipped: int) -> LiveTags:
        first = self._kept[0] if self._kept else None
        before = self._discontinuities
        if first is not None:
            before = first.discontinuities - first.segment.discontinuity
        elif self._parts:
            before -= self._parts[0].discontinuity
        return LiveTags(
            target_s=self._settings.target_s,
            part_target_s=self._part_target_ms / 1000,
            media_sequence=first.segment.msn if first is not None else max(self._msn, 0),
            discontinuity_sequence=before,
            skip_until_s=self._skip_until_s,
            skipped=skipped,
            hint=f"p{self.run}-{self.next_number}.m4s",
            reports=reports,
            ended=self.ended,
        )

    def _timescale(self) -> int:
        return self._kept[-1].segment.timescale if self._kept else self._parts[0].timescale if self._parts else 1

    def _parts_ahead(self) -> int:
        """The Advance Part Limit (6.2.5.2)."""
        target_s = self._part_target_ms / 1000
        return math.ceil(3 / target_s) if target_s < 1 else 3

    # --- bytes ---

    def part(self, number: int) -> bytes | None:
        """A part's bytes, while they are in memory."""
        return self._data.get(number)

    def segment(self, msn: int) -> bytes | None:
        """A complete segment's bytes, while they are in memory."""
        for kept in reversed(self._in_memory):
            if kept.segment.msn == msn:
                return b"".join(self._data[number] for number in kept.numbers)
        return None

    def map(self, uri: str) -> bytes | None:
        """A map's bytes, while a segment that needs it is listed."""
        return self._maps.get(uri)

    def has(self, uri: str) -> bool:
        """Whether a segment of this name is listed, or was a moment ago: players may ask for it still (6.2.2)."""
        return uri in self._recently_listed or any(kept.segment.uri == uri for kept in self._kept)

    # --- the multivariant playlist ---

    @property
    def header(self) -> InitSegment | None:
        return self._map

    @property
    def is_publishable(self) -> bool:
        """Whether enough is known to tell players of the rendition."""
        return self._map is not None and self.begun

    @property
    def has_rates(self) -> bool:
        """Whether a segment was completed here."""
        return bool(self._rates)

    def rates_bps(self) -> tuple[int, int]:
        """The highest rate of a recent segment, and the mean of them all; of what is there so far if none is complete."""
        rated = list(self._rates) or [
            (sum(len(part.data) for part in self._parts), sum(part.duration for part in self._parts))
        ]
        timescale = self._timescale()
        peak = max(size * 8 * timescale // max(ticks, 1) for size, ticks in rated)
        average = sum(size for size, _ in rated) * 8 * timescale // max(sum(ticks for _, ticks in rated), 1)
        return max(peak, 1), max(average, 1)

    def fps(self) -> float:
        """Pictures a second so far; a whole number if it is nearly one."""
        rate = self._pictures * self._timescale() / self._pictured if self._pictured else 0.0
        return float(round(rate)) if abs(rate - round(rate)) < 0.02 * rate else rate
