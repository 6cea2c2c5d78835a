"""Who leads: one process of all, by an advisory lock that PostgreSQL frees when the leader's session ends.

A process that is killed loses its session at once; one that is frozen, or whose cable is cut, loses it because PostgreSQL
ends sessions that say nothing for `silence_s`, and a leader says something several times in that time. In the middle of a
statement (the rows of a COPY) PostgreSQL waits for ever: such a session is ended by whoever would lead next. Whoever was
believed dead must be able to write nothing afterwards: each of its commits asks for its epoch.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from livehub.base.db import Connection, Database
from livehub.base.sql import queries

Q = queries(__file__, "leading.sql")

RESTORE_SILENCES = 4  # while it reads everything, a leader may be silent for so many times `silence_s` between queries


@asynccontextmanager
async def leading(
    database: Database, lock: int, name: str, *, silence_s: float, restore_s_max: float, on_lost: Callable[[], None]
) -> AsyncIterator[Connection | None]:
    """A connection that holds `lock`; None when another process has it. `on_lost` is called when the session is over.

    `name`: of the session, for operators. `restore_s_max`: longest statement that reads, after which whoever is next may end
    it. Raises Unavailable.
    """
    silence_ms = int(silence_s * 1000)
    async with database.dedicated_connection(_session(name, silence_ms)) as connection:
        if not await connection.fetchval(Q["take_lead"], lock):
            await connection.execute(Q["end_frozen"], lock, silence_ms, int(restore_s_max * 1000))
            yield None
            return
        connection.add_termination_listener(lambda _connection: on_lost())
        yield connection


async def watch_silence(connection: Connection, silence_s: float) -> None:
    """From now on the leader's session ends when it says nothing for `silence_s`."""
    await connection.execute(Q["end_when_silent"], str(int(silence_s * 1000)))


def _session(name: str, silence_ms: int) -> dict[str, str]:
    return {
        "application_name": name,
        "idle_session_timeout": str(RESTORE_SILENCES * silence_ms),
        "idle_in_transaction_session_timeout": str(silence_ms),
        "tcp_user_timeout": str(silence_ms),
        "tcp_keepalives_idle": "1",
        "tcp_keepalives_interval": "1",
        "tcp_keepalives_count": str(max(1, silence_ms // 1000)),
    }
