"""How far it is from one place to another, as the crow flies. Pure: no I/O."""

from math import asin, cos, radians, sin, sqrt

EARTH_KM = 6_371.0088  # the mean radius of the WGS-84 ellipsoid (IUGG)


def km_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Along the great circle (haversine formula), km; places are WGS-84, in degrees."""
    north, east = radians(other_lat - lat), radians(other_lon - lon)
    chord = sin(north / 2) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(chord)))
