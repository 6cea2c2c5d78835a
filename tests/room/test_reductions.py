"""The examples that the pages' reducer is held to are what the rooms make of control messages today, of every kind."""

from livehub.room import wire
from tests.room import reductions


def test_the_examples_are_of_today() -> None:
    assert reductions.FILE.read_text() == reductions.text(), "run python -m tests.room.reductions"


def test_every_kind_of_control_message_is_among_them_and_most_change_something() -> None:
    assert set(reductions.DRAWN) == set(wire.CONTROL_DATA)
    stories = reductions.stories()
    assert {type(data) for story in stories for data in story.controls} == set(wire.CONTROL_DATA)
    assert sum(story.view != story.then for story in stories) > len(stories) * 0.9


def test_one_begins_with_full_lists_that_stay_full() -> None:
    last = reductions.stories()[-1]
    assert [len(last.then.bag), len(last.then.coupons), len(last.then.questions)] == [100, 10, 50]
    assert last.then.bag[0] != last.view.bag[0]
