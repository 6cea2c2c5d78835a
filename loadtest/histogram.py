"""Latencies as counts in buckets: a log-linear histogram, whose size does not grow with what it has seen. Pure: no I/O.

Below 64 units a bucket is one unit (0.25 ms) wide; above, each doubling is cut into 32. A value told back is the middle of
its bucket: off by an eighth of a millisecond or by 1.6 %, whichever is more. Histograms of many processes add up.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

UNITS_PER_MS = 4
EXACT = 64  # units that have a bucket each
PARTS = EXACT // 2  # buckets of each doubling above
LATENCY_MS_MAX = 3_600_000.0  # an hour; what took longer counts as this


def bucket(ms: float) -> int:
    """The bucket that `ms` falls into; below zero is zero, since clocks are rounded."""
    units = int(min(max(ms, 0.0), LATENCY_MS_MAX) * UNITS_PER_MS)
    if units < EXACT:
        return units
    shift = units.bit_length() - EXACT.bit_length() + 1
    return EXACT + (shift - 1) * PARTS + (units >> shift) - PARTS


def middle_ms(index: int) -> float:
    """The middle of a bucket, in ms."""
    if index < EXACT:
        return (index + 0.5) / UNITS_PER_MS
    shift, part = divmod(index - EXACT, PARTS)
    return (part + PARTS + 0.5) * (1 << (shift + 1)) / UNITS_PER_MS


class Histogram(Struct, kw_only=True):
    """Counts by bucket, and the greatest value as it was. Travels between processes as it is."""

    counts: dict[int, int] = msgspec.field(default_factory=dict)
    greatest_ms: float = 0.0

    @property
    def total(self) -> int:
        """How many values."""
        return sum(self.counts.values())

    def add(self, ms: float, times: int = 1) -> None:
        """Count `ms`, `times` times."""
        index = bucket(ms)
        self.counts[index] = self.counts.get(index, 0) + times
        self.greatest_ms = max(self.greatest_ms, ms)

    def merge(self, other: "Histogram") -> None:
        """Count all that `other` has counted."""
        for index, times in other.counts.items():
            self.counts[index] = self.counts.get(index, 0) + times
        self.greatest_ms = max(self.greatest_ms, other.greatest_ms)

    def percentile(self, percent: float) -> float:
        """The least value, in ms, that `percent` of all values do not exceed; 0.0 of none."""
        rank = self.total * percent / 100
        if not rank:
            return 0.0
        heard = 0
        for index in sorted(self.counts):
            heard += self.counts[index]
            if heard >= rank:
                return min(middle_ms(index), self.greatest_ms)
        return self.greatest_ms


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """One that has counted all that these have."""
    whole = Histogram()
    for one in histograms:
        whole.merge(one)
    return whole
