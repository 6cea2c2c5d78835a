"""Runs subscriptions: who wakes them, and how they are watched.

    NOTIFY, or event_poll_s  ->  the poller gives positions to committed events (`sequence`), asks which subscriptions have
                                 something to read, and wakes those; each reads until it finds nothing (event_cursor.py)

Every process with subscriptions does all of it; locks in PostgreSQL let one at a time sequence, and one at a time move a
cursor. While events are left that nobody could read yet (another process is at it), the poller looks again, at first after
POLL_PAUSE_S_MIN, then at pauses that double up to `event_poll_s`. So notifications are for speed alone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any

from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.errors import Unavailable
from livehub.base.event_cursor import Cursor
from livehub.base.events import CHANNEL, Q, Subscription
from livehub.base.metrics import CALLBACKS, Labelled
from livehub.base.tasks import Tasks

log = logging.getLogger("livehub.events")

SEQUENCE_MAX = 5_000
POLL_PAUSE_S_MIN = 0.01
AWAY_PAUSE_S = 1.0
MEASURE_S = 5.0
SEEN_S = 60.0
LAG_COUNTED_MAX = 100_000


class EventReader:
    """The subscriptions of one process."""

    def __init__(
        self,
        config: Config,
        database: Database,
        subscriptions: Sequence[Subscription],
        *,
        declared: Collection[str] = (),
    ) -> None:
        """`declared`: types that modules say they emit. One of these that nobody reads is no fault, and told of nowhere."""
        self._config = config
        self._database = database
        self._cursors = {subscription.name: Cursor(config, database, subscription) for subscription in subscriptions}
        if len(self._cursors) < len(subscriptions):
            raise ValueError("two subscriptions have one name")
        self._wakes = {name: asyncio.Event() for name in self._cursors}
        self._notified = asyncio.Event()
        self._slots = asyncio.Semaphore(config.event_concurrency)
        self._status: list[Any] = []
        self._known = set(declared)  # or told of already
        self._known_max = len(self._known) + LAG_COUNTED_MAX
        self._tasks = Tasks()
        self._offer_metrics()

    def start(self) -> None:
        self._tasks.start("event poller", _whenever_available(self._poll_forever))
        self._tasks.start("event listener", _whenever_available(self._listen))
        self._tasks.start("event lag", _whenever_available(self._measure_forever))
        for name, cursor in self._cursors.items():
            self._tasks.start("events", _whenever_available(self._reading(cursor)), of=name)

    async def stop(self) -> None:
        """Read no more. A batch under way is rolled back, and read again by the next process."""
        await self._tasks.stop()

    # --- waking ---

    async def _poll_forever(self) -> None:
        await self._register()
        async with self._database.batch.connection() as connection:
            await connection.execute(Q["look_again"])
        loop = asyncio.get_running_loop()
        pause_s = POLL_PAUSE_S_MIN
        while True:
            self._notified.clear()
            began_s = loop.time()
            is_waiting = await self._poll()
            # What comes while one looks is looked for once; where looking is slow, it takes half the time at most.
            await asyncio.sleep(max(POLL_PAUSE_S_MIN, loop.time() - began_s) if self._notified.is_set() else 0.0)
            pause_s = min(self._config.event_poll_s, pause_s * 2) if is_waiting else self._config.event_poll_s
            if await _set_within(self._notified, pause_s) or not is_waiting:
                pause_s = POLL_PAUSE_S_MIN

    async def _poll(self) -> bool:
        """Whether something waits to be read."""
        async with self._database.batch.connection() as connection:
            numbered = SEQUENCE_MAX
            while numbered == SEQUENCE_MAX:
                numbered = await connection.fetchval(Q["sequence"], SEQUENCE_MAX)
            pairs = [(name, type_) for name, cursor in self._cursors.items() for type_ in cursor.types]
            of = [name for name, _ in pairs], [type_ for _, type_ in pairs]
            rows = await connection.fetch(Q["with_work"], *of, self._config.event_retry_s_max)
        for row in rows:
            self._cursors[row["subscription"]].is_due |= row["is_due"]
            self._wakes[row["subscription"]].set()
        return bool(rows) or numbered is None  # another process is about to commit positions

    async def _listen(self) -> None:
        async with self._database.dedicated_connection() as connection:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _connection: lost.set())
            await connection.add_listener(CHANNEL, lambda *_: self._notified.set())
            self._notified.set()
            await lost.wait()
        log.warning("events.listener_lost")

    # --- reading ---

    def _reading(self, cursor: Cursor) -> Callable[[], Awaitable[None]]:
        wake = self._wakes[cursor.name]

        async def read() -> None:
            while True:
                await wake.wait()
                wake.clear()
                has_more = True
                while has_more:
                    async with self._slots:
                        has_more = await cursor.turn()

        return read

    async def _register(self) -> None:
        for cursor in self._cursors.values():
            await cursor.register()

    # --- watching ---

    async def _measure_forever(self) -> None:
        loop = asyncio.get_running_loop()
        seen_s = loop.time()
        while True:
            await asyncio.sleep(MEASURE_S)
            async with self._database.batch.connection() as connection:
                self._status = await connection.fetch(Q["status"], LAG_COUNTED_MAX, list(self._cursors))
            if loop.time() - seen_s > SEEN_S:
                await self._register()
                await self._tell_of_unknown()
                seen_s = loop.time()

    async def _tell_of_unknown(self) -> None:
        async with self._database.batch.connection() as connection:
            for row in await connection.fetch(Q["unknown_types"], LAG_COUNTED_MAX):
                if row["type"] not in self._known and len(self._known) < self._known_max:
                    self._known.add(row["type"])
                    log.warning("events.unknown_type", extra={"type": row["type"], "events": row["number"]})

    def _offer_metrics(self) -> None:
        figures = {
            "livehub_event_lag": ("Domain events that a subscription has not read yet", "lag"),
            "livehub_event_lag_seconds": ("Age of the oldest of those", "lag_s"),
            "livehub_event_parked": ("Parked events, to which the reaction failed", "parked"),
            "livehub_event_behind": ("Parked events that wait behind another of their key", "behind"),
        }
        for name, (text, column) in figures.items():
            CALLBACKS.watch_each(name, text, ("subscription",), _reading_of(self, column))

    def figures(self, column: str) -> Iterable[tuple[tuple[str], float]]:
        """(subscription, figure) as of the last look."""
        return [((row["subscription"],), float(row[column])) for row in self._status]


def _reading_of(reader: EventReader, column: str) -> Callable[[], Labelled]:
    return lambda: reader.figures(column)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _whenever_available(run: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Again and again; PostgreSQL's absence is no failure of the task."""

    async def forever() -> None:
        while True:
            try:
                await run()
            except Unavailable:
                pass  # the database says so in the log
            await asyncio.sleep(AWAY_PAUSE_S)

    return forever
