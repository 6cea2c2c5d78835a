"""Two who turn out to be one: a guest, or somebody by name alone, becomes the person they signed in as; and back.

What it means for a table says its module (base/person_tables.py); what it means beyond tables, a hook of it. All of it is one
transaction, with a row that names what was moved, by which it can be undone. Doing it again changes nothing.

Two people who have both proved who they are stay two, whatever device they share; they are one only when one sign-in proves a
subject of each (WeChat's unionid, which comes later than an openid).
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from livehub.base.db import Transaction
from livehub.base.person_tables import PersonTable
from livehub.base.sql import queries

log = logging.getLogger("livehub.people.merging")
Q = queries(__file__, "merging.sql")

Hook = Callable[[Transaction, str, str], Awaitable[None]]


class CannotMerge(Exception):
    """They cannot be counted together: one is somebody else already, or has become as many as can be counted."""


class PersonAliases(Protocol):
    """Whoever keeps people in memory and answers for them there (the stock engine). Raises Unavailable."""

    async def alias(self, merged: str, person: str) -> None:
        """From now on what `merged` has, and has had, counts as the person's; durable, and the same if it is asked again.
        Raises CannotMerge, with nothing changed."""

    async def unalias(self, merged: str, person: str) -> None:
        """As it was before."""


class Merging:
    """`on_merge` and `on_undo`: hooks of modules, called with (tx, merged, person) inside the transaction."""

    def __init__(self, tables: Sequence[PersonTable], aliases: Callable[[], PersonAliases | None]) -> None:
        """`aliases`: asked for when it is needed, since its module may come later in the list."""
        self._tables = tables
        self._aliases = aliases
        self.on_merge: list[Hook] = []
        self.on_undo: list[Hook] = []

    async def merge(self, tx: Transaction, merged: str, person: str, *, now_ms: int) -> bool:
        """Make them one; both are locked until the transaction ends. Raises Unavailable.

        False, with nothing changed: they are one already, `merged` has become somebody else (another person used the same
        device), or they cannot be counted together; each stays who they are, with their own limits.
        """
        if merged == person:
            return False
        for id_ in sorted((merged, person)):
            await tx.connection.execute(Q["lock_person"], id_)
        if await tx.connection.fetchval(Q["merged_into"], merged) is not None:
            return False
        try:
            async with tx.connection.transaction():
                await self._merge(tx, merged, person, now_ms)
        except CannotMerge:
            log.warning("person.not_merged", extra={"merged": merged, "person": person})
            return False
        log.info("person.merged", extra={"merged": merged, "person": person})
        return True

    async def _merge(self, tx: Transaction, merged: str, person: str, now_ms: int) -> None:
        moved: dict[str, list[str]] = {}
        for table in self._tables:
            if table.merge is not None:
                keys = [str(row[0]) for row in await tx.connection.fetch(table.merge, merged, person)]
                if keys:
                    moved[table.table] = keys
        await tx.connection.execute(Q["insert_merge"], merged, person, now_ms, moved)
        for hook in self.on_merge:
            await hook(tx, merged, person)
        # Last, since it is not undone with the transaction: what fails before it has changed nothing, and what fails after it
        # is asked again with the same sign-in.
        if (aliases := self._aliases()) is not None:
            await aliases.alias(merged, person)

    async def undo(self, tx: Transaction, merged: str, *, by: str, now_ms: int) -> str | None:
        """Make them two again, each with what was theirs. Returns whom it had become; None: nobody. Raises Unavailable."""
        await tx.connection.execute(Q["lock_person"], merged)
        row = await tx.connection.fetchrow(Q["merge_for_update"], merged)
        if row is None:
            return None
        person: str = row["person"]
        moved = msgspec.json.decode(row["moved"], type=dict[str, list[str]])
        for table in reversed(self._tables):
            if table.unmerge is not None and (keys := moved.get(table.table)):
                await tx.connection.execute(table.unmerge, merged, person, keys)
        await tx.connection.execute(Q["undo_merge"], merged, now_ms, by)
        for hook in self.on_undo:
            await hook(tx, merged, person)
        if (aliases := self._aliases()) is not None:
            await aliases.unalias(merged, person)
        log.info("person.unmerged", extra={"merged": merged, "person": person})
        return person
