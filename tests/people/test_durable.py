"""Asked over HTTP, done by the jobs and reactions of a running server: a file is made and told of, who is erased is gone."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from livehub.base.auth import Role
from tests.base.served import Served, serving
from tests.patience import PATIENCE_S
from tests.people.stage import MEI, a_person, a_room, things, traces


async def until(has_come: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await has_come():  # noqa: ASYNC110  (in PostgreSQL)
            await asyncio.sleep(0.05)


async def state(served: Served) -> str:
    answer = await served.call("GET /api/me/erasure", role=Role.VIEWER, user=MEI)
    return str(answer.body["state"])


async def test_a_file_is_made_and_told_of_and_then_somebody_is_forgotten(database_url: str) -> None:
    async with serving(database_url, has_jobs=True, erase_sweep_s=0) as served:
        await a_room(served)
        await things(served, "m")
        await a_person(served, MEI, "Mei Marker")
        await traces(served, MEI, "Mei Marker", mark="m")
        export = (await served.call("POST /api/me/export", {}, role=Role.VIEWER, user=MEI)).body["id"]

        async def told() -> bool:
            return bool(await served.database.fetchval("SELECT count(*) FROM directs WHERE type = 'export_ready'"))

        await until(told)
        data = json.loads(await served.database.fetchval("SELECT data FROM directs WHERE type = 'export_ready'"))
        assert data["export"] == export
        answer = await served.call(f"GET /api/me/exports/{export}", role=Role.VIEWER, user=MEI)
        assert answer.raw.startswith(b"PK")

        await served.call("POST /api/me/erase", {"confirm": True}, role=Role.VIEWER, user=MEI)

        async def swept() -> bool:
            return bool(await served.database.fetchval("SELECT count(*) FROM erasures WHERE swept_ts IS NOT NULL"))

        await until(swept)
        assert await state(served) == "none"
        contents = await served.contents()
        assert [table for table, rows in contents.items() if any("Mei Marker" in row for row in rows)] == []
        assert [table for table, rows in contents.items() if any(MEI in row for row in rows)] == ["people"]
