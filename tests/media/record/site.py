"""The recordings of a process over HTTP: real PostgreSQL, the clock in the test's hand, Valkey away (nothing here needs it)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from aiohttp.test_utils import TestClient, TestServer

from commerce.orders.room_figures import RoomFigures
from livehub.base.auth import Identity, Role, Tokens
from livehub.base.clock import Clock as BusinessClock
from livehub.base.db import Database
from livehub.base.http import HttpEdge
from livehub.hub.hub import Hub
from livehub.hub.settings import HubConfig
from livehub.room.models import Host
from livehub.room.room_messages import DETAILS, Details
from media.clips.api import ClipApi
from media.module import MEDIA
from media.parts import PackagerEvent
from media.record.recorder import Recorder
from media.record.recordings import Recordings
from media.settings import MediaConfig
from tests.base.served import NO_VALKEY, SECRET, Answer, Client, Clock
from tests.media.record.streams import ORIGIN_MS
from tests.room import said

ROOM = "farm"


async def until(is_so: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait for what another thread does."""
    async with asyncio.timeout(within_s):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.005)


def complete(recorder: Recorder, rendition: str = "opus") -> int:
    """How many segments are on the disk."""
    known = recorder.ledger.renditions.get(rendition)
    return len(known.segments) if known is not None else 0


class Site:
    """One process that records."""

    def __init__(
        self,
        recordings: Recordings,
        database: Database,
        hub: Hub,
        client: Client,
        clock: Clock,
        rows: asyncpg.Connection,
    ) -> None:
        self.database = database
        self.hub = hub
        self.recordings = recordings
        self.client = client
        self.clock = clock
        self.rows = rows

    async def call(self, call: str, body: Any = None, *, role: Role | None = Role.HOST, **headers: str) -> Answer:
        """`call` is "GET /path"; header names with `_` for `-`."""
        method, path = call.split(" ", 1)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if role is not None:
            identity = Identity(id=f"the-{role.value}", name="N", role=role, runs_every_room=role is Role.HOST)
            sent["Authorization"] = f"Bearer {Tokens(SECRET).sign(identity, now_s=self.clock(), ttl_s=3600)}"
        async with self.client.request(method, path, json=body, headers=sent) as response:
            raw = await response.read()
            is_json = response.content_type.endswith("json")
            return Answer(response.status, dict(response.headers), json.loads(raw) if is_json and raw else None, raw)

    async def text(self, path: str) -> str:
        """A playlist."""
        answer = await self.call(f"GET {path}", role=None)
        assert answer.status == 200, (path, answer)
        return answer.raw.decode()

    async def told(self) -> None:
        """Rows follow the disk."""
        await self.recordings.sync()

    async def record(self, made: list[list[PackagerEvent]], run: str = "run1") -> Recorder:
        """A whole show, until it is on the disk and in PostgreSQL."""
        recorder = self.recordings.begin(ROOM, run, ORIGIN_MS)
        assert recorder is not None
        for pieces in made:
            recorder.put(pieces)
        self.recordings.end(ROOM)
        assert recorder.wait(10.0)
        await self.told()
        return recorder


@asynccontextmanager
async def recording_site(database_url: str, media_dir: Path | str, **settings: Any) -> AsyncIterator[Site]:
    """A process that records into `media_dir`. The room `farm` is there."""
    given: dict[str, Any] = {"media_disk_free_bytes_min": 0, "secret": SECRET, "redis_url": NO_VALKEY}
    config = MediaConfig(database_url=database_url, media_dir=str(media_dir), **(given | settings))
    clock = Clock(ORIGIN_MS / 1000)
    database = Database(config)
    tokens = Tokens(SECRET)
    hub = Hub(
        HubConfig(database_url=database_url, redis_url=NO_VALKEY, secret=SECRET),
        database,
        tokens,
        registry=said.REGISTRY,
        handover=None,
        clock=BusinessClock(clock),
        of_rooms=MEDIA.of_rooms,
    )
    orders = RoomFigures(database, hub.rooms, clock)
    recordings = Recordings(config, database, hub, orders=lambda: orders, now_s=clock)
    edge = HttpEdge(config, database, tokens, clock=BusinessClock(clock))
    edge.room_rights = hub.hosted
    app = edge.application()
    clips = ClipApi(config, database, recordings)
    for endpoint in clips.endpoints():
        edge.add(app, endpoint)
    recordings.add(app)
    rows = await asyncpg.connect(database_url)
    await database.open()
    if not await rows.fetchval("SELECT 1 FROM rooms"):
        async with database.transaction() as tx:
            details = Details(title="Farm day", host=Host(name="The farm"))
            await hub.controls.create(tx, ROOM, {DETAILS: details}, epoch="e", by="host", now_ms=ORIGIN_MS)
    await recordings.start()
    await clips.start()
    try:
        async with TestClient(TestServer(app)) as client:
            yield Site(recordings, database, hub, client, clock, rows)
    finally:
        await clips.stop()
        await recordings.stop()
        await database.close()
        await rows.close()
