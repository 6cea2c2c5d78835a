"""How every process speaks to the stock engine, wherever it runs: one stream to whoever leads.

    answer = await stock.ask(Reserve(...))      # Held, or Refused, or Done: durable, or nothing was changed
    stock.units("sale:abc")                     # what there is, held and sold, as the engine told last

A process that leads no more is left: it closes the stream, or says nothing for a while, or its epoch is over. What was not
answered is asked again of the next leader; each request can be asked again, since those that add something have a key.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Iterable

import msgspec
from msgspec import Struct

from commerce.flashsale.frames import FromEngine, decode_from_engine, encode
from commerce.flashsale.lead_row import Leader, find_leader
from commerce.flashsale.requests import Adjust, Answer, Refused, Request, Reserve, Take, Wait
from commerce.flashsale.rows import ResourceRow
from commerce.flashsale.settings import StockConfig
from commerce.flashsale.stream import Stream
from livehub.base.db import Database
from livehub.base.errors import Unavailable
from livehub.base.tasks import Tasks

log = logging.getLogger("livehub.stock.client")

PAUSE_S_MIN = 0.05
PAUSE_S_MAX = 0.5
CONNECT_S = 1.0
RETRY_AFTER_MS = 1_000
OF_STAFF_MAX = 4
OF_STAFF_S = 3.0
ASKED_AT_ONCE = 2_000  # requests in a frame


class _Ask(Struct, gc=False):
    number: int
    request: Request
    answer: "asyncio.Future[Answer]"
    until_s: float


class StockClient:
    def __init__(self, config: StockConfig, database: Database, secret: str) -> None:
        self._config = config
        self._database = database
        self._secret = secret
        self._asks: dict[int, _Ask] = {}
        self._unsent: list[_Ask] = []
        self._number = 0
        self._units: dict[str, ResourceRow] = {}
        self._stream: Stream | None = None
        self._epoch = 0
        self._heard_s = 0.0
        self._shaken = asyncio.Event()
        self._lost = asyncio.Event()
        self._is_flushing = False
        self._of_staff = 0
        self._tasks = Tasks()
        self.on_change: list[Callable[[Collection[str]], None]] = []
        """Called with the ids of resources whose units have changed, some times a second."""

    def start(self) -> None:
        self._tasks.start("stock client", self._connect_forever)
        self._tasks.start("stock client's clock", self._look_forever)

    async def stop(self) -> None:
        await self._tasks.stop()
        if self._stream is not None:
            self._stream.close()
        for ask in list(self._asks.values()):
            self._give_up(ask)

    @property
    def is_connected(self) -> bool:
        """Whether there is somebody to ask."""
        return self._epoch > 0

    def ask(self, request: Request) -> "asyncio.Future[Answer]":
        """The answer, once it is durable. Raises Unavailable, now or when it is awaited: the engine is away, or has too much to
        do; the same request, with the same key, may be made again.
        """
        if isinstance(request, Reserve | Wait | Take | Adjust) and not request.key:
            raise ValueError("without a key it could be done twice")
        if len(self._asks) >= self._config.stock_asks_max:
            raise Unavailable("Too many at once.", retry_after_ms=RETRY_AFTER_MS)
        loop = asyncio.get_running_loop()
        self._number += 1
        ask = _Ask(self._number, request, loop.create_future(), loop.time() + self._config.stock_ask_s_max)
        self._asks[ask.number] = ask
        self._unsent.append(ask)
        if not self._is_flushing:
            self._is_flushing = True
            loop.call_soon(self._flush)
        return ask.answer

    async def ask_for_staff(self, request: Request) -> Answer:
        """The same for a call that holds a connection to PostgreSQL meanwhile: few at a time, and not for long, so that a stock
        engine that is away takes no connections from others. Raises Unavailable.
        """
        if self._of_staff >= OF_STAFF_MAX:
            raise Unavailable("The stock engine is busy.", retry_after_ms=RETRY_AFTER_MS)
        self._of_staff += 1
        try:
            async with asyncio.timeout(OF_STAFF_S):
                return await self.ask(request)
        except TimeoutError as error:
            raise Unavailable("The stock engine does not answer.", retry_after_ms=RETRY_AFTER_MS) from error
        finally:
            self._of_staff -= 1

    def units(self, resource: str) -> ResourceRow | None:
        """Units of a resource as the engine told last; None: not yet, or there is none."""
        return self._units.get(resource)

    def _flush(self) -> None:
        self._is_flushing = False
        if self._epoch and self._stream is not None:
            unsent = [ask for ask in self._unsent if ask.number in self._asks]  # some have been given up
            self._unsent = []
            for at in range(0, len(unsent), ASKED_AT_ONCE):
                part = unsent[at : at + ASKED_AT_ONCE]
                self._stream.send(encode([(ask.number, ask.request) for ask in part]))

    # --- the stream ---

    async def _connect_forever(self) -> None:
        pause_s = PAUSE_S_MIN
        while True:
            leader = None
            with contextlib.suppress(Unavailable):
                async with self._database.batch.connection() as connection:
                    leader = await find_leader(connection)
            if leader is not None and await self._speak_with(leader):
                pause_s = PAUSE_S_MIN
            await asyncio.sleep(pause_s)
            pause_s = min(PAUSE_S_MAX, pause_s * 2)

    async def _speak_with(self, leader: Leader) -> bool:
        """Until it is over; whether it ever said that it leads."""
        host, _, port = leader.address.rpartition(":")
        loop = asyncio.get_running_loop()
        self._shaken.clear()
        self._lost.clear()
        stream: Stream | None = None
        try:
            async with asyncio.timeout(CONNECT_S):
                _, stream = await loop.create_connection(self._new_stream, host, int(port))
                # For a process that is frozen the kernel takes connections; then nobody says anything.
                await self._shaken.wait()
        except (OSError, TimeoutError, ValueError) as error:
            if stream is not None:
                stream.close()
            log.info("stock.not_reached", extra={"address": leader.address, "reason": repr(error)})
            return False
        self._heard_s = loop.time()
        try:
            await self._lost.wait()
        finally:
            was_leading, self._epoch = self._epoch > 0, 0
            stream, self._stream = self._stream, None
            if stream is not None:
                stream.close()
        # What may not have arrived is asked again, in its order.
        self._unsent = list(self._asks.values())
        log.warning("stock.stream_lost", extra={"address": leader.address, "asked": len(self._unsent)})
        return was_leading

    def _new_stream(self) -> Stream:
        return Stream(self._secret, "client", received=self._received, ready=self._ready, lost=self._stream_lost)

    def _ready(self, stream: Stream) -> None:
        self._stream = stream
        stream.send(b"")
        self._shaken.set()

    def _stream_lost(self, stream: Stream) -> None:
        if self._stream is stream or self._stream is None:
            self._lost.set()
            self._shaken.set()

    def _received(self, stream: Stream, body: bytes) -> None:
        try:
            said = decode_from_engine(body)
        except (msgspec.DecodeError, UnicodeError) as error:
            log.warning("stock.foreign_frame", extra={"reason": str(error)})
            stream.close()
            return
        if stream is not self._stream:
            return
        self._heard_s = asyncio.get_running_loop().time()
        self._take(said)

    def _take(self, said: FromEngine) -> None:
        for answered in said.answers:
            ask = self._asks.pop(answered.number, None)
            if ask is not None and not ask.answer.done():
                answer = answered.answer
                if isinstance(answer, Refused) and answer.code == Refused.BUSY:
                    ask.answer.set_exception(Unavailable("Too many at once.", retry_after_ms=answer.left))
                else:
                    ask.answer.set_result(answer)
        if said.units:
            self._learn(ResourceRow(row.id, row.units, row.held, row.sold) for row in said.units)
        if said.epoch and said.epoch != self._epoch:
            self._epoch = said.epoch
            if not self._is_flushing:
                self._flush()

    def _learn(self, rows: Iterable[ResourceRow]) -> None:
        new = {row.id: row for row in rows}
        self._units |= new
        for callback in self.on_change:
            callback(new.keys())

    # --- time ---

    async def _look_forever(self) -> None:
        """Leave a leader that says nothing, and give up what takes too long."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._config.stock_silence_s / 8)
            if self._stream is not None and loop.time() - self._heard_s > self._config.stock_silence_s:
                self._stream.close()
                self._lost.set()
            late = [ask for ask in self._asks.values() if ask.until_s <= loop.time()]
            for ask in late:
                self._give_up(ask)
            if late:
                self._unsent = [ask for ask in self._unsent if ask.number in self._asks]

    def _give_up(self, ask: _Ask) -> None:
        self._asks.pop(ask.number, None)
        if not ask.answer.done():
            ask.answer.set_exception(Unavailable(retry_after_ms=RETRY_AFTER_MS))
