"""Real PostgreSQL and real Valkey under one data folder: what `demo` runs on, and what tests run against.

    with embedded.start(Path(".livehub"), progress=print) as servers:
        connect(servers.database_url, servers.redis_url)

Both end with us, whatever way we end; see embedded/watchdog.py. These are blocking calls, for before the event loop and
after it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from livehub.embedded.child import ServerError
from livehub.embedded.postgres import Postgres
from livehub.embedded.valkey import Valkey

__all__ = ["Embedded", "Postgres", "ServerError", "Valkey", "start_postgres", "start_servers", "start_valkey"]


class Embedded:
    """The servers that were started; a context manager that stops them."""

    def __init__(self, postgres: Postgres | None, valkey: Valkey | None, stack: ExitStack) -> None:
        self.postgres = postgres
        self.valkey = valkey
        self._stack = stack

    @property
    def database_url(self) -> str:
        assert self.postgres is not None, "started without PostgreSQL"
        return self.postgres.url()

    @property
    def redis_url(self) -> str:
        assert self.valkey is not None, "started without Valkey"
        return self.valkey.url

    def stop(self) -> None:
        """Stops both. May be called twice."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_servers(
    data_dir: Path,
    *,
    postgres: bool = True,
    valkey: bool = True,
    progress: Callable[[str], None] = lambda _text: None,
) -> Embedded:
    """Starts the servers under `data_dir`, which is made if need be. `progress` is told each step, in words.

    Raises ServerError, with one line that says what is wrong.
    """
    with ExitStack() as stack, _disk_errors_said_plainly(data_dir):
        database: Postgres | None = None
        bus: Valkey | None = None
        if postgres:
            is_new = not (data_dir / "postgres").exists()
            progress("making the database, once ..." if is_new else "starting PostgreSQL ...")
            database = start_postgres(data_dir)
            stack.callback(database.close)
        if valkey:
            progress("starting Valkey ...")
            bus = start_valkey(data_dir)
            stack.callback(bus.close)
        return Embedded(database, bus, stack.pop_all())


@contextmanager
def _disk_errors_said_plainly(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServerError(f"the data folder {data_dir} cannot be used: {error}") from error


def start_postgres(data_dir: Path) -> Postgres:
    """PostgreSQL alone, ready; `.stop()` or `.kill()` it, `.start()` it again, same URL; `.close()` it at the end."""
    return Postgres(data_dir)


def start_valkey(data_dir: Path, port: int | None = None) -> Valkey:
    """Valkey alone, ready and empty; on a Unix socket, or on `port` of 127.0.0.1 (0: any free one)."""
    return Valkey(data_dir, port=port)
