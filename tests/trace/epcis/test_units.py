"""A value in one unit is found by a question in another; a code that measures something else is never taken for it."""

import pytest

from trace.epcis import units


@pytest.mark.parametrize(
    ("uom", "value", "measure", "base"),
    [
        ("CEL", 4.0, "Temperature", 277.15),
        ("FAH", 39.2, "Temperature", 277.15),
        ("KEL", 277.15, "Temperature", 277.15),
        ("P1", 85.0, "RelativeHumidity", 0.85),
        ("A93", 12.1, "AbsoluteHumidity", 0.0121),
        ("KMH", 36.0, "Speed", 10.0),
        ("MBR", 1013.25, "Pressure", 101_325.0),
        ("LBR", 2.0, "Mass", 0.90718474),
        ("P71", 3.6, "DoseEquivalentRate", 1e-6),
    ],
)
def test_values_are_converted_to_base_units(uom: str, value: float, measure: str, base: float) -> None:
    found = units.base_value(uom, value, measure)
    assert found is not None
    assert found[0] == units.base_value(uom, 0.0, measure)[0]  # type: ignore[index]
    assert found[1] == pytest.approx(base, rel=1e-9)


def test_a_code_that_nobody_knows_is_none() -> None:
    assert units.base_value("C", 4.0, "Temperature") is None
    assert units.base_values("C", 4.0) == []
    assert not units.is_known("C")
    assert not units.is_counted_in("kg")


def test_a_code_that_measures_two_things_is_looked_for_as_both() -> None:
    assert units.base_values("C62", 3.0) == [("RelativeHumidity", 3.0), ("Count", 3.0)]


def test_packages_of_recommendation_21_count_goods() -> None:
    assert units.is_counted_in("XBX")
    assert not units.is_known("XBX")


def test_what_overflows_is_no_value() -> None:
    assert units.base_value("KMT", 1e308, "Length") is None
