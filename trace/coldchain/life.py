"""What a temperature curve did to food: mean kinetic temperature, and the shelf life that is left. Pure: no I/O, no clock.

    mean kinetic temperature    T = (dH/R) / -ln(sum t e^(-dH/RT) / sum t), T in kelvin, weighted by time (USP <1079>)
    life that was used          sum of dt / L(T): it adds up, in any order. Late abuse hurts more than early (Kou et al. 2014,
                                Postharvest Biol. Technol. 91:96-103), so this is an approximation, and is told as one

L(T), days at one temperature, is interpolated (ln L over T between published figures) or follows from one figure by Q10. Every
figure says where it comes from, and whether that is published, measured or assumed.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

DH_OVER_R_K = 10_000.0  # dH = 83.144 kJ/mol, the usual value where none is known (USP <1079>)
ZERO_C_K = 273.15
DAY_MS = 86_400_000.0

Span = tuple[float, float]
"""(ms, °C): so long at that temperature."""


class Parameter(Struct, frozen=True, kw_only=True):
    """A figure of a model, and where it comes from."""

    value: float
    unit: str
    source: str
    author: str
    date: str
    kind: Literal["published", "measured", "assumed"]


class Point(Struct, frozen=True, kw_only=True):
    """Days that goods last at a temperature."""

    celsius: float
    days: Parameter


class LifeModel(Struct, frozen=True, kw_only=True):
    """How long goods last. Between `points` (by temperature) ln L is interpolated; beyond them, and where there is one alone,
    it follows by `q10`. `uncertainty`: share by which it may be off, either way.
    """

    id: str
    points: tuple[Point, ...]
    q10: Parameter
    uncertainty: Parameter

    @property
    def is_assumed(self) -> bool:
        """Whether any of it is an assumption: the page says so."""
        return any(
            each.kind == "assumed" for each in (*(point.days for point in self.points), self.q10, self.uncertainty)
        )


class Life(Struct, frozen=True, kw_only=True):
    """What is left. `used`: share of the whole, 0 and more. Days are from now on at `at_c`; `days_min` is what to go by."""

    used: float
    at_c: float
    days: float
    days_min: float
    days_max: float


def mean_kinetic_c(spans: Sequence[Span], *, dh_over_r_k: float = DH_OVER_R_K) -> float | None:
    """Of a curve, °C; None where there is no time in it."""
    total_ms = math.fsum(ms for ms, _ in spans)
    if total_ms <= 0:
        return None
    mean = math.fsum(ms * math.exp(-dh_over_r_k / (celsius + ZERO_C_K)) for ms, celsius in spans) / total_ms
    return dh_over_r_k / -math.log(mean) - ZERO_C_K


def days_at(model: LifeModel, celsius: float) -> float:
    """L(T) of fresh goods."""
    points = model.points
    below = next((point for point in reversed(points) if point.celsius <= celsius), None)
    above = next((point for point in points if point.celsius >= celsius), None)
    if below is not None and above is not None and below is not above:
        share = (celsius - below.celsius) / (above.celsius - below.celsius)
        low, high = math.log(below.days.value), math.log(above.days.value)
        return math.exp(low + share * (high - low))
    nearest = below or above
    assert nearest is not None, "a model has at least one point"
    return nearest.days.value * math.pow(model.q10.value, (nearest.celsius - celsius) / 10)


def life_left(model: LifeModel, spans: Sequence[Span], *, at_c: float) -> Life:
    """What is left after a curve."""
    used = math.fsum(ms / DAY_MS / days_at(model, celsius) for ms, celsius in spans)
    fresh, off = days_at(model, at_c), model.uncertainty.value

    def left(factor: float) -> float:
        return max(0.0, (1 - used / factor) * fresh * factor)

    return Life(used=used, at_c=at_c, days=left(1.0), days_min=left(1 - off), days_max=left(1 + off))


def spans(points: Sequence[tuple[int, float]], *, gap_ms: int) -> list[Span]:
    """Of a curve of (Unix ms, °C) in order: each temperature until the next; over a gap, longer than `gap_ms`, the worse of its
    two neighbours."""
    return [
        (float(until - at), max(celsius, after) if until - at > gap_ms else celsius)
        for (at, celsius), (until, after) in pairwise(points)
    ]


def _published(value: float, unit: str, source: str, author: str, date: str) -> Parameter:
    return Parameter(value=value, unit=unit, source=source, author=author, date=date, kind="published")


def _assumed(value: float, unit: str, source: str) -> Parameter:
    return Parameter(value=value, unit=unit, source=source, author="livehub", date="2026-11-28", kind="assumed")


_LETTUCE = ("J. Food Eng. 169:122-130", "Derossi et al.", "2016")
_RULE_OF_THUMB = "rule of thumb for respiration, 2 to 3"

LETTUCE = LifeModel(
    id="fresh-cut-lettuce",
    points=tuple(
        Point(celsius=celsius, days=_published(days, "d", *_LETTUCE))
        for celsius, days in ((0.0, 12.4), (5.0, 10.4), (15.0, 3.7))
    ),
    q10=_assumed(2.35, "1", "fitted to the same three figures"),
    uncertainty=_assumed(0.14, "1", "how far one Arrhenius fit is off these figures at most"),
)
STRAWBERRIES = LifeModel(
    id="strawberries",
    points=(
        Point(
            celsius=10.0,
            days=_published(
                6.5, "d", "Report AM21000: 3 days at 10 °C cost 46 % of shelf life", "Hort Innovation", "undated"
            ),
        ),
    ),
    q10=_assumed(2.5, "1", _RULE_OF_THUMB),
    uncertainty=_assumed(0.3, "1", "5 to 10 days are told for one temperature"),
)
BLUEBERRIES = LifeModel(
    id="blueberries",
    points=(Point(celsius=0.0, days=_assumed(14.0, "d", "no kinetic parameters are published; ask the grower")),),
    q10=_assumed(2.5, "1", _RULE_OF_THUMB),
    uncertainty=_assumed(0.3, "1", "as for strawberries"),
)
MODELS = {model.id: model for model in (LETTUCE, STRAWBERRIES, BLUEBERRIES)}
