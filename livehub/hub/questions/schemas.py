"""Bodies of the calls of questions."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from livehub.hub.rooms.prizes import Prize


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


class OwnQuestion(Struct, frozen=True, kw_only=True):
    """A question of one's own. `waiting`: the host may still answer it. `answer` is empty when it was given aloud.

    `closed`: it was not taken up, and nothing will come of it any more; why is nobody's business, so say no more than that.
    """

    id: str
    text: str
    state: Literal["waiting", "answered", "closed"]
    answer: str
    asked_ts: int
    answered_ts: int | None


class OwnQuestions(Struct, frozen=True, kw_only=True):
    """One's own questions in a room, latest first."""

    items: list[OwnQuestion]
    next: str | None = None


class QuestionAnswer(Struct, frozen=True, kw_only=True):
    """The host's answer; empty when it was given aloud. `coupon`: what the asker gets for the question."""

    answer: Annotated[str, Meta(max_length=500)] = ""
    coupon: Prize | None = None
