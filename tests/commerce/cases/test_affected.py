"""A breach is about the units whose boxes were there, and about those not packed yet that may come out of what was."""

import pytest

from commerce.cases.affected import BoughtLine, affected, units_left


def line(qty: int = 3, *, id_: str = "l", boxes_per_unit: int = 1, is_of_batch: bool = True) -> BoughtLine:
    return BoughtLine(id=id_, qty=qty, boxes_per_unit=boxes_per_unit, is_of_batch=is_of_batch)


@pytest.mark.parametrize(
    ("bought", "packed", "inside", "units"),
    [
        (line(), 0, 0, 3),  # nothing is packed yet: all may be of it
        (line(), 3, 0, 0),  # all is packed out of other boxes
        (line(), 3, 2, 2),
        (line(), 1, 0, 2),  # one is out of another box; two are still to be packed
        (line(), 1, 1, 3),
        (line(is_of_batch=False), 0, 0, 0),
        (line(is_of_batch=False), 2, 1, 1),  # its sale named another batch, or none, but this box is of it
        (line(2, boxes_per_unit=3), 3, 0, 1),  # a bundle of three boxes: one unit of two is packed
        (line(2, boxes_per_unit=3, is_of_batch=False), 6, 5, 2),  # never more than were ordered
    ],
)
def test_units_that_a_breach_is_about(bought: BoughtLine, packed: int, inside: int, units: int) -> None:
    found = affected([bought], packed={"l": packed}, inside={"l": inside})
    assert found == ({"l": units} if units else {})


def test_what_is_offered_is_for_units_that_were_not_made_good() -> None:
    assert units_left(4, 2, {0}) == (1, 2)
    assert units_left(2, 2, {1}) == (0,)
    assert units_left(2, 2, {0, 1}) == ()
    assert units_left(3, 1, set()) == (0,)
