"""The stores behind moderation: word lists, lines that wait for a moderator, reports, deletions."""

import logging
from datetime import datetime
from typing import Any, Literal

import msgspec

from livehub.base.db import Connection, Database, Transaction
from livehub.base.errors import LineNotFound
from livehub.base.sql import queries
from livehub.hub.bodies import HeldLine, WordLists
from livehub.room.moderation import WordFilter
from livehub.room.shown import ChatLine

log = logging.getLogger("livehub.hub.moderating")
Q = queries(__file__, "moderation.sql")

_line_decoder = msgspec.json.Decoder(ChatLine)


class Words:
    """The word filter in force; read from PostgreSQL at start and whenever staff change the lists."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.filter = WordFilter()
        self._version = -1

    async def catch_up(self) -> None:
        """Take the lists if they were changed and the bus did not bring word of it. Raises Unavailable."""
        async with self._database.connection() as connection:
            is_old = await connection.fetchval(Q["words_version"]) != self._version
        if is_old:
            await self.reload()

    async def reload(self) -> None:
        """Take the lists as they are in PostgreSQL. Raises Unavailable, and then the old ones stay in force."""
        async with self._database.connection() as connection:
            version = await connection.fetchval(Q["words_version"])  # first: a change between the two is seen later
            self.take(await word_lists(connection))
            self._version = version

    def take(self, lists: WordLists) -> None:
        """Put `lists` in force here."""
        self.filter = WordFilter(block=lists.block, hold=lists.hold)
        log.info("words.loaded", extra={"block": len(lists.block), "hold": len(lists.hold)})


async def word_lists(connection: Connection) -> WordLists:
    """The lists."""
    rows = await connection.fetch(Q["words"])
    return WordLists(
        block=[row["word"] for row in rows if row["kind"] == "block"],
        hold=[row["word"] for row in rows if row["kind"] == "hold"],
    )


async def store_words(tx: Transaction, lists: WordLists) -> None:
    """Put `lists` in the place of the present ones. A word on both is blocked."""
    await tx.connection.execute(Q["raise_words_version"])
    await tx.connection.execute(Q["forget_words"])
    words = [*lists.block, *lists.hold]
    kinds = ["block"] * len(lists.block) + ["hold"] * len(lists.hold)
    await tx.connection.execute(Q["insert_words"], words, kinds)


async def hold(connection: Connection, room: str, line: ChatLine) -> None:
    """Keep a line that the word lists want looked at."""
    await connection.execute(Q["hold_line"], room, line.id, line, "word")


async def report(tx: Transaction, room: str, line: ChatLine, user: str) -> HeldLine | None:
    """Count one person's report of a line; None when this person had reported it before."""
    if await tx.connection.fetchval(Q["insert_report"], room, line.id, user) is None:
        return None
    return _held(await tx.connection.fetchrow(Q["count_report"], room, line.id, line))


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
    tx: Transaction, room: str, line: str, status: Literal["approved", "rejected"], by: str
) -> tuple[ChatLine, str]:
    """Take a line off the queue; the line and why it was on it. Raises LineNotFound when it is not waiting."""
    row = await tx.connection.fetchrow(Q["decide_line"], room, line, status, by)
    if row is None:
        raise LineNotFound
    return _line_decoder.decode(row["line"]), row["reason"]


async def delete_line(tx: Transaction, room: str, line: str, by: str) -> bool:
    """Remember that the line is deleted; False when it was already."""
    return bool(await tx.connection.fetchval(Q["delete_line"], room, line, by))


async def names_of(connection: Connection, room: str, users: list[str]) -> dict[str, str]:
    """The names under which people last spoke in a room."""
    return {row["user_id"]: row["name"] for row in await connection.fetch(Q["names_of"], room, users)}


async def waiting_count(connection: Connection, room: str) -> tuple[int, int]:
    """(held lines, open questions) that wait."""
    row = await connection.fetchrow(Q["waiting_count"], room)
    return (row["held"], row["questions"]) if row is not None else (0, 0)


def held_now(line: ChatLine, at: datetime) -> HeldLine:
    """How staff are told of a line that was just held."""
    return HeldLine(id=line.id, line=line, reason="word", reports=0, held_at=at)


def _held(row: Any) -> HeldLine:
    return HeldLine(
        id=row["line_id"],
        line=_line_decoder.decode(row["line"]),
        reason=row["reason"],
        reports=row["reports"],
        held_at=row["held_at"],
    )
