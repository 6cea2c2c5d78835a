"""Two processes on a Valkey Cluster of three nodes: rooms whose channels live on different nodes, one of which is killed and
comes back, and one of whose slots moves. No control message is lost, told twice or told out of order, in any room.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import aiohttp
import pytest
from redis.crc import key_slot

from livehub.embedded.cluster import Cluster
from livehub.hub.broker.messages import room_channel
from tests.integration.follower import Follower
from tests.integration.processes import Processes, Worker, environment, ready
from tests.integration.server import LocalServer, eventually
from tests.integration.test_faults import Host, is_away, is_back, joined, reached, told
from tests.integration.viewers import Crowd, RawViewer


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    running = Cluster(folder)
    yield running
    running.close()


@pytest.fixture
async def two(
    cluster: Cluster, database_url: str, folder: Path, session: aiohttp.ClientSession
) -> AsyncIterator[list[Worker]]:
    with ExitStack() as stack:
        processes = Processes(environment(database_url, cluster.url, chat_burst_max=100), folder, stack)
        yield await ready(processes.workers(2), session)


def slot_of(room: str) -> int:
    return key_slot(room_channel(room).encode())


async def room_on(server: LocalServer, cluster: Cluster, node: int) -> str:
    """A room whose channel is on this node."""
    while True:
        room = await server.room()
        if cluster.owner(slot_of(room)) == node:
            return room


async def heard_across(viewers: list[RawViewer], room: str, text: str) -> None:
    """A line of the first, who is on one process, reaches the second, who is on another: only the bus can bring it."""
    speaker, listener = viewers
    await speaker.done("chat", {"room": room, "text": text})
    await listener.line(text)


async def told_everything(viewers: list[RawViewer], server: LocalServer, host: Host, room: str, first: int) -> None:
    last = (await server.do("PATCH", f"/api/rooms/{room}", {"notice": "the end"}))["offset"]
    assert host.refused == []
    for viewer in viewers:
        await reached(viewer, last)
        follower = Follower()
        follower.fold(viewer.inbox)
        assert follower.offsets == list(range(first, last + 1))
        assert set(host.accepted) <= set(follower.offsets)


async def test_a_node_that_dies_and_comes_back_and_a_slot_that_moves(two: list[Worker], cluster: Cluster, crowd: Crowd):
    here, there = two
    rooms = [await room_on(here, cluster, node) for node in range(3)]
    watchers = {
        room: [await joined(crowd, here, room, f"mei-{n}"), await joined(crowd, there, room, f"bo-{n}")]
        for n, room in enumerate(rooms)
    }
    first = {room: (await here.do("GET", f"/api/rooms/{room}"))["offset"] + 1 for room in rooms}
    hosts = {room: Host(here, room) for room in rooms}
    async with asyncio.TaskGroup() as group:
        sending = [group.create_task(host.go_on()) for host in hosts.values()]
        for room in rooms:
            await heard_across(watchers[room], room, "before")
        await a_node_is_away_for_a_while(two, cluster, watchers, hosts)
        await a_slot_moves(cluster, rooms[1], to=2)
        for room in rooms:
            await heard_across(watchers[room], room, "after the move")
        for task in sending:
            task.cancel()
    for room in rooms:
        await told_everything(watchers[room], here, hosts[room], room, first[room])


async def a_node_is_away_for_a_while(
    servers: list[Worker], cluster: Cluster, watchers: dict[str, list[RawViewer]], hosts: dict[str, Host]
) -> None:
    """The node of the second room."""
    await asyncio.to_thread(cluster.nodes[1].kill)
    for server in servers:
        await is_away(server, "valkey")
    first, _, third = watchers
    for room in (first, third):
        await heard_across(watchers[room], room, "without the other node")
    for room, viewers in watchers.items():
        await eventually(hosts[room].has_sent)
        await reached(viewers[1], hosts[room].accepted[-1])
    await asyncio.to_thread(cluster.nodes[1].start)
    for server in servers:
        await is_back(server)
    for room, viewers in watchers.items():
        for viewer in viewers:
            await told(viewer, "degraded", "restored")
        await heard_across(viewers, room, "again")


async def a_slot_moves(cluster: Cluster, room: str, *, to: int) -> None:
    """Both processes follow."""
    await asyncio.to_thread(cluster.move, slot_of(room), to)

    async def is_followed() -> bool:
        return bool(cluster.ask(to, "PUBSUB", "SHARDNUMSUB", room_channel(room))[1] == 2)

    await eventually(is_followed)
