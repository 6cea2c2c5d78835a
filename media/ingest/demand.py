"""Which rooms' cameras are pulled: of shows that are not over, and those that staff look at. Pure: time is an argument.

A camera that is pulled costs its network and a thread here, day and night, so one that nobody wants is let go. It lingers for
a while, because staff look away for a moment, and a show that was ended by mistake goes on.
"""

ROOMS_MAX = 10_000  # of rooms that staff look at, the one that was looked at longest ago is forgotten


class PullDemand:
    """Times are of the event loop's clock. `linger_s`: how long a room's cameras are wanted after they were last needed."""

    def __init__(self, linger_s: float) -> None:
        self._linger_s = linger_s
        self._needed_s: dict[str, float] = {}  # by room, the last need at the end

    def need(self, room: str, now_s: float) -> None:
        """The room's show is not over, or staff look at its cameras."""
        self._needed_s.pop(room, None)
        self._needed_s[room] = now_s
        if len(self._needed_s) > ROOMS_MAX:
            del self._needed_s[next(iter(self._needed_s))]

    def rooms(self, now_s: float) -> list[str]:
        """Those needed within `linger_s`; others are forgotten."""
        self._needed_s = {room: at_s for room, at_s in self._needed_s.items() if now_s - at_s <= self._linger_s}
        return list(self._needed_s)
