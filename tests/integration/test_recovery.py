"""A client that comes back with its last position gets exactly the control messages it missed, in order, or is told plainly
that it cannot and gets a snapshot. However joins fall among controls, nothing is missed, doubled or out of order.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from tests.integration.bursts import Wanderer, burst
from tests.integration.follower import Follower
from tests.integration.server import InProcessServer, LocalServer
from tests.integration.viewers import Crowd

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]


async def notices(server: LocalServer, room: str, count: int) -> int:
    """So many control messages, one after the other; the offset of the last."""
    offset = 0
    for number in range(count):
        offset = (await server.do("PATCH", f"/api/rooms/{room}", {"notice": f"notice {number}"}))["offset"]
    return offset


@pytest.mark.parametrize("control_ring_max", [512, 2])  # the ring holds what was missed; only PostgreSQL holds it
async def test_a_client_that_returns_gets_exactly_what_it_missed(
    open_server: OpenServer, crowd: Crowd, control_ring_max: int
):
    async with open_server(control_ring_max=control_ring_max) as server:
        room = await server.room()
        stays, goes = await crowd.raw(server), await crowd.raw(server)
        await stays.join(room)
        joined = await goes.join(room)
        await goes.leave()
        head = await notices(server, room, 7)
        seen = await stays.inbox.count("control", 7)

        back = await crowd.raw(server)
        again = await back.join(room, since={"epoch": joined["epoch"], "offset": joined["offset"]})

        assert again["recovered"] is True
        assert again["missed"] == seen
        assert [control["offset"] for control in again["missed"]] == list(range(joined["offset"] + 1, head + 1))
        assert (again["epoch"], again["offset"]) == (joined["epoch"], head)
        upto = await back.join(room, since={"epoch": again["epoch"], "offset": head})
        assert (upto["recovered"], upto["missed"]) == (True, [])
        await notices(server, room, 1)
        assert (await back.inbox.until("control"))["offset"] == head + 1


async def test_nobody_is_told_the_text_of_a_line_that_was_restored_and_is_gone_again(
    server: InProcessServer, crowd: Crowd
):
    room = await server.room()
    mei = await crowd.raw(server, server.person("mei"))
    joined = await mei.join(room)
    line = (await mei.done("chat", {"room": room, "text": "call 12345"}))["id"]
    path = f"/api/rooms/{room}/chats/{line}"
    await server.do("DELETE", path)
    await server.do("POST", f"{path}/restore", {})  # at once, before the line may have been stored
    since = {"epoch": joined["epoch"], "offset": joined["offset"]}

    async def told() -> list[tuple[str, str]]:
        missed = (await (await crowd.raw(server)).join(room, since))["missed"]
        return [(each["type"], each["data"]["line"]["text"]) for each in missed if each["type"] == "chat_restore"]

    await mei.control("chat_restore")
    assert await told() == [("chat_restore", "call 12345")]
    await server.do("DELETE", path)
    await mei.inbox.count("control", 3)
    assert await told() == [("chat_restore", "")]


async def test_a_client_that_missed_too_much_gets_the_room_as_it_is(open_server: OpenServer, crowd: Crowd):
    async with open_server(control_recover_max=3, control_ring_max=8) as server:
        room = await server.room()
        viewer = await crowd.raw(server)
        joined = await viewer.join(room)
        head = await notices(server, room, 4)

        enough = await viewer.join(room, since={"epoch": joined["epoch"], "offset": head - 3})
        assert (enough["recovered"], [control["offset"] for control in enough["missed"]]) == (
            True,
            [head - 2, head - 1, head],
        )
        lost = await viewer.join(room, since={"epoch": joined["epoch"], "offset": head - 4})
        assert (lost["recovered"], lost["missed"], lost["offset"]) == (False, [], head)
        assert lost["room"]["view"]["notice"] == "notice 3"


async def test_a_position_that_never_was_gives_the_room_as_it_is(server: InProcessServer, crowd: Crowd):
    room = await server.room()
    viewer = await crowd.raw(server)
    joined = await viewer.join(room)
    epoch, head = joined["epoch"], joined["offset"]

    for since in (
        {"epoch": epoch, "offset": head + 1},
        {"epoch": epoch, "offset": 2**63},
        {"epoch": epoch, "offset": 2**100},
        {"epoch": "another", "offset": head},
        {"epoch": "", "offset": 0},
    ):
        again = await viewer.join(room, since=since)
        assert (again["recovered"], again["missed"]) == (False, []), since
        assert (again["room"]["view"], again["epoch"], again["offset"]) == (joined["room"]["view"], epoch, head)
    no_positions: list[Any] = [
        {"epoch": epoch, "offset": -1},
        {"epoch": epoch, "offset": 0.5},
        {"epoch": epoch},
        {"epoch": "e" * 33, "offset": 0},
        {"epoch": None, "offset": 0},
        [epoch, 0],
    ]
    for since in no_positions:
        assert (await viewer.refused("join", {"room": room, "since": since}))["code"] == 1000, since


async def test_a_position_of_another_room_recovers_nothing(server: InProcessServer, crowd: Crowd):
    one, other = await server.room(), await server.room()
    viewer = await crowd.raw(server)
    there = await viewer.join(other)

    joined = await viewer.join(one, since={"epoch": there["epoch"], "offset": 0})

    assert (joined["recovered"], joined["missed"]) == (False, [])


@pytest.mark.parametrize("control_ring_max", [512, 4])
async def test_joins_in_the_middle_of_a_burst_never_miss_double_or_reorder(
    open_server: OpenServer, crowd: Crowd, control_ring_max: int
):
    controls, wanderers = 100, 30
    async with open_server(control_ring_max=control_ring_max, fanout_slice=7) as server:
        room = await server.room()
        watcher = await crowd.raw(server)
        until_offset = (await watcher.join(room))["offset"] + controls
        wandering = [Wanderer([server], crowd, room, random.Random(seed)) for seed in range(wanderers)]

        async with asyncio.TaskGroup() as group:
            for wanderer in wandering:
                group.create_task(wanderer.wander(watcher, until_offset))
            await burst([server], room, controls)

        final = await (await crowd.raw(server)).join(room)
        assert final["offset"] == until_offset
        everything = Follower()
        everything.fold(watcher.inbox)
        assert everything.offsets == list(range(until_offset - controls + 1, until_offset + 1))
        last = Follower()
        last.join(final)
        for follower in (everything, *(wanderer.follower for wanderer in wandering)):
            assert (follower.epoch, follower.offset) == (final["epoch"], until_offset)
            assert follower.view == last.view
