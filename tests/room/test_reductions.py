"""The examples that the pages' reducer is held to are what the rooms make of control messages today, of every kind."""

import json

from tests.room import reductions, said


def test_the_examples_are_of_today() -> None:
    assert reductions.FILE.read_text() == reductions.text(), "run python -m tests.room.reductions"


def test_every_kind_of_control_message_is_among_them_and_most_change_something() -> None:
    assert set(reductions.DRAWN) == {message.struct for message in said.CONTROL_MESSAGES}
    stories = reductions.stories()
    kinds = {json.loads(bytes(data))["type"] for story in stories for data in story.controls}
    assert kinds == {message.type for message in said.CONTROL_MESSAGES}
    assert sum(bytes(story.view) != bytes(story.then) for story in stories) > len(stories) * 0.9


def test_two_begin_with_full_lists_that_stay_full_with_other_bounds_each() -> None:
    for story, sizes in zip(reductions.stories()[-2:], ([4, 3, 2], [100, 10, 50]), strict=True):
        before, then = json.loads(bytes(story.view)), json.loads(bytes(story.then))
        assert [len(then[name]) for name in ("bag", "coupons", "questions")] == sizes
        assert [story.bounds[f"{name}_max"] for name in ("bag", "coupons", "questions")] == sizes
        assert then["bag"][0] != before["bag"][0]
