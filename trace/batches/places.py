"""Where something was: as it was said, and in WGS-84. Pure: no I/O."""

from typing import Annotated

from msgspec import Meta, Struct

from livehub.base.errors import BadRequest
from livehub.base.text import clean
from livehub.people.datum import Datum, to_wgs84

NAME_CHARS_MAX = 120
# Degrees that are outside of every latitude are let in, so that what was swapped can be named.
Degrees = Annotated[float, Meta(ge=-180, le=180)]
# China, coarsely: (from, to) in degrees. Whoever writes 121.5 before 31.2 is told so; so is who writes 87.6 before 43.8, which
# would be a place in the Arctic Ocean.
LATITUDES, LONGITUDES = (18.0, 54.0), (73.0, 135.5)


class PlaceRequest(Struct, frozen=True, kw_only=True):
    """A place. `lat` and `lon` are of `datum`, that of the map they were taken from."""

    name: Annotated[str, Meta(min_length=1, max_length=4 * NAME_CHARS_MAX)]
    lat: Degrees
    lon: Degrees
    datum: Datum = "wgs84"


class Place(Struct, frozen=True, kw_only=True):
    """A place: in WGS-84, and as it was given."""

    name: str
    lat: float
    lon: float
    given_lat: float
    given_lon: float
    datum: Datum


def placed(given: PlaceRequest, field: str = "place") -> Place:
    """Raises BadRequest, which names the field, for what is nowhere or looks swapped; TextEmpty, TextTooLong for its name."""
    if is_swapped(given.lat, given.lon):
        raise BadRequest(f"{field}.lat: latitude and longitude look swapped: {given.lat:g}, {given.lon:g}.")
    if abs(given.lat) > 90:
        raise BadRequest(f"{field}.lat: latitudes lie between -90 and 90.")
    lat, lon = to_wgs84(given.lat, given.lon, given.datum)
    return Place(
        name=clean(given.name, NAME_CHARS_MAX),
        lat=round(lat, 6),
        lon=round(lon, 6),
        given_lat=given.lat,
        given_lon=given.lon,
        datum=given.datum,
    )


def is_swapped(lat: float, lon: float) -> bool:
    """Whether these are a longitude and a latitude, in that order, of a place in China, or no latitude at all but one with the
    longitude."""
    if abs(lat) > 90:
        return abs(lon) <= 90
    return _is_in(lon, LATITUDES) and _is_in(lat, LONGITUDES)


def _is_in(degrees: float, span: tuple[float, float]) -> bool:
    return span[0] <= degrees <= span[1]
