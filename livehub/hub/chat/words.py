"""Word lists: what is refused, and what a moderator looks at first."""

import asyncio
import logging

from msgspec import Struct

from livehub.base.db import Connection, Database, Transaction
from livehub.base.errors import LivehubError
from livehub.base.sql import queries
from livehub.base.tasks import Tasks
from livehub.hub.broker.broker import Broker
from livehub.hub.broker.messages import encode
from livehub.hub.chat.schemas import WordLists
from livehub.room.moderation import WordFilter, check_words
from livehub.room.word_marks import WordMarks

log = logging.getLogger("livehub.hub.chat.words")
Q = queries(__file__, "words.sql")

CHANNEL = "livehub:words"


class WordsChanged(Struct, frozen=True, kw_only=True, tag="words"):
    """On the bus: the word lists are to be read again."""


class Words:
    """The word filter in force, in every process: read from PostgreSQL at the start and whenever staff change the lists."""

    def __init__(self, database: Database, broker: Broker) -> None:
        self._database = database
        self._broker = broker
        self.filter = WordFilter()
        self.marks = WordMarks(())  # of the words that hold a line
        self.is_loaded = False  # until then nothing may be said
        self._version = -1
        self._loading = asyncio.Lock()
        self._tasks = Tasks()

    async def start(self) -> None:
        """Hear of changes that other processes make."""
        await self._broker.subscribe(CHANNEL)

    async def stop(self) -> None:
        await self._tasks.stop()

    async def loaded(self) -> None:
        """Wait until there are lists in force. Raises Unavailable."""
        async with self._loading:
            if not self.is_loaded:
                await self.reload()

    async def check_name(self, name: str) -> None:
        """As NameWords: what must be looked at first may be a name all the same, since nobody looks at names."""
        await self.loaded()
        check_words(self.filter, name)

    def changed(self, lists: WordLists) -> None:
        """This process changed them: in force here for whoever made the call; then, as everywhere, what PostgreSQL has."""
        self.take(lists)
        self.reload_soon()
        self._broker.publish(CHANNEL, encode(WordsChanged()))

    def reload_soon(self) -> None:
        """Take them anew, in the background."""
        self._tasks.once("word lists", self._reload())

    async def _reload(self) -> None:
        try:
            await self.reload()
        except LivehubError:
            log.warning("words.not_loaded")  # the next comparison loads them

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
        self.is_loaded = True

    def take(self, lists: WordLists) -> None:
        """Put `lists` in force here."""
        self.filter = WordFilter(block=lists.block, hold=lists.hold)
        self.marks = WordMarks(lists.hold)
        log.info("words.loaded", extra={"block": len(lists.block), "hold": len(lists.hold)})


async def word_lists(connection: Connection) -> WordLists:
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
