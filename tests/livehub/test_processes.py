"""A node is up when all of its own processes answer, whoever else listens on its port."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from livehub.commands import processes
from livehub.commands.terminal import FAULTS, StartError
from livehub.node import node_metrics, supervisor


@asynccontextmanager
async def answering(*sockets: Path) -> AsyncIterator[None]:
    if not sockets:
        yield
        return
    async with node_metrics.listening(sockets[0]), answering(*sockets[1:]):
        yield


async def test_a_node_is_up_when_the_last_of_its_processes_answers(folder: Path) -> None:
    sockets = supervisor.sockets(folder, 2, media=True)
    assert list(sockets) == ["hub-1", "hub-2", "media", "jobs", "stock", "log"]
    *others, last = sockets.values()
    async with answering(*others):
        up = asyncio.create_task(processes._until_up(sockets))
        assert await asyncio.wait([up], timeout=0.5) == (set(), {up})
        async with answering(last):
            await up


async def test_a_node_of_which_a_part_is_late_serves_all_the_same_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(processes, "START_TIMEOUT_S", 0.3)
    sockets = supervisor.sockets(folder, 2, media=False)
    with caplog.at_level(logging.WARNING):
        async with answering(sockets["hub-2"], sockets["jobs"]):
            await processes._until_up(sockets)
    [record] = caplog.records
    assert (record.message, record.__dict__["missing"]) == ("node.incomplete", ["hub-1", "log", "stock"])


async def test_when_no_worker_answers_that_is_a_fault_of_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "START_TIMEOUT_S", 0.3)
    sockets = supervisor.sockets(folder, 1, media=False)
    async with answering(sockets["jobs"], sockets["stock"]):
        with pytest.raises(StartError, match=r"^no worker answers; see the log above$"):
            await processes._until_up(sockets)
    assert StartError in FAULTS
