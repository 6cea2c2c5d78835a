"""Direct messages: to one person, on every device of theirs, stored until read, sent again at each connection until then.

A message reaches a device in one of three ways, and its client drops an id that it has seen:

    the bus       at its commit, over the channel of the person's hash (channels.py), to processes where they may be
    a connection  all that is unread, soon after a device came; the person's channel is subscribed to before it is read
    a comparison  every `control_sync_s`: what became visible since the last one, for the people who are here; for those
                  without a token, to whom hardly anything is ever sent, this alone

A comparison must not pass over a message whose transaction began before it and commits after. So its cursor is no time but a
transaction id: each row carries the id of its transaction, and the next comparison begins at the snapshot's xmin, below which
every transaction had ended (and is seen by this one) or never will. Most comparisons end with the look whether there is
anything new of anybody; else each person here is looked up by index, in batches.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import msgspec

from livehub.base.db import Connection as DbConnection
from livehub.base.db import Database, Transaction
from livehub.base.errors import LivehubError
from livehub.base.module import Part
from livehub.base.sql import queries
from livehub.base.tasks import Tasks
from livehub.hub.broker.broker import Broker
from livehub.hub.broker.messages import encode
from livehub.hub.inbox.channels import OLD_CHANNEL, InboxChannels
from livehub.hub.inbox.settings import InboxConfig
from livehub.hub.sockets import frames
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.router import Handler
from livehub.room.wire import Direct, Done, Read

log = logging.getLogger("livehub.hub.inbox.inbox")
Q = queries(__file__, "inbox.sql")

UNREAD_PAUSE_S = 0.1  # those who connect within it are looked up with one query
UNREAD_RETRY_S = 1.0
RECENTLY_SENT_MAX = 100_000
PEOPLE_BATCH = 1_000  # looked up by one query
NEW_EACH_MAX = 1_000  # messages of one person found by one comparison; the others come at the next connection
SEND_BATCH = 200  # frames, after which the event loop has a turn
READ_COST = 3.0  # of a socket's allowance (SocketEvent.cost): a statement of PostgreSQL


class DirectPublished(msgspec.Struct, frozen=True, kw_only=True, tag="direct"):
    """A direct message that is in PostgreSQL, on the bus; `worker` has shown it to its own clients already."""

    worker: str
    user: str
    direct: Direct


class Inbox(Part):
    """Sends, keeps and repeats direct messages.

    `devices_of(user)`: the person's connections in this process. `delivers`: whether it has connections at all; one that has
    none only writes and publishes.
    """

    def __init__(
        self,
        config: InboxConfig,
        database: Database,
        broker: Broker,
        *,
        worker: str,
        devices_of: Callable[[str], Collection[Connection]],
        now_s: Callable[[], float],
        delivers: bool,
    ) -> None:
        self._config = config
        self._database = database
        self._broker = broker
        self._worker = worker
        self._devices_of = devices_of
        self._now_s = now_s
        self._delivers = delivers
        self._channels = InboxChannels(broker, config.inbox_channels_max)
        self._people: set[str] = set()  # who is here
        self._awaiting_unread: dict[Connection, None] = {}  # in the order in which they came
        self._recently_sent: OrderedDict[str, None] = OrderedDict()  # ids that those who are here have been sent lately
        self._settled: str | None = None  # the transaction id below which nothing is new; None: nobody was here
        self._tasks = Tasks()

    def socket_handlers(self) -> Mapping[str, Handler]:
        return {"read": self.read}

    async def start(self) -> None:
        """Begin to send people what they have not read."""
        if self._delivers:
            await self._broker.subscribe(OLD_CHANNEL)
            self._tasks.start("inbox", self._deliver_unread_forever)

    async def stop(self) -> None:
        await self._tasks.stop()

    # --- sending ---

    async def send(self, tx: Transaction, *, user: str, id_: str, type_: str, ts: int, data: dict[str, Any]) -> None:
        """Store a message inside `tx`; it goes out when that commits. The same `id_` twice is one message."""
        await self.send_many(tx, [(user, Direct(id=id_, type=type_, ts=ts, data=data))])

    async def send_many(self, tx: Transaction, directs: Sequence[tuple[str, Direct]]) -> None:
        """As `send`, for many people at once, in one statement."""
        users = [user for user, _ in directs]
        rows = await tx.connection.fetch(Q["insert_directs"], users, [direct for _, direct in directs])
        stored: dict[str, str] = {row["id"]: row["user_id"] for row in rows}
        for _, direct in directs:
            user = stored.pop(direct.id, None)  # of two with one id in the same call the first was stored
            if user is not None:
                published = DirectPublished(worker=self._worker, user=user, direct=direct)
                tx.after_commit(partial(self._publish, published))

    def _publish(self, published: DirectPublished) -> None:
        self._show(published.user, published.direct)
        self._broker.publish(self._channels.of(published.user), encode(published))

    def arrived(self, published: DirectPublished) -> None:
        """Another process's message, for somebody who may be here."""
        if published.worker != self._worker:
            self._show(published.user, published.direct)

    def _show(self, user: str, direct: Direct) -> None:
        devices = self._devices_of(user)
        if not devices:
            return
        self._remember([direct.id])
        frame = frames.event("direct", direct)
        for connection in devices:
            connection.send(frame)

    def _remember(self, sent: Iterable[str]) -> None:
        self._recently_sent |= dict.fromkeys(sent)
        while len(self._recently_sent) > RECENTLY_SENT_MAX:
            self._recently_sent.popitem(last=False)

    # --- who is here ---

    def enter(self, connection: Connection) -> None:
        """A device came; what its owner has not read follows soon."""
        if connection.identity is None:
            return
        user = connection.identity.id
        if user not in self._people:
            self._people.add(user)
            if not connection.is_anonymous:
                self._channels.enter(user)
        self._awaiting_unread[connection] = None

    def leave(self, connection: Connection) -> None:
        if connection.identity is None:
            return
        self._awaiting_unread.pop(connection, None)
        user = connection.identity.id
        if user in self._people and not self._devices_of(user):
            self._people.remove(user)
            if not connection.is_anonymous:
                self._channels.leave(user, time.monotonic())

    async def read(self, connection: Connection, body: Read) -> Done:
        """The person has seen these; they are not sent again."""
        connection.charge(READ_COST, time.monotonic())
        async with self._database.connection() as db:
            await db.execute(Q["mark_read"], connection.person.id, body.ids, int(self._now_s() * 1000))
        return Done()

    # --- comparing with PostgreSQL ---

    async def catch_up(self) -> None:
        """Show to those who are here what the bus did not bring. Raises Unavailable."""
        await self._channels.unsubscribe_left(time.monotonic())
        if not self._people:
            self._settled = None  # whoever comes is sent all that is unread
            return
        async with self._database.connection() as connection:
            settled, is_new = await self._horizon(connection)
            found = await self._new_since(connection, self._settled) if is_new else []
        self._settled = settled
        for count, row in enumerate(found):
            self._show(row["user_id"], _direct(row))
            if count % SEND_BATCH == SEND_BATCH - 1:
                await asyncio.sleep(0)

    async def _horizon(self, connection: DbConnection) -> tuple[str, bool]:
        """Where the next comparison begins, and whether there is anything new for this one."""
        row = await connection.fetchrow(Q["horizon"], self._settled)
        assert row is not None
        return row["settled"], row["is_new"]

    async def _new_since(self, connection: DbConnection, settled: str | None) -> list[Any]:
        missing: list[str] = []
        people = iter(list(self._people))
        while batch := list(islice(people, PEOPLE_BATCH)):
            rows = await connection.fetch(Q["unread_since"], batch, settled, NEW_EACH_MAX)
            missing += [row["id"] for row in rows if row["id"] not in self._recently_sent]
        rows = await connection.fetch(Q["directs"], missing) if missing else []
        return [row for row in rows if row["id"] not in self._recently_sent]  # the bus may have brought some meanwhile

    # --- at a connection ---

    async def _deliver_unread_forever(self) -> None:
        while True:
            await asyncio.sleep(UNREAD_PAUSE_S)
            waiting, self._awaiting_unread = self._awaiting_unread, {}
            if not waiting:
                continue
            try:
                await self._channels.subscribe()
                await self._deliver_unread(waiting)
            except LivehubError:
                here = {connection: None for connection in waiting if connection.is_open}
                self._awaiting_unread = here | self._awaiting_unread
                await asyncio.sleep(UNREAD_RETRY_S)

    async def _deliver_unread(self, waiting: Collection[Connection]) -> None:
        users = {connection.person.id for connection in waiting if not connection.is_anonymous}
        async with self._database.connection() as connection:
            if self._settled is None:  # comparisons go on from here
                self._settled, _ = await self._horizon(connection)
            rows = await connection.fetch(Q["unread"], list(users), self._config.directs_unread_max) if users else []
        unread: dict[str, list[frames.Frame]] = {}
        for row in rows:
            unread.setdefault(row["user_id"], []).append(frames.event("direct", _direct(row)))
        for device in waiting:
            for frame in unread.get(device.person.id, ()):
                device.send(frame)
        # Messages of somebody with another device here are left to the next comparison: that device may not have them yet.
        self._remember(row["id"] for row in rows if all(d in waiting for d in self._devices_of(row["user_id"])))


def _direct(row: Any) -> Direct:
    return Direct(id=row["id"], type=row["type"], ts=row["ts"], data=msgspec.json.decode(row["data"]))
