"""What a recording's folder holds, as told by its journal. Pure: no I/O, no clock.

    {recording}/journal            a JSON array a line, appended after the bytes that it tells of are written
    {recording}/{rendition}/m0.mp4 s0.m4s s1.m4s ...       maps, and segments: parts one after the other

    ["begun", ...] ["run", ...] ["map", ...] ["part", ...] ["part", ...] ["end", ...] ... ["closed", ...]

So whoever reads the journal to the end knows all that was written whole. A process that is killed leaves at most a torn last
line, and bytes that no line tells of: both are cut off before anything is appended again. A line that cannot be read is
passed over; what it told of is lost, and nothing else.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from media.parts import InitSegment, Part

VERSION = 1
FILE = "journal"
CLIP_FILE = "clip.mp4"  # in a clip's folder, which otherwise looks like a recording's
UNFINISHED = ".half"  # at the end of the name of a clip's folder while it is made


class Begun(Struct, frozen=True, tag="begun", array_like=True):
    """The first line. `origin_ms`: Unix ms of the stream's time 0; `started_ms`: of the first picture, nearly."""

    version: int
    id: str
    room: str
    origin_ms: int
    started_ms: int


class Run(Struct, frozen=True, tag="run", array_like=True):
    """From here on a process writes; `name` stands in the names of its live segments (media/hls/live_playlist.py)."""

    name: str
    at_ms: int


class Mapped(Struct, frozen=True, tag="map", array_like=True):
    """A map; its bytes are in a file of their own. `bytes`: how many. `part_target_ms`: of the live playlists; 0: not told."""

    rendition: str
    number: int
    codecs: str
    timescale: int
    width: int
    height: int
    bytes: int
    part_target_ms: int = 0


class Written(Struct, frozen=True, tag="part", array_like=True, gc=False):
    """A part. `offset`, `size`: where its bytes are in the segment's file; `frames`: how many. Else as in media/parts.py."""

    rendition: str
    msn: int
    number: int
    map: int
    offset: int
    size: int
    time: int
    duration: int
    independent: bool
    discontinuity: bool
    frames: int = 0

    @property
    def end(self) -> int:
        """Where it ends, in ticks."""
        return self.time + self.duration


class Ended(Struct, frozen=True, tag="end", array_like=True):
    """No part of the segment follows."""

    rendition: str
    msn: int


class Gapped(Struct, frozen=True, tag="gap", array_like=True):
    """A segment of which there is nothing, as in media/parts.py."""

    rendition: str
    msn: int
    time: int
    duration: int
    discontinuity: bool


class Dropped(Struct, frozen=True, tag="drop", array_like=True):
    """The segment is void, as if it had never been written."""

    rendition: str
    msn: int


class Closed(Struct, frozen=True, tag="closed", array_like=True):
    """The last line: the recording is complete."""

    at_ms: int


Entry = Begun | Run | Mapped | Written | Ended | Gapped | Dropped | Closed
_decoder = msgspec.json.Decoder(Entry)


def line(entry: Entry) -> bytes:
    return msgspec.json.encode(entry) + b"\n"


def mapped(event: InitSegment) -> Mapped:
    return Mapped(
        rendition=event.rendition,
        number=event.number,
        codecs=event.codecs,
        timescale=event.timescale,
        width=event.width,
        height=event.height,
        bytes=len(event.data),
        part_target_ms=event.part_target_ms,
    )


def written(event: Part, offset: int, frames: int = 0) -> Written:
    """The entry of a part whose bytes begin at `offset` of its segment's file."""
    return Written(
        rendition=event.rendition,
        msn=event.msn,
        number=event.number,
        map=event.map,
        offset=offset,
        size=len(event.data),
        time=event.time,
        duration=event.duration,
        independent=event.independent,
        discontinuity=event.discontinuity,
        frames=frames,
    )


class RecordedSegment(Struct):
    """A segment. `parts`: empty where they are not of interest any more. `gap`: there is nothing of it.

    `at`: where in the journal its first line begins, in bytes. `has_key`: decoding can begin in it.
    """

    msn: int
    map: int
    time: int
    discontinuity: bool
    run: str
    duration: int = 0
    size: int = 0
    frames: int = 0
    parts: list[Written] = []
    gap: bool = False
    at: int = 0
    has_key: bool = False

    def take(self, part: Written) -> None:
        self.parts.append(part)
        self.duration += part.duration
        self.size = part.offset + part.size
        self.frames += part.frames
        self.has_key = self.has_key or part.independent


class RecordedRendition(Struct):
    """A rendition. `segments`: the complete ones; `open`: the one in the making. `next_part`: number after the last part's."""

    maps: dict[int, Mapped] = {}
    segments: list[RecordedSegment] = []
    open: RecordedSegment | None = None
    next_part: int = 0

    @property
    def is_video(self) -> bool:
        """Whether it shows something."""
        return any(each.width for each in self.maps.values())

    @property
    def timescale(self) -> int:
        """Ticks a second; of all its maps the same."""
        return next((each.timescale for each in self.maps.values()), 1)

    @property
    def part_target_ms(self) -> int:
        """PART-TARGET of its live playlists; 0: not known."""
        return next((each.part_target_ms for each in self.maps.values()), 0)

    @property
    def next_map(self) -> int:
        """Number of the map after the last."""
        return max(self.maps, default=-1) + 1

    def all(self) -> list[RecordedSegment]:
        """Every segment, the one in the making too if it has a part."""
        return [*self.segments, self.open] if self.open is not None and self.open.parts else list(self.segments)


class Ledger:
    """What the lines told so far. `lean`: parts of complete segments are forgotten."""

    def __init__(self, *, lean: bool = False) -> None:
        self._lean = lean
        self.begun: Begun | None = None
        self.closed: Closed | None = None
        self.run = ""
        self.renditions: dict[str, RecordedRendition] = {}
        self.unreadable = 0  # lines
        self.bytes = 0

    def add(self, entry: Entry, *, at: int = 0) -> None:
        """`at`: where in the journal its line begins."""
        if isinstance(entry, Written):
            self._part(entry, at)
        elif isinstance(entry, Ended):
            self._end(self._rendition(entry.rendition), entry.msn)
        elif isinstance(entry, Gapped):
            self._gap(self._rendition(entry.rendition), entry, at)
        elif isinstance(entry, Mapped):
            self._rendition(entry.rendition).maps[entry.number] = entry
            self.bytes += entry.bytes
        elif isinstance(entry, Dropped):
            self._drop(self._rendition(entry.rendition), entry.msn)
        elif isinstance(entry, Run):
            self.run = entry.name
        elif isinstance(entry, Begun):
            self.begun = self.begun or entry
        else:
            self.closed = entry
            for recorded in self.renditions.values():
                self._complete(recorded)

    def _rendition(self, name: str) -> RecordedRendition:
        return self.renditions.setdefault(name, RecordedRendition(maps={}, segments=[]))

    def _part(self, part: Written, at: int) -> None:
        recorded = self._rendition(part.rendition)
        if recorded.open is not None and recorded.open.msn != part.msn:
            self._complete(recorded)
        if recorded.open is None:
            recorded.open = RecordedSegment(
                msn=part.msn,
                map=part.map,
                time=part.time,
                discontinuity=part.discontinuity,
                run=self.run,
                parts=[],
                at=at,
            )
        recorded.open.take(part)
        recorded.next_part = part.number + 1
        self.bytes += part.size

    def _end(self, recorded: RecordedRendition, msn: int) -> None:
        if recorded.open is not None and recorded.open.msn == msn:
            self._complete(recorded)

    def _gap(self, recorded: RecordedRendition, gap: Gapped, at: int) -> None:
        self._complete(recorded)
        kept = RecordedSegment(
            msn=gap.msn,
            map=recorded.segments[-1].map if recorded.segments else max(recorded.next_map - 1, 0),
            time=gap.time,
            discontinuity=gap.discontinuity,
            run=self.run,
            duration=gap.duration,
            parts=[],
            gap=True,
            at=at,
        )
        recorded.segments.append(kept)

    def _complete(self, recorded: RecordedRendition) -> None:
        ended, recorded.open = recorded.open, None
        if ended is None or not ended.parts:
            return
        if self._lean:
            ended.parts = []
        recorded.segments.append(ended)

    def _drop(self, recorded: RecordedRendition, msn: int) -> None:
        if recorded.open is not None and recorded.open.msn == msn:
            self.bytes -= recorded.open.size
            recorded.open = None
        while recorded.segments and recorded.segments[-1].msn >= msn:
            self.bytes -= recorded.segments.pop().size

    # --- what is asked of it ---

    @property
    def lead(self) -> str | None:
        """The rendition that the others follow: the first picture."""
        return next((name for name, recorded in self.renditions.items() if recorded.is_video), None)

    @property
    def span_ms(self) -> tuple[int, int]:
        """Unix ms of the first picture's beginning and the last one's end; (0, 0) where there is none."""
        lead = self.lead
        if lead is None or self.begun is None:
            return 0, 0
        recorded = self.renditions[lead]
        every = recorded.segments[:1] + ([recorded.open] if recorded.open is not None else recorded.segments[-1:])
        if not every:
            return 0, 0
        origin_ms, scale = self.begun.origin_ms, recorded.timescale
        first, last = every[0], every[-1]
        return origin_ms + first.time * 1000 // scale, origin_ms + (last.time + last.duration) * 1000 // scale


def segment_name(msn: int) -> str:
    """The file of a segment, in its rendition's folder."""
    return f"s{msn}.m4s"


def map_name(number: int) -> str:
    """The file of a map, in its rendition's folder."""
    return f"m{number}.mp4"


def whole_bytes(data: bytes) -> int:
    """How many bytes of a journal are whole lines."""
    return data.rfind(b"\n") + 1


class Reader:
    """Reads a journal piece by piece into a ledger. A last line without its end is not one."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._rest = b""
        self._at = 0

    def feed(self, data: bytes) -> None:
        """The next bytes. Never raises: a line that can't be read is counted."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for text in lines:
            try:
                entry: Any = _decoder.decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self.ledger.unreadable += 1
            else:
                if self.ledger.begun is not None or isinstance(entry, Begun):
                    self.ledger.add(entry, at=self._at)
            self._at += len(text) + 1


def replay(data: bytes, *, lean: bool = False) -> Ledger:
    """What a journal tells. Never raises: `begun` is None of a journal without its first line."""
    reader = Reader(Ledger(lean=lean))
    reader.feed(data)
    return reader.ledger


def unwritten(ledger: Ledger, sizes: Mapping[tuple[str, int], int]) -> list[Dropped]:
    """Segments at the end of each rendition whose files are shorter than the journal tells, as after a loss of power.

    `sizes`: bytes of the file of (rendition, msn). A complete segment without a file was moved to other storage.
    """
    found: list[Dropped] = []
    for name, recorded in ledger.renditions.items():
        for kept in reversed([kept for kept in recorded.all() if not kept.gap]):
            size = sizes.get((name, kept.msn), 0 if kept is recorded.open else kept.size)
            if size >= kept.size:
                break
            found.append(Dropped(rendition=name, msn=kept.msn))
    return found
