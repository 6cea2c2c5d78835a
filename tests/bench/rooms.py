"""Opening a room that has had many lines, and listing many rooms with much in them: `python -m tests.bench.rooms`.

The database is the embedded one, with its default settings, filled for this; queries are shown as PostgreSQL plans them.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from livehub import app
from livehub.app import MIGRATIONS, Application
from livehub.base.migrations import migrate
from livehub.base.module import ProcessRole
from livehub.embedded.servers import Postgres, Valkey
from livehub.hub.hub import Hub
from livehub.hub.rooms.listing import Q as LISTING
from livehub.hub.rooms.registry import Q as REGISTRY
from livehub.hub.rooms.schemas import RoomList
from livehub.hub.sockets import frames
from tests.conftest import new_folder

LINES = 5_000_000
ROOMS = 500
STATE_BYTES = 40_000
ROUNDS = 15
ROOM = "busy"

FILL_LINES = """
INSERT INTO chats (id, room, user_id, name, role, text, ts)
SELECT 'line-' || n, $1, 'user-' || n % 50000, '小满', 'viewer', '这批蓝莓今天早上刚摘，欢迎来看', 1795348645000 + n * 20
FROM generate_series(1, $2::integer) AS n
"""


def _view(room: str, status: str, padding: int = 0) -> dict[str, Any]:
    card = {"id": "card-1", "title": "Blueberries", "price_minor": 3_990, "currency": "CNY"}
    bag = [card | {"id": f"card-{n}", "subtitle": "s" * 200} for n in range(padding // 300)]
    host = {"name": "Farm"}
    show = {"status": status, "since_ts": 1_795_348_645_000}
    return {"view": {"id": room, "title": "A day at the farm", "host": host, "show": show, "pin": card, "bag": bag}}


async def _fill(database: asyncpg.Connection, lines: int) -> None:
    insert = "INSERT INTO rooms (id, epoch, state, created_by) VALUES ($1, 'e', $2, 'host')"
    await database.execute(insert, ROOM, json.dumps(_view(ROOM, "live")))
    started_s = time.perf_counter()
    await database.execute(FILL_LINES, ROOM, lines)
    filled_s = time.perf_counter()
    await database.execute("VACUUM ANALYZE chats")
    counted_s = time.perf_counter()
    await database.execute("INSERT INTO room_chats SELECT room, count(*) FROM chats GROUP BY room")
    done_s = time.perf_counter()
    _say(f"{lines:,} lines stored in {filled_s - started_s:.0f} s; counted once, as the migration does, in")
    _say(f"  {done_s - counted_s:.2f} s")


async def _add_rooms(database: asyncpg.Connection) -> None:
    insert = "INSERT INTO rooms (id, epoch, state, created_by) VALUES ($1, 'e', $2, 'host')"
    for number in range(ROOMS - 1):
        status = ("live", "paused", "scheduled", "ended")[number % 4]
        await database.execute(insert, f"room-{number}", json.dumps(_view(f"room-{number}", status, STATE_BYTES)))
    await database.execute("ANALYZE rooms")
    size = await database.fetchval("SELECT avg(length(state::text))::integer FROM rooms")
    _say(f"{ROOMS} rooms of {size:,} bytes of state on average")


async def _explain(database: asyncpg.Connection) -> None:
    for name, query, args in (
        ("chat_count", REGISTRY["chat_count"], (ROOM,)),
        ("recent_chats", REGISTRY["recent_chats"], (ROOM, 50)),
        ("rooms", LISTING["rooms"], (500,)),
    ):
        plan = await database.fetch("EXPLAIN (ANALYZE, TIMING OFF, SUMMARY ON) " + query, *args)
        _say(f"-- {name}")
        for (line,) in plan:
            _say(f"   {line}")


async def _times_ms(operation: Callable[[], Awaitable[object]]) -> list[float]:
    found = []
    for _ in range(ROUNDS):
        started_s = time.perf_counter()
        await operation()
        found.append((time.perf_counter() - started_s) * 1e3)
    return found


async def _measure(application: Application) -> None:
    rooms, listing = application.get(Hub).rooms, application.get(Hub).listing

    async def open_room() -> None:
        live = await rooms.open(ROOM)
        assert live.chat.count == await _count(application)

    async def opened_and_closed() -> list[float]:
        found = []
        for _ in range(ROUNDS):
            started_s = time.perf_counter()
            live = await rooms.open(ROOM)
            found.append((time.perf_counter() - started_s) * 1e3)
            await rooms.close(live)
        return found

    await open_room()
    await rooms.close(await rooms.open(ROOM))
    _tell("opening the room", await opened_and_closed())

    async def list_anew() -> None:
        listing.changed()
        frames.encode(RoomList(rooms=await listing.summaries()))

    async def list_again() -> None:
        frames.encode(RoomList(rooms=await listing.summaries()))

    await list_anew()
    for name, operation in (("listing rooms, read anew", list_anew), ("listing rooms, within the second", list_again)):
        before_s = time.process_time()
        waited = await _times_ms(operation)
        _tell(name, waited, cpu_ms=(time.process_time() - before_s) * 1e3 / ROUNDS)


async def _count(application: Application) -> int:
    async with application.database.connection() as connection:
        return int(await connection.fetchval(REGISTRY["chat_count"], ROOM))


def _tell(name: str, times_ms: list[float], *, cpu_ms: float | None = None) -> None:
    own = "" if cpu_ms is None else f"; {cpu_ms:.2f} ms of this process's own time"
    _say(f"{name:<34} {statistics.median(times_ms):>8.2f} ms  ({min(times_ms):.2f} - {max(times_ms):.2f}){own}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def run(lines: int) -> None:
    """Fill, show the plans, measure."""
    with new_folder() as folder:
        postgres, valkey = Postgres(folder), Valkey(folder)
        try:
            migrate(postgres.url(), MIGRATIONS)
            database = await asyncpg.connect(postgres.url())
            try:
                await _fill(database, lines)
                await _add_rooms(database)
                await _explain(database)
            finally:
                await database.close()
            settings = app.settings(database_url=postgres.url(), redis_url=valkey.url, secret="s" * 32)
            application = Application(settings, roles=frozenset({ProcessRole.SOCKETS}))
            await application.start()
            while application.get(Hub).away():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            try:
                await _measure(application)
            finally:
                await application.stop()
        finally:
            valkey.close()
            postgres.close()


def main() -> None:
    """By hand with fewer lines, to try it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rooms")
    parser.add_argument("--lines", type=int, default=LINES)
    asyncio.run(run(parser.parse_args().lines))


if __name__ == "__main__":
    main()
