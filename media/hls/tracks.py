"""One track on its way into parts and segments: what it has gathered, what it has given out. Pure: no I/O, no clock.

    part      cut once it is 85% of PART-TARGET long, never longer than the target (part_target.py)
    segment   cut where the packager says, at the same time and under the same number in every rendition

A camera wavers, loses frames and stands still, and a player may give a stream up for one part that is too long. So frames that
do not fit are moved rather than parts made too long or too short:

    jitter     | . . . . .  .|       a part ends up to SLIP_MAX_MS earlier or later than its last frame does
    a hold     |.      .....         the frame that stays is shown until PART-TARGET is full, and those behind it begin
               |.  |.  |.  |...      earlier and last longer until they have caught up

A camera of which no whole number of frames fits, since the target was settled before it was cut to, has frames moved to where
parts begin, by less than a frame each.

Nothing is left out, no hole is made, and each frame comes back to its own time as soon as it can.
"""

from typing import Literal

from msgspec import Struct, structs

from media.codecs import cmaf
from media.codecs.h264 import PPS, SPS, avcc, read_sps
from media.frames import AUDIO_HZ, VIDEO_HZ
from media.hls.part_target import PART_LEAST_PERCENT, part_target_ms
from media.parts import Gap, InitSegment, PackagerEvent, Part, SegmentEnd
from media.settings import MediaConfig

Codec = Literal["h264", "opus", "aac"]

SLIP_MAX_MS = 25  # less than a frame of most cameras: nobody sees it
_LONGER = 1.1  # a segment may be so much longer than it should, to end at the keyframe that is due
_ROUNDING_MS = 499  # EXTINF rounded may not exceed EXT-X-TARGETDURATION (RFC 8216bis, 4.4.3.1)


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
    def part_target_ms(self) -> int:
        """PART-TARGET, where the frame rate asks for no other."""
        return part_target_ms(self.part_ms, None)

    @property
    def target_s(self) -> int:
        """EXT-X-TARGETDURATION."""
        return -(-self.segment_ms_max // 1000)

    @property
    def segment_ms_limit(self) -> int:
        """No segment is longer: a little more than it should be, so that a keyframe which is due then begins the next one."""
        return min(int(self.segment_ms_max * _LONGER), self.target_s * 1000 + _ROUNDING_MS)


class Sample(Struct, frozen=True, gc=False):
    """A frame as it lies in a part. `data`: without start codes, with lengths before NAL units."""

    time: int
    duration: int
    key: bool
    data: bytes


class SegmentBoundary(Struct, frozen=True):
    """The end of a segment of the leading picture. `time`: 90 kHz ticks. `discontinuity`: the next begins with one.

    `begin`: where the next one begins; later than `time` where pictures lost so much time that they can't catch up.
    """

    time: int
    discontinuity: bool
    begin: int


class Track:
    """One rendition. Times are ticks of its timescale since the stream's origin."""

    def __init__(self, rendition: Rendition, settings: PackagingSettings, *, part: int, map_number: int) -> None:
        self.id = rendition.id
        self.codec = rendition.codec
        self.timescale = VIDEO_HZ if rendition.codec == "h264" else AUDIO_HZ
        self.segment_max = settings.segment_ms_limit * self.timescale // 1000
        self._slip_max = SLIP_MAX_MS * self.timescale // 1000
        self.aim_for(settings.part_target_ms)
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

    def aim_for(self, target_ms: int) -> None:
        """Parts are to keep to this PART-TARGET; before the first one."""
        self.part_target_ms = target_ms
        self.part_max = target_ms * self.timescale // 1000
        self.part_least = -(-self.part_max * PART_LEAST_PERCENT // 100)

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
            part_target_ms=self.part_target_ms,
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

    def add_picture(
        self, time: int, until: int, data: bytes, out: list[PackagerEvent], *, key: bool
    ) -> tuple[int, int]:
        """One more picture, from `time` to about `until`: returns from when to when it is shown, so that parts fit.

        `time` is where the picture before ends, or a later one after a hole.
        """
        if self.pending and time != self.end:
            self.flush(out)
        begin = time - self.ticks  # of the part in the making
        early, late = until - begin - self.part_max, self.part_least - self.ticks
        if self.pending and early > self._slip_max and late <= self._slip_max:
            last = self.pending[-1]
            self.pending[-1] = structs.replace(last, duration=last.duration + late)
            self.ticks, self.end, time = self.ticks + late, self.end + late, time + late
            self.flush(out)
            early = until - time - self.part_max
        if early > 0:
            until -= early
        self.add(Sample(time, until - time, key, data), out)
        return time, until

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

    def skip_to(self, time: int) -> None:
        """Nothing before `time` has a place in the segment that has just begun."""
        self.pending = [sample for sample in self.pending if sample.time >= time]
        self.ticks = sum(sample.duration for sample in self.pending)
        self.end = max(self.end, time)

    def gap(self, time: int, duration: int) -> Gap:
        """The segment, of which nothing came."""
        return Gap(self.id, self.msn, time, duration, self.timescale, self.discontinuity)
