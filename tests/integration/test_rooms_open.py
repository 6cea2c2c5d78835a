"""Opening and listing rooms is cheap and bounded: whoever looks at many takes nothing from those who watch one."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import asyncpg
import pytest
import redis

from livehub.base.db import Connection
from livehub.hub.hub import Hub
from livehub.hub.rooms.room import Room
from tests.integration.server import InProcessServer, eventually
from tests.integration.test_faults import is_back
from tests.integration.viewers import Crowd

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]


def opened_rooms(server: InProcessServer) -> set[str]:
    return {room.id for room in server.application.get(Hub).rooms.all()}


async def test_empty_rooms_make_way_for_those_who_join(open_server: OpenServer, crowd: Crowd):
    async with open_server(rooms_open_max=3) as server:
        rooms = [await server.room() for _ in range(6)]
        mei, bo = await crowd.raw(server, server.person("mei")), await crowd.raw(server, server.person("bo"))
        await mei.join(rooms[0])
        for room in rooms:  # a crawler
            assert (await server.do("GET", f"/api/rooms/{room}"))["room"]["view"]["id"] == room
        assert opened_rooms(server) == {rooms[0], rooms[4], rooms[5]}
        await bo.join(rooms[1])
        assert opened_rooms(server) == {rooms[0], rooms[1], rooms[5]}
        await mei.done("chat", {"room": rooms[0], "text": "still here"})
        await mei.line("still here")


async def test_when_all_are_watched_one_more_is_refused_and_nobody_loses_theirs(open_server: OpenServer, crowd: Crowd):
    async with open_server(rooms_open_max=2) as server:
        rooms = [await server.room() for _ in range(3)]
        mei, bo = await crowd.raw(server, server.person("mei")), await crowd.raw(server, server.person("bo"))
        await mei.join(rooms[0])
        await mei.join(rooms[1])
        assert (await bo.refused("join", {"room": rooms[2]}))["name"] == "unavailable"
        assert (await server.call("GET", f"/api/rooms/{rooms[2]}")).status == 503
        assert opened_rooms(server) == {rooms[0], rooms[1]}
        await mei.done("leave", {"room": rooms[1]})
        await bo.join(rooms[2])
        assert opened_rooms(server) == {rooms[0], rooms[2]}


async def test_the_bound_holds_when_many_are_opened_at_once(open_server: OpenServer):
    async with open_server(rooms_open_max=3, db_pool_max=4) as server:
        rooms = [await server.room() for _ in range(12)]
        most = 0

        async def watch() -> None:
            nonlocal most
            while True:
                most = max(most, len(opened_rooms(server)))
                await asyncio.sleep(0)

        watching = asyncio.create_task(watch())
        answers = await asyncio.gather(*(server.call("GET", f"/api/rooms/{room}") for room in rooms))
        watching.cancel()
        assert {answer.status for answer in answers} == {200}
        assert 1 <= most <= 3
        assert (await server.call("GET", f"/api/rooms/{rooms[0]}")).status == 200


@pytest.mark.parametrize(
    "limits", [{"rooms_open_max": 1}, {"room_idle_s": 0.1, "control_sync_s": 0.2}], ids=["makes way", "is idle"]
)
async def test_what_a_room_counted_is_stored_before_it_is_closed(
    open_server: OpenServer, crowd: Crowd, limits: dict[str, float]
):
    async with open_server(**limits) as here, open_server() as there:
        await is_back(here)
        room, other = await here.room(), await here.room()
        for count in (7, 20):  # of two times that it was open, beside another process that heard of the first
            viewer = await crowd.raw(here, here.person(f"viewer-{count}"))
            await viewer.join(room)
            await viewer.done("like", {"room": room, "n": count})
            await viewer.done("leave", {"room": room})
            if "rooms_open_max" in limits:
                assert (await here.call("GET", f"/api/rooms/{other}")).status == 200

            async def is_closed() -> bool:
                return room not in opened_rooms(here)

            await eventually(is_closed)
            assert (await there.do("GET", f"/api/rooms/{room}"))["room"]["likes"] >= count
        for server in (here, there):
            figures = await server.do("GET", f"/api/rooms/{room}/figures")
            assert (figures["likes"], figures["viewers_unique"], figures["viewers_peak"]) == (27, 2, 1)


async def test_what_is_said_while_a_room_is_read_is_seen_by_whoever_joins_it(
    open_server: OpenServer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
):
    async with open_server() as here, open_server(control_sync_s=60.0) as there:
        await is_back(here)
        await is_back(there)
        room = await here.room()
        counters = there.application.get(Hub).rooms.counters
        begin, is_read, goes_on = counters.begin, asyncio.Event(), asyncio.Event()

        async def waiting(connection: Connection, live: Room) -> None:
            is_read.set()
            await goes_on.wait()
            await begin(connection, live)

        monkeypatch.setattr(counters, "begin", waiting)
        mei = await crowd.raw(there, there.person("mei"))
        joining = asyncio.ensure_future(mei.call("join", {"room": room}))
        await is_read.wait()
        await here.do("POST", f"/api/rooms/{room}/moderation/bans", {"user": "mei"})
        written = there.application.get(Hub).rooms._written_meanwhile

        async def has_come() -> bool:
            return room in written

        await eventually(has_come)
        goes_on.set()
        assert (await joining)["error"]["code"] == 2011


async def test_lines_that_a_ban_took_stay_gone_when_it_is_lifted_wherever_the_room_is_opened(
    open_server: OpenServer, crowd: Crowd
):
    async with open_server() as here, open_server() as there:
        await is_back(here)
        room = await here.room()
        mei, host = await crowd.raw(here, here.person("mei")), await crowd.raw(here, here.host)
        await mei.join(room)
        await host.join(room)
        await mei.done("chat", {"room": room, "text": "rude"})
        await host.done("chat", {"room": room, "text": "welcome"})
        bans = f"/api/rooms/{room}/moderation/bans"
        await here.do("POST", bans, {"user": "mei"})
        await here.do("POST", bans, {"user": "mei", "seconds": 0})
        await mei.join(room)
        await mei.done("chat", {"room": room, "text": "sorry"})
        await host.line("sorry")

        async def all_are_stored() -> bool:
            async with here.application.database.connection() as db:
                return bool(await db.fetchval("SELECT count(*) = 3 FROM chats WHERE room = $1", room))

        await eventually(all_are_stored)
        late = await crowd.raw(there, there.person("li"))
        assert [line["text"] for line in (await late.join(room))["room"]["chats"]] == ["welcome", "sorry"]


async def test_a_hole_in_the_log_that_nothing_fills_is_told_as_lost(
    open_server: OpenServer, crowd: Crowd, database_url: str
):
    async with open_server(control_ring_max=1) as server:
        await is_back(server)
        room = await server.room()
        for seconds in range(1, 6):
            await server.do("POST", f"/api/rooms/{room}/moderation/slow-mode", {"seconds": seconds})
        page = await server.do("GET", f"/api/rooms/{room}")
        connection = await asyncpg.connect(database_url)
        await connection.execute('DELETE FROM room_controls WHERE room = $1 AND "offset" = 3', room)
        await connection.close()
        viewer = await crowd.raw(server)
        joined = await viewer.done("join", {"room": room, "since": {"epoch": page["epoch"], "offset": 1}})
        assert (joined["recovered"], "room" in joined) == (False, True)


async def test_what_cannot_be_opened_is_not_listened_to(server: InProcessServer, redis_url: str, database_url: str):
    await is_back(server)
    room = await server.room()
    assert (await server.call("GET", "/api/rooms/no-such-room")).status == 404
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE rooms SET state = '7' WHERE id = $1", room)
    await connection.close()
    assert (await server.call("GET", f"/api/rooms/{room}")).status == 500
    with redis.Redis.from_url(redis_url) as client:
        assert client.pubsub_channels("livehub:room:*") == []
    assert opened_rooms(server) == set()


async def test_lines_are_counted_once_and_the_count_outlives_the_processes(open_server: OpenServer, crowd: Crowd):
    async with open_server() as here, open_server() as there:
        room = await here.room()
        for server, person in ((here, "mei"), (there, "bo")):
            viewer = await crowd.raw(server, server.person(person))
            await viewer.join(room)
            for number in range(3):
                await viewer.done("chat", {"room": room, "text": f"line {number}"})
    async with open_server() as restarted:
        assert (await restarted.do("GET", f"/api/rooms/{room}/figures"))["chats"] == 6


async def test_a_list_shows_changes_of_this_process_at_once_and_of_others_soon(open_server: OpenServer):
    async with open_server() as here, open_server() as there:

        async def listed(server: InProcessServer) -> dict[str, tuple[str, str]]:
            rooms = (await server.do("GET", "/api/rooms"))["rooms"]
            return {room["id"]: (room["title"], room["show"]["status"]) for room in rooms}

        assert await listed(here) == await listed(there) == {}
        room = await here.room(live=False)
        assert await listed(here) == {room: ("A day at the farm", "scheduled")}
        await here.do("PATCH", f"/api/rooms/{room}", {"title": "A night at the farm"})
        await here.do("POST", f"/api/rooms/{room}/state", {"status": "live"})
        second = await here.room(live=False)
        assert list((await listed(here)).items()) == [
            (room, ("A night at the farm", "live")),
            (second, ("A day at the farm", "scheduled")),
        ]

        async def there_too() -> bool:
            return await listed(there) == await listed(here)

        await eventually(there_too, within_s=5.0)


@pytest.mark.parametrize("state", ["{}", '{"view": [1]}', '"text"'])
async def test_a_room_that_has_no_title_or_show_is_left_out_and_the_others_are_listed(
    server: InProcessServer, database_url: str, state: str
):
    broken, whole = await server.room(), await server.room()
    await server.do("POST", f"/api/rooms/{whole}/pins", {"title": "Pears", "price_minor": 1_250, "currency": "CNY"})
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE rooms SET state = $2 WHERE id = $1", broken, state)
    await connection.close()
    server.application.get(Hub).listing.changed()
    before = await server.metric("livehub_rooms_unreadable")
    (listed,) = (await server.do("GET", "/api/rooms"))["rooms"]
    assert listed["id"] == whole
    assert listed["host"] == {"name": "Host"} | {key: listed["host"][key] for key in listed["host"] if key != "name"}
    assert listed["pin"]["title"] == "Pears"
    assert listed["show"]["status"] == "live"
    await server.do("GET", "/api/rooms")
    assert await server.metric("livehub_rooms_unreadable") == before + 1
