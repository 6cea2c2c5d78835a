"""What a module says in rooms: its control messages, and the part of a room that they make. Pure: no I/O, no clock.

    COUPONS = RoomPart(ShownCoupons, bounds=(Bound(name="coupons_max", setting="coupons_shown_max", default=10),))
    CONTROL_MESSAGES = (ControlMessage(CouponShown, COUPONS, _shown), ControlMessage(CouponEnded, COUPONS, _ended))

A message is a frozen Struct with a tag in `type`; a part is a frozen Struct whose fields all have defaults. Both are stored,
so their types carry no bounds of the edge (no lengths, no patterns): a value that cannot be read back locks up what it is in.
A reducer gives the part after a message; it is the same in the process that writes and in all that follow, and it never
fails, because what was committed cannot be refused any more.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

P = TypeVar("P", bound=Struct)
D = TypeVar("D", bound=Struct)

Bounds = Mapping[str, int]
"""How much the lists of a room may hold, by the name of the bound."""
Reducer = Callable[[P, D, int, Bounds], P]
"""(the part before, the message, when it became true in Unix ms, bounds) -> the part after."""


class Bound(Struct, frozen=True, kw_only=True):
    """How long a list may get, or a text of a viewer's (code points). Pages read it by `name` from the snapshot, operators set
    `setting`."""

    name: str
    setting: str
    default: int


class RoomPart(Generic[P]):
    """The fields of a room that one module owns, and nobody else writes.

    They are members of the snapshot's `view`, or, if not `is_public` or among `hidden`, known to servers alone.
    `completed`: the part with what versions before left out when they stored it; the same for the same part, always.
    """

    __slots__ = ("bounds", "completed", "empty", "fields", "hidden", "is_public", "type")

    def __init__(
        self,
        type_: type[P],
        *,
        is_public: bool = True,
        hidden: frozenset[str] = frozenset(),
        bounds: tuple[Bound, ...] = (),
        completed: Callable[[P], P] | None = None,
    ) -> None:
        self.type = type_
        self.is_public = is_public
        self.hidden = hidden
        self.bounds = bounds
        self.completed = completed
        self.empty = type_()
        self.fields = {field.name: field for field in msgspec.structs.fields(type_)}

    def is_shown(self, field: str) -> bool:
        """Whether anybody sees that field."""
        return self.is_public and field not in self.hidden

    def __repr__(self) -> str:
        return f"RoomPart({self.type.__name__})"


class Audience(Struct, frozen=True, kw_only=True):
    """For whom a message is made ready. So far there is one audience: everybody."""

    segment: str = ""


def for_everybody(data: D, _audience: Audience) -> D:
    """The message as it is."""
    return data


class ControlMessage(Generic[D, P]):
    """One type of control message. Without a part it is only passed on."""

    __slots__ = ("part", "project", "reduce", "struct", "type")

    def __init__(
        self,
        struct: type[D],
        part: RoomPart[P] | None = None,
        reduce: Reducer[P, D] | None = None,
        *,
        project: Callable[[D, Audience], D] = for_everybody,
    ) -> None:
        tag: Any = struct.__struct_config__.tag
        if (
            struct.__struct_config__.tag_field != "type"
            or not isinstance(tag, str)
            or not struct.__struct_config__.frozen
        ):
            raise TypeError(
                f"{struct.__name__} is no control message: it needs tag_field='type', a tag, and frozen=True"
            )
        if (part is None) is not (reduce is None):
            raise TypeError(f"{struct.__name__}: a part and its reducer come together")
        self.type = tag
        self.struct = struct
        self.part = part
        self.reduce = reduce
        self.project = project

    def __repr__(self) -> str:
        return f"ControlMessage({self.type!r})"
