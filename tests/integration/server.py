"""A running server and how tests speak to it: people with tokens, staff calls, rooms, its metrics.

    async with opened(settings) as server:                  # in this process, real sockets on a free port
        room = await server.room("farm")
        await server.do("POST", f"/api/rooms/{room}/pins", {"title": "Pears"})

Processes of their own are in processes.py; they are servers, too.
"""

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from livehub.app import MODULES, Application
from livehub.base.auth import Identity, Role, Tokens
from livehub.base.config import Settings
from livehub.base.module import Module
from livehub.node import serving
from tests.patience import PATIENCE_S

SECRET = "a secret of the tests, more than 32 characters long"
LOOK_S = 0.02

_rooms = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody with a token."""

    id: str
    name: str
    role: str
    token: str


@dataclass(frozen=True)
class Answer:
    """What an HTTP call gave."""

    status: int
    body: Any
    headers: dict[str, str] = field(repr=False)


class LocalServer:
    """A server at `url` whose tokens are signed with SECRET."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session
        self.kept_alive = False  # sockets open on connections that served a request before, so that aiohttp serves them
        self.host = self.person("host", role="host")
        self.ops = self.person("ops", role="ops")

    def person(self, id_: str, *, role: str = "viewer", ttl_s: int = 3600, is_fresh: bool = False) -> Person:
        """Somebody called like their id; with a negative `ttl_s` their token is over. `is_fresh`: they have just signed in."""
        now_s = time.time()
        identity = Identity(id=id_, name=id_.title(), role=Role(role), signed_in_s=int(now_s) if is_fresh else 0)
        token = Tokens(SECRET).sign(identity, now_s=now_s, ttl_s=ttl_s)
        return Person(id=id_, name=identity.name, role=role, token=token)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: Person | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """The answer to a call, by the host unless said otherwise."""
        given = {"Authorization": f"Bearer {(by or self.host).token}", **(headers or {})}
        timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with self.session.request(method, self.url + path, json=body, headers=given, timeout=timeout) as response:
            text = await response.text()
            is_json = response.content_type.endswith("json") and text
            return Answer(
                response.status, await response.json(content_type=None) if is_json else text, dict(response.headers)
            )

    async def do(self, method: str, path: str, body: Any = None, *, by: Person | None = None) -> Any:
        """The body of the answer to a call that must succeed."""
        answer = await self.call(method, path, body, by=by)
        assert answer.status < 300, answer
        return answer.body

    async def room(self, *, live: bool = True, **fields: Any) -> str:
        """A new room, its show begun."""
        room = f"room-{next(_rooms)}"
        await self.do("POST", "/api/rooms", {"id": room, "title": "A day at the farm", **fields})
        if live:
            await self.do("POST", f"/api/rooms/{room}/state", {"status": "live"})
        return room

    async def sell_jam(self, room: str) -> None:
        """Put something into the bag that coupons can be used on."""
        await self.do("POST", f"/api/rooms/{room}/bag", {"title": "Jam", "price_minor": 3_200, "currency": "CNY"})

    async def away(self) -> str:
        """What the server says is missing, in its own words; "" when it is ready and nothing is."""
        answer = await self.call("GET", "/readyz")
        assert answer.status in (200, 503), answer
        return " ".join(answer.body.get("away", [])) if answer.status == 200 else str(answer.body["detail"])

    async def metric(self, name: str, /, **labels: str) -> float:
        """The sum of a metric's samples with these labels; 0.0 when there is none yet."""
        answer = await self.call("GET", "/metrics")
        return sum(
            sample.value
            for family in text_string_to_metric_families(answer.body)
            for sample in family.samples
            if sample.name in (name, f"{name}_total") and labels.items() <= sample.labels.items()
        )


class InProcessServer(LocalServer):
    """One that runs in this very process."""

    def __init__(self, url: str, session: aiohttp.ClientSession, application: Application) -> None:
        super().__init__(url, session)
        self.application = application


async def eventually(holds: Callable[[], Awaitable[bool]], *, within_s: float = PATIENCE_S) -> None:
    """Look until it holds; for what tells nobody when it comes true."""
    deadline_s = time.monotonic() + within_s
    while not await holds():
        assert time.monotonic() < deadline_s, f"`{holds.__name__}` did not come true within {within_s} s"
        await asyncio.sleep(LOOK_S)


def connections() -> aiohttp.ClientSession:
    """What clients connect through, as many as there are."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))


def listening(*, send_buffer_bytes: int | None = None) -> socket.socket:
    """A socket that listens on a free port. `send_buffer_bytes` keeps the kernel from taking more for a slow client."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if send_buffer_bytes is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    return listener


@asynccontextmanager
async def opened(
    settings: Settings, *, send_buffer_bytes: int | None = None, modules: Sequence[Module] = MODULES
) -> AsyncIterator[InProcessServer]:
    """A server with `settings` in this process, as livehub/node/serving.py runs it."""
    application = Application(settings, modules=modules)
    listener = listening(send_buffer_bytes=send_buffer_bytes)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with serving.served(application, listener), connections() as session:
        yield InProcessServer(url, session, application)
