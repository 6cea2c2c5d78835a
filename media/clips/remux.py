"""A clip as one MP4 file, with its index in front, nothing decoded. Blocks, and belongs into a thread.

The tracks begin together: the sound with its first frame at or after the first picture. Where the recording has a hole in time
(a crash, a full disk) the file has none; both tracks are moved by the same.
"""

import heapq
import io
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream
from msgspec import Struct

from media.codecs.annexb import read_avc_config
from media.record.journal import Ledger, RecordedRendition, map_name, segment_name

HOLE_S = Fraction(1, 10)  # between pictures; less is jitter
AUDIO_RENDITIONS = ("aac", "opus")  # which one is taken: players of files know AAC best


class PicturesMissing(ValueError):
    """The files hold fewer pictures than their journal tells."""


class _Packet(Struct):
    """`at`: seconds since the stream's origin."""

    at: Fraction
    order: int
    packet: "av.Packet[Any]"
    sets: bytes = b""  # parameter sets, to be put before a keyframe


def write_mp4(path: Path, folder: Path, ledger: Ledger) -> None:
    """Write the clip in `folder`, whose journal told `ledger`, as one file. Raises av.FFmpegError, PicturesMissing, OSError."""
    lead = ledger.lead
    assert lead is not None
    audio_name = next(
        (name for name in AUDIO_RENDITIONS if name in ledger.renditions and ledger.renditions[name].segments), None
    )
    video = ledger.renditions[lead]
    begin = Fraction(video.segments[0].time, video.timescale)
    last = video.segments[-1]
    end = Fraction(last.time + last.duration, video.timescale)
    holes = _holes(video)
    shown = 0
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        sources = [_packets(folder / lead, video, 0)]
        outputs: list[VideoStream | AudioStream] = []
        with _opened(folder / lead, video, 0) as first:
            outputs.append(out.add_stream_from_template(first.streams.video[0]))
            if len(_runs(video)) > 1:
                outputs[
                    0
                ].codec_context.codec_tag = "avc3"  # parameter sets may be among the pictures (14496-15, 5.4.2)
        if audio_name is not None:
            audio = ledger.renditions[audio_name]
            sources.append(_packets(folder / audio_name, audio, 1))
            with _opened(folder / audio_name, audio, 0) as first:
                outputs.append(out.add_stream_from_template(first.streams.audio[0]))
        ends = [Fraction(-1)] * len(outputs)
        for each in heapq.merge(*sources, key=lambda each: (each.at, each.order)):
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
        with _opened(folder, recorded, run) as container:
            stream = container.streams[0]
            sets = b""
            if run and recorded.is_video:
                config = read_avc_config(stream.codec_context.extradata or b"")
                sets = b"".join(len(each).to_bytes(config.length_size, "big") + each for each in config.sets)
            for packet in container.demux(stream):
                if packet.size and packet.dts is not None and packet.time_base is not None:
                    yield _Packet(packet.dts * packet.time_base, order, packet, sets)


def _moved(each: _Packet, at: Fraction) -> "av.Packet[Any]":
    packet = each.packet
    if each.sets and packet.is_keyframe:
        whole = av.Packet(each.sets + bytes(packet))
        whole.time_base, whole.duration, whole.is_keyframe = packet.time_base, packet.duration, True
        packet = whole
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
