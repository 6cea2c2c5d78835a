"""The control messages that this process knows, and what they make of a room. Pure: no I/O, no clock.

A room is stored as one JSON object, `{"view": {...}, ...}`: each part has its members in the view, or beside it when it is
not public. A newer version may have put members there, and say things in the log, that nobody here knows. So:

- a member that is nobody's stays as it is, in the stored room and in the view that viewers get;
- a member of a part that did not change is written back as it was read, with whatever a newer version put inside it;
- a member that cannot be read counts as its default and is told (`Reading.faults`); it too is written back as it was read
  until a message changes that part;
- a message of an unknown type has no effect that could be worked out here: whoever wrote it knew it and stored the room
  after it in the same transaction, so a follower reads that (`hub/rooms/replica.py`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct

from livehub.base.control import Audience, Bounds, ControlMessage, P, RoomPart, for_everybody
from livehub.room.errors import RoomUnreadable
from livehub.room.models import Snapshot
from livehub.room.state import Rest, RoomState
from livehub.room.wire import Control

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_members = msgspec.json.Decoder(dict[str, Raw])


class Fault(Struct, frozen=True, kw_only=True):
    """A member of a stored room that could not be read, and counts as its default."""

    member: str
    reason: str


class Reading(Struct, frozen=True, kw_only=True):
    """A stored room as read. `members`: those of known parts, as they stand there."""

    state: RoomState
    members: dict[str, Raw] = {}
    faults: tuple[Fault, ...] = ()


class Registry:
    """`setting`: the value of a setting by its name; without it bounds have their defaults."""

    def __init__(
        self, messages: Iterable[ControlMessage[Any, Any]], setting: Callable[[str], int] | None = None
    ) -> None:
        self.messages: dict[str, ControlMessage[Any, Any]] = {}
        for message in messages:
            if message.type in self.messages:
                raise ValueError(f"two control messages of type {message.type!r}")
            self.messages[message.type] = message
        self.parts: tuple[RoomPart[Any], ...] = tuple(
            dict.fromkeys(message.part for message in self.messages.values() if message.part is not None)
        )
        self.owners = _owners(self.parts)
        names = [bound.name for bound in dict.fromkeys(bound for part in self.parts for bound in part.bounds)]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two bounds of the same name: {', '.join(sorted(twice))}")
        bounds = {bound: setting(bound.setting) if setting else bound.default for p in self.parts for bound in p.bounds}
        self.bounds: Bounds = {bound.name: value for bound, value in bounds.items()}
        self.shown_bounds = {bound.name: bounds[bound] for p in self.parts if p.is_public for bound in p.bounds}
        self._of_struct = {message.struct: message for message in self.messages.values()}
        self._data = {message.type: msgspec.json.Decoder(message.struct) for message in self.messages.values()}
        self._members = {
            part: [(name, msgspec.json.Decoder(field.type)) for name, field in part.fields.items()]
            for part in self.parts
        }

    # --- messages ---

    def control(self, room: str, epoch: str, offset: int, ts: int, data: Struct) -> Control:
        """The message in its envelope. Raises KeyError for what is not registered."""
        message = self._of_struct[type(data)]
        raw = Raw(msgspec.json.encode(data))
        return Control(room=room, epoch=epoch, offset=offset, type=message.type, ts=ts, data=raw)

    def decode(self, control: Control) -> Struct | None:
        """What the message says; None when nobody here knows its type, or what is in it."""
        decoder = self._data.get(control.type)
        if decoder is None:
            return None
        try:
            data: Struct = decoder.decode(control.data)
        except UNREADABLE:
            return None
        return data

    def reduce(self, state: RoomState, data: Struct, *, ts: int) -> RoomState:
        """The state after one more message, which became true at `ts` (Unix ms)."""
        message = self._of_struct[type(data)]
        if message.part is None or message.reduce is None:
            return state
        return state.replaced(message.part, message.reduce(state[message.part], data, ts, self.bounds))

    def apply(self, state: RoomState, control: Control) -> RoomState | None:
        """The state after the control message; None when it is not known here, and the state has to be read."""
        data = self.decode(control)
        return None if data is None else self.reduce(state, data, ts=control.ts)

    def project(self, control: Control, audience: Audience) -> Control:
        """The message as that audience gets it; one that is not known here goes as it came."""
        message = self.messages.get(control.type)
        if message is None or message.project is for_everybody:
            return control
        data = self.decode(control)
        if data is None:
            return control
        raw = Raw(msgspec.json.encode(message.project(data, audience)))
        return msgspec.structs.replace(control, data=raw)

    # --- rooms ---

    def initial(self, room: str, parts: Mapping[RoomPart[Any], Struct]) -> RoomState:
        """A room in which nothing has happened yet."""
        return RoomState(room=room, parts={part: parts.get(part, part.empty) for part in self.parts})

    def read(self, room: str, stored: str | bytes) -> Reading:
        """A stored room. Raises RoomUnreadable when it is no object at all."""
        try:
            private = _members.decode(stored)
            view = _members.decode(private.pop("view", b"{}"))
        except UNREADABLE as error:
            raise RoomUnreadable(f"The stored state of the room {room!r} cannot be read: {error}") from error
        view.pop("id", None)
        faults: list[Fault] = []
        members: dict[str, Raw] = {}
        parts = {part: self._part(part, view, private, members, faults) for part in self.parts}
        rest = Rest(view=_kept(view), private=_kept(private))
        return Reading(state=RoomState(room=room, parts=parts, rest=rest), members=members, faults=tuple(faults))

    def _part(
        self,
        part: RoomPart[P],
        view: dict[str, Raw],
        private: dict[str, Raw],
        members: dict[str, Raw],
        faults: list[Fault],
    ) -> P:
        values: dict[str, Any] = {}
        for name, decoder in self._members[part]:
            raw = (view if part.is_shown(name) else private).pop(name, None)
            if raw is None:
                continue
            members[name] = raw
            try:
                values[name] = decoder.decode(raw)
            except UNREADABLE as error:
                faults.append(Fault(member=name, reason=str(error)))
        if not values:
            return part.empty
        value = part.type(**values)
        return value if part.completed is None else part.completed(value)

    def stored(self, state: RoomState, read: Reading | None = None) -> Raw:
        """The room to store. `read`: what it was made of; parts that are the same since then are written as they were."""
        view: dict[str, Any] = {**state.rest.view, "id": state.room}
        private: dict[str, Any] = dict(state.rest.private)
        for part in self.parts:
            value = state[part]
            known = read.members if read is not None and read.state[part] is value else {}
            for name in part.fields:
                member = known.get(name, getattr(value, name))
                if member is not UNSET:
                    (view if part.is_shown(name) else private)[name] = member
        return Raw(msgspec.json.encode({**private, "view": view}))

    def view(self, state: RoomState) -> Raw:
        """What anybody sees of the room, with every default filled in but those that are UNSET."""
        shown: dict[str, Any] = {"id": state.room}
        for part in self.parts:
            value = state[part]
            for name in part.fields:
                member = getattr(value, name)
                if part.is_shown(name) and member is not UNSET:
                    shown[name] = member
        return Raw(msgspec.json.encode({**shown, **state.rest.view}))

    def member(self, state: RoomState, name: str) -> Any:
        """One member of the room by its name on the wire; None when no module here owns it."""
        owner = self.owners.get(name)
        return None if owner is None else getattr(state[owner], name)

    # --- what the published contract is made of ---

    def view_type(self) -> type[Struct]:
        """The shape of the view, all parts together."""
        fields: list[tuple[str, Any, Any]] = [("id", str, msgspec.NODEFAULT)]
        fields += [_field(field) for part in self.parts for name, field in part.fields.items() if part.is_shown(name)]
        words = "What control messages have made of a room: everything a viewer may see that is ordered and never shed."
        return msgspec.defstruct("RoomView", fields, namespace={"__doc__": words}, frozen=True, kw_only=True)

    def data_type(self) -> Any:
        """Any control message's `data`."""
        options = [message.struct for message in self.messages.values()]
        union: Any = options[0]
        for option in options[1:]:
            union = union | option
        return union


def opaque(registry: Registry) -> dict[tuple[str, str], Any]:
    """What is in the fields that hold JSON as it came, for the published documents: (shape, field) to its type."""
    return {
        (Control.__name__, "data"): registry.data_type(),
        (Snapshot.__name__, "view"): registry.view_type(),
    }


def _owners(parts: tuple[RoomPart[Any], ...]) -> dict[str, RoomPart[Any]]:
    owners: dict[str, RoomPart[Any]] = {}
    for part in parts:
        for name in part.fields:
            if name in owners or name in ("id", "view"):
                raise ValueError(f"{name!r} in {part!r} is taken")
            owners[name] = part
    return owners


def _kept(members: dict[str, Raw]) -> dict[str, Raw]:
    return {name: raw.copy() for name, raw in members.items()}  # a copy, or each would keep the whole text in memory


def _field(field: msgspec.structs.FieldInfo) -> tuple[str, Any, Any]:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.name, field.type, msgspec.field(default_factory=field.default_factory)
    return field.name, field.type, field.default
