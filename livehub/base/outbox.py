"""The outbox: domain events written in the transaction of the fact, and reactions run from it later, at least once.

`emit` writes the event and defers its dispatch; the dispatch defers one job per reaction, so that one failing reaction is
tried again without repeating the others. Which event causes what is said in livehub/loop.py alone. Reactions must bear
being run twice with the same event.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from livehub.base.db import Connection, Transaction
from livehub.base.sql import queries

Q = queries(__file__, "outbox.sql")

DISPATCH = "outbox.dispatch"

Reaction = Callable[[Transaction, dict[str, Any]], Awaitable[None]]


async def defer(
    connection: Connection,
    task: str,
    args: dict[str, Any],
    *,
    at: datetime | None = None,
    lock: str | None = None,
    queueing_lock: str | None = None,
) -> None:
    """Defer a durable job inside the caller's transaction; it runs if, and only if, that commits."""
    await connection.fetchval(Q["defer_job"], "default", task, lock, queueing_lock, args, at)


async def emit(tx: Transaction, event: Struct) -> None:
    """Write a domain event (a Struct with a tag) and defer its dispatch, inside `tx`."""
    event_type = event.__struct_config__.tag
    event_id = await tx.connection.fetchval(Q["insert_event"], event_type, event)
    await defer(tx.connection, DISPATCH, {"event": event_id})


async def dispatch(tx: Transaction, event_id: int, reactions: dict[str, list[str]]) -> None:
    """Defer one job per reaction to the event. `reactions`: event type to task names."""
    row = await tx.connection.fetchrow(Q["event"], event_id)
    if row is None:
        return
    payload = msgspec.json.decode(row["payload"])
    for task in reactions.get(row["type"], ()):
        await tx.connection.fetchval(Q["defer_reaction"], task, {"event": event_id, "payload": payload}, event_id)
