"""What a PostgreSQL was asked, statement by statement, as it counts itself (pg_stat_statements).

A server asks some things all the time, whether or not anybody comes: which sessions have ended, which jobs are due. How often
is seen while nothing happens; what is beyond that was asked for those who came.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from msgspec import Struct

from loadtest.kill.postgres import DATABASE, USER, Postgres

PRELOADED = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.max": "10000"}
QUERY = """
SELECT query, sum(calls)::bigint AS calls FROM pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid
WHERE d.datname = $1 GROUP BY query
"""


class Asked(Struct, frozen=True, kw_only=True):
    """One statement: `idle_per_s` while nothing happened, and `calls` in the time that is looked at, of which `extra` are more
    than that time explains."""

    query: str
    idle_per_s: float
    calls: int
    extra: float


class Statements:
    """Counts so far; asked over a connection to another database, so that it does not count itself."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def calls(self) -> dict[str, int]:
        """How often each statement has been executed in livehub's database, BEGIN and COMMIT included."""
        return {row["query"]: row["calls"] for row in await self._connection.fetch(QUERY, DATABASE)}


def asked(idle: Mapping[str, int], idle_s: float, seen: Mapping[str, int], seen_s: float) -> list[Asked]:
    """Of `seen`, calls within `seen_s`, each with what `idle`, calls within `idle_s`, has of it; the most extra ones first."""
    found = [
        Asked(
            query=" ".join(query.split()),
            idle_per_s=idle.get(query, 0) / idle_s,
            calls=calls,
            extra=calls - idle.get(query, 0) * seen_s / idle_s,
        )
        for query, calls in seen.items()
        if calls
    ]
    return sorted(found, key=lambda one: -one.extra)


def since(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """Calls between two looks."""
    return {query: calls - before.get(query, 0) for query, calls in after.items()}


@asynccontextmanager
async def counting_postgres(folder: Path) -> AsyncIterator[tuple[Postgres, Statements]]:
    """A PostgreSQL of our own that counts, with an empty database for livehub. Raises ServerLost."""
    postgres = Postgres(folder, PRELOADED)
    await postgres.start()
    try:
        connection = await asyncpg.connect(host=str(postgres.folder), user=USER, database="postgres")
        await connection.execute(f'CREATE DATABASE "{DATABASE}"')
        await connection.execute("CREATE EXTENSION pg_stat_statements")
        yield postgres, Statements(connection)
        await connection.close()
    finally:
        await postgres.stop()
