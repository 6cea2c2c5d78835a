"""What operators see of events and jobs that failed, and do about them, from the command line."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from livehub.app import MIGRATIONS
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.event_cursor import Cursor
from livehub.base.events import emit
from livehub.base.job_queue import defer
from livehub.base.migrations import migrate
from livehub.embedded.servers import Postgres
from tests.base.eventing import Other, Reacting, drain, effects_of, happen, opened, parked

CHECKOUT = Path(__file__).parent.parent.parent


def run(*arguments: str, **environ: str) -> tuple[int, str, str]:
    """A command, to its end: status, output, complaint."""
    ended = subprocess.run(
        [sys.executable, "-m", "livehub", *arguments],
        cwd=CHECKOUT,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with opened(Config(database_url=database_url)) as database:
        yield database


@pytest.fixture
async def failing(database_url: str, database: Database) -> tuple[Reacting, Cursor]:
    """A subscription with `a1` parked, `a2` behind it, `b1` read and `c1` not yet."""
    reacting = Reacting("loyalty.points")
    cursor = Cursor(Config(database_url=database_url), database, reacting.subscription)
    await cursor.register()
    reacting.fails = lambda what: what == "a1"
    for what in ("a1", "a2", "b1"):
        await happen(database, what, key=f"order {what[0]}")
    await drain(database, cursor)
    await happen(database, "c1")
    async with database.connection() as connection:
        await connection.fetchval("SELECT sequence_domain_events(10)")
    return reacting, cursor


async def test_events_shows_lag_parked_events_and_types_that_nobody_reads(
    database_url: str, database: Database, failing: tuple[Reacting, Cursor]
) -> None:
    async with database.transaction() as tx:
        await emit(tx, Other(what="x"))
    async with database.connection() as connection:
        await connection.fetchval("SELECT sequence_domain_events(10)")
    status, shown, complaint = run("events", DATABASE_URL=database_url)
    assert (status, complaint) == (0, "")
    assert shown.startswith("5 events so far; 0 just committed\n")
    assert re.search(r"^loyalty\.points +3 +1 +[\d.]+ +1 +1 +\d+ s ago$", shown, re.MULTILINE), shown
    first = r"^\d+ +loyalty\.points +1 +thing\.happened +order a +1 +in \d+ s +ZeroDivisionError: a1$"
    assert re.search(first, shown, re.MULTILINE), shown
    assert re.search(r"^\d+ +loyalty\.points +2 +thing\.happened +order a +0 +behind another$", shown, re.MULTILINE), (
        shown
    )
    assert re.search(r"^other\.happened +1 +\d{4}-", shown, re.MULTILINE), shown


async def parked_ids(database: Database) -> list[str]:
    async with database.connection() as connection:
        return [str(row["id"]) for row in await connection.fetch("SELECT id FROM parked_events ORDER BY position")]


async def test_events_retry_makes_one_due(
    database_url: str, database: Database, failing: tuple[Reacting, Cursor]
) -> None:
    reacting, cursor = failing
    reacting.fails = lambda _what: False
    first, behind = await parked_ids(database)
    assert run("events", "retry", behind, DATABASE_URL=database_url)[0] == 1
    status, shown, _ = run("events", "retry", first, DATABASE_URL=database_url)
    assert (status, shown) == (0, f"{first} is tried again by a process that runs its subscription, within seconds\n")
    await drain(database, cursor)
    assert await effects_of(database, "loyalty.points") == ["b1", "c1", "a1", "a2"]
    assert await parked(database, "loyalty.points") == []


async def test_events_skip_passes_one_over_and_releases_those_behind(
    database_url: str, database: Database, failing: tuple[Reacting, Cursor]
) -> None:
    _, cursor = failing
    first, _ = await parked_ids(database)
    assert run("events", "skip", first, DATABASE_URL=database_url)[0] == 0
    await drain(database, cursor)
    assert await effects_of(database, "loyalty.points") == ["b1", "c1", "a2"]
    assert await parked(database, "loyalty.points") == []


async def test_jobs_shows_dead_ones_and_tries_one_again(database_url: str, database: Database) -> None:
    async with database.transaction() as tx:
        for task in ("payments.refund", "quiz.close"):
            await defer(tx.connection, task, {"order": "o1"})
        await tx.connection.execute(
            "UPDATE procrastinate_jobs SET status = 'failed', attempts = 20 WHERE task_name = 'payments.refund'"
        )
    status, shown, complaint = run("jobs", DATABASE_URL=database_url)
    assert (status, complaint) == (0, "")
    assert re.search(r"^payments\.refund +failed +1 +-$", shown, re.MULTILINE), shown
    assert re.search(r"^quiz\.close +todo +1 +-$", shown, re.MULTILINE), shown
    found = re.search(r'^(\d+) +payments\.refund +dead +20 +- +\S+ +{"order": "o1"}$', shown, re.MULTILINE)
    assert found is not None, shown
    assert run("jobs", "retry", found[1], DATABASE_URL=database_url)[1] == f"{found[1]} (payments.refund) is due now\n"
    async with database.connection() as connection:
        row = await connection.fetchrow("SELECT status, attempts FROM procrastinate_jobs WHERE id = $1", int(found[1]))
    assert row is not None
    assert tuple(row) == ("todo", 0)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("events",), "DATABASE_URL must be set, or --data name the folder of a running `demo`"),
        (("events", "retry"), "events retry: which one? Give the id of a parked event"),
        (("jobs", "retry"), "jobs retry: which one? Give the id of a job"),
        (("jobs", "--data", "/nonexistent"), "DATABASE_URL must be set, or --data name the folder of a running `demo`"),
    ],
)
def test_what_is_missing_is_said_in_one_line(arguments: tuple[str, ...], complaint: str) -> None:
    assert run(*arguments) == (1, "", f"livehub: {complaint}\n")


def test_a_database_that_is_away_and_an_id_that_is_none_are_said_in_one_line(database_url: str) -> None:
    away = run("jobs", DATABASE_URL="postgresql://livehub@127.0.0.1:1/livehub", LIVEHUB_LOG_LEVEL="ERROR")
    assert away == (1, "", "livehub: the database does not answer\n")
    for command, complaint in (
        (("events", "retry", "7"), "7 is no parked event, or waits behind an earlier one of its key"),
        (("events", "skip", "7"), "7 is no parked event"),
        (("jobs", "retry", "7"), "7 is no job that has failed or waits"),
    ):
        assert run(*command, DATABASE_URL=database_url) == (1, "", f"livehub: {complaint}\n")


def test_the_database_of_a_demo_is_found_in_its_folder(folder: Path) -> None:
    server = Postgres(folder)
    try:
        migrate(server.url(), MIGRATIONS)
        status, shown, _ = run("events", "--data", str(folder))
        assert (status, shown.splitlines()[0]) == (0, "0 events so far; 0 just committed")
    finally:
        server.close()
    assert run("events", "--data", str(folder))[0] == 1
