"""What is packed comes out again, whatever the sizes; and what is no access unit is refused, never taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.h264 import (
    IDR,
    PPS,
    SETS_MAX,
    SPS,
    BrokenFrame,
    ParameterSets,
    begins_whole,
    has_picture,
    is_key,
    sample_data,
)
from media.codecs.h264_rtp import payloads_of, units_of

SPS_UNIT, PPS_UNIT, IDR_UNIT, SLICE = (
    b"\x67\x42\xe0\x1f\xd9",
    b"\x68\xce\x3c",
    b"\x65" + b"i" * 3_000,
    b"\x41" + b"p" * 400,
)

units = st.lists(
    st.builds(
        lambda kind, body: bytes((0x60 | kind,)) + body,
        st.sampled_from([1, 5, 6, 7, 8]),
        st.binary(min_size=1, max_size=4_000),
    ),
    min_size=1,
    max_size=8,
)


@given(units, st.integers(64, 1_400))
def test_units_survive_packing(before: list[bytes], size_max: int) -> None:
    payloads = payloads_of(before, size_max)
    assert units_of(payloads) == tuple(before)
    assert all(len(payload) <= size_max for payload in payloads)


@given(units, st.integers(64, 1_400))
def test_fragments_of_a_unit_are_of_one_size_but_the_last(before: list[bytes], size_max: int) -> None:
    run: list[int] = []
    for payload in payloads_of(before, size_max):
        if payload[0] & 0x1F != 28:
            continue
        if payload[1] & 0x80:
            run = []
        run.append(len(payload))
        if payload[1] & 0x40:
            assert set(run[:-1]) <= {size_max}
            assert run[-1] <= size_max


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_arbitrary_payloads_are_units_or_refused(payloads: list[bytes]) -> None:
    try:
        found = units_of(payloads)
    except BrokenFrame:
        return
    assert all(unit for unit in found)


@pytest.mark.parametrize("end", [b"\x0a", b"\x0b", b"\x78\0\1\x0a\0\1\x0b", b"\x0c\xff\x80"])
def test_the_end_of_a_sequence_or_stream_and_filler_break_no_frame_and_are_left_out(end: bytes) -> None:
    assert units_of([SLICE, end]) == (SLICE,)
    assert units_of([end]) == ()


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x7c\x05no beginning"],
        [b"\x7c\x85no end"],
        [b"\x7c\x85a", b"\x7c\x85a second beginning"],
        [b"\x7c\x85a", b"\x41a slice in between"],
        [b"\x78\x00\x09short"],
        [b"\x78\x00\x00"],
        [b"\x78\x00\x02abc"],
        [b"\x7e\x00\x00"],
        [b"\x41"],
    ],
)
def test_what_is_no_access_unit_is_refused(payloads: list[bytes]) -> None:
    with pytest.raises(BrokenFrame):
        units_of(payloads)


def test_a_keyframe_gets_the_parameter_sets_that_came_before_it() -> None:
    sets = ParameterSets()
    with pytest.raises(BrokenFrame):
        sets.complete((IDR_UNIT,), key=True)
    assert sets.complete((SPS_UNIT, PPS_UNIT), key=False) == (SPS_UNIT, PPS_UNIT)
    assert sets.complete((IDR_UNIT,), key=True) == (SPS_UNIT, PPS_UNIT, IDR_UNIT)
    assert sets.complete((SLICE,), key=False) == (SLICE,)
    other = b"\x67\x42\xe0\x20\xda"
    assert sets.complete((other, PPS_UNIT, IDR_UNIT), key=True) == (other, PPS_UNIT, IDR_UNIT)
    assert sets.complete((b"\x09\xf0", IDR_UNIT), key=True) == (other, PPS_UNIT, IDR_UNIT)


def test_which_units_are_a_picture_and_which_a_key() -> None:
    assert (SPS, PPS, IDR) == (7, 8, 5)
    assert is_key((SPS_UNIT, PPS_UNIT, IDR_UNIT))
    assert not is_key((SLICE,))
    assert has_picture((SLICE,))
    assert not has_picture((SPS_UNIT, PPS_UNIT))


PPS_1, PPS_1_ANEW = b"\x68\x4e\x3c", b"\x68\x4e\x3e"  # of id 1


def test_parameter_sets_are_kept_by_their_ids_and_all_go_with_each_keyframe() -> None:
    sets = ParameterSets()
    sets.complete((SPS_UNIT, PPS_UNIT, PPS_1), key=False)
    assert sets.complete((IDR_UNIT,), key=True) == (SPS_UNIT, PPS_1, PPS_UNIT, IDR_UNIT)
    assert sets.complete((SPS_UNIT, PPS_UNIT, IDR_UNIT), key=True) == (SPS_UNIT, PPS_UNIT, PPS_1, IDR_UNIT)


def test_a_set_that_changes_between_keyframes_takes_the_place_of_its_id() -> None:
    sets = ParameterSets()
    sets.complete((SPS_UNIT, PPS_UNIT, PPS_1, IDR_UNIT), key=True)
    assert sets.complete((PPS_1_ANEW, SLICE), key=False) == (PPS_1_ANEW, SLICE)
    assert sets.complete((IDR_UNIT,), key=True) == (SPS_UNIT, PPS_1_ANEW, PPS_UNIT, IDR_UNIT)


def test_a_keyframes_own_sps_stands_before_those_remembered() -> None:
    sets = ParameterSets()
    sets.complete((SPS_UNIT, PPS_UNIT), key=False)
    of_id_1 = b"\x67\x42\xe0\x1f\x5a"
    assert sets.complete((of_id_1, PPS_1, IDR_UNIT), key=True) == (of_id_1, SPS_UNIT, PPS_1, PPS_UNIT, IDR_UNIT)
    assert sets.complete((IDR_UNIT,), key=True)[0] == of_id_1


def test_of_thousands_of_sets_the_last_few_are_remembered() -> None:
    sets = ParameterSets()
    sets.complete((SPS_UNIT, *(b"\x68" + (0x800000 | n).to_bytes(3, "big") for n in range(2_000))), key=False)
    many = tuple(b"\x68" + ((n + 1) << 3).to_bytes(2, "big") for n in range(2_000))  # ids of eleven bits and less
    sets.complete(many, key=False)
    kept = sets.complete((IDR_UNIT,), key=True)
    assert len(kept) == 1 + SETS_MAX + 1
    assert many[-1] in kept


@pytest.mark.parametrize(
    ("unit", "whole"), [(b"\x65\x88", True), (b"\x41\x9a", True), (b"\x41\x1a", False), (b"\x41", False)]
)
def test_a_picture_begins_whole_with_the_slice_of_its_first_macroblock(unit: bytes, whole: bool) -> None:
    assert begins_whole((SPS_UNIT, unit)) is whole


def test_parameter_sets_between_keyframes_stay_in_the_sample_and_those_of_keyframes_do_not() -> None:
    def lengths(*units: bytes) -> bytes:
        return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)

    assert sample_data((SPS_UNIT, PPS_UNIT, IDR_UNIT)) == lengths(IDR_UNIT)
    assert sample_data((PPS_1_ANEW, SLICE)) == lengths(PPS_1_ANEW, SLICE)
    assert sample_data((b"\x09\xf0", SLICE)) == lengths(SLICE)
