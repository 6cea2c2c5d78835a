"""Recordings and clips as they are read: what their journals tell, on the disk, in storage, or from the recorder at work."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from livehub.base.db import Database
from livehub.base.errors import Unavailable
from livehub.base.storage import ObjectStore, ObjectStoreUnavailable
from media.errors import RecordingNotFound
from media.hls import playlist
from media.hls.multivariant import Audio, Video, multivariant, rendition_of
from media.hls.playlist_response import gzipped
from media.record.journal import FILE, Ledger, Reader, RecordedRendition
from media.record.listing import Listing
from media.record.recorder import Recorder
from media.record.repository import Q
from media.settings import MediaConfig

INDEXES_MAX = 64
FRESH_S = 30.0  # then PostgreSQL is asked again, which may have let it go
READ_BYTES = 1_048_576  # of a journal at a time
THREAD_BYTES = 65_536  # a playlist that is longer is compressed in a thread


class RecordingIndex:
    """One recording or clip. `recorder`: while it goes on."""

    def __init__(self, folder: Path, ledger: Ledger, recorder: Recorder | None = None) -> None:
        self.folder = folder
        self.recorder = recorder
        self.ledger = ledger
        self._listing = Listing(ledger)
        self._lines: dict[str, list[str]] = {}  # of the segments of a rendition that are written below
        self._written: dict[str, int] = {}
        self._zipped: dict[str, tuple[tuple[int, bool], bytes]] = {}
        self._zipping = asyncio.Lock()
        self._master: tuple[int, str] = (-1, "")

    @property
    def ended(self) -> bool:
        """Whether nothing will be added."""
        return self.recorder is None or self.recorder.is_done

    def has(self, rendition: str, name: str) -> bool:
        """Whether the file may be served: a map, or a segment that is complete."""
        recorded = self.ledger.renditions.get(rendition)
        if recorded is None:
            return False
        if name.startswith("m"):
            return int(name[1:-4]) in recorded.maps
        last = recorded.segments[-1].msn if recorded.segments else -1
        return int(name[1:-4]) <= last

    async def media(self, rendition: str, *, target_s: int) -> bytes:
        """The media playlist, compressed. `target_s`: its target duration, at least. Raises RecordingNotFound.

        A show of hours has thousands of segments and megabytes of lines, and while it goes on many ask for it: each version is
        put together and compressed once.
        """
        async with self._zipping:
            version = (len(self._listing.segments(rendition, ended=self.ended)), self.ended)
            known = self._zipped.get(rendition)
            if known is None or known[0] != version:
                text = self._text(rendition, target_s=target_s).encode()
                is_long = len(text) > THREAD_BYTES
                zipped = await asyncio.to_thread(gzipped, text) if is_long else gzipped(text)
                known = self._zipped[rendition] = (version, zipped)
        return known[1]

    def _text(self, rendition: str, *, target_s: int) -> str:
        begun = self.ledger.begun
        ended = self.ended
        segments = self._listing.segments(rendition, ended=ended)
        if begun is None or not segments:
            raise RecordingNotFound
        lines = self._lines.setdefault(rendition, [])
        at = self._written.get(rendition, 0)
        for number in range(at, len(segments)):
            map_before = segments[number - 1].map if number else ""
            lines += playlist.head_lines(segments[number], begun.origin_ms, map_before)
            lines += playlist.end_lines(segments[number])
        self._written[rendition] = len(segments)
        # It may not change (RFC 8216bis, 4.4.3.1); what was recorded with other settings may ask for more, and has ended.
        longest_s = max(round(each.duration / each.timescale) for each in segments) if ended else 0
        return playlist.recorded(lines, target_s=max(target_s, longest_s), media_sequence=segments[0].msn, ended=ended)

    def master(self) -> str:
        """The multivariant playlist. Raises RecordingNotFound."""
        version = sum(len(recorded.segments) for recorded in list(self.ledger.renditions.values()))
        if self._master[0] != version:
            self._master = (version, _master(self.ledger))
        return self._master[1]


def _master(ledger: Ledger) -> str:
    renditions = [
        rendition_of(name, recorded.maps[max(recorded.maps)], _rates_bps(recorded), _fps(recorded))
        for name, recorded in list(ledger.renditions.items())
        if recorded.segments
    ]
    videos = [each for each in renditions if isinstance(each, Video)]
    if not videos:
        raise RecordingNotFound
    return multivariant(videos, [each for each in renditions if isinstance(each, Audio)])


class RecordingCatalog:
    """The indexes that were asked for lately."""

    def __init__(
        self,
        config: MediaConfig,
        database: Database,
        object_store: ObjectStore | None,
        active: Callable[[str], Recorder | None],
    ) -> None:
        self._media_dir = Path(config.media_dir)
        self._database = database
        self._object_store = object_store
        self._active = active
        self._indexes: OrderedDict[str, tuple[float, RecordingIndex]] = OrderedDict()
        self._opening: dict[str, asyncio.Future[RecordingIndex]] = {}

    async def index(self, id_: str) -> RecordingIndex:
        """The recording or clip. Raises RecordingNotFound, Unavailable."""
        recorder = self._active(id_)
        known = self._indexes.get(id_)
        if known is not None and known[1].recorder is not recorder:
            del self._indexes[id_]
            known = None
        if known is not None and (recorder is not None or time.monotonic() < known[0]):
            self._indexes.move_to_end(id_)
            return known[1]
        if recorder is not None:
            return self._keep(id_, RecordingIndex(recorder.folder, recorder.ledger, recorder))
        opening = self._opening.get(id_)
        if opening is None:
            opening = self._opening[id_] = asyncio.ensure_future(
                self._open(id_, known[1] if known is not None else None)
            )
            opening.add_done_callback(lambda _: self._opening.pop(id_, None))
        return self._keep(id_, await asyncio.shield(opening))

    def forget(self, id_: str) -> None:
        self._indexes.pop(id_, None)

    def _keep(self, id_: str, index: RecordingIndex) -> RecordingIndex:
        self._indexes[id_] = (time.monotonic() + FRESH_S, index)
        self._indexes.move_to_end(id_)
        while len(self._indexes) > INDEXES_MAX:
            self._indexes.popitem(last=False)
        return index

    async def _open(self, id_: str, known: RecordingIndex | None) -> RecordingIndex:
        """`known`: as it was read before, if only PostgreSQL has to be asked again."""
        async with self._database.connection() as connection:
            room = await connection.fetchval(Q["room_of"], id_)
        if room is None:
            self.forget(id_)
            raise RecordingNotFound
        if known is not None:
            return known
        folder = self._media_dir / room / id_
        ledger = await self._ledger(folder, f"{room}/{id_}/{FILE}")
        if ledger is None:
            raise RecordingNotFound
        for recorded in ledger.renditions.values():  # of a recording that no process writes any more
            if recorded.open is not None and recorded.open.parts:
                recorded.segments.append(recorded.open)
        return RecordingIndex(folder, ledger)

    async def _ledger(self, folder: Path, key: str) -> Ledger | None:
        """What the journal tells, from the disk or from the storage, piece by piece: of a show of days it is long."""
        reader = Reader(Ledger(lean=True))
        try:
            await asyncio.to_thread(_read, folder / FILE, reader)
            return reader.ledger
        except FileNotFoundError:
            pass
        except OSError as error:
            raise Unavailable(retry_after_ms=5_000) from error
        if self._object_store is None:
            return None
        try:
            found = await self._object_store.get(key)
            if found is None:
                return None
            async for chunk in found.chunks:
                await asyncio.to_thread(reader.feed, chunk)
        except ObjectStoreUnavailable as error:
            raise Unavailable(retry_after_ms=5_000) from error
        return reader.ledger


def _read(path: Path, reader: Reader) -> None:
    with path.open("rb") as file:
        while data := file.read(READ_BYTES):
            reader.feed(data)


def _rates_bps(recorded: RecordedRendition) -> tuple[int, int]:
    """(highest of a segment, mean of all) in bit/s."""
    kept = [each for each in recorded.segments if each.duration and not each.gap]
    scale = recorded.timescale
    peak = max((each.size * 8 * scale // each.duration for each in kept), default=1)
    ticks = sum(each.duration for each in kept)
    average = sum(each.size for each in kept) * 8 * scale // max(ticks, 1)
    return max(peak, 1), max(average, 1)


def _fps(recorded: RecordedRendition) -> float:
    ticks = sum(each.duration for each in recorded.segments if not each.gap)
    rate = sum(each.frames for each in recorded.segments) * recorded.timescale / max(ticks, 1)
    return float(round(rate)) if abs(rate - round(rate)) < 0.02 * rate else round(rate, 3)
