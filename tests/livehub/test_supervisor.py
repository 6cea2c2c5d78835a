"""The processes of a node are started, started again when they die, and stopped together, whatever else fails."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from livehub.node import supervisor
from livehub.node.supervisor import Supervisor
from tests.integration.server import eventually
from tests.patience import PATIENCE_S

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def children(supervised: Supervisor) -> list[asyncio.subprocess.Process]:
    return list(supervised._children.values())


async def until(condition: Callable[[], bool]) -> None:
    async def is_met() -> bool:
        return condition()

    await eventually(is_met)


async def started(supervised: Supervisor, number: int) -> None:
    await until(lambda: len(children(supervised)) == number)


async def test_a_failure_of_what_follows_the_start_comes_out_as_it_is_and_leaves_no_process() -> None:
    supervised = Supervisor({"a": SLEEP, "b": SLEEP}, dict(os.environ), grace_s=5)

    async def ready() -> None:
        await started(supervised, 2)
        raise LookupError("no worker answers")

    with pytest.raises(LookupError, match="no worker answers"):
        await supervised.run(ready)
    assert [child.returncode for child in children(supervised)] == [-signal.SIGTERM, -signal.SIGTERM]


async def test_a_signal_ends_the_wait_for_a_start_that_takes_long() -> None:
    supervised = Supervisor({"a": SLEEP}, dict(os.environ), grace_s=5)

    async def ready() -> None:
        await started(supervised, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

    async with asyncio.timeout(PATIENCE_S):
        await supervised.run(ready)
    assert [child.returncode for child in children(supervised)] == [-signal.SIGTERM]


async def test_a_process_that_ends_is_started_again_and_the_others_go_on(folder: Path) -> None:
    # The first time it ends at once, and then stays.
    code = f"""
import pathlib, sys, time
was = pathlib.Path({str(folder / "was")!r})
if was.exists():
    time.sleep(600)
was.touch()
sys.exit(3)
"""
    supervised = Supervisor({"dies": [sys.executable, "-c", code], "stays": SLEEP}, dict(os.environ), grace_s=5)

    async def ready() -> None:
        await started(supervised, 2)
        first = dict(supervised._children)
        await until(lambda: supervised._children["dies"] is not first["dies"])
        assert first["dies"].returncode == 3
        assert supervised._children["stays"] is first["stays"]
        os.kill(os.getpid(), signal.SIGTERM)

    await supervised.run(ready)
    assert [child.returncode for child in children(supervised)] == [-signal.SIGTERM, -signal.SIGTERM]


async def test_a_process_that_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(supervisor, "GRACE_MORE_S", 0.2)
    code = f"""
import pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path({str(folder / "deaf")!r}).touch()
time.sleep(600)
"""
    supervised = Supervisor({"deaf": [sys.executable, "-c", code]}, dict(os.environ), grace_s=0)

    async def ready() -> None:
        await until((folder / "deaf").exists)
        os.kill(os.getpid(), signal.SIGTERM)

    await supervised.run(ready)
    [child] = children(supervised)
    assert await child.wait() == -signal.SIGKILL


async def test_the_stock_is_told_to_stop_when_the_others_have_ended(folder: Path) -> None:
    told = folder / "told"

    def child(name: str, stops_within_s: float) -> list[str]:
        code = f"""
import pathlib, signal, sys, time
def stop(number, frame):
    time.sleep({stops_within_s})
    with open({str(told)!r}, "a") as file:
        file.write({name!r} + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
pathlib.Path({str(folder / name)!r}).touch()
time.sleep(600)
"""
        return [sys.executable, "-c", code]

    supervised = Supervisor({"stock": child("stock", 0), "hub-1": child("hub-1", 0.3)}, dict(os.environ), grace_s=20)

    async def ready() -> None:
        await until(lambda: (folder / "stock").exists() and (folder / "hub-1").exists())
        os.kill(os.getpid(), signal.SIGTERM)

    await supervised.run(ready)
    assert told.read_text() == "hub-1 stock "
    assert [child.returncode for child in children(supervised)] == [0, 0]


def test_a_node_without_media_has_no_process_for_them_and_tells_its_workers() -> None:
    with_media = supervisor.commands(8080, 2, Path("/s"), media=True)
    without = supervisor.commands(8080, 2, Path("/s"), media=False)
    assert list(with_media) == ["hub-1", "hub-2", "media", "jobs", "stock", "log"]
    assert list(without) == ["hub-1", "hub-2", "jobs", "stock", "log"]
    assert without["hub-1"] == [*with_media["hub-1"], "--no-media"]
