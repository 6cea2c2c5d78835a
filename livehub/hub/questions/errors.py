"""Refusals of questions: codes 2030 to 2039. Pure: no I/O."""

from livehub.base.errors import LivehubError


class QuestionNotFound(LivehubError):
    """No such question in this room."""

    code, name, status, text = 2030, "question_not_found", 404, "There is no such question."
