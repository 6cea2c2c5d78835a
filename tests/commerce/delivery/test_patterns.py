"""A weekly pattern makes windows by the clock on the shop's wall, whatever it does, and none that nobody could choose."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.delivery.patterns import Pattern, planned, to_moment, window_id

SHANGHAI, NEW_YORK, APIA = (ZoneInfo(name) for name in ("Asia/Shanghai", "America/New_York", "Pacific/Apia"))
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def pattern(**fields: Any) -> Pattern:
    usual = {
        "id": "p", "area": "a", "point": None, "days": EVERY_DAY, "from_minute": 14 * 60, "until_minute": 16 * 60,
        "cut_off_minutes": 60, "capacity": 5, "begins_on": date(2026, 1, 1), "ends_on": None,
    }  # fmt: skip
    return Pattern(**usual | fields)


def told(windows) -> list[str]:
    return [datetime.fromtimestamp(window.from_ms / 1000, UTC).isoformat() for window in windows]


def test_it_makes_one_on_each_of_its_days():
    now_ms = ms("2026-11-30T09:00+08:00")  # a Monday
    windows = planned(pattern(days=(1, 3)), SHANGHAI, now_ms=now_ms, ahead_days=9)
    assert told(windows) == ["2026-11-30T06:00:00+00:00", "2026-12-02T06:00:00+00:00", "2026-12-07T06:00:00+00:00"]
    assert [(w.until_ms - w.from_ms, w.from_ms - w.orders_until_ms) for w in windows] == [(7_200_000, 3_600_000)] * 3


@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK, APIA])
def test_its_days_are_the_shops_and_its_last_one_is_whole(zone: ZoneInfo):
    one = pattern(begins_on=date(2026, 11, 11), ends_on=date(2026, 11, 11), until_minute=1440)
    windows = planned(one, zone, now_ms=ms("2026-11-10T12:00+00:00"), ahead_days=5)
    (window,) = windows
    local = [datetime.fromtimestamp(at / 1000, zone).isoformat()[:16] for at in (window.from_ms, window.until_ms)]
    assert local == ["2026-11-11T14:00", "2026-11-12T00:00"]


def test_a_window_whose_orders_have_ended_is_not_made():
    at_cut_off = ms("2026-11-30T13:00+08:00")
    assert len(planned(pattern(), SHANGHAI, now_ms=at_cut_off - 1, ahead_days=1)) == 1
    assert planned(pattern(), SHANGHAI, now_ms=at_cut_off, ahead_days=1) == []


def test_where_clocks_go_forward_a_window_is_shorter_and_one_that_is_gone_is_not_made():
    # New York, 2026-03-08: 02:00 to 03:00 is no time.
    now_ms = ms("2026-03-07T12:00-05:00")
    over_it = planned(pattern(from_minute=60, until_minute=240), NEW_YORK, now_ms=now_ms, ahead_days=2)
    assert [(w.from_ms, w.until_ms) for w in over_it] == [(ms("2026-03-08T01:00-05:00"), ms("2026-03-08T04:00-04:00"))]
    assert planned(pattern(from_minute=120, until_minute=180), NEW_YORK, now_ms=now_ms, ahead_days=2) == []
    into_it = planned(pattern(from_minute=90, until_minute=150), NEW_YORK, now_ms=now_ms, ahead_days=2)
    assert [(w.from_ms, w.until_ms) for w in into_it] == [(ms("2026-03-08T01:30-05:00"), ms("2026-03-08T03:30-04:00"))]


def test_where_clocks_go_back_the_first_of_two_moments_is_meant():
    # New York, 2026-11-01: 01:00 to 02:00 is there twice.
    now_ms = ms("2026-10-31T12:00-04:00")
    (window,) = planned(pattern(from_minute=90, until_minute=120), NEW_YORK, now_ms=now_ms, ahead_days=2)
    assert (window.from_ms, window.until_ms) == (ms("2026-11-01T01:30-04:00"), ms("2026-11-01T02:00-05:00"))


@given(st.integers(ms("2020-01-01T00:00Z"), ms("2035-01-01T00:00Z")), st.integers(0, 1438), st.data())
def test_whatever_the_day_windows_are_in_order_to_come_and_one_a_day(now_ms: int, from_minute: int, data):
    until_minute = data.draw(st.integers(from_minute + 1, 1440))
    zone = data.draw(st.sampled_from([SHANGHAI, NEW_YORK, APIA]))
    one = pattern(from_minute=from_minute, until_minute=until_minute, begins_on=date(2000, 1, 1))
    windows = planned(one, zone, now_ms=now_ms, ahead_days=7)
    assert len({w.day for w in windows}) == len(windows) <= 7
    assert all(now_ms < w.orders_until_ms <= w.from_ms < w.until_ms for w in windows)
    assert [w.from_ms for w in windows] == sorted(w.from_ms for w in windows)
    assert len({window_id(one, w) for w in windows}) == len(windows)


def test_the_end_of_a_day_is_the_beginning_of_the_next():
    assert to_moment(date(2026, 11, 11), 1440, SHANGHAI) == ms("2026-11-11T16:00:00Z")
