"""Tells the shop, over HTTP and signed, what has happened at the sandbox; again and again until it is acknowledged (ladder.py).

In processes with the role JOBS. What is to be told lies in a table, so a process that is killed goes on after its
restart; what is told at the moment is given to nobody else until its next turn.
"""

import asyncio
import logging
import secrets
import ssl
import time
from collections.abc import Callable

import aiohttp
from msgspec import Struct

from commerce.payments.sandbox import signed
from commerce.payments.sandbox.books import CHANNEL, Books, Q
from commerce.payments.sandbox.ladder import pauses_ms
from commerce.payments.sandbox.schemas import DELAY_MS_MAX
from commerce.payments.sandbox.settings import SandboxConfig
from livehub.base.db import Database
from livehub.base.errors import LivehubError, Unavailable
from livehub.base.group_commit import GroupCommit
from livehub.base.tasks import Tasks

log = logging.getLogger("commerce.payments.sandbox")

NONCE_BYTES = 16
RETRY_S = 1.0
GATHER_S = 0.005


class Answer(Struct, frozen=True, kw_only=True):
    """How a notice was taken. `status`: None when there was no answer."""

    id: str
    status: int | None


class Telling:
    def __init__(
        self,
        config: SandboxConfig,
        database: Database,
        books: Books,
        real_s: Callable[[], float] = time.time,
        *,
        secret: str,
        batch_max: int,
        waiting_max: int,
    ) -> None:
        self._config = config
        self._database = database
        self._books = books
        self._real_s = real_s
        self._key = signed.key_of(secret, "notices")
        self._pauses_ms = pauses_ms(config.sandbox_ladder_rate)
        self._wake = asyncio.Event()
        self._under_way = 0
        self._tasks = Tasks()
        self._answers: GroupCommit[Answer, bool] = GroupCommit(
            "sandbox answers", self._write, batch_max=batch_max, pending_max=waiting_max
        )
        self._session: aiohttp.ClientSession | None = None
        books.told_of = self._wake.set

    def start(self) -> None:
        most = self._config.sandbox_tells_max
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=most, keepalive_timeout=30.0, ssl=_no_check()),
            timeout=aiohttp.ClientTimeout(total=self._config.sandbox_tell_s_max),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._answers.start()
        self._tasks.start("sandbox notices", self._forever)
        self._tasks.start("sandbox listener", self._listen)

    async def stop(self) -> None:
        await self._tasks.stop()
        await self._answers.stop()
        if self._session is not None:
            await self._session.close()

    async def _listen(self) -> None:
        while True:
            try:
                async with self._database.dedicated_connection() as connection:
                    lost = asyncio.Event()
                    connection.add_termination_listener(lambda _connection: lost.set())  # noqa: B023
                    await connection.add_listener(CHANNEL, lambda *_: self._wake.set())
                    self._wake.set()
                    await lost.wait()
            except Unavailable:
                pass  # whoever waits looks by itself, too
            await asyncio.sleep(RETRY_S)

    async def _forever(self) -> None:
        while True:
            self._wake.clear()
            try:
                found, pause_s = await self._begin_due()
            except Unavailable:
                found, pause_s = 0, self._config.sandbox_poll_s
            # What comes meanwhile is taken together: a look costs more than what it finds.
            await asyncio.sleep(GATHER_S)
            if not found:
                await self._woken(pause_s)

    async def _begin_due(self) -> tuple[int, float]:
        """How many were begun to be told, and how long nothing else is due."""
        free = self._config.sandbox_tells_max - self._under_way
        if free <= 0:
            return 0, self._config.sandbox_poll_s
        now_ms = self._books.now_ms()
        async with self._database.batch.connection() as connection:
            records = await connection.fetch(Q["due_notices"], now_ms, self._pauses_ms, free, DELAY_MS_MAX)
            next_ms = None if records else await connection.fetchval(Q["next_due"])
        for record in records:
            self._under_way += 1
            self._tasks.once("sandbox notice", self._tell(record["id"], record["notify_url"], record["body"].encode()))
        poll_s = self._config.sandbox_poll_s
        return len(records), poll_s if next_ms is None else max(0.001, min(poll_s, (next_ms - now_ms) / 1000))

    async def _woken(self, within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _tell(self, id_: str, url: str, body: bytes) -> None:
        try:
            status = await self._posted(url, body)
            await self._answers.add(Answer(id=id_, status=status))
        except Unavailable:
            pass  # it will be told again
        finally:
            was_full = self._under_way >= self._config.sandbox_tells_max
            self._under_way -= 1
            if was_full:
                self._wake.set()

    async def _posted(self, url: str, body: bytes) -> int | None:
        assert self._session is not None, "it is started"
        signature = signed.signature(self._key, body, at_s=int(self._real_s()), nonce=secrets.token_hex(NONCE_BYTES))
        headers = {"Content-Type": "application/json", signed.HEADER: signature}
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.info("sandbox.not_told", extra={"url": url, "reason": repr(error)})
            return None

    async def _write(self, answers: list[Answer]) -> list[bool | LivehubError]:
        taken = [answer.status == 200 for answer in answers]
        async with self._database.batch.transaction() as tx:
            await tx.connection.execute(
                Q["told"], [answer.id for answer in answers], [answer.status for answer in answers], taken,
                self._books.now_ms(),
            )  # fmt: skip
        return list(taken)


def _no_check() -> ssl.SSLContext:
    """It talks to the house itself, whose certificate is of the name that the outside knows; what it says is signed,
    and no secret."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
