"""The stores behind moderation: lines that wait for a moderator, reports, deletions."""

import asyncio
import math
from datetime import datetime
from typing import Any, Literal

import msgspec

from livehub.base.auth import Identity
from livehub.base.db import Connection, Transaction
from livehub.base.sql import queries
from livehub.hub.chat.errors import LineNotFound, UndoOver
from livehub.hub.chat.schemas import HeldLine
from livehub.hub.rooms.actions import Action, record
from livehub.hub.rooms.chat_rows import line_of
from livehub.room.models import ChatLine
from livehub.room.word_marks import MatchedWord

Q = queries(__file__, "moderation.sql")

STORED_POLL_S = 0.05

_line_decoder = msgspec.json.Decoder(ChatLine)
_matched_decoder = msgspec.json.Decoder(list[MatchedWord])


async def hold(connection: Connection, room: str, line: ChatLine, matched: list[MatchedWord]) -> None:
    """Keep a line that the word lists want looked at, for these words."""
    await connection.execute(Q["hold_line"], room, line.id, line, line.ts, matched)


async def report(
    tx: Transaction, room: str, line: ChatLine, by: Identity, *, now_ms: int, needed: int = 1, rounds_max: int = 3
) -> HeldLine | None:
    """Count one person's report of a line. It waits for a moderator once `needed` people have reported it since the last
    decision about it; None before that, and when nothing was counted: the line is gone, or this person has reported it since
    that decision or in `rounds_max` rounds of decisions already.
    """
    await tx.connection.execute(Q["lock_line"], room, line.id)
    await tx.connection.execute(Q["carry_decision"], room, line.id, None)
    stands = await tx.connection.fetchrow(Q["reported_line"], room, line.id, line.user, line.ts)
    assert stands is not None
    if stands["is_gone"] or (stands["status"] == "rejected" and not stands["is_stored"]):
        return None
    round_ = stands["round"]
    if not await tx.connection.fetchval(Q["insert_report"], room, line.id, by.id, now_ms, round_, rounds_max):
        return None
    reports = await tx.connection.fetchval(Q["count_reports"], room, line.id, round_)
    row = None
    if stands["status"] == "waiting" or reports >= needed:
        row = await tx.connection.fetchrow(Q["wait_for_reports"], room, line.id, line, now_ms, reports)
    was = stands["status"] or "shown"
    told = _action("report", line, was=was, became=was if row is None else "waiting", reports=reports)
    await record(tx.connection, room, [told], by=by, now_ms=now_ms)
    return None if row is None else _held(row)


async def stored_line(connection: Connection, room: str, line: str) -> ChatLine:
    """A line that was said. Raises LineNotFound."""
    row = await connection.fetchrow(Q["chat_line"], room, line)
    if row is None:
        raise LineNotFound
    return line_of(row)


async def waiting_lines(connection: Connection, room: str, most: int) -> list[HeldLine]:
    """What waits for a moderator, oldest first."""
    return [_held(row) for row in await connection.fetch(Q["waiting_lines"], room, most)]


async def decide_line(
    tx: Transaction, room: str, line: str, status: Literal["approved", "rejected"], by: Identity, *, now_ms: int
) -> tuple[ChatLine, str]:
    """Take a line off the queue; the line and why it was on it. Raises LineNotFound when it is not waiting, and for an approval
    of what is hidden with a ban."""
    await tx.connection.execute(Q["carry_decision"], room, line, None)
    row = await tx.connection.fetchrow(Q["decide_line"], room, line, status, by.id, now_ms)
    if row is None:
        raise LineNotFound
    await record(tx.connection, room, [_decided(row, status)], by=by, now_ms=now_ms)
    return _line_decoder.decode(row["line"]), row["reason"]


async def delete_line(tx: Transaction, room: str, line: str, by: Identity, *, now_ms: int) -> bool:
    """Remember that the line is deleted, and decide with it what waits of it; False when it was deleted already."""
    if not await tx.connection.fetchval(Q["delete_line"], room, line, by.id, now_ms):
        return False
    await tx.connection.execute(Q["carry_decision"], room, line, None)
    row = await tx.connection.fetchrow(Q["reject_deleted"], room, line, by.id, now_ms)
    if row is not None:
        await record(tx.connection, room, [_decided(row, "rejected", was=row["was"])], by=by, now_ms=now_ms)
    return True


async def wait_until_stored(connection: Connection, room: str, line: str, *, within_s: float) -> None:
    """Give a line that was deleted as soon as it was said the time to be stored, by whatever process it was said in: that is
    done in batches. Comes back at once when it is stored, or was not deleted. Hold no lock meanwhile."""
    for _ in range(math.ceil(within_s / STORED_POLL_S)):
        if not await connection.fetchval(Q["is_deleted_unstored"], room, line):
            return
        await asyncio.sleep(STORED_POLL_S)


async def restore_line(
    tx: Transaction, room: str, line: str, by: Identity, *, now_ms: int, undo_s: int
) -> ChatLine | None:
    """Forget that a line was deleted; None when it is not. Reports of it count anew. Raises UndoOver, and LineNotFound for a
    line that is shown no more for another reason, or is not stored yet."""
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
    await tx.connection.execute(Q["carry_decision"], room, line, None)
    row = await tx.connection.fetchrow(Q["approve_restored"], room, line, by.id, now_ms)
    if row is not None:
        await record(tx.connection, room, [_decided(row, "approved", was=row["was"])], by=by, now_ms=now_ms)
    return restored


async def hide_lines(tx: Transaction, room: str, user: str, by: Identity, *, now_ms: int) -> None:
    """What the person has said in the room so far is shown no more, and what waits for a moderator is rejected."""
    await tx.connection.execute(Q["hide_lines"], room, user, now_ms)
    await tx.connection.execute(Q["carry_decision"], room, None, user)
    rows = await tx.connection.fetch(Q["reject_lines"], room, user, by.id, now_ms)
    await record(tx.connection, room, [_decided(row, "rejected") for row in rows], by=by, now_ms=now_ms)


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


def _decided(row: Any, became: Literal["approved", "rejected"], *, was: str = "waiting") -> Action:
    """As the event log has it. `row`: of held_lines, as decided."""
    return _action(
        "held_approve" if became == "approved" else "held_reject",
        _line_decoder.decode(row["line"]),
        was=was,
        became=became,
        reason=row["reason"],
        reports=row["reports"],
        matched=_matched_decoder.decode(row["matched"]),
    )


def _action(type_: str, line: ChatLine, *, was: str, became: str, **data: Any) -> Action:
    return Action(
        type=type_, subject=line.id, was=was, became=became, about_id=line.user, about_name=line.name,
        data={"line": line, **data},
    )  # fmt: skip


def _held(row: Any) -> HeldLine:
    return HeldLine(
        id=row["line_id"],
        line=_line_decoder.decode(row["line"]),
        reason=row["reason"],
        reports=row["reports"],
        held_at=row["held_at"],
        matched=_matched_decoder.decode(row["matched"]),
    )
