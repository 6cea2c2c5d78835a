"""Walks what modules declare of people (base/person_tables.py): moves it, moves it back, gives it out, erases it.

    moved = await registry.merge(tx, guest, person, now_ms=now_ms)      # -> person_merges.moved
    await registry.unmerge(tx, guest, person, moved, now_ms=now_ms)

Rooms first, then tables in the order of the list of modules: everybody who holds a room's row and one of a table's took the
room's first. What has left nothing to undo is not in `moved`, and merging twice moves nothing the second time.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from livehub.base.db import Connection, Database, Transaction
from livehub.base.module import Module, Part
from livehub.base.person_tables import PersonTable

# In `person_merges.moved`: what a module did beside moving rows, under its name; a table's name has no colon.
HOOK = "module:"

ERASE_S = 120.0  # for one table: some are searched from end to end, which no index is worth


class PersonTables(Struct, frozen=True, kw_only=True):
    """The tables of all modules, and the parts of this process that do more than moving rows."""

    tables: tuple[PersonTable, ...]
    parts: tuple[tuple[str, Part], ...]

    async def merge(self, tx: Transaction, was: str, person: str, *, now_ms: int) -> dict[str, list[str]]:
        """All that is of `was` becomes `person`'s, in `tx`; what it moved, for `unmerge`. Raises Unavailable."""
        moved: dict[str, list[str]] = {}
        for name, part in self.parts:
            moved[HOOK + name] = list(await part.person_merged(tx, was, person, now_ms=now_ms))
        for table in self.tables:
            if table.merge is not None:
                moved[table.table] = [row[0] for row in await tx.connection.fetch(table.merge, was, person)]
        return {name: keys for name, keys in moved.items() if keys}

    async def unmerge(
        self, tx: Transaction, was: str, person: str, moved: Mapping[str, Sequence[str]], *, now_ms: int
    ) -> None:
        """Just what was moved is `was`'s again, as far as it is there still. Raises Unavailable."""
        for name, part in self.parts:
            if keys := moved.get(HOOK + name):
                await part.person_unmerged(tx, was, person, keys, now_ms=now_ms)
        for table in reversed(self.tables):
            keys = moved.get(table.table)
            if keys and table.unmerge is not None:
                await tx.connection.fetch(table.unmerge, was, person, list(keys))

    async def export(self, database: Database, person: str) -> AsyncIterator[tuple[PersonTable, list[msgspec.Raw]]]:
        """All that is kept of a person, table by table, each row a JSON object. Raises Unavailable."""
        for table in self.tables:
            if table.export is not None:
                async with database.batch.connection() as connection:
                    rows = await connection.fetch(table.export, person, timeout=ERASE_S)
                yield table, [msgspec.Raw(row[0].encode()) for row in rows]

    async def leave_rooms(self, tx: Transaction, person: str, stand_in: str, *, now_ms: int) -> None:
        """Rooms show no more what is `person`'s, live and for whoever comes. Raises Unavailable."""
        for _, part in self.parts:
            await part.person_erased(tx, person, stand_in, now_ms=now_ms)

    async def erase(self, connection: Connection, table: PersonTable, person: str, stand_in: str) -> int:
        """One table without them; how many rows it changed. Raises Unavailable."""
        if table.erase is None:
            return 0
        changed: int = await connection.fetchval(table.erase, person, stand_in, timeout=ERASE_S)
        return changed


def person_tables(modules: Iterable[Module], parts: Iterable[tuple[Module, Part]]) -> PersonTables:
    """The registry of one process. `parts`: those that were built in it."""
    tables = tuple(table for module in modules for table in module.person_tables)
    return PersonTables(tables=tables, parts=tuple((module.name, part) for module, part in parts))
