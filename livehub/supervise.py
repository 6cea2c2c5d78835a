"""The processes of one node: N hub workers on one port (SO_REUSEPORT), one for media, one for jobs.

All are watched. One that dies is started again after a pause that doubles up to RESTART_PAUSE_MAX_S while it keeps dying
young. On
SIGTERM or SIGINT all are told to stop, and killed when the grace time is over.
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

log = logging.getLogger("livehub.supervise")

RESTART_PAUSE_MIN_S = 0.2
RESTART_PAUSE_MAX_S = 10.0
YOUNG_S = 10.0


class Supervisor:
    """Keeps `commands` (name to argument list) running."""

    def __init__(self, commands: dict[str, list[str]], environ: dict[str, str], grace_s: float) -> None:
        self._commands = commands
        self._environ = environ
        self._grace_s = grace_s
        self._stopping = asyncio.Event()
        self._children: dict[str, asyncio.subprocess.Process] = {}

    async def run(self, ready: Callable[[], Awaitable[None]]) -> None:
        """Until told to stop. `ready` runs once, when all have been started."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        async with asyncio.TaskGroup() as group:
            keepers = [group.create_task(self._keep(name)) for name in self._commands]
            await ready()
            await self._stopping.wait()
            await self._stop_children()
            for keeper in keepers:
                keeper.cancel()

    async def _keep(self, name: str) -> None:
        loop = asyncio.get_running_loop()
        pause_s = RESTART_PAUSE_MIN_S
        while not self._stopping.is_set():
            started_s = loop.time()
            # A group of its own: Ctrl-C in a terminal then reaches us alone, and we stop the children in order.
            child = await asyncio.create_subprocess_exec(
                *self._commands[name], env=self._environ, start_new_session=True
            )
            self._children[name] = child
            code = await child.wait()
            if self._stopping.is_set():
                return
            pause_s = (
                RESTART_PAUSE_MIN_S if loop.time() - started_s > YOUNG_S else min(pause_s * 2, RESTART_PAUSE_MAX_S)
            )
            log.error("supervise.died", extra={"child": name, "code": code, "restart_in_s": pause_s})
            await asyncio.sleep(pause_s)

    async def _stop_children(self) -> None:
        living = [child for child in self._children.values() if child.returncode is None]
        for child in living:
            child.terminate()
        try:
            async with asyncio.timeout(self._grace_s + 2.0):
                await asyncio.gather(*(child.wait() for child in living))
        except TimeoutError:
            for child in living:
                if child.returncode is None:
                    child.kill()


def commands(port: int, workers: int, sockets: Path) -> dict[str, list[str]]:
    """What to run for `workers` hub workers on `port`; in the folder `sockets` they reach each other."""
    program = [sys.executable, "-m", "livehub"]
    us = ["--parent", str(os.getpid())]
    hubs = {
        f"hub-{n}": [*program, "worker", "--port", str(port), "--sockets", str(sockets), "--slot", str(n), *us]
        for n in range(1, workers + 1)
    }
    others = {name: [*program, name, "--sockets", str(sockets), *us] for name in ("media", "jobs")}
    return {**hubs, **others}


def environment(database_url: str, redis_url: str, secret: str, extra: dict[str, str]) -> dict[str, str]:
    """The environment of the children: ours, and where the servers are."""
    return {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "LIVEHUB_SECRET": secret, **extra}
