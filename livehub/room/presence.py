"""Figures that every process has a part of: viewers and likes. Pure: no I/O, no clock.

Each process tells its own part with every batch on the bus; the latest wins, so a lost batch only delays. Viewers of a
process that went silent are believed for a while, then dropped. Likes only grow: a grow-only counter per process (a
G-Counter: Shapiro et al. 2011, "A comprehensive study of CRDTs", section 3.1.1), stored in room_likes.
"""

PEAK_SHARE = 0.4  # of the time to live: two intervals, as the settings come

# What one process may say of itself, and what is believed of all together; forged figures would pass any bound.
WORKER_VIEWERS_MAX = 10_000_000
WORKER_LIKES_MAX = 2**53 - 1
VIEWERS_MAX = 2**31 - 1  # what room_people.peak holds
LIKES_MAX = 2**53 - 1  # what every JSON reader holds


class Viewers:
    """Viewers per process, with the time of the last word from each."""

    __slots__ = ("_parts", "_ttl_s", "peak")

    def __init__(self, ttl_s: float) -> None:
        self._ttl_s = ttl_s
        self._parts: dict[str, tuple[int, float]] = {}
        self.peak = 0

    def update(self, worker: str, count: int, now_s: float) -> None:
        """A process says how many it has; 0 removes it."""
        if count > 0:
            self._parts[worker] = (count, now_s)
        else:
            self._parts.pop(worker, None)

    def total(self, now_s: float, most: int = VIEWERS_MAX) -> int:
        """All viewers of processes heard from within the time to live, at most `most`: as many as there can be.

        The peak believes a silent process for less long: whom it lost are about to be counted again, by others, and what is
        counted double goes from the total with time, but never from the peak.
        """
        silent = [worker for worker, (_, heard_s) in self._parts.items() if now_s - heard_s > self._ttl_s]
        for worker in silent:
            del self._parts[worker]
        most = min(most, VIEWERS_MAX)
        total = min(most, sum(count for count, _ in self._parts.values()))
        lately_s = now_s - self._ttl_s * PEAK_SHARE
        lately = sum(count for count, heard_s in self._parts.values() if heard_s >= lately_s)
        self.peak = max(self.peak, min(most, lately))
        return total


class Likes:
    """A grow-only counter per process; `total` is their sum."""

    __slots__ = ("_parts", "_total", "mine", "worker")

    def __init__(self, worker: str, parts: dict[str, int] | None = None) -> None:
        self.worker = worker
        self._parts = dict(parts or {})
        self.mine = self._parts.pop(worker, 0)
        self._total = sum(self._parts.values())

    def add(self, n: int) -> None:
        """Likes that came in here."""
        self.mine += n

    def update(self, worker: str, count: int) -> None:
        """Another process says how many came in there; less than known is old news."""
        known = self._parts.get(worker, 0)
        if worker != self.worker and count > known:
            self._parts[worker] = count
            self._total += count - known

    def rename_worker(self, worker: str) -> None:
        """Count on from nothing as another process; what came in here until now stays that of the former one."""
        self._parts[self.worker] = self.mine
        self._total += self.mine
        self.mine = 0
        self.worker = worker

    @property
    def total(self) -> int:
        """All likes known here, LIKES_MAX at most."""
        return min(LIKES_MAX, self._total + self.mine)
