"""Where a batch is now, as whoever bought of it sees it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from livehub.base.auth import Role
from tests.base.served import serving
from tests.trace.coldchain.van import Van
from tests.trace.farm import GTIN, PLACE


@pytest.fixture
async def van(database_url: str) -> AsyncIterator[Van]:
    async with serving(database_url) as served:
        yield Van(served)


async def harvested(van: Van) -> str:
    body = {
        "product": "blueberries", "gtin": GTIN, "lot": "20261128A", "harvested_at": van.now_ms, "place": PLACE, "units": 40,
    }  # fmt: skip
    return str((await van.done("POST /api/batches", body))["id"])


async def told(van: Van, batch: str) -> dict[str, Any]:
    answer = await van.call(f"GET /api/batches/{batch}/latest", role=None)
    assert answer.status == 200, answer
    return dict(answer.body)


async def test_a_batch_is_followed_from_the_field_to_the_door(van: Van):
    batch = await harvested(van)
    said = await told(van, batch)
    assert (said["path"], said["made_by"], said["made_in"]) == (f"/01/{GTIN}/10/20261128A", "harvest", PLACE["name"])
    assert (said["step"], said["on_the_way_since"], said["celsius"], said["breaches"]) == (None, None, None, 0)

    packed = {"kind": "packed", "at": van.now_ms, "place": PLACE, "celsius": 4.0}
    await van.done(f"POST /api/batches/{batch}/steps", packed)
    assert {**(await told(van, batch))["step"], "at": None} == {
        "kind": "packed", "at": None, "place": PLACE["name"], "celsius": 4.0,
    }  # fmt: skip

    await van.rule("blueberries", high_c=8.0, minutes=5.0)
    cool, warm = await van.device("Front"), await van.device("Door")
    assert (await van.say(cool, 3.0)).status == 200
    van.later(1)
    shipment = await van.shipment([cool, warm], [batch])
    assert ((said := await told(van, batch))["celsius"], said["measured_at"]) == (
        None,
        None,
    )  # what was before counts not
    assert said["on_the_way_since"] is not None
    for _ in range(2):
        van.later(1)
        await van.say(cool, 3.5)
        await van.say(warm, 4.1)
    said = await told(van, batch)
    assert (said["celsius"], said["is_out_of_limits"], said["breaches"]) == (4.1, False, 0)

    await van.live(warm, *[12.0] * 8)
    said = await told(van, batch)
    assert (said["celsius"], said["is_out_of_limits"], said["breaches"]) == (12.0, True, 1)
    await van.live(warm, 5.0)
    said = await told(van, batch)
    assert (said["celsius"], said["is_out_of_limits"], said["breaches"]) == (5.0, False, 1)

    await van.done(f"POST /api/shipments/{shipment}/end", {})
    said = await told(van, batch)
    assert (said["on_the_way_since"], said["celsius"], said["breaches"]) == (None, None, 1)


async def test_a_warm_hand_over_is_a_breach_and_no_temperature_of_now(van: Van):
    batch, sensor = await harvested(van), await van.device()
    await van.rule("blueberries", high_c=20.0, handover_c=8.0)
    shipment = await van.shipment([sensor], [batch])
    await van.done(f"POST /api/shipments/{shipment}/handovers", {"celsius": 9.0, "place": "Gate"})
    await van.live(sensor, 4.1)
    said = await told(van, batch)
    assert (said["celsius"], said["is_out_of_limits"], said["breaches"]) == (4.1, False, 1)


async def test_what_was_done_at_somebodys_door_has_no_place(van: Van):
    batch = await harvested(van)
    await van.done(f"POST /api/batches/{batch}/steps", {"kind": "delivered", "at": van.now_ms, "place": PLACE})
    step = (await told(van, batch))["step"]
    assert (step["kind"], step["place"]) == ("delivered", None)


async def test_of_no_batch_nothing_is_told(van: Van):
    answer = await van.call("GET /api/batches/nothing/latest", role=Role.VIEWER)
    assert (answer.status, answer.body["name"]) == (404, "batch_not_found")
