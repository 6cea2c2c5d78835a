"""All recordings of this process: begun with streams, told to PostgreSQL, gone on with after a crash, deleted in the end.

The disk is the truth of what was recorded, PostgreSQL of what may be shown: a row follows its journal as soon as PostgreSQL is
there, and files are deleted only after a row says so, by a process that has them (`store` names the folder, not the machine).
"""

import asyncio
import logging
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.metrics import WATCHED
from livehub.hub.hub import Hub
from media.clips.api import ClipApi
from media.record import journal, poster, rows
from media.record.files import Files
from media.record.journal import Begun, Ledger, Run
from media.record.leftover import LeftOpen, left_open
from media.record.recorder import Recorder
from media.record.resume import Resumed
from media.record.rows import GONE_ANYBODY_MS, Q, Row
from media.record.shelf import Shelf
from media.record.signals import Sampler
from media.record.storage import StorageAway, storage_of
from media.record.store import store_id
from media.record.uploads import Uploads
from media.record.writing import Writer

log = logging.getLogger("livehub.media.recordings")

TELL_S = 5.0  # how often rows follow
SWEEP_S = 30.0
SWEEP_MAX = 100  # recordings and clips deleted at a time


class Recordings:
    """See the module. With no `media_dir` nothing is recorded, and `begin` and `resume` answer None."""

    def __init__(self, config: Config, database: Database, hub: Hub, *, now_s: Callable[[], float] = time.time) -> None:
        self._config = config
        self._database = database
        self._now_s = now_s
        self._media_dir = Path(config.media_dir) if config.media_dir else None
        self._store = ""
        self._active: dict[str, Recorder] = {}
        self._rooms: dict[str, Recorder] = {}  # room -> the recorder at work
        self._left: dict[str, LeftOpen] = {}  # room -> a stream that may go on
        self._owed: dict[str, Row] = {}  # rows not written yet
        self._posters: set[str] = set()  # recordings that have one
        self._posterless: set[str] = set()  # those of which none can be made
        self._has_adopted = False
        self._one_tells = asyncio.Lock()
        self._storage = storage_of(config)
        self._shelf = Shelf(config, database, self._storage, self.active)
        self._files = Files(config, self._shelf, self._storage)
        self.uploads = Uploads(config, self._storage) if self._storage is not None and self._media_dir else None
        self._api = ClipApi(config, database, self._shelf, self._storage, lambda: self._store)
        self._sampler = Sampler(database, hub)
        self._tasks: list[asyncio.Task[None]] = []
        WATCHED.watch("livehub_recordings", "Streams being recorded", lambda: len(self._rooms))
        WATCHED.watch("livehub_recordings_broken", "Recordings that the disk holds up", self._broken)

    def endpoints(self) -> list[Endpoint]:
        """The typed calls."""
        return self._api.endpoints()

    def add(self, app: web.Application) -> None:
        """Route what is not JSON."""
        self._files.add(app)

    async def start(self) -> None:
        """Find what was left open. A folder that can't be used is logged, and the show goes on without being recorded."""
        if self._media_dir is None:
            return
        try:
            self._store = await asyncio.to_thread(store_id, self._media_dir)
            found = await asyncio.to_thread(left_open, self._media_dir, dvr_s=self._config.media_dvr_s)
        except OSError as error:
            log.error("recordings.no_folder", extra={"folder": str(self._media_dir), "reason": str(error)})
            self._media_dir = None
            return
        for each in found:
            begun = each.writer.ledger.begun
            assert begun is not None
            older = self._left.pop(begun.room, None)
            if older is not None:
                await self._close_left(older)
            self._left[begun.room] = each
        loops = [self._tell_forever, self._sweep_forever]
        self._tasks = [asyncio.create_task(loop(), name="recordings") for loop in loops]
        if self.uploads is not None:
            self._tasks.append(asyncio.create_task(self.uploads.run(self._media_dir, self.active), name="uploads"))

    async def stop(self) -> None:
        """Leave what is being recorded as it is: the next process goes on with it if it comes in time."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for recorder in self._active.values():
            recorder.leave()
        for left in self._left.values():
            left.writer.release()
        waits = [asyncio.to_thread(each.wait, self._config.shutdown_grace_s / 2) for each in self._active.values()]
        await asyncio.gather(*waits)
        try:
            await self._tell()
        except LivehubError:
            return  # the next process tells

    def active(self, id_: str) -> Recorder | None:
        """The recorder at work on a recording."""
        return self._active.get(id_)

    # --- streams ---

    def resume(self, room: str) -> Resumed | None:
        """How the room's stream goes on, if a process that ended lately left one. Then `begin` with it."""
        left = self._left.get(room)
        if left is None or left.resumed is None or self._is_late(left):
            return None
        return left.resumed

    def begin(self, room: str, run: str, origin_ms: int, resumed: Resumed | None = None) -> Recorder | None:
        """Record a stream; `run` stands in the names of its live segments. None when nothing is recorded here."""
        if self._media_dir is None:
            return None
        now_ms = self._now_ms()
        left = self._left.pop(room, None)
        if left is not None and resumed is not None and left.resumed is resumed:
            begun = left.writer.ledger.begun
            assert begun is not None
            recorder = Recorder(self._config, left.writer.folder, begun, Run(run, now_ms), writer=left.writer)
            if (left.writer.folder / poster.FILE).exists():
                self._posters.add(recorder.id)
        else:
            if left is not None:
                self._close_soon(left)
            id_ = f"rec-{ordered_id(now_ms, secrets.token_bytes(CHANCE_BYTES))}"
            begun = Begun(journal.VERSION, id_, room, origin_ms, now_ms)
            recorder = Recorder(self._config, self._media_dir / room / id_, begun, Run(run, now_ms))
        self._active[recorder.id] = self._rooms[room] = recorder
        self._sampler.begin(room, now_ms)
        return recorder

    def end(self, room: str) -> None:
        """The room's stream is over, and so is its recording."""
        recorder = self._rooms.pop(room, None)
        if recorder is not None:
            recorder.close(self._now_ms())
            self._sampler.end(room)

    def stored(self, room: str, rendition: str, msn: int) -> Path | None:
        """Where a complete segment of the room's live stream is, for its DVR window."""
        recorder = self._rooms.get(room)
        return recorder.path_of(rendition, msn) if recorder is not None else None

    # --- rows ---

    async def _tell_forever(self) -> None:
        while True:
            try:
                await self.tell()
            except LivehubError:
                pass  # PostgreSQL is away: rows follow when it is back
            except Exception:
                log.exception("recordings.telling_failed")
            await asyncio.sleep(TELL_S)

    async def tell(self) -> None:
        """Bring PostgreSQL up to what was recorded, and all that goes with it. Raises Unavailable."""
        async with self._one_tells:  # what one has begun to close is nowhere to be seen by another
            self._sampler.count(self._now_ms())
            if not self._has_adopted:
                await self._adopt()
                self._has_adopted = True
            for left in [left for left in self._left.values() if self._is_late(left)]:
                await self._close_left(left)
            await self._make_posters()
            await self._sampler.store(self._now_ms())
            await self._tell()

    async def _tell(self) -> None:
        now_ms = self._now_ms()
        for id_, recorder in list(self._active.items()):
            row = self._row(recorder.ledger, recorder.id, recorder.room, recorder.started_ms, recorder.state)
            if recorder.ledger.begun is not None:
                self._owed[id_] = row
            if recorder.is_done and (recorder.owes_end_ms is None or await self._closed_late(recorder)):
                del self._active[id_]
        for id_, row in list(self._owed.items()):
            async with self._database.connection() as connection:
                await rows.upsert(connection, row, now_ms)
            self._owed.pop(id_, None)

    async def _closed_late(self, recorder: Recorder) -> bool:
        """Close a recording for which there was no room on the disk when it ended; whether that is done, or needless."""
        try:
            writer = await asyncio.to_thread(Writer.reopen, recorder.folder)
        except OSError:
            return recorder.ledger.begun is None  # not one byte could be written
        try:
            await asyncio.to_thread(writer.close, recorder.owes_end_ms or 0)
        except OSError:
            return False
        finally:
            writer.release()
        self._owed[recorder.id] = self._row(writer.ledger, recorder.id, recorder.room, recorder.started_ms, "closed")
        return True

    def _row(self, ledger: Ledger, id_: str, room: str, started_ms: int, state: str) -> Row:
        from_ms, to_ms = ledger.span_ms
        ended_ms = ledger.closed.at_ms if ledger.closed is not None else None
        return Row(
            id=id_,
            room=room,
            started_ts=from_ms or started_ms,
            ended_ts=ended_ms,
            duration_ms=to_ms - from_ms,
            bytes=max(ledger.bytes, 0),
            has_poster=id_ in self._posters,
            state="ended" if ended_ms is not None else "broken" if state == "broken" else "recording",
            store=self._store,
        )

    async def _adopt(self) -> None:
        """Recordings on the disk that PostgreSQL does not know, or not as ended: it was away when they ended."""
        assert self._media_dir is not None
        folders = await asyncio.to_thread(_folders, self._media_dir)
        own = {*self._active, *(left.writer.folder.name for left in self._left.values())}
        async with self._database.connection() as connection:
            known = {row["id"] for row in await connection.fetch(Q["known"], list(folders))}
        for id_ in folders.keys() - known - own:
            ledger = await asyncio.to_thread(_read, folders[id_])
            if ledger.closed is not None and ledger.begun is not None:
                self._posters |= {id_} if (folders[id_] / poster.FILE).exists() else set()
                self._owed[id_] = self._row(ledger, id_, ledger.begun.room, ledger.begun.started_ms, "closed")

    async def _make_posters(self) -> None:
        for recorder in list(self._active.values()):
            if recorder.id in self._posters | self._posterless or not recorder.has_picture:
                continue
            try:
                made = await asyncio.to_thread(poster.write_poster, recorder.folder, recorder.ledger)
            except OSError as error:
                log.warning("recording.no_poster", extra={"recording": recorder.id, "reason": str(error)})
                made = False
            (self._posters if made else self._posterless).add(recorder.id)

    # --- what was left ---

    def _is_late(self, left: LeftOpen) -> bool:
        return self._now_ms() - left.ended_ms > self._config.media_resume_s_max * 1000

    def _close_soon(self, left: LeftOpen) -> None:
        task = asyncio.create_task(self._close_left(left), name="close recording")
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)

    async def _close_left(self, left: LeftOpen) -> None:
        ledger = left.writer.ledger
        begun = ledger.begun
        assert begun is not None
        if self._left.get(begun.room) is left:
            del self._left[begun.room]
        try:
            await asyncio.to_thread(left.writer.close, left.ended_ms or begun.started_ms)
        except OSError as error:
            log.warning("recording.not_closed", extra={"recording": begun.id, "reason": str(error)})
            return
        finally:
            left.writer.release()
        if (left.writer.folder / poster.FILE).exists():
            self._posters.add(begun.id)
        self._owed[begun.id] = self._row(ledger, begun.id, begun.room, begun.started_ms, "closed")

    # --- what is over ---

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self.sweep()
            except LivehubError:
                continue
            except (OSError, StorageAway) as error:
                log.warning("recordings.not_deleted", extra={"reason": str(error)})

    async def sweep(self) -> None:
        """Delete what PostgreSQL has let go: the files, then the row. Raises Unavailable, OSError, StorageAway."""
        assert self._media_dir is not None
        before = self._now_ms() - GONE_ANYBODY_MS
        async with self._database.connection() as connection:
            gone = await connection.fetch(Q["gone"], self._store, before, SWEEP_MAX)
        for row in gone:
            id_, room = row["id"], row["room"]
            self._shelf.forget(id_)
            folder = self._media_dir / room / id_
            if await asyncio.to_thread(folder.exists):
                await asyncio.to_thread(shutil.rmtree, folder)
            if self._storage is not None:
                await self._storage.delete_under(f"{room}/{id_}")
            async with self._database.connection() as connection:
                await rows.delete(connection, id_)
            log.info("recordings.deleted", extra={"id": id_, "room": room})

    def _broken(self) -> int:
        return sum(recorder.state == "broken" for recorder in self._rooms.values())

    def _now_ms(self) -> int:
        return int(self._now_s() * 1000)


def _folders(media_dir: Path) -> dict[str, Path]:
    return {path.parent.name: path.parent for path in media_dir.glob(f"*/rec-*/{journal.FILE}")}


def _read(folder: Path) -> Ledger:
    return journal.replay((folder / journal.FILE).read_bytes(), lean=True)
