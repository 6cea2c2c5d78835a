"""A room's log as this process follows it: where it stands, the state there, the last messages. No I/O.

Usually the state is what the registered reducers make of each message. A message that no module here knows (a newer version
wrote it), or whose reducer raised, advances the position all the same, and reaches viewers as it came; from then on the state
`is_behind`, until the room is read from PostgreSQL (`adopt`), where whoever wrote the message stored what it made.
"""

import logging

from msgspec import Raw, Struct

from livehub.base.metrics import CONTROLS_UNKNOWN
from livehub.hub.rooms.log import StoredRoom
from livehub.room import wire
from livehub.room.controls import Registry
from livehub.room.history import Arrival, Ring, arrival
from livehub.room.state import RoomState

log = logging.getLogger("livehub.hub.rooms.replica")


class RoomReplica:
    """`position` and `state` belong together, unless `is_behind`."""

    __slots__ = ("_registry", "_ring_max", "_unknown_offset", "_view", "position", "ring", "state")

    def __init__(self, stored: StoredRoom, registry: Registry, ring_max: int) -> None:
        self._registry = registry
        self._ring_max = ring_max
        self._unknown_offset: int | None = None
        self._view: tuple[RoomState, Raw] | None = None
        self.position = stored.position
        self.state = stored.state
        self.ring = Ring(ring_max)

    @property
    def is_behind(self) -> bool:
        """Whether a message of an unknown type came, so that the room must be read before anybody is shown it."""
        return self._unknown_offset is not None

    def follow(self, control: wire.Control) -> tuple[Arrival, Struct | None]:
        """Take the next control message; of any other, only say how it relates. With what it says, if it is known here."""
        kind = arrival(self.position, control)
        if kind is not Arrival.NEXT:
            return kind, None
        data = self._registry.decode(control)
        self.position = wire.Position(epoch=control.epoch, offset=control.offset)
        self.ring.append(control)
        if data is None:
            self._unknown_offset = control.offset
            CONTROLS_UNKNOWN.inc()
        else:
            self._reduce(control, data)
        return kind, data

    def _reduce(self, control: wire.Control, data: Struct) -> None:
        """A module's defect must not hold up the room: what could not be reduced here is read, as if it were unknown."""
        try:
            self.state = self._registry.reduce(self.state, data, ts=control.ts)
        except Exception:
            log.exception("rooms.reducer_failed", extra={"room": control.room, "type": control.type})
            self._unknown_offset = control.offset

    def adopt(self, stored: StoredRoom) -> bool:
        """Take over the room as it was stored, at or behind `position`; False when an unknown message came after that.

        Who wrote the unknown message stored the room after it in the same transaction, so `stored` has what it made.
        """
        if self._unknown_offset is None:
            return True
        if stored.position.epoch != self.position.epoch or not (
            self._unknown_offset <= stored.position.offset <= self.position.offset
        ):
            return False
        later = self.ring.after(stored.position.offset) if stored.position != self.position else ()
        if later is None:
            return False
        state = stored.state
        for control in later:
            after = self._registry.apply(state, control)
            assert after is not None, "it was not known when it came, either"
            state = after
        self.state = state
        self._unknown_offset = None
        return True

    def restart(self, position: wire.Position, state: RoomState) -> None:
        """Stand anew, as after another epoch began: nothing before it can be recovered."""
        self.position = position
        self.state = state
        self._unknown_offset = None
        self.ring = Ring(self._ring_max)

    @property
    def view(self) -> Raw:
        """What viewers see of the state, encoded once for each state."""
        if self._view is None or self._view[0] is not self.state:
            self._view = self.state, self._registry.view(self.state)
        return self._view[1]
