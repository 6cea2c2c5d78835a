"""A part that cannot end keeps no other from ending; jobs that cannot run, though PostgreSQL is there, are told of."""

import asyncpg
import pytest

from livehub.app import MODULES
from livehub.base.config import Settings
from livehub.base.module import Module, Part
from tests.integration.server import InProcessServer, eventually, opened
from tests.integration.viewers import Crowd


class CannotDrain(Part):
    async def drain(self) -> None:
        raise RuntimeError("a defect at the stop")


class CannotStop(Part):
    async def stop(self) -> None:
        raise RuntimeError("a defect at the stop")


@pytest.mark.parametrize("part", [CannotDrain, CannotStop])
async def test_what_was_acknowledged_is_stored_whichever_part_fails_at_the_stop(
    settings: Settings, crowd: Crowd, part: type[Part]
):
    faulty = Module(name="faulty", build=lambda _context: part())
    slow = settings.replace(chat_log_interval_s=60.0)  # so that the lines are stored by the stop
    async with opened(slow, modules=(*MODULES, faulty)) as server:
        room = await server.room()
        for number in range(5):
            viewer = await crowd.raw(server, server.person(f"person-{number}"))
            await viewer.join(room)
            await viewer.done("chat", {"room": room, "text": f"line {number}"})
    connection = await asyncpg.connect(settings.core.database_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM chats WHERE room = $1", room) == 5
    finally:
        await connection.close()


async def test_readiness_names_jobs_that_cannot_run_though_postgresql_answers(
    server: InProcessServer, settings: Settings
):
    async def failing() -> list[str]:
        answer = await server.call("GET", "/readyz")
        return list(answer.body.get("failing", []))

    async def is_told() -> bool:
        return "jobs" in await failing()

    connection = await asyncpg.connect(settings.core.database_url)
    try:
        assert await failing() == []
        await connection.execute("ALTER TABLE procrastinate_jobs RENAME TO elsewhere")
        await eventually(is_told, within_s=60.0)
        assert await server.metric("livehub_task_restarts", task="jobs") >= 3
    finally:
        await connection.execute("ALTER TABLE elsewhere RENAME TO procrastinate_jobs")
        await connection.close()
