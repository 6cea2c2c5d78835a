"""The stores behind moderation: lines that wait for a moderator, reports, deletions."""

import asyncio
import math
from datetime import datetime
from typing import Any, Literal

import msgspec

from livehub.base.db import Connection, Transaction
from livehub.base.sql import queries
from livehub.hub.chat.errors import LineNotFound, UndoOver
from livehub.hub.chat.schemas import HeldLine
from livehub.room.models import ChatLine
from livehub.room.word_marks import MatchedWord

Q = queries(__file__, "moderation.sql")

STORED_POLL_S = 0.05

_line_decoder = msgspec.json.Decoder(ChatLine)
_matched_decoder = msgspec.json.Decoder(list[MatchedWord])


async def hold(connection: Connection, room: str, line: ChatLine, matched: list[MatchedWord]) -> None:
    """Keep a line that the word lists want looked at, for these words."""
    await connection.execute(Q["hold_line"], room, line.id, line, "word", line.ts, matched)


async def report(tx: Transaction, room: str, line: ChatLine, user: str, *, now_ms: int) -> HeldLine | None:
    """Count one person's report of a line; None when this person had reported it before, or the line is gone already."""
    if await tx.connection.fetchval(Q["insert_report"], room, line.id, user, now_ms) is None:
        return None
    row = await tx.connection.fetchrow(Q["count_report"], room, line.id, line, now_ms)
    return None if row is None else _held(row)


async def stored_line(connection: Connection, room: str, line: str) -> ChatLine:
    """A line that was said. Raises LineNotFound."""
    row = await connection.fetchrow(Q["chat_line"], room, line)
    if row is None:
        raise LineNotFound
    return ChatLine(
        id=row["id"], user=row["user_id"], name=row["name"], role=row["role"], text=row["text"], ts=row["ts"]
    )  # fmt: skip


async def waiting_lines(connection: Connection, room: str, most: int) -> list[HeldLine]:
    """What waits for a moderator, oldest first."""
    return [_held(row) for row in await connection.fetch(Q["waiting_lines"], room, most)]


async def decide_line(
    tx: Transaction, room: str, line: str, status: Literal["approved", "rejected"], by: str, *, now_ms: int
) -> tuple[ChatLine, str]:
    """Take a line off the queue; the line and why it was on it. Raises LineNotFound when it is not waiting, and for an approval
    of what is hidden with a ban."""
    row = await tx.connection.fetchrow(Q["decide_line"], room, line, status, by, now_ms)
    if row is None:
        raise LineNotFound
    return _line_decoder.decode(row["line"]), row["reason"]


async def delete_line(tx: Transaction, room: str, line: str, by: str, *, now_ms: int) -> bool:
    """Remember that the line is deleted; False when it was already."""
    return bool(await tx.connection.fetchval(Q["delete_line"], room, line, by, now_ms))


async def wait_until_stored(connection: Connection, room: str, line: str, *, within_s: float) -> None:
    """Give a line that was deleted as soon as it was said the time to be stored, by whatever process it was said in: that is
    done in batches. Comes back at once when it is stored, or was not deleted. Hold no lock meanwhile."""
    for _ in range(math.ceil(within_s / STORED_POLL_S)):
        if not await connection.fetchval(Q["is_deleted_unstored"], room, line):
            return
        await asyncio.sleep(STORED_POLL_S)


async def restore_line(tx: Transaction, room: str, line: str, *, now_ms: int, undo_s: int) -> ChatLine | None:
    """Forget that a line was deleted; None when it is not. Raises UndoOver, and LineNotFound for a line that is shown no more
    for another reason, or is not stored yet."""
    deleted_ms: int | None = await tx.connection.fetchval(Q["deleted_ms"], room, line)
    if deleted_ms is None:
        await stored_line(tx.connection, room, line)
        return None
    if now_ms - deleted_ms > undo_s * 1000:
        raise UndoOver
    restored = await stored_line(tx.connection, room, line)
    if await tx.connection.fetchval(Q["is_hidden"], room, restored.user, restored.ts):
        raise LineNotFound
    await tx.connection.execute(Q["undelete_line"], room, line)
    return restored


async def hide_lines(tx: Transaction, room: str, user: str, by: str, *, now_ms: int) -> None:
    """What the person has said in the room so far is shown no more, and what waits for a moderator is rejected."""
    await tx.connection.execute(Q["hide_lines"], room, user, now_ms)
    await tx.connection.execute(Q["reject_lines"], room, user, by, now_ms)


async def names_of(connection: Connection, room: str, users: list[str]) -> dict[str, str]:
    """The names under which people last spoke in a room."""
    return {row["user_id"]: row["name"] for row in await connection.fetch(Q["names_of"], room, users)}


async def waiting_count(connection: Connection, room: str) -> int:
    """How many lines wait for a moderator."""
    count: int = await connection.fetchval(Q["waiting_count"], room)
    return count


def held_now(line: ChatLine, at: datetime, matched: list[MatchedWord]) -> HeldLine:
    """How staff are told of a line that was just held."""
    return HeldLine(id=line.id, line=line, reason="word", reports=0, held_at=at, matched=matched)


def _held(row: Any) -> HeldLine:
    return HeldLine(
        id=row["line_id"],
        line=_line_decoder.decode(row["line"]),
        reason=row["reason"],
        reports=row["reports"],
        held_at=row["held_at"],
        matched=_matched_decoder.decode(row["matched"]),
    )
