"""Reads CMAF as the standard says, and no more of it than the tests ask for."""

from collections.abc import Iterator

from msgspec import Struct


class Chunk(Struct, frozen=True):
    """What a `moof` + `mdat` says: where it begins, and each sample's duration, sync flag and bytes."""

    sequence: int
    time: int
    durations: list[int]
    keys: list[bool]
    samples: list[bytes]


def boxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The boxes one after another: (type, content)."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        assert 8 <= size <= len(data) - at
        yield data[at + 4 : at + 8].decode("latin-1"), data[at + 8 : at + size]
        at += size


def read_chunk(data: bytes) -> Chunk:
    """A chunk of one track, whose samples lie in `mdat` one after another, and fill it."""
    (first, moof), (second, mdat) = boxes(data)
    assert (first, second) == ("moof", "mdat")
    fragment = dict(boxes(moof))
    track = dict(boxes(fragment["traf"]))
    assert list(track) == ["tfhd", "tfdt", "trun"]
    words = _words(track["trun"])
    flags, count, offset, rest = words[0], words[1], words[2], words[3:]
    assert flags & 0x201 == 0x201
    assert offset == len(moof) + 16
    size = 1 + bool(flags & 0x100) + bool(flags & 0x400)
    assert len(rest) == count * size
    tfhd = _words(track["tfhd"])
    assert tfhd[0] == 0x020008
    durations, keys, samples, at = [], [], [], 0
    for index in range(count):
        fields = rest[index * size : (index + 1) * size]
        durations.append(fields[0] if flags & 0x100 else tfhd[2])
        length = fields[1] if flags & 0x100 else fields[0]
        keys.append(not (flags & 0x400 and fields[-1] & 0x10000))
        samples.append(mdat[at : at + length])
        at += length
    assert at == len(mdat)
    assert track["tfdt"][0] == 1
    time = int.from_bytes(track["tfdt"][4:12], "big")
    return Chunk(_words(fragment["mfhd"])[1], time, durations, keys, samples)


def units(sample: bytes) -> list[bytes]:
    """The NAL units of a sample, by their four-byte lengths."""
    found, at = [], 0
    while at < len(sample):
        length = int.from_bytes(sample[at : at + 4], "big")
        found.append(sample[at + 4 : at + 4 + length])
        at += 4 + length
    assert at == len(sample)
    return found


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4)]
