"""Where a place is: the datums of Chinese maps, and WGS-84, which GPS and our own reckoning use. Pure: no I/O.

    wgs84   GPS, OpenStreetMap
    gcj02   Amap, Tencent, WeChat's wx.getLocation: WGS-84 with an offset of 100 to 700 m, applied in China alone
    bd09    Baidu: GCJ-02 with another offset

The offset of GCJ-02 is known by its published approximation (the "eviltransform" formulas, on the ellipsoid of Krasovsky
1940), which has no closed inverse: it is inverted by iteration, to 1e-9 degrees (0.1 mm). In Hong Kong, Macau and Taiwan and
abroad the datums are one; the box below, which those maps use themselves, is coarser than the border, and so are they.
"""

from math import atan2, cos, hypot, pi, radians, sin, sqrt
from typing import Literal

Datum = Literal["wgs84", "gcj02", "bd09"]

A_M = 6_378_245.0  # half the great axis of Krasovsky's ellipsoid
EE = 0.006_693_421_622_965_943_23  # its eccentricity, squared
BD_TURN = pi * 3000.0 / 180.0
EXACT_DEG = 1e-9
TURNS_MAX = 30  # each makes the rest 100 times smaller


def to_wgs84(lat: float, lon: float, datum: Datum) -> tuple[float, float]:
    """The same place in WGS-84, (latitude, longitude) in degrees."""
    if datum == "bd09":
        lat, lon = _gcj02_of_bd09(lat, lon)
    return (lat, lon) if datum == "wgs84" else _wgs84_of_gcj02(lat, lon)


def gcj02_of_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """Where a map of GCJ-02 shows a place of WGS-84."""
    if not _is_offset(lat, lon):
        return lat, lon
    north, east = _offset(lat, lon)
    return lat + north, lon + east


def _is_offset(lat: float, lon: float) -> bool:
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


def _offset(lat: float, lon: float) -> tuple[float, float]:
    """How far a place of WGS-84 is shown to the north and east of where it is, degrees."""
    x, y = lon - 105.0, lat - 35.0
    waves = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = radians(lat)
    magic = 1 - EE * sin(phi) ** 2
    meridian_m = A_M * (1 - EE) / (magic * sqrt(magic))
    parallel_m = A_M / sqrt(magic) * cos(phi)
    return north * 180.0 / (meridian_m * pi), east * 180.0 / (parallel_m * pi)


def _wgs84_of_gcj02(lat: float, lon: float) -> tuple[float, float]:
    if not _is_offset(lat, lon):
        return lat, lon
    at_lat, at_lon = lat, lon
    for _ in range(TURNS_MAX):
        north, east = _offset(at_lat, at_lon)
        off_lat, off_lon = at_lat + north - lat, at_lon + east - lon
        at_lat, at_lon = at_lat - off_lat, at_lon - off_lon
        if max(abs(off_lat), abs(off_lon)) < EXACT_DEG:
            break
    return at_lat, at_lon


def bd09_of_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """Where a map of Baidu shows a place of GCJ-02."""
    far = hypot(lon, lat) + 0.000_02 * sin(lat * BD_TURN)
    angle = atan2(lat, lon) + 0.000_003 * cos(lon * BD_TURN)
    return far * sin(angle) + 0.006, far * cos(angle) + 0.0065


def _gcj02_of_bd09(lat: float, lon: float) -> tuple[float, float]:
    """Exactly, by iteration: the usual inverse is off by as much as a metre."""
    at_lat, at_lon = lat - 0.006, lon - 0.0065
    for _ in range(TURNS_MAX):
        there_lat, there_lon = bd09_of_gcj02(at_lat, at_lon)
        at_lat, at_lon = at_lat + lat - there_lat, at_lon + lon - there_lon
        if max(abs(lat - there_lat), abs(lon - there_lon)) < EXACT_DEG:
            break
    return at_lat, at_lon
