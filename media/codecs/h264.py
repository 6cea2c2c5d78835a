"""H.264 as NAL units: access units, parameter sets, the SPS read, `avcC` made. Pure: no I/O, no clock.

Of the sequence parameter set (ITU-T H.264, 7.3.2.1.1) only what CMAF and the playlists say is kept. The rest is not checked:
decoders do that.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

IDR, SEI, SPS, PPS, AUD = 5, 6, 7, 8, 9  # nal_unit_type, table 7-1
END_OF_SEQUENCE, END_OF_STREAM, FILLER = 10, 11, 12
# Nothing to decode in them; and the end of a camera's stream is not the end of the program's.
EMPTY = frozenset((END_OF_SEQUENCE, END_OF_STREAM, FILLER))
SETS_MAX = 16  # SPSs, and PPSs, that are remembered of one stream; encoders use one or two
UNITS_MAX = 1_024  # of an access unit; level 5.2 has fewer slices
OUTSIDE = (SPS, PPS, AUD)  # stand in the sample entry (`avc1`) or nowhere, so not in samples (ISO 14496-15, 5.3)

_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})  # profiles, 7.3.2.1.1
_ASPECTS = (  # table E-1, by aspect_ratio_idc
    (1, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11), (80, 33), (18, 11), (15, 11),
    (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
)  # fmt: skip
_EXTENDED_SAR = 255
_SIZE_MAX = 16_384  # pixels; level 6.2 has none larger


class BrokenFrame(ValueError):
    """These bytes make no access unit. The frame is lost, and a keyframe has to be requested."""


class BrokenSps(ValueError):
    """The bytes are no sequence parameter set."""


def is_key(units: Sequence[bytes]) -> bool:
    """Whether decoding can begin with this access unit: it is an IDR picture.

    A recovery point (D.2.8), as streams with intra refresh have instead, is none: players do not begin there.
    """
    return any(unit and unit[0] & 0x1F == IDR for unit in units)


def has_picture(units: Sequence[bytes]) -> bool:
    """Whether there is a slice in it, and not parameter sets or messages alone."""
    return any(1 <= unit[0] & 0x1F <= IDR for unit in units)


def begins_whole(units: Sequence[bytes]) -> bool:
    """Whether the first slice is the picture's first (`first_mb_in_slice` is 0, 7.3.3); where packets were lost it may not."""
    first = next((unit for unit in units if 1 <= unit[0] & 0x1F <= IDR), b"")
    return len(first) > 1 and first[1] >= 0x80  # ue(v) of 0 is a single 1


class ParameterSets:
    """The SPSs and PPSs last seen, by their ids, put before a keyframe that comes without.

    All that are known go with each keyframe, since pictures up to the next one may refer to any of them: encoders may tell
    some once beside the stream and repeat others, or change one between keyframes.
    """

    def __init__(self) -> None:
        self._sps: dict[int, bytes] = {}  # the last seen is the last
        self._pps: dict[int, bytes] = {}

    def complete(self, units: tuple[bytes, ...], *, key: bool) -> tuple[bytes, ...]:
        """`units`, with a keyframe's parameter sets in front. Raises BrokenFrame for a keyframe before any came."""
        for unit in units:
            kind = unit[0] & 0x1F
            if kind == SPS:
                _remember(self._sps, _id_of(unit[4:]), unit)
            elif kind == PPS:
                _remember(self._pps, _id_of(unit[1:]), unit)
        if not key:
            return units
        if not self._sps or not self._pps:
            raise BrokenFrame("a keyframe without parameter sets")
        missing = [unit for sets in (self._sps, self._pps) for unit in reversed(sets.values()) if unit not in units]
        if not missing:
            return units
        own = [unit for unit in units if unit[0] & 0x1F in (SPS, PPS)]
        sets = [unit for kind in (SPS, PPS) for unit in (*own, *missing) if unit[0] & 0x1F == kind]
        return (*sets, *(unit for unit in units if unit[0] & 0x1F not in OUTSIDE))


def _remember(sets: dict[int, bytes], id_: int, unit: bytes) -> None:
    if sets.get(id_) == unit and next(reversed(sets)) == id_:
        return
    sets.pop(id_, None)
    sets[id_] = unit
    if len(sets) > SETS_MAX:
        del sets[next(iter(sets))]


def _id_of(payload: bytes) -> int:
    """The id that a parameter set begins with (7.3.2.1.1, 7.3.2.2); 0 when it can't be read."""
    try:
        return _Bits(payload[:8]).unsigned()
    except BrokenSps:
        return 0


class Sps(Struct, frozen=True, kw_only=True):
    """`width`, `height`: pixels after cropping. `sar`: shape of one of them, (1, 1) where nothing is said."""

    profile: int
    constraints: int
    level: int
    width: int
    height: int
    chroma: int = 1
    depth: int = 8
    sar: tuple[int, int] = (1, 1)

    @property
    def codecs(self) -> str:
        """As in RFC 6381, section 3.3, e.g. `avc1.42e01f`."""
        return f"avc1.{self.profile:02x}{self.constraints:02x}{self.level:02x}"


class _Bits:
    """Reads a payload from its first bit on; what was put in against false start codes (7.4.1.1) is taken out."""

    def __init__(self, payload: bytes) -> None:
        raw = payload.replace(b"\0\0\3", b"\0\0")
        self._left = len(raw) * 8
        self._value = int.from_bytes(raw, "big")

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise BrokenSps("it ends early")
        return self._value >> self._left & (1 << count) - 1

    def unsigned(self) -> int:
        """ue(v), 9.1."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise BrokenSps("a number is too long")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """se(v), 9.1.1."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def read_sps(unit: bytes) -> Sps:
    """The SPS in a NAL unit (7.3.2.1.1). Raises BrokenSps."""
    if len(unit) < 5 or unit[0] & 0x1F != SPS:
        raise BrokenSps("not an SPS")
    bits = _Bits(unit[4:])
    bits.unsigned()  # seq_parameter_set_id
    chroma, depth, separate = 1, 8, 0
    if unit[1] in _WITH_CHROMA:
        chroma, depth, separate = _read_chroma(bits)
    bits.unsigned()  # log2_max_frame_num_minus4
    _skip_order_count(bits)
    bits.unsigned()  # max_num_ref_frames
    bits.take(1)  # gaps_in_frame_num_value_allowed_flag
    columns, rows = bits.unsigned() + 1, bits.unsigned() + 1
    frames_only = bits.take(1)
    bits.take(1 if frames_only else 2)  # mb_adaptive_frame_field_flag, direct_8x8_inference_flag
    crop = [bits.unsigned() for _ in range(4)] if bits.take(1) else [0, 0, 0, 0]
    grid_x, grid_y = _crop_grid(0 if separate else chroma)
    width = columns * 16 - (crop[0] + crop[1]) * grid_x
    height = (2 - frames_only) * (rows * 16 - (crop[2] + crop[3]) * grid_y)
    if not (0 < width <= _SIZE_MAX and 0 < height <= _SIZE_MAX):
        raise BrokenSps("a picture of this size cannot be")
    sar = _read_sar(bits) if bits.take(1) else (1, 1)
    return Sps(
        profile=unit[1],
        constraints=unit[2],
        level=unit[3],
        width=width,
        height=height,
        chroma=chroma,
        depth=depth,
        sar=sar,
    )


def _read_chroma(bits: _Bits) -> tuple[int, int, int]:
    chroma = bits.unsigned()
    separate = bits.take(1) if chroma == 3 else 0
    depth = bits.unsigned() + 8
    bits.unsigned()  # bit_depth_chroma_minus8
    bits.take(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.take(1):
        for index in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma, depth, separate


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    """7.3.2.1.1.1."""
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_order_count(bits: _Bits) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        cycle = bits.unsigned()
        if cycle > 255:
            raise BrokenSps("a cycle is too long")
        for _ in range(cycle):
            bits.signed()
    elif kind > 2:
        raise BrokenSps("no such order of pictures")


def _crop_grid(chroma: int) -> tuple[int, int]:
    """Pixels to one step of cropping, before fields are doubled (7-19 to 7-22)."""
    return {0: (1, 1), 1: (2, 2), 2: (2, 1)}.get(chroma, (1, 1))


def _read_sar(bits: _Bits) -> tuple[int, int]:
    """The aspect ratio, which stands first in the VUI (E.1.1)."""
    if not bits.take(1):
        return 1, 1
    kind = bits.take(8)
    if kind == _EXTENDED_SAR:
        width, height = bits.take(16), bits.take(16)
        return (width, height) if width and height else (1, 1)
    return _ASPECTS[kind] if kind < len(_ASPECTS) else (1, 1)


def avcc(sps: Sequence[bytes], pps: Sequence[bytes], read: Sps) -> bytes:
    """The AVCDecoderConfigurationRecord (ISO 14496-15, 5.3.3.1), lengths of units being of 4 bytes."""
    first = sps[0]
    out = [bytes((1, first[1], first[2], first[3], 0xFF, 0xE0 | len(sps)))]
    out += [len(unit).to_bytes(2, "big") + unit for unit in sps]
    out.append(bytes((len(pps),)))
    out += [len(unit).to_bytes(2, "big") + unit for unit in pps]
    if read.profile in _WITH_CHROMA:
        out.append(bytes((0xFC | read.chroma, 0xF8 | read.depth - 8, 0xF8 | read.depth - 8, 0)))
    return b"".join(out)


def parameter_sets(units: Iterable[bytes], in_use: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The parameter sets of a keyframe, each once; () if they are not whole, so that the ones in use stay."""
    sets = [unit for unit in units if unit and unit[0] & 0x1F in (SPS, PPS)]
    if {unit[0] & 0x1F for unit in sets} != {SPS, PPS}:
        return ()
    config = tuple(dict.fromkeys(sets))
    if config != in_use:
        try:
            read_sps(next(unit for unit in config if unit[0] & 0x1F == SPS))
        except BrokenSps:
            return ()
    return config


def sample_data(units: Iterable[bytes]) -> bytes:
    """An access unit as it lies in a part: lengths before NAL units, without those that stand in the sample entry.

    Those of a keyframe stand there. Parameter sets that come between keyframes can't: they stay, or what refers to them could
    not be decoded.
    """
    units = tuple(units)
    outside = OUTSIDE if is_key(units) else (AUD,)
    sizes_and_units: list[bytes] = []
    for unit in units:
        if unit and unit[0] & 0x1F not in outside:
            sizes_and_units.append(len(unit).to_bytes(4, "big"))
            sizes_and_units.append(unit)
    return b"".join(sizes_and_units)
