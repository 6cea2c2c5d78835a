"""A job runs if, and only if, what it follows from was committed; and then it runs to its end, whoever dies meanwhile.

Real PostgreSQL and a real procrastinate worker. Time is moved in the database (a retry becomes due, a heartbeat gets old)
rather than waited for.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from msgspec import Struct

from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.jobs import JobRunner, Task
from livehub.base.migrations import migrate
from livehub.base.outbox import DISPATCH, Q, defer, dispatch, emit
from livehub.embedded import Postgres

CHECKOUT = Path(__file__).parent.parent.parent
WITHIN_S = 20.0

# A worker whose only task says that it has begun, and then never ends.
HANGING_WORKER = """
import asyncio, sys
from livehub.base.config import Config
from livehub.base.jobs import JobRunner

async def hang(n):
    print(f"began {n}", flush=True)
    await asyncio.Event().wait()

async def main():
    JobRunner(Config(database_url=sys.argv[1], job_poll_s=0.05), {"work": hang}, {}).start()
    await asyncio.Event().wait()

asyncio.run(main())
"""


# Runners that are stopped at once, or a moment after.
SHORT_LIVES = """
import asyncio, sys
from livehub.base.config import Config
from livehub.base.jobs import JobRunner

async def live(wait_s):
    runner = JobRunner(Config(database_url=sys.argv[1], shutdown_grace_s=1.0), {}, {})
    runner.start()
    await asyncio.sleep(wait_s)
    await runner.stop()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, left

for n in range(30):
    asyncio.run(live(n / 1_000))
print("ended")
"""


class Happened(Struct, frozen=True, kw_only=True, tag="thing.happened", tag_field="event"):
    """An event of these tests."""

    what: str


class Calls:
    """What the tasks were called with; `until` waits for the next call rather than for time to pass."""

    def __init__(self) -> None:
        self.made: list[Any] = []
        self._changed = asyncio.Event()

    def note(self, call: Any) -> None:
        self.made.append(call)
        self._changed.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(WITHIN_S):
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
async def working(config: Config, tasks: dict[str, Task]) -> AsyncIterator[JobRunner]:
    runner = JobRunner(config, tasks, {})
    runner.start()
    try:
        yield runner
    finally:
        await runner.stop()


async def jobs(database: Database) -> list[tuple[str, str, int]]:
    """(task, status, tries) of every job, oldest first."""
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT task_name, status, attempts FROM procrastinate_jobs ORDER BY id")
    return [(row["task_name"], row["status"], row["attempts"]) for row in rows]


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """A row changes and tells nobody: look until it has."""
    until_s = time.monotonic() + WITHIN_S
    while not await holds():
        assert time.monotonic() < until_s
        await asyncio.sleep(0.02)


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
            await emit(tx, Happened(what="nothing"))
            raise ZeroDivisionError

    async with working(config, {"work": work}):
        with pytest.raises(ZeroDivisionError):
            await fail()
        async with database.transaction() as tx:
            await defer(tx.connection, "work", {"n": 2})
        await calls.until(1)
        await statuses_become(database, [("work", "succeeded", 1)])
    assert calls.made == [2]
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM outbox") == 0


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
    assert await asyncio.wait_for(killed.stdout.readline(), WITHIN_S) == b"began 7\n"
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
    migrate(server.url())
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


# --- the outbox ---


def reacting(database: Database, calls: Calls, failing: set[str]) -> dict[str, Task]:
    """Dispatch, and two reactions to Happened; those named in `failing` fail once."""

    async def dispatched(event: int) -> None:
        async with database.transaction() as tx:
            await dispatch(tx, event, {"thing.happened": ["first", "second"]})

    def reaction(name: str) -> Task:
        async def react(event: int, payload: dict[str, Any]) -> None:
            del event
            calls.note((name, payload))
            if name in failing:
                failing.discard(name)
                raise ZeroDivisionError

        return react

    return {DISPATCH: dispatched, "first": reaction("first"), "second": reaction("second")}


PAYLOAD = {"event": "thing.happened", "what": "a quiz was won"}


async def happens(database: Database) -> int:
    async with database.transaction() as tx:
        await emit(tx, Happened(what="a quiz was won"))
        return int(await tx.connection.fetchval("SELECT max(id) FROM outbox"))


async def test_each_reaction_to_an_event_runs_with_what_happened(
    config: Config, database: Database, calls: Calls
) -> None:
    async with working(config, reacting(database, calls, failing=set())):
        await happens(database)
        await calls.until(2)
        done = [(DISPATCH, "succeeded", 1), ("first", "succeeded", 1), ("second", "succeeded", 1)]
        await statuses_become(database, done)
    assert calls.made == [("first", PAYLOAD), ("second", PAYLOAD)]


async def test_a_reaction_that_fails_is_tried_again_without_the_others(
    config: Config, database: Database, calls: Calls
) -> None:
    async with working(config, reacting(database, calls, failing={"first"})):
        await happens(database)
        await calls.until(2)
        await statuses_become(database, [(DISPATCH, "succeeded", 1), ("first", "todo", 1), ("second", "succeeded", 1)])
        await make_due(database)
        await calls.until(3)
    assert calls.made == [("first", PAYLOAD), ("second", PAYLOAD), ("first", PAYLOAD)]


async def test_a_dispatch_that_runs_again_defers_nothing_again(database: Database) -> None:
    event = await happens(database)
    other = await happens(database)

    async def dispatch_it(tx: Transaction, event_id: int) -> None:
        await dispatch(tx, event_id, {"thing.happened": ["first", "second"]})

    for event_id in (event, event, other, event):
        async with database.transaction() as tx:
            await dispatch_it(tx, event_id)
    deferred = [task for task, _, _ in await jobs(database) if task != DISPATCH]
    assert deferred == ["first", "second", "first", "second"]  # of the two events, which are alike in all but their id


async def test_an_event_without_reactions_or_gone_is_no_error(database: Database) -> None:
    event = await happens(database)
    async with database.transaction() as tx:
        await dispatch(tx, event, {})
        await dispatch(tx, event + 1_000, {"thing.happened": ["first"]})
    assert [task for task, _, _ in await jobs(database)] == [DISPATCH]


async def test_events_are_forgotten_after_their_time_and_no_sooner(database: Database) -> None:
    old, new = await happens(database), await happens(database)
    async with database.connection() as connection:
        await connection.execute("UPDATE outbox SET created_at = now() - interval '31 days' WHERE id = $1", old)
        thirty_days_ago_ms = int((time.time() - 30 * 86_400) * 1000)
        assert await connection.fetchval(Q["forget_events"], thirty_days_ago_ms, 10) == 1
        assert [row["id"] for row in await connection.fetch("SELECT id FROM outbox")] == [new]


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
