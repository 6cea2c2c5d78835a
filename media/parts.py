"""What packaging makes of a program's frames: maps, parts and ends of segments, in order. Pure: no I/O, no clock.

    InitSegment  Part Part Part SegmentEnd  Gap  Part Part SegmentEnd  InitSegment Part ...     (per rendition)

Live playlists (media/hls), recordings and clips (media/record) are all made of these and of nothing else. A stream is one
run of a room's program; its time 0 is `origin_ms`. Media sequence numbers are the same in every rendition of a stream, and
part numbers go on across segments, so that the name of the next part is known before it is made.
"""

from msgspec import Struct


class InitSegment(Struct, frozen=True, gc=False):
    """An initialization section (`ftyp` + `moov`). `number`: 0, 1, 2, ... in its rendition; `codecs` as in RFC 6381.

    `part_target_ms`: PART-TARGET, the same in all of a stream; 0: not known.
    """

    rendition: str
    number: int
    codecs: str
    timescale: int
    data: bytes
    width: int = 0
    height: int = 0
    part_target_ms: int = 0


class Part(Struct, frozen=True, gc=False):
    """A partial segment (`moof` + `mdat`).

    `msn`: media sequence number of its segment. `index`: 0, 1, 2, ... in the segment. `number`: 0, 1, 2, ... in the rendition.
    `time` and `duration`: ticks of the map's timescale, `time` since the stream's origin. `independent`: begins with a
    keyframe. `map`: number of the InitSegment it needs. `discontinuity`: the segment begins with an EXT-X-DISCONTINUITY.
    """

    rendition: str
    msn: int
    index: int
    number: int
    map: int
    time: int
    duration: int
    timescale: int
    independent: bool
    discontinuity: bool
    data: bytes


class SegmentEnd(Struct, frozen=True, gc=False):
    """No part of segment `msn` follows. `duration`: ticks, the sum of its parts'."""

    rendition: str
    msn: int
    duration: int


class Gap(Struct, frozen=True, gc=False):
    """Segment `msn`, of which there is nothing: a rendition that follows another had no frames for it. Fields as in Part."""

    rendition: str
    msn: int
    time: int
    duration: int
    timescale: int
    discontinuity: bool


PackagerEvent = InitSegment | Part | SegmentEnd | Gap
