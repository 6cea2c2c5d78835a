"""A direct message reaches every device of its person and processes where they are, whatever the bus and transactions do."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis

from livehub.embedded.servers import Valkey
from livehub.hub.broker import messages
from livehub.hub.hub import Hub
from livehub.hub.inbox.channels import OLD_CHANNEL
from livehub.hub.inbox.inbox import DirectPublished, Inbox
from livehub.room.wire import Direct
from tests.integration.server import InProcessServer, eventually
from tests.integration.test_faults import is_back
from tests.integration.viewers import Crowd

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]

INSERT = "INSERT INTO directs (id, user_id, type, ts, data) VALUES ($1, $2, 'note', 1, '{}')"


async def send(server: InProcessServer, user: str, id_: str, **data: Any) -> None:
    async with server.application.database.transaction() as tx:
        await server.application.get(Inbox).send(tx, user=user, id_=id_, type_="note", ts=1, data=data)


def inbox_channels(redis_url: str) -> set[str]:
    with redis.Redis.from_url(redis_url) as client:
        return {channel.decode() for channel in client.pubsub_channels("livehub:inbox:*")}


@pytest.fixture
async def deaf(open_server: OpenServer, folder: Path) -> AsyncIterator[InProcessServer]:
    """A process whose bus brings nothing of what `server` says."""
    other = Valkey(folder / "other")
    try:
        async with open_server(redis_url=other.url, control_sync_s=0.1) as there:
            await is_back(there)
            yield there
    finally:
        other.close()


@asynccontextmanager
async def transaction(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_process_listens_to_the_channels_of_those_who_are_there_alone(
    open_server: OpenServer, crowd: Crowd, redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("livehub.hub.inbox.channels.LINGER_S", 0.0)
    async with open_server(control_sync_s=0.1) as here, open_server(control_sync_s=0.1) as there:
        await is_back(here)
        await is_back(there)
        assert inbox_channels(redis_url) == set()
        phone, laptop = await crowd.raw(here, here.person("mei")), await crowd.raw(there, there.person("mei"))
        of_mei = here.application.get(Inbox)._channels.of("mei")

        async def only_hers() -> bool:
            return inbox_channels(redis_url) == {of_mei}

        await eventually(only_hers)
        await send(there, "mei", "1", text="hello")
        for device in (phone, laptop):
            assert (await device.inbox.until("direct"))["data"] == {"text": "hello"}
        await phone.leave()
        await laptop.leave()

        async def none() -> bool:
            return inbox_channels(redis_url) == set()

        await eventually(none)


async def test_a_message_that_commits_after_a_later_one_is_found_all_the_same(
    deaf: InProcessServer, crowd: Crowd, database_url: str
):
    mei = await crowd.raw(deaf, deaf.person("mei"))
    async with transaction(database_url) as slow, transaction(database_url) as quick:
        await quick.execute(INSERT, "first", "mei")
        await mei.inbox.until("direct", lambda body: body["id"] == "first")
        begun = slow.transaction()
        await begun.start()
        await slow.execute(INSERT, "slow", "mei")
        for number in range(3):  # each is found by a comparison that cannot see the slow one
            await quick.execute(INSERT, f"quick-{number}", "mei")
            await mei.inbox.count("direct", 2 + number)
        await begun.commit()
        await mei.inbox.until("direct", lambda body: body["id"] == "slow")
    assert [body["id"] for body in mei.inbox.of("direct")] == ["first", "quick-0", "quick-1", "quick-2", "slow"]


async def test_nobody_is_told_what_is_for_somebody_else(deaf: InProcessServer, crowd: Crowd, database_url: str):
    mei, bo = await crowd.raw(deaf, deaf.person("mei")), await crowd.raw(deaf, deaf.person("bo"))
    async with transaction(database_url) as connection:
        for number in range(5):
            await connection.execute(INSERT, f"bo-{number}", "bo")
            await connection.execute(INSERT, f"absent-{number}", "absent")
        await connection.execute(INSERT, "mei-0", "mei")
    await mei.inbox.until("direct", lambda body: body["id"] == "mei-0")
    await bo.inbox.count("direct", 5)
    assert [body["id"] for body in mei.inbox.of("direct")] == ["mei-0"]
    assert sorted(body["id"] for body in bo.inbox.of("direct")) == [f"bo-{number}" for number in range(5)]


async def test_what_a_process_of_the_release_before_publishes_is_heard(
    server: InProcessServer, crowd: Crowd, redis_url: str
):
    await is_back(server)
    mei = await crowd.raw(server, server.person("mei"))
    direct = Direct(id="old", type="note", ts=1, data={})
    with redis.Redis.from_url(redis_url) as old:
        payload = messages.encode(DirectPublished(worker="old", user="mei", direct=direct))
        assert old.publish(OLD_CHANNEL, payload) == 1
    await mei.inbox.until("direct", lambda body: body["id"] == "old")


async def test_a_channel_whose_people_come_back_before_it_is_left_stays(
    server: InProcessServer, crowd: Crowd, redis_url: str
):
    await is_back(server)
    for _ in range(3):
        mei = await crowd.raw(server, server.person("mei"))
        await mei.leave()
    mei = await crowd.raw(server, server.person("mei"))
    of_mei = server.application.get(Inbox)._channels.of("mei")

    async def is_heard() -> bool:
        return inbox_channels(redis_url) == {of_mei}

    await eventually(is_heard)
    channels = server.application.get(Inbox)._channels
    assert (dict(channels._people), channels._left_s) == ({of_mei: 1}, {})


async def test_many_are_stored_and_sent_at_once_and_each_id_is_one_message(server: InProcessServer, crowd: Crowd):
    await is_back(server)
    mei, bo = await crowd.raw(server, server.person("mei")), await crowd.raw(server, server.person("bo"))
    await send(server, "mei", "known")
    directs = [
        (user, Direct(id=id_, type="note", ts=1, data={"to": user}))
        for user, id_ in (("mei", "a"), ("bo", "b"), ("mei", "known"), ("bo", "c"), ("mei", "a"))
    ]
    async with server.application.database.transaction() as tx:
        await server.application.get(Inbox).send_many(tx, directs)
    await send(server, "mei", "last")
    await mei.inbox.until("direct", lambda body: body["id"] == "last")
    await bo.inbox.count("direct", 2)
    assert [body["id"] for body in mei.inbox.of("direct")] == ["known", "a", "last"]
    assert [(body["id"], body["data"]) for body in bo.inbox.of("direct")] == [("b", {"to": "bo"}), ("c", {"to": "bo"})]


async def test_what_the_bus_lost_reaches_a_device_that_was_here_before_another_one_got_it(
    open_server: OpenServer, crowd: Crowd, database_url: str
):
    async with open_server(control_sync_s=1.0) as server, transaction(database_url) as elsewhere:
        await is_back(server)
        phone = await crowd.raw(server, server.person("mei"))
        await send(server, "mei", "first")
        await phone.inbox.until("direct", lambda body: body["id"] == "first")
        await elsewhere.execute(INSERT, "lost", "mei")
        laptop = await crowd.raw(server, server.person("mei"))  # gets all that is unread, before the next comparison
        for device in (laptop, phone):
            await device.inbox.until("direct", lambda body: body["id"] == "lost")


async def test_who_came_without_a_token_gets_what_is_theirs_and_takes_no_channel(
    open_server: OpenServer, crowd: Crowd, redis_url: str
):
    async with open_server(control_sync_s=0.2) as server:
        await is_back(server)
        nobody = await crowd.raw(server)
        [connection] = server.application.get(Hub).clients.connections.values()
        inbox = server.application.get(Inbox)
        await eventually(lambda: _is_looked_at(inbox))
        assert inbox_channels(redis_url) == set()
        await send(server, connection.person.id, "won")
        await nobody.inbox.until("direct", lambda body: body["id"] == "won")
        await nobody.leave()
        await eventually(lambda: _is_forgotten(inbox))


async def _is_looked_at(inbox: Inbox) -> bool:
    return inbox._settled is not None


async def _is_forgotten(inbox: Inbox) -> bool:
    return not inbox._people
