"""Those who talk in a round: sockets of the crowd, or HTTP publications where a server takes messages that way."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Protocol

import aiohttp
import msgspec

from loadtest.crowd import Plan
from loadtest.crowds import Crowds, crowds
from loadtest.dialects import CHAT_MARK
from loadtest.hearing import Figures
from loadtest.peers.peer import ROOM, Peer, Served
from loadtest.talk import BEAT_S, Said, Talk

SPEAKERS_FROM = 0xF100  # their loopback addresses: 127.0.241.0 and on
PUBLISHED_AT_ONCE = 64
PUBLISH_TIMEOUT_S = 10.0


class Speakers(Protocol):
    """Who talks. `size`: sockets in the room among them."""

    size: int

    async def talk(self, plan: Talk) -> Said:
        """Say all of it, on its schedule."""

    async def take(self) -> Figures:
        """What they heard themselves since the last time."""


class _Sockets:
    def __init__(self, crowd: Crowds) -> None:
        self._crowd = crowd
        self.size = crowd.size

    async def talk(self, plan: Talk) -> Said:
        return await self._crowd.talk(plan)

    async def take(self) -> Figures:
        return await self._crowd.take()


class _Posts:
    """The schedule of talk.py, with a POST for each message."""

    size = 0

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._gate = asyncio.Semaphore(PUBLISHED_AT_ONCE)
        self._unsaid = 0

    async def talk(self, plan: Talk) -> Said:
        started_s = time.monotonic()
        chats = likes = self._unsaid = 0
        async with asyncio.TaskGroup() as group:
            while True:
                passed_s = min(time.monotonic() - started_s, plan.seconds)
                while chats < int(passed_s * plan.chats_per_s):
                    await self._gate.acquire()
                    group.create_task(self._post(line(chats, time.time() * 1000)))
                    chats += 1
                while likes < int(passed_s * plan.likes_per_s / plan.like_batch):
                    await self._gate.acquire()
                    group.create_task(self._post(like(likes, plan.like_batch)))
                    likes += 1
                if passed_s >= plan.seconds:
                    break
                await asyncio.sleep(BEAT_S)
        return Said(chats=chats, likes=likes * plan.like_batch, like_messages=likes, unsaid=self._unsaid)

    async def take(self) -> Figures:
        return Figures()

    async def _post(self, text: bytes) -> None:
        try:
            # The type decides whether nchan sends a text frame or a binary one.
            async with self._session.post(self._url, data=text, headers={"Content-Type": "text/plain"}) as answer:
                self._unsaid += answer.status >= 300
        except (aiohttp.ClientError, TimeoutError):
            self._unsaid += 1
        finally:
            self._gate.release()


def line(number: int, sent_ms: float) -> bytes:
    """What the other servers make of a chat line, for one that sends on what it is given."""
    body = {
        "kind": "chat",
        "id": f"{number:012d}",
        "user": f"user{number % 1000:016d}",
        "name": "Viewer",
        "role": "viewer",
    }
    return msgspec.json.encode({**body, "text": f"{CHAT_MARK}{sent_ms:.1f}", "ts": sent_ms})


def like(number: int, likes: int) -> bytes:
    """The same of a like."""
    return msgspec.json.encode({"kind": "like", "user": f"user{number % 1000:016d}", "n": likes, "likes": number})


@contextlib.asynccontextmanager
async def speakers(peer: Peer, served: Served, size: int) -> AsyncIterator[Speakers]:
    """Those who talk to `served`; up to `size` sockets, which are in the room."""
    if peer.posts:
        connector = aiohttp.TCPConnector(limit=PUBLISHED_AT_ONCE)
        timeout = aiohttp.ClientTimeout(total=PUBLISH_TIMEOUT_S)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            yield _Posts(session, f"http://127.0.0.1:{served.port}/pub/{ROOM}")
        return
    plan = Plan(
        port=served.port,
        room=ROOM,
        size=size,
        dialect=peer.dialect,
        target=peer.target,
        first_source=SPEAKERS_FROM,
        tokens=await served.tokens(size),
    )
    async with crowds(plan) as crowd:
        await crowd.enter()
        yield _Sockets(crowd)
