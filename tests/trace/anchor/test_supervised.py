"""What anchors is a supervised task: one that raises is begun again, and anchors as before."""

from pathlib import Path

from livehub import app
from livehub.app import Application
from livehub.base import tasks
from livehub.base.module import ProcessRole
from tests.base.served import NO_VALKEY, SECRET
from tests.trace.anchor.chains import Ledger


async def test_an_anchor_whose_task_raises_anchors_again(folder: Path, ledger: Ledger, database_url: str):
    settings = app.settings(
        secret=SECRET, database_url=database_url, redis_url=NO_VALKEY, anchors="folder", anchor_folder=str(folder),
        anchor_every_s=0.01, anchor_look_s=0.05, shutdown_grace_s=2.0,
    )  # fmt: skip
    running = Application(settings, roles=frozenset({ProcessRole.JOBS}))
    await running.start()
    try:
        await ledger.publish(7)
        await ledger.until_confirmed(7)
        (task,) = [task for task in tasks.running() if task.name == "anchor"]
        task.fail(RuntimeError("a drill"))
        await ledger.publish(9)
        await ledger.until_confirmed(9)
        assert (task.of, task.restarts) == ("folder", 1)
    finally:
        await running.stop()
    assert [task for task in tasks.running() if task.name == "anchor"] == []


async def test_a_process_without_jobs_anchors_nothing(folder: Path, ledger: Ledger, database_url: str):
    settings = app.settings(
        secret=SECRET, database_url=database_url, redis_url=NO_VALKEY, anchors="folder", anchor_folder=str(folder)
    )
    running = Application(settings, roles=frozenset())
    await running.start()
    try:
        assert [task for task in tasks.running() if task.name == "anchor"] == []
    finally:
        await running.stop()
