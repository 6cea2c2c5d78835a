"""An HTTP edge with endpoints of a test's own, on a real PostgreSQL; two of them are two processes."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from livehub.base.auth import Identity, Role, Tokens
from livehub.base.clock import Clock
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Endpoint
from livehub.base.http import HttpEdge
from tests.base.served import NOW_S, SECRET, Answer

Client = TestClient[web.Request, web.Application]


class Edge:
    """A running edge."""

    def __init__(self, database: Database, client: Client) -> None:
        self.database = database
        self._client = client

    async def post(self, path: str, key: str | None, body: Any = None, *, user: str = "ann") -> Answer:
        """What comes back to a viewer's POST."""
        token = Tokens(SECRET).sign(Identity(id=user, name=user, role=Role.VIEWER), now_s=NOW_S, ttl_s=60)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        async with self._client.post(path, data=json.dumps(body or {}), headers=headers) as response:
            raw = await response.read()
            is_json = response.content_type.endswith("json")
            return Answer(response.status, dict(response.headers), json.loads(raw) if is_json else None, raw)


@asynccontextmanager
async def edge(
    database_url: str, endpoints: Callable[[Database], list[Endpoint]], **settings: Any
) -> AsyncIterator[Edge]:
    """An edge that serves `endpoints` of its database."""
    given: dict[str, Any] = {"http_requests_burst_max": 100_000, "shutdown_grace_s": 5.0}
    config = Config(database_url=database_url, **(given | settings))
    database = Database(config)
    await database.open()
    http = HttpEdge(config, database, Tokens(SECRET), clock=Clock(lambda: NOW_S))
    app = http.application()
    for endpoint in endpoints(database):
        http.add(app, endpoint)
    async with TestClient(TestServer(app)) as client:
        yield Edge(database, client)
    await database.close()
