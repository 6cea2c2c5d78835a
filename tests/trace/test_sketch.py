"""The drawing of places: how they lie to each other, to scale, with no map behind it."""

import pytest

from trace.journey import sketch
from trace.journey.distance import km_between
from trace.journey.schemas import JourneyEvent, JourneyPlace
from trace.journey.words import WORDS


def place(name: str, lat: float, lon: float, km: float | None = None) -> JourneyPlace:
    return JourneyPlace(name=name, lat=lat, lon=lon, km=km)


def at(*places: JourneyPlace | None) -> list[JourneyEvent]:
    return [JourneyEvent(kind="stored", at="2027-01-15T08:00:00Z", batch="b", lot="A", place=each) for each in places]


FARM, HALL, CITY = (
    place("Farm <1>", 30.12, 120.08),
    place("Hall", 30.3, 120.08, 20.0),
    place("City", 31.2, 121.4, 160.7),
)


def test_places_in_a_row_that_are_one_are_one_stop() -> None:
    assert sketch.stops(at(FARM, None, FARM, HALL, FARM)) == [FARM, HALL, FARM]


def test_distances_in_the_drawing_are_those_on_the_ground() -> None:
    drawn, px = sketch.marks([FARM, CITY])
    (one, other) = drawn
    far = ((one.x - other.x) ** 2 + (one.y - other.y) ** 2) ** 0.5 / px
    assert far == pytest.approx(km_between(FARM.lat, FARM.lon, CITY.lat, CITY.lon), rel=0.005)
    assert one.y > other.y  # north is up
    assert one.x < other.x


def test_places_that_would_lie_on_each_other_share_a_mark() -> None:
    drawn, _ = sketch.marks([FARM, HALL, CITY, FARM])
    assert [each.numbers for each in drawn] == [(1, 4), (2,), (3,)] or [each.numbers for each in drawn] == [
        (1, 2, 4),
        (3,),
    ]


def test_one_place_is_not_drawn_nor_is_what_lies_around_the_earth() -> None:
    assert sketch.section(at(FARM, FARM), WORDS["en"]) == ""
    assert sketch.section(at(), WORDS["en"]) == ""
    around = sketch.section(at(FARM, place("Chile", -33.4, -70.6)), WORDS["en"])
    assert "<svg" not in around
    assert "Chile" in around
    assert "<svg" not in sketch.section(at(FARM, place("Farm, by another name", 30.12, 120.08)), WORDS["en"])


def test_the_drawing_has_its_way_a_scale_and_a_list() -> None:
    text = sketch.section(at(FARM, HALL, CITY), WORDS["en"])
    assert "Farm &lt;1&gt;" in text
    assert "about 160.7 km from the place before" in text
    assert text.count('<polyline class="way"') == 1
    assert "100 km</text>" in text
