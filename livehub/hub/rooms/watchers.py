"""The people who watch a room in this process, each counted once whatever they have open. No I/O.

Staff of the room never come here: the host's studio and the console are connections, not an audience. A guest counts by the
session of their token, or without a token by the connection.
"""

from livehub.hub.sockets.connection import Connection


class Watchers:
    """Who came is remembered by connection, so that leaving counts once, however often it is told."""

    __slots__ = ("_connections", "_people")

    def __init__(self) -> None:
        self._people: dict[str, int] = {}  # how many connections each has
        self._connections: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._people)

    def enter(self, connection: Connection) -> None:
        """Count whose connection it is, unless it is counted."""
        if connection not in self._connections:
            user = connection.person.id
            self._connections.add(connection)
            self._people[user] = self._people.get(user, 0) + 1

    def leave(self, connection: Connection) -> None:
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        user = connection.person.id
        left = self._people[user] - 1
        if left:
            self._people[user] = left
        else:
            del self._people[user]
