"""What every test may ask for: a fresh database, a fresh Valkey, a browser. Real ones, started once per test process."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from livehub.app import MIGRATIONS
from livehub.base.migrations import migrate
from livehub.embedded.servers import Postgres, Valkey

TEMPLATE = "migrated"
BROWSER_PATH = Path(__file__).parent.parent / ".venv" / "stamps" / "browser"

MEMORY_DISK = Path("/dev/shm")
MEMORY_DISK_FREE_BYTES_MIN = 2_000_000_000  # in containers it is often 64 MB, which one database folder nearly fills

_numbers = itertools.count(1)

# The same examples at every run; `pytest --hypothesis-profile=search` looks further, at other ones each time.
settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("search", max_examples=5_000, deadline=None)
settings.load_profile("same")


@contextmanager
def new_folder() -> Iterator[Path]:
    """An empty folder, removed afterwards; in memory where there is room, which is several times as fast.

    Its path is short enough for Unix sockets to lie in it, as that of pytest's own tmp_path may not be.
    """
    in_memory = MEMORY_DISK.is_dir() and shutil.disk_usage(MEMORY_DISK).free > MEMORY_DISK_FREE_BYTES_MIN
    path = Path(tempfile.mkdtemp(prefix="lh-", dir=MEMORY_DISK if in_memory else "/tmp"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder of this test's own; see new_folder."""
    with new_folder() as path:
        yield path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests, which nobody may stop: tests that do so start their own on `folder`.

    It need not survive a crash of the machine, so it does not wait for the disk.
    """
    with new_folder() as path:
        server = Postgres(path, settings={"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"})
        yield server
        server.close()


@pytest.fixture(scope="session")
def _template(postgres: Postgres) -> str:
    """A database with every migration, to make the others from."""
    _execute(postgres, f"CREATE DATABASE {TEMPLATE}")
    migrate(postgres.url(TEMPLATE), MIGRATIONS)
    return TEMPLATE


@pytest.fixture
def database_url(postgres: Postgres, _template: str) -> Iterator[str]:
    """A database of this test's own, migrated."""
    yield from _fresh_database(postgres, _template)


@pytest.fixture
def empty_database_url(postgres: Postgres) -> Iterator[str]:
    """A database of this test's own with nothing in it."""
    yield from _fresh_database(postgres, "template0")


@pytest.fixture
def valkey(folder: Path) -> Iterator[Valkey]:
    """A Valkey of this test's own, which it may kill and start again."""
    server = Valkey(folder)
    yield server
    server.kill()  # asked to end it looks ten times a second whether it shall, and it has nothing to keep
    server.close()


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    return valkey.url


@pytest.fixture(scope="session")
def browser_path() -> str | None:
    """The Chromium to test with, for Playwright's `executable_path`; None for the one that Playwright brought itself."""
    path = BROWSER_PATH.read_text().strip() if BROWSER_PATH.exists() else ""
    return path if Path(path).is_absolute() else None


def _fresh_database(postgres: Postgres, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    # Copied as files, which costs half of what a log of each page does; there is no crash to survive.
    _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield postgres.url(name)
    _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(postgres: Postgres, statement: str) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(statement)
