"""The stock engine: one process of all decides who gets which units, and answers when PostgreSQL has it.

    requests gather  ->  stock.decide(batch)  ->  journal.commit  ->  answers

While one batch is written the next gathers; when many wait, it is decided meanwhile, too. Whoever leads has everything in
memory, read out of PostgreSQL when it began, and stops at the first sign that it leads no more (base/leading.py). What was
not answered then is asked again, by us if we lead again, else by the processes that asked, of the next leader, with the same
keys.

A commit whose answer was lost is in doubt: it is settled by the number of its batch once our session is gone for certain,
before anybody is answered.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable, Sequence, Set
from contextlib import AbstractAsyncContextManager

import asyncpg
from msgspec import Struct

from commerce.flashsale import codes, lead
from commerce.flashsale.book import Book
from commerce.flashsale.frames import Asked
from commerce.flashsale.journal import Journal, KeysTaken, NotLeading, adjustments, retired, was_committed
from commerce.flashsale.pending import Pending, Queue, requests_of
from commerce.flashsale.requests import Adjust, Answer, Held, Put, Refused, Request
from commerce.flashsale.second_looks import SecondLooks, take_back
from commerce.flashsale.server import EngineServer
from commerce.flashsale.settings import StockConfig
from commerce.flashsale.steady_clock import SteadyClock
from commerce.flashsale.stock import Decided, Stock
from commerce.flashsale.stream import Stream
from livehub.base.clock import Clock
from livehub.base.db import Connection, Database
from livehub.base.db_errors import DRIVER_ERRORS, meaning
from livehub.base.errors import Unavailable
from livehub.base.ids import ID_CHANCE_BYTES, ordered_ids
from livehub.base.leading import leading, watch_silence
from livehub.base.metrics import BATCH_ROWS, BATCH_WAIT_SECONDS, CALLBACKS
from livehub.base.tasks import Tasks

log = logging.getLogger("livehub.stock")

OVERLAP_MIN = 500  # requests for which it pays to decide while the batch before is being written
IDS_AHEAD = 256
WITH_LINE_MAX = 500  # requests of a batch while somebody waits in line
BUSY_RETRY_MS = 1_000
CONFLICTS_MAX = 3
SCARCE = (codes.SOLD_OUT, codes.LIMIT)
LATE_SILENCES = 0.3  # of `stock_silence_s`: a commit that takes longer is late
WRITE_SILENCES_MAX = 2  # of `stock_silence_s`: after so long PostgreSQL has ended our session, if it is not gone itself


class Written(Struct, frozen=True):
    """A batch on its way to PostgreSQL."""

    pending: list[Pending]
    decided: Decided
    epoch: int
    batch: int

    @property
    def requests(self) -> list[Request]:
        return requests_of(self.pending)


class Engine:
    """`wall_s`: real time, Unix seconds."""

    def __init__(
        self,
        config: StockConfig,
        database: Database,
        clock: Clock,
        *,
        secret: str,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._database = database
        self._wall_s = clock.real_s
        self.clock = SteadyClock(clock.real_s, monotonic_s, lambda real_s: clock.timeline.at(real_s))  # noqa: PLW0108
        self._ids: list[str] = []
        self._queue = Queue()
        self._ahead: Written | None = None  # decided while the batch before is being written
        self._doubt: Written | None = None
        self._gone: set[str] = set()  # holds of which the suspect batch may tell
        self._suspect: Written | None = None  # decided ahead, while units seemed to be held that are not
        self._writing: asyncio.Task[None] | None = None
        self._write_until_s = float("inf")
        self._wake = asyncio.Event()
        self._tasks = Tasks()
        self.server = EngineServer(config, secret, asked=self._asked, is_sound=self._is_sound)
        self.is_leading = False
        self._led = 0  # the epoch that we led last
        self._decided = self._doubts = 0
        self._rows = BATCH_ROWS.labels(batch="stock")
        self._wait = BATCH_WAIT_SECONDS.labels(batch="stock")
        self._offer_metrics()

    def _offer_metrics(self) -> None:
        CALLBACKS.watch("livehub_stock_leading", "Whether this process decides who gets units", lambda: self.is_leading)
        CALLBACKS.watch("livehub_stock_waiting", "Requests that wait to be decided", lambda: len(self._queue))
        CALLBACKS.watch(
            "livehub_stock_requests", "Requests decided and answered", lambda: self._decided, kind="counter"
        )
        CALLBACKS.watch("livehub_stock_doubts", "Commits whose answers were lost", lambda: self._doubts, kind="counter")

    async def start(self) -> None:
        """Listen, and lead when nobody else does."""
        await self.server.start()
        self._tasks.start("stock engine", self._lead_whenever_possible)

    async def stop(self) -> None:
        """Lead no more: another process may begin at once."""
        await self._tasks.stop()
        await self.server.stop()

    def _new_book(self) -> Book:
        return Book(self.new_id, ended_max=self._config.stock_ended_max)

    def new_id(self) -> str:
        """Of a hold: ordered by time, so that the index of holds grows at its end."""
        if not self._ids:
            self._ids = ordered_ids(self.clock.last_ms, secrets.token_bytes(ID_CHANCE_BYTES * IDS_AHEAD))
        return self._ids.pop()

    def _asked(self, stream: Stream, asked: Sequence[Asked]) -> None:
        fits = max(0, self._config.stock_pending_max - len(self._queue))
        if asked[fits:]:
            busy = Refused(Refused.BUSY, left=BUSY_RETRY_MS)
            self.server.answer(stream, [(one.number, busy) for one in asked[fits:]])
        if asked[:fits]:
            self._queue.add(Pending(stream, list(asked[:fits]), time.monotonic()))
        self._wake.set()

    # --- leading ---

    async def _lead_whenever_possible(self) -> None:
        await asyncio.to_thread(_compile_kernel)
        while True:
            try:
                async with self._leading() as connection:
                    if connection is None:
                        self._hand_over()
                    else:
                        await self._lead(connection)
            except (NotLeading, Unavailable) as error:
                log.warning("stock.lead_lost", extra={"reason": repr(error)})
            except DRIVER_ERRORS as error:
                log.warning("stock.lead_lost", extra={"reason": repr(error)})
            finally:
                self.is_leading = False
                self._write_until_s = float("inf")
                self.server.epoch = 0
            await asyncio.sleep(self._config.stock_look_s)

    def _leading(self) -> AbstractAsyncContextManager[Connection | None]:
        config = self._config
        limits_s = {"silence_s": config.stock_silence_s, "restore_s_max": config.stock_restore_s_max}
        return leading(self._database, lead.LOCK, "livehub stock", **limits_s, on_lost=self._wake.set)

    def _hand_over(self) -> None:
        """Another process leads: whoever asked us asks there, with the same keys."""
        self._queue.clear()
        self._doubt = None
        self.server.close_streams()

    async def _lead(self, connection: Connection) -> None:
        address = self.server.address
        epoch, before = await lead.begin_epoch(connection, self.clock, wall_s=self._wall_s, address=address)
        if before != self._led:
            # Another led since, while we were frozen perhaps. What we were asked before has been answered, or is asked again.
            self._hand_over()
        self._led = epoch
        began_s = time.monotonic()
        stock = await lead.restored(connection, self._config, self._new_book())
        await self._settle_doubt(connection)
        await watch_silence(connection, self._config.stock_silence_s)
        log.info("stock.leading", extra={"epoch": epoch, "restored_in_s": round(time.monotonic() - began_s, 3)})
        journal = Journal(connection, self._database.notifier, epoch, on_busy=self._wake.set)
        looks = SecondLooks(connection, stock.book)
        self.is_leading = True
        self.server.begin(epoch, stock.book.all_units())
        try:
            await self._decide_forever(stock, journal, looks)
        finally:
            if self._ahead is not None:
                self._queue.put_back(self._ahead.pending)
                self._ahead = None

    async def _settle_doubt(self, connection: Connection) -> None:
        """The lock is ours, so the session before is gone, and its last transaction with it: written or not."""
        doubt, self._doubt = self._doubt, None
        if doubt is None:
            return
        is_written = await was_committed(connection, doubt.epoch, doubt.batch)
        log.info("stock.doubt_settled", extra={"batch": doubt.batch, "is_written": is_written})
        if is_written:
            self._answer(doubt.pending, doubt.decided.answers)
        else:
            self._queue.put_back(doubt.pending)

    # --- batches ---

    async def _decide_forever(self, stock: Stock, journal: Journal, looks: SecondLooks) -> None:
        writing: asyncio.Task[None] | None = None
        try:
            while True:
                writing = await self._until_due(stock, journal, writing)
                # With people in line each give-back is looked at by itself, and a batch is to take a fraction of a second.
                most = self._config.stock_batch_max
                pending = self._take(min(most, WITH_LINE_MAX) if stock.has_lines else most)
                await self._look_back(stock, pending)
                now_ms = self.clock.now_ms()
                written = Written(pending, self._decide(stock, pending, now_ms), journal.epoch, 0)
                if writing is not None:
                    self._ahead = written
                    async with asyncio.timeout_at(self._write_until_s):
                        await writing
                    self._ahead = None
                commit = self._commit(stock, journal, looks, written, now_ms)
                loop = asyncio.get_running_loop()
                self._write_until_s = loop.time() + WRITE_SILENCES_MAX * self._config.stock_silence_s
                writing = self._writing = loop.create_task(commit)
                writing.add_done_callback(self._written)
        finally:
            if writing is not None:
                writing.cancel()
                await asyncio.wait([writing])
                if not writing.cancelled():
                    writing.exception()

    def _written(self, writing: "asyncio.Task[None]") -> None:
        if writing is self._writing:  # the next one may have begun before this is called
            self._write_until_s = float("inf")
        self._wake.set()

    def _is_sound(self) -> bool:
        """Whether PostgreSQL answers as it should; as long as it does not, nobody is told that we lead."""
        late_s = self._config.stock_silence_s * (WRITE_SILENCES_MAX - LATE_SILENCES)
        return asyncio.get_running_loop().time() < self._write_until_s - late_s

    def _decide(self, stock: Stock, pending: list[Pending], now_ms: int) -> Decided:
        self._ids.clear()
        try:
            return stock.decide(requests_of(pending), now_ms)
        except Exception:
            self._try_alone(pending)
            raise

    async def _look_back(self, stock: Stock, pending: Sequence[Pending]) -> None:
        """What was added or taken away under keys that the stock has forgotten, and which resources it knew and has retired;
        there are few such requests.
        """
        requests = requests_of(pending)
        keys = [one.key for one in requests if type(one) is Adjust and one.key]
        ids = [one.resource.id for one in requests if type(one) is Put and stock.book.units(one.resource.id) is None]
        if not (keys or ids):
            return
        try:
            async with self._database.batch.connection() as connection:
                for adjust in await adjustments(connection, keys):
                    stock.remember(adjust)
                stock.retired.update(await retired(connection, ids))
        except BaseException:
            self._queue.put_back(pending)
            raise

    def _take(self, most: int) -> list[Pending]:
        return self._queue.take(most, since_s=time.monotonic() - self._config.stock_ask_s_max)

    def _try_alone(self, pending: Sequence[Pending]) -> None:
        """One of these requests has met a defect: with a new book each is tried by itself, so that only that one fails."""
        if sum(len(each.asked) for each in pending) == 1:
            self._answer(pending, [Refused(Refused.DEFECT)])
        else:
            self._queue.part(pending)

    async def _until_due(
        self, stock: Stock, journal: Journal, writing: "asyncio.Task[None] | None"
    ) -> "asyncio.Task[None] | None":
        """Wait until there is something to decide, a hold is over, or it is time to say that we lead; the batch that is still
        being written then.
        """
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + self._config.stock_silence_s / 4
        while True:
            if writing is not None and writing.done():
                writing.result()
                writing = None
            waiting = len(self._queue) + self._queue.alone
            # Deciding takes the processor for milliseconds, so first PostgreSQL gets what keeps it busy meanwhile.
            is_worth_it = waiting >= OVERLAP_MIN and journal.is_postgresql_busy and not self._queue.alone
            if waiting and (writing is None or is_worth_it):
                return writing
            pause_s = ends_s - loop.time()
            if writing is not None:
                pause_s = self._write_until_s - loop.time()
                if pause_s <= 0:
                    raise NotLeading("PostgreSQL did not answer")
            else:
                due_ms = stock.book.due_ms()
                if due_ms is not None:
                    pause_s = min(pause_s, (due_ms - self.clock.now_ms()) / 1000)
                if pause_s <= 0:
                    return None
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()

    async def _commit(self, stock: Stock, journal: Journal, looks: SecondLooks, written: Written, now_ms: int) -> None:
        decided = written.decided
        is_suspect, gone = written is self._suspect, self._gone
        began_s = time.monotonic()
        try:
            for _ in range(CONFLICTS_MAX):
                try:
                    await journal.commit(decided.changes, now_ms=now_ms, real_ms=int(self.clock.real_s * 1000))
                    break
                except KeysTaken as error:
                    is_suspect, self._suspect = True, self._ahead
                    if self._ahead is None:
                        gone = set()
                    ahead = self._ahead.decided.changes if self._ahead is not None else None
                    self._gone = gone | take_back(stock, decided, written.requests, error.holds, now_ms, ahead)
            else:
                raise NotLeading("keys were taken again and again")
            await looks.at_refusals(written.requests, decided.answers)
        except NotLeading:
            self._queue.put_back(written.pending)
            raise
        except BaseException as error:
            self._not_written(written, journal, error)
            raise
        if is_suspect:
            self._answer_what_holds(written, gone)
        else:
            self._answer(written.pending, decided.answers)
        self._decided += len(decided.answers)
        if decided.changes:
            self._rows.observe(len(decided.changes.holds) + len(decided.changes.changed))
            self._wait.observe(time.monotonic() - began_s)
        self.server.changed(decided.changes.resources.values())

    def _not_written(self, written: Written, journal: Journal, error: BaseException) -> None:
        if isinstance(error, asyncpg.PostgresError) and meaning(error, is_closed=False) is None:
            # PostgreSQL does not take what this batch says: each of its requests is tried alone.
            log.error("stock.batch_refused", exc_info=error, extra={"requests": len(written.requests)})
            self._try_alone(written.pending)
        elif written.decided.changes:
            self._doubts += 1
            self._doubt = Written(written.pending, written.decided, journal.epoch, journal.batch)
        else:
            self._queue.put_back(written.pending)

    def _answer(self, pending: Sequence[Pending], answers: Sequence[Answer]) -> None:
        at = 0
        for each in pending:
            to = at + len(each.asked)
            self.server.answer(each.stream, list(zip([one.number for one in each.asked], answers[at:to], strict=True)))
            at = to

    def _answer_what_holds(self, written: Written, gone: Set[str]) -> None:
        """Whoever was refused for want of units that were taken back afterwards, or was told of a hold that is `gone`, is
        decided again.
        """
        answers = iter(written.decided.answers)
        again: list[Pending] = []
        for each in written.pending:
            answered = list(zip(each.asked, answers, strict=False))
            good = [(one.number, answer) for one, answer in answered if not _is_void(answer, gone)]
            void = [one for one, answer in answered if _is_void(answer, gone)]
            self.server.answer(each.stream, good)
            if void:
                again.append(Pending(each.stream, void, each.since_s))
        self._queue.put_back(again)
        self._wake.set()


def _is_void(answer: Answer, gone: Set[str]) -> bool:
    if isinstance(answer, Refused):
        return answer.code in SCARCE
    return isinstance(answer, Held) and answer.hold in gone


def _compile_kernel() -> None:
    """What is not in numba's cache takes some seconds: before we lead, not at the first tap."""
    from commerce.flashsale.warm_up import warm_up  # noqa: PLC0415

    warm_up()
