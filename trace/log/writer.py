"""The log's writer: one process of all puts entries into the tree, signs its checkpoint, and publishes it.

    entries committed  ->  leaves given (PostgreSQL)  ->  tiles on the disk  ->  checkpoint signed and recorded  ->  published

Which leaf an entry is, and what was signed for a size, is in PostgreSQL before anybody can see it, so a crash at any point
leaves one log: the next leader makes the same files of the same leaves, and publishes what was recorded. A commit of a leader
whose epoch is over changes nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

import asyncpg

from livehub.base.db import Connection, Database
from livehub.base.db_errors import DRIVER_ERRORS
from livehub.base.errors import Unavailable
from livehub.base.leading import leading, watch_silence
from livehub.base.metrics import BATCH_ROWS, CALLBACKS
from livehub.base.sql import queries
from livehub.base.tasks import Tasks
from trace.log import checkpoints, notes
from trace.log.checkpoints import Checkpoint
from trace.log.cosignatures import CosigningKey
from trace.log.cosigning import Contradicted, Cosigning, TooFewWitnesses
from trace.log.entries import CHANNEL
from trace.log.folder import FolderError, LogFolder
from trace.log.growth import Growth, edge_of
from trace.log.keys import Ed25519Signer
from trace.log.merkle import EMPTY_ROOT
from trace.log.notes import Note, NoteError
from trace.log.settings import LogConfig
from trace.log.tiles import Tile, TileError

Q = queries(__file__, "log.sql")

log = logging.getLogger("livehub.log.writer")

Files = list[tuple[Tile, bytes]]

LOCK = 0x6C6F67  # "log": any number, as long as nothing else here takes the same one


class NotLeading(Exception):
    """Another process writes the log; nothing was written."""


class LogMismatch(Exception):
    """What is signed, what PostgreSQL has and what the folder has do not belong to one log: nothing more is signed."""


class LogWriter:
    """Writes the log whenever no other process does. `now_s`: real time, which checkpoints are stamped with. `own_cosigner`: a
    second key of the log's own; `cosigning`: witnesses that are asked first.
    """

    def __init__(
        self,
        config: LogConfig,
        database: Database,
        folder: LogFolder,
        signer: Ed25519Signer,
        *,
        now_s: Callable[[], float],
        own_cosigner: CosigningKey | None = None,
        cosigning: Cosigning | None = None,
    ) -> None:
        self._config = config
        self._database = database
        self._folder = folder
        self._signer = signer
        self._now_s = now_s
        self._own_cosigner = own_cosigner
        self._cosigning = cosigning
        self._tasks = Tasks()
        self._wake = asyncio.Event()
        self._is_lost = False
        self._growth = Growth()
        self._leaves = 0  # that were given, when last looked at
        self._published_s = 0.0
        self._batch_rows = BATCH_ROWS.labels(batch="log")
        self.is_leading = False
        self.trouble = ""  # why nothing is published; "" while all is well
        CALLBACKS.watch("livehub_log_leading", "Whether this process writes the log", lambda: self.is_leading)
        CALLBACKS.watch("livehub_log_size", "Entries that the published checkpoint has", lambda: self._growth.size)
        CALLBACKS.watch(
            "livehub_log_published", "When a checkpoint was last published, Unix s", lambda: self._published_s
        )

    def start(self) -> None:
        self._tasks.start("log", self._write_whenever_possible)

    async def stop(self) -> None:
        await self._tasks.stop()
        if self._cosigning is not None:
            await self._cosigning.close()
        await asyncio.to_thread(self._folder.close)

    # --- leading ---

    async def _write_whenever_possible(self) -> None:
        config = self._config
        while True:
            try:
                await asyncio.to_thread(self._folder.open)
                limits_s = {"silence_s": config.log_silence_s, "restore_s_max": config.log_restore_s_max}
                self._is_lost = False
                async with leading(self._database, LOCK, "livehub log", **limits_s, on_lost=self._lost) as connection:
                    if connection is None:
                        self.trouble = ""
                        await self._follow()
                    else:
                        await self._lead(connection)
            except (NotLeading, Unavailable, *DRIVER_ERRORS) as error:
                self._stopped(repr(error))
            except (FolderError, LogMismatch, TileError, NoteError, TooFewWitnesses, Contradicted) as error:
                self._stopped(str(error))
            finally:
                self.is_leading = False
            await asyncio.sleep(config.log_look_s)

    def _lost(self) -> None:
        self._is_lost = True
        self._wake.set()

    def _stopped(self, reason: str) -> None:
        self.trouble = reason
        log.warning("log.stopped", extra={"reason": reason})

    async def _lead(self, connection: Connection) -> None:
        await connection.execute(Q["begin"], self._signer.verifier.name, self._signer.verifier.vkey, EMPTY_ROOT)
        head = await connection.fetchrow(Q["take_epoch"])
        assert head is not None, "it has begun"
        self._check_name(head)
        if await connection.fetchval(Q["of_another_cluster"]):
            await connection.execute(Q["unsettle"], timeout=self._config.log_restore_s_max)
        await connection.add_listener(CHANNEL, lambda *_: self._wake.set())
        await connection.execute("SET enable_seqscan = off")  # what waits is a few rows of very many
        self._growth, self._leaves = await self._at(connection, head), head["leaves"]
        await connection.execute(Q["publish"], head["epoch"], head["size"])
        await watch_silence(connection, self._config.log_silence_s)
        self.is_leading, self.trouble = True, ""
        log.info("log.leading", extra={"epoch": head["epoch"], "size": self._growth.size})
        if head["note"] is None:
            await self._publish(
                connection, head["epoch"], self._growth
            )  # of nothing: a log that has begun has a checkpoint
        while True:
            await self._write_all(connection, head["epoch"])
            try:
                async with asyncio.timeout(self._config.log_poll_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            if self._is_lost:
                raise NotLeading

    async def _write_all(self, connection: Connection, epoch: int) -> None:
        """Put everything that has committed into the tree, a batch at a time."""
        while self._leaves > self._growth.size or await connection.fetchval(Q["waiting"]):
            began_s = monotonic()
            self._leaves = await self._sequenced(connection, epoch)
            if self._leaves > self._growth.size:
                await self._grow(connection, epoch, self._leaves)
            await asyncio.sleep(max(0.0, self._config.log_pause_ms / 1000 - (monotonic() - began_s)))

    async def _sequenced(self, connection: Connection, epoch: int) -> int:
        """How many leaves there are, after what waits got its own."""
        async with connection.transaction():
            within_s = self._config.log_restore_s_max  # after a restore it looks at all entries there are
            leaves: int | None = await connection.fetchval(
                Q["sequence"], epoch, self._config.log_batch_max, timeout=within_s
            )
            if leaves is None:
                raise NotLeading
        return leaves

    async def _grow(self, connection: Connection, epoch: int, leaves: int) -> None:
        growth, files = await self._written(connection, self._growth, leaves)
        await self._publish(connection, epoch, growth)
        await asyncio.to_thread(self._folder.drop_partial, files)

    async def _publish(self, connection: Connection, epoch: int, growth: Growth) -> None:
        tree = Checkpoint(self._signer.verifier.name, growth.size, growth.root())
        at_ms = int(self._now_s() * 1000)
        note = await self._signed(tree, at_ms // 1000)
        recorded = (epoch, tree.size, tree.root, note, at_ms, self._growth.size)
        if await connection.fetchval(Q["record"], *recorded) is None:
            raise NotLeading
        self._growth = growth
        await self._show(connection, epoch, growth.size, note)
        self._published_s = at_ms / 1000

    async def _show(self, connection: Connection, epoch: int, size: int, note: bytes) -> None:
        """Let everybody read what is recorded; from then on its entries are acknowledged."""
        await asyncio.to_thread(self._folder.publish, note)
        await connection.execute(Q["publish"], epoch, size)

    async def _signed(self, tree: Checkpoint, at_s: int) -> bytes:
        """The checkpoint with our signatures, and with those of witnesses, who may see it before it is recorded: leaves are
        given for good, so there will be no other tree of its size. Raises TooFewWitnesses; Contradicted.
        """
        signatures = [self._signer.sign(tree.text)]
        if self._own_cosigner is not None:
            signatures.append(await asyncio.to_thread(self._own_cosigner.cosign, tree.text, at_s))
        if self._cosigning is not None:
            note = Note(tree.text, tuple(signatures)).encode()
            signatures += await self._cosigning.cosignatures(tree, note, leaves=self._leaves)
        return Note(tree.text, tuple(signatures)).encode()

    async def _written(self, connection: Connection, growth: Growth, leaves: int) -> tuple[Growth, Files]:
        """The tree with its next batch of leaves, whose files are on the disk."""
        until = min(leaves, growth.size + self._config.log_batch_max)
        rows = await connection.fetch(Q["entries_between"], growth.size, until)
        if len(rows) != until - growth.size:
            raise LogMismatch(f"of leaves {growth.size} to {until} PostgreSQL has {len(rows)}")
        self._batch_rows.observe(len(rows))
        return await asyncio.to_thread(self._write, growth, [row["entry"] for row in rows])

    def _write(self, growth: Growth, entries: list[bytes]) -> tuple[Growth, Files]:
        grown, files = growth.grown(entries)
        self._folder.write(files)
        return grown, files

    # --- from where it goes on ---

    async def _at(self, connection: Connection, head: asyncpg.Record) -> Growth:
        """The tree that PostgreSQL's head is of, its files in the folder, and its checkpoint published. Raises LogMismatch."""
        growth = await asyncio.to_thread(self._restored, head["size"], head["root"])
        while growth.size < head["size"]:
            growth, files = await self._written(connection, growth, head["size"])
            await asyncio.to_thread(self._folder.drop_partial, files)
        if growth.root() != head["root"]:
            raise LogMismatch(f"the entries in PostgreSQL are not those that were signed for a tree of {head['size']}")
        await asyncio.to_thread(self._folder.write_key, head["vkey"])
        if head["note"] is not None and await asyncio.to_thread(self._folder.checkpoint) != head["note"]:
            await asyncio.to_thread(self._folder.publish, head["note"])
        return growth

    def _restored(self, size: int, root: bytes) -> Growth:
        """As far as the folder has the tree. Raises LogMismatch when it has more than was recorded: PostgreSQL has lost what
        others have seen, and another tree of that size would be a fork.
        """
        published = self._published()
        if published is not None and published.size > size:
            raise LogMismatch(f"the folder has a checkpoint of {published.size} leaves, and PostgreSQL knows of {size}")
        for tree in (Checkpoint("", size, root), published):
            if tree is not None and (growth := self._edge(tree)) is not None:
                return growth
        return Growth()

    def _edge(self, tree: Checkpoint) -> Growth | None:
        found = {tile: raw for tile in edge_of(tree.size) if (raw := self._folder.read(tile)) is not None}
        try:
            growth = Growth.restored(tree.size, found)
        except TileError:
            return None
        return growth if growth.root() == tree.root else None

    def _published(self) -> Checkpoint | None:
        """The tree of the folder's checkpoint. Raises NoteError when it is not ours."""
        raw = self._folder.checkpoint()
        if raw is None:
            return None
        note = notes.read(raw)
        notes.verified(note, [self._signer.verifier])
        return checkpoints.read(note.text)

    def _check_name(self, head: asyncpg.Record) -> None:
        verifier = self._signer.verifier
        if (head["origin"], head["vkey"]) != (verifier.name, verifier.vkey):
            raise LogMismatch(f"the log is {head['vkey']}, and the key given is of {verifier.vkey}")

    # --- following another process that writes ---

    async def _follow(self) -> None:
        """Keep the folder up with what the leader has recorded: on another machine it has the same files."""
        async with self._database.batch.connection() as connection:
            head = await connection.fetchrow(Q["head"])
            if head is None or head["size"] == self._growth.size:
                return
            self._check_name(head)
            self._growth = await self._at(connection, head)
