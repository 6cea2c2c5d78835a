"""The announced start of a show can be moved and taken back, and never lies in the past; viewers meet hosts and the shop, and
no ops.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from livehub.base.auth import Role
from tests.base.conftest import served
from tests.base.served import NOW_S, Served

__all__ = ["served"]

LATER = datetime.fromtimestamp(NOW_S + 3_600, UTC).isoformat()
PAST = datetime.fromtimestamp(NOW_S, UTC).isoformat()
LATER_MS = int(NOW_S + 3_600) * 1000


async def view(served: Served) -> Any:
    return (await served.done("GET /api/rooms/farm"))["room"]["view"]


async def test_a_start_can_be_announced_moved_and_taken_back(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    assert (await view(served))["show"]["starts_ts"] is None
    assert (await served.done("PATCH /api/rooms/farm", {"starts_at": LATER}))["offset"] == 1
    assert (await view(served))["show"] == {
        "status": "scheduled", "since_ts": int(NOW_S) * 1000, "live_ts": None, "starts_ts": LATER_MS,
    }  # fmt: skip
    await served.done("PATCH /api/rooms/farm", {"title": "Another day"})
    assert (await view(served))["show"]["starts_ts"] == LATER_MS
    assert (await served.done("PATCH /api/rooms/farm", {"starts_at": None, "title": "No day"}))["offset"] == 4
    shown = await view(served)
    assert (shown["title"], shown["show"]["starts_ts"]) == ("No day", None)


async def test_a_start_that_is_moved_into_the_past_is_refused_and_nothing_changes(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    before = await served.contents()
    answer = await served.call("PATCH /api/rooms/farm", {"title": "New", "starts_at": PAST})
    assert (answer.status, answer.body["code"]) == (422, 2006)
    assert await served.contents() == before


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
async def test_a_start_that_utc_has_no_year_for_is_refused(served: Served, moment: str) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    before = await served.contents()
    for call, body in (("PATCH /api/rooms/farm", {}), ("POST /api/rooms", {"id": "other", "title": "Day"})):
        answer = await served.call(call, {**body, "starts_at": moment})
        assert (answer.status, answer.body["code"]) == (400, 1000)
    assert await served.contents() == before


async def test_the_start_of_a_show_that_has_begun_is_not_moved(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day", "starts_at": LATER})
    for status in ("live", "paused"):
        await served.done("POST /api/rooms/farm/state", {"status": status})
        before = await served.contents()
        for moment in (LATER, None):
            answer = await served.call("PATCH /api/rooms/farm", {"title": "New", "starts_at": moment})
            assert (answer.status, answer.body["code"]) == (409, 2007)
        assert await served.contents() == before
    await served.done("POST /api/rooms/farm/state", {"status": "ended"})
    await served.done("PATCH /api/rooms/farm", {"starts_at": LATER})
    assert (await view(served))["show"]["starts_ts"] == LATER_MS


@pytest.mark.parametrize(("role", "name"), [(Role.HOST, "The host"), (Role.OPS, "livehub"), (Role.ADMIN, "livehub")])
async def test_a_room_without_a_named_host_is_the_hosts_own_or_the_shops(served: Served, role: Role, name: str) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"}, role=role)
    assert (await view(served))["host"]["name"] == name


async def test_ops_make_a_room_for_a_host(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Day", "host": {"name": "青禾农场"}}, role=Role.OPS)
    assert (await view(served))["host"]["name"] == "青禾农场"
