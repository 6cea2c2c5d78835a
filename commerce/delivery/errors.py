"""Refusals of delivery: codes 4050 to 4059. Pure: no I/O."""

from livehub.base.errors import LivehubError


class OutsideArea(LivehubError):
    """We don't deliver there. `reason`: `outside` every area; `no_address`, none was given; `no_position`, an area is drawn on
    the map alone, and the address has no place on it; `other_area`, the window is of another area than the address.
    """

    code, name, status, text = 4050, "outside_area", 422, "We don't deliver to this address."


class SlotNotFound(LivehubError):
    """No such window can be had. `reason`: `unknown`; `closed`, it takes no more orders; `not_chosen`, one has to be."""

    code, name, status, text = 4051, "slot_not_found", 404, "This delivery window can't be chosen any more."


class SlotFull(LivehubError):
    """The window has as many orders as it holds. Choose another."""

    code, name, status, text = 4052, "slot_full", 409, "This delivery window is full."


class BelowMinimum(LivehubError):
    """The goods are worth less than is delivered here: `missing_minor` more, to `minimum_minor`."""

    code, name, status, text = 4053, "below_minimum", 409, "The order is below the minimum for delivery."


class CapacityTaken(LivehubError):
    """A window's capacity would fall below what is held and sold of it, `taken` in all."""

    code, name, status, text = 4054, "capacity_taken", 409, "More orders than that are in this window already."


class AreaNotFound(LivehubError):
    """There is no such delivery area."""

    code, name, status, text = 4055, "area_not_found", 404, "There is no such delivery area."


class PointNotFound(LivehubError):
    """There is no such pick-up point."""

    code, name, status, text = 4056, "point_not_found", 404, "There is no such pick-up point."


class PatternNotFound(LivehubError):
    """There is no such weekly pattern."""

    code, name, status, text = 4057, "pattern_not_found", 404, "There is no such weekly pattern."


class DeliveryFull(LivehubError):
    """There are as many areas, points or patterns as there may be: `limit`. Change or switch off another."""

    code, name, status, text = 4058, "delivery_full", 409, "There are as many of these as there may be."
