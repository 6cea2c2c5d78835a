"""Durable jobs: procrastinate's worker on our PostgreSQL, run inside the server's own event loop.

Jobs are deferred by job_queue.defer, in the transaction of what they follow from. A job runs at least once; one whose
worker died is found by its missing heartbeat and tried again. One that fails is tried again after pauses that double up to a
bound, by default for two hours; then it is dead: counted, logged at ERROR, and kept for `python -m livehub jobs retry`.
A job of a task that this process does not know is left to others. The runner outlives any absence of PostgreSQL.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import procrastinate
from procrastinate.exceptions import ConnectorException, JobAborted
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from psycopg import OperationalError
from psycopg_pool import AsyncConnectionPool

from livehub.base.backoff import Backoff
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.errors import Unavailable
from livehub.base.job_queue import OLD_QUEUE, Q, queue_of
from livehub.base.metrics import JOBS, JOBS_DEAD
from livehub.base.tasks import SupervisedTask

log = logging.getLogger("livehub.jobs")

Task = Callable[..., Awaitable[None]]
STALLED_AFTER_S = 30.0
AWAY = (ConnectorException, OperationalError, Unavailable, OSError)  # what the worker raises without PostgreSQL
RESTART_PAUSE_S = 1.0
CONNECT_S = 5.0
CLOSE_S = 1.0
CANCEL_AGAIN_S = 0.1
UNKNOWN_PAUSE_S = 30  # before a job of an unknown task is fetched again, by whoever comes first


class _ToldAlready(logging.Filter):
    """procrastinate writes a line of its own for a job that failed for good; `jobs.dead` says the same, with fields."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "action", None) != "job_error"


logging.getLogger("procrastinate.worker").addFilter(_ToldAlready())


class UnknownTask(Exception):
    """A job of a version before or after ours."""


class JobRunner:
    """Runs the tasks it is given, by name."""

    def __init__(
        self,
        config: Config,
        database: Database,
        tasks: dict[str, Task],
        periodic: dict[str, str],
        backoffs: Mapping[str, Backoff] | None = None,
    ) -> None:
        """`periodic`: task name to cron expression; such a task gets the moment it was due, `timestamp` (Unix s).

        `backoffs`: of those tasks that are not to be tried again as settings say.
        """
        self._config = config
        self._database = database
        self._tasks = tasks
        self._periodic = periodic
        self._backoffs = backoffs or {}
        self._backoff = Backoff(tries_max=config.job_attempts_max, pause_s_max=config.job_retry_s_max)
        self._runner: SupervisedTask | None = None

    def start(self) -> None:
        self._runner = SupervisedTask("jobs", self._work_whenever_available)

    async def stop(self) -> None:
        """Stop fetching; jobs under way get a part of the grace time, then are left for another worker."""
        if self._runner is None:
            return
        self._runner.stop()
        await _cancelled(self._runner.task, again_s=self._config.shutdown_grace_s * 7 / 16, times=2)

    async def _work_whenever_available(self) -> None:
        """Again and again; PostgreSQL's absence is no failure of the task."""
        while True:
            try:
                await self._work()
            except AWAY as error:
                if await self._database.ping():
                    raise
                log.warning("jobs.interrupted", extra={"reason": repr(error)})
            else:
                if await self._database.ping():
                    raise RuntimeError("the worker of jobs ended, though PostgreSQL is there")
            await asyncio.sleep(RESTART_PAUSE_S)

    def _app(self) -> procrastinate.App:
        app = procrastinate.App(connector=procrastinate.PsycopgConnector())
        app.tasks = _KnownTasks(app.tasks, app.task(name="unknown", retry=_Postponed())(_unknown))
        for name, task in self._tasks.items():
            retry = _Backoff(self._backoffs.get(name, self._backoff))
            registered = app.task(name=name, queue=queue_of(name), retry=retry)(_counted(name, task))
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
            if self._runner is not None and self._runner.task.cancelling():  # which was forgotten, see _cancelled
                raise asyncio.CancelledError
            yield pool
        finally:
            await pool.close(timeout=CLOSE_S)

    async def _work(self) -> None:
        app = self._app()
        async with self._pool() as pool, app.open_async(pool):
            worker = app.run_worker_async(
                queues=[*map(queue_of, self._tasks), OLD_QUEUE],
                concurrency=self._config.job_concurrency,
                fetch_job_polling_interval=self._config.job_poll_s,
                abort_job_polling_interval=60.0,
                shutdown_graceful_timeout=self._config.shutdown_grace_s / 4,
                install_signal_handlers=False,
                delete_jobs="never",
            )
            tasks = [
                asyncio.create_task(worker, name="job worker"),
                asyncio.create_task(self._rescue_forever(), name="rescue"),
            ]
            try:
                # The worker stops by itself when it loses PostgreSQL; all begins anew.
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _cancelled(tasks[1], again_s=CANCEL_AGAIN_S, times=10)
                await _cancelled(tasks[0], again_s=self._config.shutdown_grace_s * 5 / 16, times=2)
            for task in done:
                task.result()

    async def _rescue_forever(self) -> None:
        while True:
            try:
                await self._rescue()
            except Unavailable:
                pass  # the worker notices, too
            except Exception:
                log.exception("jobs.rescue_failed")
            await asyncio.sleep(STALLED_AFTER_S / 2)

    async def _rescue(self) -> None:
        """Give jobs of dead workers back. Raises Unavailable."""
        async with self._database.transaction() as tx:
            rows = await tx.connection.fetch(Q["rescue_jobs"], STALLED_AFTER_S, self._config.job_attempts_max)
        for row in rows:
            if row["is_dead"]:
                _tell_of_death(row["id"], row["task_name"], row["attempts"] + 1, None)
            else:
                log.warning("jobs.rescued", extra={"job": row["id"], "task": row["task_name"]})


class _Backoff(BaseRetryStrategy):
    """When procrastinate tries a job again. A job that a stop interrupted is due at once, for another process."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """None: never again."""
        if isinstance(exception, JobAborted | asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        tries = job.attempts + 1
        pause_s = self._backoff.pause_s(tries)
        if pause_s is None:
            _tell_of_death(job.id, job.task_name, tries, exception)
            return None
        return RetryDecision(retry_in={"seconds": round(pause_s)})


class _Postponed(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        log.warning("jobs.unknown_task", extra={"job": job.id, "task": job.task_name, "reason": repr(exception)})
        return RetryDecision(retry_in={"seconds": UNKNOWN_PAUSE_S})


class _KnownTasks(dict[str, Any]):
    """procrastinate's tasks by name. It fails a job for good that has none here; ours get one that postpones them.

    Only jobs of OLD_QUEUE come to it: of the others only those that are known are fetched.
    """

    def __init__(self, tasks: Mapping[str, Any], unknown: Any) -> None:
        super().__init__(tasks)
        self._unknown = unknown

    def get(self, name: str, default: Any = None) -> Any:
        """The task, or the one for those that are not known."""
        return super().get(name, default if default is not None else self._unknown)


async def _unknown(**_args: Any) -> None:
    raise UnknownTask


def _tell_of_death(job: int | None, task: str, tries: int, error: BaseException | None) -> None:
    JOBS_DEAD.labels(task=task).inc()
    log.error("jobs.dead", extra={"job": job, "task": task, "tries": tries}, exc_info=error)


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
