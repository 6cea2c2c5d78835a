"""Clips that have to be encoded, made one after another by the process that has their recording's files.

Such a clip has a row, `making`, from the moment it is asked for, and its files later. The row is what makes it durable: a
process that was killed finds its rows when it starts again, clears away what was half done, and makes them. An attempt is
counted before it begins, so that a piece which kills the process does so ATTEMPTS_MAX times and no more. One that fails because
PostgreSQL or the storage is away does not count, and what was made meanwhile is kept when PostgreSQL is back.

    asked for > making > kept          another request for the same piece meanwhile gets the same clip
                  |  \\
                  |   > failed         it can't be made, or could not be ATTEMPTS_MAX times; told for a day
                  > gone               somebody deleted it; its thread hears of that and ends

Not a job of procrastinate: those run wherever the role `jobs` is, and the files are here.
"""

import asyncio
import logging
import threading
from typing import Any

from msgspec import Struct

from livehub.base import errors
from livehub.base.auth import Identity
from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.tasks import Tasks
from livehub.hub.rooms.actions import Action, record
from media.clips.clip_writer import RecordingDamaged
from media.clips.cutting import RETRY_MS, ClipCutter, Made, Piece
from media.clips.remux import CuttingStopped
from media.errors import ClipOutside, RecordingNotFound
from media.record import repository
from media.record.recordings import Recordings
from media.record.repository import Q
from media.schemas import Clip
from media.settings import MediaConfig

log = logging.getLogger("livehub.media.clips")

ATTEMPTS_MAX = 3
RETRY_PAUSE_MS = 30_000
LOOK_PAUSE_S = 5.0  # for rows whose pause is over; new ones are told of
AWAY_PAUSE_S = 1.0  # until PostgreSQL is told again what became of an attempt


class _Attempt(Struct, frozen=True):
    """The clip that is being made. `stop`: nobody waits for it any more, or the process ends."""

    id: str
    stop: threading.Event


class ClipMaker:
    def __init__(self, config: MediaConfig, database: Database, cutter: ClipCutter, recordings: Recordings) -> None:
        self._config = config
        self._database = database
        self._cutter = cutter
        self._recordings = recordings
        self._more = asyncio.Event()
        self._attempt: _Attempt | None = None
        self._tasks = Tasks()

    async def start(self) -> None:
        """Where nothing is recorded there is nothing to do."""
        if self._recordings.folder_id:
            await self._cutter.clear_all()
            self._tasks.start("clips in the making", self._run)

    async def stop(self) -> None:
        """The clip that is being made is made again by the next process."""
        if self._attempt is not None:
            self._attempt.stop.set()
        await self._tasks.stop()

    def cancel(self, id_: str) -> None:
        """The clip was taken away: the next one need not wait for its end."""
        if self._attempt is not None and self._attempt.id == id_:
            self._attempt.stop.set()

    async def ask(self, id_: str, piece: Piece, recording: str, title: str, person: Identity) -> Clip:
        """The clip, in the making; one of the same piece that is being made already. Raises Overloaded, Unavailable."""
        selection, store = piece.selection, self._recordings.folder_id
        same = id_, recording, selection.from_ms, selection.to_ms
        async with self._database.transaction() as tx:
            await tx.connection.execute(Q["lock_making"], store)
            row = await tx.connection.fetchrow(Q["same_clip"], *same)
            if row is not None:
                return repository.clip_of(dict(row))
            if await tx.connection.fetchval(Q["count_making"], store) >= self._config.media_clips_making_max:
                raise errors.Overloaded(retry_after_ms=RETRY_MS)
            await tx.connection.execute(
                Q["insert_making"], id_, recording, piece.room, title, selection.from_ms, selection.to_ms,
                self._recordings.now_ms(), person.id, store,
            )  # fmt: skip
            row = await tx.connection.fetchrow(Q["same_clip"], *same)
            if row is None:  # a process that takes no lock was faster, and its clip has been made in this moment
                raise errors.Unavailable(retry_after_ms=RETRY_MS)
            if row["id"] == id_:
                action = Action(type="clip_add", subject=id_, after={"title": title}, data={"title": title})
                await record(tx.connection, piece.room, [action], by=person, now_ms=self._recordings.now_ms())
        self._more.set()
        return repository.clip_of(dict(row))

    # --- one after another ---

    async def _run(self) -> None:
        is_first = True
        while True:
            self._more.clear()
            try:
                if is_first:
                    async with self._database.connection() as connection:
                        await connection.execute(Q["release_making"], self._recordings.folder_id)
                    is_first = False
                while await self._make_next():
                    pass
            except errors.Unavailable:
                log.info("clips.postgres_away")
            try:
                async with asyncio.timeout(LOOK_PAUSE_S):
                    await self._more.wait()
            except TimeoutError:
                pass

    async def _make_next(self) -> bool:
        """Whether there was one. Raises Unavailable."""
        now_ms = self._recordings.now_ms()
        async with self._database.connection() as connection:
            row = await connection.fetchrow(
                Q["take_making"], self._recordings.folder_id, now_ms, now_ms - RETRY_PAUSE_MS
            )
        if row is None:
            return False
        id_, room = row["id"], row["room"]
        if row["attempts"] > ATTEMPTS_MAX:
            code, problem = row["code"] or errors.Internal.code, row["problem"] or errors.Internal.text
            await self._fail(id_, room, code, problem)
            log.warning("clip.given_up", extra={"clip": id_})
            return True
        self._attempt = _Attempt(id_, threading.Event())
        try:
            made = await self._make(row, self._attempt.stop)
            await self._keep(id_, room, made)
        except asyncio.CancelledError:
            await asyncio.shield(self._put_back(id_))
            raise
        except CuttingStopped:
            log.info("clip.taken_away", extra={"clip": id_})
        except (ClipOutside, RecordingNotFound) as error:  # it will never be otherwise
            await self._fail(id_, room, error.code, error.message)
        except errors.Unavailable as error:
            await self._tell(Q["postpone_making"], id_, error.code, error.message)
        except RecordingDamaged as error:
            log.warning("clip.damaged", extra={"clip": id_, "reason": str(error)})
            await self._tell(Q["note_making"], id_, errors.Unavailable.code, errors.Unavailable.text)
        except LivehubError as error:
            await self._tell(Q["note_making"], id_, error.code, error.message)
        except Exception:
            log.exception("clip.not_made", extra={"clip": id_})
            await self._tell(Q["note_making"], id_, errors.Internal.code, errors.Internal.text)
        finally:
            self._attempt = None
        return True

    async def _make(self, row: Any, stop: threading.Event) -> Made:
        piece = await self._cutter.piece(row["recording"], row["room"], row["from_ts"], row["to_ts"])
        await self._cutter.clear(row["id"], row["room"])
        return await self._cutter.make(row["id"], piece, stop)

    async def _keep(self, id_: str, room: str, made: Made) -> None:
        kept = await self._tell(Q["keep_made"], id_, made.bytes, made.has_poster, self._recordings.now_ms())
        if kept is None:
            await self._cutter.clear(id_, room)

    async def _fail(self, id_: str, room: str, code: int, problem: str) -> None:
        try:
            await self._cutter.clear(id_, room)
        except OSError as error:  # they are deleted with the row
            log.warning("clip.not_cleared", extra={"clip": id_, "reason": str(error)})
        await self._tell(Q["fail_making"], id_, code, problem, self._recordings.now_ms())

    async def _put_back(self, id_: str) -> None:
        try:
            async with self._database.connection() as connection:
                await connection.execute(Q["put_back_making"], id_)
        except LivehubError:
            return  # then it counts

    async def _tell(self, query: str, *arguments: object) -> Any:
        """Have PostgreSQL know what became of an attempt, as soon as it is there: no other is begun without it."""
        while True:
            try:
                async with self._database.connection() as connection:
                    return await connection.fetchval(query, *arguments)
            except errors.Unavailable:
                await asyncio.sleep(AWAY_PAUSE_S)
