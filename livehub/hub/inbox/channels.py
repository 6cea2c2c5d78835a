"""Which of the bus's channels bring the messages of people who are here.

A person's messages go over the channel of their hash, one of `inbox_channels_max`, and a process listens to the channels of
those who are connected to it. In a Cluster the channel's name decides the node, so the load is spread, too. A channel whose
people have all left is kept for LINGER_S: most of them are about to come back.
"""

from collections import Counter
from zlib import crc32

from livehub.hub.broker.broker import Broker

LINGER_S = 30.0
OLD_CHANNEL = "livehub:directs"  # of releases before people had channels: heard for one release, not spoken on


def inbox_channel(number: int) -> str:
    """The channel of everybody with this hash."""
    return f"livehub:inbox:{number}"


class InboxChannels:
    """`count` is a setting, the same in every process; where it differs, only comparisons bring messages."""

    def __init__(self, broker: Broker, count: int) -> None:
        self._broker = broker
        self._count = count
        self._people: Counter[str] = Counter()  # here, by channel
        self._subscribed: set[str] = set()
        self._wanted: set[str] = set()  # not subscribed to yet
        self._left_s: dict[str, float] = {}  # when the last person of a channel left

    def of(self, user: str) -> str:
        return inbox_channel(crc32(user.encode()) % self._count)

    def enter(self, user: str) -> None:
        """A person is here who was not."""
        channel = self.of(user)
        self._people[channel] += 1
        self._left_s.pop(channel, None)
        if channel not in self._subscribed:
            self._wanted.add(channel)

    def leave(self, user: str, now_s: float) -> None:
        """A person is here no more."""
        channel = self.of(user)
        self._people[channel] -= 1
        if not self._people[channel]:
            del self._people[channel]
            self._left_s[channel] = now_s

    async def subscribe(self) -> None:
        """Listen to the channels of all who have come."""
        wanted, self._wanted = self._wanted, set()
        if wanted:
            self._subscribed |= wanted
            await self._broker.subscribe(*wanted)

    async def unsubscribe_left(self, now_s: float) -> None:
        """Stop listening to channels that nobody here has been on for LINGER_S."""
        over = {channel for channel, left_s in self._left_s.items() if now_s - left_s >= LINGER_S}
        for channel in over:
            del self._left_s[channel]
        over &= self._subscribed
        if over:
            self._subscribed -= over
            await self._broker.unsubscribe(*over)
