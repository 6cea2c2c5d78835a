"""HTTP: the recordings of a room, clips cut from them, and what they should be cut from."""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from livehub.base import errors
from livehub.base.auth import Permission
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.room.moderation import clean
from media.bodies import Clip, ClipRequest, HighlightList, Recording, RecordingList
from media.clips.cut import Cut, cut
from media.clips.highlights import STEP_MS, highlights
from media.clips.making import Unmakable, make
from media.record import rows
from media.record.journal import FILE, Ledger, map_name, replay, segment_name
from media.record.rows import Q
from media.record.shelf import JOURNAL_BYTES_MAX, Book, Shelf
from media.record.storage import Storage, StorageAway, read_all

RUN, KEEP = Permission.RUN_SHOWS, Permission.KEEP_RECORDINGS
SIGNALS_MAX = 17_280  # a day of them
RETRY_MS = 5_000
TITLE_CHARS_MAX = 120


class ClipApi:
    """See the module. `store`: whose folder this process writes to."""

    def __init__(
        self, config: Config, database: Database, shelf: Shelf, storage: Storage | None, store: Callable[[], str]
    ) -> None:
        self._config = config
        self._database = database
        self._shelf = shelf
        self._storage = storage
        self._store = store
        self._cutting = 0
        self._asking: dict[str, asyncio.Task[RecordingList]] = {}

    def endpoints(self) -> list[Endpoint]:
        """The calls."""
        one = "/api/recordings/{recording}"
        not_found = (errors.RecordingNotFound,)
        return [
            get("/api/rooms/{room}/recordings", self.recordings, reply=RecordingList, errors=(errors.RoomNotFound,)),
            post(
                f"{one}/clips", self.clip, may=RUN, body=ClipRequest, reply=Clip, status=201,
                errors=(*not_found, errors.ClipOutside, errors.StorageFull, errors.Overloaded),
            ),
            get(f"{one}/highlights", self.highlights, may=RUN, reply=HighlightList, errors=not_found),
            delete(one, self.remove, may=KEEP, reply=None, errors=(*not_found, errors.BadRequest)),
            delete("/api/clips/{clip}", self.remove_clip, may=KEEP, reply=None, errors=not_found),
        ]  # fmt: skip

    async def recordings(self, call: Call[None]) -> RecordingList:
        """The recordings of a room with their clips, newest first; one that goes on is among them.

        When a show ends all its viewers ask: those who ask while PostgreSQL is being asked share the answer.
        """
        room = call.path["room"]
        asking = self._asking.get(room)
        if asking is None:
            asking = self._asking[room] = asyncio.create_task(self._listed(room), name="recordings of a room")
            asking.add_done_callback(lambda _done: self._asking.pop(room))
        return await asyncio.shield(asking)

    async def _listed(self, room: str) -> RecordingList:
        async with self._database.connection() as connection:
            return await rows.recordings_of(connection, room, self._config.lists_max)

    async def clip(self, call: Call[ClipRequest]) -> Clip:
        """Cut a clip, from the last keyframe at or before `from_ts`; it has files of its own and outlives the recording."""
        recording = await rows.recording(call.tx.connection, call.path["recording"])
        if self._cutting >= self._config.media_clips_at_once_max:
            raise errors.Overloaded(retry_after_ms=RETRY_MS)
        self._cutting += 1
        try:
            return await self._clip(call, recording)
        finally:
            self._cutting -= 1

    async def highlights(self, call: Call[None]) -> HighlightList:
        """Stretches that the room's own signals point at, best first."""
        async with self._database.connection() as connection:
            recording = await rows.recording(connection, call.path["recording"])
            to_ts = recording.ended_ts or call.now_ms
            series = await rows.signals_of(
                connection, recording.room, recording.started_ts - STEP_MS, to_ts, SIGNALS_MAX
            )
        until = min(to_ts, recording.started_ts + recording.duration_ms) if recording.duration_ms else to_ts
        most = self._config.highlights_max
        return HighlightList(highlights=highlights(series, from_ts=recording.started_ts, to_ts=until, most=most))

    async def remove(self, call: Call[None]) -> None:
        """Take a recording away. Its clips stay."""
        id_ = call.path["recording"]
        await rows.let_recording_go(call.tx, id_, call.now_ms)
        call.tx.after_commit(lambda: self._shelf.forget(id_))

    async def remove_clip(self, call: Call[None]) -> None:
        """Take a clip away."""
        id_ = call.path["clip"]
        await rows.let_clip_go(call.tx, id_, call.now_ms)
        call.tx.after_commit(lambda: self._shelf.forget(id_))

    # --- cutting ---

    async def _clip(self, call: Call[ClipRequest], recording: Recording) -> Clip:
        book = await self._shelf.book(recording.id)
        ledger = await self._journal(book, recording)
        length_ms_max = self._config.media_clip_s_max * 1000
        piece = await asyncio.to_thread(cut, ledger, call.body.from_ts, call.body.to_ts, length_ms_max=length_ms_max)
        id_ = f"clip-{ordered_id(call.now_ms, secrets.token_bytes(CHANCE_BYTES))}"
        folder = book.folder.parent / id_
        title = clean(call.body.title, TITLE_CHARS_MAX) or recording.title
        try:
            size, has_poster = await self._make(folder, id_, ledger, piece, book)
        except (Unmakable, StorageAway) as error:
            raise errors.Unavailable(retry_after_ms=RETRY_MS) from error
        try:
            await call.tx.connection.execute(
                Q["insert_clip"], id_, recording.id, recording.room, title, piece.from_ms, piece.to_ms, size, has_poster,
                call.now_ms, call.person.id, self._store(),
            )  # fmt: skip
        except BaseException:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))
            raise
        return rows.clip_of(
            {
                "id": id_,
                "recording": recording.id,
                "title": title,
                "from_ts": piece.from_ms,
                "to_ts": piece.to_ms,
                "has_poster": has_poster,
            }
        )

    async def _journal(self, book: Book, recording: Recording) -> Ledger:
        """With all parts, which the books do not keep."""
        try:
            data: bytes | None = await asyncio.to_thread((book.folder / FILE).read_bytes)
        except FileNotFoundError:
            data = None
        if data is None and self._storage is not None:
            try:
                data = await read_all(self._storage, f"{recording.room}/{recording.id}/{FILE}", JOURNAL_BYTES_MAX)
            except StorageAway as error:
                raise errors.Unavailable(retry_after_ms=RETRY_MS) from error
        if data is None:
            raise errors.RecordingNotFound
        return await asyncio.to_thread(replay, data)

    async def _make(self, folder: Path, id_: str, ledger: Ledger, piece: Cut, book: Book) -> tuple[int, bool]:
        """Raises StorageFull, Unmakable, StorageAway."""
        names = {
            (rendition, name)
            for rendition, taken in piece.taken.items()
            for each in taken
            for name in (segment_name(each.msn), *(map_name(part.map) for part in each.parts))
        }
        sources = {(rendition, name): book.folder / rendition / name for rendition, name in names}
        free_min = self._config.media_disk_free_bytes_min
        missing = [key for key, path in sources.items() if not path.exists()]
        if not missing or self._storage is None:
            return await asyncio.to_thread(make, folder, id_, ledger, piece, sources, free_bytes_min=free_min)
        folder.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetch-") as fetched:
            for rendition, name in missing:
                sources[rendition, name] = path = Path(fetched) / f"{rendition}-{name}"
                await self._fetch(f"{folder.parent.name}/{book.folder.name}/{rendition}/{name}", path)
            return await asyncio.to_thread(make, folder, id_, ledger, piece, sources, free_bytes_min=free_min)

    async def _fetch(self, key: str, path: Path) -> None:
        assert self._storage is not None
        found = await self._storage.get(key)
        if found is None:
            raise Unmakable(f"{key} is gone")
        with path.open("wb") as file:
            async for chunk in found.chunks:
                file.write(chunk)
