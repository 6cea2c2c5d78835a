"""H.264 as files and cameras store it: Annex B (start codes) and AVCC (lengths, ISO 14496-15), to NAL units. Pure: no I/O.

Some cameras and all MP4 files tell the parameter sets once, beside the stream (extradata). They are remembered and put before
each IDR picture that comes without, so that decoding can begin at any keyframe.
"""

from msgspec import Struct

from media.codecs.h264 import AUD, EMPTY, PPS, SPS, UNITS_MAX, BrokenFrame, ParameterSets, has_picture, is_key

_LEFT_OUT = EMPTY | {AUD}  # access units come apart already
SET_BYTES_MAX = 4_096  # of one SPS or PPS; they have some tens


class AvcConfig(Struct, frozen=True):
    """An `avcC` record (ISO 14496-15, section 5.3.3.1). `length_size`: bytes of the length before each unit, 1 to 4."""

    length_size: int
    sets: tuple[bytes, ...]


def split_start_codes(data: bytes) -> tuple[bytes, ...]:
    """The units of an Annex B byte stream, without the zeros around them (ITU-T H.264, B.1). Raises BrokenFrame."""
    units: list[bytes] = []
    at = data.find(b"\x00\x00\x01")
    if at < 0:
        raise BrokenFrame("no start code")
    while at >= 0:
        begin = at + 3
        at = data.find(b"\x00\x00\x01", begin)
        # A unit never ends in a zero byte (7.4.1), so all of them belong to what follows.
        if unit := data[begin : at if at >= 0 else len(data)].rstrip(b"\x00"):
            units.append(unit)
        if len(units) > UNITS_MAX:
            raise BrokenFrame("too many units")
    return tuple(units)


def split_lengths(data: bytes, length_size: int) -> tuple[bytes, ...]:
    """The units of an AVCC sample, each after its length. Raises BrokenFrame when the lengths do not fit."""
    units: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        begin = at + length_size
        at = begin + int.from_bytes(data[at:begin], "big")
        if begin > end or at > end:
            raise BrokenFrame("a unit is longer than its frame")
        if at > begin:
            units.append(data[begin:at])
        if len(units) > UNITS_MAX:
            raise BrokenFrame("too many units")
    return tuple(units)


def read_avc_config(data: bytes) -> AvcConfig:
    """An `avcC` record. Raises BrokenFrame."""
    if len(data) < 7 or data[0] != 1:
        raise BrokenFrame("no avcC record")
    sets: list[bytes] = []
    at, count = 6, data[5] & 0x1F
    for kind in (SPS, PPS):
        for _ in range(count):
            size = int.from_bytes(data[at : at + 2], "big")
            unit = data[at + 2 : at + 2 + size]
            if not size or len(unit) < size or unit[0] & 0x1F != kind:
                raise BrokenFrame("a broken avcC record")
            sets.append(unit)
            at += 2 + size
        if kind == SPS:
            if at >= len(data):
                raise BrokenFrame("a broken avcC record")
            count, at = data[at], at + 1
    return AvcConfig((data[4] & 3) + 1, tuple(sets))


class AccessUnits:
    """One stream: its packets become access units."""

    def __init__(self, extradata: bytes = b"") -> None:
        """`extradata`: what the container tells beside the stream: an avcC record, units with start codes, or nothing.

        Raises BrokenFrame.
        """
        self._sets = ParameterSets()
        self._length_size = 0  # start codes
        sets: tuple[bytes, ...] = ()
        if extradata[:1] == b"\x01":
            config = read_avc_config(extradata)
            self._length_size, sets = config.length_size, config.sets
        elif extradata:
            sets = split_start_codes(extradata)
        self._sets.complete(_fitting(sets), key=False)

    def read(self, data: bytes) -> tuple[bool, tuple[bytes, ...]] | None:
        """(whether it is a key frame, its units, an SPS and a PPS first when it is); None when there is no picture in it.

        Raises BrokenFrame, also for a key frame before any parameter sets came.
        """
        units = split_lengths(data, self._length_size) if self._length_size else split_start_codes(data)
        units = _fitting(tuple(unit for unit in units if unit[0] & 0x1F not in _LEFT_OUT))
        if not has_picture(units):
            self._sets.complete(units, key=False)
            return None
        key = is_key(units)
        return key, self._sets.complete(units, key=key)


def _fitting(units: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if any(unit[0] & 0x1F in (SPS, PPS) and len(unit) > SET_BYTES_MAX for unit in units):
        raise BrokenFrame("a parameter set that is too large")
    return units
