"""How long a process lets pass between ticks of its rooms, to keep within its share of a processor. Pure: no I/O, no clock.

A room that has something to tell at every tick is busy; its ticks can be made fewer and larger. With c the time that one
tick of a room takes, the interval T of all busy rooms follows from  sum(c of busy rooms) / T + share of the others = share.
One T for all is what makes the mean wait of a viewer least, since c grows with the viewers of a room.
"""

SMOOTHING = 0.3  # weight of the newest figure
LEAST_SHARE = 0.1  # for ticks, however much everything else takes


class TickRateController:
    """`share_max`: of one processor, for everything this process does."""

    __slots__ = ("_busy", "_costs", "_max_s", "_min_s", "_others", "_share_max", "_spent_s")

    def __init__(self, *, min_s: float, max_s: float, share_max: float) -> None:
        self._min_s = min_s
        self._max_s = max_s
        self._share_max = share_max
        self._costs: dict[str, tuple[float, bool]] = {}
        self._busy = 0.0
        self._others = 0.0
        self._spent_s = 0.0

    def ticked(self, room: str, cost_s: float, *, busy: bool) -> None:
        """A tick of `room` took `cost_s`. `busy`: the next one is due as soon as it may be."""
        known, was_busy = self._costs.get(room, (cost_s, False))
        cost = known + SMOOTHING * (cost_s - known)
        self._spent_s += cost_s
        self._busy += (cost if busy else 0.0) - (known if was_busy else 0.0)
        self._costs[room] = (cost, busy)

    def closed(self, room: str) -> None:
        """The room is followed no more."""
        cost, busy = self._costs.pop(room, (0.0, False))
        self._busy -= cost if busy else 0.0

    def measured(self, cpu_s: float, wall_s: float) -> None:
        """In the last `wall_s` the process used `cpu_s` of a processor, ticks among it."""
        if wall_s <= 0:
            return
        others = max(0.0, cpu_s - self._spent_s) / wall_s
        self._spent_s = 0.0
        self._others += SMOOTHING * (others - self._others)

    @property
    def interval_s(self) -> float:
        """The time from one tick of a busy room to its next."""
        left = max(LEAST_SHARE, self._share_max - self._others)
        return min(self._max_s, max(self._min_s, self._busy / left))
