"""Writes the engine's batches to PostgreSQL: one transaction each, which fails when another process leads by now.

    BEGIN; COPY of new holds; what changed; units, and the fence; COMMIT

Resources are written as absolute values, so what is in PostgreSQL is what the book says, and its constraints look at every
batch. Rows are written by the one connection that holds the lock of the leader: when it is lost, nothing can be written.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import asyncpg

from commerce.flashsale.copy_rows import COLUMNS, CopyRows
from commerce.flashsale.events import WaitlistHeld
from commerce.flashsale.requests import Adjust, Units, Wait
from commerce.flashsale.rows import Changes, Granted, HoldGroup, HoldRow, WaitRow
from livehub.base.db import Connection, Transaction
from livehub.base.events import emit_all
from livehub.base.notifications import Notifier
from livehub.base.sql import queries

Q = queries(__file__, "journal.sql")


class NotLeading(Exception):
    """Another process leads, or nobody; nothing was written."""


class KeysTaken(Exception):
    """Holds of the batch have keys that were used before; nothing was written. `holds`: those made with them then."""

    def __init__(self, holds: list[HoldRow]) -> None:
        super().__init__(f"{len(holds)} keys were used before")
        self.holds = holds


class Journal:
    """The batches of one leadership, numbered from 1 on."""

    def __init__(
        self, connection: Connection, notifier: Notifier, epoch: int, *, on_busy: Callable[[], None] = lambda: None
    ) -> None:
        """`on_busy`: called when a batch was sent, and PostgreSQL has something to do."""
        self._connection = connection
        self._notifier = notifier
        self._rows = CopyRows()
        self._on_busy = on_busy
        self.is_postgresql_busy = False
        self.epoch = epoch
        self.batch = 0

    async def commit(self, changes: Changes, *, now_ms: int, real_ms: int) -> None:
        """Write a batch; without changes only look whether we still lead. Raises NotLeading, KeysTaken, and what the driver
        raises: after an error of the connection nobody knows whether it was written (`was_committed`).
        """
        self.is_postgresql_busy = False
        if not changes:
            if not await self._connection.fetchval(Q["still_leads"], self.epoch):
                raise NotLeading
            return
        self.batch += 1
        tx = Transaction(self._connection, self._notifier)
        await self._connection.execute("BEGIN")
        try:
            await self._write(changes)
            rows = changes.resources.values()
            columns = (
                [row.id for row in rows],
                [r.units for r in rows],
                [r.held for r in rows],
                [r.sold for r in rows],
            )
            if not await self._connection.fetchval(Q["fence"], self.batch, now_ms, real_ms, self.epoch, *columns):
                raise NotLeading
            await emit_all(tx, [(_event(granted), granted.wait.person) for granted in changes.granted])
        except asyncpg.UniqueViolationError as error:
            await self._connection.execute("ROLLBACK")
            if error.constraint_name != "stock_holds_key":
                raise
            raise KeysTaken(await holds_by_key(self._connection, changes.holds)) from error
        except NotLeading:
            await self._connection.execute("ROLLBACK")
            raise
        await self._connection.execute("COMMIT")
        tx.committed()

    async def _write(self, changes: Changes) -> None:
        db = self._connection
        for resource in changes.puts:
            row = changes.resources[resource.id]
            limits = list(resource.limits)
            await db.execute(Q["put_resource"], resource.id, row.units, limits, resource.opens_ms, resource.closes_ms)
        if changes.holds:
            rows = self._sent(self._rows.encode(changes.holds))
            await db.copy_to_table("stock_holds", source=rows, columns=COLUMNS, format="binary")
        self._is_busy()
        if changes.changed:
            # One that changed twice is written as it is in the end.
            last = {hold.id: hold for hold in changes.changed}.values()
            ids, states, expiries = zip(*((hold.id, hold.state, hold.expires_ms) for hold in last), strict=True)
            await db.execute(Q["change_holds"], ids, states, expiries, [_literal(hold.has) for hold in last])
        for person, whom in changes.aliases:
            if whom is None:
                await db.execute(Q["drop_alias"], person)
            else:
                await db.execute(Q["put_alias"], person, whom)
        if changes.unwaits:
            await db.execute(Q["drop_waits"], *zip(*changes.unwaits, strict=True))
        if changes.waits:
            await db.executemany(Q["put_wait"], [_wait_arguments(row) for row in changes.waits])
        if changes.retired:
            await db.execute(Q["retire_resources"], changes.retired)
        if changes.adjusted:
            adjusted = [(adjust.key, adjust.resource, adjust.units) for adjust in changes.adjusted]
            await db.executemany(Q["put_adjustment"], adjusted)

    async def _sent(self, rows: bytes) -> AsyncIterator[bytes]:
        yield rows
        self._is_busy()

    def _is_busy(self) -> None:
        self.is_postgresql_busy = True
        self._on_busy()


def _literal(numbers: Sequence[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def _wait_arguments(row: WaitRow) -> tuple[object, ...]:
    wait = row.wait
    resources, asked = [line.resource for line in wait.lines], [line.units for line in wait.lines]
    return resources[0], wait.person, row.place, wait.key, list(wait.also), wait.ttl_ms, resources, asked


def _event(granted: Granted) -> WaitlistHeld:
    wait = granted.wait
    return WaitlistHeld(
        person=wait.person,
        key=wait.key,
        hold=granted.hold,
        resource=wait.lines[0].resource,
        lines=tuple((line.resource, line.units) for line in wait.lines),
        expires_ms=granted.expires_ms,
    )


# --- reading ---


def hold_of(row: Any) -> HoldRow:
    """A row of `stock_holds`."""
    return HoldRow(
        id=row["id"],
        person=row["person"],
        key=row["key"] or "",
        also=(row["also"][0], row["also"][1]),
        state=row["state"],
        expires_ms=row["expires_ms"],
        asked=tuple(map(Units, row["resources"], row["asked"])),
        has=tuple(row["has"]),
    )


def group_of(row: Any) -> HoldGroup:
    """Rows of `stock_holds` that are alike."""
    return HoldGroup(
        row["state"],
        tuple(map(Units, row["resources"], row["asked"])),
        tuple(row["has"]),
        ids=row["ids"],
        people=row["people"],
        keys=row["keys"],
        also=(row["one"], row["other"]),
        expires_ms=row["expires_ms"],
    )


def wait_of(row: Any) -> WaitRow:
    """A row of `stock_waits`."""
    lines = tuple(map(Units, row["resources"], row["asked"]))
    also = (row["also"][0], row["also"][1])
    return WaitRow(row["place"], Wait(row["person"], row["key"], lines, row["ttl_ms"], also))


async def holds_by_key(connection: Connection, holds: Sequence[HoldRow]) -> list[HoldRow]:
    """The holds that were made with the keys of these."""
    keyed = [hold for hold in holds if hold.key]
    people, keys = [hold.person for hold in keyed], [hold.key for hold in keyed]
    return [hold_of(row) for row in await connection.fetch(Q["holds_by_key"], people, keys)]


async def holds_of(
    connection: Connection, person: str, *, kind: str, ended_since_ms: int, most: int, after: str | None
) -> list[HoldRow]:
    """Somebody's holds, the latest first, at most so many that follow the hold `after`: live ones, and those that ended, or
    would have, since then. `kind`: how their first resource is called begins with this.
    """
    rows = await connection.fetch(Q["holds_of"], person, ended_since_ms, most, after, kind)
    return [hold_of(row) for row in rows]


async def live_hold_of(connection: Connection, person: str, resource: str) -> HoldRow | None:
    """The latest live hold that somebody has of a resource."""
    row = await connection.fetchrow(Q["live_hold_of"], person, resource)
    return None if row is None else hold_of(row)


async def adjustments(connection: Connection, keys: Sequence[str]) -> list[Adjust]:
    """What was added or taken away under these keys."""
    rows = await connection.fetch(Q["adjustments"], keys) if keys else []
    return [Adjust(row["resource"], row["units"], row["key"]) for row in rows]


async def retired(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Those of these resources that are out of memory for good."""
    return [row["id"] for row in await connection.fetch(Q["retired"], ids)] if ids else []


async def was_committed(connection: Connection, epoch: int, batch: int) -> bool:
    """Whether a batch was written, once the connection that wrote it is gone for certain."""
    written: int | None = await connection.fetchval(Q["last_batch"], epoch)
    return written is not None and written >= batch
