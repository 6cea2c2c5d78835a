"""Curves for pages: fewer points than were measured, with every low and high still in them and gaps left as gaps.
Pure: no I/O.
"""

from collections.abc import Sequence

from msgspec import Struct

from trace.coldchain.readings import Reading


class Stretch(Struct, frozen=True, kw_only=True):
    """What is drawn as one line: (Unix ms, °C), in order."""

    points: list[tuple[int, float]]


class Curve(Struct, frozen=True, kw_only=True):
    """Stretches with gaps between them, and what was measured but is no temperature: (Unix ms, what the sensor said, why)."""

    stretches: list[Stretch]
    faults: list[tuple[int, float, str]]
    readings: int


def in_order(readings: Sequence[Reading]) -> list[Reading]:
    """By time; of two of one moment the one that came first."""
    ordered = sorted(readings, key=lambda reading: reading.at_ms)
    return [each for n, each in enumerate(ordered) if n == 0 or each.at_ms != ordered[n - 1].at_ms]


def drawn(readings: Sequence[Reading], *, gap_ms: int, points_max: int) -> Curve:
    """`readings` in order of time. No line is drawn over more than `gap_ms`. About `points_max` points at most, and faults."""
    sound = [(each.at_ms, each.celsius) for each in readings if each.fault is None]
    faults = [(each.at_ms, each.celsius, str(each.fault)) for each in readings if each.fault is not None]
    stretches: list[list[tuple[int, float]]] = []
    for point in sound:
        if not stretches or point[0] - stretches[-1][-1][0] > gap_ms:
            stretches.append([])
        stretches[-1].append(point)
    share = 1.0 if len(sound) <= points_max else points_max / len(sound)
    kept = [Stretch(points=_thinned(each, max(4, int(len(each) * share)))) for each in stretches]
    return Curve(stretches=kept, faults=faults[:points_max], readings=len(readings))


def _thinned(points: list[tuple[int, float]], most: int) -> list[tuple[int, float]]:
    """First, last, and of each part of the stretch its lowest and its highest."""
    if len(points) <= most:
        return points
    parts = max(1, (most - 2) // 2)
    inner = points[1:-1]
    kept = [points[0]]
    for n in range(parts):
        part = inner[n * len(inner) // parts : (n + 1) * len(inner) // parts]
        if part:
            ends = {min(part, key=lambda point: point[1]), max(part, key=lambda point: point[1])}
            kept += sorted(ends)
    return [*kept, points[-1]]
