"""A viewer notices everything that can be wrong with the control log, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from loadtest.follow import Place


def at(offset: int) -> Place:
    place = Place()
    assert place.join("e", offset, recovered=False, missed=[]) is None
    return place


def faults_of(place: Place, offsets: list[int]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for offset in offsets:
        for name, times in (place.take("e", offset) or {}).items():
            sums[name] = sums.get(name, 0) + times
    return {name: times for name, times in sums.items() if times}


def test_one_after_the_other_is_right():
    assert faults_of(at(7), [8, 9, 10]) == {}


def test_what_is_left_out_is_missing():
    assert faults_of(at(7), [8, 11]) == {"missing": 2}


def test_what_comes_twice_is_doubled():
    assert faults_of(at(7), [8, 8, 9, 7]) == {"doubled": 2}


def test_what_comes_late_is_reordered_and_no_longer_missing():
    assert faults_of(at(7), [9, 8, 10]) == {"reordered": 1}


def test_what_comes_late_twice_is_doubled_too():
    assert faults_of(at(7), [9, 8, 8, 10]) == {"reordered": 1, "doubled": 1}


def test_another_epoch_is_foreign_and_moves_nobody():
    place = at(7)
    assert place.take("other", 8) == {"foreign epoch": 1}
    assert (place.epoch, place.offset) == ("e", 7)


@given(st.permutations(range(8, 14)))
def test_any_order_of_all_messages_loses_none(order):
    faults = faults_of(at(7), list(order))
    assert "missing" not in faults
    assert ("reordered" in faults) == (list(order) != sorted(order))


@given(st.sets(st.integers(8, 30), min_size=1))
def test_as_many_are_missing_as_were_left_out(sent):
    left_out = max(sent) - 7 - len(sent)
    assert faults_of(at(7), sorted(sent)).get("missing", 0) == left_out


def test_a_return_is_right_when_the_missed_lead_to_the_head():
    place = at(7)
    assert place.join("e", 9, recovered=True, missed=[("e", 8), ("e", 9)]) is None
    assert (place.epoch, place.offset) == ("e", 9)


def test_a_return_to_where_nothing_happened_is_right():
    assert at(7).join("e", 7, recovered=True, missed=[]) is None


def test_a_return_with_too_little_is_missing_the_rest():
    assert at(7).join("e", 10, recovered=True, missed=[("e", 8)]) == {"missing": 2}


def test_a_return_with_a_hole_is_missing_it():
    assert at(7).join("e", 10, recovered=True, missed=[("e", 9), ("e", 10)]) == {"missing": 1}


def test_a_return_that_is_not_recovered_is_a_fault_and_starts_anew():
    place = at(7)
    assert place.join("other", 3, recovered=False, missed=[]) == {"not recovered": 1}
    assert (place.epoch, place.offset) == ("other", 3)


def test_a_return_into_another_epoch_cannot_be_recovered():
    assert at(7).join("other", 3, recovered=True, missed=[]) == {"foreign epoch": 1}
