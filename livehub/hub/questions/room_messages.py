"""What is said about questions: one was answered. Pure: no I/O, no clock."""

from msgspec import Struct

from livehub.base.control import Bound, Bounds, ControlMessage, RoomPart
from livehub.room.models import Question


class ShownQuestions(Struct, frozen=True, kw_only=True):
    """The latest answered ones come first."""

    questions: tuple[Question, ...] = ()


QUESTIONS = RoomPart(
    ShownQuestions,
    bounds=(
        Bound(name="questions_max", setting="questions_shown_max", default=50),
        Bound(name="question_chars_max", setting="ask_text_chars_max", default=300),
    ),
)


class QuestionAnswered(Struct, frozen=True, kw_only=True, tag_field="type", tag="question"):
    """The host answered a question."""

    question: Question


def _answered(part: ShownQuestions, data: QuestionAnswered, _ts: int, bounds: Bounds) -> ShownQuestions:
    others = tuple(known for known in part.questions if known.id != data.question.id)
    return ShownQuestions(questions=(data.question, *others)[: bounds["questions_max"]])


CONTROL_MESSAGES = (ControlMessage(QuestionAnswered, QUESTIONS, _answered),)
