"""When to try again: pauses that double up to a bound. Pure: no I/O, no clock."""

from msgspec import Struct

PAUSE_S_MIN = 2.0


class Backoff(Struct, frozen=True, kw_only=True):
    """Pauses of 2, 4, 8, ... `pause_s_max` seconds between `tries_max` tries; 0: without end."""

    tries_max: int = 0
    pause_s_max: float = 600.0

    def pause_s(self, tries: int) -> float | None:
        """The pause after `tries` failed ones, from 1; None after the last."""
        if self.tries_max and tries >= self.tries_max:
            return None
        return min(PAUSE_S_MIN * 2.0 ** min(tries - 1, 60), self.pause_s_max)

    def lasts_s(self) -> float:
        """From the first try to the last, if all fail at once; infinite without an end."""
        if not self.tries_max:
            return float("inf")
        return sum(self.pause_s(tries) or 0.0 for tries in range(1, self.tries_max))
