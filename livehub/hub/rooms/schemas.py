"""Bodies of the calls about rooms (api.py), and what those of features share.

Times are RFC 3339 strings in UTC, here and in the bodies of every feature, except inside what is shown in a room (`*_ts`, Unix
milliseconds), which is the same on the socket.
"""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from livehub.base.uploads import uses
from livehub.hub.rooms.room_hosts import KindName
from livehub.room.models import (
    IMAGE_ADDRESS,
    Card,
    Host,
    InLanguages,
    Language,
    RoomId,
    Show,
    ShowStatus,
    Snapshot,
    Title,
)

Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with its offset from UTC")]
_PICTURE = f"{uses.ID}|{IMAGE_ADDRESS}"
Picture = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=rf"^({_PICTURE})$(?!\n)",
        description="the id of an upload (`POST /api/uploads`), a path of ours, or https",
    ),
]
PictureOrNone = Annotated[
    str,
    Meta(max_length=500, pattern=rf"^({_PICTURE}|)$(?!\n)", description="as a picture; empty: none"),
]
Titles = Annotated[
    dict[Language, Title],
    Meta(description="one line by language; readers of one that is missing get the plain field beside it"),
]
Notice = Annotated[str, Meta(max_length=200)]
Notices = Annotated[
    dict[Language, Annotated[str, Meta(min_length=1, max_length=200)]],
    Meta(description="the notice by language; readers of one that is missing get `notice`"),
]
Seconds = Annotated[int, Meta(ge=0, le=31_536_000, description="seconds; at most a year")]


class RoomSummary(Struct, frozen=True, kw_only=True):
    """A room in a list. `on_air`: a camera's picture is shown, of which there is a still (`/live/{room}/still.jpg`). `you`:
    what the caller is in it, among their own rooms alone.
    """

    id: str
    title: str
    host: Host
    poster: str | None
    show: Show
    pin: Card | None
    viewers: int
    likes: int
    on_air: bool = False
    you: KindName | None = None
    titles: InLanguages | UnsetType = UNSET


class RoomQuery(Struct, frozen=True, kw_only=True):
    """Which rooms; all without it. `mine`: where the caller is host, co-host or expert; all, for whoever runs every room."""

    mine: bool = False


class RoomList(Struct, frozen=True, kw_only=True):
    """Rooms, live ones first. `time_zone`: the shop's (IANA), in which its pages show times to staff and ask for them."""

    rooms: list[RoomSummary]
    time_zone: str = "UTC"


class RoomPage(Struct, frozen=True, kw_only=True):
    """A room with its place in the control log, as in the answer to `join`. `you`: what the caller is in it."""

    room: Snapshot
    epoch: str
    offset: int
    you: KindName | None = None


class HostRequest(Struct, frozen=True, kw_only=True):
    """Who the room belongs to."""

    name: Title
    avatar: Picture | None = None
    names: Titles | None = None


class RoomRequest(Struct, frozen=True, kw_only=True):
    """A new room. Without `id` one is made. Without `host` it is of the host who calls, or, if ops do, of the shop
    (LIVEHUB_SHOP_NAME).
    """

    id: RoomId | None = None
    title: Title
    host: HostRequest | None = None
    poster: Picture | None = None
    starts_at: Moment | None = None
    titles: Titles | None = None


class RoomEdit(Struct, frozen=True, kw_only=True):
    """What to change; what is left out stays. `poster` empty: none any more. `starts_at` null: nobody knows when the show
    begins.

    `titles` and `notices` null or empty: none any more. Left out, they stay as long as `title` and `notice` do.
    """

    title: Title | None = None
    host: HostRequest | None = None
    poster: PictureOrNone | None = None
    notice: Notice | None = None
    starts_at: Moment | UnsetType | None = UNSET
    titles: Titles | UnsetType | None = UNSET
    notices: Notices | UnsetType | None = UNSET


class StateRequest(Struct, frozen=True, kw_only=True):
    """Where the show goes: scheduled > live <> paused > ended; an ended room can be scheduled or go live again."""

    status: ShowStatus


class Placed(Struct, frozen=True, kw_only=True):
    """Where in the room's control log the change stands."""

    epoch: str
    offset: int


class Nothing(Struct, frozen=True, kw_only=True):
    """A call that needs no more words than its address."""
