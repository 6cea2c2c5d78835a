"""Background tasks: one that fails is logged, counted and begun again; one that keeps failing is known; all end together."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from livehub.base import tasks as supervision
from livehub.base.metrics import REGISTRY
from livehub.base.tasks import FAILING_AFTER, Tasks, failing, running


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    tasks = Tasks()
    yield tasks
    await tasks.stop()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "PAUSE_S_MIN", 0.001)
    monkeypatch.setattr(supervision, "PAUSE_S_MAX", 0.005)


def counted(metric: str, task: str) -> float:
    return REGISTRY.get_sample_value(metric, {"task": task}) or 0.0


class Loop:
    """A task that waits for work, and fails at a word."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)
        self.work: asyncio.Queue[str] = asyncio.Queue()
        self.done: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> None:
        self.begun.release()
        while True:
            item = await self.work.get()
            if item == "defect":
                raise RuntimeError(item)
            self.done.put_nowait(item)


async def test_a_task_that_raises_is_logged_counted_and_begun_again(tasks: Tasks, caplog: pytest.LogCaptureFixture):
    loop = Loop()
    before = counted("livehub_task_restarts_total", "raises")
    with caplog.at_level(logging.ERROR):
        started = tasks.start("raises", loop.run, of="demo")
        loop.work.put_nowait("defect")
        loop.work.put_nowait("next")
        assert await loop.done.get() == "next"
    assert started.restarts == 1
    assert counted("livehub_task_restarts_total", "raises") == before + 1
    (record,) = caplog.records
    assert (record.message, record.__dict__["task"], record.__dict__["of"]) == ("task.failed", "raises", "demo")
    assert record.exc_info is not None


async def test_a_task_that_returns_has_ended(tasks: Tasks):
    async def run() -> None:
        return

    started = tasks.start("returns", run)
    await started.task
    assert started.done
    assert started.restarts == 0
    assert "returns" not in [task.name for task in running()]


async def test_an_exception_injected_where_it_waits_is_as_any_other(tasks: Tasks):
    loop = Loop()
    started = tasks.start("drill", loop.run)
    await loop.begun.acquire()
    started.fail(RuntimeError("drill"))
    await loop.begun.acquire()
    loop.work.put_nowait("after")
    assert await loop.done.get() == "after"
    assert started.restarts == 1


async def test_an_exception_injected_before_the_first_attempt_fails_that_attempt(
    tasks: Tasks, caplog: pytest.LogCaptureFixture
):
    loop = Loop()
    started = tasks.start("early drill", loop.run)
    started.fail(RuntimeError("too early for it to wait anywhere"))
    started.fail(RuntimeError("one at a time"))
    loop.work.put_nowait("after")
    assert await loop.done.get() == "after"
    assert started.restarts == 1
    assert ["too early" in str(record.exc_info) for record in caplog.records] == [True]


async def test_an_exception_injected_during_the_pause_fails_the_next_attempt(tasks: Tasks):
    loop = Loop()
    started = tasks.start("drill in a pause", loop.run)
    loop.work.put_nowait("defect")
    await asyncio.sleep(0)
    assert started.restarts == 1
    started.fail(RuntimeError("drill"))
    loop.work.put_nowait("after")
    assert await loop.done.get() == "after"
    assert started.restarts == 2


async def test_an_injected_exception_that_the_work_turns_into_another_counts_once(
    tasks: Tasks, caplog: pytest.LogCaptureFixture
):
    begun, waiting = asyncio.Semaphore(0), asyncio.Event()

    async def run() -> None:
        begun.release()
        try:
            await waiting.wait()
        finally:
            raise ValueError("its own")

    started = tasks.start("turns it", run)
    await begun.acquire()
    started.fail(RuntimeError("drill"))
    await begun.acquire()
    assert started.restarts == 1
    assert started.task.cancelling() == 0
    assert ["its own" in str(record.exc_info) for record in caplog.records] == [True]
    await tasks.stop()
    assert (started.done, started.restarts) == (True, 1)  # an exception in place of its end does not begin it again


async def test_one_that_waits_for_what_others_give_up_is_begun_again_as_after_any_failure(
    tasks: Tasks, caplog: pytest.LogCaptureFixture
):
    asked: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()

    async def run() -> None:
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asked.put_nowait(answer)
        await answer

    started = tasks.start("waits", run)
    with caplog.at_level(logging.ERROR):
        (await asked.get()).cancel()
        second = await asked.get()
    assert (started.done, started.restarts) == (False, 1)
    assert [record.message for record in caplog.records] == ["task.failed"]
    started.task.cancel()  # as a loop that ends does
    await asyncio.wait([started.task])
    assert second.cancelled()
    assert started.restarts == 1


async def test_tasks_that_forget_to_end_are_told_again_also_by_one_who_is_to_end(caplog: pytest.LogCaptureFixture):
    begun = asyncio.Semaphore(0)

    async def forgets(times: int) -> None:
        while True:
            try:
                begun.release()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                times -= 1
                if times < 0:
                    raise

    async def fails() -> None:
        raise RuntimeError("before")

    tasks = [asyncio.ensure_future(work) for work in (forgets(0), forgets(2), fails())]
    await begun.acquire()
    await begun.acquire()
    ending = asyncio.ensure_future(supervision.end_all(tasks))
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.wait([ending])
    assert ending.cancelled()
    assert [task.done() for task in tasks] == [True] * 3
    assert caplog.records == []


async def test_one_that_was_to_fail_and_is_stopped_has_ended(tasks: Tasks):
    loop = Loop()
    started = tasks.start("drill and stop", loop.run)
    await loop.begun.acquire()
    started.fail(RuntimeError("drill"))
    await tasks.stop()
    assert (started.done, started.restarts) == (True, 0)


async def test_one_that_keeps_failing_is_known_until_it_is_stopped(tasks: Tasks):
    loop = Loop()
    for _ in range(FAILING_AFTER):
        loop.work.put_nowait("defect")
    loop.work.put_nowait("works")
    tasks.start("keeps failing", loop.run)
    await loop.done.get()
    assert failing() == ["keeps failing"]
    await tasks.stop()
    assert failing() == []


async def test_one_that_has_worked_for_long_since_is_failing_no_more(tasks: Tasks, monkeypatch: pytest.MonkeyPatch):
    loop = Loop()
    for _ in range(FAILING_AFTER):
        loop.work.put_nowait("defect")
    loop.work.put_nowait("works")
    tasks.start("recovers", loop.run)
    await loop.done.get()
    assert failing() == ["recovers"]
    monkeypatch.setattr(supervision, "YOUNG_S", -1.0)
    assert failing() == []


async def test_short_work_that_fails_is_logged_and_counted_and_not_begun_again(
    tasks: Tasks, caplog: pytest.LogCaptureFixture
):
    async def work() -> None:
        raise RuntimeError("no")

    before = counted("livehub_task_failures_total", "short")
    with caplog.at_level(logging.ERROR):
        await tasks.once("short", work())
    assert counted("livehub_task_failures_total", "short") == before + 1
    assert [record.message for record in caplog.records] == ["task.failed"]


async def test_a_stop_ends_all_even_one_that_forgets_a_cancellation(tasks: Tasks, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervision, "CANCEL_AGAIN_S", 0.01)
    forgot = asyncio.Event()

    async def forgets() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if forgot.is_set():
                    raise
                forgot.set()

    stubborn = tasks.start("stubborn", forgets)
    plain = tasks.once("plain", asyncio.sleep(60))
    await asyncio.sleep(0)
    await tasks.stop()
    assert forgot.is_set()
    assert stubborn.done
    assert plain.cancelled()


async def test_a_stop_during_the_pause_after_a_failure_ends_it(tasks: Tasks, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervision, "PAUSE_S_MIN", 60.0)
    monkeypatch.setattr(supervision, "PAUSE_S_MAX", 60.0)
    failed = asyncio.Event()

    async def fails() -> None:
        failed.set()
        raise RuntimeError

    started = tasks.start("pausing", fails)
    await failed.wait()
    started.fail(RuntimeError("nothing runs that it could end"))
    await tasks.stop()
    assert started.done
    assert started.restarts == 1


async def test_a_task_group_that_failed_and_its_task_are_begun_again(tasks: Tasks):
    """A TaskGroup of Python 3.11 that fails while it waits leaves a cancellation of its task behind, which is nobody's stop."""
    again = asyncio.Event()

    async def fails_in_a_group() -> None:
        if started.restarts:
            again.set()
            await asyncio.sleep(60)
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(60))
            group.create_task(_fails_soon())

    async def _fails_soon() -> None:
        await asyncio.sleep(0)
        raise RuntimeError("in a group")

    started = tasks.start("group", fails_in_a_group)
    await again.wait()
    assert started.restarts == 1
    assert started.task.cancelling() == 0
    await tasks.stop()
    assert started.done
