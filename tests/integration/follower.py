"""A client's own copy of a room, kept by folding what it was told; strict, so that whatever is missed, doubled or out of
order fails at once.
"""

from typing import Any

import msgspec

from livehub.room import wire
from livehub.room.shown import RoomView
from livehub.room.state import Bounds, RoomState, apply
from tests.integration.viewers import Inbox


class Follower:
    """Stands at (`epoch`, `offset`); None before the first join and after leaving."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.offset = -1
        self.inside = False
        self.offsets: list[int] = []
        self._state: RoomState | None = None

    @property
    def view(self) -> RoomView:
        """What the room looks like to this client."""
        assert self._state is not None
        return self._state.view

    @property
    def since(self) -> dict[str, Any] | None:
        """What to say when joining again."""
        return None if self.epoch is None else {"epoch": self.epoch, "offset": self.offset}

    def fold(self, inbox: Inbox) -> None:
        """Everything in the inbox of one connection, in the order in which it came over the wire."""
        for event, body in inbox.all:
            if event == "join answered" and body["ok"]:
                self.join(body)
            elif event == "leave answered" and body["ok"]:
                self.inside = False
            elif event == "control":
                self.take(body)
        self.inside = False

    def join(self, joined: Any) -> None:
        """The acknowledgement of a join."""
        snapshot = msgspec.convert(joined["room"]["view"], RoomView)
        self.inside = True
        if joined["recovered"]:
            assert joined["epoch"] == self.epoch
            for control in joined["missed"]:
                self.take(control)
            assert joined["offset"] == self.offset, "what was missed did not lead up to the snapshot"
            assert self.view == snapshot
            return
        assert joined["missed"] == []
        self.epoch, self.offset = joined["epoch"], joined["offset"]
        self._state = RoomState(view=snapshot)

    def take(self, body: Any) -> None:
        """The next control message."""
        control = msgspec.convert(body, wire.Control)
        assert self.inside, f"control {control.offset} came to somebody outside"
        assert self._state is not None
        assert control.epoch == self.epoch
        assert control.offset == self.offset + 1, f"control {control.offset} came after {self.offset}"
        self.offset = control.offset
        self.offsets.append(control.offset)
        self._state = apply(self._state, control.data, ts=control.ts, bounds=Bounds())
