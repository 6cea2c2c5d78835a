"""A server with batches."""

from collections.abc import AsyncIterator

import pytest

from tests.trace.farm import TraceFarm, farming


@pytest.fixture
async def farm(database_url: str) -> AsyncIterator[TraceFarm]:
    async with farming(database_url) as running:
        yield running
