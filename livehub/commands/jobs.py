"""`jobs`: which durable jobs have failed, for good or so far, and how to try one again."""

import argparse
from datetime import UTC, datetime
from typing import Any

from livehub.base.config import ConfigError
from livehub.base.db import Database
from livehub.base.job_queue import Q
from livehub.commands.database import asked
from livehub.commands.terminal import Environ, say, table

LISTED_MAX = 200
ARGS_CHARS = 100


def run(options: argparse.Namespace, environ: Environ) -> int:
    """Show, or try one again."""
    if options.action is None:
        return asked(options, environ, _show)
    if options.id is None:
        raise ConfigError("jobs retry: which one? Give the id of a job")
    return asked(options, environ, lambda database: _retry(database, options.id))


async def _show(database: Database) -> int:
    async with database.connection() as connection:
        counts = await connection.fetch(Q["job_counts"])
        jobs = await connection.fetch(Q["unfinished_jobs"], LISTED_MAX)
    now = datetime.now(UTC)
    rows = [(row["task_name"], row["status"], str(row["number"]), _when(row["next_at"], now)) for row in counts]
    say(table(("TASK", "STATUS", "JOBS", "NEXT"), rows))
    if jobs:
        names = ("ID", "TASK", "STATUS", "TRIES", "NEXT TRY", "LAST CHANGE", "ARGUMENTS")
        say("\nFailed, for good or so far:\n" + table(names, [_job(row, now) for row in jobs]))
    return 0


def _job(row: Any, now: datetime) -> tuple[str, ...]:
    is_dead = row["status"] == "failed"
    when = "-" if is_dead else _when(row["scheduled_at"], now)
    changed = row["changed_at"].isoformat(timespec="seconds") if row["changed_at"] else "-"
    status = "dead" if is_dead else "waits"
    return str(row["id"]), row["task_name"], status, str(row["attempts"]), when, changed, row["args"][:ARGS_CHARS]


def _when(moment: datetime | None, now: datetime) -> str:
    return "-" if moment is None else f"in {max(0.0, (moment - now).total_seconds()):.0f} s"


async def _retry(database: Database, job: int) -> int:
    async with database.connection() as connection:
        task = await connection.fetchval(Q["retry_job"], job)
    if task is None:
        raise ConfigError(f"{job} is no job that has failed or waits")
    say(f"{job} ({task}) is due now")
    return 0
