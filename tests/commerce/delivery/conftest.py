"""A server with its stock engine, and a town it delivers in."""

from collections.abc import AsyncIterator

import pytest

from tests.base.served import serving
from tests.commerce.delivery.town import Town


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    async with serving(database_url, has_stock=True, time_zone="Asia/Shanghai", delivery_ahead_days=3) as served:
        yield Town(served)
