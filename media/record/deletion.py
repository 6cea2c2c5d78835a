"""Deletes what PostgreSQL has let go: the files here, those in the object store, then the row."""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from livehub.base.db import Database
from livehub.base.errors import LivehubError
from livehub.base.storage import ObjectStore, ObjectStoreUnavailable
from media.record import repository
from media.record.catalog import RecordingCatalog
from media.record.repository import GONE_ANYBODY_MS, Q

log = logging.getLogger("livehub.media.recordings")

SWEEP_PAUSE_S = 30.0
SWEEP_MAX = 100  # recordings and clips at a time


class Deletion:
    """A row is deleted by a process that has its folder, or, if no such process came for a week, by anybody."""

    def __init__(
        self,
        database: Database,
        catalog: RecordingCatalog,
        object_store: ObjectStore | None,
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._object_store = object_store
        self._now_s = now_s

    async def run(self, media_dir: Path, folder_id: str) -> None:
        """For as long as the process lives."""
        while True:
            await asyncio.sleep(SWEEP_PAUSE_S)
            try:
                await self.sweep(media_dir, folder_id)
            except LivehubError:
                continue
            except ObjectStoreUnavailable as error:
                log.warning("recordings.not_deleted", extra={"reason": str(error)})

    async def sweep(self, media_dir: Path, folder_id: str) -> None:
        """Once. Raises Unavailable, ObjectStoreUnavailable."""
        before = int(self._now_s() * 1000) - GONE_ANYBODY_MS
        async with self._database.connection() as connection:
            gone = await connection.fetch(Q["gone"], folder_id, before, SWEEP_MAX)
        for row in gone:
            try:
                await self._delete(media_dir / row["room"] / row["id"], row["id"], row["room"])
            except OSError as error:  # the next ones may go
                log.warning("recordings.not_deleted", extra={"id": row["id"], "reason": str(error)})

    async def _delete(self, folder: Path, id_: str, room: str) -> None:
        self._catalog.forget(id_)
        await asyncio.to_thread(delete_files, folder)
        if self._object_store is not None:
            await self._object_store.delete_under(f"{room}/{id_}")
        async with self._database.connection() as connection:
            await repository.delete(connection, id_)
        log.info("recordings.deleted", extra={"id": id_, "room": room})


def delete_files(folder: Path) -> None:
    """Delete a recording's or clip's folder, and those in which it was being made. Blocks. Raises OSError."""
    for path in folder.parent.glob(f"{folder.name}*"):  # ids are all of one length
        shutil.rmtree(path)
