"""Bodies of the calls of questions."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct


class QuestionRow(Struct, frozen=True, kw_only=True):
    """A question as staff see it."""

    id: str
    user: str
    name: str
    text: str
    status: Literal["open", "answered", "dismissed"]
    answer: str
    asked_at: datetime


class QuestionList(Struct, frozen=True, kw_only=True):
    """Questions, oldest open ones first."""

    questions: list[QuestionRow]


class QuestionAnswer(Struct, frozen=True, kw_only=True):
    """The host's answer; empty when it was given aloud."""

    answer: Annotated[str, Meta(max_length=500)] = ""
