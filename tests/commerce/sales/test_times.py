"""A moment is what its text says, in the shop's zone where it says none; a local time that is no moment, or two, is refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from commerce.sales.times import window
from livehub.base.errors import BadRequest
from livehub.base.moments import END_MS, to_ms

SHANGHAI, NEW_YORK, LORD_HOWE = (
    ZoneInfo(name) for name in ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe")
)
NOW_MS = 1_800_000_000_000
FROM, UNTIL = (datetime.fromisoformat(f"{year}-01-01T00:00") for year in (1971, 2099))


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("2026-11-29T20:00:00+08:00", NEW_YORK, "2026-11-29T12:00:00+00:00"),
        ("2026-11-29T20:00Z", NEW_YORK, "2026-11-29T20:00:00+00:00"),
        ("2026-11-29T20:00", SHANGHAI, "2026-11-29T12:00:00+00:00"),
        ("2026-11-29 20:00:30.25", SHANGHAI, "2026-11-29T12:00:30.250000+00:00"),
        ("2026-03-08T01:59:59", NEW_YORK, "2026-03-08T06:59:59+00:00"),
        ("2026-03-08T03:00", NEW_YORK, "2026-03-08T07:00:00+00:00"),  # one second later
        ("2026-11-01T00:59:59", NEW_YORK, "2026-11-01T04:59:59+00:00"),
        ("2026-11-01T02:00", NEW_YORK, "2026-11-01T07:00:00+00:00"),
        ("2026-11-01T01:30-05:00", NEW_YORK, "2026-11-01T06:30:00+00:00"),  # which of the two is said
    ],
)
def test_a_text_is_the_moment_that_it_says(text: str, zone: ZoneInfo, utc: str):
    assert to_ms(text, zone, "opens_at") == int(datetime.fromisoformat(utc).timestamp() * 1000)


def test_a_number_is_unix_ms():
    assert to_ms(NOW_MS, SHANGHAI, "opens_at") == NOW_MS


@pytest.mark.parametrize(
    ("text", "zone", "why"),
    [
        ("2026-03-08T02:00", NEW_YORK, "opens_at: 2026-03-08 02:00:00 does not exist in America/New_York"),
        ("2026-03-08T02:59:59", NEW_YORK, "does not exist"),
        ("2026-10-04T02:15", LORD_HOWE, "does not exist"),  # by half an hour only
        ("2026-11-01T01:00", NEW_YORK, "opens_at: 2026-11-01 01:00:00 occurs twice in America/New_York"),
        ("2026-11-01T01:59:59.999", NEW_YORK, "occurs twice"),
        ("1986-05-04T02:30", SHANGHAI, "does not exist"),  # in that year China changed its clocks
    ],
)
def test_a_local_time_that_is_none_or_two_is_refused(text: str, zone: ZoneInfo, why: str):
    with pytest.raises(BadRequest, match=why):
        to_ms(text, zone, "opens_at")


@pytest.mark.parametrize(
    "moment",
    [
        "", "now", "2026-11-29", "20:00", "2026-11-29T25:00", "2026-02-30T10:00", "2026-W48-7T10:00", "20261129T100000",
        "2026-11-29T20:00+99:99", "2026-11-29T20:00 Asia/Shanghai", "1969-12-31T23:59Z", "0001-01-01T00:00", "٢٠٢٦-11-29T20:00",
        "9999-12-31T23:59", "2026-11-29T20:00\n", END_MS, -1,
    ],
)  # fmt: skip
def test_what_is_no_moment_is_refused_with_the_name_of_its_field(moment: str | int):
    for zone in (SHANGHAI, NEW_YORK):
        with pytest.raises(BadRequest, match=r"^closes_at: "):
            to_ms(moment, zone, "closes_at")


@given(st.datetimes(FROM, UNTIL), st.sampled_from([SHANGHAI, NEW_YORK, LORD_HOWE]))
def test_every_local_time_that_is_taken_is_the_only_moment_with_that_local_time(local: datetime, zone: ZoneInfo):
    local = local.replace(microsecond=0)
    try:
        ms = to_ms(local.isoformat(), zone, "opens_at")
    except BadRequest:
        assume(False)  # noqa: FBT003
        raise
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    shown = [(moment + timedelta(minutes=m)).astimezone(zone).replace(tzinfo=None) for m in range(-120, 121, 30)]
    assert [at for at, there in enumerate(shown) if there == local] == [4]


def test_a_window_is_by_hand_where_nothing_is_said_and_begins_now_if_it_should_have_begun():
    assert window(None, None, SHANGHAI, now_ms=NOW_MS) == (None, None)
    assert window(NOW_MS - 1, NOW_MS + 1, SHANGHAI, now_ms=NOW_MS) == (NOW_MS, NOW_MS + 1)
    assert window(NOW_MS + 5, None, SHANGHAI, now_ms=NOW_MS) == (NOW_MS + 5, None)
    assert window(None, NOW_MS + 5, SHANGHAI, now_ms=NOW_MS) == (None, NOW_MS + 5)


@pytest.mark.parametrize(
    ("opens", "closes", "why"),
    [
        (NOW_MS + 5, NOW_MS + 5, "closes_at: it must be after opens_at"),
        (NOW_MS + 5, NOW_MS + 4, "closes_at: it must be after opens_at"),
        (0, NOW_MS, "closes_at: it is over already"),
        (None, NOW_MS - 1, "closes_at: it is over already"),
    ],
)
def test_a_window_that_is_over_or_empty_is_refused(opens: int | None, closes: int, why: str):
    with pytest.raises(BadRequest, match=why):
        window(opens, closes, SHANGHAI, now_ms=NOW_MS)
