"""The log as files: tiles that are written once, and a checkpoint that is replaced. Blocking I/O; one process at a time writes.

Before a checkpoint is published everything it stands for is on the disk, the directories too: a rename is not durable before
its directory is.
"""

import fcntl
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock

from trace.log.merkle import HASH_BYTES
from trace.log.tiles import WIDTH, Tile, TileError, bundle, entries_in

CHECKPOINT = "checkpoint"
KEY = "key"
LOCK = ".lock"
LOOKS = 3  # at a tile whose partial ones are replaced by wider ones meanwhile
FLUSHES_AT_ONCE = 8  # the disk flushes what several threads ask for together


class FolderError(Exception):
    """The folder contradicts the log: a tile is there with other contents, or somebody else writes it."""


class LogFolder:
    """Files under `path`, which is made if it is not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None
        self._flushing = ThreadPoolExecutor(FLUSHES_AT_ONCE, thread_name_prefix="log-flush")
        self._writing = Lock()

    def open(self) -> None:
        """Be the one process that writes here. Raises FolderError when another is; OSError."""
        if self._lock is not None:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise FolderError(f"another process writes the log in {self.path}") from error
        self._lock = lock

    def close(self) -> None:
        """Let another process write, once what is being written in other threads has been."""
        with self._writing:
            self._flushing.shutdown(wait=True)
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    # --- writing ---

    def write(self, files: Iterable[tuple[Tile, bytes]]) -> None:
        """Put tiles on the disk. One that is there already is left, if it is the same. Raises FolderError; OSError."""
        named = [(self.path / tile.path, contents) for tile, contents in files]
        with self._writing:
            made = self._make_directories({path.parent for path, _ in named})
            list(self._flushing.map(_write_once, *zip(*named, strict=True))) if named else None
            directories = {path.parent for path, _ in named} | made
            list(self._flushing.map(_flush_directory, sorted(directories)))

    def publish(self, note: bytes) -> None:
        """Replace the checkpoint. Raises OSError."""
        self._replace(CHECKPOINT, note)

    def write_key(self, vkey: str) -> None:
        """Put the public key beside the checkpoint, for whoever reads the folder. Raises OSError."""
        self._replace(KEY, f"{vkey}\n".encode())

    def drop_partial(self, files: Iterable[tuple[Tile, bytes]]) -> None:
        """Remove what has become part of a larger tile: of each tile's partial ones all but the last, and all when it is
        full.
        """
        for index in {(tile.level, tile.index) for tile, _ in files}:
            widths = self.widths(*index)
            for width in widths[:-1]:
                _path(self.path, Tile(*index, width)).unlink(missing_ok=True)
            if widths and widths[-1] == WIDTH:
                with suppress(OSError):
                    _path(self.path, Tile(*index, 1)).parent.rmdir()

    def _replace(self, name: str, contents: bytes) -> None:
        path = self.path / name
        temporary = path.with_name(f".{name}.new")
        with self._writing:
            if self._lock is None:  # closed meanwhile: what another process has published stays
                raise FolderError(f"the log in {self.path} is not ours to write any more")
            _write_flushed(temporary, contents)
            temporary.replace(path)
            _flush_directory(self.path)

    def _make_directories(self, wanted: set[Path]) -> set[Path]:
        """Make what is missing; gives the directories that have new ones in them."""
        changed: set[Path] = set()
        for directory in wanted:
            missing = [directory, *directory.parents]
            missing = missing[: next(at for at, each in enumerate(missing) if each.is_dir())]
            directory.mkdir(parents=True, exist_ok=True)
            changed |= {each.parent for each in missing}
        return changed

    # --- reading ---

    def checkpoint(self) -> bytes | None:
        """The note that is published; None before there is one."""
        return _read(self.path / CHECKPOINT)

    def key(self) -> str | None:
        """The public key; None before there is one."""
        raw = _read(self.path / KEY)
        return None if raw is None else raw.decode().strip()

    def read(self, tile: Tile) -> bytes | None:
        """A tile's bytes; those of a partial one out of a wider one, when only that is left. None: there is none."""
        raw = _read(self.path / tile.path)
        for _ in range(LOOKS):
            if raw is not None:
                return raw
            for width in (width for width in self.widths(tile.level, tile.index) if width > tile.width):
                wider = _read(_path(self.path, Tile(tile.level, tile.index, width)))
                if wider is not None:
                    return _first(wider, tile, width)
            raw = _read(self.path / tile.path)
        return None

    def entries(self, index: int, width: int) -> list[bytes]:
        """The first `width` entries of a bundle. Raises TileError when it is missing or cut short."""
        raw = self.read(Tile(-1, index, width))
        if raw is None:
            raise TileError(f"{Tile(-1, index, width).path} is missing")
        return entries_in(raw, width)

    def widths(self, level: int, index: int) -> list[int]:
        """Of which widths the folder has the tile, ascending."""
        partial = _path(self.path, Tile(level, index, 1)).parent
        try:
            found = sorted(int(each.name) for each in partial.iterdir() if each.name.isdigit())
        except (FileNotFoundError, NotADirectoryError):
            found = []
        return [*found, WIDTH] if _path(self.path, Tile(level, index)).is_file() else found


def _path(folder: Path, tile: Tile) -> Path:
    return folder / tile.path


def _first(raw: bytes, tile: Tile, width: int) -> bytes:
    """The first `tile.width` hashes or entries of a tile of `width`."""
    if tile.level >= 0:
        return raw[: tile.width * HASH_BYTES]
    return bundle(entries_in(raw, width)[: tile.width])


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _write_once(path: Path, contents: bytes) -> None:
    there = _read(path)
    if there is None:
        temporary = path.with_name(f".{path.name}.new")
        _write_flushed(temporary, contents)
        temporary.rename(path)
    elif there != contents:
        raise FolderError(f"{path} is there, and is not what belongs there")


def _write_flushed(path: Path, contents: bytes) -> None:
    with path.open("wb") as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())


def _flush_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
