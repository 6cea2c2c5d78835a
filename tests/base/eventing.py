"""What the tests of domain events share: an event, a subscription that writes rows, and a cursor that is moved by hand."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

from msgspec import Struct

from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.event_cursor import Cursor
from livehub.base.events import Event, Q, Subscription, emit
from tests.patience import PATIENCE_S

WITHIN_S = PATIENCE_S


class Happened(Struct, frozen=True, kw_only=True, tag="thing.happened", tag_field="event"):
    """An event of these tests."""

    what: str


class Other(Struct, frozen=True, kw_only=True, tag="other.happened", tag_field="event"):
    """An event of another type."""

    what: str


class Announced(Struct, frozen=True, kw_only=True, tag="announced.happened", tag_field="event"):
    """An event of a type that a module declares and nobody reads."""

    what: str


class Reacting:
    """A reaction whose effect is a row for each event, in the order of the reactions, and the batches it was given.

    It raises for events that `fails` says, after it has written.
    """

    def __init__(
        self,
        name: str = "mine",
        types: tuple[type[Struct], ...] = (Happened,),
        begins: Literal["start", "now"] = "start",
    ) -> None:
        self.subscription = Subscription(name=name, types=types, react=self.react, begins=begins)
        self.batches: list[list[str]] = []
        self.fails: Callable[[str], bool] = lambda _what: False
        self._changed = asyncio.Event()

    async def react(self, tx: Transaction, batch: list[Event[Any]]) -> None:
        whats = [event.data.what for event in batch]
        self.batches.append(whats)
        name = self.subscription.name
        await tx.connection.execute(
            "INSERT INTO effects (name, event, what) SELECT $1, e, w FROM unnest($2::bigint[], $3::text[]) AS x (e, w)",
            name,
            [event.id for event in batch],
            whats,
        )
        for what in whats:
            if self.fails(what):
                raise ZeroDivisionError(what)
        tx.after_commit(self._changed.set)

    async def until(self, database: Database, effects: list[str]) -> None:
        """Wait for further reactions until these are all effects there are."""
        async with asyncio.timeout(WITHIN_S):
            while await effects_of(database, self.subscription.name) != effects:
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def opened(config: Config) -> AsyncIterator[Database]:
    """A database with a table for effects, of which each event can have one in a subscription."""
    database = Database(config)
    await database.open()
    async with database.connection() as connection:
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS effects "
            "(n bigint GENERATED ALWAYS AS IDENTITY, name text, event bigint, what text, PRIMARY KEY (name, event))"
        )
    yield database
    await database.close()


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """A row changes and tells nobody: look until it has."""
    until_s = time.monotonic() + WITHIN_S
    while not await holds():
        assert time.monotonic() < until_s
        await asyncio.sleep(0.01)


async def happen(database: Database, *whats: str, key: str | None = None) -> None:
    """Each in a transaction of its own."""
    for what in whats:
        async with database.transaction() as tx:
            await emit(tx, Happened(what=what), key=key)


async def sequence(database: Database) -> int:
    """Give positions to what is committed; how many got one."""
    async with database.connection() as connection:
        return int(await connection.fetchval(Q["sequence"], 1_000))


async def drain(database: Database, cursor: Cursor) -> None:
    """Everything that can be read now."""
    await sequence(database)
    cursor.is_due = True
    for _ in range(1_000):
        if not await cursor.turn():
            return
    raise AssertionError("a cursor does not come to an end")


async def effects_of(database: Database, name: str = "mine") -> list[str]:
    """What was done, in the order in which it was."""
    async with database.connection() as connection:
        return [
            row["what"] for row in await connection.fetch("SELECT what FROM effects WHERE name = $1 ORDER BY n", name)
        ]


async def parked(database: Database, name: str = "mine") -> list[tuple[str, int, bool]]:
    """(what, tries, whether it waits behind another) of parked events, in order."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT e.payload->>'what' AS what, p.tries, p.next_try_at IS NULL AS behind "
            "FROM parked_events p JOIN domain_events e ON e.id = p.event WHERE p.subscription = $1 ORDER BY p.position",
            name,
        )
    return [(row["what"], row["tries"], row["behind"]) for row in rows]


async def make_due(database: Database) -> None:
    """Whatever waits for its next try is due."""
    async with database.connection() as connection:
        await connection.execute("UPDATE parked_events SET next_try_at = now() WHERE next_try_at IS NOT NULL")
