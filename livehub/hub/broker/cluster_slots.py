"""Which Valkey server a channel lives on: one for all of them or, in a Cluster, the primary that owns the channel's slot.

A server says itself whether it is part of a Cluster (`INFO cluster`), so that REDIS_URL is all there is to set, and a wrong
setting cannot be: PUBLISH to one node of a Cluster would work as well, and silently go to every node of it.
"""

import logging
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any, NamedTuple

from redis.asyncio.connection import AbstractConnection, Connection, ConnectionPool
from redis.crc import key_slot
from redis.exceptions import NoPermissionError

log = logging.getLogger("livehub.hub.broker.broker")


class Address(NamedTuple):
    host: str
    port: int


class SlotRange(NamedTuple):
    """The slots `first` to `last`, both included, and their primary."""

    first: int
    last: int
    owner: Address


class ClusterSlots:
    """Slots to primaries, as one server told. Pure: no I/O."""

    __slots__ = ("_firsts", "ranges")

    def __init__(self, ranges: Iterable[SlotRange]) -> None:
        self.ranges = tuple(sorted(ranges))
        self._firsts = [first for first, _, _ in self.ranges]

    @property
    def owners(self) -> set[Address]:
        """All primaries that own slots."""
        return {owner for _, _, owner in self.ranges}

    def owner(self, channel: str) -> Address | None:
        """The primary on which the channel lives; None when nobody owns its slot now."""
        slot = key_slot(channel.encode())
        at = bisect_right(self._firsts, slot) - 1
        return self.ranges[at].owner if at >= 0 and slot <= self.ranges[at].last else None


def slots_of(reply: list[Any], asked: str) -> ClusterSlots:
    """What CLUSTER SLOTS answered. A node that doesn't know its own address leaves it out: it is where we `asked`."""
    ranges = []
    for first, last, (host, port, *_), *_replicas in reply:
        known = host.decode() if host else ""
        ranges.append(SlotRange(first, last, Address(known if known not in ("", "?") else asked, port)))
    return ClusterSlots(ranges)


def connection_to(url: str, address: Address | None, *, timeout_s: float) -> AbstractConnection:
    """A connection that is not made yet, to the server of `url` or to another of its Cluster, by the same password.

    RESP2, and no tries of its own: who uses it says when the next one is due, and notices every loss.
    """
    pool: ConnectionPool = ConnectionPool.from_url(url)
    settings = pool.connection_kwargs
    settings |= {"protocol": 2, "retry": None, "health_check_interval": 0, "maint_notifications_config": None}
    settings |= {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    if address is None:
        return pool.connection_class(**settings)
    settings |= {"host": address.host, "port": address.port, "db": 0}  # a Cluster has no other database
    is_socket = settings.pop("path", None) is not None
    return (Connection if is_socket else pool.connection_class)(**settings)


async def ask_slots(url: str, address: Address | None, *, timeout_s: float) -> ClusterSlots | None:
    """The Cluster's slots as this server knows them; None when it is no part of a Cluster. Raises RedisError, OSError."""
    connection = connection_to(url, address, timeout_s=timeout_s)
    try:
        await connection.connect()  # type: ignore[no-untyped-call]
        await connection.send_command("INFO", "cluster")
        try:
            told = await connection.read_response()
        except NoPermissionError:
            log.warning("bus.may_not_ask", extra={"command": "INFO"})  # in a Cluster that would be a fault
            return None
        if b"cluster_enabled:1" not in told:
            return None
        await connection.send_command("CLUSTER", "SLOTS")
        return slots_of(await connection.read_response(), str(getattr(connection, "host", "127.0.0.1")))
    finally:
        await connection.disconnect(nowait=True)
