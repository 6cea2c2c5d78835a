"""Where a batch was, as a small drawing of how its places lie to each other, and as a list. Pure: no I/O.

No map: nothing is asked of anybody, and there are no roads on it. North is up, lengths are right near the middle latitude (an
equirectangular projection), and there is a scale. Places that would lie on each other share a mark.
"""

import math
from collections.abc import Sequence
from html import escape

from msgspec import Struct

from trace.journey.distance import EARTH_KM
from trace.journey.schemas import JourneyEvent, JourneyPlace

WIDTH, HEIGHT, MARGIN = 480, 240, 40
PLACES_MAX = 30  # drawn and listed
TOGETHER_PX = 30
SCALE_PX_MAX = 140
DIGITS = (5, 2, 1)  # what a scale begins with
ROUND_EARTH_MAX = 90.0  # degrees of longitude; what is further apart is listed and not drawn


class Mark(Struct, frozen=True):
    """A mark in the drawing, px, and the numbers of the places that are there."""

    x: float
    y: float
    numbers: tuple[int, ...]


def stops(events: Sequence[JourneyEvent]) -> list[JourneyPlace]:
    """The places of a story in order, those in a row that are one taken together."""
    found: list[JourneyPlace] = []
    for event in events:
        place = event.place
        if place is not None and (not found or (place.name, place.lat, place.lon) != _key(found[-1])):
            found.append(place)
    return found


def section(events: Sequence[JourneyEvent], words: dict[str, str]) -> str:
    """Empty where there is no more than one place."""
    places = stops(events)[:PLACES_MAX]
    if len({_key(each) for each in places}) < 2:
        return ""
    rows = "".join(_row(n, each, words) for n, each in enumerate(places, 1))
    told = f'<ol class="stops">{rows}</ol><p class="log">{words["sketch_note"]}</p>'
    return f"<h2>{words['places']}</h2><figure>{_svg(places, words)}{told}</figure>"


def marks(places: Sequence[JourneyPlace]) -> tuple[list[Mark], float]:
    """Where places are drawn, and how many px a km is; no marks where they lie in one spot, or all around the Earth."""
    middle = math.radians((min(each.lat for each in places) + max(each.lat for each in places)) / 2)
    km = math.radians(1) * EARTH_KM
    across = [each.lon * km * math.cos(middle) for each in places]
    up = [each.lat * km for each in places]
    wide, high = max(across) - min(across), max(up) - min(up)
    lons = [each.lon for each in places]
    if max(wide, high) < 0.001 or max(lons) - min(lons) > ROUND_EARTH_MAX:
        return [], 0.0
    px = min((WIDTH - 2 * MARGIN) / max(wide, 1e-9), (HEIGHT - 2 * MARGIN) / max(high, 1e-9))
    left, top = (WIDTH - wide * px) / 2, (HEIGHT - high * px) / 2
    found: list[Mark] = []
    for n, (east, north) in enumerate(zip(across, up, strict=True), 1):
        x, y = left + (east - min(across)) * px, top + (max(up) - north) * px
        near = next((at for at, each in enumerate(found) if math.hypot(each.x - x, each.y - y) < TOGETHER_PX), None)
        if near is None:
            found.append(Mark(round(x, 1), round(y, 1), (n,)))
        else:
            found[near] = Mark(found[near].x, found[near].y, (*found[near].numbers, n))
    return found, px


def _svg(places: Sequence[JourneyPlace], words: dict[str, str]) -> str:
    drawn, px = marks(places)
    if len(drawn) < 2:
        return ""
    by_number = {number: mark for mark in drawn for number in mark.numbers}
    way = " ".join(f"{by_number[n].x},{by_number[n].y}" for n in range(1, len(places) + 1))
    shown = "".join(_mark(each) for each in drawn)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(words["sketch"])}">'
        f'<polyline class="way" points="{way}"/>{shown}{_scale(px)}</svg>'
    )


def _mark(mark: Mark) -> str:
    text = "·".join(map(str, mark.numbers))
    half = 11 + 5 * (len(text) - 1)
    return (
        f'<rect class="stop" x="{mark.x - half}" y="{mark.y - 13}" width="{2 * half}" height="26" rx="13"/>'
        f'<text class="number" x="{mark.x}" y="{mark.y + 5}" text-anchor="middle">{text}</text>'
    )


def _scale(px: float) -> str:
    """A round number of km, as long as it is."""
    tens = 10.0 ** math.floor(math.log10(SCALE_PX_MAX / px))
    km = next(digit * tens for digit in DIGITS if digit * tens * px <= SCALE_PX_MAX)
    end, y = round(8 + km * px, 1), HEIGHT - 8
    return (
        f'<path class="scale" d="M8 {y - 6}V{y}H{end}V{y - 6}"/><text x="{round((8 + end) / 2, 1)}" y="{y - 6}"'
        f' text-anchor="middle">{km:g} km</text>'
    )


def _row(number: int, place: JourneyPlace, words: dict[str, str]) -> str:
    far = "" if not place.km else f" <small>{words['km'].format(km=f'{place.km:g}')}</small>"
    return f'<li><b class="stop">{number}</b> {escape(place.name)}{far}</li>'


def _key(place: JourneyPlace) -> tuple[str, float, float]:
    return place.name, place.lat, place.lon
