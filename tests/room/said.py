"""Everything that is said in rooms, by whatever module, and a registry of it: what the tests of rooms speak with."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from commerce.catalogue import room_messages as catalogue
from commerce.catalogue.room_messages import GOODS, BagPut, BagRemoved, Goods, Pinned, Unpinned
from commerce.coupons import room_messages as coupons
from commerce.coupons.room_messages import CouponEnded, CouponShown
from commerce.sales import room_messages as sales
from commerce.sales.room_messages import SaleCard, SaleChanged, SaleClosed, SaleOpened, SaleRemoved, SaleScheduled
from livehub.base.control import ControlMessage
from livehub.hub.chat import room_messages as chat
from livehub.hub.chat.room_messages import RESTRICTIONS, Banned, LineDeleted, LineRestored, Muted, SlowModeSet
from livehub.hub.questions import room_messages as questions
from livehub.hub.questions.room_messages import QuestionAnswered
from livehub.hub.quizzes import room_messages as quizzes
from livehub.hub.quizzes.room_messages import QuizClosed, QuizDecided, QuizOpened
from livehub.hub.rooms import room_hosts
from livehub.hub.rooms.room_hosts import HOSTS, HostNamed
from livehub.room import room_messages as room
from livehub.room.controls import Registry
from livehub.room.models import Host
from livehub.room.room_messages import DETAILS, Details, RoomEdited, ShowChanged
from livehub.room.state import RoomState
from media import room_messages as media
from media.room_messages import CameraSwitched, Program

__all__ = [
    "GOODS", "HOSTS", "RESTRICTIONS", "BagPut", "BagRemoved", "Banned", "CameraSwitched", "CouponEnded", "CouponShown", "Goods",
    "HostNamed", "LineDeleted", "LineRestored", "Muted", "Pinned", "Program", "QuestionAnswered", "QuizClosed", "QuizDecided",
    "QuizOpened", "RoomEdited", "SaleCard", "SaleChanged", "SaleClosed", "SaleOpened", "SaleRemoved", "SaleScheduled",
    "ShowChanged", "SlowModeSet", "Unpinned",
]  # fmt: skip

CONTROL_MESSAGES: tuple[ControlMessage[Any, Any], ...] = (
    *room.CONTROL_MESSAGES,
    *room_hosts.CONTROL_MESSAGES,
    *catalogue.CONTROL_MESSAGES,
    *coupons.CONTROL_MESSAGES,
    *sales.CONTROL_MESSAGES,
    *quizzes.CONTROL_MESSAGES,
    *chat.CONTROL_MESSAGES,
    *questions.CONTROL_MESSAGES,
    *media.CONTROL_MESSAGES,
)


def registry_of(settings: Mapping[str, int] | None = None, *more: ControlMessage[Any, Any]) -> Registry:
    """All messages and `more`, with these settings and otherwise the defaults."""
    messages = (*CONTROL_MESSAGES, *more)
    defaults = {b.setting: b.default for m in messages if m.part is not None for b in m.part.bounds}
    return Registry(messages, (defaults | dict(settings or {})).__getitem__)


REGISTRY = registry_of()
VIEW = REGISTRY.view_type()


def new_room(registry: Registry = REGISTRY) -> RoomState:
    """A room in which nothing has happened."""
    return registry.initial("demo", {DETAILS: Details(title="Farm day", host=Host(name="Farm"))})


def seen(state: RoomState, registry: Registry = REGISTRY) -> Any:
    """The view, as a client reads it."""
    return msgspec.json.decode(registry.view(state), type=VIEW)


def written(data: Struct) -> bytes:
    """A control message's `data`."""
    return bytes(REGISTRY.control("demo", "e", 1, 1, data).data)
