"""A line chart over time as HTML: the lines are SVG that stretches with the page, all words are HTML and keep their size.
Pure: no I/O.

    curve(...)      one chart: title, legend, axes, phases as bands behind the lines
    scale(...)      where the axis ends and its marks lie, linear or logarithmic
"""

import html
import json
import math
from collections.abc import Sequence

from msgspec import Struct

from loadtest.results import Phase

MARKS_MAX = 5
LOG_FROM_RATIO = 60.0  # values that differ more than this are read better on a logarithmic axis
LETTER_PERCENT = 2.4  # of the width that a letter of a phase's name takes on a phone
_SIDE = 1000.0  # the SVG's own units, both ways


class Line(Struct, frozen=True):
    """One line: its name, a value per second (None: nothing to show), and the number of its colour, 1 to 4."""

    name: str
    values: Sequence[float | None]
    colour: int


class Scale(Struct, frozen=True):
    """An axis from `low` to `high` with `marks` on it."""

    low: float
    high: float
    marks: list[float]
    logarithmic: bool

    def place(self, value: float) -> float:
        """Where `value` lies, 0 at the low end, 1 at the high one."""
        if self.logarithmic:
            value = max(value, self.low)
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def scale(values: Sequence[float], *, logarithmic: bool) -> Scale:
    """An axis for `values`, from zero if it is linear; logarithmic only if they differ enough and it is allowed."""
    above = [value for value in values if value > 0]
    if not above:
        return Scale(0.0, 1.0, [0.0, 1.0], logarithmic=False)
    if logarithmic and max(above) / min(above) > LOG_FROM_RATIO:
        low, high = math.floor(math.log10(min(above))), math.ceil(math.log10(max(above)))
        return Scale(10.0**low, 10.0**high, [10.0**power for power in range(low, high + 1)], logarithmic=True)
    step = _step(max(above))
    count = math.ceil(max(above) / step - 1e-9)
    return Scale(0.0, step * count, [step * number for number in range(count + 1)], logarithmic=False)


def curve(
    title: str, unit: str, seconds: Sequence[int], lines: Sequence[Line], phases: Sequence[Phase], *, log: bool = False
) -> str:
    """The chart as HTML. `seconds`: where the values lie; `log`: the axis may be logarithmic. Empty if there is no value."""
    shown = [line for line in lines if any(value is not None for value in line.values)]
    if not shown or not seconds:
        return ""
    ends = (min(seconds), max(*seconds, min(seconds) + 1))
    axis = scale([value for line in shown for value in line.values if value is not None], logarithmic=log)
    said = f"{unit}, logarithmic" if axis.logarithmic else unit
    body = "".join(_path(line, seconds, ends, axis) for line in shown)
    data = json.dumps({"seconds": list(seconds), "lines": [[line.name, line.colour, line.values] for line in shown]})
    return (
        f'<figure class="chart" data-values="{html.escape(data)}">'
        f"<figcaption><h3>{html.escape(title)}</h3><p>{html.escape(said)}</p>{_legend(shown)}</figcaption>"
        f'<div class="plot"><div class="area" role="img" aria-label="{html.escape(_summary(title, unit, shown))}">'
        f'<svg viewBox="0 0 {_SIDE:.0f} {_SIDE:.0f}" preserveAspectRatio="none" aria-hidden="true">'
        f"{_bands(phases, ends)}{_grid(axis)}{body}</svg>{_names(phases, ends)}</div>"
        f"{_heights(axis)}{_times(ends)}</div></figure>"
    )


def number(value: float) -> str:
    """As people read it: 1,234 or 12.3 or 0.45; from 100,000 on as k, M or G."""
    size = abs(value)
    if 1e5 <= size < 1e6:
        return f"{value / 1e3:.3g} k"
    if size >= 1e6:
        return f"{value / 1e6:.3g} M" if size < 1e9 else f"{value / 1e9:.3g} G"
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def _step(greatest: float) -> float:
    """The least of 1, 2, 2.5, 5 times a power of ten that needs no more than MARKS_MAX marks."""
    power = 10.0 ** math.floor(math.log10(greatest / MARKS_MAX))
    return next(power * by for by in (1, 2, 2.5, 5, 10) if greatest / (power * by) <= MARKS_MAX)


def _path(line: Line, seconds: Sequence[int], ends: tuple[int, int], axis: Scale) -> str:
    """Runs of values that follow each other; one alone becomes a dot."""
    steps: list[str] = []
    pen_down = False
    for second, value in zip(seconds, line.values, strict=True):
        if value is None:
            pen_down = False
            continue
        at = f"{_along(second, ends) * _SIDE:.1f} {(1 - axis.place(value)) * _SIDE:.1f}"
        steps.append(f"L{at}" if pen_down else f"M{at}L{at}")
        pen_down = True
    return f'<path class="line c{line.colour}" d="{"".join(steps)}"/>'


def _along(second: float, ends: tuple[int, int]) -> float:
    return min(max((second - ends[0]) / (ends[1] - ends[0]), 0.0), 1.0)


def _bands(phases: Sequence[Phase], ends: tuple[int, int]) -> str:
    parts = []
    for phase in phases:
        if phase.name != "show":
            begin, end = _along(phase.from_s, ends) * _SIDE, _along(phase.to_s, ends) * _SIDE
            parts.append(
                f'<rect class="band" x="{begin:.1f}" y="0" width="{max(end - begin, 3):.1f}" height="{_SIDE:.0f}"/>'
            )
    return "".join(parts)


def _names(phases: Sequence[Phase], ends: tuple[int, int]) -> str:
    """Names of the phases at the top, as far as there is room."""
    parts = []
    taken = 0.0
    for phase in sorted(phases, key=lambda one: one.from_s):
        begin = _along(phase.from_s, ends) * 100
        width = len(phase.name) * LETTER_PERCENT
        from_right = begin + width > 100
        left = 100 - width if from_right else begin
        if left < taken:
            continue
        taken = left + width
        place = "right:0" if from_right else f"left:{begin:.1f}%"
        parts.append(f'<span class="phase" style="{place}">{html.escape(phase.name)}</span>')
    return "".join(parts)


def _grid(axis: Scale) -> str:
    heights = [(1 - axis.place(mark)) * _SIDE for mark in axis.marks]
    return "".join(f'<path class="grid" d="M0 {height:.1f}H{_SIDE:.0f}"/>' for height in heights)


def _heights(axis: Scale) -> str:
    marks = [f'<span style="bottom:{axis.place(mark) * 100:.2f}%">{number(mark)}</span>' for mark in axis.marks]
    return f'<div class="heights" aria-hidden="true">{"".join(marks)}</div>'


def _times(ends: tuple[int, int]) -> str:
    step = max(1, round(_step(ends[1] - ends[0])))
    first = math.ceil(ends[0] / step) * step
    marks = [
        f'<span style="left:{_along(second, ends) * 100:.2f}%">{second}{" s" if second == first else ""}</span>'
        for second in range(first, ends[1] + 1, step)
    ]
    return f'<div class="times" aria-hidden="true">{"".join(marks)}</div>'


def _legend(lines: Sequence[Line]) -> str:
    if len(lines) < 2:
        return ""
    names = [f'<li class="c{line.colour}">{html.escape(line.name)}</li>' for line in lines]
    return f"<ul>{''.join(names)}</ul>"


def _summary(title: str, unit: str, lines: Sequence[Line]) -> str:
    parts = []
    for line in lines:
        values = [value for value in line.values if value is not None]
        parts.append(f"{line.name} from {number(min(values))} to {number(max(values))}")
    return f"{title}, {unit}: {'; '.join(parts)}"
