"""A whole server with its stock engine in this process, a shop in it, and stock clients."""

import pytest

from tests.commerce.sales.shop import Shop
from tests.integration.conftest import crowd, open_server, pytest_asyncio_loop_factories, server, settings
from tests.integration.server import InProcessServer
from tests.integration.viewers import Crowd

__all__ = ["crowd", "open_server", "pytest_asyncio_loop_factories", "server", "settings"]


@pytest.fixture
async def shop(server: InProcessServer, crowd: Crowd) -> Shop:
    """A shop with 100 jars of honey, and a room."""
    return await Shop.opened(server, crowd)
