"""What is broken stays where it is: a line, a tick, a message on the bus, a task. The room goes on, and all others too."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import asyncpg
import msgspec
import pytest
import redis

from livehub.base import tasks
from livehub.base.config import Settings
from livehub.hub.broker.messages import room_channel
from livehub.hub.hub import Hub
from livehub.room.models import ChatLine
from tests.integration.server import InProcessServer, eventually, opened
from tests.integration.test_faults import is_away, is_back
from tests.integration.test_task_drill import OTHER_TASKS, all_fail_once
from tests.integration.viewers import Crowd

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]

LONE_SURROGATE = "M\ud800ei"


async def test_a_line_that_cannot_be_encoded_is_dropped_and_everything_else_arrives(
    server: InProcessServer, crowd: Crowd
):
    room = await server.room()
    viewer = await crowd.raw(server, server.person("mei"))
    await viewer.join(room)
    live = server.application.get(Hub).rooms.get(room)
    assert live is not None

    live.say(ChatLine(id="bad", user="x", name=LONE_SURROGATE, role="viewer", text="bad", ts=1))
    await viewer.done("chat", {"room": room, "text": "good"})

    await viewer.line("good")
    await server.do("PATCH", f"/api/rooms/{room}", {"notice": "still here"})
    await viewer.control("room", notice="still here")
    late = await crowd.raw(server)
    assert [line["text"] for line in (await late.join(room))["room"]["chats"]] == ["good"]
    assert await server.metric("livehub_room_defects", part="line") >= 1


async def test_a_room_whose_tick_cannot_be_made_or_told_goes_on_with_the_next_one(
    server: InProcessServer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
):
    room, other = await server.room(), await server.room()
    viewer = await crowd.raw(server, server.person("mei"))
    await viewer.join(room)
    await viewer.join(other)
    live = server.application.get(Hub).rooms.get(room)
    assert live is not None
    before = {part: await server.metric("livehub_room_defects", part=part) for part in ("tick", "delta")}

    def raises(*_args: object) -> None:
        raise RuntimeError("a defect below the tick")

    with monkeypatch.context() as broken:
        broken.setattr(
            live.chat, "__class__", type("Broken", (type(live.chat),), {"take_shown": raises, "__slots__": ()})
        )
        broken.setattr(live, "_delta", raises)
        await viewer.done("chat", {"room": room, "text": "lost on its way"})

        async def both_are_counted() -> bool:
            counts = [await server.metric("livehub_room_defects", part=part) > before[part] for part in before]
            return all(counts)

        await eventually(both_are_counted)
        await viewer.done("chat", {"room": other, "text": "elsewhere"})
        await viewer.line("elsewhere")
        await server.do("PATCH", f"/api/rooms/{room}", {"notice": "controls need no tick"})
        await viewer.control("room", notice="controls need no tick")

    await viewer.done("chat", {"room": room, "text": "and on"})
    await viewer.line("and on")
    assert (await server.call("GET", "/readyz")).body == {"status": "ready"}


@pytest.mark.parametrize(
    "payload",
    [
        b"no msgpack \xff\xfe",
        b"\x82\xa4type\xa5batch\xa6worker\xa2\xff\xfe",  # a string that is no UTF-8
        msgspec.msgpack.encode({"type": "of a version to come", "worker": "w"}),
        msgspec.msgpack.encode({"type": "batch"}),
        b"",
    ],
)
async def test_what_a_stranger_publishes_is_counted_and_the_bus_goes_on(
    open_server: OpenServer, crowd: Crowd, redis_url: str, payload: bytes
):
    async with open_server() as here, open_server() as there:
        await is_back(here)
        await is_back(there)
        room = await here.room()
        mei, bo = await crowd.raw(here, here.person("mei")), await crowd.raw(there, there.person("bo"))
        await mei.join(room)
        await bo.join(room)
        before = await here.metric("livehub_foreign_messages")
        with redis.Redis.from_url(redis_url) as stranger:
            assert stranger.publish(room_channel(room), payload) == 2
        await mei.done("chat", {"room": room, "text": "hello"})
        await bo.line("hello")
        assert await here.metric("livehub_foreign_messages") == before + 2  # both houses are of this process
        assert here.application.get(Hub).bus.connected
        assert there.application.get(Hub).bus.connected


async def test_every_background_task_comes_back_after_an_exception(open_server: OpenServer, crowd: Crowd):
    async with open_server() as here, open_server() as there:
        await is_back(here)
        await is_back(there)
        room = await here.room()
        mei, bo = await crowd.raw(here, here.person("mei")), await crowd.raw(there, there.person("bo"))
        await mei.join(room)
        await bo.join(room)
        # Those that end by themselves may have ended, or end after the drill: neither says anything of coming back.
        running = [task for task in tasks.running() if task.name not in OTHER_TASKS]
        names = {"broker connection", "room sync", "room ticks", "room fan-out", "load meter", "inbox", "staff figures"}
        assert names | {"hub health"} <= {task.name for task in running}

        await all_fail_once(running)

        assert [task.name for task in running if task.done] == []
        await is_back(here)
        await is_back(there)
        await mei.done("chat", {"room": room, "text": "after the drill"})
        await bo.line("after the drill")
        await mei.line("after the drill")
        await here.do("PATCH", f"/api/rooms/{room}", {"notice": "controls as well"})
        for viewer in (mei, bo):
            await viewer.control("room", notice="controls as well")
        assert tasks.failing() == []


async def test_a_database_that_refuses_us_is_found_again_when_that_is_put_right(settings: Settings, database_url: str):
    refused = database_url.replace("user=", "x=") + ("&" if "?" in database_url else "?") + "user=not_yet"
    async with opened(settings.replace(database_url=refused)) as server:
        await is_away(server, "postgresql")
        await asyncio.sleep(0)
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute("CREATE ROLE not_yet SUPERUSER LOGIN")
            await is_back(server)
            assert await server.metric("livehub_database_up") == 1
        finally:
            await connection.execute("DROP ROLE IF EXISTS not_yet")
            await connection.close()
