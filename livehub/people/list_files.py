"""Lists about people as files: who may take one along, and the word of it in the audit log.

    if csv.is_wanted(call.request):
        return await self._files.begin(call, "people", COLUMNS, self._pages(call.query))

Whoever may look at a list may not take all of it away: that wants the right to export, and a sign-in of a moment ago.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from livehub.base import csv
from livehub.base.auth import Permission, require, require_fresh
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call
from livehub.base.streamed import Streamed
from livehub.people.audit import Act, record
from livehub.people.masks import without_numbers

ROWS_PER_QUERY = 1_000


class ListFiles:
    """`real_s`: Unix seconds, by which sign-ins go."""

    def __init__(self, config: Config, database: Database, real_s: Callable[[], float]) -> None:
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
        """The file `{name}-{date}.csv`, once it is written down who takes it, and with which filter. Raises Forbidden,
        SigninTooOld, Unavailable.
        """
        require(call.person, Permission.EXPORT)
        require_fresh(call.person, now_s=self._real_s(), within_s=self._fresh_s)
        act = Act(type=f"{name}_export", data={"filter": _told(call.query)})
        async with self._database.transaction() as tx:
            await record(tx.connection, [act], by=call.person, now_ms=call.now_ms, room=room)
        return csv.table(name, columns, pages, at=datetime.fromtimestamp(call.now_ms / 1000, UTC))


def _told(query: Any) -> dict[str, str]:
    """What of a filter is set."""
    usual = msgspec.structs.asdict(type(query)())
    given = msgspec.structs.asdict(query)
    return {name: without_numbers(str(value)) for name, value in given.items() if value != usual[name]}
