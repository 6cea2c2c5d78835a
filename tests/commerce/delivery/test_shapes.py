"""A place is in a shape or not, its boundary is inside, and what is no clear area is refused when it is drawn."""

from math import asin, atan2, cos, degrees, pi, radians, sin

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from commerce.delivery.shapes import (
    EARTH_M,
    RADIUS_M_MAX,
    SIDE_DEG_MAX,
    Circle,
    Corner,
    Polygon,
    Shape,
    box_of,
    check,
    distance_m,
    has,
)
from livehub.base.errors import BadRequest


def outline(points: list[tuple[float, float]]) -> Polygon:
    return Polygon(points=[Corner(lat=lat, lon=lon) for lat, lon in points])


SQUARE = outline([(31.0, 121.0), (31.0, 122.0), (32.0, 122.0), (32.0, 121.0)])
# An arrow that points north, with its notch in the south.
ARROW = outline([(31.0, 121.0), (32.0, 121.5), (31.0, 122.0), (31.4, 121.5)])


@pytest.mark.parametrize(
    ("shape", "lat", "lon", "inside"),
    [
        (SQUARE, 31.5, 121.5, True),
        (SQUARE, 30.9999, 121.5, False),
        (SQUARE, 32.0001, 121.5, False),
        (SQUARE, 31.5, 120.9999, False),
        (SQUARE, 31.5, 122.0001, False),
        (SQUARE, 32.0, 120.0, False),  # in line with its upper edge
        (SQUARE, 31.0, 123.0, False),
        (ARROW, 31.2, 121.5, False),  # in the notch
        (ARROW, 31.4, 121.5, True),  # its tip
        (ARROW, 31.5, 121.5, True),
        (ARROW, 31.1, 121.06, True),
        (ARROW, 31.4, 121.0, False),  # on the level of a corner, outside
        (ARROW, 31.4, 121.3, True),  # on the level of a corner, inside
    ],
)
def test_a_place_is_in_a_polygon_or_not(shape: Polygon, lat: float, lon: float, inside: bool):
    assert has(shape, lat, lon) is inside


@pytest.mark.parametrize("shape", [SQUARE, ARROW])
def test_its_boundary_is_inside(shape: Polygon):
    corners = [(corner.lat, corner.lon) for corner in shape.points]
    for (a_lat, a_lon), (b_lat, b_lon) in zip(corners, corners[1:] + corners[:1], strict=True):
        for part in (0, 0.25, 1 / 3, 0.5, 0.9, 1):
            assert has(shape, a_lat + part * (b_lat - a_lat), a_lon + part * (b_lon - a_lon))


@pytest.mark.parametrize("turned", range(4))
@pytest.mark.parametrize("way", [1, -1])
def test_it_does_not_matter_where_a_polygon_begins_which_way_it_goes_or_whether_it_is_closed(turned: int, way: int):
    corners = [(corner.lat, corner.lon) for corner in ARROW.points]
    points = (corners[turned:] + corners[:turned])[::way]
    for same in (outline(points), outline([*points, points[0]])):
        check(same)
        assert [has(same, lat, 121.5) for lat in (31.2, 31.4, 31.9, 32.0, 32.1)] == [False, True, True, True, False]


stars = st.builds(
    # Corners around a centre, one in each direction: an area without crossings, however spiky.
    lambda lat, lon, radii: (
        (lat, lon),
        [(lat + r * sin(2 * pi * n / len(radii)), lon + r * cos(2 * pi * n / len(radii))) for n, r in enumerate(radii)],
    ),
    st.floats(-60, 60),
    st.floats(-170, 170),
    st.lists(st.floats(0.01, 2.0), min_size=3, max_size=40),
)


@given(stars, st.floats(0, 0.999), st.floats(1.001, 3), st.data())
def test_of_a_star_all_between_centre_and_edge_is_inside_and_nothing_beyond(star, within, beyond, data):
    (lat, lon), points = star
    shape = outline(points)
    check(shape)
    at = data.draw(st.integers(0, len(points) - 1))
    (a_lat, a_lon), (b_lat, b_lon) = points[at], points[(at + 1) % len(points)]
    along = data.draw(st.floats(0, 1))
    edge_lat, edge_lon = a_lat + along * (b_lat - a_lat), a_lon + along * (b_lon - a_lon)
    assert has(shape, edge_lat, edge_lon)
    assert has(shape, lat + within * (edge_lat - lat), lon + within * (edge_lon - lon))
    assert not has(shape, lat + beyond * (edge_lat - lat), lon + beyond * (edge_lon - lon))


@given(stars, st.floats(-90, 90), st.floats(-180, 180))
def test_what_is_in_a_polygon_is_in_the_box_around_it(star, lat, lon):
    _, points = star
    shape = outline(points)
    assert box_of(shape).has(lat, lon) or not has(shape, lat, lon)


@given(
    st.floats(-84, 84),
    st.floats(-170, 170),
    st.floats(50, RADIUS_M_MAX),
    st.floats(0, 2 * pi),
    st.floats(0, 2),
)
def test_a_circle_has_what_is_no_further_than_its_radius_and_its_box_has_that_too(lat, lon, radius_m, bearing, times):
    shape = Circle(lat=lat, lon=lon, radius_m=radius_m)
    d, phi = radius_m * times / EARTH_M, radians(lat)
    # The destination along a great circle.
    other = asin(sin(phi) * cos(d) + cos(phi) * sin(d) * cos(bearing))
    east = atan2(sin(bearing) * sin(d) * cos(phi), cos(d) - sin(phi) * sin(other))
    there = degrees(other), lon + degrees(east)
    assume(abs(times - 1) > 1e-6)
    assert has(shape, *there) is (times < 1)
    assert times > 1 or box_of(shape).has(*there)


def test_distance_is_what_it_is_of_a_known_arc():
    # A degree of a great circle of the mean earth is 111,195.08 m.
    assert distance_m(31.0, 121.0, 32.0, 121.0) == pytest.approx(111_195.08, abs=0.1)
    assert distance_m(0, 0, 0, 1) == pytest.approx(111_195.08, abs=0.1)
    assert distance_m(60, 0, 60, 1) == pytest.approx(55_595.4, abs=5)
    assert distance_m(31.0, 121.0, 31.0, 121.0) == 0


REFUSED: dict[str, Shape] = {
    "across the antimeridian": outline([(0, 179.9), (0, -179.9), (1, -179.9), (1, 179.9)]),
    "too large": outline([(0, 0), (0, SIDE_DEG_MAX + 0.1), (1, 1)]),
    "a bow tie": outline([(0, 0), (1, 1), (1, 0), (0, 1)]),
    "two corners": outline([(0, 0), (1, 1), (0, 0)]),
    "a corner twice": outline([(0, 0), (0, 1), (1, 1), (0, 1)]),
    "a corner on another edge": outline([(0, 0), (0, 2), (1, 1), (0, 1), (1, 0)]),
    "there and back on one line": outline([(0, 0), (0, 2), (0, 1)]),
    "a circle across it": Circle(lat=0, lon=179.99, radius_m=5_000),
    "a circle across it the other way": Circle(lat=60, lon=-179.99, radius_m=5_000),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_no_clear_area_is_refused(why: str):
    with pytest.raises(BadRequest) as refused:
        check(REFUSED[why])
    assert refused.value.details["field"] == "shape"


@pytest.mark.parametrize("shape", [SQUARE, ARROW, Circle(lat=0, lon=179.9, radius_m=5_000)])
def test_what_is_one_is_not(shape):
    check(shape)
