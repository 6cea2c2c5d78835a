"""Processes of a node: hub workers and the one for jobs, as `serve --workers` starts them, on one database and one Valkey."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from livehub.base.config import Config, variable
from livehub.servers.valkey import free_port
from tests.integration.house import SECRET, House, eventually

CHECKOUT = Path(__file__).parent.parent.parent
UP_WITHIN_S = 60.0
GONE_WITHIN_S = 20.0


def environment(database_url: str, redis_url: str, **settings: Any) -> dict[str, str]:
    """The environment of a process of ours, and nothing of the tests' own settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LIVEHUB_")}
    given = {"database_url": database_url, "redis_url": redis_url, "secret": SECRET, "log_level": "WARNING", **settings}
    return {**own, **variables(given)}


def variables(settings: dict[str, Any]) -> dict[str, str]:
    """Settings by the names they have in the environment."""
    assert settings.keys() <= set(Config.__struct_fields__)
    return {variable(name): str(value) for name, value in settings.items()}


class Process:
    """One `python -m livehub ...`; everything it prints goes to `log`. `url`: where it listens, if it does."""

    def __init__(self, arguments: list[str], environ: dict[str, str], log: Path, url: str = "") -> None:
        self.log = log
        self.url = url
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "livehub", *arguments], cwd=CHECKOUT, env=environ, stdout=output, stderr=output
            )

    @property
    def printed(self) -> str:
        """All that it printed so far."""
        return self.log.read_text()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal, if it is still there."""
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Its exit status, once it has ended."""
        return await asyncio.to_thread(self._process.wait, GONE_WITHIN_S)

    def end(self) -> None:
        """Stop it, one way or another."""
        self.tell(signal.SIGTERM)
        try:
            self._process.wait(GONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.tell(signal.SIGKILL)
            self._process.wait()


class Worker(House):
    """A process that holds sockets."""

    def __init__(self, process: Process, session: aiohttp.ClientSession) -> None:
        super().__init__(process.url, session)
        self.process = process

    async def is_ready(self) -> bool:
        """Whether it takes traffic. Fails when it has ended."""
        assert self.process.alive, self.process.printed
        try:
            return not await self.away()
        except aiohttp.ClientConnectionError:
            return False


class Processes:
    """Starts processes in `folder`, and ends them all."""

    def __init__(self, environ: dict[str, str], folder: Path, stack: ExitStack) -> None:
        self._environ = environ
        self._folder = folder
        self._stack = stack
        self._numbers = count(1)

    def start(self, *arguments: str, url: str = "", **settings: Any) -> Process:
        """Any command of ours."""
        log = self._folder / f"{arguments[0]}-{next(self._numbers)}.log"
        process = Process(list(arguments), {**self._environ, **variables(settings)}, log, url)
        self._stack.callback(process.end)
        return process

    def workers(self, number: int, *, port: int | None = None, **settings: Any) -> list[Process]:
        """So many workers, each on a port of its own, or all on `port`."""
        started = []
        for _ in range(number):
            own_port = port or free_port()
            place = ["--sockets", str(self._folder), "--slot", str(next(self._numbers))]
            url = f"http://127.0.0.1:{own_port}"
            started.append(self.start("worker", "--port", str(own_port), *place, url=url, **settings))
        return started


async def ready(processes: list[Process], session: aiohttp.ClientSession) -> list[Worker]:
    """The workers, when all of them take traffic."""
    workers = [Worker(process, session) for process in processes]
    for worker in workers:
        await eventually(worker.is_ready, within_s=UP_WITHIN_S)
    return workers
