"""From a piece of a recording to a clip's files: what is read for it, how much has to be encoded, and its making in a thread.

Nothing of PostgreSQL is held meanwhile, since it may take many seconds.
"""

import asyncio
import logging
import shutil
import threading
from collections import Counter
from functools import partial
from pathlib import Path

from msgspec import Struct

from livehub.base import errors
from livehub.base.storage import ObjectStoreUnavailable, read_all
from media.clips.clip_writer import RecordingDamaged, write_clip
from media.clips.remux import CuttingStopped, refuse_encoding
from media.clips.selection import ClipSelection, select_parts
from media.errors import RecordingNotFound
from media.record.catalog import RecordingIndex
from media.record.deletion import delete_files
from media.record.excerpt import excerpt, stretch
from media.record.journal import FILE, UNFINISHED, Ledger, map_name, segment_name
from media.record.recordings import Recordings
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.clips")

RETRY_MS = 5_000
FETCHED = ".fetched" + UNFINISHED  # at the end of the name of a folder with what a clip needs of the storage


class Piece(Struct, frozen=True):
    """What a clip is to be made of. `ledger`: the recording's, with the parts of that stretch."""

    room: str
    index: RecordingIndex
    ledger: Ledger
    selection: ClipSelection


class Made(Struct, frozen=True):
    """A clip on the disk, of which PostgreSQL does not know yet."""

    folder: Path
    bytes: int
    has_poster: bool


class ClipCutter:
    def __init__(self, config: MediaConfig, recordings: Recordings) -> None:
        self._config = config
        self._catalog = recordings.catalog
        self._object_store = recordings.object_store

    async def piece(self, recording: str, room: str, from_ms: int, to_ms: int) -> Piece:
        """The piece of a recording from `from_ms` to `to_ms` (Unix ms). Raises ClipOutside, RecordingNotFound, Unavailable."""
        index = await self._catalog.index(recording)
        ledger = await self._parts(index, f"{room}/{recording}", from_ms, to_ms)
        length_ms_max = self._config.media_clip_s_max * 1000
        selection = await asyncio.to_thread(select_parts, ledger, from_ms, to_ms, length_ms_max=length_ms_max)
        return Piece(room, index, ledger, selection)

    async def encoded_s(self, piece: Piece) -> float:
        """How much of it is of other cameras than the one shown longest, and has to be encoded. Raises ClipOutside if that is
        more than it may be, RecordingNotFound, Unavailable.
        """
        lead = piece.ledger.renditions[piece.selection.lead]
        shown: Counter[int] = Counter()
        for each in piece.selection.taken[piece.selection.lead]:
            for part in each.parts:
                shown[part.map] += part.duration
        if len(shown) == 1:
            return 0.0
        of_header: Counter[bytes] = Counter()  # a process that goes on with a stream writes the same header again
        for number, ticks in shown.items():
            of_header[await self._header(piece, map_name(number))] += ticks
        other_s = (of_header.total() - max(of_header.values())) / lead.timescale
        refuse_encoding(other_s, self._config.media_clip_encoded_s_max)
        return other_s

    async def make(self, id_: str, piece: Piece, stop: threading.Event) -> Made:
        """The clip's files, in a folder of its name. Raises StorageFull, ClipOutside, RecordingDamaged, Unavailable; then there
        is nothing.

        `stop`: ends it soon, with CuttingStopped.
        """
        index, selection = piece.index, piece.selection
        folder = index.folder.parent / id_
        names = {
            (rendition, name)
            for rendition, taken in selection.taken.items()
            for each in taken
            for name in (segment_name(each.msn), *(map_name(part.map) for part in each.parts))
        }
        sources = {(rendition, name): index.folder / rendition / name for rendition, name in names}
        write = partial(
            write_clip,
            free_bytes_min=self._config.media_disk_free_bytes_min,
            encoded_s_max=self._config.media_clip_encoded_s_max,
            is_stopped=stop.is_set,
        )
        missing = [key for key, path in sources.items() if not path.exists()]
        try:
            if not missing or self._object_store is None:
                made = await asyncio.to_thread(write, folder, id_, piece.ledger, selection, sources)
                return Made(folder, *made)
            fetched = folder.with_name(id_ + FETCHED)
            try:
                fetched.mkdir(parents=True)
                for rendition, name in missing:
                    if stop.is_set():
                        raise CuttingStopped
                    sources[rendition, name] = path = fetched / f"{rendition}-{name}"
                    await self._fetch(f"{piece.room}/{index.folder.name}/{rendition}/{name}", path)
                made = await asyncio.to_thread(write, folder, id_, piece.ledger, selection, sources)
                return Made(folder, *made)
            finally:
                shutil.rmtree(fetched, ignore_errors=True)
        except ObjectStoreUnavailable as error:
            raise errors.Unavailable(retry_after_ms=RETRY_MS) from error

    async def clear(self, id_: str, room: str) -> None:
        """Take away what there is of a clip that is not kept. Raises OSError."""
        await asyncio.to_thread(delete_files, Path(self._config.media_dir) / room / id_)

    async def clear_all(self) -> None:
        """Take away what processes before this one were killed over. Before it makes any. What can't be deleted is logged."""
        await asyncio.to_thread(_clear_unfinished, Path(self._config.media_dir))

    async def _parts(self, index: RecordingIndex, path: str, from_ms: int, to_ms: int) -> Ledger:
        """The ledger with the parts of that stretch, which indexes do not keep."""
        begin, end = await asyncio.to_thread(stretch, index.ledger, from_ms, to_ms)
        try:
            lines: bytes | None = await asyncio.to_thread(_read, index.folder / FILE, begin, end)
        except FileNotFoundError:
            lines = await self._stored(f"{path}/{FILE}", begin, end)
        if lines is None:
            raise RecordingNotFound
        return await asyncio.to_thread(excerpt, index.ledger, lines)

    async def _header(self, piece: Piece, name: str) -> bytes:
        folder = piece.index.folder
        try:
            return await asyncio.to_thread((folder / piece.selection.lead / name).read_bytes)
        except FileNotFoundError:
            found = await self._stored(f"{piece.room}/{folder.name}/{piece.selection.lead}/{name}")
        if found is None:
            raise errors.Unavailable(retry_after_ms=RETRY_MS)
        return found

    async def _stored(self, key: str, begin: int = 0, end: int | None = None) -> bytes | None:
        """Bytes of an object, if it is in storage. Raises Unavailable."""
        if self._object_store is None:
            return None
        try:
            return await read_all(self._object_store, key, begin, end)
        except ObjectStoreUnavailable as error:
            raise errors.Unavailable(retry_after_ms=RETRY_MS) from error

    async def _fetch(self, key: str, path: Path) -> None:
        assert self._object_store is not None
        found = await self._object_store.get(key)
        if found is None:
            raise RecordingDamaged(f"{key} is gone")
        with path.open("wb") as file:
            async for chunk in found.chunks:
                file.write(chunk)


def _clear_unfinished(media_dir: Path) -> None:
    for pattern in (f"*/clip-*{UNFINISHED}", "*/fetch-*"):  # the latter are of versions before
        for path in media_dir.glob(pattern):
            try:
                shutil.rmtree(path)
            except OSError as error:
                log.warning("clip.not_cleared", extra={"folder": str(path), "reason": str(error)})


def _read(path: Path, begin: int, end: int | None) -> bytes:
    with path.open("rb") as file:
        file.seek(begin)
        return file.read(-1 if end is None else end - begin)
