"""Likes, people and the most viewers at once are a room's, not a process's: whoever counted, stopped, slept or lost the bus."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import asyncpg
import msgspec
import pytest
import redis

from livehub.embedded.servers import Valkey
from livehub.hub.broker.messages import room_channel
from livehub.hub.hub import Hub
from livehub.hub.rooms import counters
from livehub.hub.rooms.room import Room
from livehub.hub.sockets.close_codes import CloseCode
from livehub.room.unique_visitors import UniqueCounter
from tests.integration.server import InProcessServer, eventually
from tests.integration.test_faults import is_back
from tests.integration.viewers import Crowd, RawViewer
from tests.patience import PATIENCE_S

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]


async def joined(crowd: Crowd, server: InProcessServer, room: str, person: str | None) -> RawViewer:
    viewer = await crowd.raw(server, server.person(person) if person else None)
    await viewer.join(room)
    return viewer


async def has_figures(server: InProcessServer, room: str, *, within_s: float = PATIENCE_S, **wanted: int) -> None:
    async def are_told() -> bool:
        figures = await server.do("GET", f"/api/rooms/{room}/figures")
        return bool(wanted.items() <= figures.items())

    await eventually(are_told, within_s=within_s)


async def test_people_and_peak_are_counted_over_processes_and_restarts(open_server: OpenServer, crowd: Crowd):
    async with open_server() as here, open_server() as there:
        room = await here.room()
        for server, person in ((here, "mei"), (here, "mei"), (here, "bo"), (there, "bo"), (there, "ann")):
            await joined(crowd, server, room, person)
        for server in (here, there):
            await has_figures(server, room, viewers=3, viewers_peak=3, viewers_unique=3)
    async with open_server() as restarted:
        await has_figures(restarted, room, viewers=0, viewers_peak=3, viewers_unique=3)
        await joined(crowd, restarted, room, "ann")
        await joined(crowd, restarted, room, "lin")
        await has_figures(restarted, room, viewers=2, viewers_peak=3, viewers_unique=4)


async def test_staff_are_no_audience_and_two_tabs_are_one_person(server: InProcessServer, crowd: Crowd):
    room = await server.room()
    for staff in (server.host, server.ops, server.person("root", role="admin")):
        await (await crowd.raw(server, staff)).join(room)
    await has_figures(server, room, viewers=0, viewers_peak=0, viewers_unique=0)
    first, second = await joined(crowd, server, room, "mei"), await joined(crowd, server, room, "mei")
    await has_figures(server, room, viewers=1, viewers_peak=1, viewers_unique=1)
    assert (await server.do("GET", f"/api/rooms/{room}"))["room"]["viewers"] == 1
    await joined(crowd, server, room, None)
    await has_figures(server, room, viewers=2, viewers_peak=2, viewers_unique=2)
    told = await first.inbox.until("tick", lambda tick: tick["viewers"] == 2)
    assert told["room"] == room
    await first.leave()
    await has_figures(server, room, viewers=2, viewers_peak=2, viewers_unique=2)
    await second.leave()
    await has_figures(server, room, viewers=1, viewers_peak=2, viewers_unique=2)


async def test_a_list_shows_the_viewers_of_rooms_that_its_process_does_not_follow(
    open_server: OpenServer, crowd: Crowd, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(counters, "PULL_S", 0.1)  # told again at once, as after a while

    async def listed(server: InProcessServer, room: str) -> int:
        (summary,) = [each for each in (await server.do("GET", "/api/rooms"))["rooms"] if each["id"] == room]
        return int(summary["viewers"])

    async def shows(server: InProcessServer, room: str, viewers: int) -> None:
        async def is_shown() -> bool:
            return await listed(server, room) == viewers

        await eventually(is_shown)

    async with open_server() as here, open_server() as there:
        room = await here.room()
        mei = await joined(crowd, here, room, "mei")
        await (await crowd.raw(here, here.host)).join(room)
        for server in (here, there):
            await shows(server, room, 1)
        assert there.application.get(Hub).rooms.get(room) is None
        await mei.leave()
        await shows(there, room, 0)
        await joined(crowd, here, room, "bo")
        await shows(there, room, 1)
    connection = await asyncpg.connect(database_url)
    try:  # as if that process had been killed with its viewers, and was not heard of since
        query = "UPDATE room_people SET viewers = 7, viewers_at = now() - interval '31 seconds' WHERE room = $1"
        await connection.execute(query, room)
    finally:
        await connection.close()
    async with open_server() as later:
        assert await listed(later, room) == 0


async def test_a_guest_without_a_token_is_counted_once_a_visit(server: InProcessServer, crowd: Crowd):
    room = await server.room()
    visitor = await crowd.raw(server)
    position = await visitor.join(room)
    await visitor.leave()
    back = await crowd.raw(server)
    await back.join(room, {"epoch": position["epoch"], "offset": position["offset"]})
    await has_figures(server, room, viewers=1, viewers_unique=1)
    await joined(crowd, server, room, None)
    await has_figures(server, room, viewers=2, viewers_unique=2)


async def test_whoever_says_to_have_been_here_is_shown_as_a_viewer(server: InProcessServer, crowd: Crowd):
    room = await server.room()
    host = await crowd.raw(server, server.host)
    position = await host.join(room)
    for _ in range(6):
        await (await crowd.raw(server)).join(room, {"epoch": position["epoch"], "offset": position["offset"]})
    await has_figures(server, room, viewers=6, viewers_peak=6, viewers_unique=6)
    assert (await server.do("GET", f"/api/rooms/{room}"))["room"]["viewers"] == 6


async def test_a_position_in_another_log_is_nobodys_return(server: InProcessServer, crowd: Crowd):
    room = await server.room()
    for _ in range(3):
        visitor = await crowd.raw(server)
        await visitor.join(room, {"epoch": "aaaa", "offset": 0})
        await visitor.leave()
    await has_figures(server, room, viewers=0, viewers_unique=3)


async def test_what_the_bus_could_not_bring_is_read_from_postgresql(
    open_server: OpenServer, crowd: Crowd, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(counters, "PULL_S", 0.1)
    await asyncio.to_thread(valkey.stop)
    async with open_server() as here, open_server() as there:
        room = await here.room()
        await joined(crowd, there, room, "ann")
        await joined(crowd, here, room, "mei")
        for server in (here, there):
            await has_figures(server, room, viewers=1, viewers_unique=2)


async def rows_of(database_url: str, room: str) -> dict[str, int]:
    connection = await asyncpg.connect(database_url)
    try:
        return {row["worker"]: row["count"] for row in await connection.fetch(counters.Q["likes_of"], room)}
    finally:
        await connection.close()


async def time_passes(database_url: str) -> None:
    """Every process was last seen two hours ago, and housekeeping comes by."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("UPDATE workers SET seen_at = seen_at - interval '2 hours'")
        await connection.execute(counters.Q["merge_dead_workers"], counters.ENDED_AFTER)
    finally:
        await connection.close()


async def stored(database_url: str, room: str, likes: int) -> None:
    async def are_stored() -> bool:
        return sum((await rows_of(database_url, room)).values()) == likes

    await eventually(are_stored)


async def test_likes_of_processes_that_ended_go_to_one_row(open_server: OpenServer, crowd: Crowd, database_url: str):
    async with open_server() as first:
        room = await first.room()
        await (await joined(crowd, first, room, "mei")).done("like", {"room": room, "n": 30})
    for likes in (1, 2, 3):
        async with open_server() as server:
            await (await joined(crowd, server, room, "mei")).done("like", {"room": room, "n": likes})
    assert sorted((await rows_of(database_url, room)).values()) == [1, 2, 3, 30]
    await time_passes(database_url)
    assert await rows_of(database_url, room) == {"": 36}
    await time_passes(database_url)
    async with open_server() as server:
        await (await joined(crowd, server, room, "mei")).done("like", {"room": room, "n": 4})
        await has_figures(server, room, likes=40)
    assert sum((await rows_of(database_url, room)).values()) == 40


async def test_a_process_that_slept_for_hours_counts_on_without_counting_twice(
    open_server: OpenServer, crowd: Crowd, database_url: str
):
    async with open_server() as asleep, open_server() as other:
        room = await asleep.room()
        mei, bo = await joined(crowd, asleep, room, "mei"), await joined(crowd, other, room, "bo")
        await mei.done("like", {"room": room, "n": 30})
        await bo.done("like", {"room": room, "n": 7})
        await stored(database_url, room, 37)
        await time_passes(database_url)
        assert await rows_of(database_url, room) == {"": 37}
        await mei.done("like", {"room": room, "n": 5})
        await bo.done("like", {"room": room, "n": 1})
        await stored(database_url, room, 43)
        for server in (asleep, other):
            await has_figures(server, room, likes=43)
        await mei.done("like", {"room": room, "n": 2})
        for server in (asleep, other):
            await has_figures(server, room, likes=45)
    await stored(database_url, room, 45)
    async with open_server() as later:
        await has_figures(later, room, likes=45)


# --- what PostgreSQL refuses, and what nobody can have counted ---


async def deleted(database_url: str, room: str) -> None:
    """Somebody deletes a room past the server."""
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT FROM rooms WHERE id = $1 FOR UPDATE", room)
            for table in ("room_likes", "room_people", "room_controls"):
                await connection.execute(f"DELETE FROM {table} WHERE room = $1", room)
            await connection.execute("DELETE FROM rooms WHERE id = $1", room)
    finally:
        await connection.close()


async def peak_of(database_url: str, room: str) -> int | None:
    connection = await asyncpg.connect(database_url)
    try:
        row = await connection.fetchrow(counters.Q["people_of"], room)
        return None if row is None else row["peak"]
    finally:
        await connection.close()


def people(count: int) -> bytes:
    """So many, as processes tell each other of them."""
    counted = UniqueCounter()
    for number in range(count):
        counted.add(f"stranger {number}")
    return counted.pack()


def rooms_of(server: InProcessServer, *rooms: str) -> list[Room]:
    found = [server.application.get(Hub).rooms.get(room) for room in rooms]
    return [live for live in found if live is not None]


async def test_a_deleted_room_is_closed_here_and_its_viewers_hear_that_it_is_not_found(
    open_server: OpenServer, crowd: Crowd, database_url: str
):
    async with open_server(control_sync_s=0.1) as server:
        room, other = await server.room(), await server.room()
        mei, bo = await joined(crowd, server, room, "mei"), await joined(crowd, server, other, "bo")
        await stored(database_url, room, 0)
        await deleted(database_url, room)
        assert await mei.close_code() == CloseCode.LOG_RESTARTED
        assert rooms_of(server, room) == []
        back = await crowd.raw(server, server.person("mei"))
        refusal = await back.call("join", {"room": room})
        assert refusal["error"]["name"] == "room_not_found"
        await bo.done("like", {"room": other, "n": 3})
        await stored(database_url, other, 3)
        assert (await server.call("GET", "/readyz")).body == {"status": "ready"}


async def test_a_room_whose_figures_are_refused_is_counted_and_all_others_are_stored(
    open_server: OpenServer, crowd: Crowd, database_url: str
):
    async with open_server(control_sync_s=600) as server:
        rooms = [await server.room() for _ in range(5)]
        mei = await joined(crowd, server, rooms[0], "mei")
        for room in rooms[1:]:
            await mei.join(room)
        before = await server.metric("livehub_room_defects", part="counters")
        for number, live in enumerate(rooms_of(server, *rooms)):
            live.like(number + 1)
            live.people.add("ann")
        await deleted(database_url, rooms[2])
        rooms_of(server, rooms[4])[0].viewers.peak = 2**31  # more than its column holds

        tallies = server.application.get(Hub).rooms.counters
        await tallies.store(rooms_of(server, *rooms))

        assert [await rows_of(database_url, room) for room in rooms] == [
            {tallies.worker: 1}, {tallies.worker: 2}, {}, {tallies.worker: 4}, {},
        ]  # fmt: skip
        assert [await peak_of(database_url, room) for room in rooms] == [1, 1, None, 1, None]
        assert await server.metric("livehub_room_defects", part="counters") == before + 2
        assert await seen(database_url, tallies.worker)

        rooms_of(server, rooms[4])[0].viewers.peak = 7
        await tallies.store(rooms_of(server, *rooms))
        assert await peak_of(database_url, rooms[4]) is None  # it is left out for a while
    assert await peak_of(database_url, rooms[4]) is None


async def seen(database_url: str, worker: str) -> bool:
    connection = await asyncpg.connect(database_url)
    try:
        return bool(await connection.fetchval("SELECT true FROM workers WHERE id = $1", worker))
    finally:
        await connection.close()


async def test_a_refused_room_is_stored_once_its_figures_are_right(
    open_server: OpenServer, crowd: Crowd, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(counters, "PULL_S", 0.0)
    async with open_server(control_sync_s=600) as server:
        room = await server.room()
        await joined(crowd, server, room, "mei")
        live = rooms_of(server, room)[0]
        live.like(5)
        live.viewers.peak = 2**31
        tallies = server.application.get(Hub).rooms.counters
        await tallies.store([live])
        assert await rows_of(database_url, room) == {}
        live.viewers.peak = 7
        await tallies.store([live])
        assert await rows_of(database_url, room) == {tallies.worker: 5}
        assert await peak_of(database_url, room) == 7


async def test_likes_of_a_former_name_are_let_go_with_their_room(
    open_server: OpenServer, crowd: Crowd, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    async with open_server(control_sync_s=600) as server:
        room, other = await server.room(), await server.room()
        for one in (room, other):
            await (await crowd.raw(server, server.host)).join(one)  # no viewer, whom it would go on to tell of
        tallies = server.application.get(Hub).rooms.counters
        await tallies.store(rooms_of(server, room, other))
        await time_passes(database_url)
        for live in rooms_of(server, room, other):
            live.like(5)
        await deleted(database_url, room)
        before = await server.metric("livehub_room_defects", part="counters")
        monkeypatch.setattr(counters, "PULL_S", 0.0)
        for _ in range(3):
            await tallies.store(rooms_of(server, room, other))
        assert await rows_of(database_url, other) == {"": 5}
        assert await server.metric("livehub_room_defects", part="counters") == before + 1


async def test_figures_that_no_process_can_have_are_passed_over_and_the_rest_of_their_message_is_not(
    open_server: OpenServer, crowd: Crowd, database_url: str, redis_url: str
):
    async with open_server(control_sync_s=0.1) as server:
        await is_back(server)
        room = await server.room()
        mei = await joined(crowd, server, room, "mei")
        before = await server.metric("livehub_foreign_messages")
        line = {"id": "l", "user": "u", "name": "U", "role": "viewer", "text": "from afar", "ts": 1}
        forged = [
            {"worker": "x", "viewers": 3_000_000_000, "likes": 2},
            {"worker": "x", "viewers": -1},
            {"worker": "x", "likes": 2**63 - 1, "viewers": 4, "people": people(4)},
            {"worker": "y", "likes": 2**53},
            {"worker": "y", "likes": -1, "viewers": 2**64 - 1, "chats": [line]},
        ]
        with redis.Redis.from_url(redis_url) as stranger:
            for message in forged:
                assert stranger.publish(room_channel(room), msgspec.msgpack.encode({"type": "batch", **message})) == 1
        await mei.line("from afar")
        await has_figures(server, room, viewers=5, viewers_peak=5, likes=2)
        assert await server.metric("livehub_foreign_messages") == before + 6
        await mei.done("like", {"room": room, "n": 3})
        await stored(database_url, room, 3)
        assert await peak_of(database_url, room) == 5


async def test_what_many_strangers_say_together_is_still_a_figure_that_can_be_stored_and_read(
    open_server: OpenServer, crowd: Crowd, database_url: str, redis_url: str
):
    async with open_server(control_sync_s=0.1) as server:
        await is_back(server)
        room = await server.room()
        mei = await joined(crowd, server, room, "mei")
        with redis.Redis.from_url(redis_url) as stranger:
            for number in range(300):
                said: dict[str, object] = {
                    "type": "batch",
                    "worker": f"x{number}",
                    "viewers": 10_000_000,
                    "likes": 2**53 - 1,
                }
                said["people"] = people(300)  # too many for an exact count
                stranger.publish(room_channel(room), msgspec.msgpack.encode(said))
        await has_figures(server, room, viewers=2**31 - 1, viewers_peak=2**31 - 1, likes=2**53 - 1)
        await mei.done("like", {"room": room, "n": 3})
        await stored(database_url, room, 3)
        assert await peak_of(database_url, room) == 2**31 - 1
        assert (await server.call("GET", "/readyz")).body == {"status": "ready"}


async def test_rows_of_likes_that_somebody_forged_stop_no_listing_and_no_retention(
    open_server: OpenServer, crowd: Crowd, database_url: str
):
    async with open_server(control_sync_s=600) as server:
        room, other = await server.room(), await server.room()
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute("INSERT INTO workers (id) VALUES ('a'), ('b')")
            await connection.executemany(
                "INSERT INTO room_likes VALUES ($1, $2, $3)",
                [(room, "", 2**63 - 1), (room, "a", 2**63 - 1), (room, "b", 2**63 - 1), (other, "a", 3)],
            )
        finally:
            await connection.close()
        listed = (await server.do("GET", "/api/rooms"))["rooms"]
        assert {each["id"]: each["likes"] for each in listed} == {room: 2**53 - 1, other: 3}
        await time_passes(database_url)
        assert (await rows_of(database_url, room), await rows_of(database_url, other)) == ({"": 2**53 - 1}, {"": 3})
