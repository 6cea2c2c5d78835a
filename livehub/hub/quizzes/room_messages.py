"""What is said about quizzes: one opened, closed, was decided. Pure: no I/O, no clock."""

from msgspec import Struct, structs

from livehub.base.control import Bounds, ControlMessage, RoomPart
from livehub.hub.quizzes.errors import QuizOpenAlready
from livehub.room.models import QuizCard, QuizResult
from livehub.room.state import RoomState


class ShownQuiz(Struct, frozen=True, kw_only=True):
    """The latest quiz: open, closed, or with its result."""

    quiz: QuizCard | None = None


QUIZ = RoomPart(ShownQuiz)


class QuizOpened(Struct, frozen=True, kw_only=True, tag_field="type", tag="quiz_open"):
    """A quiz takes answers until `closes_ts`."""

    quiz: QuizCard


class QuizClosed(Struct, frozen=True, kw_only=True, tag_field="type", tag="quiz_close"):
    """The quiz takes no more answers."""

    quiz: str


class QuizDecided(Struct, frozen=True, kw_only=True, tag_field="type", tag="quiz_result"):
    """The result of a quiz."""

    quiz: str
    result: QuizResult


def quiz_opened(state: RoomState, quiz: QuizCard) -> QuizOpened:
    """The quiz opens. Raises QuizOpenAlready: one at a time, because a phone shows one."""
    shown = state[QUIZ].quiz
    if shown is not None and shown.status == "open":
        raise QuizOpenAlready
    return QuizOpened(quiz=quiz)


def _opened(_part: ShownQuiz, data: QuizOpened, _ts: int, _bounds: Bounds) -> ShownQuiz:
    return ShownQuiz(quiz=data.quiz)


def _closed(part: ShownQuiz, data: QuizClosed, _ts: int, _bounds: Bounds) -> ShownQuiz:
    if part.quiz is None or part.quiz.id != data.quiz:
        return part
    return ShownQuiz(quiz=structs.replace(part.quiz, status="closed"))


def _decided(part: ShownQuiz, data: QuizDecided, _ts: int, _bounds: Bounds) -> ShownQuiz:
    if part.quiz is None or part.quiz.id != data.quiz:
        return part
    return ShownQuiz(quiz=structs.replace(part.quiz, status="closed", result=data.result))


CONTROL_MESSAGES = (
    ControlMessage(QuizOpened, QUIZ, _opened),
    ControlMessage(QuizClosed, QUIZ, _closed),
    ControlMessage(QuizDecided, QUIZ, _decided),
)
