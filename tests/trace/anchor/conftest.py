"""The log's head, for all tests of anchors."""

from collections.abc import AsyncIterator

import pytest

from tests.trace.anchor.chains import Ledger, ledger_of


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Ledger]:
    async with ledger_of(database_url) as opened:
        yield opened
