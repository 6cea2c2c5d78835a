"""Every message on the socket, version 1, as msgspec Structs. Pure: no I/O.

docs/wire.md and web/src/shared/wire.ts are generated from here (`python -m livehub spec`), so this file is the contract:
names stay; fields may be added, never changed in meaning. Times are Unix milliseconds (`ts`, `*_ts`), money is integer
minor units with an ISO 4217 code. Control messages are declared by the modules that say them (livehub/base/control.py).
"""

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from livehub.room.models import (
    ChatLine,
    Id,
    RoomId,
    Snapshot,
    Text,
)

PROTOCOL_VERSION = 1


class Position(Struct, frozen=True, kw_only=True):
    """A place in a room's control log: where a client stands, or wants to go on from."""

    epoch: Annotated[str, Meta(max_length=32)]
    offset: Annotated[int, Meta(ge=0)]  # of any size: one that never was gets the room as it is


# --- client to server -------------------------------------------------------------------------------------------------


class Join(Struct, frozen=True, kw_only=True):
    """Enter a room. With `since`, get exactly the control messages missed, or `recovered: false`."""

    room: RoomId
    since: Position | None = None


class Leave(Struct, frozen=True, kw_only=True):
    """Leave a room."""

    room: RoomId


class NewToken(Struct, frozen=True, kw_only=True):
    """Go on with a new token of the same person, before the one of the CONNECT ends."""

    token: Annotated[str, Meta(max_length=4_096)]


class Chat(Struct, frozen=True, kw_only=True):
    """Say a line. Signed-in people only."""

    room: RoomId
    text: Text


class Like(Struct, frozen=True, kw_only=True):
    """Likes since the last such message; taps are batched by the client."""

    room: RoomId
    n: Annotated[int, Meta(ge=1, le=100)]


class Ask(Struct, frozen=True, kw_only=True):
    """Ask the host a question. Signed-in people only."""

    room: RoomId
    text: Text


class Answer(Struct, frozen=True, kw_only=True):
    """Answer a quiz: `choice` (index from 0) or `value`, as the quiz's kind asks. Acknowledged once it is stored. A `value` has
    at most 6 digits after the point; of two that are as near, in decimals, the one that came first is nearer.
    """

    room: RoomId
    quiz: Id
    choice: Annotated[int, Meta(ge=0, le=20)] | None = None
    value: Annotated[float, Meta(ge=-1e9, le=1e9)] | None = None


class Read(Struct, frozen=True, kw_only=True):
    """Mark direct messages as read, so that they are not sent again."""

    ids: Annotated[list[Id], Meta(max_length=100)]


class Report(Struct, frozen=True, kw_only=True):
    """Report a chat line to the moderators."""

    room: RoomId
    line: Id


# --- control: ordered, numbered, never shed -----------------------------------------------------------------------------


class Control(Struct, frozen=True, kw_only=True):
    """One entry of a room's control log. `data.type` repeats `type`, so that `data` can be read alone."""

    # The engine knows this envelope; `data` is JSON as the module that says it wrote it (livehub/base/control.py).
    room: str
    epoch: str
    offset: int
    type: str
    ts: int
    data: Raw


class Tick(Struct, frozen=True, kw_only=True):
    """What passed since the last tick; may be skipped for those who fall behind. Counters are totals: the latest wins.

    `viewers`: people who watch, each once, without staff.
    `stock`: what is left, by what it is left of; absent when the room counts nothing. What is missing in it is counted no more.
    """

    room: str
    chats: list[ChatLine]
    likes: int
    viewers: int
    stock: dict[str, int] | UnsetType = UNSET


class Direct(Struct, frozen=True, kw_only=True):
    """To one person, on every device of theirs; sent again at each connection until read."""

    id: str
    type: str
    ts: int
    data: dict[str, Any]


StaffType = Literal["held", "question", "report", "figures", "cameras", "coupons", "orders"]
# Processes pass on what newer ones tell staff.
AnyStaffType = Annotated[str, Meta(extra_json_schema={"enum": sorted(get_args(StaffType))})]


class Staff(Struct, frozen=True, kw_only=True):
    """To hosts and ops in a room: something to look at. Sheddable; HTTP has the truth."""

    room: str
    type: AnyStaffType
    ts: int
    data: dict[str, Any]


class Notice(Struct, frozen=True, kw_only=True):
    """About the service itself. `degraded`: a part is away; `restored`; `moving`: reconnect after `after_ms`."""

    type: Literal["degraded", "restored", "moving"]
    ts: int
    after_ms: int = 0


# --- acknowledgements -----------------------------------------------------------------------------------------------------


class ErrorBody(Struct, frozen=True, kw_only=True):
    """What went wrong. `code` is the number to act on, `name` the same for people, `retry_after_ms` when to try again. The
    table of errors says which have more members.
    """

    code: int
    name: str
    message: str
    retry_after_ms: int | UnsetType = UNSET


class Refused(Struct, frozen=True, kw_only=True):
    """The acknowledgement of anything refused; nothing has changed."""

    ok: Literal[False] = False
    error: ErrorBody


class Done(Struct, frozen=True, kw_only=True):
    """The acknowledgement of what needs no more words."""

    ok: Literal[True] = True


class DoneWithId(Struct, frozen=True, kw_only=True):
    """The acknowledgement of a chat line or a question. `held`: a moderator looks at it first."""

    ok: Literal[True] = True
    id: str
    held: bool = False


class Joined(Struct, frozen=True, kw_only=True):
    """The acknowledgement of `join`. If `recovered`, `missed` completes what the client has; else start from `room`."""

    ok: Literal[True] = True
    room: Snapshot
    epoch: str
    offset: int
    recovered: bool
    missed: list[Control]


SERVER_EVENTS: dict[str, type[Struct]] = {
    "control": Control,
    "tick": Tick,
    "direct": Direct,
    "staff": Staff,
    "notice": Notice,
}
encode_json = msgspec.json.Encoder().encode
