"""Two processes whose bus loses everything (each has a Valkey of its own) are in step all the same, a moment later."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from livehub.embedded.servers import Valkey
from tests.integration.server import InProcessServer, eventually
from tests.integration.test_faults import is_back
from tests.integration.viewers import Crowd

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]


@pytest.fixture
async def two(open_server: OpenServer, folder: Path) -> AsyncIterator[list[InProcessServer]]:
    other = Valkey(folder / "other")
    limits = {"control_sync_s": 0.1, "chat_burst_max": 1_000, "socket_events_burst_max": 1_000}
    try:
        async with open_server(**limits) as here, open_server(redis_url=other.url, **limits) as there:
            for server in (here, there):
                await is_back(server)  # what each of them reads when it finds its bus and its database, it has read
            yield [here, there]
    finally:
        other.close()


async def test_a_direct_message_reaches_a_device_that_is_connected_elsewhere(two: list[InProcessServer], crowd: Crowd):
    here, there = two
    room = await here.room()
    phone = await crowd.raw(there, there.person("mei"))
    laptop = await crowd.raw(here, here.person("mei"))
    for device in (phone, laptop):
        await device.join(room)
    ids = []
    for number in range(3):  # the first may come with the greeting of a new device, the others cannot
        question = await phone.done("ask", {"room": room, "text": f"Question {number}?"})
        await here.do("POST", f"/api/rooms/{room}/questions/{question['id']}/answer", {"answer": "Yes."})
        ids.append(f"answer-{question['id']}")
        for device in (phone, laptop):
            await device.inbox.until("direct", lambda body: body["id"] == ids[-1])
    late = await crowd.raw(there, there.person("mei"))
    await late.inbox.count("direct", len(ids))
    devices = (phone, laptop, late)
    told = [len(device.inbox.of("direct")) for device in devices]
    for notice in ("a comparison later", "and another", "and one more"):
        await here.do("PATCH", f"/api/rooms/{room}", {"notice": notice})
        await phone.control("room", notice=notice)
    assert [len(device.inbox.of("direct")) for device in devices] == told
    for device in devices:
        assert {body["id"] for body in device.inbox.of("direct")} == set(ids)


async def test_a_change_of_the_word_lists_is_in_force_elsewhere(two: list[InProcessServer], crowd: Crowd):
    here, there = two
    room = await here.room()
    bo = await crowd.raw(there, there.person("bo"))
    await bo.join(room)
    await bo.done("chat", {"room": room, "text": "no raffle yet"})
    await here.do("PUT", "/api/moderation/words", {"block": ["raffle"], "hold": []}, by=here.ops)

    async def is_refused() -> bool:
        answer = await bo.call("chat", {"room": room, "text": "raffle"})
        return not answer["ok"] and bool(answer["error"]["name"] == "banned_word")

    await eventually(is_refused)
