"""A server with the demo farm that may be killed and started again at the same address, and shows in rooms of their own.

    async with started(database_url, valkey, folder) as site:
        room = await site.show()                      # a room like the demo's, live, with a bag
        await site.kill()
        await site.start()                            # same port, same database

The database and Valkey outlive it.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp
import asyncpg
from playwright.async_api import BrowserContext

from livehub.base.auth import Role
from livehub.commands.demo_farm import FARM, IN_THE_BAG
from livehub.embedded.servers import Valkey
from livehub.people import persons, sessions
from tests.e2e.server import UP
from tests.integration.server import SECRET, LocalServer, Person
from tests.patience import LAG_MS_MAX, START_PATIENCE_S
from tests.ports import free_port

ROOT = Path(__file__).parent.parent.parent
PASSED_ON = {"LIVEHUB_WEB_DIST"}  # pages that were built elsewhere may be tried; other settings are ours
LOOK_S = 0.05


class Site(LocalServer):
    """See the module."""

    def __init__(self, session: aiohttp.ClientSession, database_url: str, valkey: Valkey, log: Path) -> None:
        self._port = free_port()
        super().__init__(f"http://127.0.0.1:{self._port}", session)
        self.valkey = valkey
        self._log = log
        self._environ = {
            **{
                name: value
                for name, value in os.environ.items()
                if name in PASSED_ON or not name.startswith("LIVEHUB_")
            },
            "DATABASE_URL": database_url,
            "REDIS_URL": valkey.url,
            "LIVEHUB_SECRET": SECRET,
            "LIVEHUB_MEDIA_HOST": "127.0.0.1",
            "LIVEHUB_SIGN_IN_BY_NAME": "true",
            "LIVEHUB_SIGN_IN_BY_LINK": "true",
            "LIVEHUB_PAYMENT_PROVIDERS": "sandbox",
            "LIVEHUB_LOG_FORMAT": "text",
            "LIVEHUB_LOG_LEVEL": "WARNING",
            "LIVEHUB_RECONNECT_SPREAD_MS": "500",
            "LIVEHUB_ADMISSION_LAG_MS_MAX": str(LAG_MS_MAX),
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, **settings: str) -> None:
        """Start the server; back when it may be visited. `settings`: environment variables, for this time."""
        assert self._process is None, "it runs"
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.e2e.server", str(self._port), str(os.getpid()),
                cwd=ROOT, env={**self._environ, **settings}, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            async with asyncio.timeout(START_PATIENCE_S):
                while UP not in self._log.read_text().splitlines():
                    assert self._process.returncode is None, f"the server ended:\n{self._log.read_text()}"
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise AssertionError(f"the server is not up after {START_PATIENCE_S} s:\n{self._log.read_text()}") from None

    async def kill(self) -> None:
        """End it without a word, as a crash does."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """End it as an operator does, with a goodbye to everybody."""
        await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)
            await self._process.wait()
        self._process = None

    @asynccontextmanager
    async def neighbour(self) -> AsyncIterator[Self]:
        """The same server, at another address."""
        other = type(self)(
            self.session, self._environ["DATABASE_URL"], self.valkey, self._log.with_suffix(".neighbour.log")
        )
        try:
            await other.start()
            yield other
        finally:
            await other.kill()

    async def show(self, **fields: Any) -> str:
        """A new room like the demo's: live, with a host, a poster and a full bag, nothing pinned."""
        host = {"name": FARM["zh"], "names": FARM, "avatar": "/demo/host.svg"}
        room = await self.room(
            **{"title": "蓝莓开采 Blueberry day", "host": host, "poster": "/demo/field.svg", **fields}
        )
        for product in IN_THE_BAG:
            await self.do("POST", f"/api/rooms/{room}/bag", {"product": product})
        return room

    async def sign_in(self, context: BrowserContext, person: Person, app: str = "viewer") -> None:
        """Have a browser be signed in from now on, as if they had done so before."""
        now_ms = int(time.time() * 1_000)
        connection = await asyncpg.connect(self._environ["DATABASE_URL"])
        try:
            account = await persons.create(
                connection, name=person.name, now_ms=now_ms, role=Role(person.role), id_=person.id
            )
            opened = await sessions.begin(
                connection,
                account,
                app=app,
                how="name",
                device="Chromium",
                now_ms=now_ms,
                life_s=86_400,
                sessions_max=20,
            )
        finally:
            await connection.close()
        await context.add_cookies(
            [{"name": f"livehub-{app}", "value": opened.secret, "url": self.url, "httpOnly": True, "sameSite": "Lax"}]
        )

    def link(self, path: str, person: Person) -> str:
        """A sign-in link to a page."""
        return f"{self.url}{path}#token={person.token}"


@asynccontextmanager
async def started(database_url: str, valkey: Valkey, folder: Path) -> AsyncIterator[Site]:
    """A running Site."""
    async with aiohttp.ClientSession() as session:
        site = Site(session, database_url, valkey, folder / "server.log")
        try:
            await site.start()
            yield site
        finally:
            await site.kill()
