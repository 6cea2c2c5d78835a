"""Lists as files, CSV or a spreadsheet: who may take one along, and the word of it in the audit log.

    if list_files.is_wanted(call.request):
        return await self._files.begin(call, "people", COLUMNS, self._pages(call.query))

Whoever may look at a list may not take all of it away: that wants the right to export, and a sign-in of a moment ago.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from livehub.base import csv, xlsx
from livehub.base.auth import Permission, require, require_fresh
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call
from livehub.base.streamed import Streamed
from livehub.people.audit import Act, record
from livehub.people.list_headings import headings
from livehub.people.masks import without_numbers

ROWS_PER_QUERY = 1_000


def _wanted(request: web.Request) -> str | None:
    """Which kind of file the client asks for before JSON, in `Accept`; the first that it names."""
    for header in request.headers.getall("Accept", ()):
        for part in header.split(","):
            type_ = part.partition(";")[0].strip().lower()
            if type_ in ("text/csv", xlsx.CONTENT_TYPE):
                return type_
    return None


def is_wanted(request: web.Request) -> bool:
    """Whether the client asks for a file."""
    return _wanted(request) is not None


class ListFiles:
    """`real_s`: Unix seconds, by which sign-ins go."""

    def __init__(self, config: Config, database: Database, real_s: Callable[[], float]) -> None:
        self._zone = ZoneInfo(config.time_zone)
        self._fresh_s = config.fresh_sign_in_s
        self._database = database
        self._real_s = real_s

    async def begin(
        self,
        call: Call[None],
        name: str,
        columns: Sequence[str],
        pages: AsyncIterator[Sequence[Sequence[csv.Cell]]],
        *,
        room: str | None = None,
    ) -> Streamed:
        """The file `{name}-{date}.csv` or `.xlsx`, whichever is asked for, once it is written down who takes it, and with which
        filter. Its columns are called as the client's `Accept-Language` has it (list_headings.py).

        Raises Unauthenticated, Forbidden, SigninTooOld, Unavailable.
        """
        require(call.identity, Permission.EXPORT)
        require_fresh(call.person, now_s=self._real_s(), within_s=self._fresh_s)
        act = Act(type=f"{name}_export", data={"filter": _told(call.query)})
        at = datetime.fromtimestamp(call.now_ms / 1000, UTC)
        async with self._database.transaction() as tx:
            await record(tx.connection, [act], by=call.person, now_ms=call.now_ms, room=room)
        called = headings(name, columns, call.request.headers.get("Accept-Language", ""))
        if _wanted(call.request) == xlsx.CONTENT_TYPE:
            pieces, type_, ending = xlsx.pieces(name, called, pages, zone=self._zone), xlsx.CONTENT_TYPE, "xlsx"
        else:
            pieces, type_, ending = csv.pieces(called, pages), csv.CONTENT_TYPE, "csv"
        return Streamed(pieces, content_type=type_, file=f"{name}-{at:%Y-%m-%d}.{ending}")


def _told(query: Any) -> dict[str, str]:
    """What of a filter is set."""
    usual = msgspec.structs.asdict(type(query)())
    given = msgspec.structs.asdict(query)
    return {name: without_numbers(str(value)) for name, value in given.items() if value != usual[name]}
