"""The server over HTTP, in this process: real PostgreSQL, the clock in the test's hand, Valkey away (nothing here needs it)."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from msgspec import Struct

from livehub import app
from livehub.app import Application
from livehub.base.auth import Identity, Role, Tokens
from livehub.base.module import Module, ProcessRole
from tests.patience import PATIENCE_S

NOW_S = 1_800_000_000.0
SECRET = "a secret of the tests, more than 32 characters long"
NO_VALKEY = "unix:///nonexistent/valkey.sock"

Client = TestClient[web.Request, web.Application]


class Clock:
    """Tells the time that the test sets."""

    def __init__(self, now_s: float = NOW_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


class Answer(Struct, frozen=True):
    """What came back. `body` is None when there is none."""

    status: int
    headers: dict[str, str]
    body: Any
    raw: bytes


class Served:
    """A running server and its database."""

    def __init__(self, application: Application, client: Client, clock: Clock, database: asyncpg.Connection) -> None:
        self.application = application
        self.client = client
        self.clock = clock
        self.database = database
        self.set_cookies: list[str] = []  # by the last answer

    def token(self, role: Role, user: str | None = None, *, ttl_s: int = 3600, signed_in_s: float | None = None) -> str:
        """A token of this server for somebody of that role, as `python -m livehub token` makes them: a fresh sign-in, and
        without `user` a host may run every room."""
        identity = Identity(
            id=user or f"the-{role.value}",
            name=f"The {role.value}",
            role=role,
            signed_in_s=int(self.clock() if signed_in_s is None else signed_in_s),
            runs_every_room=role is Role.HOST and user is None,
        )
        return Tokens(SECRET).sign(identity, now_s=self.clock(), ttl_s=ttl_s)

    async def call(
        self,
        call: str,
        body: Any = None,
        *,
        role: Role | None = Role.HOST,
        user: str | None = None,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """`call` is "POST /api/rooms". Without `body` and `raw` nothing is sent; without `role` nobody asks."""
        method, path = call.split(" ", 1)
        sent = raw if raw is not None or body is None else json.dumps(body).encode()
        all_headers = {"Content-Type": "application/json"} if sent is not None else {}
        if role is not None:
            all_headers["Authorization"] = f"Bearer {self.token(role, user)}"
        all_headers |= headers or {}
        async with self.client.request(method, path, data=sent, headers=all_headers) as response:
            received = await response.read()
            self.set_cookies = response.headers.getall("Set-Cookie", [])
            is_json = response.content_type.endswith("json")
            return Answer(
                response.status,
                dict(response.headers),
                json.loads(received) if is_json and received else None,
                received,
            )

    async def done(self, call: str, body: Any = None, *, role: Role | None = Role.HOST) -> Any:
        """The body of the answer to a call that must succeed."""
        answer = await self.call(call, body, role=role)
        assert answer.status < 300, answer
        return answer.body

    async def contents(self) -> dict[str, list[str]]:
        """Every row of every table, as text: two equal ones mean that nothing changed."""
        # Processes enter themselves when they get to it, whatever is asked of them.
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'workers'"
        tables = await self.database.fetch(query)
        return {name: await self.rows(name) for (name,) in tables}

    async def rows(self, table: str) -> list[str]:
        """The rows of one table, as text."""
        query = f"SELECT coalesce(array_agg(x::text ORDER BY x::text), '{{}}') FROM {table} AS x"
        return list(await self.database.fetchval(query))


@asynccontextmanager
async def serving(
    database_url: str,
    *,
    has_stock: bool = False,
    has_jobs: bool = False,
    modules: Sequence[Module] = app.MODULES,
    **settings: Any,
) -> AsyncIterator[Served]:
    """The application on `database_url`; with the stock engine, whose time goes on by itself, if calls need it, and with what
    runs durable jobs and reacts to events.
    """
    given: dict[str, Any] = {
        "secret": SECRET,
        "redis_url": NO_VALKEY,
        "http_requests_burst_max": 100_000,
        "sign_in_by_name": True,
        "journey_kept_s": 0.0,  # a test that changes something looks at it at once
        "shutdown_grace_s": 5.0,
    }
    clock = Clock()
    roles = {ProcessRole.SOCKETS, ProcessRole.MEDIA}
    if has_stock:
        roles.add(ProcessRole.STOCK)
        given["stock_ask_s_max"] = PATIENCE_S
    if has_jobs:
        roles.add(ProcessRole.JOBS)
        given |= {"job_poll_s": 0.1, "event_poll_s": 0.1}
    application = Application(
        app.settings(database_url=database_url, **(given | settings)),
        modules=modules,
        roles=frozenset(roles),
        now_s=clock,
        monotonic_s=clock,
    )
    database = await asyncpg.connect(database_url)
    try:
        async with TestClient(TestServer(application.served()), cookie_jar=DummyCookieJar()) as client:
            yield Served(application, client, clock, database)
    finally:
        await database.close()
