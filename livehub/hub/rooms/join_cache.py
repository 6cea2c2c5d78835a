"""The answer to a `join`, made once for all who join a room between two ticks and control messages. No I/O.

When thousands come back together they mostly ask the same, and the router encodes and compresses an answer it has just sent
once more only if it is another object. In a room where nothing happens it is made anew all the same, since a client takes the
server's time from it.
"""

from collections.abc import Callable

from livehub.room import wire
from livehub.room.models import Snapshot

FRESH_MS = 100  # as often as a room ticks


class JoinCache:
    """The last answer, and what it holds for."""

    __slots__ = ("_at", "_joined")

    def __init__(self) -> None:
        self._at: tuple[wire.Position, int, int, int] | None = None
        self._joined: wire.Joined | None = None

    def answer(
        self,
        position: wire.Position,
        ticks: int,
        missed: list[wire.Control] | None,
        snapshot: Callable[[], Snapshot],
        *,
        now_s: float,
    ) -> wire.Joined:
        """As of `position` and after `ticks` ticks; `now_s` is monotonic. What is said later comes with the next tick."""
        began = missed[0].offset if missed else -1 if missed is None else 0
        at = (position, ticks, began, int(now_s * 1000) // FRESH_MS)
        if self._joined is None or self._at != at:
            self._at = at
            self._joined = wire.Joined(
                room=snapshot(),
                epoch=position.epoch,
                offset=position.offset,
                recovered=missed is not None,
                missed=missed or [],
            )
        return self._joined
