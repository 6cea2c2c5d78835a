"""People are counted once however often, late and by how many processes they are told; exactly while they are few."""

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.room.unique_visitors import EXACT_MAX, RANK_MAX, REGISTERS, UniqueCounter

people = st.sets(st.integers(0, 2_000), max_size=700)


def counted(ids: "set[int] | range") -> UniqueCounter:
    counting = UniqueCounter()
    for number in ids:
        counting.add(f"person-{number}")
    return counting


@given(st.integers(0, EXACT_MAX), st.integers(1, 3))
def test_the_count_of_a_small_room_is_exact(size: int, times: int) -> None:
    counting = UniqueCounter()
    for _ in range(times):
        for number in range(size):
            counting.add(f"person-{number}")
    assert (counting.count, counting.added) == (size, size)


@pytest.mark.parametrize("size", [300, 1_000, 5_000, 20_000, 100_000])
def test_the_count_of_a_large_room_is_within_four_standard_errors(size: int) -> None:
    assert counted(range(size)).count == pytest.approx(size, rel=4 * 1.04 / REGISTERS**0.5)


def test_the_estimate_is_not_biased() -> None:
    errors = [counted(range(start, start + 3_000)).count / 3_000 - 1 for start in range(0, 90_000, 3_000)]
    assert abs(sum(errors) / len(errors)) < 3 * 1.04 / (REGISTERS * len(errors)) ** 0.5


def test_the_count_never_falls_while_people_come() -> None:
    counting, before = UniqueCounter(), 0
    for number in range(1_500):
        counting.add(f"person-{number}")
        assert counting.count >= before
        before = counting.count


@given(st.lists(people, min_size=1, max_size=4), st.data())
def test_the_union_is_the_same_in_any_order_and_with_doubles(parts: list[set[int]], data: st.DataObject) -> None:
    told = [counted(part).pack() for part in parts]
    whole = counted(set().union(*parts))
    for _ in range(2):
        merged = UniqueCounter()
        for packed in data.draw(st.permutations(told + told[:2])):
            merged.merge(packed)
        assert (merged.count, merged.pack()) == (whole.count, whole.pack())
        assert merged.added == 0


def test_who_is_known_from_another_process_is_not_new_here() -> None:
    here = counted({1, 2})
    here.merge(counted({2, 3}).pack())
    here.add("person-3")
    assert (here.count, here.added) == (3, 2)


def test_a_copy_stays_small() -> None:
    assert len(counted(range(40)).pack()) == 1 + 8 * 40
    assert len(counted(range(50_000)).pack()) < 3_000


@pytest.mark.parametrize("packed", [b"", b"x", b"e1234567", b"snothing", b"s", b"e" + bytes(8 * (EXACT_MAX + 1))])
def test_what_is_no_count_is_refused_and_changes_nothing(packed: bytes) -> None:
    counting = counted({1})
    with pytest.raises(ValueError, match="not a count"):
        counting.merge(packed)
    assert counting.count == 1


def test_a_forged_sketch_cannot_hold_what_no_hash_gives() -> None:

    with pytest.raises(ValueError, match="not a count"):
        UniqueCounter().merge(b"s" + zlib.compress(random.Random(1).randbytes(REGISTERS)))
    with pytest.raises(ValueError, match="not a count"):
        UniqueCounter().merge(b"s" + zlib.compress(bytes(50_000_000)))


@pytest.mark.parametrize("full", [REGISTERS, REGISTERS - 1])
def test_a_forged_sketch_of_full_registers_is_a_count_that_can_be_read(full: int) -> None:
    people = UniqueCounter()
    people.merge(b"s" + zlib.compress(bytes([RANK_MAX] * full + [0] * (REGISTERS - full))))
    assert 256 < people.count <= 2**53 - 1
