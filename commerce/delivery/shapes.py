"""Shapes on the map, in WGS-84, and whether a place is in one. Pure: no I/O, no clock.

    {"kind": "polygon", "points": [[31.22, 121.46], [31.24, 121.46], [31.23, 121.49]]}      latitude, longitude, degrees
    {"kind": "circle", "lat": 31.23, "lon": 121.47, "radius_m": 3000}

An area of a shop is small, so an edge is straight in latitude and longitude, as a map draws it; over SIDE_DEG_MAX the error
    {"kind": "polygon", "points": [{"lat": 31.22, "lon": 121.46}, {"lat": 31.24, "lon": 121.46}, {"lat": 31.2, "lon": 121.5}]}
within EXACT_DEG (0.1 mm) of an edge is on it.
"""

from math import asin, cos, degrees, hypot, radians, sin, sqrt
from typing import Annotated

from msgspec import Meta, Struct

from livehub.base.errors import BadRequest

EARTH_M = 6_371_008.8  # mean radius (IUGG)
EXACT_DEG = 1e-9
EXACT_M = 1e-3
SIDE_DEG_MAX = 5.0
POINTS_MAX = 200
RADIUS_M_MAX = 100_000.0

Lat = Annotated[float, Meta(ge=-85, le=85, description="degrees north, WGS-84")]
Lon = Annotated[float, Meta(ge=-180, le=180, description="degrees east, WGS-84")]


class Corner(Struct, frozen=True, kw_only=True):
    """A place of an outline."""

    lat: Lat
    lon: Lon


class Polygon(Struct, frozen=True, kw_only=True, tag_field="kind", tag="polygon"):
    """Corners in their order; from the last an edge goes back to the first."""

    points: Annotated[list[Corner], Meta(min_length=3, max_length=POINTS_MAX)]


class Circle(Struct, frozen=True, kw_only=True, tag_field="kind", tag="circle"):
    """What is no further than `radius_m` from a place, on the sphere."""

    lat: Lat
    lon: Lon
    radius_m: Annotated[float, Meta(ge=50, le=RADIUS_M_MAX)]


Shape = Polygon | Circle


class Box(Struct, frozen=True):
    """Degrees; what is not in it is not in the shape."""

    south: float
    west: float
    north: float
    east: float

    def has(self, lat: float, lon: float) -> bool:
        """Whether a place is in it, its edges included."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east


def box_of(shape: Shape) -> Box:
    """The box around a shape, wider by EXACT_DEG."""
    if isinstance(shape, Polygon):
        lats, lons = [corner.lat for corner in shape.points], [corner.lon for corner in shape.points]
        return Box(min(lats) - EXACT_DEG, min(lons) - EXACT_DEG, max(lats) + EXACT_DEG, max(lons) + EXACT_DEG)
    high = (shape.radius_m + EXACT_M) / EARTH_M
    # The easternmost place of a circle is nearer to the pole than its centre: sin(wide) = sin(r) / cos(lat).
    wide = degrees(asin(min(1.0, sin(high) / cos(radians(shape.lat)))))
    high = degrees(high)
    return Box(shape.lat - high, shape.lon - wide, shape.lat + high, shape.lon + wide)


def has(shape: Shape, lat: float, lon: float) -> bool:
    """Whether a place is in a shape; its boundary is."""
    if isinstance(shape, Circle):
        return distance_m(shape.lat, shape.lon, lat, lon) <= shape.radius_m + EXACT_M
    return _is_within(shape.points, lat, lon)


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """How far two places are apart on the sphere, by the haversine formula."""
    phi, other_phi = radians(lat), radians(other_lat)
    half = sin((other_phi - phi) / 2) ** 2 + cos(phi) * cos(other_phi) * sin(radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH_M * asin(min(1.0, sqrt(half)))


def _is_within(points: list[Corner], lat: float, lon: float) -> bool:
    """A ray to the east crosses the boundary an odd number of times. An edge has its lower end and not its upper one, so that a
    corner counts once.
    """
    inside = False
    was_lat, was_lon = points[-1].lat, points[-1].lon
    for corner in points:
        next_lat, next_lon = corner.lat, corner.lon
        south, north = (was_lat, next_lat) if was_lat <= next_lat else (next_lat, was_lat)
        if south - EXACT_DEG <= lat <= north + EXACT_DEG:
            if _is_on(lat, lon, was_lat, was_lon, next_lat, next_lon):
                return True
            if (was_lat > lat) != (next_lat > lat):
                crosses_at = was_lon + (lat - was_lat) * (next_lon - was_lon) / (next_lat - was_lat)
                inside ^= lon < crosses_at
        was_lat, was_lon = next_lat, next_lon
    return inside


def _is_on(lat: float, lon: float, a_lat: float, a_lon: float, b_lat: float, b_lon: float) -> bool:
    """Whether a place is within EXACT_DEG of an edge."""
    d_lat, d_lon = b_lat - a_lat, b_lon - a_lon
    square = d_lat * d_lat + d_lon * d_lon
    along = 0.0 if not square else ((lat - a_lat) * d_lat + (lon - a_lon) * d_lon) / square
    along = min(1.0, max(0.0, along))
    return hypot(lat - a_lat - along * d_lat, lon - a_lon - along * d_lon) <= EXACT_DEG


def check(shape: Shape, field: str = "shape") -> None:
    """Raise BadRequest, which names `field`, for what is no area that one place is in or not."""
    box = box_of(shape)
    if isinstance(shape, Circle):
        if box.west < -180 or box.east > 180:
            raise BadRequest(f"{field}: it crosses the 180th meridian.")
        return
    corners = [(corner.lat, corner.lon) for corner in shape.points]
    corners = corners[:-1] if corners[0] == corners[-1] else corners
    if len(set(corners)) < len(corners) or len(corners) < 3:
        raise BadRequest(f"{field}: three corners or more, each once.")
    if box.east - box.west > 180:  # the short way round is across the antimeridian
        raise BadRequest(f"{field}: it crosses the 180th meridian.")
    if max(box.north - box.south, box.east - box.west) > SIDE_DEG_MAX:
        raise BadRequest(f"{field}: an area has sides of {SIDE_DEG_MAX:g} degrees at most.")
    edges = list(zip(corners, corners[1:] + corners[:1], strict=True))
    for at, edge in enumerate(edges):
        for other_at in range(at + 1, len(edges)):
            are_neighbours = other_at == at + 1 or (at == 0 and other_at == len(edges) - 1)
            if _fold_back(edge, edges[other_at]) if are_neighbours else _meet(*edge, *edges[other_at]):
                raise BadRequest(f"{field}: its edges cross each other.")


Spot = tuple[float, float]


def _turn(a: Spot, b: Spot, c: Spot) -> float:
    """Positive: from a over b to c one turns left; 0: the three are on one line."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _meet(a: Spot, b: Spot, c: Spot, d: Spot) -> bool:
    """Whether two edges have a place in common."""
    abc, abd, cda, cdb = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if ((abc > 0) != (abd > 0)) and ((cda > 0) != (cdb > 0)) and abc and abd and cda and cdb:
        return True
    return any(
        not turn and _is_between(start, end, corner)
        for turn, start, end, corner in ((abc, a, b, c), (abd, a, b, d), (cda, c, d, a), (cdb, c, d, b))
    )


def _is_between(a: Spot, b: Spot, corner: Spot) -> bool:
    """Whether a corner on the line of an edge is on the edge."""
    return min(a[0], b[0]) <= corner[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= corner[1] <= max(a[1], b[1])


def _fold_back(edge: tuple[Spot, Spot], other: tuple[Spot, Spot]) -> bool:
    """Whether two edges with one corner in common have more than it: the way back along the same line."""
    shared = next(corner for corner in edge if corner in other)
    ends = [corner for corner in (*edge, *other) if corner != shared]
    if _turn(shared, *ends):
        return False
    return (ends[0][0] - shared[0]) * (ends[1][0] - shared[0]) + (ends[0][1] - shared[1]) * (ends[1][1] - shared[1]) > 0
