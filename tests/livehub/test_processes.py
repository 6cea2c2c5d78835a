"""A node is up when a worker of its own answers, whoever else listens on its port."""

from pathlib import Path

import pytest
from aiohttp import web

from livehub.commands import processes
from livehub.commands.terminal import FAULTS, StartError


async def _healthz(_request: web.Request) -> web.Response:
    return web.Response()


async def test_the_first_worker_that_answers_is_enough(folder: Path) -> None:
    app = web.Application()
    app.router.add_get("/healthz", _healthz)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.UnixSite(runner, str(folder / "worker-2.sock")).start()
    await processes._until_healthy([folder / "worker-1.sock", folder / "worker-2.sock"])
    await runner.cleanup()


async def test_when_none_answers_that_is_a_fault_of_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "START_TIMEOUT_S", 0.3)
    with pytest.raises(StartError, match=r"^no worker answers; see the log above$"):
        await processes._until_healthy([folder / "worker-1.sock"])
    assert StartError in FAULTS
