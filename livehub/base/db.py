"""PostgreSQL: pools and transactions. PostgreSQL is the truth; what a buyer was told is in it first.

    async with database.transaction() as tx:                     # interactive: somebody waits for it
        await tx.connection.execute(...)
        tx.after_commit(lambda: publish(...))
    async with database.batch.transaction() as tx: ...           # group commits, chat lines, retention, events

Two pools, so that neither kind of work starves the other. Of the interactive one each person has `db_pool_per_person_max`
connections at most (`acting_for`); who wants more waits for their own.

A Transaction carries what must follow its commit (publishing on the bus, say): `after_commit` callbacks run once the commit
is acknowledged and before anything else is awaited; never when it failed. What the driver raises is classed by db_errors.py:
while PostgreSQL is away, takes no writes, or rolled a transaction back for another's sake, everything here raises Unavailable,
which clients may retry. A conflict is retried by its caller, since only the caller knows whether its block may run twice: `run`
does so for a block that has no effect but its transaction; anybody else answers Unavailable, which says when to come again.
"""

import asyncio
import functools
import logging
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

import asyncpg
import msgspec

from livehub.base.config import Config
from livehub.base.db_errors import CONNECTION_ERRORS, DRIVER_ERRORS, Meaning, meaning
from livehub.base.errors import Unavailable
from livehub.base.keyed_semaphore import KeyedSemaphore
from livehub.base.metrics import DATABASE_FAILURES
from livehub.base.notifications import Notifier

log = logging.getLogger("livehub.db")

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
R = TypeVar("R")
Q = TypeVar("Q", bound=Callable[..., Awaitable[Any]])

RETRY_AFTER_MS = 1_000
# For a statement that is being cancelled to end, when its connection is given back; then the connection is closed.
RELEASE_S = 1.0
CONFLICT_RETRY_AFTER_MS = 50  # what it was in conflict with is over already
CONFLICT_TRIES = 3
PING_S = 2.0
LOGGED_AS: dict[Meaning, str] = {"away": "db.away", "read_only": "db.read_only", "conflict": "db.conflict"}

# A standby, and a server whose administrators made it read-only, answer; but nobody can be served by them.
_IS_WRITABLE = "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'"

# With the task it was set in: tasks that outlive a request and were begun by it (a room that was opened) inherit the variable.
_person: ContextVar["tuple[str, weakref.ref[asyncio.Task[Any]]] | None"] = ContextVar("person", default=None)


@contextmanager
def acting_for(person: str) -> Iterator[None]:
    """What this task does meanwhile counts as done for `person`: interactive connections are bounded for each person."""
    task = asyncio.current_task()
    assert task is not None
    before = _person.get()
    _person.set((person, weakref.ref(task)))
    try:
        yield
    finally:
        _person.set(before)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def _prepare(connection: asyncpg.Connection) -> None:
    # Structs go in as they are; out comes the text, for the reader to decode into the struct it expects.
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_json, decoder=str)


def _unavailable(error: BaseException, kind: Meaning) -> Unavailable:
    DATABASE_FAILURES.labels(kind=kind).inc()
    log.warning(LOGGED_AS[kind], extra={"reason": repr(error)})
    return Unavailable(retry_after_ms=CONFLICT_RETRY_AFTER_MS if kind == "conflict" else RETRY_AFTER_MS)


def _is_conflict(refusal: Unavailable) -> bool:
    return refusal.__cause__ is not None and meaning(refusal.__cause__, is_closed=False) == "conflict"


def _classed(query: Q) -> Q:
    @functools.wraps(query)
    async def call(self: "_ClassedConnection", *args: Any, **kwargs: Any) -> Any:
        try:
            return await query(self, *args, **kwargs)
        except DRIVER_ERRORS as error:
            kind = meaning(error, is_closed=self.is_closed())
            if kind is None:
                raise
            if kind == "read_only":
                await self.became_read_only()
            raise _unavailable(error, kind) from error

    return cast(Q, call)


def _is_lost(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has taken it back already, as it does with one that was lost
        return True


class _ClassedConnection(asyncpg.Connection):
    """The driver's connection; what its queries raise is Unavailable, or a defect of ours.

    It is done here because here it is known that an error is the driver's, and whether the connection lives.
    """

    became_read_only: Callable[[], Awaitable[None]]

    def get_reset_query(self) -> str:
        """Of what the pool sends when a connection comes back: nothing, which saves a round trip for each use.

        What queries here set or lock ends with their transaction (`set_config(..., true)`, `pg_..._xact_lock`), and who
        listens has a connection of their own. A transaction left open is rolled back all the same.
        """
        return ""

    executemany = _classed(asyncpg.Connection.executemany)
    fetch = _classed(asyncpg.Connection.fetch)
    fetchrow = _classed(asyncpg.Connection.fetchrow)
    fetchval = _classed(asyncpg.Connection.fetchval)

    @_classed
    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109  (the driver's)
        """As the driver's, but a COMMIT that PostgreSQL answers with ROLLBACK, of a transaction in which a query had failed
        and the block had gone on all the same, is an error."""
        status: str = await super().execute(query, *args, timeout=timeout)
        if status == "ROLLBACK" and query == "COMMIT;":
            raise asyncpg.InFailedSQLTransactionError("a query of this transaction had failed; nothing was committed")
        return status


class Transaction:
    """An open transaction. Everything of one request goes through its `connection`."""

    __slots__ = ("_after", "_after_all", "connection", "notifier")

    def __init__(self, connection: Connection, notifier: Notifier) -> None:
        self.connection = connection
        self.notifier = notifier
        self._after: list[Callable[[], None]] = []
        self._after_all: list[Callable[[], None]] = []  # of these, those that may follow what never was

    def after_commit(self, callback: Callable[[], None], *, or_unknown: bool = False) -> None:
        """Run `callback` once this transaction is known to be committed.

        If the connection is lost in the middle of the COMMIT nobody knows, and it is not run: what must not be lost with it is
        written in the transaction, or found by whoever looks later. With `or_unknown` it is run then, too: for what nobody
        looks for later, and does no harm if the transaction is done once more.
        """
        self._after.append(callback)
        if or_unknown:
            self._after_all.append(callback)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part of it that may fail by itself: it is rolled back then, and what was to follow its commit does not follow."""
        after, after_all = len(self._after), len(self._after_all)
        try:
            async with self.connection.transaction():
                yield
        except BaseException:
            del self._after[after:]
            del self._after_all[after_all:]
            raise

    def committed(self) -> None:
        """Run what was to follow; one failing callback does not stop the others."""
        self._run(self._after)

    def lost(self) -> None:
        """The connection was lost in the middle of the COMMIT."""
        self._run(self._after_all)

    @staticmethod
    def _run(callbacks: list[Callable[[], None]]) -> None:
        for callback in callbacks:
            try:
                callback()
            except Exception:
                log.exception("db.after_commit_failed")


class ConnectionPool:
    """Connections for one kind of work; each is made when first needed."""

    def __init__(
        self,
        config: Config,
        notifier: Notifier,
        *,
        most: int,
        each_max: int | None = None,
        session: Mapping[str, str],
    ) -> None:
        """`session`: PostgreSQL's settings of each connection, read when the pool is opened."""
        self._config = config
        self._session = session
        self._notifier = notifier
        self._most = most
        self._each = None if each_max is None else KeyedSemaphore(each_max)
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Make the pool; no connection is made yet."""
        self._pool = await asyncpg.create_pool(
            self._config.database_url,
            min_size=0,
            max_size=self._most,
            connection_class=_ClassedConnection,
            init=self._prepare,
            timeout=self._config.db_timeout_s,
            command_timeout=self._config.db_timeout_s,
            max_inactive_connection_lifetime=60.0,
            server_settings=dict(self._session),
        )

    async def close(self, within_s: float) -> None:
        """Close every connection, waiting so long for those in use."""
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), within_s)
        except (Unavailable, *DRIVER_ERRORS, asyncio.CancelledError):
            self._pool.terminate()
        self._pool = None

    async def expire(self) -> None:
        """Let each connection end with its present use: the server it leads to is no longer the one to talk to."""
        if self._pool is not None:
            await self._pool.expire_connections()

    async def _prepare(self, connection: Connection) -> None:
        assert isinstance(connection, _ClassedConnection)
        connection.became_read_only = self.expire
        await _prepare(connection)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection outside a transaction. Raises Unavailable."""
        acting = _person.get()
        if self._each is None or acting is None or acting[1]() is not asyncio.current_task():
            async with self._acquired() as connection:
                yield connection
            return
        person = acting[0]
        try:
            await self._each.acquire(person, wait_s=self._config.db_timeout_s)
        except TimeoutError as error:
            raise Unavailable("Too many of your requests are under way.", retry_after_ms=RETRY_AFTER_MS) from error
        _person.set(None)  # one more for the same request is not counted: it would wait for itself
        try:
            async with self._acquired() as connection:
                yield connection
        finally:
            _person.set(acting)
            self._each.release(person)

    @asynccontextmanager
    async def _acquired(self) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
        pool = self._pool
        if pool is None:
            raise Unavailable
        try:
            connection = await pool.acquire(timeout=self._config.db_timeout_s)
        except CONNECTION_ERRORS as error:
            raise _unavailable(error, "away") from error
        try:
            yield connection
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            kind = meaning(error, is_closed=_is_lost(connection))  # of a cursor, or of one that was lost before
            if kind is None:
                raise
            raise _unavailable(error, kind) from error
        finally:
            await self._release(pool, connection)

    @staticmethod
    async def _release(pool: asyncpg.Pool, connection: asyncpg.pool.PoolConnectionProxy) -> None:
        """What fails here fails after everything was done: the connection is closed, and nobody else need know."""
        try:
            await pool.release(connection, timeout=RELEASE_S)
        except (Unavailable, *DRIVER_ERRORS) as error:
            log.warning("db.release_failed", extra={"reason": repr(error)})

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction: committed at the end of the block, rolled back on any exception. Raises Unavailable."""
        async with self.connection() as connection:
            in_postgresql = connection.transaction()
            await in_postgresql.start()
            transaction = Transaction(connection, self._notifier)
            try:
                yield transaction
            except BaseException:
                await _roll_back(in_postgresql)
                raise
            try:
                await in_postgresql.commit()
            except Unavailable as refusal:
                if not _is_conflict(refusal):
                    transaction.lost()
                raise
            transaction.committed()

    async def run(self, work: Callable[[Transaction], Awaitable[R]]) -> R:
        """`work` in a transaction, and again if PostgreSQL rolled it back for another one's sake (a deadlock, say).

        For work that has no effect but its transaction's. Raises Unavailable.
        """
        for _ in range(CONFLICT_TRIES - 1):
            try:
                return await self._run(work)
            except Unavailable as refusal:
                if not _is_conflict(refusal):
                    raise
        return await self._run(work)

    async def _run(self, work: Callable[[Transaction], Awaitable[R]]) -> R:
        async with self.transaction() as tx:
            return await work(tx)


async def _roll_back(in_postgresql: asyncpg.transaction.Transaction) -> None:
    try:
        await in_postgresql.rollback()
    except (Unavailable, *DRIVER_ERRORS) as error:  # the connection is lost, and with it the transaction
        log.info("db.rollback_failed", extra={"reason": repr(error)})


class Database:
    """The pools of one process. They connect when first needed: a server starts and stays up while PostgreSQL is away."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.notifier = Notifier(self._notifying)
        self.session = {
            "application_name": "livehub"
        }  # PostgreSQL's settings of each connection; fixed once it is open
        each_max = min(config.db_pool_per_person_max, config.db_pool_max - 1)
        self._interactive = ConnectionPool(
            config, self.notifier, most=config.db_pool_max, each_max=each_max, session=self.session
        )
        self.batch = ConnectionPool(config, self.notifier, most=config.db_batch_pool_max, session=self.session)

    async def open(self) -> None:
        """Make the pools; no connection is made yet."""
        await self._interactive.open()
        await self.batch.open()

    async def close(self, within_s: float | None = None) -> None:
        """Close every connection, waiting so long for those in use; half of `shutdown_grace_s` if nothing is said."""
        if within_s is None:
            within_s = self._config.shutdown_grace_s / 2
        await self.notifier.close()
        await asyncio.gather(self._interactive.close(within_s), self.batch.close(within_s))

    def _notifying(self) -> AbstractAsyncContextManager[Connection]:
        return self.batch.connection()

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """A connection outside a transaction, for something that somebody waits for. Raises Unavailable."""
        return self._interactive.connection()

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that somebody waits for: see ConnectionPool.transaction. Raises Unavailable."""
        return self._interactive.transaction()

    async def run(self, work: Callable[[Transaction], Awaitable[R]]) -> R:
        """As ConnectionPool.run, for work that somebody waits for."""
        return await self._interactive.run(work)

    @asynccontextmanager
    async def dedicated_connection(self, session: Mapping[str, str] | None = None) -> AsyncIterator[Connection]:
        """A connection outside the pools, to LISTEN or lead on for as long as a process lives. `session`: PostgreSQL's settings
        of it, on top of ours. Raises Unavailable.
        """
        try:
            connection = await asyncpg.connect(
                self._config.database_url,
                timeout=self._config.db_timeout_s,
                command_timeout=self._config.db_timeout_s,
                server_settings={"application_name": "livehub", **(session or {})},
            )
        except CONNECTION_ERRORS as error:
            raise _unavailable(error, "away") from error
        try:
            yield connection
        finally:
            connection.terminate()

    async def ping(self) -> bool:
        """Whether PostgreSQL answers within PING_S and takes writes. Never raises."""
        try:
            async with asyncio.timeout(PING_S), self.connection() as connection:
                is_writable: bool = await connection.fetchval(_IS_WRITABLE)
        except (Unavailable, *DRIVER_ERRORS):
            return False
        if not is_writable:  # after a failover the same address leads to another server
            await self._interactive.expire()
            await self.batch.expire()
        return is_writable
