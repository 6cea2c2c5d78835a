"""A person's own data as a file: asked for, made by a durable job out of the registry of tables, fetched for some days.

    POST /api/me/export -> exports row, job -> ZIP in that row, ExportReady -> inbox -> GET /api/me/exports/{id}

The file lies in PostgreSQL: it is bounded (LIVEHUB_EXPORT_BYTES_MAX), every process can send it, it goes with the person's
other rows when they are erased, and it is in no folder that a backup of files or a web server might show. Its id is 192
random bits, and it is given to that person alone all the same.
"""

import asyncio
import hashlib
import io
import secrets
import zipfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import msgspec
from asyncpg import Record

from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Connection, Database
from livehub.base.endpoints import Call, Endpoint, get, post
from livehub.base.events import emit
from livehub.base.job_queue import defer
from livehub.base.lists import iso
from livehub.base.person_tables import PersonTable
from livehub.base.sql import queries
from livehub.base.streamed import Streamed
from livehub.people import sessions
from livehub.people.errors import StaffSignInNeeded
from livehub.people.records_errors import ExportNotFound, ExportNotReady
from livehub.people.records_events import ExportReady
from livehub.people.records_schemas import Export, Exports, NoWords
from livehub.people.records_settings import RecordsConfig
from livehub.people.registry import PersonTables

Q = queries(__file__, "exports.sql")

EXPORT_TASK = "people.export"
ID_BYTES = 24
PIECE_BYTES = 256 * 1024

README = """\
这是您在本平台的个人数据。每个 .json 文件对应一类数据，文件里每一项是一条记录；时间均为 UTC。
没有列出的文件表示没有相应的数据。如需更正或删除，请在“我的账号”中操作。
{cut_zh}
These are your personal data. Each .json file is one kind of data, each item in it one record; times are UTC.
A file that is not there means that there is no such data. To have something put right or erased, see "My account".
{cut_en}
{at}

"""
CUT_ZH = "\n数据过大，以下文件不完整：{files}\n"
CUT_EN = "\nThere is too much of it; these files are not complete: {files}\n"


class ExportApi:
    def __init__(self, core: Config, config: RecordsConfig, database: Database) -> None:
        self._core = core
        self._config = config
        self._database = database

    def endpoints(self) -> list[Endpoint]:
        may = Permission.BUY
        return [
            post(
                "/api/me/export", self.ask, may=may, body=NoWords, reply=Export, status=202, fresh=True,
                errors=(StaffSignInNeeded,),
            ),
            get("/api/me/exports", self.all, may=may, reply=Exports),
            get(
                "/api/me/exports/{export}", self.fetch, may=may, reply=None, fresh=True,
                errors=(ExportNotFound, ExportNotReady, StaffSignInNeeded),
            ),
        ]  # fmt: skip

    async def ask(self, call: Call[NoWords]) -> Export:
        """Ask for one's own data as a file, which is made within the hour. Asking again soon is asking once."""
        person, db = call.person.id, call.tx.connection
        await sessions.check_as_staff(db, person, call.person.role)
        await db.execute(Q["lock_exports"], person)
        since_ms = call.now_ms - self._config.export_pause_s * 1000
        row = await db.fetchrow(Q["latest_export"], person, since_ms, call.now_ms)
        if row is not None:
            return _export(row)
        id_ = secrets.token_urlsafe(ID_BYTES)
        await db.execute(Q["insert_export"], id_, person, call.now_ms)
        await defer(db, EXPORT_TASK, {"export": id_})
        return Export(id=id_, state="making", asked=iso(call.now_ms) or "")

    async def all(self, call: Call[None]) -> Exports:
        """One's own exports, those that can be fetched and those being made."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["exports"], call.person.id, call.now_ms, self._core.lists_max)
        return Exports(items=[_export(row) for row in rows])

    async def fetch(self, call: Call[None]) -> Streamed:
        """The file itself, a ZIP."""
        person, id_ = call.person.id, call.path["export"]
        async with self._database.connection() as connection:
            await sessions.check_as_staff(connection, person, call.person.role)
            row = await connection.fetchrow(Q["export"], person, id_, call.now_ms)
        if row is None:
            raise ExportNotFound
        if row["made_ts"] is None:
            raise ExportNotReady(retry_after_ms=10_000)
        at = datetime.fromtimestamp(row["made_ts"] / 1000, UTC)
        return Streamed(
            self._pieces(person, id_, row["bytes"]), content_type="application/zip", file=f"my-data-{at:%Y-%m-%d}.zip",
            bytes_=row["bytes"],
        )  # fmt: skip

    async def _pieces(self, person: str, id_: str, bytes_: int) -> AsyncIterator[bytes]:
        for start in range(0, bytes_, PIECE_BYTES):
            async with self._database.connection() as connection:
                piece = await connection.fetchval(Q["export_piece"], person, id_, start + 1, PIECE_BYTES)
            if not piece:
                raise ExportNotFound  # erased meanwhile: the answer breaks off
            yield piece


class Exporter:
    """The job. What is written after it began may be in the file or not."""

    def __init__(
        self, config: RecordsConfig, database: Database, tables: Callable[[], PersonTables], now_ms: Callable[[], int]
    ) -> None:
        self._config = config
        self._database = database
        self._tables = tables
        self._now_ms = now_ms

    async def run(self, export: str) -> None:
        """Make the file; nothing if that is done, or nobody wants it any more."""
        async with self._database.batch.connection() as connection:
            person = await connection.fetchval(Q["asked_export"], export)
            ids = await known_as(connection, person) if person is not None else []
        if not ids:
            return
        archive = Archive(self._config.export_bytes_max)
        for id_ in ids:
            async for table, rows in self._tables().export(self._database, id_):
                archive.add(table, rows)
        now_ms = self._now_ms()
        content = await asyncio.to_thread(archive.zipped, now_ms)
        ends_ts = now_ms + self._config.export_kept_s * 1000
        async with self._database.batch.transaction() as tx:
            digest = hashlib.sha256(content).digest()
            kept = await tx.connection.fetchval(Q["keep_export"], export, content, digest, now_ms, ends_ts)
            if kept is not None:
                ready = ExportReady(person=kept, export=export, bytes=len(content), ends_ts=ends_ts)
                await emit(tx, ready, key=kept)


class Archive:
    """Rows by table, at most so many bytes of JSON in all; which tables were cut is remembered."""

    def __init__(self, bytes_max: int) -> None:
        self._left = bytes_max
        self._rows: dict[str, list[msgspec.Raw]] = {}
        self._cut: set[str] = set()

    def add(self, table: PersonTable, rows: list[msgspec.Raw]) -> None:
        for row in rows:
            size = memoryview(row).nbytes + 2
            if size > self._left:
                self._cut.add(table.table)
                return
            self._left -= size
            self._rows.setdefault(table.table, []).append(row)

    def zipped(self, now_ms: int) -> bytes:
        """The file; it takes a second for some ten MB, so run it in a thread."""
        files = ", ".join(f"{name}.json" for name in sorted(self._cut))
        cut_zh, cut_en = (CUT_ZH.format(files=files), CUT_EN.format(files=files)) if files else ("", "")
        readme = README.format(cut_zh=cut_zh, cut_en=cut_en, at=iso(now_ms))
        readme += "".join(f"{name}.json: {len(rows)}\n" for name, rows in self._rows.items())
        stamp = datetime.fromtimestamp(now_ms / 1000, UTC).timetuple()[:6]
        into = io.BytesIO()
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("README.txt", stamp), readme)
            for name, rows in self._rows.items():
                text = msgspec.json.format(msgspec.json.encode(rows), indent=1)
                archive.writestr(zipfile.ZipInfo(f"{name}.json", stamp), text, zipfile.ZIP_DEFLATED)
        return into.getvalue()


async def known_as(connection: Connection, person: str) -> list[str]:
    """The person, and whom they were known as before they signed in: what could not move with them is theirs, too."""
    return [person, *(row[0] for row in await connection.fetch(Q["names_before"], person) if row[0] != person)]


def _export(row: Record) -> Export:
    is_ready = row["made_ts"] is not None
    return Export(
        id=row["id"],
        state="ready" if is_ready else "making",
        asked=iso(row["asked_ts"]) or "",
        ready=iso(row["made_ts"]),
        ends=iso(row["ends_ts"]),
        bytes=row["bytes"],
        url=f"/api/me/exports/{row['id']}" if is_ready else None,
    )
