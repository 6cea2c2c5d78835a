"""Two processes whose bus loses everything (each has a Valkey of its own) are in step all the same, a moment later."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from livehub.embedded import Valkey
from tests.integration.house import LocalHouse, eventually
from tests.integration.viewers import Crowd

OpenHouse = Callable[..., AbstractAsyncContextManager[LocalHouse]]


@pytest.fixture
async def two(open_house: OpenHouse, folder: Path) -> AsyncIterator[list[LocalHouse]]:
    other = Valkey(folder / "other")
    try:
        async with open_house(control_sync_s=0.1) as here, open_house(control_sync_s=0.1, redis_url=other.url) as there:
            yield [here, there]
    finally:
        other.close()


async def test_a_direct_message_reaches_a_device_that_is_connected_elsewhere(two: list[LocalHouse], crowd: Crowd):
    here, there = two
    room = await here.room()
    phone = await crowd.raw(there, there.person("mei"))
    laptop = await crowd.raw(here, here.person("mei"))
    for device in (phone, laptop):
        await device.join(room)
    asked = [await phone.done("ask", {"room": room, "text": f"Question {n}?"}) for n in range(2)]
    for question in asked:
        await here.do("POST", f"/api/rooms/{room}/questions/{question['id']}/answer", {"answer": "Yes."})
    ids = [f"answer-{question['id']}" for question in asked]
    for device in (phone, laptop):
        await device.inbox.until("direct", lambda body: body["id"] == ids[-1])
    late = await crowd.raw(there, there.person("mei"))
    await late.inbox.count("direct", 2)
    devices = (phone, laptop, late)
    told = [len(device.inbox.of("direct")) for device in devices]
    for notice in ("a comparison later", "and another", "and one more"):
        await here.do("PATCH", f"/api/rooms/{room}", {"notice": notice})
        await phone.control("room", notice=notice)
    assert [len(device.inbox.of("direct")) for device in devices] == told
    for device in devices:
        assert {body["id"] for body in device.inbox.of("direct")} == set(ids)


async def test_a_change_of_the_word_lists_is_in_force_elsewhere(two: list[LocalHouse], crowd: Crowd):
    here, there = two
    room = await here.room()
    bo = await crowd.raw(there, there.person("bo"))
    await bo.join(room)
    await bo.done("chat", {"room": room, "text": "no raffle yet"})
    await here.do("PUT", "/api/moderation/words", {"block": ["raffle"], "hold": []}, by=here.ops)

    async def is_refused() -> bool:
        return not (await bo.call("chat", {"room": room, "text": "raffle"}))["ok"]

    await eventually(is_refused)
