"""Durable jobs: procrastinate's worker on our PostgreSQL, run inside the server's own event loop.

Jobs are deferred by livehub.base.outbox.defer, in the transaction of what they follow from. A job runs at least once; one
whose worker died is found by its missing heartbeat and tried again. The runner outlives any absence of PostgreSQL.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import procrastinate

from livehub.base.config import Config
from livehub.base.metrics import JOBS

log = logging.getLogger("livehub.jobs")

Task = Callable[..., Awaitable[None]]
STALLED_AFTER_S = 30.0
RESTART_PAUSE_S = 1.0


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
        self._loop_task.cancel()
        await asyncio.wait([self._loop_task], timeout=self._config.shutdown_grace_s / 2)

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
        connector = procrastinate.PsycopgConnector(
            conninfo=self._config.database_url, min_size=1, max_size=self._config.job_concurrency + 2, timeout=5.0
        )
        app = procrastinate.App(connector=connector)
        again = (
            self._config.job_attempts_max - 1
        )  # procrastinate counts the tries after the first, and takes 0 for no end
        retry = procrastinate.RetryStrategy(max_attempts=again, exponential_wait=2) if again else False
        for name, task in self._tasks.items():
            registered = app.task(name=name, retry=retry)(_counted(name, task))
            if name in self._periodic:
                app.periodic(cron=self._periodic[name])(registered)
        return app

    async def _work(self) -> None:
        app = self._app()
        async with app.open_async(), asyncio.TaskGroup() as group:
            rescue = group.create_task(self._rescue(app))
            await app.run_worker_async(
                concurrency=self._config.job_concurrency,
                fetch_job_polling_interval=self._config.job_poll_s,
                abort_job_polling_interval=60.0,
                shutdown_graceful_timeout=self._config.shutdown_grace_s / 4,
                install_signal_handlers=False,
                delete_jobs="never",
            )
            rescue.cancel()  # the worker has stopped by itself, as it does when it loses PostgreSQL; all begins anew

    async def _rescue(self, app: procrastinate.App) -> None:
        """Give jobs of dead workers back."""
        while True:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
                await app.job_manager.retry_job(job)
                log.warning("jobs.rescued", extra={"job": job.id, "task": job.task_name})
            await asyncio.sleep(STALLED_AFTER_S / 2)


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
