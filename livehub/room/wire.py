"""Every message on the socket, version 1, as msgspec Structs. Pure: no I/O.

docs/wire.md and web/src/shared/wire.ts are generated from here (`python -m livehub spec`), so this file is the contract:
names stay; fields may be added, never changed in meaning. Times are Unix milliseconds (`ts`, `*_ts`), money is integer
minor units with an ISO 4217 code. Outside clients (loadtest/) import this module and no other.
"""

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from livehub.room.shown import (
    Card,
    ChatLine,
    CouponCard,
    Host,
    Id,
    ImageUrl,
    Key,
    Program,
    Question,
    QuizCard,
    QuizResult,
    RoomId,
    Show,
    Snapshot,
    Text,
)

PROTOCOL_VERSION = 1


class Position(Struct, frozen=True, kw_only=True):
    """A place in a room's control log: where a client stands, or wants to go on from."""

    epoch: Annotated[str, Meta(max_length=32)]
    offset: Annotated[int, Meta(ge=0)]


# --- client to server -------------------------------------------------------------------------------------------------


class Join(Struct, frozen=True, kw_only=True):
    """Enter a room. With `since`, get exactly the control messages missed, or `recovered: false`."""

    room: RoomId
    since: Position | None = None


class Leave(Struct, frozen=True, kw_only=True):
    """Leave a room."""

    room: RoomId


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
    """Answer a quiz: `choice` (index from 0) or `value`, as the quiz's kind asks. Acknowledged once it is stored."""

    room: RoomId
    quiz: Id
    choice: Annotated[int, Meta(ge=0, le=20)] | None = None
    value: Annotated[float, Meta(ge=-1e9, le=1e9)] | None = None


class Reserve(Struct, frozen=True, kw_only=True):
    """Set units of a sale aside."""

    sale: Id
    qty: Annotated[int, Meta(ge=1, le=100)]
    key: Key


class Claim(Struct, frozen=True, kw_only=True):
    """Take a coupon that is shown in a room. One per person."""

    coupon: Id
    key: Key


class Read(Struct, frozen=True, kw_only=True):
    """Mark direct messages as read, so that they are not sent again."""

    ids: Annotated[list[Id], Meta(max_length=100)]


class Report(Struct, frozen=True, kw_only=True):
    """Report a chat line to the moderators."""

    room: RoomId
    line: Id


# --- control: ordered, numbered, never shed -----------------------------------------------------------------------------


class ShowChanged(Struct, frozen=True, kw_only=True, tag_field="type", tag="show"):
    """The show started, paused, went on or ended."""

    show: Show


class RoomEdited(Struct, frozen=True, kw_only=True, tag_field="type", tag="room"):
    """Title, host, poster or notice changed."""

    title: str
    host: Host
    poster: ImageUrl | None = None
    notice: str = ""


class Pinned(Struct, frozen=True, kw_only=True, tag_field="type", tag="pin"):
    """A product is being explained; it is in the bag too."""

    card: Card


class Unpinned(Struct, frozen=True, kw_only=True, tag_field="type", tag="unpin"):
    """No product is being explained."""


class BagPut(Struct, frozen=True, kw_only=True, tag_field="type", tag="bag_put"):
    """A product came into the bag, or changed there."""

    card: Card


class BagRemoved(Struct, frozen=True, kw_only=True, tag_field="type", tag="bag_remove"):
    """A product left the bag."""

    card: Id


class CouponShown(Struct, frozen=True, kw_only=True, tag_field="type", tag="coupon"):
    """A coupon dropped into the room."""

    coupon: CouponCard


class CouponEnded(Struct, frozen=True, kw_only=True, tag_field="type", tag="coupon_end"):
    """A coupon is gone or withdrawn."""

    coupon: Id


class QuizOpened(Struct, frozen=True, kw_only=True, tag_field="type", tag="quiz_open"):
    """A quiz takes answers until `closes_ts`."""

    quiz: QuizCard


class QuizClosed(Struct, frozen=True, kw_only=True, tag_field="type", tag="quiz_close"):
    """The quiz takes no more answers."""

    quiz: Id


class QuizDecided(Struct, frozen=True, kw_only=True, tag_field="type", tag="quiz_result"):
    """The result of a quiz."""

    quiz: Id
    result: QuizResult


class QuestionAnswered(Struct, frozen=True, kw_only=True, tag_field="type", tag="question"):
    """The host answered a question."""

    question: Question


class SlowModeSet(Struct, frozen=True, kw_only=True, tag_field="type", tag="slow_mode"):
    """A person may chat once in so many seconds; 0 is off."""

    seconds: int


class LineDeleted(Struct, frozen=True, kw_only=True, tag_field="type", tag="chat_delete"):
    """A line was taken away by a moderator; stop showing it."""

    line: Id


class Muted(Struct, frozen=True, kw_only=True, tag_field="type", tag="mute"):
    """A person may not chat until `until_ts` (0: may again)."""

    user: Id
    until_ts: int


class Banned(Struct, frozen=True, kw_only=True, tag_field="type", tag="ban"):
    """A person is out of the room until `until_ts` (0: may come again); their lines go."""

    user: Id
    until_ts: int


ProgramReason = Literal["cut", "lost", "back", "start", "end"]


class CameraSwitched(Struct, frozen=True, kw_only=True, tag_field="type", tag="camera"):
    """Another picture is shown, or none (`program` null); by a person (`cut`), or for a camera's signal (`lost`, `back`)."""

    program: Program | None
    reason: ProgramReason


ControlData = (
    ShowChanged
    | RoomEdited
    | Pinned
    | Unpinned
    | BagPut
    | BagRemoved
    | CouponShown
    | CouponEnded
    | QuizOpened
    | QuizClosed
    | QuizDecided
    | QuestionAnswered
    | SlowModeSet
    | LineDeleted
    | Muted
    | Banned
    | CameraSwitched
)


CONTROL_DATA: tuple[type[Struct], ...] = get_args(ControlData)


class Control(Struct, frozen=True, kw_only=True):
    """One entry of a room's control log. `data.type` repeats `type`, so that `data` can be read alone."""

    room: str
    epoch: str
    offset: int
    type: str
    ts: int
    data: ControlData


class Tick(Struct, frozen=True, kw_only=True):
    """What passed since the last tick; may be skipped for those who fall behind. Counters are totals: the latest wins."""

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


StaffType = Literal["held", "question", "report", "figures", "cameras"]


class Staff(Struct, frozen=True, kw_only=True):
    """To hosts and ops in a room: something to look at. Sheddable; HTTP has the truth."""

    room: str
    type: StaffType
    ts: int
    data: dict[str, Any]


class Notice(Struct, frozen=True, kw_only=True):
    """About the service itself. `degraded`: a part is away; `restored`; `moving`: reconnect after `after_ms`."""

    type: Literal["degraded", "restored", "moving"]
    ts: int
    after_ms: int = 0


# --- acknowledgements -----------------------------------------------------------------------------------------------------


class ErrorBody(Struct, frozen=True, kw_only=True):
    """What went wrong. `code` is the number to act on, `name` the same for people, `retry_after_ms` when to try again."""

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


class ClaimedCoupon(Struct, frozen=True, kw_only=True):
    """A coupon a person holds."""

    id: str
    coupon: CouponCard
    claimed_ts: int


class Claimed(Struct, frozen=True, kw_only=True):
    """The acknowledgement of `claim`; the same for the same person, however often."""

    ok: Literal[True] = True
    coupon: ClaimedCoupon


CLIENT_EVENTS: dict[str, type[Struct]] = {
    "join": Join,
    "leave": Leave,
    "chat": Chat,
    "like": Like,
    "ask": Ask,
    "answer": Answer,
    "reserve": Reserve,
    "claim": Claim,
    "read": Read,
    "report": Report,
}
SERVER_EVENTS: dict[str, type[Struct]] = {
    "control": Control,
    "tick": Tick,
    "direct": Direct,
    "staff": Staff,
    "notice": Notice,
}
ACKNOWLEDGEMENTS: dict[str, type[Struct]] = {
    "join": Joined,
    "leave": Done,
    "chat": DoneWithId,
    "like": Done,
    "ask": DoneWithId,
    "answer": Done,
    "reserve": Done,
    "claim": Claimed,
    "read": Done,
    "report": Done,
}

encode_json = msgspec.json.Encoder().encode
