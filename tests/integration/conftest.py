"""What integration tests ask for: a server in this process, stock and bare clients, all on uvloop as in production."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvloop

from livehub.base import config as configuration
from livehub.base.config import Config
from tests.integration.house import SECRET, LocalHouse, opened
from tests.integration.viewers import Crowd, gathered

ROOT = Path(__file__).parent.parent.parent


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def config(database_url: str, redis_url: str) -> Config:
    """The defaults, on servers of this test's own."""
    return configuration.load({}, database_url=database_url, redis_url=redis_url, secret=SECRET)


@pytest.fixture
def open_house(config: Config) -> Callable[..., AbstractAsyncContextManager[LocalHouse]]:
    """Starts a server whose configuration differs from the defaults."""

    def with_limits(*, send_buffer_bytes: int | None = None, **limits: Any) -> AbstractAsyncContextManager[LocalHouse]:
        return opened(msgspec.structs.replace(config, **limits), send_buffer_bytes=send_buffer_bytes)

    return with_limits


@pytest.fixture
async def house(config: Config) -> AsyncIterator[LocalHouse]:
    """A server as it comes."""
    async with opened(config) as running:
        yield running


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    """Makes clients."""
    async with gathered(node) as people:
        yield people


@cache
def node() -> Path:
    """The Node that the pages are built with: the machine's, or the wheel's in .venv."""
    command = [
        sys.executable,
        str(ROOT / "bootstrap" / "node.py"),
        "exec",
        "--offline",
        "-c",
        "node -p process.execPath",
    ]
    return Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
