"""Finished files go to the storage, in the background; local copies go when no live viewer can ask for them any more.

    {recording}/uploaded     a name a line, of what is there; the last one is `journal`, and then all is

The storage being away costs nothing but disk: what is not there yet is tried again for ever, also by the next process.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from livehub.base.metrics import CALLBACKS
from livehub.base.storage import ObjectStore, ObjectStoreUnavailable
from media.record import journal, poster
from media.record.journal import CLIP_FILE, UNFINISHED, Ledger, map_name, segment_name
from media.record.recorder import Recorder
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.uploads")

FILE = "uploaded"
LOOK_S = 2.0
BATCH = 64  # files of one folder before the others have their turn

_figures = {"uploaded": 0, "failed": 0, "unfinished": 0}
CALLBACKS.watch("livehub_uploads", "Files uploaded", lambda: _figures["uploaded"], kind="counter")
CALLBACKS.watch("livehub_uploads_failed", "Uploads that failed", lambda: _figures["failed"], kind="counter")
CALLBACKS.watch("livehub_uploads_unfinished", "Recordings and clips to upload", lambda: _figures["unfinished"])

Active = Callable[[str], Recorder | None]


class _Folder(Struct):
    """One that is not wholly uploaded. `ledger`: of one that is closed. `sent`, `removed`: so many segments, by rendition."""

    path: Path
    done: set[str]
    ledger: Ledger | None = None
    sent: dict[str, int] = {}
    removed: dict[str, int] = {}


class Uploads:
    def __init__(self, config: MediaConfig, object_store: ObjectStore) -> None:
        self._config = config
        self._object_store = object_store
        self._at_once = asyncio.Semaphore(config.media_s3_uploads_max)
        self._folders: dict[str, _Folder] = {}
        self._complete: set[str] = set()

    async def run(self, media_dir: Path, active: Active) -> None:
        while True:
            is_well = False
            try:
                is_well = await self.once(media_dir, active)
            except OSError as error:
                log.warning("uploads.disk", extra={"reason": str(error)})
            await asyncio.sleep(LOOK_S if is_well else self._config.media_s3_retry_s)

    async def once(self, media_dir: Path, active: Active) -> bool:
        """Upload what there is now; whether all of it is there. Raises OSError."""
        for path in await asyncio.to_thread(_folders, media_dir, frozenset(self._complete | self._folders.keys())):
            done = await asyncio.to_thread(_uploaded, path)
            if journal.FILE in done:
                self._complete.add(path.name)
            else:
                self._folders[path.name] = _Folder(path, done, sent={}, removed={})
        _figures["unfinished"] = len(self._folders)
        is_well = True
        for name, folder in list(self._folders.items()):
            if not await asyncio.to_thread(folder.path.exists):
                self._folders.pop(name, None)  # it was deleted
                continue
            try:
                if not await self._folder(folder, active(name)):
                    return False
            except OSError as error:  # of this folder; the others have their turn
                log.warning("uploads.disk", extra={"folder": name, "reason": str(error)})
                is_well = False
        _figures["unfinished"] = len(self._folders)
        return is_well

    async def _folder(self, folder: _Folder, recorder: Recorder | None) -> bool:
        ledger = recorder.ledger if recorder is not None else await self._closed(folder)
        if ledger is None:
            return True  # a process left it open, and somebody will go on with it or close it
        is_over = recorder is None and ledger.closed is not None
        counts = {name: len(recorded.segments) for name, recorded in list(ledger.renditions.items())}
        names = [name for name in _names(folder, ledger, is_over=is_over) if name not in folder.done]
        for at in range(0, len(names), BATCH):
            batch = names[at : at + BATCH]
            sent = await asyncio.gather(*(self._put(folder, name) for name in batch))
            if not all(sent):
                return False
        folder.sent = counts  # so that a show of hours is not gone through again
        if is_over:
            if not await self._put(folder, journal.FILE):
                return False
            self._complete.add(folder.path.name)
            self._folders.pop(folder.path.name, None)
        await asyncio.to_thread(_remove, folder, ledger, 0.0 if is_over else self._config.media_dvr_s)
        return True

    async def _closed(self, folder: _Folder) -> Ledger | None:
        if folder.ledger is None:
            data = await asyncio.to_thread((folder.path / journal.FILE).read_bytes)
            ledger = await asyncio.to_thread(journal.replay, data, lean=True)
            folder.ledger = ledger if ledger.closed is not None else None
        return folder.ledger

    async def _put(self, folder: _Folder, name: str) -> bool:
        path = folder.path / name
        key = f"{folder.path.parent.name}/{folder.path.name}/{name}"
        async with self._at_once:
            try:
                await self._object_store.put(key, path)
            except ObjectStoreUnavailable as error:
                _figures["failed"] += 1
                log.warning("uploads.away", extra={"key": key, "reason": str(error)})
                return False
            except FileNotFoundError:
                return True  # deleted since we looked
        _figures["uploaded"] += 1
        folder.done.add(name)
        await asyncio.to_thread(_note, folder.path, name)
        return True


def _folders(media_dir: Path, known: frozenset[str]) -> list[Path]:
    """Recordings and clips that are not known yet."""
    found = [path for pattern in ("*/rec-*", "*/clip-*") for path in media_dir.glob(pattern)]
    return [path for path in found if path.name not in known and not path.name.endswith(UNFINISHED)]


def _uploaded(path: Path) -> set[str]:
    try:
        text = (path / FILE).read_text(encoding="ascii")
    except FileNotFoundError:
        return set()
    return set(text.split("\n")[:-1])  # a last line that is torn is done again


def _note(path: Path, name: str) -> None:
    with (path / FILE).open("a", encoding="ascii") as file:
        file.write(f"{name}\n")


def _names(folder: _Folder, ledger: Ledger, *, is_over: bool) -> Iterator[str]:
    """What is finished, and was not sent when we looked before."""
    for rendition, recorded in list(ledger.renditions.items()):
        yield from (f"{rendition}/{map_name(number)}" for number in list(recorded.maps))
        for kept in recorded.segments[folder.sent.get(rendition, 0) :]:
            yield f"{rendition}/{segment_name(kept.msn)}"
    if is_over:
        yield from (name for name in (poster.FILE, CLIP_FILE) if (folder.path / name).exists())


def _remove(folder: _Folder, ledger: Ledger, keep_s: float) -> None:
    """Delete local copies of segments that are older than `keep_s` and are uploaded; and of a clip's file."""
    for rendition, recorded in list(ledger.renditions.items()):
        segments = list(recorded.segments)
        if not segments:
            continue
        until = segments[-1].time + segments[-1].duration - keep_s * recorded.timescale
        for number in range(folder.removed.get(rendition, 0), len(segments)):
            kept = segments[number]
            name = f"{rendition}/{segment_name(kept.msn)}"
            if kept.time + kept.duration > until:
                break
            if name in folder.done:
                (folder.path / name).unlink(missing_ok=True)
            folder.removed[rendition] = number + 1
    if keep_s == 0.0 and CLIP_FILE in folder.done:
        (folder.path / CLIP_FILE).unlink(missing_ok=True)
