"""Refusals of quizzes: codes 2020 to 2029. Pure: no I/O."""

from livehub.base.errors import LivehubError


class QuizNotFound(LivehubError):
    """No such quiz in this room."""

    code, name, status, text = 2020, "quiz_not_found", 404, "There is no such quiz."


class QuizClosed(LivehubError):
    """The quiz takes no more answers."""

    code, name, status, text = 2021, "quiz_closed", 409, "The quiz is closed."


class AlreadyAnswered(LivehubError):
    """One answer per person; the first one counts."""

    code, name, status, text = 2022, "already_answered", 409, "You have answered already."


class QuizOpenAlready(LivehubError):
    """One quiz at a time. Close the open one first."""

    code, name, status, text = 2024, "quiz_open_already", 409, "Another quiz is open."
