"""Ids sort as their moments do, keep their length, and hold no letter that is taken for another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.base.ids import ordered_id, ordered_ids, short_id, time_of

moments = st.integers(0, 2**45 - 1)
chances = st.binary(min_size=6, max_size=6)


@given(moments, moments, chances, chances)
def test_ids_of_later_milliseconds_sort_later(a_ms: int, b_ms: int, a: bytes, b: bytes) -> None:
    first, second = ordered_id(a_ms, a), ordered_id(b_ms, b)
    assert a_ms == b_ms or (first < second) == (a_ms < b_ms)


@given(moments, chances)
def test_an_id_is_18_characters_of_crockfords_alphabet(now_ms: int, chance: bytes) -> None:
    made = ordered_id(now_ms, chance)
    assert len(made) == 18
    assert set(made) <= set("0123456789abcdefghjkmnpqrstvwxyz")


def test_an_id_is_made_of_its_moment_and_its_chance_alone() -> None:
    assert ordered_id(0, bytes(6)) == "0" * 18
    assert ordered_id(1_800_000_000_000, b"\x00\x00\x00\x00\x00\x21") == "1mcc5rm00000000011"
    assert ordered_id(2**45 - 1, b"\xff" * 6) == "z" * 18
    assert ordered_id(5, b"\x01" * 6) == ordered_id(5, b"\x01" * 6 + b"more")


@given(moments, chances)
def test_an_id_tells_its_moment(now_ms: int, chance: bytes) -> None:
    assert time_of(ordered_id(now_ms, chance)) == now_ms
    assert {time_of(id_) for id_ in ordered_ids(now_ms, chance * 3)} == {now_ms}


@pytest.mark.parametrize("text", ["", "0" * 17, "u" * 18])
def test_what_is_no_id_tells_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (any)
        time_of(text)


def test_a_short_id_is_8_characters() -> None:
    assert short_id(bytes(5)) == "00000000"
    assert short_id(b"\xff" * 5) == "zzzzzzzz"


def test_too_little_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="6 random bytes are needed, 5 came"):
        ordered_id(0, bytes(5))
    with pytest.raises(ValueError, match="5 random bytes are needed, 4 came"):
        short_id(bytes(4))
