"""Blocked people as a module: the calls of staff, and what sign-ins ask (`Blocks`)."""

import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from asyncpg import Record
from msgspec import Struct

from livehub.base import csv
from livehub.base.auth import GUEST, Identity, Permission, Role, check_id
from livehub.base.config import Config, described
from livehub.base.db import Connection, Transaction
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.errors import BadRequest, LivehubError, TextEmpty
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.lists import page, place
from livehub.base.module import Context, Job, Module, Part, Retention, defined_in
from livehub.base.moment import moment
from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.streamed import Streamed
from livehub.base.text import clean
from livehub.people import audit, list_files, persons, sessions
from livehub.people.audit import Act
from livehub.people.blocked import errors, schemas
from livehub.people.blocked.blocks import Blocks, Q
from livehub.people.blocked.errors import BlockNotFound, BlocksStaff, PersonUnknown
from livehub.people.errors import LastAdmin
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles
from livehub.people.persons import Subject
from livehub.people.phones import e164, home_of, searched
from livehub.people.records_errors import PhoneInvalid
from livehub.people.settings import PeopleConfig
from livehub.people.staff_schemas import REASON_CHARS_MAX

EVERY_FIVE_MINUTES = "*/5 * * * *"
COLUMNS = ("id", "person", "shown", "by_what", "reason", "by", "at", "until")


class BlockedConfig(Config, frozen=True, kw_only=True):
    """What blocks read."""

    blocks_kept_s: Annotated[
        int, described("how long blocks that are over are kept; of whoever was erased not at all", ge=0, le=315_360_000)
    ] = 7_776_000


class BlockedPeople(Part):
    def __init__(self, context: Context) -> None:
        self._database = context.database
        self._config = context.config(Config)
        self._ways = sessions.ways_of_staff(context.config(PeopleConfig))
        self._real_s = context.clock.real_s  # as sign-ins go, wherever business time is
        self.blocks = context.get(Blocks)
        self._regions = context.config(PeopleConfig).phone_regions
        self._files = ListFiles(self._config, context.database, context.clock.real_s)

    def endpoints(self) -> Sequence[Endpoint]:
        may = Permission.BLOCK_PEOPLE
        return [
            get(
                "/api/blocked", self.list, may=may, reply=schemas.BlockedList, query=schemas.BlockedQuery,
                errors=(BadRequest,),
            ),
            post(
                "/api/blocked", self.block, may=may, body=schemas.BlockRequest, reply=schemas.BlockMade, status=201,
                errors=(BlocksStaff, LastAdmin, PersonUnknown, PhoneInvalid, TextEmpty),
            ),
            delete(
                "/api/blocked/{block}", self.lift, may=may, reply=None, query=schemas.LiftQuery,
                errors=(BlockNotFound, BlocksStaff),
            ),
        ]  # fmt: skip

    def jobs(self) -> Sequence[Job]:
        """`people.blocked_ts` of those whose time is up."""
        return [Job(name="blocked.over", run=self._unblock, cron=EVERY_FIVE_MINUTES)]

    @property
    def _now_ms(self) -> int:
        return int(self._real_s() * 1000)

    async def list(self, call: Call[None]) -> schemas.BlockedList | Streamed:
        """Who is blocked, latest first; with an `Accept` of CSV or a spreadsheet all of them as a file."""
        asked: schemas.BlockedQuery = call.query
        start = place(asked.after)
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "blocked", COLUMNS, self._pages(asked, start))
        most = asked.most(self._config.lists_max)
        rows, is_more = page(await self._found(asked, start, most + 1), most)
        phone, found = searched(asked.search.strip(), self._regions), [row["person"] or row["id"] for row in rows]
        await audit.searched_for(self._database, phone, found, what="blocked", by=call.person, now_ms=call.now_ms)
        return schemas.BlockedList(
            items=[_shown(row) for row in rows], next=f"{rows[-1]['ts']}.{rows[-1]['id']}" if is_more else None
        )

    async def _found(self, asked: schemas.BlockedQuery, start: tuple[int, str] | None, most: int) -> Sequence[Record]:
        text = asked.search.strip()
        phone = searched(text, self._regions)
        shown = text.lower() if text and phone is None else None
        async with self._database.connection() as connection:
            return await connection.fetch(
                Q["blocks"], self._now_ms, *(start or (None, None)), asked.person, shown, self.blocks.phone_mark(phone), most
            )  # fmt: skip

    async def _pages(
        self, asked: schemas.BlockedQuery, start: tuple[int, str] | None
    ) -> AsyncIterator[Sequence[Sequence[csv.Cell]]]:
        while rows := await self._found(asked, start, ROWS_PER_QUERY):
            yield [_cells(row) for row in rows]
            start = (rows[-1]["ts"], rows[-1]["id"])

    async def block(self, call: Call[schemas.BlockRequest]) -> schemas.BlockMade:
        """Block somebody: they cannot sign in again, and where they are signed in they are so no more."""
        body, db, now_ms, by = call.body, call.tx.connection, self._now_ms, call.person
        reason, until_ts = clean(body.reason, REASON_CHARS_MAX), _ms(body.until)
        if until_ts is not None and until_ts <= now_ms:
            raise BadRequest("until: a moment to come.")
        if not (body.person or body.phone or body.device):
            raise BadRequest("Give a `person`, a `phone` or a `device`.")
        _check_plain("person", body.person)
        _check_plain("device", body.device)
        phone = None if body.phone is None else e164(body.phone, home_of(self._regions))
        known = await self._known(call.tx, body.person, phone)
        _check_not_staff(by, {body.person} | {row["id"] for row in known}, {row["role"] for row in known})
        if body.person and not (body.has_no_account or body.person.startswith(GUEST)):
            await _check_is_somebody(db, body.person)
        people = [row["id"] for row in known]
        await persons.keep_an_admin(db, people, ways=self._ways)
        id_ = f"block-{ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))}"
        about = body.person or next(iter(people), None)
        names = sorted(
            (row["id"] != about, row["name"]) for row in known
        )  # of whom it is about; else of whom they have become
        shown = next((name for _, name in names), None) or body.person or masked(phone) or "device"
        await db.execute(Q["insert_block"], id_, about, shown, reason, by.id, by.name, now_ms, until_ts)
        phones = [phone, *(row["subject"] for row in await db.fetch(Q["phones_of"], people))]
        marks = [("person", person) for person in (body.person, *people)]
        marks += [("phone", self.blocks.phone_mark(phone)) for phone in phones]
        marks += [("device", self.blocks.device_mark(body.device))]
        given = [(kind, mark) for kind, mark in marks if mark is not None]
        await db.execute(Q["insert_marks"], id_, [kind for kind, _ in given], [mark for _, mark in given])
        await db.execute(Q["block_people"], people, now_ms)
        ended = await db.fetchval(Q["end_sessions"], people, now_ms)
        data = {"reason": reason, "until_ts": until_ts}
        await self._log(db, "block", (about or "", shown), data, by, call.now_ms)
        return schemas.BlockMade(id=id_, sessions_ended=ended)

    async def _known(self, tx: Transaction, person: str | None, phone: str | None) -> Sequence[Record]:
        """Who they are, held until the transaction ends."""
        db = tx.connection
        if phone is not None:
            await persons.lock(db, [Subject("phone", phone)])
        await persons.lock_roles(db)

        async def who() -> set[str]:
            known = {row["id"] for row in await db.fetch(Q["known_people"], person, phone)}
            return known if person is None else known | {person}

        await persons.hold(tx, who)
        return await db.fetch(Q["known_people"], person, phone)

    async def lift(self, call: Call[None]) -> None:
        """Lift a block: they may sign in again. Whoever may not make it does not lift it either."""
        db, by, asked = call.tx.connection, call.person, call.query
        reason = clean(asked.reason, REASON_CHARS_MAX) if asked.reason.strip() else ""
        await persons.lock_roles(db)  # who is staff stays so until it is done
        row = await db.fetchrow(Q["lift_block"], call.path["block"], self._now_ms, by.id)
        if row is None:
            raise BlockNotFound
        met = await db.fetch(Q["people_met"], call.path["block"])
        _check_not_staff(by, {each["id"] for each in met}, {each["role"] for each in met})
        await self.blocks.unmark_in(db)
        data = {"reason": reason} if reason else {}
        await self._log(db, "unblock", (row["person"] or "", row["shown"]), data, by, call.now_ms)

    async def _log(
        self, db: Connection, type_: str, about: tuple[str, str], data: dict[str, Any], by: Identity, now_ms: int
    ) -> None:
        person, shown = about
        why = str(data.get("reason", ""))
        standing, none = {"blocked": True, **{k: v for k, v in data.items() if k == "until_ts"}}, {"blocked": False}
        before, after = (none, standing) if type_ == "block" else (standing, none)
        act = Act(
            type=type_, subject=person, about_id=person or None, about_name=shown, before=before, after=after, why=why,
            data=data if person else {"shown": shown, **data},
        )  # fmt: skip
        await audit.record(db, [act], by=by, now_ms=now_ms, is_event=True)

    async def _unblock(self, timestamp: int) -> None:
        del timestamp
        async with self._database.transaction() as tx:
            await self.blocks.unmark_in(tx.connection)


def _check_not_staff(by: Identity, people: set[str | None], roles: set[str]) -> None:
    """Raise BlocksStaff."""
    is_staff = bool(roles - {Role.VIEWER.value}) and not by.may(Permission.GIVE_ROLES)
    if is_staff or by.id in people:
        raise BlocksStaff


async def _check_is_somebody(db: Connection, person: str) -> None:
    """Raise PersonUnknown: a block of a mistyped id would meet nobody, and read in the list as if it did."""
    if not await db.fetchval(Q["is_somebody"], person):
        raise PersonUnknown


def _check_plain(name: str, id_: str | None) -> None:
    """Raise BadRequest on what no token can name: it would block nobody, and read as something else in the list."""
    try:
        if id_ is not None:
            check_id(id_)
    except ValueError as error:
        raise BadRequest(f"{name}: {error}.") from error


def masked(phone: str | None) -> str | None:
    """A number as staff may see it: without all but its country's beginning and its last four digits."""
    return None if phone is None else f"{phone[:3]} **** {phone[-4:]}"


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _moment(ts: int) -> datetime:
    return datetime.fromtimestamp(ts / 1000, UTC)


def _shown(row: Any) -> schemas.BlockedPerson:
    return schemas.BlockedPerson(
        id=row["id"],
        person=row["person"],
        shown=row["shown"],
        kinds=row["kinds"] or [],
        reason=row["reason"],
        by=row["by_name"],
        at=_moment(row["ts"]),
        until=None if row["until_ts"] is None else _moment(row["until_ts"]),
    )


def _cells(row: Record) -> list[csv.Cell]:
    kinds = " ".join(row["kinds"] or ())
    return [
        row["id"], row["person"], row["shown"], kinds, row["reason"], row["by_name"], moment(row["ts"]),
        moment(row["until_ts"]),
    ]  # fmt: skip


BLOCKED = Module(
    name="blocked",
    build=BlockedPeople,
    errors=defined_in(errors, LivehubError),
    schemas=defined_in(schemas, Struct),
    settings=BlockedConfig,
    retention=(
        Retention(
            table="blocked_people",
            query=Q["forget_blocks"],
            arguments=lambda settings, now_ms: [now_ms - settings.of(BlockedConfig).blocks_kept_s * 1000, now_ms],
            in_real_time=True,
        ),
    ),
    person_tables=(
        PersonTable(
            table="blocked_people",
            columns=("person", "shown", "by_id", "by_name", "lifted_by"),
            theirs=("person",),
            on_erasure=OnErasure.KEEP,
            export=Q["export_blocks"],
            erase=Q["erase_blocks"],
            reason="people.kept.safety",
        ),
        # Ids, and hashes of numbers and devices: they go with their block.
        PersonTable(table="blocked_marks", columns=("mark",), on_erasure=OnErasure.KEEP, reason="people.kept.safety"),
    ),
)
