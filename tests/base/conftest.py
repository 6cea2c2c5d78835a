"""A server for the tests of livehub/base/."""

from collections.abc import AsyncIterator

import pytest

from tests.base.served import Served, serving


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    """A server on a database of this test's own."""
    async with serving(database_url) as server:
        yield server
