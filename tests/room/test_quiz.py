"""Who wins does not depend on the order in which answers are read; the histogram leaves no answer out."""

import math
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.base.errors import BadRequest
from livehub.room.errors import BadAnswer
from livehub.room.models import QuizCard
from livehub.room.quiz import WINNERS_SHOWN_MAX, Given, Key, check_answer, check_quiz, decide, histogram

OPTIONS = ["11 %", "13 %", "15 %"]
CHOICE = QuizCard(id="c", kind="choice", question="How sweet?", options=OPTIONS, opens_ts=0, closes_ts=9)
NUMBER = QuizCard(id="n", kind="number", question="How sweet?", opens_ts=0, closes_ts=9, min_value=0.0, max_value=30.0)

values = st.decimals(0, 30, places=1).map(float) | st.decimals(0, 30, places=6).map(float)


def answered(**by_user: tuple[int | None, float | None, int]) -> list[Given]:
    return [
        Given(user=user, name=user.title(), choice=choice, value=value, ts=ts)
        for user, (choice, value, ts) in by_user.items()
    ]


def some_answers(
    choice: st.SearchStrategy[int | None], value: st.SearchStrategy[float | None]
) -> st.SearchStrategy[list[Given]]:
    one = st.builds(
        Given,
        user=st.text("abc", min_size=1, max_size=3),
        name=st.just("N"),
        choice=choice,
        value=value,
        ts=st.integers(0, 4),
    )
    return st.lists(one, max_size=40, unique_by=lambda given: given.user)


choice_answers = some_answers(st.integers(0, 2), st.none())
number_answers = some_answers(st.none(), values)


@given(choice_answers, st.integers(1, 30), st.data())
def test_a_choice_is_won_by_the_first_right_answers_in_whatever_order_they_are_read(
    answers: list[Given], winners_max: int, data: st.DataObject
) -> None:
    outcome = decide(CHOICE, Key(choice=1), answers, winners_max)
    assert decide(CHOICE, Key(choice=1), data.draw(st.permutations(answers)), winners_max) == outcome
    right = sorted((given.ts, given.user) for given in answers if given.choice == 1)
    assert [winner.user for winner in outcome.winners] == [user for _, user in right[:winners_max]]
    assert outcome.result.counts == [sum(given.choice == n for given in answers) for n in range(3)]
    assert outcome.result.edges is None
    assert outcome.result.correct_choice == 1


@given(number_answers, values, st.integers(1, 30), st.data())
def test_a_number_is_won_by_the_nearest_in_whatever_order_they_are_read(
    answers: list[Given], target: float, winners_max: int, data: st.DataObject
) -> None:
    outcome = decide(NUMBER, Key(value=target), answers, winners_max)
    assert decide(NUMBER, Key(value=target), data.draw(st.permutations(answers)), winners_max) == outcome
    far = {given.user: abs(Decimal(str(given.value)) - Decimal(str(target))) for given in answers}
    won = [winner.user for winner in outcome.winners]
    assert len(won) == min(winners_max, len(answers))
    assert [far[user] for user in won] == sorted(far.values())[:winners_max]
    drawn = [given.value for given in answers if given.value is not None]
    assert (outcome.result.edges, outcome.result.counts) == histogram(drawn)


@given(choice_answers | number_answers, st.integers(1, 40))
def test_the_result_counts_all_winners_and_shows_the_first_of_them(answers: list[Given], winners_max: int) -> None:
    card, key = (CHOICE, Key(choice=0)) if answers and answers[0].choice is not None else (NUMBER, Key(value=3.0))
    outcome = decide(card, key, answers, winners_max)
    assert outcome.result.answers == len(answers)
    assert outcome.result.winners_total == len(outcome.winners) <= winners_max
    assert outcome.result.winners == outcome.winners[:WINNERS_SHOWN_MAX]
    assert [winner.rank for winner in outcome.winners] == list(range(1, len(outcome.winners) + 1))


def test_ties_go_to_the_earlier_answer_and_of_one_moment_to_the_smaller_id() -> None:
    choice = answered(dee=(1, None, 5), ann=(1, None, 7), cho=(1, None, 5), bob=(0, None, 1))
    outcome = decide(CHOICE, Key(choice=1), choice, 10)
    assert [winner.user for winner in outcome.winners] == ["cho", "dee", "ann"]
    number = answered(dee=(None, 12.0, 5), ann=(None, 14.0, 5), cho=(None, 14.0, 4), bob=(None, 13.1, 9))
    outcome = decide(NUMBER, Key(value=13.0), number, 3)
    assert [(winner.user, winner.rank, winner.value) for winner in outcome.winners] == [
        ("bob", 1, 13.1),
        ("cho", 2, 14.0),
        ("ann", 3, 14.0),
    ]


@pytest.mark.parametrize(
    ("target", "first", "second"),
    [(12.3, 12.2, 12.4), (0.3, 0.1, 0.5), (1.1, 1.3, 0.9), (999999999.5, 999999999.499999, 999999999.500001)],
)
def test_two_who_are_as_far_off_in_decimals_are_tied(target: float, first: float, second: float) -> None:
    card = with_fields(NUMBER, min_value=None, max_value=None)
    for ann, bob in ((first, second), (second, first)):
        outcome = decide(card, Key(value=target), answered(ann=(None, ann, 5), bob=(None, bob, 6)), 1)
        assert [(winner.user, winner.value) for winner in outcome.winners] == [("ann", ann)]


def test_a_quiz_that_nobody_answered_has_no_winner() -> None:
    choice = decide(CHOICE, Key(choice=1), [], 3).result
    assert (choice.answers, choice.counts, choice.winners, choice.winners_total) == (0, [0, 0, 0], [], 0)
    number = decide(NUMBER, Key(value=13.0), [], 3).result
    assert (number.counts, number.edges, number.correct_value) == ([0], [0.0, 1.0], 13.0)


@given(st.lists(st.floats(-1e9, 1e9, allow_nan=False), max_size=300))
def test_the_histogram_counts_every_value_between_edges_that_rise(drawn: list[float]) -> None:
    edges, counts = histogram(drawn)
    assert sum(counts) == len(drawn)
    assert len(edges) == len(counts) + 1
    assert edges == sorted(edges)
    assert all(math.isfinite(edge) for edge in edges)


def test_an_outlier_does_not_squeeze_the_histogram() -> None:
    edges, counts = histogram([1e9, *(float(n % 13) for n in range(130)), -1e9])
    assert (edges[0], edges[-1], len(counts)) == (0.0, 12.0, 12)
    assert counts == [11, *[10] * 10, 21]  # the outliers are in the end buckets; 12.0 is in the last one


def test_equal_values_make_one_bucket() -> None:
    assert histogram([13.0] * 7) == ([13.0, 13.0], [7])


def with_fields(card: QuizCard, **fields: object) -> QuizCard:
    return msgspec.structs.replace(card, **fields)


@pytest.mark.parametrize(
    ("card", "key", "field"),
    [
        (with_fields(CHOICE, options=None), Key(choice=0), "options"),
        (CHOICE, Key(), "correct_choice"),
        (CHOICE, Key(choice=3), "correct_choice"),
        (CHOICE, Key(value=13.0), "correct_choice"),
        (with_fields(CHOICE, options=["yes", "yes"]), Key(choice=0), "options"),
        (NUMBER, Key(), "correct_value"),
        (NUMBER, Key(choice=1), "correct_value"),
        (NUMBER, Key(value=30.1), "correct_value"),
        (NUMBER, Key(value=-0.1), "correct_value"),
        (with_fields(NUMBER, options=OPTIONS), Key(value=1.0), "options"),
        (with_fields(NUMBER, min_value=30.0), Key(value=30.0), "min_value"),
        (NUMBER, Key(value=12.1234567), "correct_value"),
        (with_fields(NUMBER, min_value=1e-7), Key(value=1.0), "min_value"),
        (with_fields(NUMBER, max_value=0.1 + 0.2), Key(value=0.1), "max_value"),
        (with_fields(NUMBER, step=1 / 3), Key(value=1.0), "step"),
    ],
)
def test_a_quiz_and_a_key_that_do_not_fit_are_refused_by_field(card: QuizCard, key: Key, field: str) -> None:
    with pytest.raises(BadRequest, match=f"^{field}: "):
        check_quiz(card, key)


@pytest.mark.parametrize(
    ("card", "key"),
    [
        (CHOICE, Key(choice=2)),
        (NUMBER, Key(value=0.0)),
        (NUMBER, Key(value=30.0)),
        (with_fields(NUMBER, min_value=None, max_value=None), Key(value=-5.5)),
    ],
)
def test_a_quiz_and_a_key_that_fit_are_taken(card: QuizCard, key: Key) -> None:
    check_quiz(card, key)


@pytest.mark.parametrize(
    ("card", "choice", "value"),
    [
        (CHOICE, None, None),
        (CHOICE, 3, None),
        (CHOICE, None, 1.0),
        (CHOICE, 1, 1.0),
        (NUMBER, None, None),
        (NUMBER, 1, None),
        (NUMBER, 1, 13.0),
        (NUMBER, None, 30.5),
        (NUMBER, None, math.nan),
        (NUMBER, None, 1.0000001),
        (NUMBER, None, 0.1 + 0.2),
        (NUMBER, None, 5e-324),
        (with_fields(NUMBER, min_value=None, max_value=None), None, math.inf),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(card: QuizCard, choice: int | None, value: float | None) -> None:
    with pytest.raises(BadAnswer):
        check_answer(card, choice, value)


def test_an_answer_that_fits_is_taken() -> None:
    check_answer(CHOICE, 0, None)
    check_answer(CHOICE, 2, None)
    check_answer(NUMBER, None, 30.0)
    check_answer(with_fields(NUMBER, max_value=None), None, 1e9)
    check_answer(with_fields(NUMBER, max_value=None), None, 999999999.999999)
    check_answer(NUMBER, None, 0.000001)
