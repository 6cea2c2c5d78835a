"""Sessions that ended before the tokens that were given for them, in the memory of each process.

Each process asks PostgreSQL every `session_poll_s` which ended lately, by an index that holds ended ones alone: a short
query, on a connection of its own, so that it waits for nothing, whether or not Valkey is there. Nor does a token that stands by
itself speak for somebody who has been erased or is blocked (blocked/standing.py). `has_ended` is what tokens are read
against; `on_end` is told each once, so that its sockets can be closed. A process that cannot ask goes on with what it knows,
and asks for all that it missed when it can.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable

from livehub.base.auth import Identity
from livehub.base.clock import Clock
from livehub.base.db import Connection, Database
from livehub.base.db_errors import DRIVER_ERRORS
from livehub.base.errors import LivehubError
from livehub.base.sql import queries
from livehub.base.tasks import Tasks
from livehub.people.blocked.standing import StandingBlocks
from livehub.people.settings import PeopleConfig

log = logging.getLogger("livehub.people.ended")
Q = queries(__file__, "sessions.sql")

# Clocks of machines differ, and a row is seen when its transaction is over, not when it says it was written.
OVERLAP_MS = 300_000
ENDED_MAX = 100_000  # in memory, of the life of a token


class EndedSessions:
    """`on_end`: called with (session, person) for each that this process learns of; the session is "" where it is what a person
    has without one that ended."""

    def __init__(self, config: PeopleConfig, database: Database, clock: Clock) -> None:
        self._config = config
        self._database = database
        self._clock = clock
        self._ended: OrderedDict[str, int] = OrderedDict()  # session: when, Unix ms
        self._erased: dict[str, int] = {}  # person: when, Unix ms
        self._blocked = StandingBlocks(clock.real_s)
        self._asked_ms = 0  # until when all is known
        self._tasks = Tasks()
        self.on_end: list[Callable[[str, str], None]] = []

    def start(self) -> None:
        self._tasks.start("ended sessions", self._ask_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    def has_ended(self, identity: Identity) -> bool:
        """Whether the session that the token was given for is over, or the person is no more, or is blocked."""
        return identity.session in self._ended or identity.id in self._erased or self._blocked.holds(identity.id)

    def learnt(self, session: str, person: str) -> None:
        """It was ended here; nobody needs to wait until it is asked for."""
        if session not in self._ended:
            self._ended[session] = int(self._clock.real_s() * 1000)
            self._tell(session, person)

    async def _ask_forever(self) -> None:
        while True:
            try:
                async with self._database.dedicated_connection() as connection:
                    while True:
                        await self.ask(connection)
                        await asyncio.sleep(self._config.session_poll_s)
            except (LivehubError, *DRIVER_ERRORS) as error:
                log.warning("sessions.not_asked", extra={"reason": repr(error)})
            await asyncio.sleep(self._config.session_poll_s)

    async def ask(self, connection: Connection) -> None:
        """Learn what ended since. Raises Unavailable, and what the driver does."""
        now_ms = int(self._clock.real_s() * 1000)
        oldest_ms = now_ms - self._config.session_token_s * 1000 - OVERLAP_MS
        rows = await connection.fetch(Q["ended_since"], max(oldest_ms, self._asked_ms - OVERLAP_MS), ENDED_MAX)
        long_ago_ms = now_ms - self._config.token_ttl_s * 1000 - OVERLAP_MS
        gone = await connection.fetch(Q["erased_since"], max(long_ago_ms, self._asked_ms - OVERLAP_MS), ENDED_MAX)
        blocked = await self._blocked.ask(connection, self._asked_ms - OVERLAP_MS)
        self._asked_ms = now_ms
        for session, person, ended_ms in reversed(rows):
            if session not in self._ended:
                self._ended[session] = ended_ms
                self._tell(session, person)
        while self._ended and (len(self._ended) > ENDED_MAX or next(iter(self._ended.values())) < oldest_ms):
            self._ended.popitem(last=False)
        for person in blocked | {person for person, _ in gone if person not in self._erased}:
            self._tell("", person)
        for person, erased_ms in gone:
            self._erased[person] = erased_ms
        self._erased = {person: ms for person, ms in self._erased.items() if ms >= long_ago_ms}

    def _tell(self, session: str, person: str) -> None:
        for told in self.on_end:
            try:
                told(session, person)
            except Exception:
                log.exception("sessions.on_end_failed", extra={"session": session})
