"""Many control messages at once, and viewers who come and go while they flow."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any

from tests.integration.follower import Follower
from tests.integration.server import LocalServer
from tests.integration.viewers import Crowd, RawViewer


class Wanderer:
    """Comes and goes while controls flow, and folds what it hears. `draw` decides when; it never sleeps."""

    def __init__(self, servers: Sequence[LocalServer], crowd: Crowd, room: str, draw: random.Random) -> None:
        self._servers = servers
        self._crowd = crowd
        self._room = room
        self._draw = draw
        self.follower = Follower()

    async def wander(self, watcher: RawViewer, until_offset: int) -> None:
        """Join, hear some controls, go, let some pass, and so on until the burst is over; then hear the rest."""
        while self.follower.offset < until_offset:
            viewer = await self._crowd.raw(self._draw.choice(self._servers))
            joined = await viewer.join(self._room, since=self.follower.since)
            stay_for = min(joined["offset"] + self._draw.randrange(20), until_offset)
            await alive(viewer, joined, stay_for)
            if self._draw.random() < 0.5:
                await viewer.done("leave", {"room": self._room})
                rejoined = await viewer.join(self._room)
                await alive(viewer, rejoined, min(rejoined["offset"] + self._draw.randrange(5), until_offset))
            await viewer.leave()
            self.follower.fold(viewer.inbox)
            away_for = min(self.follower.offset + self._draw.randrange(20), until_offset)
            await watcher.inbox.until("control", reaches(away_for))


def reaches(offset: int) -> Callable[[Any], bool]:
    return lambda control: bool(control["offset"] >= offset)


async def alive(viewer: RawViewer, joined: Any, offset: int) -> None:
    """Wait until the viewer has been told everything up to `offset`."""
    if joined["offset"] < offset:
        await viewer.inbox.until("control", reaches(offset))


async def burst(servers: Sequence[LocalServer], room: str, count: int) -> None:
    """`count` control messages of several kinds by several staff at once, each call to another server in turn."""

    async def one(number: int) -> None:
        server = servers[number % len(servers)]
        by = server.person(f"ops-{number % 5}", role="ops")
        calls: list[tuple[str, str, Any]] = [
            ("POST", "/pins", {"title": f"Card {number}"}),
            ("PATCH", "", {"notice": f"Notice {number}"}),
            ("POST", "/moderation/slow-mode", {"seconds": number}),
            ("POST", "/bag", {"title": f"Card {number}"}),
            ("POST", "/moderation/mutes", {"user": f"person-{number}", "seconds": 60}),
        ]
        method, path, body = calls[number % len(calls)]
        await server.do(method, f"/api/rooms/{room}{path}", body, by=by)

    async def staff(first: int) -> None:
        for number in range(first, count, 5):
            await one(number)

    await asyncio.gather(*(staff(first) for first in range(5)))
