"""HTTP: the audit log, for who may see it; as a list, and as a file with the same filter. Whoever takes a file is in it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from asyncpg import Record
from msgspec import Meta, Struct

from livehub.base import csv
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get
from livehub.base.errors import BadRequest
from livehub.base.lists import PageQuery, iso, page, place
from livehub.base.moment import moment
from livehub.base.streamed import Streamed
from livehub.people import list_files
from livehub.people.audit import Q
from livehub.people.list_files import ROWS_PER_QUERY, ListFiles

BIGINT_MAX = 2**63 - 1
COLUMNS = (
    "at", "type", "by", "by_name", "by_role", "room", "subject", "about", "about_name", "was", "became", "before", "after",
    "why", "data", "network",
)  # fmt: skip

_Text = Annotated[str, Meta(min_length=1, max_length=255)]
_Moment = Annotated[datetime, Meta(tz=True)]


class AuditQuery(PageQuery, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Which acts; all without it. `who`: whose doing; `subject`: what it was done to, whom it met, or the room; `type`: one or
    more, with commas between them; `looks` false: without looks at people for which nobody gave a reason; `from`, `to`:
    ISO 8601 with a zone, the second not included.
    """

    who: _Text | None = None
    subject: _Text | None = None
    type: Annotated[str, Meta(min_length=1, max_length=1_000)] | None = None
    looks: bool = True
    from_: _Moment | None = None
    to: _Moment | None = None


class AuditedPerson(Struct, frozen=True, kw_only=True):
    """Somebody as they were then; `name` is empty where none was kept, `role` null."""

    id: str
    name: str
    role: str | None = None


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One act. `by`: whose doing, null for nobody's; `about`: whom it met; `was`, `became`: states; `before`, `after`: what
    changed; `network`: from where, as a hash that is the same for the same network.
    """

    id: str
    at: str
    type: str
    subject: str
    room: str | None
    by: AuditedPerson | None
    about: AuditedPerson | None
    was: str | None
    became: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    why: str
    data: dict[str, Any]
    network: str


class AuditEntries(Struct, frozen=True, kw_only=True):
    """Latest first."""

    items: list[AuditEntry]
    next: str | None = None


class AuditApi:
    def __init__(self, config: Config, database: Database, files: ListFiles) -> None:
        self._config = config
        self._database = database
        self._files = files

    def endpoints(self) -> list[Endpoint]:
        return [
            get(
                "/api/audit", self.acts, reply=AuditEntries, may=Permission.SEE_AUDIT, query=AuditQuery,
                errors=(BadRequest,),
            ),
        ]  # fmt: skip

    async def acts(self, call: Call[None]) -> AuditEntries | Streamed:
        """What staff did, latest first; with an `Accept` of CSV or a spreadsheet all of it as a file."""
        asked: AuditQuery = call.query
        before = place(asked.after)
        if before is not None and not (before[1].isascii() and before[1].isdecimal() and int(before[1]) <= BIGINT_MAX):
            raise BadRequest("after: this is no `next` of ours.")
        start = None if before is None else (before[0], int(before[1]))
        if list_files.is_wanted(call.request):
            return await self._files.begin(call, "audit", COLUMNS, self._pages(asked, start))
        most = asked.most(self._config.lists_max)
        found, is_more = page(await self._found(asked, start, most + 1), most)
        return AuditEntries(items=[_entry(row) for row in found], next=_place(found[-1]) if is_more else None)

    async def _found(self, asked: AuditQuery, start: tuple[int, int] | None, most: int) -> Sequence[Record]:
        types = asked.type.split(",") if asked.type is not None else None
        async with self._database.connection() as connection:
            return await connection.fetch(
                Q["acts"], asked.who, asked.subject, types, _ms(asked.from_), _ms(asked.to), *(start or (None, None)),
                asked.looks, most,
            )  # fmt: skip

    async def _pages(self, asked: AuditQuery, start: tuple[int, int] | None) -> AsyncIterator[list[list[csv.Cell]]]:
        while rows := await self._found(asked, start, ROWS_PER_QUERY):
            yield [_cells(row) for row in rows]
            start = (rows[-1]["ts"], rows[-1]["id"])


async def acts_on(connection: Connection, subjects: Sequence[str], most: int) -> list[AuditEntry]:
    """What was done to any of them, latest first, for those who handle them: from where is not said. Raises Unavailable."""
    return [_entry(row) for row in await connection.fetch(Q["acts_on"], subjects, most)]


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def _place(row: Record) -> str:
    return f"{row['ts']}.{row['id']}"


def _person(id_: str | None, name: str | None, role: str | None = None) -> AuditedPerson | None:
    return None if id_ is None else AuditedPerson(id=id_, name=name or "", role=role)


def _object(stored: str | None) -> dict[str, Any] | None:
    try:
        return None if stored is None else msgspec.json.decode(stored, type=dict[str, Any])
    except msgspec.DecodeError:
        return None  # what somebody wrote past the server


def _entry(row: Record) -> AuditEntry:
    return AuditEntry(
        id=str(row["id"]),
        at=iso(row["ts"]) or "",
        type=row["type"],
        subject=row["subject"],
        room=row["room"],
        by=_person(row["by_id"], row["by_name"], row["by_role"]),
        about=_person(row["about_id"], row["about_name"]),
        was=row["was"],
        became=row["became"],
        before=_object(row["before"]),
        after=_object(row["after"]),
        why=row["why"],
        data=_object(row["data"]) or {},
        network=row["network"],
    )


def _cells(row: Record) -> list[csv.Cell]:
    return [
        moment(row["ts"]), row["type"], row["by_id"], row["by_name"], row["by_role"], row["room"], row["subject"],
        row["about_id"], row["about_name"], row["was"], row["became"], row["before"], row["after"], row["why"], row["data"],
        row["network"],
    ]  # fmt: skip
