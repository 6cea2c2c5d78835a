"""The chat of a moment gone by, for whoever watches a show again: lines by the moment at which they were shown.

What nobody should see is not there: deleted lines, those hidden with a ban, those that were held and never let through. One
that was let through has the moment of that, since viewers saw nothing of it before. What ticks left out of a crowd's chat is
there: whoever came a moment later had it in their history.
"""

from msgspec import Struct

from livehub.base.db import Connection
from livehub.base.lists import page, place
from livehub.base.sql import queries
from livehub.hub.rooms.chat_rows import line_of
from livehub.room.models import ChatLine

Q = queries(__file__, "replay.sql")


class ShownLine(Struct, frozen=True, kw_only=True):
    """A line of chat, and when it was shown (Unix ms)."""

    at_ts: int
    line: ChatLine


class ShownLines(Struct, frozen=True, kw_only=True):
    """Lines in the order in which they were shown; `next`: for the page after this one, None at the end."""

    items: list[ShownLine]
    next: str | None = None


async def shown_lines(
    connection: Connection, room: str, from_ts: int, to_ts: int, *, after: str | None, most: int
) -> ShownLines:
    """What was shown in a room from `from_ts` until before `to_ts`, a page of at most `most`. Raises BadRequest."""
    at_ts, id_ = place(after) or (-1, "")
    rows = await connection.fetch(Q["lines_shown"], room, max(from_ts, at_ts), to_ts, at_ts, id_, most + 1)
    rows, is_more = page(rows, most)
    items = [ShownLine(at_ts=row["at_ts"], line=line_of(row)) for row in rows]
    return ShownLines(items=items, next=f"{items[-1].at_ts}.{items[-1].line.id}" if is_more else None)
