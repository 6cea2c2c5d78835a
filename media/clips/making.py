"""Clips that have to be encoded, made one after another by the process that has their recording's files.

Such a clip has a row, `making`, from the moment it is asked for, and its files later. The row is what makes it durable: a
process that was killed finds its rows when it starts again, clears away what was half done, and makes them. An attempt is
counted before it begins, so that a piece which kills the process does so ATTEMPTS_MAX times and no more.

    asked for > making > kept          another request for the same piece meanwhile gets the same clip
                  |  \\
                  |   > failed         it can't be made, or could not be ATTEMPTS_MAX times; told for a day
                  > gone               somebody deleted it

Not a job of procrastinate: those run wherever the role `jobs` is, and the files are here.
"""

import asyncio
import logging
import shutil
import threading
from typing import Any

from livehub.base import errors
from livehub.base.auth import Identity
from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.tasks import Tasks
from livehub.hub.rooms.actions import Action, record
from media.clips.cutting import RETRY_MS, ClipCutter, Made, Piece
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


class ClipMaker:
    def __init__(self, config: MediaConfig, database: Database, cutter: ClipCutter, recordings: Recordings) -> None:
        self._config = config
        self._database = database
        self._cutter = cutter
        self._recordings = recordings
        self._more = asyncio.Event()
        self._stop = threading.Event()
        self._tasks = Tasks()

    def start(self) -> None:
        """Where nothing is recorded there is nothing to do."""
        if self._recordings.folder_id:
            self._tasks.start("clips in the making", self._run)

    async def stop(self) -> None:
        """The clip that is being made is made again by the next process."""
        self._stop.set()
        await self._tasks.stop()

    async def ask(self, id_: str, piece: Piece, recording: str, title: str, person: Identity) -> Clip:
        """The clip, in the making; one of the same piece that is being made already. Raises Overloaded, Unavailable."""
        selection, store = piece.selection, self._recordings.folder_id
        async with self._database.transaction() as tx:
            if await tx.connection.fetchval(Q["count_making"], store) >= self._config.media_clips_making_max:
                raise errors.Overloaded(retry_after_ms=RETRY_MS)
            now_ms = self._recordings.now_ms()
            is_new = await tx.connection.fetchval(
                Q["insert_making"], id_, recording, piece.room, title, selection.from_ms, selection.to_ms,
                now_ms, person.id, store,
            )  # fmt: skip
            if is_new:
                action = Action(type="clip_add", subject=id_, data={"title": title})
                await record(tx.connection, piece.room, [action], by=person, now_ms=now_ms)
        async with self._database.connection() as connection:  # sees one that was inserted at the same time
            row = await connection.fetchrow(Q["same_clip"], id_, recording, selection.from_ms, selection.to_ms)
        self._more.set()
        if row is None:  # it was the other's, and has been made or given up in this moment
            raise errors.Unavailable(retry_after_ms=RETRY_MS)
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
        if row["attempts"] > ATTEMPTS_MAX:
            code, problem = row["code"] or errors.Internal.code, row["problem"] or errors.Internal.text
            await self._execute(Q["fail_making"], row["id"], code, problem, now_ms)
            log.warning("clip.given_up", extra={"clip": row["id"]})
            return True
        try:
            made = await self._make(row)
        except asyncio.CancelledError:
            await asyncio.shield(self._put_back(row["id"]))
            raise
        except (ClipOutside, RecordingNotFound) as error:  # it will never be otherwise
            await self._execute(Q["fail_making"], row["id"], error.code, error.message, self._recordings.now_ms())
        except LivehubError as error:
            await self._execute(Q["note_making"], row["id"], error.code, error.message)
        except Exception:
            log.exception("clip.not_made", extra={"clip": row["id"]})
            await self._execute(Q["note_making"], row["id"], errors.Internal.code, errors.Internal.text)
        else:
            await self._keep(row["id"], made)
        return True

    async def _make(self, row: Any) -> Made:
        piece = await self._cutter.piece(row["recording"], row["room"], row["from_ts"], row["to_ts"])
        await self._cutter.clear(row["id"], piece)
        return await self._cutter.make(row["id"], piece, self._stop)

    async def _keep(self, id_: str, made: Made) -> None:
        """Where PostgreSQL is away it is made again."""
        async with self._database.connection() as connection:
            kept = await connection.fetchval(
                Q["keep_made"], id_, made.bytes, made.has_poster, self._recordings.now_ms()
            )
        if kept is None:
            await asyncio.to_thread(shutil.rmtree, made.folder, ignore_errors=True)

    async def _put_back(self, id_: str) -> None:
        try:
            await self._execute(Q["put_back_making"], id_)
        except LivehubError:
            return  # then it counts

    async def _execute(self, query: str, *arguments: object) -> None:
        async with self._database.connection() as connection:
            await connection.execute(query, *arguments)
