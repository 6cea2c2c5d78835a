"""Two versions beside each other: each measures in turn (A B B A ...), and only ratios of neighbours are told. Pure: no I/O."""

import math
import statistics
from collections.abc import Sequence

from msgspec import Struct

OUTSIDE_MAX = 0.05  # how often the true median may lie outside of the interval


class PairedRatio(Struct, frozen=True, kw_only=True):
    """The median ratio of the pairs, and its interval of 95%: least and most of them where they are fewer than six."""

    median: float
    low: float
    high: float
    pairs: int

    def __str__(self) -> str:
        return f"{self.median:.3f} (95%: {self.low:.3f} - {self.high:.3f}; {self.pairs} pairs)"


def is_swapped(pair: int) -> bool:
    """Whether the second version goes first in this pair, so that neither has the better place."""
    return pair % 2 == 1


def paired_ratio(these: Sequence[float], others: Sequence[float]) -> PairedRatio:
    """`these` over `others`, pair by pair. The interval is the sign test's: nothing is assumed of how the ratios lie."""
    ratios = sorted(this / other for this, other in zip(these, others, strict=True))
    count = len(ratios)
    cut, below = 0, 1 / 2**count
    while 2 * below <= OUTSIDE_MAX:
        cut += 1
        below += math.comb(count, cut) / 2**count
    cut = max(cut - 1, 0)
    return PairedRatio(median=statistics.median(ratios), low=ratios[cut], high=ratios[-1 - cut], pairs=count)
