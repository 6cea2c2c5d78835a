"""A tick shows at most so many lines, staff always, everybody once before anybody twice, in the order they were sent.

Which lines are drawn depends on the draws alone, and every line of a round has the same chance.
"""

import random
from collections import Counter
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.room.models import ChatLine, RoleName
from livehub.room.tick import PendingChat, sample

STAFF = ("host", "ops", "admin")
SPEAKERS: dict[str, RoleName] = {
    "ann": "viewer",
    "bob": "viewer",
    "cho": "courier",
    "guest": "guest",
    "farm": "host",
    "mod": "ops",
    "root": "admin",
}


def chat(*users: str) -> list[ChatLine]:
    return [
        ChatLine(id=str(n), user=user, name=user, role=SPEAKERS[user], text=f"line {n}", ts=n)
        for n, user in enumerate(users)
    ]


def given_draws(*draws: int) -> Callable[[int], int]:
    coming = iter(draws)

    def draw(n: int) -> int:
        drawn = next(coming)
        assert 0 <= drawn < n
        return drawn

    return draw


def users_of(lines: list[ChatLine]) -> list[str]:
    return [line.user for line in lines]


spoken = st.lists(st.sampled_from(list(SPEAKERS)), max_size=40).map(lambda users: chat(*users))


@given(spoken, st.integers(0, 12), st.integers(0, 2**32))
def test_what_is_shown_of_any_tick(lines: list[ChatLine], shown_max: int, seed: int) -> None:
    shown = sample(lines, shown_max, random.Random(seed).randrange)
    staff = [line for line in lines if line.role in STAFF]
    assert len(shown) == min(len(lines), max(shown_max, len(staff)))
    places = [int(line.id) for line in shown]
    assert places == sorted(set(places))  # in order, none twice
    assert [lines[place] for place in places] == shown
    assert [line for line in shown if line.role in STAFF] == staff
    said = Counter(line.user for line in lines if line.role not in STAFF)
    got = Counter(line.user for line in shown if line.role not in STAFF)
    most = max(got.values(), default=0)
    assert all(got[user] >= min(said[user], most - 1) for user in said), (said, got)


@given(spoken, st.integers(0, 12), st.integers(0, 2**32))
def test_the_same_draws_show_the_same_lines_and_nothing_is_changed(
    lines: list[ChatLine], shown_max: int, seed: int
) -> None:
    before = list(lines)
    first = sample(lines, shown_max, random.Random(seed).randrange)
    assert sample(tuple(lines), shown_max, random.Random(seed).randrange) == first
    assert lines == before


def test_every_sender_has_the_same_chance() -> None:
    lines = chat("ann", "bob", "cho", "guest")
    outcomes: Counter[tuple[str, ...]] = Counter()
    for draws in product(range(4), range(3)):  # all that draw(4) and draw(3) may give
        outcomes[tuple(users_of(sample(lines, 2, given_draws(*draws))))] += 1
    pairs = [("ann", "bob"), ("ann", "cho"), ("ann", "guest"), ("bob", "cho"), ("bob", "guest"), ("cho", "guest")]
    assert outcomes == dict.fromkeys(pairs, 2)


def test_one_who_floods_gets_one_line_while_others_wait() -> None:
    lines = chat("ann", "ann", "ann", "ann", "bob", "ann", "cho", "ann")
    shown = sample(lines, 3, random.Random(7).randrange)
    assert users_of(shown) == ["ann", "bob", "cho"]
    assert shown[0] == lines[0]  # and it is their first


def test_staff_push_viewers_out_but_are_never_left_out() -> None:
    lines = chat("ann", "farm", "bob", "mod", "root")
    assert users_of(sample(lines, 2, random.Random(1).randrange)) == ["farm", "mod", "root"]
    assert users_of(sample(lines, 0, random.Random(1).randrange)) == ["farm", "mod", "root"]


def test_a_tick_that_fits_draws_nothing() -> None:
    def draw(_n: int) -> int:
        raise AssertionError

    lines = chat("ann", "ann", "farm")
    assert sample(lines, 3, draw) == lines
    assert sample([], 0, draw) == []


@given(spoken, st.integers(1, 6))
def test_what_gathers_is_bounded_but_for_staff_and_what_is_dropped_is_counted(
    lines: list[ChatLine], pending_max: int
) -> None:
    gathering = PendingChat(pending_max)
    taken = [line for line in lines if gathering.add(line)]
    assert gathering.lines == taken
    assert gathering.dropped == len(lines) - len(taken)
    viewers = [line for line in taken if line.role not in STAFF]
    assert len(viewers) <= pending_max
    assert [line for line in lines if line.role in STAFF] == [line for line in taken if line.role in STAFF]
    assert gathering.take() == taken
    assert gathering.take() == []


def test_a_line_deleted_before_its_tick_is_not_shown() -> None:
    gathering = PendingChat(3)
    for line in chat("ann", "bob", "cho"):
        gathering.add(line)
    gathering.remove("1")
    gathering.remove("no such line")
    assert users_of(gathering.take()) == ["ann", "cho"]


@pytest.mark.parametrize("role", ["viewer", "courier", "guest"])
def test_who_is_not_staff_is_dropped_at_the_bound(role: RoleName) -> None:
    gathering = PendingChat(1)
    line = ChatLine(id="1", user="u", name="U", role=role, text="hi", ts=0)
    assert gathering.add(line) is True
    assert gathering.add(line) is False
    assert gathering.dropped == 1
