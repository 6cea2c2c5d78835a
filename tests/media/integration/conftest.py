"""What these tests ask for: the server of the integration tests, and the publisher's kit."""

from collections.abc import Iterator

import pytest

from tests.conftest import new_folder
from tests.integration.conftest import (  # noqa: F401
    crowd,
    open_server,
    processes,
    pytest_asyncio_loop_factories,
    server,
    settings,
)
from tests.media.integration.publishers import Kit


@pytest.fixture(scope="session")
def kit() -> Iterator[Kit]:
    """Made once."""
    with new_folder() as folder:
        yield Kit(folder)
