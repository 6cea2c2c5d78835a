"""Each background task of media that raises is begun again, and a show goes on air afterwards as ever."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from livehub.base.tasks import SupervisedTask, running
from tests.integration.server import InProcessServer, eventually

TASKS = {
    "media cameras",
    "media programs",
    "media staff reports",
    "media status",
    "recording deletion",
    "recording rows",
}


async def _fails_once(task: SupervisedTask) -> None:
    before = task.restarts

    async def is_begun_again() -> bool:
        return task.restarts > before and not task.done

    task.fail(RuntimeError("a drill"))
    await eventually(is_begun_again)


async def test_every_task_that_raises_is_begun_again(
    open_server: Callable[..., AbstractAsyncContextManager[InProcessServer]], folder: Path
) -> None:
    async with open_server(media_dir=str(folder), media_disk_free_bytes_min=0) as server:
        ours = [task for task in running() if task.name in TASKS]
        assert {task.name for task in ours} == TASKS
        await asyncio.sleep(0)  # they begin with the loop's next turn
        for task in ours:
            await _fails_once(task)
        room = await server.room()
        made = await server.do("POST", f"/api/rooms/{room}/cameras", {"name": "Test", "kind": "test"})

        async def is_on_air() -> bool:
            found = await server.do("GET", f"/api/rooms/{room}/cameras")
            return bool(found["on_air"] == made["camera"]["id"])

        await eventually(is_on_air, within_s=60.0)  # drawing the test picture takes its time

        async def is_recorded() -> bool:
            found = await server.do("GET", f"/api/rooms/{room}/recordings")
            return len(found["recordings"]) == 1

        await eventually(is_recorded, within_s=20.0)
