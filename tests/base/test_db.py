"""What follows a commit follows commits only, and whatever is wrong with PostgreSQL is Unavailable, until it is back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import psycopg
import pytest

from livehub.app import MIGRATIONS
from livehub.base.config import Config
from livehub.base.db import CONFLICT_RETRY_AFTER_MS, RETRY_AFTER_MS, Database, Transaction, acting_for
from livehub.base.errors import Unavailable
from livehub.base.metrics import DATABASE_FAILURES
from livehub.base.migrations import migrate
from livehub.embedded.servers import Postgres
from livehub.hub.hub import Hub
from tests.base.served import Served, serving
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


DIE = """
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60); RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER die AFTER INSERT ON note DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die();
"""


async def test_when_the_answer_to_a_commit_is_lost_only_what_asked_for_it_follows(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(DIE)
    told: list[str] = []

    async def also_then(tx: Transaction) -> None:
        tx.after_commit(lambda: told.append("also then"), or_unknown=True)

    with pytest.raises(Unavailable):
        await write(database, told, also_then)
    assert told == ["also then"]


async def test_after_a_rollback_nothing_follows(database: Database) -> None:
    told: list[str] = []

    async def fail(tx: Transaction) -> None:
        tx.after_commit(lambda: told.append("also then"), or_unknown=True)
        raise LookupError

    with pytest.raises(LookupError):
        await write(database, told, fail)
    assert told == []


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


async def test_of_a_part_that_failed_by_itself_nothing_is_kept_and_nothing_follows(database: Database) -> None:
    told: list[str] = []

    async def fail(tx: Transaction, told_as: str) -> None:
        async with tx.savepoint():
            await tx.connection.execute("INSERT INTO note VALUES (2)")
            tx.after_commit(lambda: told.append(told_as))
            tx.after_commit(lambda: told.append(told_as), or_unknown=True)
            raise LookupError

    async with database.transaction() as tx:
        tx.after_commit(lambda: told.append("first"))
        async with tx.savepoint():
            await tx.connection.execute("INSERT INTO note VALUES (1)")
            tx.after_commit(lambda: told.append("kept"))
        with pytest.raises(LookupError):
            await fail(tx, "lost")
    assert (told, await notes(database)) == (["first", "kept"], [1])


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
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.AdminShutdownError("terminating connection due to administrator command"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
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


@pytest.mark.parametrize(
    "own", [TimeoutError(), FileNotFoundError(), ConnectionResetError(), asyncpg.InterfaceError("x")]
)
async def test_what_the_block_itself_raises_passes_as_it_is(database: Database, own: Exception) -> None:
    async def fail(_tx: Transaction) -> None:
        raise own

    told: list[str] = []
    with pytest.raises(type(own)):
        await write(database, told, fail)
    assert (told, await notes(database)) == ([], [])


async def test_a_query_that_is_wrong_is_a_defect_and_not_an_absence(database: Database) -> None:
    before = DATABASE_FAILURES.labels(kind="away")._value.get()
    with pytest.raises(asyncpg.InterfaceError, match="the server expects 2 arguments"):
        async with database.connection() as connection:
            await connection.fetch("SELECT $1::int, $2::int", 1)
    with pytest.raises(asyncpg.DataError):
        async with database.connection() as connection:
            await connection.fetch("SELECT $1::text", "\ud800")
    assert DATABASE_FAILURES.labels(kind="away")._value.get() == before


async def test_a_connection_lost_after_the_commit_takes_nothing_back(
    database: Database, empty_database_url: str
) -> None:
    told: list[str] = []
    lost = asyncio.Event()
    async with database.transaction() as tx:
        await tx.connection.execute("INSERT INTO note VALUES (1)")
        tx.connection.add_termination_listener(lambda _: lost.set())
        pid = await tx.connection.fetchval("SELECT pg_backend_pid()")

        def cut() -> None:
            with psycopg.connect(empty_database_url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            told.append("called")

        tx.after_commit(cut)
    async with asyncio.timeout(5.0):
        await lost.wait()
    assert (told, await notes(database)) == (["called"], [1])


async def test_a_block_that_goes_on_after_a_failed_query_is_told_that_nothing_was_committed(database: Database) -> None:
    async def swallow(tx: Transaction) -> None:
        with contextlib.suppress(asyncpg.UndefinedTableError):
            await tx.connection.execute("SELECT * FROM no_such_table")

    told: list[str] = []
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await write(database, told, swallow)
    assert (told, await notes(database)) == ([], [])


# --- conflicts ---


async def locked_crosswise(database: Database, *, again: bool) -> list[Unavailable | None]:
    """Two transactions that each lock a row and then the other's: PostgreSQL rolls one of them back."""
    await_both = asyncio.Barrier(2)
    async with database.transaction() as tx:
        await tx.connection.execute("INSERT INTO note VALUES (1), (2)")

    async def lock(first: int, second: int) -> None:
        is_first_try = True

        async def work(tx: Transaction) -> None:
            nonlocal is_first_try
            await tx.connection.execute("SELECT set_config('deadlock_timeout', '50ms', true)")
            await tx.connection.execute("SELECT FROM note WHERE n = $1 FOR UPDATE", first)
            if is_first_try:
                is_first_try = False
                await await_both.wait()
            await tx.connection.execute("SELECT FROM note WHERE n = $1 FOR UPDATE", second)

        if again:
            await database.run(work)
        else:
            async with database.transaction() as tx:
                await work(tx)

    outcomes = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)
    assert all(outcome is None or isinstance(outcome, Unavailable) for outcome in outcomes)
    return [outcome for outcome in outcomes if isinstance(outcome, Unavailable)] or [None]


async def test_who_loses_a_deadlock_may_come_again_at_once(database: Database) -> None:
    (refusal,) = await locked_crosswise(database, again=False)
    assert refusal is not None
    assert refusal.retry_after_ms == CONFLICT_RETRY_AFTER_MS


async def test_work_that_may_run_twice_is_run_again_after_a_deadlock(database: Database) -> None:
    assert await locked_crosswise(database, again=True) == [None]


# --- two pools, and many people on one of them ---


async def test_batches_do_not_take_the_connections_of_those_who_wait(empty_database_url: str) -> None:
    settings = {"db_batch_pool_max": 2, "db_timeout_s": 0.2}
    async with opened(empty_database_url, **settings) as base, base.batch.transaction(), base.batch.transaction():
        with pytest.raises(Unavailable):
            async with base.batch.connection():
                pass
        async with base.transaction() as tx:
            assert await tx.connection.fetchval("SELECT 1") == 1


async def test_those_who_wait_do_not_take_the_connections_of_batches(empty_database_url: str) -> None:
    settings = {"db_pool_max": 2, "db_timeout_s": 0.2}
    async with (
        opened(empty_database_url, **settings) as base,
        base.connection(),
        base.connection(),
        base.batch.transaction() as tx,
    ):
        assert await tx.connection.fetchval("SELECT 1") == 1


async def test_one_person_does_not_take_every_connection(empty_database_url: str) -> None:
    async with opened(empty_database_url, db_pool_max=4, db_pool_per_person_max=2, db_timeout_s=0.2) as database:
        async with AsyncExitStack() as held:
            for _ in range(2):
                await asyncio.create_task(_take(database, held))
            with acting_for("ann"), pytest.raises(Unavailable, match="Too many of your requests"):
                async with database.connection():
                    pass
            with acting_for("bob"):
                async with database.connection() as connection:
                    assert await connection.fetchval("SELECT 1") == 1
        with acting_for("ann"):
            async with database.connection() as connection:
                assert await connection.fetchval("SELECT 1") == 1


async def test_a_request_that_reads_beside_its_transaction_does_not_wait_for_itself(empty_database_url: str) -> None:
    async with opened(empty_database_url, db_pool_per_person_max=1, db_timeout_s=0.2) as database:
        with acting_for("ann"):
            async with database.transaction(), database.connection() as connection:
                assert await connection.fetchval("SELECT 1") == 1


async def test_a_task_that_outlives_the_request_it_came_from_is_nobodys(empty_database_url: str) -> None:
    async def read(database: Database) -> int:
        async with database.connection() as connection:
            return int(await connection.fetchval("SELECT 1"))

    settings = {"db_pool_per_person_max": 1, "db_timeout_s": 0.2}
    async with opened(empty_database_url, **settings) as database, AsyncExitStack() as held:
        await asyncio.create_task(_take(database, held))
        with acting_for("ann"):
            assert await asyncio.create_task(read(database)) == 1


async def _take(database: Database, held: AsyncExitStack) -> None:
    """As another request of the same person would."""
    with acting_for("ann"):
        await held.enter_async_context(database.connection())


# --- a server that is away ---


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


# --- a server that answers, and can't serve us ---


def administer(server: Postgres, *statements: str) -> None:
    with psycopg.connect(server.url(), autocommit=True, options="-c default_transaction_read_only=off") as connection:
        for statement in statements:
            connection.execute(statement)


def make_read_only(server: Postgres, value: str) -> None:
    """As a failover has it: the server answers and takes no writes. Returns when its sessions have heard of it."""
    administer(server, f"ALTER SYSTEM SET default_transaction_read_only = {value}", "SELECT pg_reload_conf()")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for _ in range(1_000):
            row = connection.execute("SHOW default_transaction_read_only").fetchone()
            if row == (value,):
                return


async def test_a_server_that_became_read_only_is_left_for_its_successor(own_postgres: Postgres) -> None:
    async with opened(own_postgres.url()) as database:
        async with database.connection() as connection:
            await connection.execute("CREATE TABLE note (n int)")
            pid = await connection.fetchval("SELECT pg_backend_pid()")
        make_read_only(own_postgres, "on")
        with pytest.raises(Unavailable) as refusal:
            async with database.transaction() as tx:
                await tx.connection.execute("INSERT INTO note VALUES (1)")
        assert refusal.value.retry_after_ms == RETRY_AFTER_MS
        async with database.connection() as connection:
            assert await connection.fetchval("SELECT pg_backend_pid()") != pid  # it looked for the server anew
            assert await connection.fetchval("SELECT count(*) FROM note") == 0  # and reads what there is
        assert await database.ping() is False
        make_read_only(own_postgres, "off")
        async with database.transaction() as tx:
            await tx.connection.execute("INSERT INTO note VALUES (2)")
        assert await notes(database) == [2]
        assert await database.ping() is True


def with_passwords(server: Postgres, folder: Path) -> str:
    """A role `app` that needs a password; its URL with the right one."""
    hba = folder / "postgres" / "pg_hba.conf"
    hba.write_text("local all app scram-sha-256\nlocal all all trust\n")
    administer(server, "SELECT pg_reload_conf()", "CREATE ROLE app LOGIN SUPERUSER PASSWORD 'one'")
    return server.url().replace("livehub@", "app:one@", 1)


def rotate(server: Postgres, password: str) -> None:
    sessions = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'app'"
    administer(server, f"ALTER ROLE app PASSWORD '{password}'", sessions)


async def test_with_a_wrong_password_it_is_away_until_the_password_is_put_right(
    own_postgres: Postgres, folder: Path
) -> None:
    async with opened(with_passwords(own_postgres, folder)) as database:
        assert await database.ping() is True
        rotate(own_postgres, "two")
        for _ in range(2):
            assert await database.ping() is False
        with pytest.raises(Unavailable):
            async with database.transaction():
                pass
        rotate(own_postgres, "one")
        assert await database.ping() is True


async def test_the_server_says_that_its_database_refuses_it_and_goes_on_when_it_is_let_in_again(
    own_postgres: Postgres, folder: Path
) -> None:
    migrate(own_postgres.url(), MIGRATIONS)
    async with serving(with_passwords(own_postgres, folder)) as served:
        assert "postgresql" not in await away(served, until_up=True)
        for change, value, back in ((rotate, "two", "one"), (make_read_only, "on", "off")):
            change(own_postgres, value)
            assert "postgresql" in await away(served, until_up=False)
            change(own_postgres, back)
            assert "postgresql" not in await away(served, until_up=True)


async def away(served: Served, *, until_up: bool) -> list[str]:
    """What the server says is missing, once its watch has seen the database as `until_up` says."""
    async with asyncio.timeout(30.0):
        while ("postgresql" in served.application.get(Hub).away()) is until_up:  # noqa: ASYNC110  (nothing of the watch can be awaited)
            await asyncio.sleep(0.02)
    answer = await served.call("GET /readyz", role=None)
    assert (answer.status, answer.body["status"]) == (200, "degraded")  # there is no Valkey here
    return list(answer.body["away"])
