"""The temperature on the page: curves as SVG with their limits, gaps as gaps, and the same as a table. Pure: no I/O.

Nothing is drawn where nothing was measured. Lines are straight between readings; what is out of limits is drawn once more in
another colour, and told in words beside it, for who does not see colours.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from html import escape
from itertools import pairwise

from trace.coldchain.schemas import Curves, SensorCurve
from trace.journey.schemas import JourneyCurves

WIDTH, HEIGHT = 480, 240  # of a phone's width more than half again, so that its text is to be read there
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 36
MARGIN_C = 1.0  # between the curve, or a limit, and the edge
TICKS = 4
GAPS_TOLD_MAX = 20

Point = tuple[float, float]
Gap = tuple[int, int]


def section(told: Sequence[JourneyCurves], own: str, words: dict[str, str], zone: tzinfo) -> str:
    """The curves of a batch `own` and of those that it came of; empty where no sensor went along."""
    parts = []
    for each in told:
        heading = "" if each.batch == own else f"<h3>{words['of_lot']} {escape(each.lot)}</h3>"
        many = len(each.curves.curves) > 1
        shown = [
            _curve(curve, n if many else 0, each.curves, words, zone) for n, curve in enumerate(each.curves.curves, 1)
        ]
        parts.append(f"{heading}<p>{_limits(each.curves, words)}</p>{''.join(shown)}{_life(each.curves, words)}")
    if not parts:
        return ""
    return f'<h2>{words["temperature"]}</h2>{"".join(parts)}<p class="log">{words["temperature_unproven"]}</p>'


def gaps(curve: SensorCurve) -> list[Gap]:
    """From when until when (Unix ms) a sensor told nothing, between two readings."""
    lines = [line for line in curve.lines if line.at_ms]
    return [(before.at_ms[-1], after.at_ms[0]) for before, after in pairwise(lines)]


def outside(
    at_ms: Sequence[int], celsius: Sequence[float], low_c: float | None, high_c: float | None
) -> list[list[Point]]:
    """The stretches of a line that are strictly out of limits, cut where they cross them: (Unix ms, °C)."""
    found: list[list[Point]] = []
    for limit, sign in ((high_c, 1.0), (low_c, -1.0)):
        if limit is not None:
            found += _beyond(list(zip(map(float, at_ms), celsius, strict=True)), limit, sign)
    return found


def _beyond(points: Sequence[Point], limit: float, sign: float) -> list[list[Point]]:
    found: list[list[Point]] = []
    last: Point | None = None
    for point in points:
        is_out = (point[1] - limit) * sign > 0
        was_out = last is not None and (last[1] - limit) * sign > 0
        if last is not None and is_out != was_out and last[1] != point[1]:
            share = (limit - last[1]) / (point[1] - last[1])
            crossing = (last[0] + share * (point[0] - last[0]), limit)
            if is_out:
                found.append([crossing])
            else:
                found[-1].append(crossing)
        elif is_out and not was_out:
            found.append([])
        if is_out:
            found[-1].append(point)
        last = point
    return found


def _curve(curve: SensorCurve, number: int, curves: Curves, words: dict[str, str], zone: tzinfo) -> str:
    heading = f"<h3>{words['sensor']} {number}</h3>" if number else ""
    notes = [words[name] for name, holds in (("overdue", curve.is_overdue), ("corrected", curve.is_corrected)) if holds]
    told = "".join(f'<p class="warning">{note}</p>' for note in notes)
    if not any(line.at_ms for line in curve.lines):
        return f"{heading}<p>{words['no_readings']}</p>{told}"
    return f"<figure>{heading}{_svg(curve, curves, words, zone)}{_table(curve, words, zone)}{told}</figure>"


def _svg(curve: SensorCurve, curves: Curves, words: dict[str, str], zone: tzinfo) -> str:
    at = [moment for line in curve.lines for moment in line.at_ms]
    celsius = [each for line in curve.lines for each in line.celsius]
    limits = [each for each in (curves.low_c, curves.high_c) if each is not None]
    first, last = min(at), max(*at, min(at) + 1)
    bottom, top = min(*celsius, *limits) - MARGIN_C, max(*celsius, *limits) + MARGIN_C

    def x(moment: float) -> float:
        return round(LEFT + (moment - first) / (last - first) * (WIDTH - LEFT - RIGHT), 1)

    def y(degrees: float) -> float:
        return round(TOP + (top - degrees) / (top - bottom) * (HEIGHT - TOP - BOTTOM), 1)

    parts = [_axes(bottom, top, first, last, x, y, zone)]
    parts += [
        f'<rect class="gap" x="{x(since)}" y="{TOP}" width="{round(x(until) - x(since), 1)}" height="{HEIGHT - TOP - BOTTOM}"/>'
        for since, until in gaps(curve)
    ]
    parts += [
        f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(each)}" y2="{y(each)}"/>' for each in limits
    ]
    for line in curve.lines:
        points = [(x(moment), y(degrees)) for moment, degrees in zip(line.at_ms, line.celsius, strict=True)]
        if len(points) == 1:
            parts.append(f'<circle class="curve" cx="{points[0][0]}" cy="{points[0][1]}" r="2.5"/>')
        else:
            parts.append(f'<polyline class="curve" points="{_points(points)}"/>')
        for stretch in outside(line.at_ms, line.celsius, curves.low_c, curves.high_c):
            drawn = [(x(moment), y(degrees)) for moment, degrees in stretch]
            parts.append(f'<polyline class="curve out" points="{_points(drawn)}"/>')
    named = words["curve"].format(
        low=f"{min(celsius):.1f}", high=f"{max(celsius):.1f}", since=_moment(first, zone), until=_moment(last, zone)
    )
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(named)}">{"".join(parts)}</svg>'


def _axes(
    bottom: float,
    top: float,
    first: int,
    last: int,
    x: Callable[[float], float],
    y: Callable[[float], float],
    zone: tzinfo,
) -> str:
    parts = []
    for n in range(TICKS + 1):
        degrees = bottom + (top - bottom) * n / TICKS
        line = f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(degrees)}" y2="{y(degrees)}"/>'
        parts.append(f'{line}<text x="{LEFT - 6}" y="{y(degrees) + 4}" text-anchor="end">{degrees:.1f}</text>')
    for share, anchor in ((0.0, "start"), (1.0, "end")):
        moment = first + (last - first) * share
        text = datetime.fromtimestamp(moment / 1000, zone).strftime("%m-%d %H:%M")
        parts.append(f'<text x="{x(moment)}" y="{HEIGHT - BOTTOM + 22}" text-anchor="{anchor}">{text}</text>')
    return "".join(parts)


def _table(curve: SensorCurve, words: dict[str, str], zone: tzinfo) -> str:
    rows = [(words["readings"], f"{curve.readings:,}")]
    if curve.lowest_c is not None and curve.highest_c is not None:
        rows += [(words["lowest"], f"{curve.lowest_c:.1f} °C"), (words["highest"], f"{curve.highest_c:.1f} °C")]
    if curve.mean_kinetic_c is not None:
        rows.append((words["mean_kinetic"], f"{curve.mean_kinetic_c:.1f} °C"))
    found = gaps(curve)
    rows += [
        (words["gap"], f"{_moment(since, zone)} – {_moment(until, zone)}") for since, until in found[:GAPS_TOLD_MAX]
    ]
    if curve.faults:
        rows.append((words["faults"], f"{len(curve.faults):,}"))
    cells = "".join(f'<tr><th scope="row">{label}</th><td>{value}</td></tr>' for label, value in rows)
    return f"<table><tbody>{cells}</tbody></table>"


def _limits(curves: Curves, words: dict[str, str]) -> str:
    low, high = curves.low_c, curves.high_c
    if low is None and high is None:
        return words["no_limits"]
    name = "limits_both" if low is not None and high is not None else "limit_low" if high is None else "limit_high"
    return words[name].format(low=f"{low:g}" if low is not None else "", high=f"{high:g}" if high is not None else "")


def _life(curves: Curves, words: dict[str, str]) -> str:
    left = curves.shelf_life
    if left is None:
        return ""
    said = words["shelf_life"].format(days=f"{max(0.0, left.life.days_min):.1f}", at=f"{left.life.at_c:g}")
    assumed = f" {words['assumed']}" if left.is_assumed else ""
    return f"<p>{said}{assumed}</p>"


def _points(points: Sequence[Point]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)


def _moment(ms: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(ms / 1000, zone).strftime("%Y-%m-%d %H:%M")
