"""HTTP: the recordings of a room, clips cut from them, and what they should be cut from."""

import asyncio
import secrets
import shutil
import threading
from functools import partial

from livehub.base import errors
from livehub.base.auth import Permission
from livehub.base.db import Database, Transaction
from livehub.base.endpoints import Call, Endpoint, delete, get, post
from livehub.base.ids import CHANCE_BYTES, ordered_id
from livehub.base.text import clean
from livehub.hub.chat.replay import ShownLines, shown_lines
from livehub.hub.rooms.actions import Action, record
from livehub.room.errors import RoomNotFound
from media.clips.clip_writer import RecordingDamaged
from media.clips.cutting import RETRY_MS, ClipCutter, Made, Piece
from media.clips.making import ClipMaker
from media.clips.selection import check_length
from media.engagement.highlights import STEP_MS, highlights
from media.engagement.repository import signals_of
from media.errors import ClipOutside, RecordingNotFound, StorageFull
from media.record import repository
from media.record.recordings import Recordings
from media.record.repository import Q
from media.schemas import Clip, ClipList, ClipRequest, HighlightList, RecordingList, ReplayChatQuery
from media.settings import MediaConfig

RUN, KEEP = Permission.RUN_SHOWS, Permission.KEEP_RECORDINGS
SIGNALS_MAX = 17_280  # a day of them
CHATS_MS_MAX = 600_000
CHATS_OVER_S, CHATS_GOING_ON_S = 60, 2  # how long caches keep a piece of chat
TITLE_CHARS_MAX = 120


class ClipApi:
    def __init__(self, config: MediaConfig, database: Database, recordings: Recordings) -> None:
        self._config = config
        self._database = database
        self._recordings = recordings
        self._catalog = recordings.catalog
        self._cutter = ClipCutter(config, recordings)
        self._maker = ClipMaker(config, database, self._cutter, recordings)
        self._cutting: set[asyncio.Task[Made]] = set()
        self._asking: dict[str, asyncio.Task[RecordingList]] = {}

    async def start(self) -> None:
        """Go on with the clips that are in the making. After the recordings have begun."""
        await self._maker.start()

    async def stop(self) -> None:
        await self._maker.stop()

    def endpoints(self) -> list[Endpoint]:
        one = "/api/recordings/{recording}"
        not_found = (RecordingNotFound,)
        return [
            get("/api/rooms/{room}/recordings", self.recordings, reply=RecordingList, errors=(RoomNotFound,)),
            post(
                f"{one}/clips", self.clip, may=RUN, body=ClipRequest, reply=Clip, status=201,
                two_phases=True, needs_key=False, accepts=True,
                errors=(*not_found, ClipOutside, StorageFull, errors.Overloaded),
            ),
            get(f"{one}/clips", self.clips, may=RUN, reply=ClipList, errors=not_found),
            get("/api/clips/{clip}", self.one_clip, may=RUN, reply=Clip, errors=not_found),
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
        """Cut a clip, from the last keyframe at or before `from_ts`; it has files of its own and outlives the recording.

        One that goes across cameras is encoded in part, which takes longer than a request: it is answered with 202, `making`,
        and is there when `GET /api/clips/{clip}` says `kept`. Who asks for the same piece meanwhile gets the same clip.
        """
        body, person = call.body, call.person
        check_length(body.from_ts, body.to_ts, length_ms_max=self._config.media_clip_s_max * 1000)
        async with self._database.connection() as connection:
            recording = await repository.recording(connection, call.path["recording"])
        piece = await self._cutter.piece(recording.id, recording.room, body.from_ts, body.to_ts)
        title = clean(body.title, TITLE_CHARS_MAX) or recording.title
        if await self._cutter.encoded_s(piece):
            clip = await self._maker.ask(f"clip-{call.keyed_id()}", piece, recording.id, title, person)
            call.is_accepted = clip.state == "making"
            return clip
        id_ = f"clip-{ordered_id(self._recordings.now_ms(), secrets.token_bytes(CHANCE_BYTES))}"
        made = await self._made_now(id_, piece)
        from_ms, to_ms = piece.selection.from_ms, piece.selection.to_ms

        async def write(tx: Transaction) -> None:
            action = Action(type="clip_add", subject=id_, after={"title": title}, data={"title": title})
            try:
                await tx.connection.execute(
                    Q["insert_clip"], id_, recording.id, recording.room, title, from_ms, to_ms, made.bytes,
                    made.has_poster, self._recordings.now_ms(), person.id, self._recordings.folder_id,
                )  # fmt: skip
                await record(tx.connection, recording.room, [action], by=person, now_ms=call.now_ms)
            except BaseException:
                await asyncio.shield(asyncio.to_thread(shutil.rmtree, made.folder, ignore_errors=True))
                raise

        call.write_at_end(write)
        return repository.clip_of(
            {
                "id": id_,
                "recording": recording.id,
                "title": title,
                "from_ts": from_ms,
                "to_ts": to_ms,
                "has_poster": made.has_poster,
            }
        )

    async def _made_now(self, id_: str, piece: Piece) -> Made:
        if len(self._cutting) >= self._config.media_clips_at_once_max:
            raise errors.Overloaded(retry_after_ms=RETRY_MS)
        stop = threading.Event()
        cutting = asyncio.create_task(self._cutter.make(id_, piece, stop), name="cut a clip")
        self._cutting.add(cutting)
        cutting.add_done_callback(self._cutting.discard)
        try:
            return await asyncio.shield(cutting)
        except RecordingDamaged as error:
            raise errors.Unavailable(retry_after_ms=RETRY_MS) from error
        except asyncio.CancelledError:
            # It counts until its thread has ended, and what that has made is taken away.
            stop.set()
            cutting.add_done_callback(_take_away)
            raise

    async def clips(self, call: Call[None]) -> ClipList:
        """The clips of a recording, with those that are being made and, for a day, those that failed."""
        async with self._database.connection() as connection:
            return ClipList(clips=await repository.clips_of(connection, call.path["recording"]))

    async def one_clip(self, call: Call[None]) -> Clip:
        """A clip, and how far its making is."""
        async with self._database.connection() as connection:
            return await repository.clip(connection, call.path["clip"])

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
        room, title = await repository.let_recording_go(call.tx, id_, self._recordings.now_ms())
        action = Action(type="recording_remove", subject=id_, before={"title": title}, data={"title": title})
        await record(call.tx.connection, room, [action], by=call.person, now_ms=call.now_ms)
        call.tx.after_commit(lambda: self._catalog.forget(id_))

    async def remove_clip(self, call: Call[None]) -> None:
        """Take a clip away."""
        id_ = call.path["clip"]
        room, title = await repository.let_clip_go(call.tx, id_, self._recordings.now_ms())
        action = Action(type="clip_remove", subject=id_, before={"title": title}, data={"title": title})
        await record(call.tx.connection, room, [action], by=call.person, now_ms=call.now_ms)
        call.tx.after_commit(lambda: self._forget_clip(id_))

    def _forget_clip(self, id_: str) -> None:
        self._catalog.forget(id_)
        self._maker.cancel(id_)


def _take_away(cutting: asyncio.Task[Made]) -> None:
    if not cutting.cancelled() and cutting.exception() is None:
        asyncio.get_running_loop().run_in_executor(
            None, partial(shutil.rmtree, cutting.result().folder, ignore_errors=True)
        )
