"""Being forgotten: asked for, confirmed, done by a durable job out of the registry of tables, and done once more for what
came late.

    asked --(grace: can be taken back)--> due --> done --(sweep)--> swept

    1 rooms       what is shown of them live goes: control messages of the modules (Part.person_erased), a transaction for
    each id 2 tables      each in a transaction of its own: deleted, made anonymous, or left as the law wants it; counted in
    the proof 3 done        PersonErased, for what PostgreSQL does not have
    4 sweep       1 and 2 again: a token lives on for some minutes, and lines are stored in batches

Every step may be done twice, so a job that was killed begins anew, and of two that run at once neither is the other's sweep:
that one begins `erase_sweep_s` after the end of the first time through. `also`, whom they were before they signed in, is kept
with the erasure until it is swept, since the table that says so is erased half way.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from asyncpg import Record

from livehub.base.auth import Permission
from livehub.base.clock import Clock
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.events import emit
from livehub.base.job_queue import defer
from livehub.base.lists import iso
from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries
from livehub.people import persons, sessions
from livehub.people.errors import LastAdmin, StaffSignInNeeded
from livehub.people.exports import known_as
from livehub.people.reasons import REASONS
from livehub.people.records_errors import EraseNotConfirmed, ErasureNotFound
from livehub.people.records_events import PersonErased
from livehub.people.records_schemas import ErasedTable, EraseRequest, Erasure, Why
from livehub.people.records_settings import RecordsConfig
from livehub.people.registry import PersonTables

Q = queries(__file__, "erasure.sql")

ERASE_TASK = "people.erase"
STAND_IN = "erased-"  # begins what stands in place of ids
ID_BYTES = 12


class ErasureApi:
    """`ways`: by which staff sign in (sessions.ways_of_staff)."""

    def __init__(
        self, config: RecordsConfig, database: Database, tables: Callable[[], PersonTables], ways: Sequence[str]
    ) -> None:
        self._config = config
        self._ways = ways
        self._database = database
        self._tables = tables

    def endpoints(self) -> list[Endpoint]:
        may = Permission.BUY
        return [
            post(
                "/api/me/erase", self.ask, may=may, body=EraseRequest, reply=Erasure, status=202,
                fresh=True,
                errors=(EraseNotConfirmed, LastAdmin, StaffSignInNeeded),
            ),
            get("/api/me/erasure", self.look, may=may, reply=Erasure),
            delete(
                "/api/me/erasure", self.take_back, may=may, reply=None,
                errors=(ErasureNotFound, StaffSignInNeeded),
            ),
        ]  # fmt: skip

    async def ask(self, call: Call[EraseRequest]) -> Erasure:
        """Be forgotten. Asking twice is asking once."""
        if not call.body.confirm:
            raise EraseNotConfirmed
        person, db = call.person.id, call.tx.connection
        await sessions.check_as_staff(db, person, call.person.role)
        await persons.keep_an_admin(db, [person], ways=self._ways)
        id_ = secrets.token_urlsafe(ID_BYTES)
        due_ts = call.now_ms + self._config.erase_grace_s * 1000
        if await db.fetchval(Q["ask"], id_, person, STAND_IN + secrets.token_hex(8), call.now_ms, due_ts):
            await defer(db, ERASE_TASK, {"erasure": id_}, at=_after(call.now_ms, self._config.erase_grace_s))
        row = await db.fetchrow(Q["erasure_of"], person)
        return _erasure(row, self._tables().tables)

    async def look(self, call: Call[None]) -> Erasure:
        """What being forgotten would delete, make anonymous and keep, and why; or how far it is."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(Q["erasure_of"], call.person.id)
        return _erasure(row, self._tables().tables)

    async def take_back(self, call: Call[None]) -> None:
        """Not be forgotten after all, while it has not begun."""
        await sessions.check_as_staff(call.tx.connection, call.person.id, call.person.role)
        if await call.tx.connection.fetchval(Q["take_back"], call.person.id, call.now_ms) is None:
            raise ErasureNotFound


class Eraser:
    """The job."""

    def __init__(
        self,
        config: RecordsConfig,
        database: Database,
        clock: Clock,
        tables: Callable[[], PersonTables],
        ways: Sequence[str],
    ) -> None:
        self._ways = ways
        self._config = config
        self._database = database
        self._clock = clock
        self._tables = tables

    async def run(self, erasure: str) -> None:
        """One time through; the one after its end is the sweep. Nothing if it was taken back, or is over."""
        async with self._database.batch.transaction() as tx:
            row = await tx.connection.fetchrow(Q["erasure"], erasure)
            if row is None or row["person"] is None:
                return
            person, now_ms = row["person"], self._now_ms()
            await persons.lock_roles(tx.connection)
            await persons.hold_all(tx.connection, [person])
            is_sweep = row["done_ts"] is not None
            due_ts = row["done_ts"] + self._config.erase_sweep_s * 1000 if is_sweep else row["due_ts"]
            if due_ts > now_ms:  # business time went another way, or it is a job's second run
                await defer(tx.connection, ERASE_TASK, {"erasure": erasure}, at=_moment(due_ts))
                return
            await persons.keep_an_admin(tx.connection, [person], ways=self._ways)
            before = await known_as(tx.connection, person)
            also: list[str] = await tx.connection.fetchval(Q["begin"], erasure, before[1:])
            real_ms = int(self._clock.real_s() * 1000)
            await tx.connection.execute(Q["lay_tombstone"], person, real_ms)
            await sessions.end_all(tx.connection, person, now_ms=real_ms, why="erased")
        await self._erase(erasure, [person, *also], row["stand_in"])
        await self._conclude(erasure, person, row["stand_in"], is_sweep=is_sweep)

    async def _erase(self, erasure: str, ids: list[str], stand_in: str) -> None:
        """In each transaction the people are held, so that a second job does the same after it, and not beside it."""
        tables = self._tables()
        for id_ in ids:
            async with self._database.batch.transaction() as tx:
                await persons.hold_all(tx.connection, ids)
                await tables.leave_rooms(tx, id_, stand_in, now_ms=self._now_ms())
        for table in tables.tables:
            async with self._database.batch.transaction() as tx:
                await persons.hold_all(tx.connection, ids)
                changed = sum([await tables.erase(tx.connection, table, id_, stand_in) for id_ in ids])
                if changed:
                    await tx.connection.execute(Q["count_rows"], erasure, table.table, changed)

    async def _conclude(self, erasure: str, person: str, stand_in: str, *, is_sweep: bool) -> None:
        now_ms = self._now_ms()
        async with self._database.batch.transaction() as tx:
            if is_sweep:
                await tx.connection.execute(Q["swept"], erasure, now_ms)
            elif await tx.connection.fetchval(Q["done"], erasure, now_ms):
                await emit(tx, PersonErased(person=person, erasure=erasure), key=stand_in)
                at = _after(now_ms, self._config.erase_sweep_s)
                await defer(tx.connection, ERASE_TASK, {"erasure": erasure}, at=at)

    def _now_ms(self) -> int:
        return int(self._clock.now_s() * 1000)


def _moment(ts: int) -> datetime:
    return datetime.fromtimestamp(ts / 1000, UTC)


def _after(now_ms: int, wait_s: int) -> datetime | None:
    """When a job is due that waits so long; None: at once."""
    return _moment(now_ms + wait_s * 1000) if wait_s else None


def _erasure(row: Record | None, tables: tuple[PersonTable, ...]) -> Erasure:
    if row is None:
        return Erasure(state="none", items=[_item(table, None) for table in tables])
    rows = msgspec.json.decode(row["rows"], type=dict[str, int]) if row["done_ts"] is not None else None
    return Erasure(
        state="asked" if row["done_ts"] is None else "done",
        id=row["id"],
        asked=iso(row["asked_ts"]),
        due=iso(row["due_ts"]),
        done=iso(row["done_ts"]),
        items=[_item(table, rows) for table in tables],
    )


def _item(table: PersonTable, rows: Mapping[str, int] | None) -> ErasedTable:
    reason = None if table.on_erasure is OnErasure.DELETE else table.reason
    words = REASONS[reason] if reason else None
    return ErasedTable(
        table=table.table,
        becomes=table.on_erasure.value,
        reason=reason,
        why=None if words is None else Why(zh=words.zh, en=words.en),
        rows=None if rows is None else rows.get(table.table, 0),
    )
