"""Quizzes: what a good one is, which answers fit, who wins. Pure: no I/O, no clock, no chance.

A `choice` quiz is won by the right option, a `number` quiz ("guess the sugar content") by the nearest values. Numbers are
decimals, as people write them: 12.2 and 12.4 are as near to 12.3, though as binary fractions they are not. They travel and
are stored as doubles all the same: with 9 digits before the point and DECIMALS_MAX after it each decimal has a double of its
own, of which it is the shortest notation (IEEE 754-2019, section 5.12: 15 digits come back). Ties are broken by the time the
server received the answer, and those of one millisecond by user id, so that the result does not depend on the order in which
answers are read.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from livehub.base.errors import BadRequest
from livehub.room.errors import BadAnswer
from livehub.room.models import QuizCard, QuizResult, Winner

BUCKETS = 12  # a histogram that is readable on a phone
WINNERS_SHOWN_MAX = 20
DECIMALS_MAX = 6  # digits after the point of any number in a quiz


class Given(Struct, frozen=True, kw_only=True):
    """An answer as stored. `ts`: when the server received it, Unix ms."""

    user: str
    name: str
    choice: int | None
    value: float | None
    ts: int


class Key(Struct, frozen=True, kw_only=True):
    """The right answer, known to staff alone until the result."""

    choice: int | None = None
    value: float | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What everyone sees, and all winners in order (the result shows the first WINNERS_SHOWN_MAX)."""

    result: QuizResult
    winners: list[Winner]


class Tally(Struct, frozen=True, kw_only=True):
    """How answers are spread: by option, or over the buckets between `edges`."""

    answers: int
    counts: list[int]
    edges: list[float] | None


def check_quiz(card: QuizCard, key: Key) -> None:
    """Raise BadRequest, naming the field, when quiz and key do not fit together."""
    if card.kind == "choice":
        if not card.options:
            raise BadRequest("options: a choice quiz needs 2 to 8 of them.")
        if key.choice is None or key.choice >= len(card.options):
            raise BadRequest("correct_choice: it must be the index of an option.")
        if len(set(card.options)) != len(card.options):
            raise BadRequest("options: each must be there once.")
        return
    if key.value is None:
        raise BadRequest("correct_value: a number quiz needs it.")
    if card.options:
        raise BadRequest("options: a number quiz has none.")
    for name, value in _numbers(card, key):
        if not is_short(value):
            raise BadRequest(f"{name}: at most {DECIMALS_MAX} digits after the point.")
    if card.min_value is not None and card.max_value is not None and card.min_value >= card.max_value:
        raise BadRequest("min_value: it must be below max_value.")
    if not _in_range(card, key.value):
        raise BadRequest("correct_value: it must lie between min_value and max_value.")


def check_answer(card: QuizCard, choice: int | None, value: float | None) -> None:
    """Raise BadAnswer when the answer does not fit the quiz."""
    if card.kind == "choice":
        if value is not None or choice is None or choice >= len(card.options or ()):
            raise BadAnswer("This quiz asks for `choice`, the index of an option.")
    elif choice is not None or value is None or not math.isfinite(value):
        raise BadAnswer("This quiz asks for `value`, a number.")
    elif not is_short(value):
        raise BadAnswer(f"The value has more than {DECIMALS_MAX} digits after the point.")
    elif not _in_range(card, value):
        raise BadAnswer("The value is out of the quiz's range.")


def decimal(value: float) -> Decimal:
    """The number as it was written, if it is short."""
    return Decimal(repr(value))


def is_short(value: float) -> bool:
    """Whether it has at most DECIMALS_MAX digits after the point."""
    exponent = decimal(value).as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -DECIMALS_MAX


def decide(card: QuizCard, key: Key, answers: Sequence[Given], winners_max: int) -> Outcome:
    """The result; the same for any order of `answers`. hub/quizzes/decision.py finds the same of stored answers by SQL."""
    if card.kind == "choice":
        right = [given for given in answers if given.choice == key.choice]
        ranked = sorted(right, key=lambda given: (given.ts, given.user))
        counts = [0] * len(card.options or ())
        for given in answers:
            counts[given.choice or 0] += 1
        edges = None
    else:
        target = decimal(key.value or 0.0)
        ranked = sorted(answers, key=lambda given: (abs(decimal(given.value or 0.0) - target), given.ts, given.user))
        edges, counts = histogram([given.value or 0.0 for given in answers])
    return outcome(key, Tally(answers=len(answers), counts=counts, edges=edges), ranked[:winners_max])


def outcome(key: Key, tally: Tally, ranked: Sequence[Given]) -> Outcome:
    """Of the winners, in their order, and of how the answers are spread."""
    winners = [
        Winner(user=given.user, name=given.name, rank=rank, value=given.value)
        for rank, given in enumerate(ranked, start=1)
    ]
    result = QuizResult(
        answers=tally.answers,
        counts=tally.counts,
        winners=winners[:WINNERS_SHOWN_MAX],
        winners_total=len(winners),
        correct_choice=key.choice,
        correct_value=key.value,
        edges=tally.edges,
    )
    return Outcome(result=result, winners=winners)


def histogram(values: Sequence[float]) -> tuple[list[float], list[int]]:
    """(edges, counts) with len(edges) = len(counts) + 1 over the middle 98 % of values; outliers go to the end buckets."""
    if not values:
        return [0.0, 1.0], [0]
    ordered = sorted(values)
    low = ordered[len(ordered) // 100]
    high = ordered[-1 - len(ordered) // 100]
    if high <= low:
        return [low, low], [len(ordered)]
    edges = edges_between(low, high)
    return edges, bucket_counts((bisect_right(edges, value), 1) for value in ordered)


def edges_between(low: float, high: float) -> list[float]:
    """The edges of BUCKETS buckets of the same width."""
    width = (high - low) / BUCKETS
    return [low + width * step for step in range(BUCKETS)] + [high]


def bucket_counts(by_edges: Iterable[tuple[int, int]]) -> list[int]:
    """How many are in each bucket, of (number of edges that are not above the value, how many such values)."""
    counts = [0] * BUCKETS
    for edges, count in by_edges:
        counts[min(max(edges - 1, 0), BUCKETS - 1)] += count
    return counts


def _numbers(card: QuizCard, key: Key) -> Iterable[tuple[str, float]]:
    given = {"correct_value": key.value, "min_value": card.min_value, "max_value": card.max_value, "step": card.step}
    return ((name, value) for name, value in given.items() if value is not None)


def _in_range(card: QuizCard, value: float) -> bool:
    low = -math.inf if card.min_value is None else card.min_value
    high = math.inf if card.max_value is None else card.max_value
    return low <= value <= high
