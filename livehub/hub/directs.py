"""Direct messages: to one person, on every device of theirs, stored until read, sent again at each connection until then.

Other processes hear of one on the bus. What the bus loses they find when they look (`catch_up`): what was stored since they
last looked, and a little before, since a transaction may be committed later than another that began after it.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from livehub.base.config import Config
from livehub.base.db import Database, Transaction
from livehub.base.errors import LivehubError
from livehub.base.sql import queries
from livehub.hub import frames, messages
from livehub.hub.bus import Bus
from livehub.hub.connection import Connection
from livehub.room.wire import Direct, Done

log = logging.getLogger("livehub.hub.directs")
Q = queries(__file__, "directs.sql")

GREETING_PAUSE_S = 0.1  # those who connect within it are looked up with one query
GREETINGS_MAX = 20_000
OVERLAP = timedelta(seconds=20)  # longer than a transaction here may last: two statements of `db_timeout_s`
FOUND_MAX = 20_000  # unread messages of anybody, looked at each time
SHOWN_MAX = 100_000


class Directs:
    """Sends, keeps and repeats direct messages."""

    def __init__(self, config: Config, database: Database, bus: Bus, worker: str) -> None:
        self._config = config
        self._database = database
        self._bus = bus
        self._worker = worker
        self._devices: dict[str, set[Connection]] = {}
        self._greetings: list[Connection] = []
        self._shown: OrderedDict[str, None] = OrderedDict()  # ids that those who are here have been sent lately
        self._looked: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to greet people with what they have not read."""
        self._task = asyncio.create_task(self._greet_forever(), name="directs")

    async def stop(self) -> None:
        """Greet no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def send(self, tx: Transaction, *, user: str, id_: str, type_: str, ts: int, data: dict[str, Any]) -> None:
        """Store a message inside `tx`; it goes out when that commits. The same `id_` twice is one message."""
        direct = Direct(id=id_, type=type_, ts=ts, data=data)
        if await tx.connection.fetchval(Q["insert_direct"], id_, user, type_, ts, data) is not None:
            tx.after_commit(lambda: self._publish(messages.Addressed(worker=self._worker, user=user, direct=direct)))

    def _publish(self, addressed: messages.Addressed) -> None:
        self.arrived(addressed)
        self._bus.publish(messages.DIRECTS, messages.encode(addressed))

    def arrived(self, addressed: messages.Addressed) -> None:
        """A message for somebody who may be here. Clients drop an id they have seen, so twice does no harm."""
        devices = self._devices.get(addressed.user)
        if not devices:
            return
        self._remember([addressed.direct.id])
        frame = frames.event("direct", addressed.direct)
        for connection in devices:
            connection.send(frame)

    def _remember(self, shown: Iterable[str]) -> None:
        self._shown |= dict.fromkeys(shown)
        while len(self._shown) > SHOWN_MAX:
            self._shown.popitem(last=False)

    async def catch_up(self) -> None:
        """Show to those who are here what the bus did not bring. Raises Unavailable."""
        if not self._devices:
            self._looked = None  # who comes is greeted with all there is
            return
        async with self._database.connection() as connection:
            now = await connection.fetchval(Q["now"])
            since = (self._looked or now) - OVERLAP
            found = await connection.fetch(Q["unread_since"], since, FOUND_MAX)
            missing = [row["id"] for row in found if row["user_id"] in self._devices and row["id"] not in self._shown]
            rows = await connection.fetch(Q["directs"], missing) if missing else []
        self._looked = now
        for row in rows:
            self.arrived(messages.Addressed(worker=self._worker, user=row["user_id"], direct=_direct(row)))

    def enter(self, connection: Connection) -> None:
        """A device came; what its owner has not read follows soon."""
        if connection.identity is None:
            return
        self._devices.setdefault(connection.identity.id, set()).add(connection)
        if len(self._greetings) < GREETINGS_MAX:
            self._greetings.append(connection)

    def leave(self, connection: Connection) -> None:
        """A device left."""
        if connection.identity is None:
            return
        devices = self._devices.get(connection.identity.id)
        if devices is not None:
            devices.discard(connection)
            if not devices:
                del self._devices[connection.identity.id]

    async def read(self, user: str, ids: list[str]) -> Done:
        """The person has seen these; they are not sent again."""
        async with self._database.connection() as connection:
            await connection.execute(Q["mark_read"], user, ids)
        return Done()

    async def _greet_forever(self) -> None:
        while True:
            await asyncio.sleep(GREETING_PAUSE_S)
            waiting, self._greetings = self._greetings, []
            if not waiting:
                continue
            try:
                await self._greet(waiting)
            except LivehubError:
                self._greetings = (waiting + self._greetings)[:GREETINGS_MAX]
                await asyncio.sleep(1.0)
            except Exception:
                log.exception("directs.greeting_failed")

    async def _greet(self, waiting: list[Connection]) -> None:
        users = {connection.identity.id for connection in waiting if connection.identity is not None}
        async with self._database.connection() as connection:
            rows = await connection.fetch(Q["unread"], list(users), self._config.directs_unread_max)
        unread: dict[str, list[frames.Frame]] = {}
        for row in rows:
            unread.setdefault(row["user_id"], []).append(frames.event("direct", _direct(row)))
        for device in waiting:
            for frame in unread.get(device.identity.id if device.identity else "", ()):
                device.send(frame)
        self._remember(row["id"] for row in rows)


def _direct(row: Any) -> Direct:
    return Direct(id=row["id"], type=row["type"], ts=row["ts"], data=msgspec.json.decode(row["data"]))
