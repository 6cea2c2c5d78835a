"""What gathers between two ticks of a room, and what of it is shown. Pure: no I/O, no clock; chance comes in.

Chat past a readable rate is sampled: staff lines always stay, then every sender gets one line before anyone gets a second,
drawn by chance, in the order they were sent. Lines shown lately count, so that ticks with room for a few lines only are fair
to all who speak, too. What is left out is still stored, and its sender still sees it.
"""

from collections.abc import Callable, Mapping, Sequence

from livehub.room.models import ChatLine

STAFF_ROLES = frozenset({"host", "ops", "admin"})


def sample(
    lines: Sequence[ChatLine], shown_max: int, draw: Callable[[int], int], lately: Mapping[str, int] | None = None
) -> list[ChatLine]:
    """At most `shown_max` of `lines` (more only if staff wrote more), in order.

    `draw(n)` is an integer in [0, n); `lately`: how many lines of a person were shown in the ticks before.
    """
    if len(lines) <= shown_max:
        return list(lines)
    kept = {index for index, line in enumerate(lines) if line.role in STAFF_ROLES}
    rounds: dict[int, list[int]] = {}
    said: dict[str, int] = dict(lately or {})
    for index, line in enumerate(lines):
        if index not in kept:
            said[line.user] = said.get(line.user, 0) + 1
            rounds.setdefault(said[line.user], []).append(index)
    for turn in sorted(rounds):
        room_left = shown_max - len(kept)
        if room_left <= 0:
            break
        kept.update(_drawn(rounds[turn], room_left, draw))
    return [lines[index] for index in sorted(kept)]


def _drawn(indices: list[int], count: int, draw: Callable[[int], int]) -> list[int]:
    """`count` of `indices` by a partial Fisher-Yates shuffle."""
    pool = list(indices)
    for place in range(min(count, len(pool))):
        other = place + draw(len(pool) - place)
        pool[place], pool[other] = pool[other], pool[place]
    return pool[:count]


class PendingChat:
    """Lines that wait for the next tick, at most `pending_max`; what comes on top is dropped and counted."""

    __slots__ = ("_pending_max", "dropped", "lines")

    def __init__(self, pending_max: int) -> None:
        self._pending_max = pending_max
        self.lines: list[ChatLine] = []
        self.dropped = 0

    def add(self, line: ChatLine) -> bool:
        """Whether the line was taken. Staff lines always are: there are few staff, and each has a rate limit."""
        if len(self.lines) >= self._pending_max and line.role not in STAFF_ROLES:
            self.dropped += 1
            return False
        self.lines.append(line)
        return True

    def remove(self, line_id: str) -> None:
        """Take back a line that was deleted before it was shown."""
        self.lines = [line for line in self.lines if line.id != line_id]

    def take(self) -> list[ChatLine]:
        """All that waits; nothing waits afterwards."""
        lines, self.lines = self.lines, []
        return lines
