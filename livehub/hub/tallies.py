"""What rooms count over all processes and for good: likes, people, the most viewers at once. Kept in PostgreSQL.

Likes: a row per process and room, which only that process raises. Rows of ended processes are added up, so that they do not
grow in number with every restart; a process is ended when it was not seen for ENDED_AFTER. One that was only asleep that
long finds itself forgotten: it adds what it had not stored to that sum, and goes on counting under another name.
People and peak: a row per room, merged under its lock by whoever has something new. Others hear of it on the bus at once,
and read what the bus lost within PULL_S.
"""

import logging
import secrets
from collections.abc import Iterable

from livehub.base.db import Connection, Database, Transaction
from livehub.base.ids import short_id
from livehub.base.sql import queries
from livehub.hub.liveroom import LiveRoom
from livehub.room.people import People
from livehub.room.presence import Likes

log = logging.getLogger("livehub.hub.tallies")
Q = queries(__file__, "tallies.sql")

PULL_S = 10.0
ENDED_AFTER = "1 hour"  # far more than PULL_S, in which every living process is seen


def new_worker() -> str:
    """A name for one incarnation of one process."""
    return short_id(secrets.token_bytes(5))


class Tallies:
    """See the module."""

    def __init__(self, database: Database, worker: str) -> None:
        self._database = database
        self.worker = worker
        self.own_names = {worker}
        self._is_known = False
        self._pulled_s = float("-inf")
        self._likes: dict[str, int] = {}  # of this process, as stored
        self._added: dict[str, tuple[int, int]] = {}  # people and peak of rooms here, as stored
        self._versions: dict[str, int] = {}
        self._owed: dict[str, int] = {}  # likes that were counted under a former name, and are to be stored

    async def likes_of(self, connection: Connection, room: str) -> Likes:
        """The room's likes, as stored."""
        return Likes(self.worker, {row["worker"]: row["count"] for row in await connection.fetch(Q["likes_of"], room)})

    async def begin(self, connection: Connection, live: LiveRoom) -> None:
        """Take what is stored of the room's people; from now on `store` looks at this room."""
        row = await connection.fetchrow(Q["people_of"], live.id)
        self._likes[live.id] = live.likes.mine
        self._versions[live.id] = -1
        if row is not None:
            self._learn(live, row["people"], row["peak"], row["version"])
        self._added[live.id] = (0, live.viewers.peak)

    def end(self, room: str) -> None:
        """The room is followed here no more."""
        self._likes.pop(room, None)
        self._added.pop(room, None)
        self._versions.pop(room, None)

    async def store(self, rooms: list[LiveRoom], now_s: float) -> None:
        """Store what is new in `rooms`, and now and then read what others stored. Raises Unavailable."""
        people = [live for live in rooms if (live.people.added, live.viewers.peak) != self._added.get(live.id)]
        is_time = now_s - self._pulled_s >= PULL_S
        if not (self._new_likes(rooms) or people or is_time):
            return
        async with self._database.transaction() as tx:
            if not await self._seen(tx):
                self._begin_anew(rooms)
                await self._seen(tx)
            await tx.connection.execute(Q["add_to_ended"], list(self._owed), list(self._owed.values()))
            counts = self._new_likes(rooms)
            await tx.connection.execute(Q["store_likes"], list(counts), self.worker, list(counts.values()))
            added = await self._merge(tx, people)
            versions = [self._versions.get(live.id, -1) for live in rooms]
            newer = await tx.connection.fetch(Q["people_newer"], [live.id for live in rooms], versions)
        self._is_known = True
        self._pulled_s = now_s
        self._owed = {}
        self._likes |= {room: count for room, count in counts.items() if room in self._versions}  # not closed meanwhile
        self._added |= {room: told for room, told in added.items() if room in self._versions}
        here = {live.id: live for live in rooms}
        for row in newer:
            if row["room"] in self._versions:
                self._learn(here[row["room"]], row["people"], row["peak"], row["version"])

    def _new_likes(self, rooms: list[LiveRoom]) -> dict[str, int]:
        return {live.id: live.likes.mine for live in rooms if live.likes.mine != self._likes.get(live.id, 0)}

    async def _seen(self, tx: Transaction) -> bool:
        query = Q["see_worker"] if self._is_known else Q["begin_worker"]
        return bool(await tx.connection.fetchval(query, self.worker))

    def _begin_anew(self, rooms: Iterable[LiveRoom]) -> None:
        """We were taken for ended, and what we had stored is counted elsewhere."""
        self._is_known = False
        self.worker = new_worker()
        self.own_names.add(self.worker)  # one more after every hour asleep
        log.warning("tallies.began_anew", extra={"worker": self.worker})
        for live in rooms:
            owed = live.likes.mine - self._likes.get(live.id, 0)
            if owed:
                self._owed[live.id] = self._owed.get(live.id, 0) + owed
            live.likes.begin_anew(self.worker)
        self._likes = {}

    async def _merge(self, tx: Transaction, rooms: list[LiveRoom]) -> dict[str, tuple[int, int]]:
        """What was stored, per room."""
        if not rooms:
            return {}
        ours = {live.id: live for live in rooms}
        added = {live.id: (live.people.added, live.viewers.peak) for live in rooms}
        await tx.connection.execute(Q["begin_people"], list(ours))
        merged: dict[str, bytes] = {}
        for row in await tx.connection.fetch(Q["people_for_update"], list(ours)):
            people = People()
            people.merge(ours[row["room"]].people.pack())
            _merge_known(people, row["people"], row["room"])
            merged[row["room"]] = people.pack()
        peaks = [added[room][1] for room in merged]
        await tx.connection.execute(Q["store_people"], list(merged), list(merged.values()), peaks)
        return added

    def _learn(self, live: LiveRoom, people: bytes, peak: int, version: int) -> None:
        _merge_known(live.people, people, live.id)
        if peak > live.viewers.peak:
            live.viewers.peak = peak
            self._added[live.id] = (self._added.get(live.id, (0, 0))[0], peak)
        self._versions[live.id] = version


def _merge_known(people: People, packed: bytes, room: str) -> None:
    try:
        people.merge(packed)
    except ValueError:  # of a later version of ours, perhaps; ours is counted all the same
        log.warning("tallies.foreign_people", extra={"room": room})
