"""The engine's side of the streams: who is connected, what they ask, what they are told. No decision here."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence

import msgspec

from commerce.flashsale.frames import Asked, FromEngine, UnitsOf, decode_asked, encode
from commerce.flashsale.requests import Answer
from commerce.flashsale.rows import ResourceRow
from commerce.flashsale.settings import StockConfig
from commerce.flashsale.stream import Stream
from livehub.base.tasks import Tasks

log = logging.getLogger("livehub.stock.server")

UNITS_S = 0.1  # how often units that changed are told
STREAMS_MAX = 1_000
TRUST_S = 5.0  # for somebody who connects to show that they are one of us


class EngineServer:
    """`asked` gets each frame of requests. While `is_sound` says no, nothing is told by itself: who hears nothing for a while
    looks for another leader.
    """

    def __init__(
        self,
        config: StockConfig,
        secret: str,
        *,
        asked: Callable[[Stream, Sequence[Asked]], None],
        is_sound: Callable[[], bool],
    ) -> None:
        self._config = config
        self._secret = secret
        self._asked = asked
        self._is_sound = is_sound
        self._streams: set[Stream] = set()
        self._units: dict[str, ResourceRow] = {}
        self._changed: dict[str, ResourceRow] = {}
        self._server: asyncio.Server | None = None
        self._tasks = Tasks()
        self.epoch = 0  # 0: not leading

    @property
    def address(self) -> str:
        """Where it listens."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"{self._config.stock_host}:{port}"

    async def start(self) -> None:
        """Listen. Raises OSError when it cannot."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._new_stream, self._config.stock_host, self._config.stock_port)
        self._tasks.start("stock units", self._tell_forever)

    async def stop(self) -> None:
        await self._tasks.stop()
        if self._server is not None:
            self._server.close()
        self.close_streams()

    def begin(self, epoch: int, units: Iterable[ResourceRow]) -> None:
        """This process leads."""
        self._units = {row.id: row for row in units}
        self._changed = {}
        self.epoch = epoch
        for stream in [stream for stream in self._streams if stream.is_trusted]:
            self._greet(stream)

    def close_streams(self) -> None:
        """Send everybody away."""
        for stream in list(self._streams):
            stream.close()

    def answer(self, stream: Stream, answered: Sequence[tuple[int, Answer]]) -> None:
        stream.send(encode((self.epoch, answered)))  # as FromEngine, without a struct for each

    def changed(self, rows: Iterable[ResourceRow]) -> None:
        """Units that were written."""
        for row in rows:
            self._units[row.id] = self._changed[row.id] = row

    async def _tell_forever(self) -> None:
        """What changed, to everybody; and now and then, when nothing did, that we are there."""
        beat_s = self._config.stock_silence_s / 6
        loop = asyncio.get_running_loop()
        told_s = 0.0
        while True:
            await asyncio.sleep(UNITS_S)
            is_due = self._changed or loop.time() - told_s >= beat_s
            if not (self.epoch and is_due and self._is_sound()):
                continue
            told_s = loop.time()
            changed, self._changed = self._changed, {}
            frame = encode(FromEngine(self.epoch, [], _units_of(changed.values())))
            for stream in list(self._streams):
                if stream.is_trusted:
                    stream.send(frame)

    def _greet(self, stream: Stream) -> None:
        stream.send(encode(FromEngine(self.epoch, [], _units_of(self._units.values()))))

    # --- streams ---

    def _new_stream(self) -> Stream:
        stream = Stream(self._secret, "engine", received=self._received, ready=self._ready, lost=self._lost)
        asyncio.get_running_loop().call_later(TRUST_S, self._close_stranger, stream)
        return stream

    def _ready(self, stream: Stream) -> None:
        if len(self._streams) >= STREAMS_MAX:
            log.warning("stock.too_many_streams", extra={"streams": len(self._streams)})
            stranger = next((other for other in self._streams if not other.is_trusted), None)
            (stranger or stream).close()
            if stranger is None:
                return
        self._streams.add(stream)

    @staticmethod
    def _close_stranger(stream: Stream) -> None:
        if not stream.is_trusted:
            stream.close()

    def _lost(self, stream: Stream) -> None:
        self._streams.discard(stream)

    def _received(self, stream: Stream, body: bytes) -> None:
        if not self.epoch and not body:
            return  # greeted when we lead
        if not body:
            self._greet(stream)
            return
        try:
            asked = decode_asked(body)
        except (msgspec.DecodeError, UnicodeError) as error:
            log.warning("stock.foreign_frame", extra={"reason": str(error)})
            stream.close()
            return
        self._asked(stream, asked)


def _units_of(rows: Iterable[ResourceRow]) -> list[UnitsOf]:
    return [UnitsOf(row.id, row.units, row.held, row.sold) for row in rows]
