"""The bus on a real Valkey and on a real Cluster of three: what is published arrives, and after whatever goes, comes back.

Nothing is said here about what was published meanwhile: that may be lost (tests/integration/test_cluster.py has the rooms).
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.asyncio.connection import Connection, UnixDomainSocketConnection
from redis.crc import key_slot

from livehub.embedded.cluster import Cluster
from livehub.embedded.servers import Valkey
from livehub.hub.broker.broker import Broker
from livehub.hub.settings import HubConfig
from tests.conftest import new_folder
from tests.patience import PATIENCE_S


class Ear:
    """A process's bus, and what it heard."""

    def __init__(self, url: str) -> None:
        config = HubConfig(redis_url=url, redis_timeout_s=1.0, redis_retry_s=0.05)
        self.alive: list[tuple[str, bytes]] = []
        self.changes = 0
        self.bus = Broker(config, receive=self._receive, on_change=self._changed)

    def _receive(self, channel: str, payload: bytes) -> None:
        self.alive.append((channel, payload))

    def _changed(self) -> None:
        self.changes += 1

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110  (what is waited for may be in the server)
                await asyncio.sleep(0.01)

    async def is_connected(self) -> None:
        await self.until(lambda: self.bus.connected)

    async def is_lost(self) -> None:
        await self.until(lambda: not self.bus.connected)

    async def hears(self, speaker: Broker, channel: str, word: bytes) -> None:
        """Said again until it is heard: a subscription is there a moment after it was asked for."""
        async with asyncio.timeout(PATIENCE_S):
            while (channel, word) not in self.alive:
                speaker.publish(channel, word)
                await asyncio.sleep(0.02)


@asynccontextmanager
async def listening(url: str, *channels: str) -> AsyncIterator[Ear]:
    ear = Ear(url)
    for channel in channels:
        await ear.bus.subscribe(channel)
    ear.bus.start()
    try:
        yield ear
    finally:
        await ear.bus.stop()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with new_folder() as folder:
        running = Cluster(folder)
        yield running
        running.close()


def channels_on(cluster: Cluster, node: int, count: int, name: str) -> list[str]:
    """Channels whose slots are this node's now."""
    found = (f"{name}-{number}" for number in range(1_000))
    return [
        next(channel for channel in found if cluster.owner(key_slot(channel.encode())) == node) for _ in range(count)
    ]


# --- one server ---


async def test_a_subscription_is_confirmed_and_what_is_published_next_comes(redis_url: str):
    async with listening(redis_url) as speaker, listening(redis_url) as ear:
        await speaker.is_connected()
        assert not await Broker(HubConfig(), receive=ear._receive, on_change=ear._changed).subscribe("a")
        await ear.is_connected()
        for number in range(20):
            assert await ear.bus.subscribe(f"channel-{number}", f"beside-{number}")
            assert speaker.bus.publish(f"channel-{number}", b"at once")
        await ear.until(lambda: len(ear.alive) == 20)


async def test_nothing_is_waited_for_while_the_server_is_away(valkey: Valkey):
    async with listening(valkey.url) as ear:
        await ear.is_connected()
        await asyncio.to_thread(valkey.kill)
        await ear.is_lost()
        assert not await ear.bus.subscribe("a")
        await asyncio.to_thread(valkey.start)
        await ear.hears(ear.bus, "a", b"1")


@pytest.mark.parametrize("lost", ["pubsub", "normal"])
async def test_whichever_connection_is_lost_both_begin_again_even_if_the_other_forgets_that_it_was_to_end(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, lost: str
):
    """As `asyncio.wait_for`, by which redis-py sends, does on Python 3.11 when it was cancelled as it was about to return."""
    forgotten: list[str] = []
    read = Connection.read_response

    async def forgetful(connection: Connection, *args: Any, **kwargs: Any) -> Any:
        try:
            return await read(connection, *args, **kwargs)
        except asyncio.CancelledError:
            forgotten.append("once")
            if len(forgotten) > 1:
                raise
            return await read(connection, *args, **kwargs)

    async with listening(redis_url, "a") as ear:
        await ear.is_connected()
        monkeypatch.setattr(UnixDomainSocketConnection, "read_response", forgetful)
        busy = asyncio.create_task(_talk(ear.bus))
        await asyncio.sleep(1.5)  # so that both wait in it
        changes = ear.changes
        await asyncio.to_thread(redis.from_url(redis_url).client_kill_filter, _type=lost)
        await ear.until(lambda: ear.changes >= changes + 2)
        await ear.is_connected()
        busy.cancel()
        await ear.hears(ear.bus, "a", b"1")


async def _talk(bus: Broker) -> None:
    while True:
        bus.publish("b", b"word")
        await asyncio.sleep(0)


async def test_a_channel_left_and_entered_again_at_once_is_neither_lost_nor_taken_for_moved(redis_url: str):
    async with listening(redis_url, "a") as ear:
        await ear.is_connected()
        changes = ear.changes
        line = ear.bus._connections[None]
        for _ in range(50):
            await asyncio.gather(ear.bus.unsubscribe("a"), ear.bus.subscribe("a"))
            assert not line.resubscribing
        assert await ear.bus.subscribe("a")
        await ear.hears(ear.bus, "a", b"1")
        await ear.bus.unsubscribe("a")
        assert await ear.bus.subscribe("b")  # answered after the other
        ear.bus.publish("a", b"2")
        await ear.hears(ear.bus, "b", b"3")
        assert ("a", b"2") not in ear.alive
        assert (ear.changes, line.resubscribing, line._leaving.total()) == (changes, False, 0)


async def test_a_reader_that_raises_costs_that_message_alone(redis_url: str, monkeypatch: pytest.MonkeyPatch):
    async with listening(redis_url, "a") as ear:
        await ear.is_connected()
        heard = ear.alive

        class Picky(list[tuple[str, bytes]]):
            def append(self, message: tuple[str, bytes]) -> None:
                if message[1] == b"poison":
                    raise RuntimeError("a defect of a reader")
                heard.append(message)

        monkeypatch.setattr(ear, "alive", Picky())
        changes = ear.changes
        assert ear.bus.publish("a", b"poison")
        assert ear.bus.publish("a", b"food")
        await ear.until(lambda: ("a", b"food") in heard)
        assert ear.bus.connected
        assert ear.changes == changes


async def test_any_exception_is_a_lost_connection_and_it_begins_again(redis_url: str):
    async with listening(redis_url, "a") as ear:
        await ear.is_connected()
        line = ear.bus._connections[None]

        def raises() -> None:
            raise RuntimeError("a defect of whoever is told")

        line._on_change = raises
        assert line._listening is not None
        await line._listening.disconnect(nowait=True)
        await ear.is_lost()
        assert not ear.bus.publish("a", b"1")
        line._on_change = ear._changed
        await ear.hears(ear.bus, "a", b"2")
        assert ear.bus.connected


async def test_only_who_listens_to_a_channel_hears_it_and_only_until_it_stops(valkey: Valkey):
    async with listening(valkey.url, "a", "b") as ear, listening(valkey.url) as speaker:
        await ear.is_connected()
        await speaker.is_connected()
        await ear.hears(speaker.bus, "a", b"1")
        await ear.bus.unsubscribe("a")
        await ear.bus.subscribe("c")
        await ear.hears(speaker.bus, "c", b"2")
        speaker.bus.publish("a", b"3")
        await ear.hears(speaker.bus, "b", b"4")
        assert ("a", b"3") not in ear.alive
        assert ear.changes == 1  # an ordinary subscription is no change of the bus
        assert speaker.bus.dropped == 0


async def test_a_server_that_is_not_there_yet_is_waited_for(valkey: Valkey):
    valkey.stop()
    async with listening(valkey.url, "a") as ear:
        assert not ear.bus.publish("a", b"1")
        assert ear.bus.dropped == 1
        await asyncio.to_thread(valkey.start)
        await ear.is_connected()
        await ear.hears(ear.bus, "a", b"2")


async def test_connections_that_are_cut_are_made_anew_whichever_they_were(valkey: Valkey):
    async with listening(valkey.url, "a") as ear:
        await ear.is_connected()
        for kind in ("pubsub", "normal"):  # who listens, who publishes
            changes = ear.changes
            with redis.Redis.from_url(valkey.url) as client:
                client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
            await ear.until(lambda: ear.changes >= changes + 2)  # noqa: B023  (awaited right here)
            await ear.is_connected()
            await ear.hears(ear.bus, "a", kind.encode())


async def test_a_server_that_hangs_is_noticed(valkey: Valkey):
    async with listening(valkey.url, "a") as ear:
        await ear.is_connected()
        os.kill(valkey.pid, signal.SIGSTOP)
        try:
            await ear.is_lost()
        finally:
            os.kill(valkey.pid, signal.SIGCONT)
        await ear.is_connected()
        await ear.hears(ear.bus, "a", b"1")


LEAST = "&livehub:* +ping +publish +subscribe +unsubscribe +client|setinfo"


@pytest.mark.parametrize("rights", [LEAST, f"{LEAST} +info"])
async def test_the_least_rights_that_operations_names_are_enough(folder: Path, rights: str):
    server = Valkey(folder, port=0)
    try:
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("ACL", "SETUSER", "livehub", "reset", "on", ">word", *rights.split())
        async with listening(f"redis://livehub:word@127.0.0.1:{server.port}/0", "livehub:a") as ear:
            await ear.is_connected()
            await ear.hears(ear.bus, "livehub:a", b"1")
    finally:
        server.close()


async def test_the_least_rights_in_a_cluster_are_enough(cluster: Cluster):
    rights = f"{LEAST} +info +ssubscribe +sunsubscribe +spublish +cluster|slots"
    for node in range(3):
        cluster.ask(node, "ACL", "SETUSER", "livehub", "reset", "on", ">word", *rights.split())
    async with listening(f"redis://livehub:word@127.0.0.1:{cluster.nodes[1].port}/0", "livehub:a") as ear:
        await ear.is_connected()
        await ear.hears(ear.bus, "livehub:a", b"1")


async def test_what_waits_has_a_bound(valkey: Valkey, monkeypatch: pytest.MonkeyPatch):
    async with listening(valkey.url, "a") as ear:
        await ear.is_connected()
        taken = [ear.bus.publish("a", b"x") for _ in range(10_001)]  # all in one turn of the loop
        assert taken.count(False) == ear.bus.dropped == 1
        await ear.until(lambda: len(ear.alive) == 10_000)


# --- a Cluster ---


async def test_each_channel_goes_over_the_node_that_owns_its_slot(cluster: Cluster):
    channels = [channels_on(cluster, node, 2, "spread") for node in range(3)]
    everything = [channel for some in channels for channel in some]
    async with listening(cluster.url, *everything) as ear, listening(cluster.nodes[2].url) as speaker:
        await ear.is_connected()
        await speaker.is_connected()
        for channel in everything:
            await ear.hears(speaker.bus, channel, b"1")
        for node, some in enumerate(channels):
            assert sorted(cluster.ask(node, "PUBSUB", "SHARDCHANNELS", "spread-*")) == sorted(some)
        on_loop_lag = channels_on(cluster, 1, 3, "spread")[-1]
        await ear.bus.subscribe(on_loop_lag)
        await ear.hears(speaker.bus, on_loop_lag, b"2")


async def test_while_a_node_is_away_the_others_go_on(cluster: Cluster):
    here, there = (channels_on(cluster, node, 1, "away")[0] for node in (0, 1))
    async with listening(cluster.url, here, there) as ear, listening(cluster.url) as speaker:
        await ear.is_connected()
        await speaker.is_connected()
        await ear.hears(speaker.bus, there, b"1")
        changes = ear.changes

        await asyncio.to_thread(cluster.nodes[1].kill)
        await ear.is_lost()
        await speaker.is_lost()
        await ear.hears(speaker.bus, here, b"2")
        assert not speaker.bus.publish(there, b"3")

        await asyncio.to_thread(cluster.nodes[1].start)
        await ear.is_connected()
        await speaker.is_connected()
        await ear.hears(speaker.bus, there, b"4")
        assert ear.changes >= changes + 2


async def test_a_slot_that_moves_is_followed(cluster: Cluster):
    channel = channels_on(cluster, 0, 1, "moving")[0]
    slot = key_slot(channel.encode())
    async with listening(cluster.url, channel) as ear, listening(cluster.url) as speaker:
        await ear.is_connected()
        await speaker.is_connected()
        for node in (2, 1, 0):
            changes = ear.changes
            await asyncio.to_thread(cluster.move, slot, node)
            await ear.until(lambda: ear.changes > changes)  # noqa: B023  (awaited right here)
            await ear.is_connected()
            await ear.hears(speaker.bus, channel, f"on {node}".encode())
            assert cluster.ask(node, "PUBSUB", "SHARDCHANNELS", "moving-*") == [channel]


async def test_a_replica_that_takes_over_is_followed(folder: Path):
    cluster = Cluster(folder)
    try:
        await asyncio.to_thread(cluster.add_replica, 1)
        channel, other = channels_on(cluster, 1, 1, "taken-over")[0], channels_on(cluster, 2, 1, "not-taken-over")[0]
        async with listening(cluster.url, channel, other) as ear, listening(cluster.url) as speaker:
            await ear.is_connected()
            await speaker.is_connected()
            changes = ear.changes
            await asyncio.to_thread(cluster.nodes[1].kill)
            await ear.is_lost()
            await ear.hears(speaker.bus, other, b"1")
            await ear.is_connected()  # the dead node stays dead
            await ear.hears(speaker.bus, channel, b"2")
            assert ear.changes >= changes + 2
    finally:
        cluster.close()


async def test_a_first_look_that_finds_the_named_node_away_waits_for_it(cluster: Cluster):
    await asyncio.to_thread(cluster.nodes[0].kill)
    async with listening(cluster.url, "first") as ear:
        assert not ear.bus.connected
        await asyncio.to_thread(cluster.nodes[0].start)
        await ear.is_connected()
        await ear.hears(ear.bus, "first", b"1")
