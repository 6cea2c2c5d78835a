"""A clip as one MP4 file that phones play, with its index in front. Blocks, and belongs into a thread.

H.264 with one sample description (fitting.py) and AAC. Nothing is decoded but what has to be: stretches of a camera that is
not the one shown longest, and the sound of a recording that was made without AAC.

The tracks begin together: the sound with its first frame at or after the first picture. Where the recording has a hole in time
(a crash, a full disk) the file has none; both tracks are moved by the same.
"""

import heapq
import io
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream
from msgspec import Struct

from media.clips.fitting import Fitter
from media.codecs.aac_transcoder import BITRATE_BPS, AacTranscoder
from media.codecs.annexb import read_avc_config
from media.errors import ClipOutside
from media.frames import AUDIO_HZ, OPUS_FRAME, OPUS_SILENCE, AudioFrame
from media.record.journal import Ledger, RecordedRendition, map_name, segment_name

HOLE_S = Fraction(1, 10)  # between pictures; less is jitter
AAC, OPUS = "aac", "opus"  # renditions
_DRAIN = 3  # packets of silence that bring out what the transcoder still has


class PicturesMissing(ValueError):
    """The files hold fewer pictures than their journal tells."""


class CuttingStopped(Exception):
    """Nobody waits for the clip any more, or the process ends."""


class _Packet(Struct):
    """`at`: seconds since the stream's origin."""

    at: Fraction
    order: int
    packet: "av.Packet[Any]"


def write_mp4(
    path: Path, folder: Path, ledger: Ledger, *, encoded_s_max: float, is_stopped: Callable[[], bool]
) -> None:
    """Write the clip in `folder`, whose journal told `ledger`, as one file.

    Raises av.FFmpegError, PicturesMissing, OSError, CuttingStopped, and ClipOutside if more than `encoded_s_max` would have to
    be encoded.
    """
    lead = ledger.lead
    assert lead is not None
    video = ledger.renditions[lead]
    begin = Fraction(video.segments[0].time, video.timescale)
    last = video.segments[-1]
    end = Fraction(last.time + last.duration, video.timescale)
    holes = _holes(video)
    shown = 0
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        outputs: list[VideoStream | AudioStream] = []
        sources = [_pictures(folder / lead, video, out, outputs, encoded_s_max)]
        audio_name = next((name for name in (AAC, OPUS) if _has(ledger, name)), None)
        if audio_name is not None:
            sources.append(_sound(folder / audio_name, ledger.renditions[audio_name], out, outputs))
        ends = [Fraction(-1)] * len(outputs)
        for each in heapq.merge(*sources, key=lambda each: (each.at, each.order)):
            if is_stopped():
                raise CuttingStopped
            at = _placed(each.at, begin, holes)
            if at is None or not begin <= each.at < end or at < ends[each.order]:
                continue
            packet = _moved(each, at)
            packet.stream = outputs[each.order]
            ends[each.order] = at + Fraction(packet.duration or 0) * (packet.time_base or 1)
            out.mux(packet)
            shown += each.order == 0
    if shown != sum(kept.frames for kept in video.segments):
        raise PicturesMissing(f"{shown} pictures were found")


def refuse_encoding(other_s: float, encoded_s_max: float) -> None:
    """Raises ClipOutside if so much of other cameras than the one shown longest is too much to encode."""
    if other_s > encoded_s_max:
        raise ClipOutside(
            f"A clip has at most {encoded_s_max:.0f} s of other cameras than the one shown longest. Choose a shorter piece."
        )


def _has(ledger: Ledger, name: str) -> bool:
    return name in ledger.renditions and bool(ledger.renditions[name].segments)


def _pictures(
    folder: Path,
    video: RecordedRendition,
    out: OutputContainer,
    outputs: list[VideoStream | AudioStream],
    encoded_s_max: float,
) -> Iterator[_Packet]:
    """Adds the track, and returns its packets: of the camera shown longest as they are, of others fitted to it."""
    runs = _runs(video)
    configs = [_config(folder, video, run) for run in range(len(runs))]
    shown: Counter[bytes] = Counter()
    for config, (_, msns) in zip(configs, runs, strict=True):
        shown[config] += sum(kept.duration for kept in video.segments if kept.msn in msns)
    kept = shown.most_common(1)[0][0]
    refuse_encoding((shown.total() - shown[kept]) / video.timescale, encoded_s_max)
    with _opened(folder, video, configs.index(kept)) as first:
        stream = out.add_stream_from_template(first.streams.video[0])
    outputs.append(stream)
    if len(shown) == 1:
        return _packets(folder, video, 0)
    fitter = Fitter(read_avc_config(kept).sets)
    stream.codec_context.extradata = fitter.avcc
    return _fitted(folder, video, [config == kept for config in configs], fitter)


def _fitted(folder: Path, video: RecordedRendition, is_kept: list[bool], fitter: Fitter) -> Iterator[_Packet]:
    base = Fraction(1, video.timescale)
    for run, is_as_recorded in enumerate(is_kept):
        if is_as_recorded:
            yield from _packets_of(folder, video, run, 0)
            continue
        with _opened(folder, video, run) as container:
            for picture in fitter.fitted(container):
                packet = av.Packet(picture.data)
                packet.time_base, packet.duration = base, round(picture.duration / base)
                packet.is_keyframe = picture.key
                yield _Packet(picture.at, 0, packet)


def _sound(
    folder: Path, audio: RecordedRendition, out: OutputContainer, outputs: list[VideoStream | AudioStream]
) -> Iterator[_Packet]:
    """Adds the track, and returns its packets, in AAC."""
    if folder.name == AAC:
        with _opened(folder, audio, 0) as first:
            outputs.append(out.add_stream_from_template(first.streams.audio[0]))
        return _packets(folder, audio, 1)
    outputs.append(out.add_stream("aac", rate=AUDIO_HZ, layout="stereo", bit_rate=BITRATE_BPS))
    return _as_aac(_packets(folder, audio, 1))


def _as_aac(packets: Iterator[_Packet]) -> Iterator[_Packet]:
    """Opus in, AAC out; each at its moment."""
    transcoder = AacTranscoder()
    time = 0
    for each in packets:
        time = round(each.at * AUDIO_HZ)
        yield from map(_aac_packet, transcoder.feed(AudioFrame(time, bytes(each.packet))))
    for number in range(1, _DRAIN + 1):
        yield from map(_aac_packet, transcoder.feed(AudioFrame(time + number * OPUS_FRAME, OPUS_SILENCE)))


def _aac_packet(frame: AudioFrame) -> _Packet:
    packet = av.Packet(frame.data)
    packet.time_base, packet.duration = Fraction(1, AUDIO_HZ), frame.duration
    return _Packet(Fraction(frame.time, AUDIO_HZ), 1, packet)


def _config(folder: Path, recorded: RecordedRendition, run: int) -> bytes:
    """The `avcC` of a run."""
    with _opened(folder, recorded, run) as container:
        return container.streams.video[0].codec_context.extradata or b""


def _runs(recorded: RecordedRendition) -> list[tuple[int, list[int]]]:
    """(map, segments that need it), in order."""
    runs: list[tuple[int, list[int]]] = []
    for kept in recorded.segments:
        if not runs or runs[-1][0] != kept.map:
            runs.append((kept.map, []))
        runs[-1][1].append(kept.msn)
    return runs


def _opened(folder: Path, recorded: RecordedRendition, run: int) -> InputContainer:
    number, msns = _runs(recorded)[run]
    paths = [folder / map_name(number), *(folder / segment_name(msn) for msn in msns)]
    opened = av.open(_Joined(paths), format="mp4")
    assert isinstance(opened, InputContainer)
    return opened


def _packets(folder: Path, recorded: RecordedRendition, order: int) -> Iterator[_Packet]:
    """All packets of a rendition, in order; `order`: of two at the same time, this one's place."""
    for run in range(len(_runs(recorded))):
        yield from _packets_of(folder, recorded, run, order)


def _packets_of(folder: Path, recorded: RecordedRendition, run: int, order: int) -> Iterator[_Packet]:
    with _opened(folder, recorded, run) as container:
        for packet in container.demux(container.streams[0]):
            if packet.size and packet.dts is not None and packet.time_base is not None:
                yield _Packet(packet.dts * packet.time_base, order, packet)


def _moved(each: _Packet, at: Fraction) -> "av.Packet[Any]":
    packet = each.packet
    assert packet.time_base is not None
    packet.pts = packet.dts = round(at / packet.time_base)
    return packet


def _holes(video: RecordedRendition) -> list[tuple[Fraction, Fraction]]:
    """[from, to) in seconds where there is no picture."""
    found: list[tuple[Fraction, Fraction]] = []
    parts = [part for kept in video.segments for part in kept.parts]
    for before, after in pairwise(parts):
        begin, end = Fraction(before.end, video.timescale), Fraction(after.time, video.timescale)
        if end - begin > HOLE_S:
            found.append((begin, end))
    return found


def _placed(at: Fraction, begin: Fraction, holes: list[tuple[Fraction, Fraction]]) -> Fraction | None:
    """Where in the file a moment of the stream is; None of one in a hole."""
    moved = at - begin
    for from_, to in holes:
        if from_ <= at < to:
            return None
        if at >= to:
            moved -= to - from_
    return moved


class _Joined(io.RawIOBase):
    """Files read as one, from the beginning to the end."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._file: io.BufferedReader | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes; none at the end."""
        while True:
            if self._file is None:
                if not self._paths:
                    return b""
                self._file = self._paths.pop(0).open("rb")
            data = self._file.read(size)
            if data:
                return data
            self._file.close()
            self._file = None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()
