"""Whatever bytes come, they become whole NAL units or are refused; a key frame never goes without its parameter sets."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.annexb import SET_BYTES_MAX, AccessUnits, read_avc_config, split_lengths, split_start_codes
from media.codecs.h264 import BrokenFrame

SPS, PPS, IDR, SLICE = b"\x67\x42\xc0\x1f\xd9", b"\x68\xce\x3c", b"\x65\x88\x84", b"\x41\x9a\x20"
AUD, FILLER = b"\x09\xf0", b"\x0c\xff\xff\x80"
AVCC = b"\x01\x42\xc0\x1f\xff\xe1" + struct.pack(">H", len(SPS)) + SPS + b"\x01" + struct.pack(">H", len(PPS)) + PPS

unit = st.binary(min_size=1, max_size=40).map(lambda data: b"\x41" + data.replace(b"\x00", b"\x01"))


def annexb(*units: bytes) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in units)


def lengths(*units: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in units)


@given(st.lists(unit, min_size=1, max_size=8), st.booleans())
def test_units_with_start_codes_come_apart_whole(units: list[bytes], short: bool):
    code = b"\x00\x00\x01" if short else b"\x00\x00\x00\x01"
    assert split_start_codes(b"".join(code + each for each in units)) == tuple(units)


@given(st.lists(unit, min_size=1, max_size=8), st.sampled_from((1, 2, 4)))
def test_units_with_lengths_come_apart_whole(units: list[bytes], size: int):
    data = b"".join(len(each).to_bytes(size, "big") + each for each in units)
    assert split_lengths(data, size) == tuple(units)


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes, extradata: bytes):
    for begin in (b"", b"\x01", AVCC, annexb(SPS, PPS)):
        try:
            read = AccessUnits(begin + extradata).read(data)
        except BrokenFrame:
            continue
        assert read is None or all(read[1])


def test_an_avcc_record_tells_the_sets_and_the_size_of_lengths():
    config = read_avc_config(AVCC)
    assert (config.length_size, config.sets) == (4, (SPS, PPS))


@pytest.mark.parametrize("size", range(len(AVCC)))
def test_an_avcc_record_that_is_cut_short_is_refused(size: int):
    with pytest.raises(BrokenFrame):
        read_avc_config(AVCC[:size])


def test_a_key_frame_without_sets_gets_those_of_the_avcc_record():
    units = AccessUnits(AVCC)
    assert units.read(lengths(IDR)) == (True, (SPS, PPS, IDR))
    assert units.read(lengths(SLICE)) == (False, (SLICE,))


def test_a_key_frame_without_sets_gets_those_that_came_before():
    units = AccessUnits()
    assert units.read(annexb(SPS, PPS)) is None
    assert units.read(annexb(IDR)) == (True, (SPS, PPS, IDR))
    newer = SPS + b"\x55"
    assert units.read(annexb(newer, PPS, IDR)) == (True, (newer, PPS, IDR))
    assert units.read(annexb(IDR)) == (True, (newer, PPS, IDR))


def test_a_key_frame_before_any_sets_is_refused():
    with pytest.raises(BrokenFrame):
        AccessUnits().read(annexb(IDR))


def test_every_set_of_the_avcc_record_goes_with_each_key_frame():
    second = b"\x68\x4e\x3c"
    two = AVCC[: -3 - len(PPS)] + b"\x02" + b"".join(struct.pack(">H", len(unit)) + unit for unit in (PPS, second))
    units = AccessUnits(two)
    assert units.read(lengths(IDR)) == (True, (SPS, second, PPS, IDR))
    assert units.read(lengths(SPS, PPS, IDR)) == (True, (SPS, PPS, second, IDR))


def test_delimiters_filler_and_ends_of_a_stream_are_left_out():
    assert AccessUnits(AVCC).read(lengths(AUD, IDR, FILLER, b"\x0a", b"\x0b")) == (True, (SPS, PPS, IDR))


def test_a_length_beyond_the_frame_is_refused():
    with pytest.raises(BrokenFrame):
        AccessUnits(AVCC).read(lengths(SLICE)[:-1])


def test_a_parameter_set_that_is_too_large_is_refused():
    with pytest.raises(BrokenFrame):
        AccessUnits().read(annexb(SPS + b"\x55" * SET_BYTES_MAX, PPS, IDR))


def test_thousands_of_units_in_one_frame_are_refused():
    with pytest.raises(BrokenFrame):
        AccessUnits().read(annexb(*(SLICE,) * 2_000))
