"""A node whose every part can fail: PostgreSQL, Valkey, two workers, two stock processes, jobs; each process reaches PostgreSQL
through a proxy of its own, and has a clock of its own. Who dies is started again, as a supervisor would.
"""

import asyncio
import contextlib
import mmap
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from loadtest.kill.launch import OFFSET, new_offset
from loadtest.kill.postgres import DATABASE, USER, Postgres
from loadtest.kill.proxy import Proxy
from loadtest.server import CHECKOUT, START_TIMEOUT_S, Broker, ServerLost

SECRET = "a secret of the kill runs, of more than 32 characters"
STOCKS, WORKERS = ("stock-1", "stock-2"), ("worker-1", "worker-2")
RESTART_S = 0.2
STOP_S = 5.0
LOOK_S = 0.05
SETTINGS = {
    # What is there against one who does too much would only be in the way: all people are on this machine.
    "LIVEHUB_ADMISSION_LAG_MS_MAX": "60000",
    "LIVEHUB_SOCKETS_PER_ADDRESS_MAX": "100000",
    "LIVEHUB_SOCKET_EVENTS_PER_S_MAX": "10000",
    "LIVEHUB_SOCKET_EVENTS_BURST_MAX": "10000",
    "LIVEHUB_HTTP_REQUESTS_PER_S_MAX": "100000",
    "LIVEHUB_HTTP_REQUESTS_BURST_MAX": "100000",
    "LIVEHUB_TICK_INTERVAL_MS": "500",
    "LIVEHUB_TICK_INTERVAL_MS_MAX": "1000",
    "LIVEHUB_SOCKET_SEND_LOOP": "off",
    "LIVEHUB_PAYMENT_PROVIDERS": "sandbox",
    "LIVEHUB_ORDER_UNPAID_MAX": "100",
    "LIVEHUB_ORDER_CLOSING_S": "5",
    "LIVEHUB_ORDER_CLOSING_RETRY_S": "0.5",
    "LIVEHUB_PAYMENT_POLL_S": "0.3",
    "LIVEHUB_REFUND_ALONE_MAX_MINOR": "1000000",
}


class Member:
    """A process of the node."""

    def __init__(self, name: str, arguments: list[str], environ: dict[str, str], folder: Path, proxy: Proxy) -> None:
        self.name = name
        self.proxy = proxy
        self._arguments = arguments
        self._environ = environ
        self._log = folder / f"{name}.log"
        self._offset_file = folder / f"{name}.clock"
        self._offset: mmap.mmap = new_offset(self._offset_file)
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._made = 0  # connections through the proxy when the process was started
        self.starts = 0

    def keep(self) -> None:
        """Start it, and start it again whenever it ends."""
        self._keeping = asyncio.create_task(self._keep(), name=self.name)

    async def _keep(self) -> None:
        command = [sys.executable, "-m", "loadtest.kill.launch", str(self._offset_file), *self._arguments]
        while True:
            self._made = self.proxy.made
            self.starts += 1
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *command, cwd=CHECKOUT, env=self._environ, stdout=log, stderr=log, start_new_session=True
                )
            await self._process.wait()
            await asyncio.sleep(RESTART_S)

    async def end(self) -> None:
        """For good."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        if self._process is not None and self._process.returncode is None:
            self.tell(signal.SIGCONT)
            self.tell(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_S):
                    await self._process.wait()
            self.tell(signal.SIGKILL)
            await self._process.wait()

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    def set_clock(self, offset_s: float) -> None:
        """Its time of day is off by so much from now on."""
        OFFSET.pack_into(self._offset, 0, offset_s)

    @property
    def has_begun(self) -> bool:
        """Whether it has spoken to PostgreSQL since it was started; a stock process does when it can lead."""
        is_alive = self._process is not None and self._process.returncode is None
        return is_alive and self.proxy.made > self._made

    @property
    def said(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-2_000:] if self._log.exists() else ""


class Node:
    """`addresses`: of the stock processes, by the address that the leader's row has."""

    def __init__(self, folder: Path, postgres: Postgres, valkey: Broker) -> None:
        self._folder = folder
        self.postgres = postgres
        self.valkey = valkey
        self.members: dict[str, Member] = {}
        self.ports: dict[str, int] = {}
        self._by_address: dict[str, str] = {}
        self._leader = STOCKS[0]

    def url(self, worker: str) -> str:
        """Where a worker is reached."""
        return f"http://127.0.0.1:{self.ports[worker]}"

    async def start(self, settings: Mapping[str, str]) -> None:
        """Start all processes. Raises ServerLost when they do not come up."""
        sockets = self._folder / "sockets"
        sockets.mkdir(exist_ok=True)
        names = (*STOCKS, *WORKERS, "jobs")
        self.ports = dict(zip((*WORKERS, *STOCKS), _free_ports(len(WORKERS) + len(STOCKS)), strict=True))
        self._by_address = {f"127.0.0.1:{self.ports[name]}": name for name in STOCKS}
        own = ["--sockets", str(sockets), "--parent", str(os.getpid())]
        for slot, name in enumerate(names, 1):
            proxy = Proxy(str(self.postgres.folder), 5432)
            await proxy.start()
            environ = environment(f"postgresql://{USER}@127.0.0.1:{proxy.port}/{DATABASE}", self.valkey.url, settings)
            if name in STOCKS:
                arguments = ["stock-process", *own]
                environ |= {"LIVEHUB_STOCK_PORT": str(self.ports[name]), "LIVEHUB_LOG_LEVEL": "INFO"}
            elif name in WORKERS:
                arguments = ["worker", "--port", str(self.ports[name]), "--slot", str(slot), "--no-media", *own]
            else:
                arguments = ["jobs-process", *own]
            self.members[name] = Member(name, arguments, environ, self._folder, proxy)
            self.members[name].keep()
        await self.ready()

    async def stop(self) -> None:
        """End all processes."""
        await asyncio.gather(*(member.end() for member in self.members.values()))
        for member in self.members.values():
            await member.proxy.stop()
        self.members = {}

    async def heal(self) -> None:
        """Nothing is frozen, silent or off any more; who is dead comes back by itself."""
        for member in self.members.values():
            member.tell(signal.SIGCONT)
            member.proxy.pass_all()
            member.set_clock(0.0)

    async def ready(self) -> None:
        """Wait until all processes do their work. Raises ServerLost."""
        deadline_s = time.monotonic() + START_TIMEOUT_S
        timeout = aiohttp.ClientTimeout(total=2.0)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for name, member in self.members.items():
                while why := await self._why_not_ready(session, name, member):
                    if time.monotonic() > deadline_s:
                        raise ServerLost(f"{name} did not come up: {why}; {member.said}")
                    await asyncio.sleep(LOOK_S)

    async def _why_not_ready(self, session: aiohttp.ClientSession, name: str, member: Member) -> str:
        """Empty, when it has begun, and, for a worker, takes traffic, and nothing that it needs is away."""
        if not member.has_begun:
            return "it has not spoken to PostgreSQL yet"
        if name not in WORKERS:
            return ""
        try:
            async with session.get(f"{self.url(name)}/readyz") as answer:
                told = await answer.text()
                is_ready = answer.status == 200 and not (await answer.json()).get("away")
                return "" if is_ready else f"{answer.status} {told[:300]}"
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError) as error:
            return repr(error)

    # --- PostgreSQL, directly ---

    @contextlib.asynccontextmanager
    async def database(self) -> AsyncIterator[Any]:
        """A connection past all proxies. Raises OSError or PostgreSQL's errors."""
        connection = await asyncpg.connect(host=str(self.postgres.folder), user=USER, database=DATABASE, timeout=5.0)
        try:
            yield connection
        finally:
            connection.terminate()

    async def leader(self) -> str:
        """Which stock process leads; the one that did last, when nobody can say."""
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            async with self.database() as connection:
                address = await connection.fetchval("SELECT address FROM stock_epochs WHERE NOT is_over")
                self._leader = self._by_address.get(address, self._leader)
        return self._leader

    def other(self, stock: str) -> str:
        """The stock process that is not this one."""
        return STOCKS[1 - STOCKS.index(stock)]


def environment(database_url: str, redis_url: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Of a process: ours, without what is set there for livehub."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("LIVEHUB_")}
    given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "LIVEHUB_SECRET": SECRET}
    return {**own, **given, "LIVEHUB_LOG_LEVEL": "WARNING", **SETTINGS, **settings}


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        found = []
        for _ in range(count):
            listener = stack.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            found.append(int(listener.getsockname()[1]))
        return found


@contextlib.asynccontextmanager
async def servers(folder: Path) -> AsyncIterator[tuple[Postgres, Broker]]:
    """PostgreSQL with livehub's schema, and Valkey; ended afterwards."""
    postgres, valkey = Postgres(folder), Broker(folder)
    try:
        await postgres.start()
        await valkey.start()
        await _prepare(postgres, valkey)
        yield postgres, valkey
    finally:
        await valkey.kill()
        await postgres.stop()


async def _prepare(postgres: Postgres, valkey: Broker) -> None:
    connection = await asyncpg.connect(host=str(postgres.folder), user=USER, database="postgres")
    await connection.execute(f'CREATE DATABASE "{DATABASE}"')
    await connection.close()
    command = [sys.executable, "-m", "livehub", "migrate"]
    child = await asyncio.create_subprocess_exec(
        *command,
        cwd=CHECKOUT,
        env=environment(postgres.url(), valkey.url, {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await child.communicate()
    if child.returncode:
        raise ServerLost(f"the database cannot be prepared: {said.decode(errors='replace')[-500:]}")
