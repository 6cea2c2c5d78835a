"""A server with sensors."""

from collections.abc import AsyncIterator

import pytest

from tests.base.served import serving
from tests.trace.coldchain.van import Van


@pytest.fixture
async def van(database_url: str) -> AsyncIterator[Van]:
    async with serving(database_url) as served:
        yield Van(served)
