"""What rooms count over all processes and for good: likes, people, the most viewers at once. Kept in PostgreSQL.

Likes: a row per process and room, which only that process raises. Rows of ended processes are added up, so that they do not
grow in number with every restart; a process is ended when it was not seen for ENDED_AFTER. One that was only asleep that
long finds itself forgotten: it adds what it had not stored to that sum, and goes on counting under another name.
People and peak: a row per room, merged under its lock by whoever has something new. Others hear of it on the bus at once,
and read what the bus lost within PULL_S. The same row says how many watch now, for processes that do not follow the room; it is
written when that changes, and while somebody watches after each PULL_S again, so that it can be told from one left behind.

A room whose figures PostgreSQL refuses fails alone (base/halves.py), and is left out until the next PULL_S is over. That this
process lives is stored apart from them.
"""

import logging
import secrets
import time
from collections.abc import Iterable

from asyncpg import ForeignKeyViolationError

from livehub.base.db import Connection, Database
from livehub.base.errors import LivehubError
from livehub.base.halves import write_in_halves
from livehub.base.ids import short_id
from livehub.base.sql import queries
from livehub.hub.rooms import defects
from livehub.hub.rooms.room import Room
from livehub.room.presence import Likes
from livehub.room.unique_visitors import UniqueCounter

log = logging.getLogger("livehub.hub.rooms.counters")
Q = queries(__file__, "counters.sql")

PULL_S = 10.0
VIEWERS_BELIEVED = "30 seconds"  # three PULL_S: a process that stopped without a word takes its viewers along
UNTOLD = -1
Told = tuple[int, int, int]
"""People who were new here, the most at once, and how many watch."""
ENDED_AFTER = "1 hour"  # far more than PULL_S, in which every living process is seen


def new_worker() -> str:
    """A name for one incarnation of one process."""
    return short_id(secrets.token_bytes(5))


class RoomCounters:
    def __init__(self, database: Database, worker: str) -> None:
        self._database = database
        self.worker = worker
        self.own_names = {worker}
        self._is_known = False
        self._pulled_s = float("-inf")
        self._likes: dict[str, int] = {}  # of this process, as stored
        self._added: dict[str, Told] = {}  # of rooms here, as stored
        self._versions: dict[str, int] = {}
        self._unstored: dict[str, int] = {}  # likes that were counted under a former name, and are to be stored
        self._refused: set[str] = set()  # rooms that were not stored for a defect; tried again when it is time to pull

    async def likes_of(self, connection: Connection, room: str) -> Likes:
        """The room's likes, as stored."""
        return Likes(self.worker, {row["worker"]: row["count"] for row in await connection.fetch(Q["likes_of"], room)})

    async def begin(self, connection: Connection, live: Room) -> None:
        """Take what is stored of the room's people; from now on `store` looks at this room."""
        row = await connection.fetchrow(Q["people_of"], live.id)
        self._likes[live.id] = live.likes.mine
        self._versions[live.id] = -1
        if row is not None:
            self._learn(live, row["people"], row["peak"], row["version"])
        self._added[live.id] = (0, live.viewers.peak, 0)

    def end(self, room: str) -> None:
        """The room is followed here no more."""
        self._likes.pop(room, None)
        self._added.pop(room, None)
        self._versions.pop(room, None)
        self._refused.discard(room)

    async def store(self, rooms: list[Room]) -> None:
        """Store what is new in `rooms`, and now and then read what others stored. Raises Unavailable."""
        here = {live.id: live for live in rooms}
        now_s = time.monotonic()
        if now_s - self._pulled_s >= PULL_S:
            await self._pull(here)
            self._pulled_s = now_s
            self._refused.clear()
            for room, (people, peak, viewers) in self._added.items():
                if viewers:
                    self._added[room] = (people, peak, UNTOLD)
        if news := self._news(here):
            outcomes = await write_in_halves("counters", news, lambda part: self._write(part, here))
            self._report(dict(zip(news, outcomes, strict=True)))

    async def store_room(self, live: Room, rooms: list[Room]) -> None:
        """Store what is new in one of `rooms`, all of this process, before it is closed. Raises Unavailable."""
        if news := self._news({live.id: live}):
            here = {each.id: each for each in rooms}
            outcomes = await write_in_halves("counters", news, lambda part: self._write(part, here))
            self._report(dict(zip(news, outcomes, strict=True)))

    def _news(self, here: dict[str, Room]) -> list[str]:
        """The rooms of which something is to be stored."""
        likes, people = self._new_likes(here.values()), self._new_people(here.values())
        return [room for room in {**self._unstored, **likes, **people} if room not in self._refused]

    async def _pull(self, here: dict[str, Room]) -> None:
        """Say that this process lives, and read what others stored."""
        versions = [self._versions.get(room, -1) for room in here]
        async with self._database.batch.connection() as connection:
            await self._see(connection, here.values())
            self._is_known = True
            newer = await connection.fetch(Q["people_newer"], list(here), versions)
        for row in newer:
            if row["room"] in self._versions:  # not closed meanwhile
                self._learn(here[row["room"]], row["people"], row["peak"], row["version"])

    async def _write(self, part: list[str], here: dict[str, Room]) -> list[str]:
        """Store what is new in the rooms of `part`, in one transaction."""
        rooms = [here[room] for room in part if room in here]
        async with self._database.batch.transaction() as tx:
            await self._see(tx.connection, here.values())
            unstored = {room: self._unstored[room] for room in part if room in self._unstored}
            if unstored:
                await tx.connection.execute(Q["add_to_ended"], list(unstored), list(unstored.values()))
            counts = self._new_likes(rooms)
            if counts:
                await tx.connection.execute(Q["store_likes"], list(counts), self.worker, list(counts.values()))
            added = self._new_people(rooms)
            if added:
                await self._merge(tx.connection, added, here)
        self._is_known = True
        for room in unstored:
            self._unstored.pop(room, None)
        self._likes |= {room: count for room, count in counts.items() if room in self._versions}  # not closed meanwhile
        self._added |= {room: told for room, told in added.items() if room in self._versions}
        return part

    def _report(self, outcomes: dict[str, str | Exception]) -> None:
        """Count the rooms that were refused. Raises Unavailable when some were not tried."""
        untried: LivehubError | None = None
        for room, outcome in outcomes.items():
            if isinstance(outcome, LivehubError):
                untried = outcome
            elif isinstance(outcome, Exception):
                defects.report("counters", room, outcome)
                self._refused.add(room)
                if isinstance(outcome, ForeignKeyViolationError):
                    self._unstored.pop(room, None)  # the room is no more
        if untried is not None:
            raise untried

    def _new_likes(self, rooms: Iterable[Room]) -> dict[str, int]:
        return {live.id: live.likes.mine for live in rooms if live.likes.mine != self._likes.get(live.id, 0)}

    def _new_people(self, rooms: Iterable[Room]) -> dict[str, Told]:
        figures = {live.id: (live.people.added, live.viewers.peak, live.viewer_count) for live in rooms}
        return {room: added for room, added in figures.items() if added != self._added.get(room)}

    async def _see(self, connection: Connection, rooms: Iterable[Room]) -> None:
        """Say that this process lives; in a transaction, until its end nobody takes it for ended."""
        if not await self._seen(connection):
            self._rename_worker(rooms)
            await self._seen(connection)

    async def _seen(self, connection: Connection) -> bool:
        query = Q["see_worker"] if self._is_known else Q["begin_worker"]
        return bool(await connection.fetchval(query, self.worker))

    def _rename_worker(self, rooms: Iterable[Room]) -> None:
        """We were taken for ended, and what we had stored is counted elsewhere."""
        self._is_known = False
        self.worker = new_worker()
        self.own_names.add(self.worker)  # one more after every hour asleep
        log.warning("tallies.began_anew", extra={"worker": self.worker})
        for live in rooms:
            unstored = live.likes.mine - self._likes.get(live.id, 0)
            if unstored:
                self._unstored[live.id] = self._unstored.get(live.id, 0) + unstored
            live.likes.rename_worker(self.worker)
        self._likes = {}

    async def _merge(self, connection: Connection, added: dict[str, Told], here: dict[str, Room]) -> None:
        await connection.execute(Q["begin_people"], list(added))
        merged: dict[str, bytes] = {}
        for row in await connection.fetch(Q["people_for_update"], list(added)):
            people = UniqueCounter()
            people.merge(here[row["room"]].people.pack())
            _merge_known(people, row["people"], row["room"])
            merged[row["room"]] = people.pack()
        peaks, viewers = [added[room][1] for room in merged], [added[room][2] for room in merged]
        await connection.execute(Q["store_people"], list(merged), list(merged.values()), peaks, viewers)

    def _learn(self, live: Room, people: bytes, peak: int, version: int) -> None:
        _merge_known(live.people, people, live.id)
        if peak > live.viewers.peak:
            live.viewers.peak = peak
            added, _, viewers = self._added.get(live.id, (0, 0, 0))
            self._added[live.id] = (added, peak, viewers)
        self._versions[live.id] = version


def _merge_known(people: UniqueCounter, packed: bytes, room: str) -> None:
    try:
        people.merge(packed)
    except ValueError:  # of a later version of ours, perhaps; ours is counted all the same
        log.warning("tallies.foreign_people", extra={"room": room})
