"""The log's head and a chain, for all tests of anchors."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from livehub.embedded.chain import Chain
from tests.trace.anchor.chains import Ledger, ledger_of, new_chain


@pytest.fixture
def chain(folder: Path) -> Iterator[Chain]:
    """A development chain that makes a block for each transaction."""
    running = new_chain(folder)
    yield running
    running.kill()
    running.close()


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Ledger]:
    async with ledger_of(database_url) as opened:
        yield opened
