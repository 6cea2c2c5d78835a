"""A server of the demo's kind for tests of people: codes are shown instead of sent."""

from collections.abc import AsyncIterator

import pytest

from livehub import app
from tests.base.served import Served, serving


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    """A server on a database of this test's own."""
    async with serving(database_url, modules=app.DEMO_MODULES, sign_in_by_link=True) as server:
        yield server
