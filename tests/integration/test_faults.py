"""Valkey and PostgreSQL are killed in the middle of a show and come back. Nothing is lost that was answered for, nothing is
told twice, what needs them not goes on, and it is said plainly what is away; no restart of ours is needed.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from livehub.app import MIGRATIONS
from livehub.base.config import Settings
from livehub.base.migrations import migrate
from livehub.embedded.servers import Postgres, Valkey
from tests.integration.follower import Follower
from tests.integration.processes import Processes, ready
from tests.integration.server import InProcessServer, LocalServer, eventually, opened
from tests.integration.viewers import Crowd, RawViewer


class Host:
    """Goes on sending control messages, whatever happens. `accepted`: offsets of those that were answered for."""

    def __init__(self, server: LocalServer, room: str) -> None:
        self._server = server
        self._path = f"/api/rooms/{room}"
        self._numbers = 0
        self.accepted: list[int] = []
        self.refused: list[Any] = []

    async def has_sent(self) -> bool:
        """Whether anything was accepted yet."""
        return bool(self.accepted)

    async def send(self) -> int | None:
        """One more; its offset if it was taken."""
        self._numbers += 1
        answer = await self._server.call("PATCH", self._path, {"notice": f"notice {self._numbers}"})
        if answer.status == 200:
            self.accepted.append(answer.body["offset"])
            return self.accepted[-1]
        self.refused.append(answer)
        return None

    async def go_on(self) -> None:
        """For ever, ten or so a second."""
        while True:
            await self.send()
            await asyncio.sleep(0.1)


async def is_away(server: LocalServer, part: str) -> None:
    """Wait until /readyz names the part."""

    async def names_it() -> bool:
        return part in await server.away()

    await eventually(names_it)


async def is_back(server: LocalServer) -> None:
    """Wait until /readyz is content."""

    async def content() -> bool:
        return await server.away() == ""

    await eventually(content)


async def told(viewer: RawViewer, *notices: str) -> None:
    """Wait until the viewer has been told all of this about the service, in this order."""
    came = await viewer.inbox.count("notice", len(notices))
    assert [notice["type"] for notice in came] == list(notices)


async def joined(crowd: Crowd, server: LocalServer, room: str, person: str) -> RawViewer:
    viewer = await crowd.raw(server, server.person(person))
    await viewer.join(room)
    return viewer


async def reached(viewer: RawViewer, offset: int) -> None:
    await viewer.inbox.until("control", lambda body: body["offset"] >= offset)


async def test_valkey_dies_and_comes_back_empty_and_every_control_is_told_once(
    processes: Processes, session: aiohttp.ClientSession, valkey: Valkey, crowd: Crowd
):
    here, there = await ready(processes.workers(2, chat_burst_max=100), session)
    room = await here.room()
    mei, ann, bo = [
        await joined(crowd, door, room, name) for door, name in ((here, "mei"), (here, "ann"), (there, "bo"))
    ]
    first = (await here.do("GET", f"/api/rooms/{room}"))["offset"] + 1
    host = Host(here, room)
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(host.go_on())
        await reached(bo, first + 3)
        await mei.done("chat", {"room": room, "text": "before"})
        await bo.line("before")

        await asyncio.to_thread(valkey.kill)
        for server in (here, there):
            await is_away(server, "valkey")
        for viewer in (mei, ann, bo):
            await told(viewer, "degraded")
        for text in ("alone", "still alone"):
            await mei.done("chat", {"room": room, "text": text})
            await ann.line(text)
        while_away = len(host.accepted)
        for viewer in (mei, bo):
            await reached(viewer, host.accepted[while_away - 1])
        late = await crowd.raw(there)
        await late.join(room)
        await told(late, "degraded")

        await asyncio.to_thread(valkey.start)
        for server in (here, there):
            await is_back(server)
        for viewer in (mei, ann, bo, late):
            await told(viewer, "degraded", "restored")
        await bo.done("chat", {"room": room, "text": "after"})
        await mei.line("after")
        await reached(bo, host.accepted[-1])
        sending.cancel()

    assert host.refused == []  # PostgreSQL never was away, so no staff call was
    last = (await here.do("PATCH", f"/api/rooms/{room}", {"notice": "the end"}))["offset"]
    for viewer in (mei, ann, bo):
        await reached(viewer, last)
        follower = Follower()
        follower.fold(viewer.inbox)
        assert follower.offsets == list(range(first, last + 1))
        assert set(host.accepted) <= set(follower.offsets)
        assert follower.view.notice == "the end"
    assert "alone" not in bo.texts  # chat is not kept for those whom the bus could not reach; the snapshot has it
    assert "alone" in ann.texts


@pytest.fixture
async def own_postgres(folder: Path) -> AsyncIterator[Postgres]:
    """A PostgreSQL that this test may kill. It keeps what was committed, so it waits for the disk as in production."""
    server = await asyncio.to_thread(Postgres, folder)
    await asyncio.to_thread(migrate, server.url(), MIGRATIONS)
    yield server
    await asyncio.to_thread(server.close)


@pytest.fixture
async def on_own_postgres(settings: Settings, own_postgres: Postgres) -> AsyncIterator[InProcessServer]:
    own = settings.replace(database_url=own_postgres.url(), db_timeout_s=3.0, chat_burst_max=100)
    async with opened(own) as server:
        yield server


async def test_postgresql_dies_and_comes_back_and_nothing_is_lost_or_half_done(
    on_own_postgres: InProcessServer, own_postgres: Postgres, crowd: Crowd
):
    server = on_own_postgres
    room = await server.room()
    mei, bo = await joined(crowd, server, room, "mei"), await joined(crowd, server, room, "bo")
    base = (await server.do("GET", f"/api/rooms/{room}"))["offset"]
    host = Host(server, room)
    quiz = {"kind": "number", "question": "How many?", "correct_value": 3, "duration_s": 3}
    opened_quiz = (await server.do("POST", f"/api/rooms/{room}/quizzes", quiz))["quiz"]
    await bo.done("answer", {"room": room, "quiz": opened_quiz["id"], "value": 4})
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(host.go_on())
        await reached(bo, base + 4)
        await mei.done("chat", {"room": room, "text": "line 0"})

        await asyncio.to_thread(own_postgres.kill)
        await is_away(server, "postgresql")
        await told(mei, "degraded")
        for number in (1, 2, 3):
            await mei.done("chat", {"room": room, "text": f"line {number}"})
            await bo.line(f"line {number}")
        await mei.done("like", {"room": room, "n": 9})
        await bo.inbox.until("tick", lambda body: body["likes"] == 9)
        for event, body in (("ask", {"room": room, "text": "Hello?"}), ("join", {"room": "another"})):
            error = await mei.refused(event, body)
            assert (error["code"], error["retry_after_ms"]) == (1200, 1000)
        answer = await server.call("POST", f"/api/rooms/{room}/pins", {"title": "Pears"})
        assert (answer.status, answer.body["code"], answer.body["retry_after_ms"]) == (503, 1200, 1000)
        assert answer.headers["Retry-After"] == "1"
        assert (await server.call("GET", "/healthz")).status == 200

        async def is_overdue() -> bool:
            return bool(time.time() * 1000 > opened_quiz["closes_ts"] + 500)

        await eventually(is_overdue)  # so that its job falls due while PostgreSQL is away
        await asyncio.to_thread(own_postgres.start)
        await is_back(server)
        await told(mei, "degraded", "restored")
        accepted = len(host.accepted)

        async def takes_more() -> bool:
            return len(host.accepted) > accepted + 3

        await eventually(takes_more)
        sending.cancel()

    result = await mei.inbox.until("control", lambda body: body["type"] == "quiz_result")
    assert result["data"]["result"]["winners"][0]["user"] == "bo"
    last = (await server.do("PATCH", f"/api/rooms/{room}", {"notice": "the end"}))["offset"]
    for viewer in (mei, bo):
        await reached(viewer, last)
        follower = Follower()
        follower.fold(viewer.inbox)
        assert follower.offsets == list(range(base + 1, last + 1))
        assert set(host.accepted) <= set(follower.offsets)
    assert {answer.body["code"] for answer in host.refused} == {1200}
    page = await server.do("GET", f"/api/rooms/{room}")
    assert (page["offset"], page["room"]["likes"]) == (last, 9)

    await everything_is_stored(own_postgres, room)


async def everything_is_stored(postgres: Postgres, room: str) -> None:
    """The log has no hole, and what waited for PostgreSQL is in it."""
    connection = await asyncpg.connect(postgres.url())
    try:
        head = await connection.fetchval("SELECT head_offset FROM rooms WHERE id = $1", room)
        logged = await connection.fetch('SELECT "offset" FROM room_controls WHERE room = $1 ORDER BY 1', room)
        assert [row["offset"] for row in logged] == list(range(1, head + 1))
        assert await connection.fetchval("SELECT count(*) FROM questions") == 0

        async def lines_are_stored() -> bool:
            # Two of the same millisecond have no order.
            stored = await connection.fetch("SELECT text FROM chats WHERE room = $1 ORDER BY text", room)
            return [row["text"] for row in stored] == [f"line {number}" for number in range(4)]

        async def likes_are_stored() -> bool:
            return bool(await connection.fetchval("SELECT sum(count) FROM room_likes WHERE room = $1", room) == 9)

        await eventually(lines_are_stored)
        await eventually(likes_are_stored)
    finally:
        await connection.close()


async def test_a_server_that_starts_before_its_database_and_bus_waits_for_them(
    settings: Settings, own_postgres: Postgres, valkey: Valkey, crowd: Crowd
):
    await asyncio.to_thread(own_postgres.stop)
    await asyncio.to_thread(valkey.stop)
    own = settings.replace(database_url=own_postgres.url(), db_timeout_s=3.0)
    async with opened(own) as server:
        await is_away(server, "postgresql")
        assert await server.away() == "Not ready; away: postgresql, valkey, stock."
        assert (await server.call("GET", "/api/rooms")).body["code"] == 1200
        early = await crowd.raw(server)
        await told(early, "degraded")
        assert (await early.refused("join", {"room": "farm"}))["code"] == 1200

        await asyncio.to_thread(own_postgres.start)
        await asyncio.to_thread(valkey.start)
        await is_back(server)
        await told(early, "degraded", "restored")
        await early.join(await server.room())
