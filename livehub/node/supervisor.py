"""The processes of one node: N hub workers on one port (SO_REUSEPORT), one each for media, jobs, the stock and the log.

A process that dies is started again after a pause, which doubles up to RESTART_PAUSE_S_MAX while it keeps dying young. On
SIGTERM or SIGINT, and when `ready` fails, all are told to stop, LAST when the others have ended, and killed when the grace time
is over.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path

from livehub.base.tasks import Tasks
from livehub.node import media_proxy

log = logging.getLogger("livehub.node.supervisor")

RESTART_PAUSE_S_MIN = 0.2
RESTART_PAUSE_S_MAX = 10.0
YOUNG_S = 10.0
GRACE_MORE_S = 2.0  # a process keeps to the grace time by itself; this is for what it does before and after
UNSEEN = ("jobs", "stock", "log")  # processes that no client sees
LAST = "stock"  # the others ask it until they end


class Supervisor:
    """Keeps `commands` (name to argument list) running."""

    def __init__(self, commands: dict[str, list[str]], environ: dict[str, str], grace_s: float) -> None:
        self._commands = commands
        self._environ = environ
        self._grace_s = grace_s
        self._stopping = asyncio.Event()
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._tasks = Tasks()

    async def run(self, ready: Callable[[], Awaitable[None]]) -> None:
        """Run until told to stop. `ready` is called once, when all have been started; raises what it raises."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        try:
            for name in self._commands:
                self._tasks.start("process of this node", partial(self._keep, name), of=name)
            await self._until_stopping(ready)
            await self._stopping.wait()
        finally:
            self._stopping.set()
            await self._stop_children()
            await self._tasks.stop()

    async def _until_stopping(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work`, or as much of it as there is time for."""
        working, stopping = asyncio.ensure_future(work()), asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                await working
        finally:
            for future in (working, stopping):
                future.cancel()
            await asyncio.wait((working, stopping))

    async def _keep(self, name: str) -> None:
        loop = asyncio.get_running_loop()
        pause_s = RESTART_PAUSE_S_MIN
        while not self._stopping.is_set():
            started_s = loop.time()
            # A group of its own: Ctrl-C in a terminal then reaches us alone, and we stop the children in order.
            child = await asyncio.create_subprocess_exec(
                *self._commands[name], env=self._environ, start_new_session=True
            )
            self._children[name] = child
            if self._stopping.is_set():  # since we began to start it
                child.terminate()
            code = await child.wait()
            if self._stopping.is_set():
                return
            was_young = loop.time() - started_s <= YOUNG_S
            pause_s = min(pause_s * 2, RESTART_PAUSE_S_MAX) if was_young else RESTART_PAUSE_S_MIN
            log.error("supervise.died", extra={"child": name, "code": code, "restart_in_s": pause_s})
            await asyncio.sleep(pause_s)

    async def _stop_children(self) -> None:
        last = [child for name, child in self._children.items() if name == LAST]
        others = [child for name, child in self._children.items() if name != LAST]
        until_s = asyncio.get_running_loop().time() + self._grace_s
        _terminate(others)
        await _ended(others, until_s)
        _terminate(last)
        await _ended([*others, *last], until_s + GRACE_MORE_S)
        for child in (living := _living([*others, *last])):
            child.kill()
        await asyncio.gather(*(child.wait() for child in living))


def _living(processes: Iterable[asyncio.subprocess.Process]) -> list[asyncio.subprocess.Process]:
    return [process for process in processes if process.returncode is None]


def _terminate(processes: Iterable[asyncio.subprocess.Process]) -> None:
    for process in _living(processes):
        process.terminate()


async def _ended(processes: Iterable[asyncio.subprocess.Process], until_s: float) -> None:
    """When they have ended, or it is `until_s` by the loop's time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(until_s):
            await asyncio.gather(*(process.wait() for process in _living(processes)))


def commands(port: int, workers: int, sockets: Path, *, media: bool, dev: bool = False) -> dict[str, list[str]]:
    """What to run: hub workers on `port`, the jobs, the stock, the log, and `media` if asked for. In the folder `sockets` they
    reach each other.

    `dev`: with the parts that are for `demo` alone.
    """
    program = [sys.executable, "-m", "livehub"]
    own = ["--sockets", str(sockets), "--parent", str(os.getpid()), *(["--dev"] if dev else [])]
    without = [] if media else ["--no-media"]
    hubs = {
        f"hub-{n}": [*program, "worker", "--port", str(port), "--slot", str(n), *own, *without]
        for n in range(1, workers + 1)
    }
    unseen = {name: f"{name}-process" for name in UNSEEN}
    others = {**({"media": "media"} if media else {}), **unseen}
    return {**hubs, **{name: [*program, command, *own] for name, command in others.items()}}


def sockets(folder: Path, workers: int, *, media: bool) -> dict[str, Path]:
    """Where each of these processes answers once it is up, in the folder that `commands` got."""
    hubs = {f"hub-{n}": folder / f"worker-{n}.sock" for n in range(1, workers + 1)}
    others = {**({"media": media_proxy.SOCKET} if media else {}), **{name: f"{name}.sock" for name in UNSEEN}}
    return {**hubs, **{name: folder / file for name, file in others.items()}}


def environment(database_url: str, redis_url: str, secret: str, extra: dict[str, str]) -> dict[str, str]:
    """The environment of the children: ours, and where the servers are."""
    return {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "LIVEHUB_SECRET": secret, **extra}
