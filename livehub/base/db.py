"""PostgreSQL: the pool and transactions. PostgreSQL is the truth; what a buyer was told is in it first.

A Transaction carries what must follow its commit (publishing on the bus, say): `after_commit` callbacks run once the commit
is acknowledged, never when it failed. When PostgreSQL is away, everything here raises Unavailable, which clients may retry.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import msgspec

from livehub.base.config import Config
from livehub.base.errors import Unavailable

log = logging.getLogger("livehub.db")

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg may raise next on a connection that was lost (its issue 784)
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
)
RETRY_AFTER_MS = 1_000


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


async def _prepare(connection: asyncpg.Connection) -> None:
    # Structs go in as they are; out comes the text, for the reader to decode into the struct it expects.
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=_json, decoder=str)


class Transaction:
    """An open transaction. Everything of one request goes through its `connection`."""

    __slots__ = ("_after", "connection")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._after: list[Callable[[], None]] = []

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run `callback` when, and only when, this transaction is committed."""
        self._after.append(callback)

    def committed(self) -> None:
        """Run what was to follow; one failing callback does not stop the others."""
        for callback in self._after:
            try:
                callback()
            except Exception:
                log.exception("db.after_commit_failed")


class Database:
    """A pool that connects when first needed, so that a server starts and stays up while PostgreSQL is away."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._pool: asyncpg.Pool | None = None
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        """Make the pool; no connection is made yet."""
        self._pool = await asyncpg.create_pool(
            self._config.database_url,
            min_size=0,
            max_size=self._config.db_pool_max,
            init=_prepare,
            timeout=self._config.db_timeout_s,
            command_timeout=self._config.db_timeout_s,
            max_inactive_connection_lifetime=60.0,
            server_settings={"application_name": "livehub"},
        )

    async def close(self) -> None:
        """Close every connection, waiting a bounded time for those in use."""
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), self._config.shutdown_grace_s / 2)
        except (*AWAY, asyncio.CancelledError):
            self._pool.terminate()
        self._pool = None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection outside a transaction, for reading. Raises Unavailable."""
        if self._pool is None:
            raise Unavailable
        try:
            async with self._pool.acquire(timeout=self._config.db_timeout_s) as connection:
                yield connection
        except AWAY as error:
            log.warning("db.away", extra={"reason": repr(error)})
            raise Unavailable(retry_after_ms=RETRY_AFTER_MS) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction: committed at the end of the block, rolled back on any exception. Raises Unavailable."""
        async with self.connection() as connection, connection.transaction():
            transaction = Transaction(connection)
            yield transaction
        transaction.committed()

    async def ping(self) -> bool:
        """Whether PostgreSQL answers within two seconds."""
        try:
            async with asyncio.timeout(2.0), self.connection() as connection:
                await connection.fetchval("SELECT 1")
        except (Unavailable, *AWAY):
            return False
        return True
