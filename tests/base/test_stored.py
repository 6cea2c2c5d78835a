"""Whatever a call was allowed to store can be read back by everybody: no stored room or message may be out of its own bounds.

A row that cannot be decoded would fail every list of rooms, and every process that follows the room, for ever.
"""

import msgspec
import pytest

from livehub.base.auth import ALGORITHM, ISSUER
from tests.base.served import SECRET, Served
from tests.room import said
from tests.tokens import jwt


async def readable(served: Served) -> int:
    """How many rooms and messages there are; fails on one that does not decode."""
    states = await served.database.fetch("SELECT state::text FROM rooms")
    messages = await served.database.fetch("SELECT data::text FROM room_controls")
    for (state,) in states:
        assert said.REGISTRY.read("farm", state).faults == ()
    for (data,) in messages:
        assert msgspec.json.decode(data, type=said.REGISTRY.data_type()) is not None
    assert (await served.call("GET /api/rooms", role=None)).status == 200
    return len(states) + len(messages)


@pytest.mark.parametrize("name", ["n" * 121, "名" * 200, " "])
async def test_a_room_without_a_host_is_hosted_by_its_maker_whatever_they_are_called(served: Served, name: str) -> None:
    claims = {"iss": ISSUER, "sub": "maker", "name": name, "role": "host", "exp": int(served.clock()) + 60}
    token = jwt(claims, SECRET, ALGORITHM)  # as a sign-in of their own may
    headers = {"Authorization": f"Bearer {token}"}
    made = await served.call("POST /api/rooms", {"id": "farm", "title": "x"}, role=None, headers=headers)
    assert made.status == 201
    assert made.body["room"]["view"]["host"]["name"] == (name.strip() or "maker")[:120]
    assert await readable(served) == 1


async def test_a_moment_without_its_place_on_earth_is_refused(served: Served) -> None:
    no_year_in_utc = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
    for moment in ("2026-05-01T08:00:00", "0001-01-01T00:00:00", *no_year_in_utc):
        before = await served.contents()
        answer = await served.call("POST /api/rooms", {"title": "x", "starts_at": moment})
        assert (answer.status, answer.body["name"]) == (400, "bad_request")
        assert await served.contents() == before


@pytest.mark.parametrize(
    ("moment", "starts_ts"),
    [
        ("2026-05-01T08:00:00+08:00", 1_777_593_600_000),
        ("2026-05-01T00:00:00Z", 1_777_593_600_000),
        ("0001-01-01T14:00:00+14:00", -62_135_596_800_000),
        ("9999-12-31T09:59:59-14:00", 253_402_300_799_000),
    ],
)
async def test_a_show_starts_at_its_moment_wherever_it_was_written(served: Served, moment: str, starts_ts: int) -> None:
    made = await served.done("POST /api/rooms", {"title": "x", "starts_at": moment})
    assert made["room"]["view"]["show"]["starts_ts"] == starts_ts
    assert await readable(served) == 1


async def test_a_deleted_line_has_the_bounds_of_an_id(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "x"})
    for line in ("x" * 64, "x" * 65, "字" * 64, "字" * 65):
        await served.call(f"DELETE /api/rooms/farm/chats/{line}")
    assert await readable(served) == 3
