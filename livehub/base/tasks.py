"""Supervised background tasks: nothing dies in silence.

A task that raises is logged with its traceback, counted (`livehub_task_restarts_total{task}`), and begun again after a pause
that doubles while it keeps dying young. One that returns has ended. Every owner keeps its tasks in a `Tasks` of its own and
stops them together; `failing()` tells readiness which of all tasks in this process keep failing.

    self._tasks = Tasks()
    self._tasks.start("room sync", self._sync_forever)            # for as long as the owner lives
    self._tasks.once("catch up", self._catch_up(room), of=room)   # logged and counted if it fails, not begun again
    await self._tasks.stop()

A supervisor is the last resort, not the error handling of a loop: a loop over rooms, rows or events handles what one of them
raises by itself, so that the others go on without the pause.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any
from weakref import WeakSet

from livehub.base.metrics import TASK_FAILURES, TASK_RESTARTS

log = logging.getLogger("livehub.tasks")

PAUSE_S_MIN = 0.1
PAUSE_S_MAX = 10.0
YOUNG_S = 30.0  # a task that lives this long works again: its next failure is its first
FAILING_AFTER = 3  # failures in a row, each of a young task
CANCEL_AGAIN_S = 0.5
CANCELS_MAX = 10

_all: "WeakSet[SupervisedTask]" = WeakSet()


class SupervisedTask:
    """One background task. `name` is a metric label, so it names the kind; `of` says of what (a room, a camera)."""

    def __init__(self, name: str, run: Callable[[], Awaitable[None]], of: str = "") -> None:
        self.name = name
        self.of = of
        self.restarts = 0
        self._run = run
        self._injected: BaseException | None = None
        self._is_attempting = False
        self._is_stopped = False
        self._failures = 0  # in a row
        self._started_s = 0.0
        self._loop = asyncio.get_running_loop()
        self.task = self._loop.create_task(self._forever(), name=f"{name} {of}".rstrip())
        _all.add(self)

    @property
    def done(self) -> bool:
        """Whether it has returned or was stopped."""
        return self.task.done()

    @property
    def is_failing(self) -> bool:
        """Whether it has failed FAILING_AFTER times in a row and has not worked for YOUNG_S since."""
        return (
            not self.task.done()
            and self._failures >= FAILING_AFTER
            and self._loop.time() - self._started_s < YOUNG_S + PAUSE_S_MAX
        )

    def fail(self, error: BaseException) -> None:
        """Make it raise `error` where it waits now. For drills: what follows is what follows any defect of the task.

        Before the first attempt, and between two, the next one raises it in place of its work. A second error, before the
        first was raised, is ignored; so is one that the work catches.
        """
        if self._injected is not None or self.task.done():
            return
        self._injected = error
        if self._is_attempting:
            self.task.cancel()

    def stop(self) -> None:
        """Ask it to end, and not to begin again."""
        self._is_stopped = True
        self.task.cancel()

    async def _forever(self) -> None:
        while True:
            self._started_s = self._loop.time()
            try:
                await self._attempt()
            except asyncio.CancelledError:
                if self._is_stopped or self.task.cancelling():
                    raise
                # Nobody asked it to end: something it waited for was given up by somebody else.
                log.exception("task.failed", extra={"task": self.name, "of": self.of})
            except Exception:
                log.exception("task.failed", extra={"task": self.name, "of": self.of})
            else:
                return
            if self._is_stopped:
                return  # and answered with an exception of its own
            while self.task.cancelling():  # a TaskGroup of Python 3.11 leaves its own cancellation behind
                self.task.uncancel()
            lived_s = self._loop.time() - self._started_s
            self._failures = 1 if lived_s >= YOUNG_S else self._failures + 1
            self.restarts += 1
            TASK_RESTARTS.labels(task=self.name).inc()
            await asyncio.sleep(min(PAUSE_S_MAX, PAUSE_S_MIN * 2 ** min(self._failures - 1, 10)))

    async def _attempt(self) -> None:
        if (error := self._take_injected()) is not None:
            raise error
        self._is_attempting = True
        try:
            await self._run()
        except asyncio.CancelledError:
            error = self._take_injected()
            if error is None or self._is_stopped:
                raise
            self.task.uncancel()
            raise error from None
        finally:
            self._is_attempting = False
            if self._take_injected() is not None:  # the work turned the cancellation into something else, or forgot it
                self.task.uncancel()

    def _take_injected(self) -> BaseException | None:
        error, self._injected = self._injected, None
        return error


class Tasks:
    """The background tasks of one owner."""

    def __init__(self) -> None:
        self._supervised: set[SupervisedTask] = set()
        self._once: set[asyncio.Task[None]] = set()

    def start(self, name: str, run: Callable[[], Awaitable[None]], *, of: str = "") -> SupervisedTask:
        """Run `run()` in the background, again each time it raises."""
        supervised = SupervisedTask(name, run, of)
        self._supervised.add(supervised)
        supervised.task.add_done_callback(lambda _: self._supervised.discard(supervised))
        return supervised

    def once(self, name: str, work: Coroutine[Any, Any, None], *, of: str = "") -> "asyncio.Task[None]":
        """Run `work` in the background; an exception is logged and counted (`livehub_task_failures_total{task}`)."""

        async def run() -> None:
            try:
                await work
            except Exception:
                TASK_FAILURES.labels(task=name).inc()
                log.exception("task.failed", extra={"task": name, "of": of})

        task = asyncio.get_running_loop().create_task(run(), name=f"{name} {of}".rstrip())
        task.add_done_callback(lambda _: work.close())  # one that was cancelled before it began was never awaited
        self._once.add(task)
        task.add_done_callback(self._once.discard)
        return task

    def cancel(self) -> None:
        """Ask all to stop, and don't wait."""
        current = asyncio.current_task()
        for supervised in list(self._supervised):
            if supervised.task is not current:
                supervised.stop()
        for task in list(self._once):
            if task is not current:
                task.cancel()

    async def stop(self) -> None:
        """Stop all, and wait until they have ended, at most some seconds.

        Cancelled more than once if need be: `asyncio.wait_for` of Python 3.11 forgets a cancellation that comes together
        with what it waits for.
        """
        for _ in range(CANCELS_MAX):
            pending = [task for task in self._tasks() if task is not asyncio.current_task()]
            if not pending:
                return
            self.cancel()
            await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
        log.warning("tasks.not_stopped", extra={"tasks": [task.get_name() for task in self._tasks()]})

    def _tasks(self) -> "list[asyncio.Task[None]]":
        return [*(supervised.task for supervised in self._supervised), *self._once]


async def end_all(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    """Cancel them, and wait until they have ended, at most some seconds; what they raise is nobody's affair any more.

    Again and again: `asyncio.wait_for` of Python 3.11, which drivers use, forgets a cancellation that comes together with what
    it waits for, and an `asyncio.TaskGroup`, which cancels once, would wait for ever for a task that goes on.
    """
    pending, interrupted = set(tasks), False
    for _ in range(CANCELS_MAX):
        for task in pending:
            task.cancel()
        try:
            if pending:
                await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)
        except asyncio.CancelledError:
            interrupted = True
        for task in [task for task in pending if task.done()]:
            pending.discard(task)
            if not task.cancelled():
                task.exception()
        if not pending:
            break
    else:
        log.warning("tasks.not_stopped", extra={"tasks": [task.get_name() for task in pending]})
    if interrupted:
        raise asyncio.CancelledError


def failing() -> list[str]:
    """The names of tasks in this process that keep failing, sorted."""
    return sorted({supervised.name for supervised in list(_all) if supervised.is_failing})


def running() -> list[SupervisedTask]:
    """Every supervised task of this process that has not ended, by name."""
    return sorted((supervised for supervised in list(_all) if not supervised.done), key=lambda s: (s.name, s.of))
