"""Bodies of the room endpoints: what staff send, what everybody gets. Shapes only; livehub/hub/api_*.py have the calls.

Times are ISO 8601 UTC strings in HTTP bodies except inside what is shown in a room (`*_ts`, Unix milliseconds), which is
the same on the socket and here.
"""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from livehub.room.shown import (
    AmountMinor,
    Card,
    ChatLine,
    CouponCard,
    Currency,
    Host,
    Id,
    ImageUrl,
    QuizCard,
    QuizKind,
    QuizResult,
    RoleName,
    RoomId,
    Show,
    ShowStatus,
    Snapshot,
    Title,
)

Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with its offset from UTC")]
Seconds = Annotated[int, Meta(ge=0, le=31_536_000, description="seconds; at most a year")]


class SessionRequest(Struct, frozen=True, kw_only=True):
    """Nothing: a guest. A name: a signed-in viewer, where this installation allows that."""

    name: Annotated[str, Meta(min_length=1, max_length=40)] | None = None


class Person(Struct, frozen=True, kw_only=True):
    """Whom a token speaks for."""

    id: str
    name: str
    role: RoleName


class Session(Struct, frozen=True, kw_only=True):
    """A token for the socket and for `Authorization: Bearer`, and when it ends."""

    token: str
    user: Person
    expires_at: datetime


class RoomSummary(Struct, frozen=True, kw_only=True):
    """A room in a list."""

    id: str
    title: str
    host: Host
    poster: str | None
    show: Show
    pin: Card | None
    viewers: int
    likes: int


class RoomList(Struct, frozen=True, kw_only=True):
    """Rooms, live ones first."""

    rooms: list[RoomSummary]


class RoomPage(Struct, frozen=True, kw_only=True):
    """A room with its place in the control log, as in the answer to `join`."""

    room: Snapshot
    epoch: str
    offset: int


class RoomRequest(Struct, frozen=True, kw_only=True):
    """A new room. Without `id` one is made."""

    id: RoomId | None = None
    title: Title
    host: Host | None = None
    poster: ImageUrl | None = None
    starts_at: Moment | None = None


class RoomEdit(Struct, frozen=True, kw_only=True):
    """What to change; what is left out stays."""

    title: Title | None = None
    host: Host | None = None
    poster: ImageUrl | None = None
    notice: Annotated[str, Meta(max_length=200)] | None = None


class StateRequest(Struct, frozen=True, kw_only=True):
    """Where the show goes: scheduled > live <> paused > ended; an ended room can be scheduled or go live again."""

    status: ShowStatus


class CardRequest(Struct, frozen=True, kw_only=True):
    """A product of the catalogue by `product`, or one that is in the bag already by `card`, or an inline card."""

    product: Id | None = None
    card: Id | None = None
    title: Title | None = None
    subtitle: Annotated[str, Meta(max_length=200)] | None = None
    image: ImageUrl | None = None
    price_minor: AmountMinor | None = None
    list_price_minor: AmountMinor | None = None
    currency: Currency | None = None
    unit: Annotated[str, Meta(max_length=40)] | None = None


class Placed(Struct, frozen=True, kw_only=True):
    """Where in the room's control log the change stands."""

    epoch: str
    offset: int


class CardPlaced(Placed, frozen=True, kw_only=True):
    """The card as shown."""

    card: Card


class CouponRequest(Struct, frozen=True, kw_only=True):
    """A coupon to drop into the room."""

    title: Title
    amount_minor: AmountMinor
    currency: Currency = "CNY"
    min_spend_minor: AmountMinor = 0
    total: Annotated[int, Meta(ge=1, le=10**6)] = 100
    ends_in_s: Annotated[int, Meta(ge=5, le=86_400)] | None = None


class CouponPlaced(Placed, frozen=True, kw_only=True):
    """The coupon as shown."""

    coupon: CouponCard


class Prize(Struct, frozen=True, kw_only=True):
    """What each winner of a quiz gets: a coupon of this show."""

    title: Title
    amount_minor: AmountMinor
    currency: Currency = "CNY"
    min_spend_minor: AmountMinor = 0


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


class HeldLine(Struct, frozen=True, kw_only=True):
    """A chat line a moderator has to look at: held by the word list, or reported by viewers."""

    id: str
    line: ChatLine
    reason: Literal["word", "report"]
    reports: int
    held_at: datetime


class Restriction(Struct, frozen=True, kw_only=True):
    """A person who is muted or banned, until when (null: for good)."""

    user: str
    name: str
    kind: Literal["mute", "ban"]
    until: datetime | None


class ModerationPage(Struct, frozen=True, kw_only=True):
    """What waits for a moderator in a room, and who is restricted."""

    held: list[HeldLine]
    restrictions: list[Restriction]
    slow_mode_s: int


class RestrictionRequest(Struct, frozen=True, kw_only=True):
    """Mute or ban `user` for `seconds`; 0 lifts it, nothing means for good."""

    user: Id
    seconds: Seconds | None = None


class SlowModeRequest(Struct, frozen=True, kw_only=True):
    """A person may chat once in so many seconds; 0 switches slow mode off."""

    seconds: Annotated[int, Meta(ge=0, le=600)]


class WordLists(Struct, frozen=True, kw_only=True):
    """`block`: a text with such a word is refused. `hold`: a moderator looks at it first. For all rooms, at once."""

    block: Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=5000)]
    hold: Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=5000)]


class Figures(Struct, frozen=True, kw_only=True):
    """A room's live figures, as this process knows them. `viewers_peak`: the most at once so far.

    `viewers_unique`: different people so far, exact up to 256, then within a few percent. Who comes without a token counts
    with each visit, but not with each connection of it.
    """

    viewers: int
    viewers_peak: int
    viewers_unique: int
    likes: int
    chats: int
    chats_per_s: float
    likes_per_s: float
    questions_open: int
    held: int


class Nothing(Struct, frozen=True, kw_only=True):
    """A call that needs no more words than its address."""
