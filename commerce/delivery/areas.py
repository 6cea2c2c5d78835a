"""Which delivery area a place belongs to. Pure: no I/O, no clock.

A place with coordinates is in an area with a shape if it is in the shape, whatever its region says. Where there is no shape, or
the place has no coordinates, its region says it: 310115 is in the areas of 310115, 3101 and 31. Of several areas it belongs to
the first, in the order in which staff have put them; so a dear ring around a cheap circle is drawn as a larger circle after it.
"""

from collections.abc import Iterable

from msgspec import Struct

from commerce.delivery.shapes import Box, Shape, box_of, has

PREFIX_DIGITS = (2, 4, 6)  # province, city, county (GB/T 2260)


class Place(Struct, frozen=True, kw_only=True):
    """Where an order goes. `region`: division code, "" if it is not known; `lat`, `lon`: degrees, WGS-84."""

    region: str = ""
    lat: float | None = None
    lon: float | None = None


class Area(Struct, frozen=True):
    """What of an area says which places it has."""

    id: str
    regions: frozenset[str]
    shape: Shape | None
    box: Box | None

    @classmethod
    def of(cls, id_: str, regions: Iterable[str], shape: Shape | None) -> "Area":
        """With the box around its shape."""
        return cls(id_, frozenset(regions), shape, None if shape is None else box_of(shape))

    def has(self, place: Place) -> bool:
        """Whether the place is in it."""
        if self.shape is None or place.lat is None or place.lon is None:
            return not self.regions.isdisjoint(prefixes(place.region))
        assert self.box is not None
        return self.box.has(place.lat, place.lon) and has(self.shape, place.lat, place.lon)

    def needs_position(self, place: Place) -> bool:
        """Whether it might have the place, if one knew where that is."""
        return self.shape is not None and (place.lat is None or place.lon is None)


def prefixes(region: str) -> tuple[str, ...]:
    """The division a code names, and those it is part of."""
    return tuple(region[:digits] for digits in PREFIX_DIGITS if digits <= len(region))


def first_with(areas: Iterable[Area], place: Place) -> Area | None:
    """The first area that has the place."""
    return next((area for area in areas if area.has(place)), None)
