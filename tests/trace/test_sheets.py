"""The sheets and boxes of a batch are listed for those who print and pack, a page at a time."""

from collections.abc import AsyncIterator

import pytest

from livehub.base.auth import Role
from tests.trace.farm import BASE, GTIN, TraceFarm, farming


@pytest.fixture
async def farm(database_url: str) -> AsyncIterator[TraceFarm]:
    async with farming(database_url) as running:
        yield running


async def test_sheets_are_listed_the_latest_first_with_the_address_of_their_labels(farm: TraceFarm):
    batch = (await farm.batch("A1"))["id"]
    made = [await farm.done(f"POST /api/batches/{batch}/sheets", {"boxes": boxes}) for boxes in (2, 3)]
    listed = await farm.done(f"GET /api/batches/{batch}/sheets")
    assert {(each["id"], each["boxes"], each["url"]) for each in listed["items"]} == {
        (sheet["id"], len(sheet["serials"]), sheet["url"]) for sheet in made
    }
    first = await farm.done(f"GET /api/batches/{batch}/sheets?limit=1")
    rest = await farm.done(f"GET /api/batches/{batch}/sheets?limit=1&after={first['next']}")
    assert first["items"] + rest["items"] == listed["items"]
    assert rest["next"] is None


async def test_boxes_are_listed_by_serial_with_what_they_were_packed_for(farm: TraceFarm):
    batch = (await farm.batch("A1"))["id"]
    sheet = await farm.done(f"POST /api/batches/{batch}/sheets", {"boxes": 3})
    line = await farm.order_line()
    serials = sorted(sheet["serials"])
    code = f"{BASE}/01/{GTIN}/10/A1/21/{serials[1]}"
    await farm.done("POST /api/boxes", {"code": code, "order_line": line}, role=Role.PICKER)
    await farm.publish()
    listed = await farm.done(f"GET /api/batches/{batch}/boxes")
    assert [(each["serial"], each["sheet"], each["order_line"]) for each in listed["items"]] == [
        (serials[0], sheet["id"], None),
        (serials[1], sheet["id"], line),
        (serials[2], sheet["id"], None),
    ]
    assert (listed["items"][1]["code"], isinstance(listed["items"][1]["leaf"], int)) == (code, True)
    assert (listed["items"][0]["packed_at"], listed["items"][0]["leaf"]) == (None, None)
    first = await farm.done(f"GET /api/batches/{batch}/boxes?limit=2")
    assert first["next"] == serials[1]
    rest = await farm.done(f"GET /api/batches/{batch}/boxes?limit=2&after={first['next']}")
    assert ([each["serial"] for each in rest["items"]], rest["next"]) == ([serials[2]], None)


@pytest.mark.parametrize("what", ["sheets", "boxes"])
async def test_there_are_none_of_a_batch_that_there_is_not(farm: TraceFarm, what: str):
    answer = await farm.call(f"GET /api/batches/nothing/{what}")
    assert (answer.status, answer.body["name"]) == (404, "batch_not_found")
