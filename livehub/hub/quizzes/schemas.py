"""Bodies of the calls of quizzes."""

from typing import Annotated

from msgspec import Meta, Struct

from livehub.hub.rooms.prizes import Prize
from livehub.hub.rooms.schemas import Placed
from livehub.room.models import QuizCard, QuizKind, QuizResult, Title


class QuizRequest(Struct, frozen=True, kw_only=True):
    """A quiz. `choice` needs 2-8 `options` and `correct_choice`; `number` needs `correct_value`, and the nearest win."""

    kind: QuizKind
    question: Annotated[str, Meta(min_length=1, max_length=300)]
    options: Annotated[list[Title], Meta(min_length=2, max_length=8)] | None = None
    correct_choice: Annotated[int, Meta(ge=0, le=7)] | None = None
    correct_value: Annotated[float, Meta(ge=-1e9, le=1e9)] | None = None
    unit: Annotated[str, Meta(max_length=20)] | None = None
    min_value: Annotated[float, Meta(ge=-1e9, le=1e9)] | None = None
    max_value: Annotated[float, Meta(ge=-1e9, le=1e9)] | None = None
    step: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    duration_s: Annotated[int, Meta(ge=3, le=3600)] = 30
    winners_max: Annotated[int, Meta(ge=1, le=1000)] = 10
    prize: Prize | None = None


class QuizPlaced(Placed, frozen=True, kw_only=True):
    """The quiz as shown."""

    quiz: QuizCard


class QuizRow(Struct, frozen=True, kw_only=True):
    """A quiz as staff see it, with the right answer and the answers so far."""

    quiz: QuizCard
    correct_choice: int | None
    correct_value: float | None
    winners_max: int
    answers: int


class QuizList(Struct, frozen=True, kw_only=True):
    """The room's quizzes, latest first."""

    quizzes: list[QuizRow]


class QuizOutcome(Placed, frozen=True, kw_only=True):
    """How the quiz came out."""

    result: QuizResult
