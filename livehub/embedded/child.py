"""A server process that we own: started through its watchdog, stopped or killed by us, gone when we are.

The blocking calls here are for start-up, shut-down and tests; an event loop calls them in a thread.
"""

import contextlib
import importlib.util
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

WATCHDOG = Path(__file__).with_name("watchdog.py")
LOG_BYTES_MAX = 10_000_000  # a bigger log is set aside at the next start; one older one is kept
LOG_TAIL_BYTES = 16_384  # how far back the cause of a failed start is looked for
POLL_S = 0.02
SOCKET_PATH_BYTES_MAX = 100  # sockaddr_un has room for 104 bytes on macOS and 108 on Linux, with the final zero


class ServerError(Exception):
    """A server cannot be started or has ended; the text is one line for the person at the terminal."""


@dataclass(frozen=True)
class Account:
    """Whom a server runs as, and whether it needs leave to look into folders that are closed to that user."""

    user_id: int
    group_id: int
    need_search: bool = False

    @classmethod
    def own(cls) -> "Account":
        return cls(os.geteuid(), os.getegid())

    @classmethod
    def unprivileged(cls, *paths: Path) -> "Account":
        """Us, or if we are root, a user of the system with no rights; `paths` are what it has to reach."""
        if os.geteuid() != 0:
            return cls.own()
        known = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
        entry = next((known[name] for name in ("postgres", "nobody", "daemon") if name in known), None)
        if entry is None:
            raise ServerError("PostgreSQL does not run as root, and there is no user `nobody` to run it as")
        return cls(entry.pw_uid, entry.pw_gid, not all(_is_open_to_all(path) for path in paths))


class OwnedServer:
    """A server that can be started, stopped, killed and started again: a Child for each run."""

    _child: "Child | None" = None

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def stop(self) -> None:
        """Ends it as it wants to be ended. Keeps the lock on its folder, for another start."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def kill(self) -> None:
        """SIGKILL, as a crash would have it."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    @staticmethod
    def _start_when_free(start: Callable[[], None], *, timeout_s: float) -> None:
        """`start`, again while it fails because one that was killed still holds what it needs."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            try:
                start()
            except ServerError as error:
                if "in use" not in str(error) or time.monotonic() > deadline_s:
                    raise
                time.sleep(POLL_S * 5)
            else:
                return


class Child:
    """One run of a server process."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path, log_start: int) -> None:
        self._name = name
        self._process = process
        self._log = log
        self._log_start = log_start
        assert process.stdout is not None
        first_line = process.stdout.readline()
        if not first_line:
            raise ServerError(f"{name} cannot be started: {self.complaint()}")
        self.pid = int(first_line)

    @classmethod
    def start(
        cls,
        name: str,
        command: list[str],
        *,
        log: Path,
        account: Account,
        stop_signal: signal.Signals,
    ) -> "Child":
        """Starts `command`; what it prints goes to `log`. It is still up to the caller to see that it is ready."""
        _set_aside(log)
        watchdog = [sys.executable, "-I", "-S", str(WATCHDOG), str(int(stop_signal))]
        watchdog += [str(account.user_id), str(account.group_id), str(int(account.need_search))]
        with log.open("ab") as output:
            log_start = output.tell()
            process = subprocess.Popen(
                [*watchdog, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                cwd="/",
                start_new_session=True,  # Ctrl-C in the terminal is for us; we then stop our children in order
            )
        return cls(name, process, log, log_start)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_until(self, is_ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Returns once the server is ready; raises ServerError when it ends before that, or takes too long."""
        deadline_s = time.monotonic() + timeout_s
        while not is_ready():
            if not self.alive:
                raise ServerError(f"{self._name} ended while starting: {self.complaint()}")
            if time.monotonic() > deadline_s:
                self.kill()
                raise ServerError(f"{self._name} was not ready after {timeout_s:.0f} s (log: {self._log})")
            time.sleep(POLL_S)

    def complaint(self) -> str:
        """The line of this run's log that most likely says what is wrong, and where to read more."""
        with self._log.open("rb") as file:
            file.seek(max(self._log_start, self._log.stat().st_size - LOG_TAIL_BYTES))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "rror", "cannot", "use"))]
        return f"{(telling or lines or ['it said nothing'])[-1]} (log: {self._log})"

    def wait(self) -> int:
        """For a command that ends by itself: its exit status."""
        status = self._process.wait()
        self.stop()
        return status

    def stop(self) -> None:
        """An orderly end. Does nothing when it has ended already."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def kill(self) -> None:
        """SIGKILL to the server itself and to its processes, as a crash would have it: one that only misses its parent may
        answer a request that was on its way before it notices.
        """
        if self.alive:
            children = _children(self.pid)
            os.kill(self.pid, signal.SIGKILL)
            for child in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        self.stop()


def _children(pid: int) -> list[int]:
    """The processes that `pid` has started; none on systems that don't tell (only Linux does, in proc(5))."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def socket_folder(preferred: Path) -> Path:
    """Where to put a Unix socket: `preferred`, or a new private folder where that is too long or not fit for a URL."""
    plain = all(part.isalnum() or part in "/._-" for part in str(preferred)) and str(preferred).isascii()
    if plain and len(str(preferred)) + len("/.s.PGSQL.5432.lock") <= SOCKET_PATH_BYTES_MAX:
        return preferred
    return Path(tempfile.mkdtemp(prefix="livehub-", dir="/tmp"))  # its mode is 0700, and $TMPDIR may be long


def package_folder(name: str) -> Path:
    """Where a wheel's files lie. Without importing it: what both wheels do on import is not for us."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(f"the package {name} is not installed; run `make setup`")
    return Path(spec.origin).parent


def _set_aside(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))


def _is_open_to_all(path: Path) -> bool:
    """Whether any user can get as far as `path`."""
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))
