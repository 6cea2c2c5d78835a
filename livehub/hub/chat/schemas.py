"""Bodies of the calls of moderation."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from livehub.hub.rooms.schemas import Seconds
from livehub.room.models import ChatLine, Id, PersonId
from livehub.room.wire import ErrorBody
from livehub.room.word_marks import MatchedWord


class HeldLine(Struct, frozen=True, kw_only=True):
    """A chat line a moderator has to look at: held by the word list, or reported by viewers.

    `matched`: the words for which it is held, as they are in its text.
    """

    id: str
    line: ChatLine
    reason: Literal["word", "report"]
    reports: int
    held_at: datetime
    matched: list[MatchedWord] = []


class HeldVerdict(Struct, frozen=True, kw_only=True):
    """What to do with lines that wait, several at once: equal ones, say."""

    verdict: Literal["approve", "reject"]
    lines: Annotated[list[Id], Meta(min_length=1, max_length=100)]


class HeldOutcome(Struct, frozen=True, kw_only=True):
    """What became of one of them. `error`: it was not waiting, the others were decided all the same."""

    id: str
    ok: bool
    error: ErrorBody | None = None


class HeldOutcomes(Struct, frozen=True, kw_only=True):
    """An outcome for each line, in the order of the request."""

    items: list[HeldOutcome]


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
    """Mute or ban `user` for `seconds`; 0 lifts it, nothing means for good.

    `reason` and `line`, the chat line it is for, are kept for staff; nobody else is told.
    """

    user: PersonId
    seconds: Seconds | None = None
    reason: Annotated[str, Meta(max_length=400)] | None = None
    line: Id | None = None


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
