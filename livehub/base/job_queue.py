"""The queue of durable jobs: rows of procrastinate's tables, put there in the transaction of what they follow from.

Each task has a queue of its own, and a worker takes from the queues of the tasks that it knows: during an upgrade a job of
a new task waits for a new process. Jobs of the queue "default" were deferred by versions before. See jobs.py for who works.
"""

from datetime import datetime
from typing import Any

from livehub.base.clock import Timeline
from livehub.base.db import Connection
from livehub.base.sql import queries

Q = queries(__file__, "job_queue.sql")

OLD_QUEUE = "default"
TASK_CHARS_MAX = (
    40  # procrastinate notifies on the channel "procrastinate_queue_v1#...", and PostgreSQL allows 63 bytes
)


def queue_of(task: str) -> str:
    """The queue of a task's jobs. Raises ValueError if the name is too long for one."""
    if len(task.encode()) > TASK_CHARS_MAX:
        raise ValueError(f"the name of the task {task} is longer than {TASK_CHARS_MAX} bytes")
    return task


async def defer(
    connection: Connection,
    task: str,
    args: dict[str, Any],
    *,
    at: datetime | None = None,
    lock: str | None = None,
    queueing_lock: str | None = None,
) -> None:
    """Defer a durable job inside the caller's transaction; it runs if, and only if, that commits.

    `at`: not before this moment of business time.
    """
    await connection.fetchval(Q["defer_job"], queue_of(task), task, lock, queueing_lock, args, at)


async def follow(connection: Connection, timeline: Timeline, *, told_s: float) -> None:
    """Move the jobs that wait for a moment of business time to where it is by `timeline`.

    In the transaction that changes the row of business_clock: whoever defers a job holds that row, so none is overlooked.
    `told_s`: in so much real time every process goes by it. What is due at once waits so long, lest a process runs it that
    does not yet, and stamps what follows with a moment before.
    """
    await connection.execute(Q["forget_moments"])
    await connection.execute(Q["move_jobs"], timeline.real_s, timeline.business_s, timeline.rate, told_s)
