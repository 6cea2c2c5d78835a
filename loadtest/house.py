"""The server under test: one that runs already, or the demo started on a folder of its own; and what its processes use."""

import asyncio
import contextlib
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psutil

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
CHECKOUT = Path(__file__).parent.parent


class House:
    """A server: where it is, tokens for it, and the processor time and memory of its own processes."""

    def __init__(self, host: str, port: int, data: Path, process: psutil.Process | None) -> None:
        self.host = host
        self.port = port
        self._data = data
        self._process = process

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}:{self.port}"

    async def token(self, role: str, user: str) -> str:
        """A token, from the server's own command."""
        command = [sys.executable, "-m", "livehub", "token", "--data", str(self._data), "--role", role, "--user", user]
        child = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE)
        out, _ = await child.communicate()
        if child.returncode:
            raise RuntimeError(f"no token for {role}: is {self._data} the data folder of the server?")
        return out.decode().strip()

    def cpu_s(self) -> float:
        """Processor seconds of the server's Python processes so far, not of PostgreSQL and Valkey; 0.0 if it isn't ours."""
        return sum(t.user + t.system for t in (process.cpu_times() for process in self._pythons()))

    def memory_bytes(self) -> int:
        """Resident memory of the same processes; 0 if it isn't ours."""
        return sum(process.memory_info().rss for process in self._pythons())

    def _pythons(self) -> list[psutil.Process]:
        if self._process is None:
            return []
        family = [self._process, *self._process.children(recursive=True)]
        return [process for process in family if "livehub" in process.cmdline()]


@contextlib.asynccontextmanager
async def own_house(port: int, workers: int) -> AsyncIterator[House]:
    """The demo on an empty folder, as a process; stopped and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="livehub-load-") as folder:
        command = [
            sys.executable,
            "-m",
            "livehub",
            "demo",
            "--port",
            str(port),
            "--data",
            folder,
            "--workers",
            str(workers),
        ]
        child = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT, stdout=asyncio.subprocess.DEVNULL)
        house = House("127.0.0.1", port, Path(folder), psutil.Process(child.pid))
        try:
            await _ready(house)
            yield house
        finally:
            child.terminate()
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await child.wait()


async def _ready(house: House) -> None:
    async with asyncio.timeout(START_TIMEOUT_S), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{house.url}/api/rooms/demo") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.2)
