"""The latest control messages of a room, and what a returning client has missed. Pure: no I/O.

Per (room, epoch) offsets are 1, 2, 3, ... without a hole. A follower applies them in order exactly once: what it has seen
it drops, what leaves a hole it reports, so that the caller fetches the missing ones from PostgreSQL.
"""

from collections import deque
from enum import Enum

from msgspec import Struct

from livehub.room.wire import Control, Position


class Arrival(Enum):
    """What an arriving control message is to a follower."""

    NEXT = "next"
    SEEN = "seen"
    GAP = "gap"
    OTHER_EPOCH = "foreign"  # of another epoch: the log started anew


def arrival(here: Position, control: Control) -> Arrival:
    """How `control` relates to a follower that stands at `here`."""
    if control.epoch != here.epoch:
        return Arrival.OTHER_EPOCH
    if control.offset <= here.offset:
        return Arrival.SEEN
    return Arrival.NEXT if control.offset == here.offset + 1 else Arrival.GAP


class Recovery(Struct, frozen=True, kw_only=True):
    """What a client that comes back has missed.

    `missed` is complete when `fetch_after` is None; else offsets fetch_after+1 .. head must come from PostgreSQL.
    `lost`: it cannot be made whole, or stands too far back; it gets a fresh snapshot and is told so.
    """

    missed: tuple[Control, ...] = ()
    fetch_after: int | None = None
    lost: bool = False


class Ring:
    """The last `size_max` control messages up to the head, without a hole."""

    __slots__ = ("_controls",)

    def __init__(self, size_max: int) -> None:
        self._controls: deque[Control] = deque(maxlen=size_max)

    def append(self, control: Control) -> None:
        """Add the next one; after a hole or in a new epoch the ring starts anew."""
        if self._controls:
            last = self._controls[-1]
            if last.epoch != control.epoch or last.offset + 1 != control.offset:
                self._controls.clear()
        self._controls.append(control)

    def after(self, offset: int) -> tuple[Control, ...] | None:
        """Those with a larger offset, or None when the ring does not reach back that far."""
        if not self._controls or self._controls[0].offset > offset + 1:
            return None
        first = offset + 1 - self._controls[0].offset
        return tuple(self._controls[index] for index in range(first, len(self._controls)))


def plan_recovery(since: Position | None, *, head: Position, ring: Ring, recover_max: int) -> Recovery:
    """What a client that stands at `since` gets from a follower that stands at `head`.

    A position ahead of the head is a lie or our own follower lags; the caller has brought the follower up to PostgreSQL's
    head before asking, so here it is lost.
    """
    if since is None or since.epoch != head.epoch or since.offset > head.offset:
        return Recovery(lost=True)
    behind = head.offset - since.offset
    if behind == 0:
        return Recovery()
    if behind > recover_max:
        return Recovery(lost=True)
    missed = ring.after(since.offset)
    return Recovery(fetch_after=since.offset) if missed is None else Recovery(missed=missed)
