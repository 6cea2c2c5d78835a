"""All recordings of this process: begun with streams, told to PostgreSQL, gone on with after a crash, deleted in the end.

The disk is the truth of what was recorded, PostgreSQL of what may be shown: a row follows its journal as soon as PostgreSQL is
there, and files are deleted only after a row says so, by a process that has them (a row's `store` is the folder's id, since
several machines may have folders of one name).
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from aiohttp import web

from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.ids import CHANCE_BYTES, ordered_id, short_id
from livehub.base.metrics import CALLBACKS
from livehub.base.new_file import write_new
from livehub.base.storage import ObjectStore, S3Access, S3ObjectStore
from livehub.base.tasks import Tasks
from livehub.hub.hub import Hub
from livehub.hub.rooms.room_orders import RoomOrders
from media.engagement.signals import EngagementSampler
from media.record import journal, poster, repository
from media.record.catalog import RecordingCatalog
from media.record.deletion import Deletion
from media.record.files import RecordingFiles
from media.record.journal import Begun, Ledger, Run
from media.record.recorder import Recorder
from media.record.recovery import OpenRecording, open_recordings
from media.record.repository import Q, RecordingRow
from media.record.resume import Resumed
from media.record.uploads import Uploads
from media.record.writer import Writer
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.recordings")

FOLDER_ID_FILE = "store"
SYNC_PAUSE_S = 5.0  # how often rows follow


class Recordings:
    """With no `media_dir` nothing is recorded, and `begin` and `resume` answer None."""

    def __init__(
        self,
        config: MediaConfig,
        database: Database,
        hub: Hub,
        *,
        orders: Callable[[], RoomOrders | None] = lambda: None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._database = database
        self._now_s = now_s
        self._media_dir = Path(config.media_dir) if config.media_dir else None
        self.folder_id = ""
        self._active: dict[str, Recorder] = {}
        self._rooms: dict[str, Recorder] = {}  # room -> the recorder at work
        self._left_open: dict[str, OpenRecording] = {}  # room -> a stream that may go on
        self._pending_rows: dict[str, RecordingRow] = {}  # rows not written yet
        self._posters: set[str] = set()  # recordings that have one
        self._posterless: set[str] = set()  # those of which none can be made
        self._has_adopted = False
        self._sync_lock = asyncio.Lock()
        self.object_store = _object_store_of(config)
        self.catalog = RecordingCatalog(config, database, self.object_store, self.active)
        self._deletion = Deletion(database, self.catalog, self.object_store, now_s=now_s)
        self._files = RecordingFiles(config, self.catalog, self.object_store)
        self.uploads = Uploads(config, self.object_store) if self.object_store is not None and self._media_dir else None
        self._sampler = EngagementSampler(database, hub, orders)
        self._tasks = Tasks()
        CALLBACKS.watch("livehub_recordings", "Streams being recorded", lambda: len(self._rooms))
        CALLBACKS.watch("livehub_recordings_broken", "Recordings that the disk holds up", self._broken)

    def add(self, app: web.Application) -> None:
        self._files.add(app)

    async def start(self) -> None:
        """Find what was left open. A folder that can't be used is logged, and the show goes on without being recorded."""
        if self._media_dir is None:
            return
        try:
            self.folder_id = await asyncio.to_thread(folder_id, self._media_dir)
            found = await asyncio.to_thread(open_recordings, self._media_dir, dvr_s=self._config.media_dvr_s)
        except OSError as error:
            log.error("recordings.no_folder", extra={"folder": str(self._media_dir), "reason": str(error)})
            self._media_dir = None
            return
        for each in found:
            begun = each.writer.ledger.begun
            assert begun is not None
            older = self._left_open.pop(begun.room, None)
            if older is not None:
                await self._close_left_open(older)
            self._left_open[begun.room] = each
        self._tasks.start("recording rows", self._sync_forever)
        self._tasks.start("recording deletion", partial(self._deletion.run, self._media_dir, self.folder_id))
        if self.uploads is not None:
            self._tasks.start("uploads", partial(self.uploads.run, self._media_dir, self.active))

    async def stop(self) -> None:
        """Leave what is being recorded as it is: the next process goes on with it if it comes in time."""
        await self._tasks.stop()
        for recorder in self._active.values():
            recorder.leave()
        for left in self._left_open.values():
            left.writer.release()
        waits = [asyncio.to_thread(each.wait, self._config.shutdown_grace_s / 2) for each in self._active.values()]
        await asyncio.gather(*waits)
        try:
            await self._write_rows()
        except LivehubError:
            return  # the next process tells

    def active(self, id_: str) -> Recorder | None:
        """The recorder at work on a recording."""
        return self._active.get(id_)

    # --- streams ---

    def resume(self, room: str) -> Resumed | None:
        """How the room's stream goes on, if a process that ended lately left one. Then `begin` with it."""
        left = self._left_open.get(room)
        if left is None or left.resumed is None or self._is_late(left):
            return None
        return left.resumed

    def begin(self, room: str, run: str, origin_ms: int, resumed: Resumed | None = None) -> Recorder | None:
        """Record a stream; `run` stands in the names of its live segments. None when nothing is recorded here."""
        if self._media_dir is None:
            return None
        now_ms = self.now_ms()
        left = self._left_open.pop(room, None)
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
            recorder.close(self.now_ms())
            self._sampler.end(room)

    def segment_path(self, room: str, rendition: str, msn: int) -> Path | None:
        """Where a complete segment of the room's live stream is, for its DVR window."""
        recorder = self._rooms.get(room)
        return recorder.path_of(rendition, msn) if recorder is not None else None

    # --- rows ---

    async def _sync_forever(self) -> None:
        while True:
            try:
                await self.sync()
            except LivehubError:
                pass  # PostgreSQL is away: rows follow when it is back
            except Exception:
                log.exception("recordings.sync_failed")
            await asyncio.sleep(SYNC_PAUSE_S)

    async def sync(self) -> None:
        """Bring PostgreSQL up to what was recorded, and all that goes with it. Raises Unavailable."""
        async with self._sync_lock:  # what one has begun to close is nowhere to be seen by another
            self._sampler.count(self.now_ms())
            if not self._has_adopted:
                await self._adopt()
                self._has_adopted = True
            for left in [left for left in self._left_open.values() if self._is_late(left)]:
                await self._close_left_open(left)
            await self._make_posters()
            await self._sampler.store(self.now_ms())
            await self._write_rows()

    async def _write_rows(self) -> None:
        now_ms = self.now_ms()
        for id_, recorder in list(self._active.items()):
            row = self._row(recorder.ledger, recorder.id, recorder.room, recorder.started_ms, recorder.state)
            if recorder.ledger.begun is not None:
                self._pending_rows[id_] = row
            if recorder.is_done and (recorder.unwritten_end_ms is None or await self._closed_late(recorder)):
                del self._active[id_]
        for id_, row in list(self._pending_rows.items()):
            try:
                async with self._database.connection() as connection:
                    await repository.upsert(connection, row, now_ms)
            except LivehubError:
                raise
            except Exception:  # of this one; the others' rows follow
                log.exception("recording.row_failed", extra={"recording": id_})
                continue
            self._pending_rows.pop(id_, None)

    async def _closed_late(self, recorder: Recorder) -> bool:
        """Close a recording for which there was no room on the disk when it ended; whether that is done, or needless."""
        try:
            writer = await asyncio.to_thread(Writer.reopen, recorder.folder)
        except OSError:
            return recorder.ledger.begun is None  # not one byte could be written
        try:
            await asyncio.to_thread(writer.close, recorder.unwritten_end_ms or 0)
        except OSError:
            return False
        finally:
            writer.release()
        self._pending_rows[recorder.id] = self._row(
            writer.ledger, recorder.id, recorder.room, recorder.started_ms, "closed"
        )
        return True

    def _row(self, ledger: Ledger, id_: str, room: str, started_ms: int, state: str) -> RecordingRow:
        from_ms, to_ms = ledger.span_ms
        ended_ms = ledger.closed.at_ms if ledger.closed is not None else None
        return RecordingRow(
            id=id_,
            room=room,
            started_ts=from_ms or started_ms,
            ended_ts=ended_ms,
            duration_ms=to_ms - from_ms,
            bytes=max(ledger.bytes, 0),
            has_poster=id_ in self._posters,
            state="ended" if ended_ms is not None else "broken" if state == "broken" else "recording",
            store=self.folder_id,
        )

    async def _adopt(self) -> None:
        """Recordings on the disk that PostgreSQL does not know, or not as ended: it was away when they ended."""
        assert self._media_dir is not None
        folders = await asyncio.to_thread(_folders, self._media_dir)
        own = {*self._active, *(left.writer.folder.name for left in self._left_open.values())}
        async with self._database.connection() as connection:
            known = {row["id"] for row in await connection.fetch(Q["known"], list(folders))}
        for id_ in folders.keys() - known - own:
            try:
                ledger = await asyncio.to_thread(_read, folders[id_])
            except OSError as error:  # one that can't be read stays, for people to look at
                log.warning("recording.unreadable", extra={"folder": str(folders[id_]), "reason": str(error)})
                continue
            if ledger.closed is not None and ledger.begun is not None:
                self._posters |= {id_} if (folders[id_] / poster.FILE).exists() else set()
                self._pending_rows[id_] = self._row(ledger, id_, ledger.begun.room, ledger.begun.started_ms, "closed")

    async def _make_posters(self) -> None:
        for recorder in list(self._active.values()):
            if recorder.id in self._posters | self._posterless or not recorder.has_picture:
                continue
            try:
                made = await asyncio.to_thread(poster.write_poster, recorder.folder, recorder.ledger)
            except OSError as error:
                log.warning("recording.no_poster", extra={"recording": recorder.id, "reason": str(error)})
                made = False
            except Exception:
                log.exception("recording.poster_failed", extra={"recording": recorder.id})
                made = False
            (self._posters if made else self._posterless).add(recorder.id)

    # --- what was left ---

    def _is_late(self, left: OpenRecording) -> bool:
        return self.now_ms() - left.ended_ms > self._config.media_resume_s_max * 1000

    def _close_soon(self, left: OpenRecording) -> None:
        self._tasks.once("recording close", self._close_left_open(left), of=left.writer.folder.name)

    async def _close_left_open(self, left: OpenRecording) -> None:
        ledger = left.writer.ledger
        begun = ledger.begun
        assert begun is not None
        if self._left_open.get(begun.room) is left:
            del self._left_open[begun.room]
        try:
            await asyncio.to_thread(left.writer.close, left.ended_ms or begun.started_ms)
        except OSError as error:
            log.warning("recording.not_closed", extra={"recording": begun.id, "reason": str(error)})
            return
        finally:
            left.writer.release()
        if (left.writer.folder / poster.FILE).exists():
            self._posters.add(begun.id)
        self._pending_rows[begun.id] = self._row(ledger, begun.id, begun.room, begun.started_ms, "closed")

    # --- what is over ---

    async def sweep(self) -> None:
        """Delete what PostgreSQL has let go, now. Raises Unavailable, ObjectStoreUnavailable."""
        assert self._media_dir is not None
        await self._deletion.sweep(self._media_dir, self.folder_id)

    def _broken(self) -> int:
        return sum(recorder.state == "broken" for recorder in self._rooms.values())

    def now_ms(self) -> int:
        """The real time, Unix ms: recordings do not go by business time."""
        return int(self._now_s() * 1000)


def _folders(media_dir: Path) -> dict[str, Path]:
    return {path.parent.name: path.parent for path in media_dir.glob(f"*/rec-*/{journal.FILE}")}


def _read(folder: Path) -> Ledger:
    return journal.replay((folder / journal.FILE).read_bytes(), lean=True)


def folder_id(media_dir: Path) -> str:
    """Which folder this is: an id in a file of its own; made when it has none, by whoever comes first. Raises OSError."""
    media_dir.mkdir(parents=True, exist_ok=True)
    path = media_dir / FOLDER_ID_FILE
    if not path.exists():
        write_new(path, short_id(secrets.token_bytes(5)))
    return path.read_text(encoding="ascii").strip()


def _object_store_of(config: MediaConfig) -> ObjectStore | None:
    """As configured; None: the disk is all. Keys are as on disk: {room}/{recording or clip}/{rendition}/{file}."""
    if not config.media_s3_url:
        return None
    access = S3Access(
        url=config.media_s3_url,
        bucket=config.media_s3_bucket,
        region=config.media_s3_region,
        key=config.media_s3_key,
        secret=config.media_s3_secret,
    )
    return S3ObjectStore(access, uploads_max=config.media_s3_uploads_max)
