"""Jobs that wait for a moment of business time are due when it comes, by the clock of the demo; elsewhere that is real time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from livehub.base import job_queue
from livehub.base.clock import Timeline
from livehub.base.config import Config
from livehub.base.db import Connection, Database

NOW_S = 2_000_000_000.0
MOVED = Timeline(real_s=NOW_S, business_s=NOW_S + 1_000, rate=10.0)
TOLD_S = 0.5


@asynccontextmanager
async def opened(database_url: str, **session: str) -> AsyncIterator[Database]:
    database = Database(Config(database_url=database_url))
    database.session.update({f"livehub.{name}": value for name, value in session.items()})
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def demo(database_url: str) -> AsyncIterator[Database]:
    """The database of a demo whose business time was moved."""
    async with opened(database_url, business_clock="on") as database:
        async with database.connection() as db:
            await db.execute(
                "INSERT INTO business_clock (real_s, business_s, rate) VALUES ($1, $2, $3)",
                MOVED.real_s,
                MOVED.business_s,
                MOVED.rate,
            )
        yield database


def moment(business_s: float) -> datetime:
    return datetime.fromtimestamp(business_s, UTC)


async def due_s(db: Connection) -> list[float]:
    """When jobs are due, Unix seconds of real time, in the order in which they were deferred."""
    found = await db.fetch("SELECT scheduled_at FROM procrastinate_jobs ORDER BY id")
    return [row["scheduled_at"].timestamp() for row in found]


async def test_a_job_is_due_at_the_real_time_of_its_moment(demo: Database) -> None:
    async with demo.transaction() as tx:
        await job_queue.defer(tx.connection, "close", {}, at=moment(MOVED.business_s + 60))
        assert await due_s(tx.connection) == [NOW_S + 6]


async def test_a_job_without_a_moment_is_due_at_once_and_never_moved(demo: Database) -> None:
    async with demo.transaction() as tx:
        await job_queue.defer(tx.connection, "close", {})
        assert await tx.connection.fetchval("SELECT scheduled_at FROM procrastinate_jobs") is None
        assert await tx.connection.fetchval("SELECT count(*) FROM job_moments") == 0


async def test_where_nobody_moves_business_time_a_moment_is_real_time(demo: Database, database_url: str) -> None:
    async with opened(database_url) as elsewhere, elsewhere.transaction() as tx:
        await job_queue.defer(tx.connection, "close", {}, at=moment(NOW_S + 60))
        assert await due_s(tx.connection) == [NOW_S + 60]
        assert await tx.connection.fetchval("SELECT count(*) FROM job_moments") == 0


async def test_jobs_are_moved_with_business_time_and_what_is_due_waits_until_all_know(demo: Database) -> None:
    async with demo.transaction() as tx:
        for after_s in (60, 6_000):
            await job_queue.defer(tx.connection, "close", {}, at=moment(MOVED.business_s + after_s))
        ahead = MOVED.advanced(1_000_000, NOW_S + 1)
        await job_queue.follow(tx.connection, ahead, told_s=TOLD_S)
        assert await due_s(tx.connection) == [NOW_S + 1 + TOLD_S, NOW_S + 500]
        await job_queue.follow(tx.connection, ahead.at_rate(1.0, NOW_S + 100), told_s=TOLD_S)
        assert await due_s(tx.connection) == [NOW_S + 1 + TOLD_S, NOW_S + 100 + 4_000]  # the first was due already


async def test_a_job_that_was_tried_stays_where_it_is_and_its_moment_is_forgotten(demo: Database) -> None:
    async with demo.transaction() as tx:
        await job_queue.defer(tx.connection, "close", {}, at=moment(MOVED.business_s + 60))
        await tx.connection.execute("UPDATE procrastinate_jobs SET attempts = 1")
        await job_queue.follow(tx.connection, MOVED.advanced(1_000_000, NOW_S), told_s=TOLD_S)
        assert await due_s(tx.connection) == [NOW_S + 6]
        assert await tx.connection.fetchval("SELECT count(*) FROM job_moments") == 0


async def test_a_job_that_is_being_deferred_while_the_clock_moves_is_moved_too(demo: Database) -> None:
    ahead = MOVED.advanced(50_000, NOW_S)

    async def move() -> None:
        async with demo.transaction() as tx:
            await tx.connection.execute("SELECT FROM business_clock FOR UPDATE")
            await job_queue.follow(tx.connection, ahead, told_s=TOLD_S)

    async with demo.transaction() as tx:
        await job_queue.defer(tx.connection, "close", {}, at=moment(MOVED.business_s + 60))
        moving = asyncio.create_task(move())
        done, _ = await asyncio.wait([moving], timeout=0.2)
        assert not done  # it waits for us
    await moving
    async with demo.connection() as db:
        assert await due_s(db) == [NOW_S + 1]
