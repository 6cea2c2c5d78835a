"""HTTP: the recordings of a room, clips cut from them, and what they should be cut from."""

import asyncio
import secrets
import shutil
import tempfile
from functools import partial
from pathlib import Path

from msgspec import Struct

from livehub.base import errors
from livehub.base.auth import Permission
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.hub.chat.replay import ShownLines, shown_lines
from livehub.room.errors import RoomNotFound
from livehub.room.moderation import clean
from media.clips.clip_writer import RecordingDamaged, write_clip
from media.clips.selection import ClipSelection, check_length, select_parts
from media.engagement.highlights import STEP_MS, highlights
from media.engagement.repository import signals_of
from media.errors import ClipOutside, RecordingNotFound, StorageFull
from media.record import repository
from media.record.catalog import RecordingIndex
from media.record.excerpt import excerpt, stretch
from media.record.journal import FILE, Ledger, map_name, segment_name
from media.record.object_store import ObjectStoreUnavailable, read_all
from media.record.recordings import Recordings
from media.record.repository import Q
from media.schemas import Clip, ClipRequest, HighlightList, Recording, RecordingList, ReplayChatQuery
from media.settings import MediaConfig

RUN, KEEP = Permission.RUN_SHOWS, Permission.KEEP_RECORDINGS
SIGNALS_MAX = 17_280  # a day of them
RETRY_MS = 5_000
CHATS_MS_MAX = 600_000
CHATS_OVER_S, CHATS_GOING_ON_S = 60, 2  # how long caches keep a piece of chat
TITLE_CHARS_MAX = 120


class _Made(Struct, frozen=True):
    """A clip on the disk, of which PostgreSQL does not know yet. `from_ms`, `to_ms`: Unix ms."""

    folder: Path
    id: str
    title: str
    from_ms: int
    to_ms: int
    size: int
    has_poster: bool


class ClipApi:
    def __init__(self, config: MediaConfig, database: Database, recordings: Recordings) -> None:
        self._config = config
        self._database = database
        self._recordings = recordings
        self._catalog = recordings.catalog
        self._object_store = recordings.object_store
        self._cutting: set[asyncio.Task[_Made]] = set()
        self._asking: dict[str, asyncio.Task[RecordingList]] = {}

    def endpoints(self) -> list[Endpoint]:
        one = "/api/recordings/{recording}"
        not_found = (RecordingNotFound,)
        return [
            get("/api/rooms/{room}/recordings", self.recordings, reply=RecordingList, errors=(RoomNotFound,)),
            post(
                f"{one}/clips", self.clip, may=RUN, body=ClipRequest, reply=Clip, status=201,
                two_phases=True, needs_key=False,
                errors=(*not_found, ClipOutside, StorageFull, errors.Overloaded),
            ),
            get(
                f"{one}/chats", self.chats, reply=ShownLines, query=ReplayChatQuery,
                errors=(*not_found, errors.BadRequest),
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
            return await repository.recordings_of(connection, room, self._config.lists_max)

    async def clip(self, call: Call[ClipRequest]) -> Clip:
        """Cut a clip, from the last keyframe at or before `from_ts`; it has files of its own and outlives the recording."""
        body, person = call.body, call.person.id
        check_length(body.from_ts, body.to_ts, length_ms_max=self._config.media_clip_s_max * 1000)
        async with self._database.connection() as connection:
            recording = await repository.recording(connection, call.path["recording"])
        if len(self._cutting) >= self._config.media_clips_at_once_max:
            raise errors.Overloaded(retry_after_ms=RETRY_MS)
        cutting = asyncio.create_task(self._cut(body, recording), name="cut a clip")
        self._cutting.add(cutting)
        cutting.add_done_callback(self._cutting.discard)
        try:
            made = await asyncio.shield(cutting)
        except asyncio.CancelledError:
            # Its thread cannot be stopped: it counts until it has ended, and what it made is taken away.
            cutting.add_done_callback(_take_away)
            raise

        async def write(tx: Transaction) -> None:
            try:
                await tx.connection.execute(
                    Q["insert_clip"], made.id, recording.id, recording.room, made.title, made.from_ms, made.to_ms,
                    made.size, made.has_poster, self._recordings.now_ms(), person, self._recordings.folder_id,
                )  # fmt: skip
            except BaseException:
                await asyncio.shield(asyncio.to_thread(shutil.rmtree, made.folder, ignore_errors=True))
                raise

        call.write_at_end(write)
        return repository.clip_of(
            {
                "id": made.id,
                "recording": recording.id,
                "title": made.title,
                "from_ts": made.from_ms,
                "to_ts": made.to_ms,
                "has_poster": made.has_poster,
            }
        )

    async def highlights(self, call: Call[None]) -> HighlightList:
        """Stretches that the room's own signals point at, best first."""
        async with self._database.connection() as connection:
            recording = await repository.recording(connection, call.path["recording"])
            to_ts = recording.ended_ts or self._recordings.now_ms()
            series = await signals_of(connection, recording.room, recording.started_ts - STEP_MS, to_ts, SIGNALS_MAX)
        until = min(to_ts, recording.started_ts + recording.duration_ms) if recording.duration_ms else to_ts
        most = self._config.highlights_max
        return HighlightList(highlights=highlights(series, from_ts=recording.started_ts, to_ts=until, most=most))

    async def chats(self, call: Call[None]) -> ShownLines:
        """The chat of a recording as it was shown, in order; a stretch of ten minutes at most."""
        asked: ReplayChatQuery = call.query
        async with self._database.connection() as connection:
            recording = await repository.recording(connection, call.path["recording"])
            from_ts = recording.started_ts if asked.from_ts is None else asked.from_ts
            to_ts = from_ts + CHATS_MS_MAX if asked.to_ts is None else asked.to_ts
            if not 0 < to_ts - from_ts <= CHATS_MS_MAX:
                raise errors.BadRequest(f"to_ts: at most {CHATS_MS_MAX} ms after from_ts.")
            until_ts = recording.ended_ts or self._recordings.now_ms()
            lines = await shown_lines(
                connection, recording.room, max(from_ts, recording.started_ts), min(to_ts, until_ts),
                after=asked.after, most=asked.most(self._config.lists_max),
            )  # fmt: skip
        # Of what is over nothing changes but that a moderator takes a line away still.
        call.max_age_s = CHATS_OVER_S if recording.ended_ts is not None else CHATS_GOING_ON_S
        return lines

    async def remove(self, call: Call[None]) -> None:
        """Take a recording away. Its clips stay."""
        id_ = call.path["recording"]
        await repository.let_recording_go(call.tx, id_, self._recordings.now_ms())
        call.tx.after_commit(lambda: self._catalog.forget(id_))

    async def remove_clip(self, call: Call[None]) -> None:
        """Take a clip away."""
        id_ = call.path["clip"]
        await repository.let_clip_go(call.tx, id_, self._recordings.now_ms())
        call.tx.after_commit(lambda: self._catalog.forget(id_))

    # --- cutting ---

    async def _cut(self, wanted: ClipRequest, recording: Recording) -> _Made:
        """The clip's files; nothing of PostgreSQL is held meanwhile, since it may take many seconds."""
        index = await self._catalog.index(recording.id)
        length_ms_max = self._config.media_clip_s_max * 1000
        ledger = await self._parts(index, recording, wanted.from_ts, wanted.to_ts)
        selection = await asyncio.to_thread(
            select_parts, ledger, wanted.from_ts, wanted.to_ts, length_ms_max=length_ms_max
        )
        id_ = f"clip-{ordered_id(self._recordings.now_ms(), secrets.token_bytes(CHANCE_BYTES))}"
        folder = index.folder.parent / id_
        title = clean(wanted.title, TITLE_CHARS_MAX) or recording.title
        try:
            size, has_poster = await self._make(folder, id_, ledger, selection, index)
        except (RecordingDamaged, ObjectStoreUnavailable) as error:
            raise errors.Unavailable(retry_after_ms=RETRY_MS) from error
        return _Made(folder, id_, title, selection.from_ms, selection.to_ms, size, has_poster)

    async def _parts(self, index: RecordingIndex, recording: Recording, from_ms: int, to_ms: int) -> Ledger:
        """The ledger with the parts of that stretch, which indexes do not keep."""
        begin, end = await asyncio.to_thread(stretch, index.ledger, from_ms, to_ms)
        try:
            lines: bytes | None = await asyncio.to_thread(_read, index.folder / FILE, begin, end)
        except FileNotFoundError:
            lines = None
        if lines is None and self._object_store is not None:
            try:
                lines = await read_all(self._object_store, f"{recording.room}/{recording.id}/{FILE}", begin, end)
            except ObjectStoreUnavailable as error:
                raise errors.Unavailable(retry_after_ms=RETRY_MS) from error
        if lines is None:
            raise RecordingNotFound
        return await asyncio.to_thread(excerpt, index.ledger, lines)

    async def _make(
        self, folder: Path, id_: str, ledger: Ledger, selection: ClipSelection, index: RecordingIndex
    ) -> tuple[int, bool]:
        """Raises StorageFull, RecordingDamaged, ObjectStoreUnavailable."""
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
        )
        missing = [key for key, path in sources.items() if not path.exists()]
        if not missing or self._object_store is None:
            return await asyncio.to_thread(write, folder, id_, ledger, selection, sources)
        folder.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetch-") as fetched:
            for rendition, name in missing:
                sources[rendition, name] = path = Path(fetched) / f"{rendition}-{name}"
                await self._fetch(f"{folder.parent.name}/{index.folder.name}/{rendition}/{name}", path)
            return await asyncio.to_thread(write, folder, id_, ledger, selection, sources)

    async def _fetch(self, key: str, path: Path) -> None:
        assert self._object_store is not None
        found = await self._object_store.get(key)
        if found is None:
            raise RecordingDamaged(f"{key} is gone")
        with path.open("wb") as file:
            async for chunk in found.chunks:
                file.write(chunk)


def _take_away(cutting: asyncio.Task[_Made]) -> None:
    if not cutting.cancelled() and cutting.exception() is None:
        asyncio.get_running_loop().run_in_executor(
            None, partial(shutil.rmtree, cutting.result().folder, ignore_errors=True)
        )


def _read(path: Path, begin: int, end: int | None) -> bytes:
    with path.open("rb") as file:
        file.seek(begin)
        return file.read(-1 if end is None else end - begin)
