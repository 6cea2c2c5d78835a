"""Durable jobs: procrastinate's worker on our PostgreSQL, run inside the server's own event loop.

Jobs are deferred by livehub.base.outbox.defer, in the transaction of what they follow from. A job runs at least once; one
whose worker died is found by its missing heartbeat and tried again. The runner outlives any absence of PostgreSQL.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import procrastinate
from psycopg_pool import AsyncConnectionPool

from livehub.base.config import Config
from livehub.base.metrics import JOBS

log = logging.getLogger("livehub.jobs")

Task = Callable[..., Awaitable[None]]
STALLED_AFTER_S = 30.0
RESTART_PAUSE_S = 1.0
CONNECT_S = 5.0
CLOSE_S = 1.0
CANCEL_AGAIN_S = 0.1


class JobRunner:
    """Runs the tasks it is given, by name."""

    def __init__(self, config: Config, tasks: dict[str, Task], periodic: dict[str, str]) -> None:
        """`periodic`: task name to cron expression; such a task gets the moment it was due, `timestamp` (Unix s)."""
        self._config = config
        self._tasks = tasks
        self._periodic = periodic
        self._loop_task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work, in the background."""
        self._loop_task = asyncio.create_task(self._forever(), name="jobs")

    async def stop(self) -> None:
        """Stop fetching; jobs under way get a part of the grace time, then are left for another worker."""
        if self._loop_task is None:
            return
        await _cancelled(self._loop_task, again_s=self._config.shutdown_grace_s * 7 / 16, times=2)

    async def _forever(self) -> None:
        while True:
            try:
                await self._work()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  (whatever it was, work must go on)
                log.warning("jobs.interrupted", extra={"reason": repr(error)})
            await asyncio.sleep(RESTART_PAUSE_S)

    def _app(self) -> procrastinate.App:
        app = procrastinate.App(connector=procrastinate.PsycopgConnector())
        # procrastinate counts the tries after the first, and takes 0 for no end.
        again = self._config.job_attempts_max - 1
        retry = procrastinate.RetryStrategy(max_attempts=again, exponential_wait=2) if again else False
        for name, task in self._tasks.items():
            registered = app.task(name=name, retry=retry)(_counted(name, task))
            if name in self._periodic:
                app.periodic(cron=self._periodic[name])(registered)
        return app

    @asynccontextmanager
    async def _pool(self) -> AsyncIterator[AsyncConnectionPool]:
        """Connections, closed however it ends. procrastinate leaves its own open when it is cancelled while these are made;
        then the pool's tasks take the loop's cancelling for a failure to connect, try again for ever, and the process stays.
        """
        pool = AsyncConnectionPool(
            self._config.database_url,
            min_size=1,
            max_size=self._config.job_concurrency + 2,
            timeout=CONNECT_S,
            open=False,
            check=AsyncConnectionPool.check_connection,
        )
        try:
            await pool.open(wait=True, timeout=CONNECT_S)
            if self._loop_task is not None and self._loop_task.cancelling():  # which was forgotten, see _cancelled
                raise asyncio.CancelledError
            yield pool
        finally:
            await pool.close(timeout=CLOSE_S)

    async def _work(self) -> None:
        app = self._app()
        async with self._pool() as pool, app.open_async(pool):
            worker = app.run_worker_async(
                concurrency=self._config.job_concurrency,
                fetch_job_polling_interval=self._config.job_poll_s,
                abort_job_polling_interval=60.0,
                shutdown_graceful_timeout=self._config.shutdown_grace_s / 4,
                install_signal_handlers=False,
                delete_jobs="never",
            )
            tasks = [
                asyncio.create_task(worker, name="job worker"),
                asyncio.create_task(self._rescue(app), name="rescue"),
            ]
            try:
                # The worker stops by itself when it loses PostgreSQL; all begins anew.
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _cancelled(tasks[1], again_s=CANCEL_AGAIN_S, times=10)
                await _cancelled(tasks[0], again_s=self._config.shutdown_grace_s * 5 / 16, times=2)
            for task in done:
                task.result()

    async def _rescue(self, app: procrastinate.App) -> None:
        """Give jobs of dead workers back."""
        while True:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
                await app.job_manager.retry_job(job)
                log.warning("jobs.rescued", extra={"job": job.id, "task": job.task_name})
            await asyncio.sleep(STALLED_AFTER_S / 2)


async def _cancelled(task: asyncio.Task[None], *, again_s: float, times: int) -> None:
    """Cancel it until it has ended. Once is not enough: `asyncio.wait_for`, with which the pool of connections waits, forgets a
    cancelling that comes together with what it waits for (Python 3.11).
    """
    for _ in range(times):
        if task.done():
            return
        task.cancel()
        await asyncio.wait([task], timeout=again_s)


def _counted(name: str, task: Task) -> Task:
    async def run(**args: Any) -> None:
        try:
            await task(**args)
        except Exception as error:
            JOBS.labels(task=name, outcome="failed").inc()
            log.warning("jobs.failed", extra={"task": name, "reason": repr(error)})
            raise
        JOBS.labels(task=name, outcome="done").inc()

    return run
