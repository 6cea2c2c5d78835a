"""The stock engine's time: business time that no step of a clock moves by more than a little. Pure: times come in.

Holds live for minutes, so a clock that is put right by an hour must not end them all. The engine's time follows the monotonic
clock; what the wall clock says otherwise it approaches at SLEW of real time, and it never goes backwards.
"""

from collections.abc import Callable

SLEW = 0.02  # a hold of ten minutes lasts 12 s more or less at most
AGREE_S = 5.0  # two clocks that are not further apart are both right


def real_at_takeover_s(wall_s: float, database_s: float, last_s: float, since_last_s: float) -> float:
    """The real time with which a leader begins, Unix seconds: by our clock and PostgreSQL's, if they agree; else by the last
    leader's at its last commit, and how long that is ago by PostgreSQL's.
    """
    if abs(wall_s - database_s) <= AGREE_S or last_s <= 0:
        return wall_s
    return last_s + max(0.0, since_last_s)


class SteadyClock:
    """`at(real_s) -> business_s`: how business time follows from real time (livehub/base/clock.py)."""

    def __init__(
        self, wall_s: Callable[[], float], monotonic_s: Callable[[], float], at: Callable[[float], float]
    ) -> None:
        self._wall_s = wall_s
        self._monotonic_s = monotonic_s
        self._at = at
        self._seen_s = monotonic_s()
        self.last_ms = 0
        self.real_s = wall_s()

    def begin(self, real_s: float, *, not_before_ms: int) -> None:
        """Go on from there; business time is never less than `not_before_ms` again."""
        self._seen_s = self._monotonic_s()
        self.real_s = real_s
        self.last_ms = max(self.last_ms, not_before_ms)

    def now_ms(self) -> int:
        """Business time, Unix ms."""
        now_s = self._monotonic_s()
        passed_s = max(0.0, now_s - self._seen_s)
        self._seen_s = now_s
        self.real_s += passed_s
        away_s = self._wall_s() - self.real_s
        self.real_s += max(-SLEW * passed_s, min(SLEW * passed_s, away_s))
        self.last_ms = max(self.last_ms, int(self._at(self.real_s) * 1000))
        return self.last_ms
