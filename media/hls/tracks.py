"""One track on its way into parts and segments: what it has gathered, what it has given out. Pure: no I/O, no clock.

    part      cut once it is 85% of the part target long, never longer than the target unless one frame alone is
    segment   cut where the packager says, at the same time and under the same number in every rendition

The part target stands in playlists and is a bound from above (RFC 8216bis, 4.4.3.7), while parts may be 15% shorter. Frames
come in whole: with a target of 1.15 times the wanted 200 ms, i.e. 230 ms, lengths from 195.5 ms on will do, and 200 ms of 15,
20, 25, 30, 50 or 60 pictures a second, 208 ms of 24, 200 ms of Opus and 213 ms of AAC all lie between, whatever a clock
wavers. A picture that stays longer than its neighbours may still leave a shorter part behind.
"""

from typing import Literal

from msgspec import Struct

from media.codecs import cmaf
from media.codecs.h264 import PPS, SPS, avcc, read_sps
from media.frames import AUDIO_HZ, VIDEO_HZ
from media.parts import Gap, InitSegment, PackagerEvent, Part, SegmentEnd
from media.settings import MediaConfig

Codec = Literal["h264", "opus", "aac"]

PART_TARGET = 1.15  # times media_part_ms; see above
PART_LEAST = 0.85  # of the target (RFC 8216bis, 4.4.4.9)


class Rendition(Struct, frozen=True):
    """A rendition to be made. `id` is its folder's name in addresses."""

    id: str
    codec: Codec


class PackagingSettings(Struct, frozen=True, kw_only=True):
    """How long parts and segments shall be, in ms."""

    part_ms: int = 200
    segment_ms: int = 2_000
    segment_ms_max: int = 4_000

    @classmethod
    def of(cls, config: MediaConfig) -> "PackagingSettings":
        return cls(
            part_ms=config.media_part_ms,
            segment_ms=config.media_segment_ms,
            segment_ms_max=max(config.media_segment_ms_max, config.media_segment_ms),
        )

    @property
    def part_target_ms(self) -> float:
        """PART-TARGET."""
        return self.part_ms * PART_TARGET

    @property
    def target_s(self) -> int:
        """EXT-X-TARGETDURATION."""
        return -(-self.segment_ms_max // 1000)


class Sample(Struct, frozen=True, gc=False):
    """A frame as it lies in a part. `data`: without start codes, with lengths before NAL units."""

    time: int
    duration: int
    key: bool
    data: bytes


class SegmentBoundary(Struct, frozen=True):
    """The end of a segment of the leading picture. `time`: 90 kHz ticks. `discontinuity`: the next begins with one."""

    time: int
    discontinuity: bool


class Track:
    """One rendition. Times are ticks of its timescale since the stream's origin."""

    def __init__(self, rendition: Rendition, settings: PackagingSettings, *, part: int, map_number: int) -> None:
        self.id = rendition.id
        self.codec = rendition.codec
        self.timescale = VIDEO_HZ if rendition.codec == "h264" else AUDIO_HZ
        self.segment_max = settings.segment_ms_max * self.timescale // 1000
        self.part_max = int(settings.part_target_ms * self.timescale / 1000)
        self.part_least = int(settings.part_target_ms * self.timescale / 1000 * PART_LEAST)
        self.mapped = False  # whether a map was made here
        self.number = part  # of the next part
        self.map_number = map_number  # of the next map; the one in use is the one before
        self.msn = -1  # no segment has begun
        self.index = 0
        self.discontinuity = False
        self.segment = 0  # ticks in parts of the segment
        self.pending: list[Sample] = []
        self.ticks = 0  # of the pending samples
        self.end = 0  # where the last sample ends

    @property
    def begun(self) -> bool:
        """Whether a segment is in the making."""
        return self.msn >= 0

    @property
    def length(self) -> int:
        """Ticks of the segment in the making, pending samples included."""
        return self.segment + self.ticks

    def begin(self, msn: int, *, discontinuity: bool) -> None:
        """A new segment, of which nothing is there yet."""
        self.msn, self.index, self.segment, self.discontinuity = msn, 0, 0, discontinuity

    def new_map(self, codecs: str, data: bytes, width: int = 0, height: int = 0) -> InitSegment:
        """The header that the parts from here on need."""
        made = InitSegment(
            rendition=self.id,
            number=self.map_number,
            codecs=codecs,
            timescale=self.timescale,
            data=data,
            width=width,
            height=height,
        )
        self.map_number += 1
        self.mapped = True
        return made

    def new_picture_map(self, config: tuple[bytes, ...]) -> InitSegment:
        """The header of a picture with these parameter sets (h264.parameter_sets)."""
        sps = [unit for unit in config if unit[0] & 0x1F == SPS]
        pps = [unit for unit in config if unit[0] & 0x1F == PPS]
        read = read_sps(sps[0])
        header = cmaf.video_header(read, avcc(sps, pps, read), self.timescale)
        return self.new_map(read.codecs, header, read.width, read.height)

    def add(self, sample: Sample, out: list[PackagerEvent]) -> None:
        """One more sample; parts that are long enough go out."""
        if self.pending and (self.ticks + sample.duration > self.part_max or sample.time != self.end):
            self.flush(out)  # the latter: a hole in time, which only a part's own tfdt can tell
        self.pending.append(sample)
        self.ticks += sample.duration
        self.end = sample.time + sample.duration
        if self.ticks >= self.part_least:
            self.flush(out)

    def flush(self, out: list[PackagerEvent]) -> None:
        samples, ticks = self.pending, self.ticks
        if not samples:
            return
        durations = [sample.duration for sample in samples]
        data = [sample.data for sample in samples]
        if self.codec == "h264":
            keys = [sample.key for sample in samples]
            chunk = cmaf.video_chunk(self.number + 1, samples[0].time, durations, keys, data)
        else:
            chunk = cmaf.audio_chunk(self.number + 1, samples[0].time, durations, data)
        out.append(
            Part(
                rendition=self.id,
                msn=self.msn,
                index=self.index,
                number=self.number,
                map=self.map_number - 1,
                time=samples[0].time,
                duration=ticks,
                timescale=self.timescale,
                independent=samples[0].key,
                discontinuity=self.discontinuity,
                data=chunk,
            )
        )
        self.number += 1
        self.index += 1
        self.segment += ticks
        self.pending, self.ticks = [], 0

    def end_segment(self, out: list[PackagerEvent], *, discontinuity: bool, at: int | None = None) -> None:
        """The segment ends, the next begins. Pending samples from `at` on belong to the next one."""
        rest = [] if at is None else [sample for sample in self.pending if sample.time >= at]
        if rest:
            del self.pending[len(self.pending) - len(rest) :]
            self.ticks = sum(sample.duration for sample in self.pending)
        self.flush(out)
        out.append(SegmentEnd(rendition=self.id, msn=self.msn, duration=self.segment))
        self.begin(self.msn + 1, discontinuity=discontinuity)
        self.pending, self.ticks = rest, sum(sample.duration for sample in rest)

    def gap(self, time: int, duration: int) -> Gap:
        """The segment, of which nothing came."""
        return Gap(self.id, self.msn, time, duration, self.timescale, self.discontinuity)
