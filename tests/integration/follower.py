"""A client's own copy of a room, kept by folding what it was told; strict, so that whatever is missed, doubled or out of
order fails at once.
"""

from typing import Any

import msgspec

from livehub.room import wire
from livehub.room.state import RoomState
from tests.integration.viewers import Inbox
from tests.room.said import REGISTRY, seen


class Follower:
    """Stands at (`epoch`, `offset`); None before the first join and after leaving."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.offset = -1
        self.inside = False
        self.offsets: list[int] = []
        self._state: RoomState | None = None

    @property
    def view(self) -> Any:
        """What the room looks like to this client."""
        assert self._state is not None
        return seen(self._state)

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
        snapshot = REGISTRY.read("", msgspec.json.encode({"view": joined["room"]["view"]})).state
        self.inside = True
        if joined["recovered"]:
            assert joined["epoch"] == self.epoch
            for control in joined["missed"]:
                self.take(control)
            assert joined["offset"] == self.offset, "what was missed did not lead up to the snapshot"
            assert self.view == seen(snapshot)
            return
        assert joined["missed"] == []
        self.epoch, self.offset = joined["epoch"], joined["offset"]
        self._state = snapshot

    def take(self, body: Any) -> None:
        """The next control message."""
        control = msgspec.json.decode(msgspec.json.encode(body), type=wire.Control)
        assert self.inside, f"control {control.offset} came to somebody outside"
        assert self._state is not None
        assert control.epoch == self.epoch
        assert control.offset == self.offset + 1, f"control {control.offset} came after {self.offset}"
        self.offset = control.offset
        self.offsets.append(control.offset)
        self._state = REGISTRY.apply(self._state, control)
        assert self._state is not None, f"nobody knows {control.type}"
