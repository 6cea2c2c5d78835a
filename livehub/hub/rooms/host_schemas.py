"""Bodies of the calls about who runs a room."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from livehub.hub.rooms.room_hosts import KindName
from livehub.room.models import InLanguages, PersonId


class RoomHost(Struct, frozen=True, kw_only=True):
    """Somebody who is something in a room. `by`: the id of whoever named or invited them."""

    person: str
    name: str
    kind: KindName
    by: str
    since: datetime


class RoomHostList(Struct, frozen=True, kw_only=True):
    """The host, then co-hosts, then experts."""

    items: list[RoomHost]
    next: str | None = None


class HostRequestOf(Struct, frozen=True, kw_only=True):
    """Who, and what they are to be; null: nothing any more."""

    person: PersonId
    kind: KindName | None


class InvitationRequest(Struct, frozen=True, kw_only=True):
    """To run the room's shows, or to answer its questions."""

    kind: Literal["cohost", "expert"]


class InvitationMade(Struct, frozen=True, kw_only=True):
    """An invitation, and the code that accepts it, told this once. It goes into a link's fragment, which no server sees."""

    id: str
    kind: Literal["cohost", "expert"]
    code: str
    ends_at: datetime


class Invitation(Struct, frozen=True, kw_only=True):
    """An invitation that can be accepted still. `by`: who invites."""

    id: str
    kind: Literal["cohost", "expert"]
    by: str
    created_at: datetime
    ends_at: datetime


class InvitationList(Struct, frozen=True, kw_only=True):
    """Latest first."""

    items: list[Invitation]
    next: str | None = None


class InvitationCode(Struct, frozen=True, kw_only=True):
    """The code of an invitation."""

    code: Annotated[str, Meta(min_length=16, max_length=64)]


class Invited(Struct, frozen=True, kw_only=True):
    """What an invitation is to: the room and its title, as what, and who invites. `titles`: the title by language, where
    somebody gave it. `accepted`: whoever asks has accepted it, and is what it says.
    """

    room: str
    title: str
    kind: KindName
    by: str
    ends_at: datetime
    accepted: bool = False
    titles: InLanguages | UnsetType = UNSET
