"""CMAF (ISO 23000-19) of one track: the header (`ftyp` + `moov`) and chunks (`moof` + `mdat`). Pure: no I/O, no clock.

A track a file: CMAF asks for it, and only so can a player take the picture with one sound or another. Everything here costs per
part and not per byte: frames are joined once, and samples are described by one `struct.pack`.
"""

import struct
from collections.abc import Sequence

from media.codecs.h264 import Sps

TRACK = 1
_SYNC = 0x02000000  # sample_depends_on = 2: an I picture (ISO 14496-12, 8.8.3.1)
_NOT_SYNC = 0x01010000  # sample_depends_on = 1, sample_is_non_sync_sample
_UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED = 0x55C4  # the language `und`

_moof = struct.Struct(">I4s I4sII I4s I4sIII I4sIQ I4sIIi")
_MFHD, _TFHD, _TFDT, _TRUN = 16, 20, 20, 20  # bytes of the boxes, trun without its samples
_HEAD = 8 + _MFHD + 8 + _TFHD + _TFDT + _TRUN
_BASE_IS_MOOF, _DEFAULT_DURATION = 0x020000, 0x08
_DATA_OFFSET, _DURATIONS, _SIZES, _FLAGS = 0x001, 0x100, 0x200, 0x400


def box(kind: bytes, *content: bytes) -> bytes:
    """ISO 14496-12, 4.2."""
    return b"".join(((8 + sum(map(len, content))).to_bytes(4, "big"), kind, *content))


def full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    """ISO 14496-12, 4.2."""
    return box(kind, (version << 24 | flags).to_bytes(4, "big"), *content)


def video_header(read: Sps, avcc: bytes, timescale: int) -> bytes:
    """`ftyp` + `moov` of an H.264 track (sample entry `avc1`, so that parameter sets are here alone)."""
    sar_x, sar_y = read.sar
    aspect = box(b"pasp", struct.pack(">II", sar_x, sar_y)) if sar_x != sar_y else b""
    entry = box(
        b"avc1",
        struct.pack(">6xH16xHHIIIH32xHh", 1, read.width, read.height, 0x480000, 0x480000, 0, 1, 0x18, -1),
        box(b"avcC", avcc),
        aspect,
    )
    shown = (read.width * sar_x << 16) // sar_y  # tkhd: as it is shown, in 16.16 (8.3.2.1)
    return _header(entry, b"vide", timescale, min(shown, 0xFFFFFFFF), read.height << 16)


def opus_header(channels: int, timescale: int) -> bytes:
    """`ftyp` + `moov` of an Opus track (Opus in ISOBMFF, 4.3). PreSkip is 0: a live stream has no beginning to be cut off."""
    settings = box(b"dOps", struct.pack(">BBHIhB", 0, channels, 0, timescale, 0, 0))
    return _header(_audio_entry(b"Opus", channels, timescale, settings), b"soun", timescale, 0, 0)


def aac_header(channels: int, timescale: int, config: bytes) -> bytes:
    """`ftyp` + `moov` of an AAC track; `config`: its AudioSpecificConfig (ISO 14496-3, 1.6.2.1)."""
    specific = _descriptor(5, config)
    decoder = _descriptor(4, bytes((0x40, 0x15)) + bytes(11) + specific)  # Audio ISO/IEC 14496-3, an AudioStream
    stream = _descriptor(3, bytes(3) + decoder + _descriptor(6, b"\2"))
    settings = full_box(b"esds", 0, 0, stream)
    return _header(_audio_entry(b"mp4a", channels, timescale, settings), b"soun", timescale, 0, 0)


def _descriptor(tag: int, content: bytes) -> bytes:
    return (
        bytes((tag, len(content))) + content
    )  # shorter than 128 bytes, so that one byte says how long (14496-1, 8.3.3)


def _audio_entry(kind: bytes, channels: int, rate: int, settings: bytes) -> bytes:
    return box(kind, struct.pack(">6xH8xHH4xI", 1, channels, 16, rate << 16), settings)


def _header(entry: bytes, handler: bytes, timescale: int, width: int, height: int) -> bytes:
    empty = bytes(4)
    table = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        full_box(b"stts", 0, 0, empty),
        full_box(b"stsc", 0, 0, empty),
        full_box(b"stsz", 0, 0, empty, empty),
        full_box(b"stco", 0, 0, empty),
    )
    is_video = handler == b"vide"
    media = box(
        b"mdia",
        full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, timescale, 0, _UNDETERMINED, 0)),
        full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, handler), b"livehub\0"),
        box(
            b"minf",
            full_box(b"vmhd", 0, 1, bytes(8)) if is_video else full_box(b"smhd", 0, 0, bytes(4)),
            box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1))),
            table,
        ),
    )
    volume = 0 if is_video else 0x100
    track = box(
        b"trak",
        full_box(
            b"tkhd", 0, 3, struct.pack(">IIIII8xHHHH", 0, 0, TRACK, 0, 0, 0, 0, volume, 0), _UNITY,
            struct.pack(">II", width, height),
        ),
        media,
    )  # fmt: skip
    movie = full_box(
        b"mvhd", 0, 0, struct.pack(">IIIIIH10x", 0, 0, timescale, 0, 0x10000, 0x100), _UNITY, bytes(24),
        struct.pack(">I", TRACK + 1),
    )  # fmt: skip
    extends = box(b"mvex", full_box(b"trex", 0, 0, struct.pack(">IIIII", TRACK, 1, 0, 0, 0 if is_video else _SYNC)))
    brands = box(b"ftyp", b"iso6", bytes(4), b"iso6", b"cmfc", b"mp41")
    return brands + box(b"moov", movie, track, extends)


def video_chunk(number: int, time: int, durations: Sequence[int], keys: Sequence[bool], data: Sequence[bytes]) -> bytes:
    """A chunk of pictures in decoding order, which is that of showing. `time`, `durations`: ticks; `data`: one element each."""
    fields: list[int] = []
    for duration, key, picture in zip(durations, keys, data, strict=True):
        fields += (duration, len(picture), _SYNC if key else _NOT_SYNC)
    return _chunk(number, time, 0, _DURATIONS | _SIZES | _FLAGS, len(data), fields, data)


def audio_chunk(number: int, time: int, durations: Sequence[int], data: Sequence[bytes]) -> bytes:
    """A chunk of audio frames, one element of `data` each. `time`, `durations`: ticks."""
    sizes = list(map(len, data))
    first = durations[0]
    if all(duration == first for duration in durations):
        return _chunk(number, time, first, _SIZES, len(sizes), sizes, data)
    fields = [field for pair in zip(durations, sizes, strict=True) for field in pair]
    return _chunk(number, time, 0, _DURATIONS | _SIZES, len(sizes), fields, data)


def _chunk(
    number: int, time: int, duration: int, flags: int, count: int, fields: Sequence[int], data: Sequence[bytes]
) -> bytes:
    """`duration`: of every sample, unless the fields tell it."""
    run = _TRUN + 4 * len(fields)
    head = _HEAD + 4 * len(fields)
    body = b"".join(data)
    moof = _moof.pack(
        head, b"moof",
        _MFHD, b"mfhd", 0, number & 0xFFFFFFFF,
        head - 8 - _MFHD, b"traf",
        _TFHD, b"tfhd", _BASE_IS_MOOF | _DEFAULT_DURATION, TRACK, duration,
        _TFDT, b"tfdt", 1 << 24, time,
        run, b"trun", _DATA_OFFSET | flags, count, head + 8,
    )  # fmt: skip
    samples = struct.pack(f">{len(fields)}I", *fields)
    return b"".join((moof, samples, (8 + len(body)).to_bytes(4, "big"), b"mdat", body))


def samples_in(chunk: bytes) -> int:
    """How many samples are in a chunk that was made here."""
    return int.from_bytes(chunk[_HEAD - 8 : _HEAD - 4], "big")
