"""Idempotency-Key: the same key and body get the same answer, whatever was lost on the way.

In one transaction, as nearly all: the key, the effect and the answer are committed together; after a crash there are all three
or none. Only successes are kept; after a refusal nothing had changed, so a retry is a first try.

In two, for a call that asks somebody outside (a payment provider) and must not keep a transaction open meanwhile:

    claim the key (commit)  >  act, nothing open  >  what is to be written, and the answer (commit)

                     answered ------> FINISHED    the answer, for ever after
        CLAIMED ---- refused -------> (no row)    it had no effect; the next one is the first
                     anything else -> ENDED       it may have had an effect: the next one is told so by its `attempt`, 2 or more
                     crash ---------> CLAIMED until its time is over, then as ENDED

So a handler derives the provider's key from ours, and asks the provider first what became of it when `attempt` is not 1. An
attempt that outlived its time can write nothing: `remember` finds that another one was begun.

A second request under the key waits without a connection: in this process for its turn, then, for another process, by looking
again; `wait_s` at most. Source: draft-ietf-httpapi-idempotency-key-header-07.

An answer that tells a secret (`Endpoint.tells_secret`) is kept encrypted (sealing.py).
"""

import asyncio
import hashlib
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from msgspec import Struct

from livehub.base.db import Database, Transaction
from livehub.base.errors import BadRequest, KeyReused, LivehubError, Unavailable
from livehub.base.keyed_semaphore import KeyedSemaphore
from livehub.base.sealing import CannotOpen, Sealer
from livehub.base.sql import queries

log = logging.getLogger("livehub.base.idempotency")
Q = queries(__file__, "idempotency.sql")

LOOK_AGAIN_S = 0.02  # doubled each time
LOOK_AGAIN_S_MAX = 0.5
RETRY_AFTER_MS = 1_000

_KEY = re.compile(r"^[\x21-\x7e]{8,128}$")


class StoredResponse(Struct, frozen=True):
    """An answer given before, or to be given again."""

    status: int
    body: bytes


class KeyedRequest(Struct, frozen=True):
    """A request under a key. `scope`: who asks. `is_secret`: its answer is kept encrypted."""

    scope: str
    key: str
    fingerprint: bytes
    is_secret: bool = False

    @property
    def about(self) -> bytes:
        """What a sealed answer belongs to. Not to `scope`: who asked may have become somebody else since."""
        return self.key.encode() + b"\0" + self.fingerprint


class RowKey(Struct, frozen=True):
    """An Idempotency-Key as it is kept, for ever, in the row that was made under it. `digest`: of who asked and the key."""

    digest: bytes
    fingerprint: bytes

    def check(self, known: bytes) -> None:
        """Raise KeyReused unless the row was made by the same request. `known`: its fingerprint."""
        if known != self.fingerprint:
            raise KeyReused


Write = Callable[[Transaction], Awaitable[None]]


def checked_key(header: str) -> str:
    """The key, or BadRequest: 8-128 visible ASCII characters, in quotes or not."""
    key = header.strip().strip('"')
    if not _KEY.match(key):
        raise BadRequest("Idempotency-Key: 8 to 128 visible ASCII characters are needed.")
    return key


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).digest()


async def claim(
    tx: Transaction, request: KeyedRequest, sealer: Sealer, *, for_s: float | None = None
) -> StoredResponse | int | None:
    """The answer given before; or which attempt ours is, from 1 on; or None while another one is under way.

    Ours it is until `tx` ends, and `for_s` beyond. Raises KeyReused, also when the server's secret is another one since.
    """
    scope, key = request.scope, request.key
    asked = await tx.connection.fetchrow(Q["claim_key"], scope, key, request.fingerprint, for_s)
    assert asked is not None
    if asked["is_new"]:
        return 1
    row = await tx.connection.fetchrow(Q["claimed"], scope, key) if asked["is_free"] else None
    if row is None:
        return None
    if row["fingerprint"] != request.fingerprint:
        raise KeyReused
    if row["status"] is not None:
        return StoredResponse(row["status"], await _opened(row["body"], row["sealed"], request, sealer))
    if row["is_under_way"]:
        return None
    attempt: int = await tx.connection.fetchval(Q["claim_again"], scope, key, for_s)
    return attempt


async def _opened(body: str | None, sealed: bytes | None, request: KeyedRequest, sealer: Sealer) -> bytes:
    if sealed is None:
        return (body or "").encode()
    try:
        return await sealer.open(sealed, request.about)
    except CannotOpen as error:
        raise KeyReused from error


async def remember(
    tx: Transaction, request: KeyedRequest, sealer: Sealer, attempt: int, answer: StoredResponse
) -> None:
    """Keep the answer, in the transaction of its effect. Raises Unavailable if another attempt was begun since."""
    if request.is_secret:
        body, sealed = None, await sealer.seal(answer.body, request.about)
    else:
        body, sealed = answer.body.decode(), None
    arguments = request.scope, request.key, attempt, answer.status, body, sealed
    if await tx.connection.fetchval(Q["remember"], *arguments) is None:
        raise Unavailable("The request took too long.", retry_after_ms=RETRY_AFTER_MS)


class IdempotentCalls:
    """Runs requests under their keys; each method returns the answer, and whether it was given before."""

    def __init__(self, database: Database, secret: str, *, wait_s: float, act_s_max: float) -> None:
        self._database = database
        self._sealer = Sealer(secret, "answers")
        self._wait_s = wait_s
        self._act_s_max = act_s_max
        self._claim_s = act_s_max + 2 * wait_s  # to act, then to commit what came of it
        self._turns = KeyedSemaphore(1)

    async def run(
        self, request: KeyedRequest, work: Callable[[Transaction], Awaitable[StoredResponse]]
    ) -> tuple[StoredResponse, bool]:
        """`work`, in one transaction with its key. Raises KeyReused, and Unavailable when the one before takes too long."""
        async with self._turn(request):
            async for _ in self._looks():
                async with self._database.transaction() as tx:
                    claimed = await claim(tx, request, self._sealer)
                    if isinstance(claimed, StoredResponse):
                        return claimed, True
                    if claimed is not None:
                        answer = await work(tx)
                        await remember(tx, request, self._sealer, claimed, answer)
                        return answer, False
        raise _under_way()

    async def run_in_two_phases(
        self, request: KeyedRequest, act: Callable[[int], Awaitable[tuple[StoredResponse, Write]]]
    ) -> tuple[StoredResponse, bool]:
        """`act` gets the number of its attempt, and returns the answer and what is to be written together with it."""
        async with self._turn(request):
            claimed = await self._claimed(request)
            if isinstance(claimed, StoredResponse):
                return claimed, True
            answer, write = await self._act(request, claimed, act)
            try:
                async with self._database.transaction() as tx:
                    await remember(tx, request, self._sealer, claimed, answer)
                    await write(tx)
            except BaseException:
                await self._conclude(Q["end_claim"], request, claimed)
                raise
            return answer, False

    async def _claimed(self, request: KeyedRequest) -> StoredResponse | int:
        async for _ in self._looks():
            async with self._database.transaction() as tx:
                claimed = await claim(tx, request, self._sealer, for_s=self._claim_s)
            if claimed is not None:
                return claimed
        raise _under_way()

    async def _act(
        self, request: KeyedRequest, attempt: int, act: Callable[[int], Awaitable[tuple[StoredResponse, Write]]]
    ) -> tuple[StoredResponse, Write]:
        acting = asyncio.timeout(self._act_s_max)
        try:
            async with acting:
                return await act(attempt)
        except LivehubError as refusal:
            await self._conclude(Q["end_claim"] if refusal.retryable else Q["release_claim"], request, attempt)
            raise
        except BaseException as error:
            await self._conclude(Q["end_claim"], request, attempt)
            if acting.expired() and isinstance(error, TimeoutError):
                raise Unavailable(retry_after_ms=RETRY_AFTER_MS) from error
            raise

    async def _conclude(self, query: str, request: KeyedRequest, attempt: int) -> None:
        """If this fails the claim ends by itself, later."""
        try:
            async with self._database.transaction() as tx:
                await tx.connection.execute(query, request.scope, request.key, attempt)
        except LivehubError:
            log.warning("idempotency.claim_stays", extra={"scope": request.scope})

    @asynccontextmanager
    async def _turn(self, request: KeyedRequest) -> AsyncIterator[None]:
        turn = request.scope, request.key
        try:
            await self._turns.acquire(turn, wait_s=self._wait_s)
        except TimeoutError as error:
            raise _under_way() from error
        try:
            yield
        finally:
            self._turns.release(turn)

    async def _looks(self) -> AsyncIterator[None]:
        """Now, and again after a pause until `wait_s` is over."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._wait_s
        pause_s = LOOK_AGAIN_S
        yield
        while loop.time() + pause_s < deadline_s:
            await asyncio.sleep(pause_s)
            pause_s = min(LOOK_AGAIN_S_MAX, pause_s * 2)
            yield


def _under_way() -> Unavailable:
    return Unavailable("The same request is still under way.", retry_after_ms=RETRY_AFTER_MS)
