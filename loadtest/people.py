"""Those a show needs besides its viewers: a host who makes control messages, and names for the ones who talk."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from loadtest.server import LocalServer
from loadtest.socket import loopback

TOKENS_PER_SOURCE = 100  # a server gives one address only so many in a short time
CALL_TIMEOUT_S = 30.0
CALL_TRIES_MAX = 20
RETRY_S = 0.25


class Host:
    """A host over HTTP: puts cards up and takes them down, and knows where the control log then stands."""

    def __init__(self, session: aiohttp.ClientSession, room_url: str) -> None:
        self._session = session
        self._room_url = room_url
        self.controls = 0
        self.refused = 0  # calls that had to be made again
        self.head = ("", 0)

    async def pair(self) -> None:
        """Two control messages: a card is pinned and leaves the bag again, so that the bag does not fill up."""
        card = {"title": f"Card {self.controls}", "price_minor": 3_990, "currency": "CNY"}
        placed = await self._call("POST", "/pins", card)
        gone = await self._call("DELETE", f"/bag/{placed['card']['id']}", None)
        self.controls += 2
        self.head = (gone["epoch"], gone["offset"])

    async def steadily(self, pairs_per_s: float, seconds: float) -> None:
        """Pairs on a fixed schedule; a pair that took too long delays the next, none is left out."""
        started_s = time.monotonic()
        for number in range(int(pairs_per_s * seconds)):
            await asyncio.sleep(started_s + number / pairs_per_s - time.monotonic())
            await self.pair()

    async def _call(self, method: str, path: str, body: Any) -> Any:
        """The answer's body; a server that is short of something is asked again, with the same key."""
        headers = {"Idempotency-Key": f"load-{time.time_ns()}"} if method == "POST" else {}
        for _ in range(CALL_TRIES_MAX):
            async with self._session.request(method, self._room_url + path, json=body, headers=headers) as answer:
                if answer.status not in (429, 503):
                    answer.raise_for_status()
                    return await answer.json()
            self.refused += 1
            await asyncio.sleep(RETRY_S)
        raise TimeoutError(f"{method} {path} was refused {CALL_TRIES_MAX} times")


@contextlib.asynccontextmanager
async def host_of(server: LocalServer, room: str) -> AsyncIterator[Host]:
    """A host of `room`, which is opened if it is not there; one pair of control messages has been made."""
    token = await server.token("host")
    timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}, timeout=timeout) as session:
        async with session.post(f"{server.url}/api/rooms", json={"id": room, "title": "Load test"}) as answer:
            if answer.status not in (201, 409):
                answer.raise_for_status()
        host = Host(session, f"{server.url}/api/rooms/{room}")
        await host.pair()
        yield host


async def remove_cameras(server: LocalServer, room: str) -> None:
    """Take all cameras of `room` away, of the demo its test camera: what they cost has nothing to do with viewers."""
    token = await server.token("host")
    timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S)
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers, timeout=timeout, raise_for_status=True) as session:
        url = f"{server.url}/api/rooms/{room}/cameras"
        async with session.get(url) as answer:
            cameras = (await answer.json())["cameras"]
        for camera in cameras:
            async with session.delete(f"{url}/{camera['id']}"):
                pass


async def tokens(server: LocalServer, count: int, *, first_source: int) -> list[str]:
    """Tokens of `count` signed-in people, asked for from several loopback addresses, as from several homes."""
    given: list[str] = []
    for begin in range(0, count, TOKENS_PER_SOURCE):
        source = loopback(first_source + begin // TOKENS_PER_SOURCE)
        local = (source, 0) if server.host.startswith("127.") else None
        connector = aiohttp.TCPConnector(local_addr=local)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(CALL_TIMEOUT_S)) as session:
            for number in range(begin, min(begin + TOKENS_PER_SOURCE, count)):
                async with session.post(f"{server.url}/api/session", json={"name": f"Load {number}"}) as answer:
                    answer.raise_for_status()
                    given.append((await answer.json())["token"])
    return given
