"""A room at one position of its log: the parts that control messages have made. Pure: no I/O, no clock.

    state after offset n + control n+1  --Registry.reduce-->  state after offset n+1

Which parts there are, and who makes them, is known to the registry (controls.py); the engine hands them round.
"""

from typing import Any

from msgspec import Raw, Struct

from livehub.base.control import P, RoomPart


class Rest(Struct, frozen=True, kw_only=True):
    """What a newer version keeps in the room and nobody here knows: in the `view`, and beside it. As it was stored."""

    view: dict[str, Raw] = {}
    private: dict[str, Raw] = {}


NO_REST = Rest()


class RoomState(Struct, frozen=True, kw_only=True):
    """Never changed in place. A part that nobody has written is empty."""

    room: str
    parts: dict[Any, Any] = {}
    rest: Rest = NO_REST

    def __getitem__(self, part: RoomPart[P]) -> P:
        value: P | None = self.parts.get(part)
        return part.empty if value is None else value

    def replaced(self, part: RoomPart[P], value: P) -> "RoomState":
        """The state with another value of one part."""
        return RoomState(room=self.room, parts={**self.parts, part: value}, rest=self.rest)
