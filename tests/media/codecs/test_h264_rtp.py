"""What is packed comes out again, whatever the sizes; and what is no access unit is refused, never taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.codecs.h264 import IDR, PPS, SPS, BrokenFrame, ParameterSets, has_picture, is_key
from media.codecs.h264_rtp import payloads_of, units_of

SPS_UNIT, PPS_UNIT, IDR_UNIT, SLICE = b"\x67sps", b"\x68pps", b"\x65" + b"i" * 3_000, b"\x41" + b"p" * 400

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
    other = b"\x67another"
    assert sets.complete((other, PPS_UNIT, IDR_UNIT), key=True) == (other, PPS_UNIT, IDR_UNIT)
    assert sets.complete((b"\x09\xf0", IDR_UNIT), key=True) == (other, PPS_UNIT, IDR_UNIT)


def test_which_units_are_a_picture_and_which_a_key() -> None:
    assert (SPS, PPS, IDR) == (7, 8, 5)
    assert is_key((SPS_UNIT, PPS_UNIT, IDR_UNIT))
    assert not is_key((SLICE,))
    assert has_picture((SLICE,))
    assert not has_picture((SPS_UNIT, PPS_UNIT))
