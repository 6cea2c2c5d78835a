"""A log of a test's own: a real database, a folder, and the process that writes it."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from livehub import app
from livehub.base.db import Database
from tests.integration.server import eventually
from trace.log import checkpoints, notes
from trace.log.checkpoints import Checkpoint
from trace.log.cosignatures import CosigningKey
from trace.log.cosigning import Cosigning
from trace.log.entries import append
from trace.log.folder import LogFolder
from trace.log.keys import Ed25519Signer
from trace.log.settings import LogConfig
from trace.log.tiles import bundles_of, entries_in
from trace.log.writer import LogWriter

ORIGIN = "shop.example/log"
SIGNER = Ed25519Signer(ORIGIN, bytes(range(32)))


class TestLog:
    """`folder`: a second look at the files, beside the writer's."""

    __test__ = False

    def __init__(
        self,
        database_url: str,
        path: Path,
        signer: Ed25519Signer = SIGNER,
        *,
        own_cosigner: CosigningKey | None = None,
        cosigning: Cosigning | None = None,
        **settings: Any,
    ) -> None:
        given: dict[str, Any] = {"log_pause_ms": 0, "log_poll_s": 0.05, "log_look_s": 0.05}
        settings = {**given, **settings}
        self.config = app.settings(database_url=database_url, log_dir=str(path), **settings).of(LogConfig)
        self.database = Database(self.config)
        self.folder = LogFolder(path)
        self.writer = LogWriter(
            self.config,
            self.database,
            LogFolder(path),
            signer,
            now_s=lambda: 1_800_000_000.0,
            own_cosigner=own_cosigner,
            cosigning=cosigning,
        )

    async def append(self, entries: Sequence[bytes]) -> list[int]:
        return await self.database.run(lambda tx: append(tx, entries))

    def published(self) -> Checkpoint | None:
        raw = self.folder.checkpoint()
        if raw is None:
            return None
        note = notes.read(raw)
        notes.verified(note, [SIGNER.verifier])
        return checkpoints.read(note.text)

    async def until(self, size: int) -> Checkpoint:
        """The checkpoint, once it has so many entries."""

        async def has_them() -> bool:
            return (tree := self.published()) is not None and tree.size >= size

        await eventually(has_them)
        tree = self.published()
        assert tree is not None
        return tree

    async def until_trouble(self) -> str:
        async def is_in_trouble() -> bool:
            return bool(self.writer.trouble)

        await eventually(is_in_trouble)
        return self.writer.trouble

    def entries(self) -> list[bytes]:
        """All that the published tree has."""
        tree = self.published()
        found: list[bytes] = []
        for tile in bundles_of(tree.size if tree is not None else 0):
            raw = self.folder.read(tile)
            assert raw is not None
            found += entries_in(raw, tile.width)
        return found

    async def fetch(self, query: str, *arguments: Any) -> list[Any]:
        async with self.database.connection() as connection:
            return list(await connection.fetch(query, *arguments))


@asynccontextmanager
async def prepared(database_url: str, path: Path, **settings: Any) -> AsyncIterator[TestLog]:
    """A log whose writer has not been started."""
    log = TestLog(database_url, path, **settings)
    await log.database.open()
    try:
        yield log
    finally:
        await log.writer.stop()
        await log.database.close()


@asynccontextmanager
async def writing(database_url: str, path: Path, **settings: Any) -> AsyncIterator[TestLog]:
    async with prepared(database_url, path, **settings) as log:
        log.writer.start()
        yield log


def numbered(first: int, after: int) -> list[bytes]:
    return [b'{"number":%d}' % number for number in range(first, after)]


def files_under(path: Path) -> dict[str, bytes]:
    """Everything that is published, by path."""
    found = [Path(folder, name) for folder, _, names in os.walk(path) for name in names if not name.startswith(".")]
    return {str(each.relative_to(path)): each.read_bytes() for each in found}
