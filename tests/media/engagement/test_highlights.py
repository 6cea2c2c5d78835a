"""What stands out against the room's own usual is proposed, with its reasons; what is usual is not, be it much or little."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.engagement.highlights import STEP_MS, Signals, highlights

BEGIN = 1_800_000_000_000


def series(steps: int = 120, *, likes: int = 20, chats: int = 4, seed: int = 1) -> list[Signals]:
    """Ten minutes of a room that is as it always is."""
    chance = Random(seed)
    return [
        Signals(
            at_ts=BEGIN + number * STEP_MS,
            likes=max(0, round(chance.gauss(likes, likes**0.5))),
            chats=max(0, round(chance.gauss(chats, chats**0.5))),
        )
        for number in range(steps)
    ]


def at(step: int) -> int:
    return BEGIN + step * STEP_MS


def changed(given: Sequence[Signals], step: int, **values: int) -> list[Signals]:
    made = list(given)
    old = made[step]
    fields = {name: getattr(old, name) for name in old.__struct_fields__}
    made[step] = Signals(**(fields | values))
    return made


def found(given: Sequence[Signals], most: int = 10):
    return highlights(given, from_ts=BEGIN, to_ts=at(120), most=most)


def test_a_burst_of_likes_is_found_and_begins_some_seconds_before_it() -> None:
    [one] = found(changed(series(), 60, likes=200))
    assert one.reasons == ["likes"]
    assert (one.from_ts, one.to_ts) == (at(60) - 8_000, at(61) + 4_000)
    assert one.score == pytest.approx(10, rel=0.2)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("likes", [0, 1, 20, 5_000])
def test_a_room_that_is_as_always_has_none(seed: int, likes: int) -> None:
    assert found(series(likes=likes, seed=seed)) == []


def test_one_like_in_an_empty_room_is_none() -> None:
    quiet = [Signals(at_ts=at(number)) for number in range(120)]
    assert found(changed(quiet, 30, likes=1)) == []
    assert found(changed(quiet, 30, chats=2)) == []
    assert [each.reasons for each in found(changed(quiet, 30, chats=30))] == [["chat"]]


def test_what_happened_together_is_one_with_all_its_reasons() -> None:
    moved = changed(changed(changed(series(), 40, pins=1), 41, likes=300), 42, chats=60, orders=9)
    [one] = found(moved)
    assert set(one.reasons) == {"pin", "likes", "chat", "orders"}
    assert (one.from_ts, one.to_ts) == (at(40) - 8_000, at(43) + 4_000)


def test_a_pin_a_quiz_and_a_coupon_count_by_themselves_but_less_than_a_burst() -> None:
    moved = changed(changed(changed(changed(series(), 10, pins=1), 40, quizzes=1), 70, coupons=1), 100, likes=300)
    assert [each.reasons for each in found(moved)] == [["likes"], ["pin"], ["quiz"], ["coupon"]]


def test_the_best_come_first_and_no_more_than_asked_for() -> None:
    moved = series()
    for number, likes in enumerate((100, 300, 200, 500)):
        moved = changed(moved, 20 + 25 * number, likes=likes)
    best = found(moved, most=3)
    assert [(each.from_ts + 8_000 - BEGIN) // STEP_MS for each in best] == [95, 45, 70]
    assert [each.score for each in best] == sorted((each.score for each in best), reverse=True)


def test_a_long_rise_is_several_clips_not_one_of_minutes() -> None:
    moved = series()
    for number in range(40, 70):
        moved = changed(moved, number, likes=400)
    parts = sorted(found(moved), key=lambda each: each.from_ts)
    assert len(parts) >= 3
    assert all(each.to_ts - each.from_ts <= 60_000 for each in parts)
    assert all(before.to_ts <= after.from_ts for before, after in pairwise(parts))


def test_at_the_edges_it_stays_in_the_recording() -> None:
    [first] = found(changed(series(), 0, likes=300))
    [last] = found(changed(series(), 119, likes=300))
    assert (first.from_ts, last.to_ts) == (BEGIN, at(120))
    assert all(each.to_ts - each.from_ts >= 9_000 for each in (first, last))


@pytest.mark.parametrize("given", [[], [Signals(at_ts=BEGIN)], [Signals(at_ts=BEGIN, likes=1_000_000)]])
def test_of_next_to_nothing_nothing_is_made(given: list[Signals]) -> None:
    assert found(given) == []


@given(
    st.lists(
        st.builds(
            Signals,
            at_ts=st.integers(BEGIN - 20_000, BEGIN + 700_000),
            likes=st.integers(0, 10_000),
            chats=st.integers(0, 1_000),
            orders=st.integers(0, 100),
            pins=st.integers(0, 2),
            quizzes=st.integers(0, 1),
            coupons=st.integers(0, 1),
        ),
        max_size=150,
    ),
    st.integers(1, 700_000),
    st.integers(0, 12),
)
def test_whatever_came_proposals_are_apart_inside_and_few(given: list[Signals], length_ms: int, most: int) -> None:
    made = highlights(given, from_ts=BEGIN, to_ts=BEGIN + length_ms, most=most)
    assert len(made) <= most
    in_time = sorted(made, key=lambda each: each.from_ts)
    for each in made:
        assert BEGIN <= each.from_ts < each.to_ts <= BEGIN + length_ms
        assert each.reasons
    assert all(before.to_ts <= after.from_ts for before, after in pairwise(in_time))
    assert [each.score for each in made] == sorted((each.score for each in made), reverse=True)
