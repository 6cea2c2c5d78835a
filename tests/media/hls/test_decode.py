"""Real H.264, Opus and AAC, packaged and put together again, decode from end to end, changes of resolution included."""

import io
import itertools
import json
import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
from av.container import InputContainer

from media.hls.packager import AAC, OPUS, VIDEO, Packager
from media.hls.tracks import PackagingSettings
from media.parts import InitSegment, PackagerEvent, Part
from tests.media.hls.chunks import boxes
from tests.media.hls.streams import ORIGIN_MS, encoded_aac, encoded_sound, encoded_video, in_time, packaged

PICTURES = 75  # of each resolution: 2.5 s
SIZES = [(320, 180), (640, 360), (320, 180)]


@pytest.fixture(scope="module")
def pieces() -> list[PackagerEvent]:
    """7.5 s with two changes of resolution."""
    clips = [encoded_video(*size, PICTURES, start_s=2.5 * at) for at, size in enumerate(SIZES)]
    return packaged(Packager(PackagingSettings(), ORIGIN_MS), in_time(*clips, encoded_sound(375)))


def bytes_of(pieces: list[PackagerEvent], rendition: str) -> bytes:
    """Maps and parts one after another, as a player appends them."""
    return b"".join(
        piece.data for piece in pieces if isinstance(piece, InitSegment | Part) and piece.rendition == rendition
    )


def opened(data: bytes) -> InputContainer:
    """To be decoded."""
    container = av.open(io.BytesIO(data))
    assert isinstance(container, InputContainer)
    return container


def test_every_picture_decodes_at_its_time_through_two_changes_of_resolution(pieces: list[PackagerEvent]) -> None:
    runs = itertools.groupby(
        (piece for piece in pieces if isinstance(piece, InitSegment | Part) and piece.rendition == "video"),
        key=lambda piece: piece.number if isinstance(piece, InitSegment) else piece.map,
    )
    found: list[tuple[float, int, int]] = []
    for _, run in runs:
        with opened(b"".join(piece.data for piece in run)) as container:
            stream = container.streams.video[0]
            stream.codec_context.options = {"err_detect": "explode"}
            found += [(frame.time or 0.0, frame.width, frame.height) for frame in container.decode(stream)]
    wanted = [(number / 30, *SIZES[number // PICTURES]) for number in range(3 * PICTURES)]
    assert [(round(time, 4), *size) for time, *size in found] == [(round(time, 4), *size) for time, *size in wanted]


def test_one_decoder_takes_all_of_it_in_one_go(pieces: list[PackagerEvent]) -> None:
    with opened(bytes_of(pieces, "video")) as container:
        assert len(list(container.decode(video=0))) == 3 * PICTURES


def test_all_sound_decodes_without_a_hole(pieces: list[PackagerEvent]) -> None:
    with opened(bytes_of(pieces, "opus")) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.codec_context.sample_rate, stream.codec_context.channels) == (
            "opus",
            48_000,
            2,
        )
        times = [(frame.pts, frame.samples) for frame in container.decode(stream)]
    assert times == [(number * 960, 960) for number in range(375)]


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
def test_ffprobe_sees_what_the_playlist_says(pieces: list[PackagerEvent], folder: Path) -> None:
    for rendition, codec in (("video", "h264"), ("opus", "opus")):
        path = folder / f"{rendition}.mp4"
        path.write_bytes(bytes_of(pieces, rendition))
        command = ["ffprobe", "-v", "error", "-show_streams", "-show_packets", "-of", "json", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        said = json.loads(done.stdout)
        (stream,) = said["streams"]
        assert stream["codec_name"] == codec
        step = {"video": 3_000, "opus": 960}[rendition]
        times = [(int(packet["pts"]), int(packet["dts"])) for packet in said["packets"]]
        assert times == [(number * step, number * step) for number in range(len(times))]
        parts = [piece for piece in pieces if isinstance(piece, Part) and piece.rendition == rendition]
        assert times[-1][0] + step == parts[-1].time + parts[-1].duration


def test_a_header_has_one_track_and_says_that_fragments_follow(pieces: list[PackagerEvent]) -> None:
    header = next(piece for piece in pieces if isinstance(piece, InitSegment) and piece.rendition == "video")
    (first, brands), (second, movie) = boxes(header.data)
    assert (first, second) == ("ftyp", "moov")
    assert b"cmfc" in brands
    assert [kind for kind, _ in boxes(movie)] == ["mvhd", "trak", "mvex"]


def test_aac_decodes_and_so_does_the_silence_in_its_place() -> None:
    packager = Packager(PackagingSettings(), ORIGIN_MS, None, (VIDEO, OPUS, AAC))
    aac = encoded_aac(47)  # one second, and silence for the rest
    made: list[PackagerEvent] = []
    for number, picture in enumerate(encoded_video(320, 180, 150)):
        made += packager.video(picture)
        for frame in aac if number == 30 else []:
            made += packager.audio(frame, "aac")
    made += packager.close()
    with opened(bytes_of(made, "aac")) as container:
        stream = container.streams.audio[0]
        stream.codec_context.options = {"err_detect": "explode"}
        found = [(frame.pts, float(np.abs(frame.to_ndarray()).max())) for frame in container.decode(stream)]
    assert (stream.codec_context.name, stream.codec_context.sample_rate) == ("aac", 48_000)
    assert [pts for pts, _ in found] == [number * 1_024 for number in range(len(found))]
    assert len(found) * 1_024 >= 5 * 48_000
    assert all(loudest > 0.1 for _, loudest in found[2:46])
    assert all(loudest == 0 for _, loudest in found[50:])


def test_the_pixels_shape_is_told_where_they_are_not_square(pieces: list[PackagerEvent]) -> None:
    header = next(piece for piece in pieces if isinstance(piece, InitSegment) and piece.rendition == "video")
    assert b"pasp" not in header.data  # square ones are what is meant when nothing is said
