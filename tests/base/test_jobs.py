"""A job runs if, and only if, what it follows from was committed; and then it runs to its end, whoever dies meanwhile.

Real PostgreSQL and a real procrastinate worker. Time is moved in the database (a retry becomes due, a heartbeat gets old)
rather than waited for.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from livehub.app import MIGRATIONS
from livehub.base import jobs as livehub_jobs
from livehub.base.backoff import Backoff
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.job_queue import TASK_CHARS_MAX, Q, defer
from livehub.base.jobs import JobRunner, Task
from livehub.base.metrics import JOBS_DEAD
from livehub.base.migrations import migrate
from livehub.embedded.servers import Postgres
from tests.base.eventing import eventually
from tests.patience import PATIENCE_S

CHECKOUT = Path(__file__).parent.parent.parent

# A worker whose only task says that it has begun, and then never ends.
HANGING_WORKER = """
import asyncio, sys
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.jobs import JobRunner

async def hang(n):
    print(f"began {n}", flush=True)
    await asyncio.Event().wait()

async def main():
    config = Config(database_url=sys.argv[1], job_poll_s=0.05)
    JobRunner(config, Database(config), {"work": hang}, {}).start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


# Runners that are stopped at once, or a moment after.
SHORT_LIVES = """
import asyncio, sys
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.jobs import JobRunner

async def live(wait_s):
    config = Config(database_url=sys.argv[1], shutdown_grace_s=1.0)
    runner = JobRunner(config, Database(config), {}, {})
    runner.start()
    await asyncio.sleep(wait_s)
    await runner.stop()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, left

for n in range(30):
    asyncio.run(live(n / 1_000))
print("ended")
"""


class Calls:
    """What the tasks were called with; `until` waits for the next call rather than for time to pass."""

    def __init__(self) -> None:
        self.made: list[Any] = []
        self._changed = asyncio.Event()

    def note(self, call: Any) -> None:
        self.made.append(call)
        self._changed.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.made) < count:
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def config(database_url: str) -> Config:
    return Config(database_url=database_url, job_poll_s=0.05, job_concurrency=1, shutdown_grace_s=2.0)


@pytest.fixture
async def database(config: Config) -> AsyncIterator[Database]:
    database = Database(config)
    await database.open()
    yield database
    await database.close()


@asynccontextmanager
async def working(
    config: Config, tasks: dict[str, Task], backoffs: dict[str, Backoff] | None = None
) -> AsyncIterator[JobRunner]:
    database = Database(config)
    await database.open()
    runner = JobRunner(config, database, tasks, {}, backoffs)
    runner.start()
    try:
        yield runner
    finally:
        await runner.stop()
        await database.close()


async def jobs(database: Database) -> list[tuple[str, str, int]]:
    """(task, status, tries) of every job, oldest first."""
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT task_name, status, attempts FROM procrastinate_jobs ORDER BY id")
    return [(row["task_name"], row["status"], row["attempts"]) for row in rows]


async def statuses_become(database: Database, expected: list[tuple[str, str, int]]) -> None:
    async def same() -> bool:
        return await jobs(database) == expected

    try:
        await eventually(same)
    except AssertionError:
        assert await jobs(database) == expected


async def make_due(database: Database) -> None:
    """Whatever waits for its time is due now."""
    async with database.connection() as connection:
        await connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")


# --- deferring ---


async def test_a_job_of_a_committed_transaction_runs_once_with_its_arguments(
    config: Config, database: Database, calls: Calls
) -> None:
    async def work(**args: Any) -> None:
        calls.note(args)

    async with working(config, {"work": work}):
        async with database.transaction() as tx:
            await defer(tx.connection, "work", {"quiz": "q1", "n": 3, "名": None})
        await calls.until(1)
        await statuses_become(database, [("work", "succeeded", 1)])
    assert calls.made == [{"quiz": "q1", "n": 3, "名": None}]


async def test_a_job_of_a_rolled_back_transaction_never_was(config: Config, database: Database, calls: Calls) -> None:
    async def work(n: int) -> None:
        calls.note(n)

    async def fail() -> None:
        async with database.transaction() as tx:
            await defer(tx.connection, "work", {"n": 1})
            raise ZeroDivisionError

    async with working(config, {"work": work}):
        with pytest.raises(ZeroDivisionError):
            await fail()
        async with database.transaction() as tx:
            await defer(tx.connection, "work", {"n": 2})
        await calls.until(1)
        await statuses_become(database, [("work", "succeeded", 1)])
    assert calls.made == [2]


async def test_a_job_waits_for_its_time(config: Config, database: Database, calls: Calls) -> None:
    async def work(n: int) -> None:
        calls.note(n)

    async with working(config, {"work": work}):
        async with database.transaction() as tx:
            await defer(tx.connection, "work", {"n": 1}, at=datetime(2999, 1, 1, tzinfo=UTC))
            await defer(tx.connection, "work", {"n": 2}, at=datetime(2020, 1, 1, tzinfo=UTC))
            await defer(tx.connection, "work", {"n": 3})
        await calls.until(2)
        await statuses_become(database, [("work", "todo", 0), ("work", "succeeded", 1), ("work", "succeeded", 1)])
        await make_due(database)
        await calls.until(3)
    assert calls.made == [2, 3, 1]


async def test_of_a_queueing_lock_one_job_waits_at_a_time(database: Database) -> None:
    async def twice() -> None:
        async with database.transaction() as tx:
            for _ in range(2):
                await defer(tx.connection, "work", {}, queueing_lock="only one")

    with pytest.raises(asyncpg.UniqueViolationError):
        await twice()
    assert await jobs(database) == []


# --- trying again ---


@pytest.mark.parametrize("attempts_max", [1, 3])
async def test_a_failing_job_is_tried_so_often_with_pauses_and_then_left(
    database: Database, config: Config, calls: Calls, attempts_max: int
) -> None:
    async def work() -> None:
        calls.note("tried")
        raise ZeroDivisionError

    limited = msgspec.structs.replace(config, job_attempts_max=attempts_max)
    async with working(limited, {"work": work}):
        async with database.transaction() as tx:
            await defer(tx.connection, "work", {})
        for tries in range(1, attempts_max):
            await statuses_become(database, [("work", "todo", tries)])
            async with database.connection() as connection:
                later = "SELECT scheduled_at > now() + interval '1 second' FROM procrastinate_jobs"
                assert await connection.fetchval(later) is True
            await make_due(database)
        await statuses_become(database, [("work", "failed", attempts_max)])
    assert calls.made == ["tried"] * attempts_max


async def test_a_job_whose_worker_is_killed_half_way_is_taken_over(
    config: Config, database: Database, calls: Calls
) -> None:
    async def work(n: int) -> None:
        calls.note(n)

    async with database.transaction() as tx:
        await defer(tx.connection, "work", {"n": 7})
    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HANGING_WORKER, config.database_url, cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE
    )
    assert killed.stdout is not None
    assert await asyncio.wait_for(killed.stdout.readline(), PATIENCE_S) == b"began 7\n"
    killed.kill()
    await killed.wait()
    assert await jobs(database) == [("work", "doing", 0)]
    async with database.connection() as connection:  # half a minute goes by
        await connection.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '31 seconds'"
        )
    async with working(config, {"work": work}):
        await calls.until(1)
        await statuses_become(database, [("work", "succeeded", 2)])
    assert calls.made == [7]


async def test_a_job_that_outlasts_the_stop_is_left_for_another_worker(
    config: Config, database: Database, calls: Calls
) -> None:
    async def hang(n: int) -> None:
        calls.note(f"began {n}")
        await asyncio.Event().wait()

    async def work(n: int) -> None:
        calls.note(f"did {n}")

    async with working(config, {"work": hang}):
        async with database.transaction() as tx:
            await defer(tx.connection, "work", {"n": 1})
        await calls.until(1)
    assert [status for _, status, _ in await jobs(database)] == ["todo"]
    async with working(config, {"work": work}):
        await make_due(database)
        await calls.until(2)
    assert calls.made == ["began 1", "did 1"]


@pytest.fixture
def own_postgres(folder: Path) -> Iterator[Postgres]:
    """A server that this test may kill."""
    server = Postgres(folder)
    migrate(server.url(), MIGRATIONS)
    yield server
    server.close()


async def test_the_runner_outlives_an_absence_of_postgresql(own_postgres: Postgres, calls: Calls) -> None:
    async def work(n: int) -> None:
        calls.note(n)

    config = Config(database_url=own_postgres.url(), job_poll_s=0.05, shutdown_grace_s=2.0)
    database = Database(config)
    await database.open()

    async def defer_one(n: int) -> None:
        async with database.transaction() as tx:
            await defer(tx.connection, "work", {"n": n})

    async with working(config, {"work": work}):
        await defer_one(1)
        await statuses_become(database, [("work", "succeeded", 1)])
        await asyncio.to_thread(own_postgres.kill)
        await asyncio.to_thread(own_postgres.start)
        await defer_one(2)
        await statuses_become(database, [("work", "succeeded", 1)] * 2)
    await database.close()
    assert calls.made == [1, 2]


# --- dead jobs ---


async def test_a_job_that_failed_for_good_is_told_once_counted_and_can_be_tried_again(
    config: Config, database: Database, calls: Calls, caplog: pytest.LogCaptureFixture
) -> None:
    is_away = True

    async def pay(order: str) -> None:
        calls.note(order)
        if is_away:
            raise ConnectionError("the provider is away")

    before = JOBS_DEAD.labels(task="pay")._value.get()
    async with working(config, {"pay": pay}, {"pay": Backoff(tries_max=2)}):
        async with database.transaction() as tx:
            await defer(tx.connection, "pay", {"order": "o1"})
        await statuses_become(database, [("pay", "todo", 1)])
        await make_due(database)
        await statuses_become(database, [("pay", "failed", 2)])
        errors = [record.message for record in caplog.records if record.levelno >= logging.ERROR]
        assert errors == ["jobs.dead"]
        assert JOBS_DEAD.labels(task="pay")._value.get() == before + 1
        is_away = False
        async with database.connection() as connection:
            (job,) = await connection.fetch(Q["unfinished_jobs"], 10)
            assert (job["task_name"], job["status"], job["attempts"]) == ("pay", "failed", 2)
            assert await connection.fetchval(Q["retry_job"], job["id"]) == "pay"
            assert await connection.fetchval(Q["retry_job"], job["id"] + 1) is None
        await statuses_become(database, [("pay", "succeeded", 1)])
        async with database.connection() as connection:
            assert await connection.fetchval(Q["retry_job"], job["id"]) is None
    assert calls.made == ["o1"] * 3


def test_by_default_a_job_outlasts_an_hour_of_a_providers_absence() -> None:
    config = Config()
    backoff = Backoff(tries_max=config.job_attempts_max, pause_s_max=config.job_retry_s_max)
    assert backoff.lasts_s() == sum(2**n for n in range(1, 10)) + 10 * 600
    assert 3_600 < backoff.lasts_s() < 86_400


# --- rescuers ---


async def test_a_job_that_another_process_gave_back_meanwhile_is_left_alone(database: Database) -> None:
    """Two rescuers at once: one gives the job back, the other finds none and does not end."""
    async with database.transaction() as tx:
        await defer(tx.connection, "work", {})
        await tx.connection.execute("UPDATE procrastinate_jobs SET status = 'doing'")  # its worker is gone
    async with database.transaction() as one:
        first = await one.connection.fetch(Q["rescue_jobs"], 30.0, 20)
        async with database.transaction() as other:
            assert await other.connection.fetch(Q["rescue_jobs"], 30.0, 20) == []
    async with database.transaction() as late:
        assert await late.connection.fetch(Q["rescue_jobs"], 30.0, 20) == []
    assert [(row["task_name"], row["is_dead"]) for row in first] == [("work", False)]
    assert await jobs(database) == [("work", "todo", 1)]


async def test_a_job_of_a_worker_that_lives_is_not_taken_away(database: Database) -> None:
    async with database.transaction() as tx:
        await defer(tx.connection, "work", {})
        worker = await tx.connection.fetchval("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        await tx.connection.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = $1", worker)
        assert await tx.connection.fetch(Q["rescue_jobs"], 30.0, 20) == []


async def test_a_job_that_ends_its_worker_each_time_is_dead_at_last(database: Database) -> None:
    async with database.transaction() as tx:
        await defer(tx.connection, "work", {})
        await tx.connection.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = 19")
        (row,) = await tx.connection.fetch(Q["rescue_jobs"], 30.0, 20)
    assert row["is_dead"] is True
    assert await jobs(database) == [("work", "failed", 20)]


async def test_the_runner_goes_on_when_a_rescue_fails(
    config: Config, database: Database, calls: Calls, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(n: int) -> None:
        calls.note(n)

    monkeypatch.setitem(Q, "rescue_jobs", "SELECT 1 / 0, $1::float8, $2::integer")
    monkeypatch.setattr(livehub_jobs, "STALLED_AFTER_S", 0.02)
    async with working(config, {"work": work}):

        async def has_failed_often() -> bool:
            return [record.message for record in caplog.records].count("jobs.rescue_failed") >= 3

        await eventually(has_failed_often)
        async with database.transaction() as tx:
            await defer(tx.connection, "work", {"n": 1})
        await calls.until(1)
    assert "jobs.interrupted" not in [record.message for record in caplog.records]


# --- versions ---


async def test_a_job_of_a_task_that_a_process_does_not_know_waits_for_one_that_does(
    config: Config, database: Database, calls: Calls
) -> None:
    async def work(n: int) -> None:
        calls.note(n)

    async with working(config, {"work": work}):
        async with database.transaction() as tx:
            await defer(tx.connection, "newer", {"n": 1})
            await defer(tx.connection, "work", {"n": 2})
        await statuses_become(database, [("newer", "todo", 0), ("work", "succeeded", 1)])
    async with working(config, {"work": work, "newer": work}):
        await calls.until(2)
    assert calls.made == [2, 1]


async def test_jobs_that_an_older_version_deferred_run_and_unknown_ones_are_postponed(
    config: Config, database: Database, calls: Calls
) -> None:
    async def work(n: int) -> None:
        calls.note(n)

    async with database.connection() as connection:
        for task, n in (("gone", 1), ("work", 2)):
            await connection.fetchval(Q["defer_job"], "default", task, None, None, {"n": n}, None)
    async with working(config, {"work": work}):
        await statuses_become(database, [("gone", "todo", 1), ("work", "succeeded", 1)])
    assert calls.made == [2]


async def test_a_task_has_a_name_that_its_queue_can_be_notified_by(database: Database) -> None:
    async with database.transaction() as tx:
        await defer(tx.connection, "x" * TASK_CHARS_MAX, {})
        with pytest.raises(ValueError, match="longer than 40 bytes"):
            await defer(tx.connection, "x" * (TASK_CHARS_MAX + 1), {})


async def test_a_runner_that_is_stopped_as_it_begins_ends(database_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SHORT_LIVES, database_url, cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(60):  # it hung for ever
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, told) == (0, b"ended\n")
