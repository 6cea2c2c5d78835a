"""A place belongs to the first area that has it: by its coordinates where an area has a shape, else by its region."""

import pytest

from commerce.delivery.areas import Area, Place, first_with, prefixes
from commerce.delivery.shapes import Circle

CIRCLE = Circle(lat=31.23, lon=121.47, radius_m=3_000)
INSIDE, OUTSIDE = (31.24, 121.47), (31.3, 121.47)


def at(spot: tuple[float, float], region: str = "") -> Place:
    return Place(region=region, lat=spot[0], lon=spot[1])


DRAWN = Area.of("drawn", [], CIRCLE)
NAMED = Area.of("named", ["310115", "3205"], None)
BOTH = Area.of("both", ["3101"], CIRCLE)


@pytest.mark.parametrize(
    ("area", "place", "has"),
    [
        (DRAWN, at(INSIDE), True),
        (DRAWN, at(OUTSIDE), False),
        (DRAWN, Place(region="310101"), False),
        (NAMED, Place(region="310115"), True),
        (NAMED, Place(region="310101"), False),
        (NAMED, Place(region="320505"), True),  # of a whole city
        (NAMED, Place(region=""), False),
        (NAMED, at(INSIDE), False),  # nobody knows its region
        (NAMED, at(OUTSIDE, "310115"), True),
        (BOTH, at(OUTSIDE, "310101"), False),  # where it is says more than its region
        (BOTH, at(INSIDE, "110101"), True),
        (BOTH, Place(region="310101"), True),
        (BOTH, Place(region="320101"), False),
    ],
)
def test_where_it_is_says_it_and_else_its_region(area: Area, place: Place, has: bool):
    assert area.has(place) is has


def test_a_place_belongs_to_the_first_area_that_has_it():
    ring = Area.of("ring", [], Circle(lat=31.23, lon=121.47, radius_m=10_000))
    assert first_with([DRAWN, ring], at(INSIDE)) is DRAWN
    assert first_with([ring, DRAWN], at(INSIDE)) is ring
    assert first_with([DRAWN, ring], at(OUTSIDE)) is ring
    assert first_with([DRAWN, ring], Place(lat=30.0, lon=121.47)) is None


def test_a_division_is_part_of_its_city_and_its_province():
    assert prefixes("310115") == ("31", "3101", "310115")
    assert prefixes("") == ()
