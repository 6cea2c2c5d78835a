"""Places of Chinese maps become what GPS says of them: known points exactly, and every point there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehub.people.datum import bd09_of_gcj02, gcj02_of_wgs84, to_wgs84


def test_published_points() -> None:
    """The test vector that is published with the formulas, and the example of Baidu's converter."""
    assert gcj02_of_wgs84(31.1774276, 121.5272106) == pytest.approx((31.17530398364597, 121.531541859215), abs=1e-12)
    assert bd09_of_gcj02(39.915, 116.404) == pytest.approx((39.92133699351, 116.41036949371), abs=1e-9)
    assert to_wgs84(31.17530398364597, 121.531541859215, "gcj02") == pytest.approx((31.1774276, 121.5272106), abs=1e-8)
    assert to_wgs84(39.92133699351, 116.41036949371, "bd09") == pytest.approx(
        to_wgs84(39.915, 116.404, "gcj02"), abs=1e-8
    )


def test_wgs84_is_what_it_is() -> None:
    assert to_wgs84(31.1774276, 121.5272106, "wgs84") == (31.1774276, 121.5272106)


@pytest.mark.parametrize("place", [(51.5, -0.12), (-33.86, 151.21), (0.0, 0.0), (56.0, 100.0)])
def test_abroad_there_is_one_datum(place: tuple[float, float]) -> None:
    assert to_wgs84(*place, "gcj02") == place
    assert gcj02_of_wgs84(*place) == place


@given(st.floats(18.2, 53.5), st.floats(73.6, 134.9))
def test_there_and_back_is_within_a_millimetre(lat: float, lon: float) -> None:
    shown = gcj02_of_wgs84(lat, lon)
    assert to_wgs84(*shown, "gcj02") == pytest.approx((lat, lon), abs=1e-8)
    assert to_wgs84(*bd09_of_gcj02(*shown), "bd09") == pytest.approx((lat, lon), abs=1e-8)


@given(st.floats(18.2, 53.5), st.floats(73.6, 134.9))
def test_the_offset_is_of_hundreds_of_metres_and_not_of_kilometres(lat: float, lon: float) -> None:
    north, east = gcj02_of_wgs84(lat, lon)
    assert abs(north - lat) < 0.01
    assert abs(east - lon) < 0.02
