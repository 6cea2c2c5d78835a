"""What integration tests ask for: a server in this process, processes of their own, stock and bare clients. All of it on
uvloop, as in production.
"""

import asyncio
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
import uvloop

from livehub import app
from livehub.base.config import Settings
from livehub.embedded.servers import Postgres, Valkey
from tests.conftest import new_folder
from tests.integration.contract import KINDS, Enter
from tests.integration.processes import Process, Processes, Worker, environment, ready
from tests.integration.server import SECRET, InProcessServer, LocalServer, Person, connections, opened
from tests.integration.viewers import Crowd, Viewer, gathered
from tests.patience import LAG_MS_MAX

ROOT = Path(__file__).parent.parent.parent


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


# --- in this process ---


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    """The defaults, on servers of this test's own."""
    return app.settings(
        database_url=database_url,
        redis_url=redis_url,
        secret=SECRET,
        admission_lag_ms_max=LAG_MS_MAX,
        media_host="127.0.0.1",
    )


@pytest.fixture
def open_server(settings: Settings) -> Callable[..., AbstractAsyncContextManager[InProcessServer]]:
    """Starts a server whose configuration differs from the defaults."""

    def with_limits(
        *, send_buffer_bytes: int | None = None, **limits: Any
    ) -> AbstractAsyncContextManager[InProcessServer]:
        return opened(settings.replace(**limits), send_buffer_bytes=send_buffer_bytes)

    return with_limits


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[InProcessServer]:
    """A server as it comes."""
    async with opened(settings) as running:
        yield running


# --- processes ---


@pytest.fixture
def processes(settings: Settings, folder: Path) -> Iterator[Processes]:
    """Starts processes of the server."""
    with ExitStack() as stack:
        yield Processes(environment(settings.core.database_url, settings.core.redis_url), folder, stack)


@pytest.fixture(scope="session")
def node_url(postgres: Postgres, _template: str) -> str:
    """The database of `_node`. Who takes these fixtures from here has others of their own, on the same server."""
    name = f"node_{secrets.token_hex(4)}"
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_template}")
    return postgres.url(name)


@pytest.fixture(scope="session")
def _node(node_url: str) -> Iterator[list[Process]]:
    """Two workers, which share a database and a Valkey with a process for jobs."""
    limits = {"chat_burst_max": 50, "control_ring_max": 8, "fanout_slice": 3}
    with new_folder() as folder, ExitStack() as stack:
        valkey = Valkey(folder)
        stack.callback(valkey.close)
        started = Processes(environment(node_url, valkey.url, **limits), folder, stack)
        started.start("jobs-process")
        yield started.workers(2)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """What processes are spoken to through."""
    async with connections() as opened_session:
        yield opened_session


@pytest.fixture
async def doors(_node: list[Process], session: aiohttp.ClientSession) -> list[Worker]:
    """Two processes of one server; all tests share them, so each makes a room of its own."""
    return await ready(_node, session)


# --- clients ---


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    """Makes clients."""
    async with gathered(node) as people:
        yield people


@cache
def node() -> Path:
    """The Node that the pages are built with: the machine's, or the wheel's in .venv."""
    npm = [sys.executable, str(ROOT / "bootstrap" / "node.py")]
    found = subprocess.run(
        [*npm, "exec", "--offline", "-c", "node -p process.execPath"], capture_output=True, text=True, check=True
    )
    return Path(found.stdout.splitlines()[-1])


# --- stock clients ---


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def enter(kind: str, server: LocalServer, crowd: Crowd) -> Enter:
    """Makes a client of this kind who has joined the room."""

    async def entered(room: str, person: Person | None = None) -> Viewer:
        viewer = await crowd.of_kind(kind, server, person)
        await viewer.join(room)
        return viewer

    return entered
