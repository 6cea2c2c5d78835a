"""Processes of a node: hub workers and the one for jobs, as `serve --workers` starts them, on one database and one Valkey."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from livehub.app import DEMO_MODULES
from livehub.base.config import Config, variable
from livehub.base.module import sections
from tests.integration.server import SECRET, LocalServer, eventually
from tests.patience import LAG_MS_MAX, PATIENCE_S, START_PATIENCE_S
from tests.ports import free_port

CHECKOUT = Path(__file__).parent.parent.parent


def environment(database_url: str, redis_url: str, **settings: Any) -> dict[str, str]:
    """The environment of a process of ours, and nothing of the tests' own settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LIVEHUB_")}
    given = {
        "database_url": database_url,
        "redis_url": redis_url,
        "secret": SECRET,
        "log_level": "WARNING",
        "media_host": "127.0.0.1",
    }
    return {**own, **variables({**given, "admission_lag_ms_max": LAG_MS_MAX, **settings})}


def variables(settings: dict[str, Any]) -> dict[str, str]:
    """Settings by the names they have in the environment."""
    declared: list[type[Config]] = [Config, *sections(DEMO_MODULES)]
    known = {name for section in declared for name in section.__struct_fields__}
    assert settings.keys() <= known
    return {variable(name): str(value) for name, value in settings.items()}


class Program(NamedTuple):
    """What a process runs: `python -m MODULE` in a checkout."""

    module: str = "livehub"
    checkout: Path = CHECKOUT


OURS = Program()


class Process:
    """One `python -m livehub ...`; everything it prints goes to `log`. `url`: where it listens, if it does."""

    def __init__(
        self, arguments: list[str], environ: dict[str, str], log: Path, url: str = "", program: Program = OURS
    ) -> None:
        self.log = log
        self.url = url
        command = [sys.executable, "-m", program.module, *arguments]
        with log.open("ab") as output:
            self._process = subprocess.Popen(command, cwd=program.checkout, env=environ, stdout=output, stderr=output)

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

    async def ended(self, within_s: float = PATIENCE_S) -> int:
        """Its exit status, once it has ended."""
        return await asyncio.to_thread(self._process.wait, within_s)

    def end(self) -> None:
        """Stop it, one way or another."""
        self.tell(signal.SIGTERM)
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.tell(signal.SIGKILL)
            self._process.wait()


class Worker(LocalServer):
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
        self._has_stock = False

    def start(
        self,
        *arguments: str,
        url: str = "",
        program: Program = OURS,
        environ: dict[str, str] | None = None,
        **settings: Any,
    ) -> Process:
        """Any command of ours. `environ`: what its environment has besides."""
        log = self._folder / f"{arguments[0]}-{next(self._numbers)}.log"
        given = {**self._environ, **(environ or {}), **variables(settings)}
        process = Process(list(arguments), given, log, url, program)
        self._stack.callback(process.end)
        return process

    def workers(
        self, number: int, *, port: int | None = None, program: Program = OURS, **settings: Any
    ) -> list[Process]:
        """So many workers, each on a port of its own, or all on `port`; and, with the first, a process for the stock."""
        started = []
        for _ in range(number):
            own_port = port or free_port()
            place = ["--sockets", str(self._folder), "--slot", str(next(self._numbers))]
            url = f"http://127.0.0.1:{own_port}"
            started.append(self.start("worker", "--port", str(own_port), *place, url=url, program=program, **settings))
        if not self._has_stock:
            self._has_stock = True
            self.start("stock-process")
        return started


async def ready(processes: list[Process], session: aiohttp.ClientSession) -> list[Worker]:
    """The workers, when all of them take traffic."""
    workers = [Worker(process, session) for process in processes]
    for worker in workers:
        await eventually(worker.is_ready, within_s=START_PATIENCE_S)
    return workers
