"""Two who turn out to be one: a guest, or somebody by name alone, becomes the person they signed in as; and back.

What it means for a table says its module (base/person_tables.py); what it means beyond tables, its part
(Part.person_merged). All of it is one transaction, with a row that names what was moved, by which it can be undone. Doing it
again changes nothing.

Two people who have both proved who they are stay two, whatever device they share; they are one only when one sign-in proves a
subject of each (WeChat's unionid, which comes later than an openid).
"""

import logging
from collections.abc import Callable
from typing import Protocol

import msgspec

from livehub.base.auth import Role, is_staff
from livehub.base.db import Connection, Transaction
from livehub.base.sql import queries
from livehub.people import persons
from livehub.people.errors import BecameAnother
from livehub.people.registry import PersonTables

log = logging.getLogger("livehub.people.merging")
Q = queries(__file__, "merging.sql")


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
    """`tables`, `aliases`: asked for when they are needed, since modules may come later in the list. `business_s`: Unix
    seconds.
    """

    def __init__(
        self,
        tables: Callable[[], PersonTables],
        aliases: Callable[[], PersonAliases | None],
        business_s: Callable[[], float],
    ) -> None:
        self._tables = tables
        self._aliases = aliases
        self._business_s = business_s

    async def merge(self, tx: Transaction, merged: str, person: str, *, now_ms: int) -> bool:
        """Make them one; both are locked until the transaction ends. Raises Unavailable.

        False, with nothing changed: they are one already, one of them has become somebody else (another person used the same
        device), `merged` is staff, who never become somebody else, or they cannot be counted together; each stays who they are,
        with their own limits.
        """
        if merged == person:
            return False
        await persons.hold_all(tx.connection, (merged, person))
        if await self.became(tx.connection, merged) is not None or await self.became(tx.connection, person) is not None:
            return False
        account = await persons.get(tx.connection, merged)
        if account is not None and is_staff(Role(account.role)):
            return False
        try:
            async with tx.savepoint():
                await self._merge(tx, merged, person, now_ms)
        except CannotMerge:
            log.warning("person.not_merged", extra={"merged": merged, "person": person})
            return False
        log.info("person.merged", extra={"merged": merged, "person": person})
        return True

    async def _merge(self, tx: Transaction, merged: str, person: str, now_ms: int) -> None:
        moved = await self._tables().merge(tx, merged, person, now_ms=self._business_ms())
        await tx.connection.execute(Q["insert_merge"], merged, person, now_ms, moved)
        # Last, since it is not undone with the transaction: what fails before it has changed nothing, and what fails after it
        # is asked again with the same sign-in.
        if (aliases := self._aliases()) is not None:
            await aliases.alias(merged, person)

    async def became(self, connection: Connection, person: str) -> str | None:
        """Whom they have become; None: they are themselves. Raises Unavailable."""
        other: str | None = await connection.fetchval(Q["merged_into"], person)
        return other

    async def undo(self, tx: Transaction, merged: str, *, by: str, now_ms: int) -> str | None:
        """Make them two again, each with what was theirs. Returns whom it had become; None: nobody.

        Raises BecameAnother, with nothing changed, where that one has become somebody else since, who has all of it now; and
        Unavailable.
        """

        async def both() -> set[str]:
            became = await self.became(tx.connection, merged)
            return {merged} if became is None else {merged, became}

        await persons.hold(tx, both)
        row = await tx.connection.fetchrow(Q["merge_for_update"], merged)
        if row is None:
            return None
        person: str = row["person"]
        await self.check_is_themselves(tx.connection, person)
        moved = msgspec.json.decode(row["moved"], type=dict[str, list[str]])
        await self._tables().unmerge(tx, merged, person, moved, now_ms=self._business_ms())
        await tx.connection.execute(Q["undo_merge"], merged, now_ms, by)
        if (aliases := self._aliases()) is not None:
            await aliases.unalias(merged, person)
        log.info("person.unmerged", extra={"merged": merged, "person": person})
        return person

    async def check_is_themselves(self, connection: Connection, person: str) -> None:
        """Raise BecameAnother, Unavailable."""
        if (became := await self.became(connection, person)) is not None:
            raise BecameAnother(details={"person": became})

    def _business_ms(self) -> int:
        """Rooms go by business time, merges by real time."""
        return int(self._business_s() * 1000)
