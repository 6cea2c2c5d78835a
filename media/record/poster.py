"""The picture that stands for a recording or a clip: its first keyframe. Blocks, and belongs into a thread."""

import io
from pathlib import Path

import av
from av.container import InputContainer

from media.codecs.annexb import read_avc_config, split_lengths
from media.codecs.h264 import BrokenFrame
from media.codecs.thumbnail import Undecodable, thumbnail
from media.record.journal import Ledger, map_name, segment_name

FILE = "poster.jpg"
EDGE_MAX = 960
BYTES_MAX = 8_000_000  # of a segment that is looked into


def write_poster(folder: Path, ledger: Ledger) -> bool:
    """Make `poster.jpg` of the first segment; whether there is one now. Raises OSError."""
    lead = ledger.lead
    if lead is None or not ledger.renditions[lead].segments:
        return False
    first = ledger.renditions[lead].segments[0]
    header = (folder / lead / map_name(first.map)).read_bytes()
    with (folder / lead / segment_name(first.msn)).open("rb") as file:
        data = file.read(BYTES_MAX)
    try:
        jpeg = poster(header + data)
    except Undecodable:
        return False
    half = folder / f"{FILE}.half"
    half.write_bytes(jpeg)
    half.rename(folder / FILE)
    return True


def poster(data: bytes) -> bytes:
    """A JPEG of the first keyframe in a fragmented MP4. Raises Undecodable."""
    try:
        with av.open(io.BytesIO(data), format="mp4") as container:
            assert isinstance(container, InputContainer)
            stream = container.streams.video[0]
            config = read_avc_config(stream.codec_context.extradata or b"")
            for packet in container.demux(stream):
                if packet.is_keyframe and packet.size:
                    units = split_lengths(bytes(packet), config.length_size)
                    return thumbnail([*config.sets, *units], EDGE_MAX)
    except (av.FFmpegError, BrokenFrame, IndexError) as error:
        raise Undecodable(str(error)) from error
    raise Undecodable("no keyframe")
