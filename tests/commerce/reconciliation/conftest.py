"""A whole server with its stock engine in this process, a shop, and the sandbox as the way to pay."""

import pytest

from livehub.base.config import Settings
from tests.commerce.orders.counter import Counter
from tests.integration.conftest import crowd, open_server, pytest_asyncio_loop_factories, server
from tests.integration.conftest import settings as usual_settings
from tests.integration.server import InProcessServer
from tests.integration.viewers import Crowd

__all__ = ["crowd", "open_server", "pytest_asyncio_loop_factories", "server", "usual_settings"]


@pytest.fixture
def settings(usual_settings: Settings) -> Settings:
    return usual_settings.replace(
        payment_providers="sandbox", order_closing_look_s=0.05, order_closing_retry_s=0.05, order_closing_s=1
    )


@pytest.fixture
async def counter(server: InProcessServer, crowd: Crowd) -> Counter:
    """A shop with 100 jars of honey and 100 eggs."""
    return await Counter.opened(server, crowd)
