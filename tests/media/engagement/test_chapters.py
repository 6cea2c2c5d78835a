"""Chapters: which product was explained when, from what was pinned."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from livehub.room.models import Card
from media.engagement.chapters import chapters_of
from media.schemas import Chapter

BERRIES, BREAD, EGGS = (Card(id=id_, title=id_.title()) for id_ in ("berries", "bread", "eggs"))


def test_each_product_begins_a_chapter() -> None:
    chapters = chapters_of([(1_500, BERRIES), (2_000, BREAD)], from_ts=1_000)
    assert chapters == [Chapter(at_ts=1_500, card=BERRIES), Chapter(at_ts=2_000, card=BREAD)]


def test_what_was_pinned_before_the_recording_began_counts_from_its_beginning() -> None:
    assert chapters_of([(10, EGGS), (1_500, BREAD)], from_ts=1_000) == [
        Chapter(at_ts=1_000, card=EGGS),
        Chapter(at_ts=1_500, card=BREAD),
    ]
    assert chapters_of([(10, None), (1_500, BREAD)], from_ts=1_000) == [Chapter(at_ts=1_500, card=BREAD)]


def test_what_is_pinned_again_goes_on_unless_another_came_in_between() -> None:
    again = [(1_000, EGGS), (2_000, None), (3_000, EGGS), (4_000, BREAD), (5_000, EGGS)]
    assert [(c.at_ts, c.card.id) for c in chapters_of(again, from_ts=0)] == [
        (1_000, "eggs"),
        (4_000, "bread"),
        (5_000, "eggs"),
    ]


def test_what_was_replaced_before_there_was_a_picture_of_it_is_no_chapter() -> None:
    assert chapters_of([(10, EGGS), (1_000, BREAD)], from_ts=1_000) == [Chapter(at_ts=1_000, card=BREAD)]
    assert chapters_of([(10, EGGS), (1_000, None)], from_ts=1_000) == []


@given(st.lists(st.tuples(st.integers(0, 9_000), st.sampled_from([BERRIES, BREAD, EGGS, None]))), st.integers(0, 9_000))
def test_chapters_are_in_order_within_the_recording_and_no_two_in_a_row_are_the_same(
    pins: list[tuple[int, Card | None]], from_ts: int
) -> None:
    chapters = chapters_of(sorted(pins, key=lambda pin: pin[0]), from_ts=from_ts)
    times = [chapter.at_ts for chapter in chapters]
    assert times == sorted(times)
    assert all(ts >= from_ts for ts in times)
    assert all(a.card.id != b.card.id for a, b in itertools.pairwise(chapters))
