"""What follows a commit follows commits only, and whatever is wrong with PostgreSQL is Unavailable, until it is back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from livehub.base.config import Config
from livehub.base.db import RETRY_AFTER_MS, Database, Transaction
from livehub.base.errors import Unavailable
from livehub.embedded import Postgres
from tests.conftest import new_folder


@asynccontextmanager
async def opened(database_url: str, **settings: Any) -> AsyncIterator[Database]:
    database = Database(Config(database_url=database_url, **settings))
    await database.open()
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(empty_database_url: str) -> AsyncIterator[Database]:
    """With one table to write to."""
    async with opened(empty_database_url) as database:
        async with database.connection() as connection:
            await connection.execute("CREATE TABLE note (n int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
        yield database


async def notes(database: Database) -> list[int]:
    async with database.connection() as connection:
        return [row["n"] for row in await connection.fetch("SELECT n FROM note ORDER BY n")]


async def write(database: Database, told: list[str], then: Callable[[Transaction], Awaitable[None]]) -> None:
    """A transaction that writes 1, would tell of its commit, and meets what happens `then`."""
    async with database.transaction() as tx:
        await tx.connection.execute("INSERT INTO note VALUES (1)")
        tx.after_commit(lambda: told.append("called"))
        await then(tx)


# --- transactions ---


async def test_callbacks_follow_the_commit_in_their_order(database: Database) -> None:
    told: list[str] = []
    async with database.transaction() as tx:
        await tx.connection.execute("INSERT INTO note VALUES (1)")
        tx.after_commit(lambda: told.append("first"))
        tx.after_commit(lambda: told.append("second"))
        assert told == []
        assert await notes(database) == []  # not committed yet, as another connection sees it
    assert told == ["first", "second"]
    assert await notes(database) == [1]


async def test_after_an_exception_nothing_is_kept_and_nothing_is_called(database: Database) -> None:
    async def fail(_tx: Transaction) -> None:
        raise ZeroDivisionError

    told: list[str] = []
    with pytest.raises(ZeroDivisionError):
        await write(database, told, fail)
    assert (told, await notes(database)) == ([], [])


async def test_when_the_commit_itself_fails_nothing_is_called(database: Database) -> None:
    async def break_the_constraint(tx: Transaction) -> None:
        await tx.connection.execute("INSERT INTO note VALUES (1)")  # it is checked at the commit

    told: list[str] = []
    with pytest.raises(asyncpg.UniqueViolationError):
        await write(database, told, break_the_constraint)
    assert (told, await notes(database)) == ([], [])


async def test_when_the_connection_is_cut_before_the_commit_nothing_is_called(database: Database) -> None:
    async def cut(tx: Transaction) -> None:
        pid = await tx.connection.fetchval("SELECT pg_backend_pid()")
        async with database.connection() as other:
            await other.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)

    told: list[str] = []
    with pytest.raises(Unavailable):
        await write(database, told, cut)
    assert (told, await notes(database)) == ([], [])


async def test_one_failing_callback_does_not_stop_the_others(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError

    async with database.transaction() as tx:
        tx.after_commit(lambda: told.append("first"))
        tx.after_commit(fail)
        tx.after_commit(lambda: told.append("third"))
    assert told == ["first", "third"]
    assert [record.message for record in caplog.records] == ["db.after_commit_failed"]


async def test_structs_go_in_as_jsonb_and_come_out_as_text(database: Database) -> None:
    class Note(msgspec.Struct):
        n: int
        text: str | None = None

    async with database.connection() as connection:
        stored = await connection.fetchval("SELECT $1::jsonb", Note(n=1, text="蓝莓"))
    assert msgspec.json.decode(stored, type=Note) == Note(n=1, text="蓝莓")


# --- Unavailable ---


async def test_before_it_is_opened_and_after_it_is_closed_it_is_unavailable(empty_database_url: str) -> None:
    database = Database(Config(database_url=empty_database_url))
    for _ in range(2):
        with pytest.raises(Unavailable):
            async with database.connection():
                pass
        assert await database.ping() is False
        await database.open()
        assert await database.ping() is True
        await database.close()


async def test_who_waits_too_long_for_a_connection_is_told_so(empty_database_url: str) -> None:
    async with opened(empty_database_url, db_pool_max=2, db_timeout_s=0.2) as database:
        async with database.connection(), database.connection():
            with pytest.raises(Unavailable) as refusal:
                async with database.connection():
                    pass
            assert refusal.value.retry_after_ms == RETRY_AFTER_MS
        assert await database.ping() is True


async def test_a_statement_that_takes_too_long_is_given_up(empty_database_url: str) -> None:
    async with opened(empty_database_url, db_timeout_s=0.2) as database:
        with pytest.raises(Unavailable):
            async with database.connection() as connection:
                await connection.execute("SELECT pg_sleep(60)")
        assert await database.ping() is True


async def test_a_refusal_of_ours_passes_as_it_is(database: Database) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        async with database.connection() as connection:
            await connection.fetch("SELECT * FROM no_such_table")


@pytest.mark.parametrize(
    "lost",
    [
        asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=lambda lost: type(lost).__name__,
)
async def test_whatever_the_driver_calls_a_lost_connection_it_is_unavailable(
    database: Database, lost: Exception
) -> None:
    async def fail(_tx: Transaction) -> None:
        raise lost

    told: list[str] = []
    with pytest.raises(Unavailable) as refusal:
        await write(database, told, fail)
    assert refusal.value.retry_after_ms == RETRY_AFTER_MS
    assert (told, await notes(database)) == ([], [])


@pytest.fixture
def own_postgres(folder: Path) -> Iterator[Postgres]:
    """A server that this test may kill."""
    server = Postgres(folder)
    yield server
    server.close()


async def test_while_postgresql_is_away_all_is_unavailable_and_then_goes_on(own_postgres: Postgres) -> None:
    async def kill(_tx: Transaction) -> None:
        await asyncio.to_thread(own_postgres.kill)

    told: list[str] = []
    async with opened(own_postgres.url(), db_timeout_s=5.0) as database:
        async with database.connection() as connection:
            await connection.execute("CREATE TABLE note (n int)")
        with pytest.raises(Unavailable) as refusal:
            await write(database, told, kill)
        assert refusal.value.retry_after_ms == RETRY_AFTER_MS
        for _ in range(3):
            with pytest.raises(Unavailable):
                async with database.transaction():
                    pass
            assert await database.ping() is False
        await asyncio.to_thread(own_postgres.start)
        async with database.transaction() as tx:
            await tx.connection.execute("INSERT INTO note VALUES (2)")
            tx.after_commit(lambda: told.append("called after"))
        assert await notes(database) == [2]
        assert told == ["called after"]


async def test_a_server_starts_to_serve_while_postgresql_is_away() -> None:
    with new_folder() as folder:
        server = Postgres(folder)
        try:
            server.stop()
            async with opened(server.url()) as database:
                assert await database.ping() is False
                await asyncio.to_thread(server.start)
                assert await database.ping() is True
        finally:
            server.close()
