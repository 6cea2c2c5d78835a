"""Chat lines are stored in batches: one that PostgreSQL refuses is dropped alone, those it cannot take now wait."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from livehub.base.db import Database
from livehub.hub.chat.settings import ChatConfig
from livehub.hub.chat.store import ChatLog
from livehub.room.models import ChatLine

WITH_ROOM = "INSERT INTO rooms (id, epoch, state, created_by) VALUES ('farm', 'e', '{}', 'ann')"


def line(number: int, text: str = "hello") -> ChatLine:
    return ChatLine(id=f"line-{number:04}", user="ann", name="Ann", role="viewer", text=text, ts=number)


class Site:
    """A chat log on a database with one room."""

    def __init__(self, database_url: str, **settings: int) -> None:
        config = ChatConfig(database_url=database_url, chat_log_interval_s=0.01, **settings)  # type: ignore[arg-type]
        self.database = Database(config)
        self.log = ChatLog(config, self.database)

    async def stored(self) -> list[str]:
        async with self.database.connection() as connection:
            return [row["id"] for row in await connection.fetch("SELECT id FROM chats ORDER BY id")]

    async def until_stored(self, ids: list[str]) -> None:
        async with asyncio.timeout(10.0):
            while await self.stored() != ids:  # noqa: ASYNC110  (nothing of the log can be awaited)
                await asyncio.sleep(0.01)


@pytest.fixture
async def site(database_url: str) -> AsyncIterator[Site]:
    site = Site(database_url, chat_log_batch_max=16)
    connection = await asyncpg.connect(database_url)
    await connection.execute(WITH_ROOM)
    await connection.close()
    await site.database.open()
    yield site
    await site.database.close()


async def test_a_line_that_postgresql_refuses_is_dropped_alone(site: Site) -> None:
    for number in range(40):
        site.log.add("nowhere" if number == 3 else "farm", line(number, "n\0ul" if number == 20 else "hello"))
    site.log.start()
    await site.until_stored([line(number).id for number in range(40) if number not in (3, 20)])
    assert site.log.dropped == 2
    site.log.add("farm", line(99))
    await site.until_stored([line(number).id for number in (*range(40), 99) if number not in (3, 20)])
    await site.log.stop()


async def test_lines_wait_while_nothing_can_be_stored(site: Site) -> None:
    await site.database.close()
    site.log.start()
    for number in range(40):
        site.log.add("farm", line(number))
    await asyncio.sleep(0.05)  # some rounds that find nothing there
    await site.database.open()
    await site.until_stored([line(number).id for number in range(40)])
    assert site.log.dropped == 0
    await site.log.stop()


async def test_what_waits_at_the_stop_is_stored(site: Site) -> None:
    for number in range(40):
        site.log.add("farm", line(number))
    await site.log.stop()
    assert await site.stored() == [line(number).id for number in range(40)]


async def test_at_its_bound_the_oldest_lines_are_dropped(database_url: str, site: Site) -> None:
    small = Site(database_url, chat_log_pending_max=2)
    await small.database.open()
    for number in range(5):
        small.log.add("farm", line(number))
    await small.log.stop()
    assert (await site.stored(), small.log.dropped) == ([line(3).id, line(4).id], 3)
    await small.database.close()
