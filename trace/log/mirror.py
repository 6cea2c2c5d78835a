"""`python -m trace mirror`: a copy of a log in a folder, which goes on from what it has and takes nothing that does not fit.

Each round takes the newest checkpoint, fetches the entries that are new, and publishes it when they are what was signed. The
copy is a log as the original is: it can be served and verified, and it stays when the original goes.
"""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from trace.log import checkpoints, notes
from trace.log.checkpoints import Checkpoint
from trace.log.folder import FolderError, LogFolder
from trace.log.growth import Growth, edge_of, hashes_of
from trace.log.keys import Ed25519Verifier, ed25519_key
from trace.log.merkle import HASH_BYTES
from trace.log.notes import NoteError
from trace.log.sources import HttpSource, Source, SourceError
from trace.log.tiles import WIDTH, Tile, TileError, entries_in
from trace.log.verifying import BUNDLES_AT_ONCE, Tampered, Trust, checked_checkpoint

MIRRORED, TAMPERED, COULD_NOT_LOOK = 0, 1, 2


async def mirrored(source: Source, folder: LogFolder, key: Ed25519Verifier) -> Checkpoint:
    """Bring the copy up to the newest checkpoint, which it gives. Raises Tampered, and the copy stays as it was; SourceError;
    FolderError; OSError.
    """
    raw = await source.checkpoint()
    if raw is None:
        raise SourceError("the log has no checkpoint")
    seen, growth = _copied(folder, key)
    tree = checked_checkpoint(raw, Trust(() if seen is None else (seen,)), key, 0.0)
    wanted = await _signed_tiles(source, growth, tree)
    while growth.size < tree.size:
        growth = await _grown(source, folder, growth, wanted)
    folder.write_key(key.vkey)
    folder.publish(raw)
    return tree


async def _signed_tiles(source: Source, growth: Growth, tree: Checkpoint) -> dict[Tile, bytes]:
    """The new tiles of leaves' hashes, and the digest of each. They are those that were signed, or Tampered is raised: so that
    entries can be told to be right before they are written.
    """
    rows, digests = growth.rows, dict[Tile, bytes]()
    while rows.size < tree.size:
        within = rows.size % WIDTH
        tiles = _some(0, rows.size, tree.size)
        hashes: list[bytes] = []
        for tile, raw in await _fetched(source, tiles):
            if len(raw) != tile.width * HASH_BYTES:
                raise Tampered(f"{tile.path} is cut short")
            digests[tile] = sha256(raw).digest()
            hashes += (raw[at : at + HASH_BYTES] for at in range(0, len(raw), HASH_BYTES))
        rows, _ = rows.grown(hashes[within:])
    if rows.root() != tree.root:
        raise Tampered("the hashes are not those that were signed: their tree has another root")
    return digests


async def _grown(source: Source, folder: LogFolder, growth: Growth, digests: Mapping[Tile, bytes]) -> Growth:
    """The copy with some more entries, which are right. Raises Tampered."""
    size = max(tile.index * WIDTH + tile.width for tile in digests)
    entries: list[bytes] = []
    for tile, raw in await _fetched(source, _some(-1, growth.size, size)):
        try:
            some = entries_in(raw, tile.width)
        except TileError as error:
            raise Tampered(f"{tile.path} is not right: {error}") from error
        if sha256(b"".join(hashes_of(some))).digest() != digests[Tile(0, tile.index, tile.width)]:
            raise Tampered(f"{tile.path} is not what was signed")
        entries += some
    grown, files = growth.grown(entries[growth.size % WIDTH :])
    await asyncio.to_thread(folder.write, files)
    return grown


def _some(level: int, first: int, size: int) -> list[Tile]:
    """The next tiles that have leaves from `first` on, BUNDLES_AT_ONCE at most."""
    after = min(size, (first // WIDTH + BUNDLES_AT_ONCE) * WIDTH)
    return [Tile(level, at, min(WIDTH, after - at * WIDTH)) for at in range(first // WIDTH, -(-after // WIDTH))]


async def _fetched(source: Source, tiles: Sequence[Tile]) -> list[tuple[Tile, bytes]]:
    """Raises Tampered where one is missing; SourceError."""
    found = list(zip(tiles, await source.tiles(tiles), strict=True))
    missing = next((tile for tile, raw in found if raw is None), None)
    if missing is not None:
        raise Tampered(f"{missing.path} is missing")
    return [(tile, raw) for tile, raw in found if raw is not None]


def _copied(folder: LogFolder, key: Ed25519Verifier) -> tuple[Checkpoint | None, Growth]:
    """How far the copy is. Raises FolderError where it is none of this log."""
    raw = folder.checkpoint()
    if raw is None:
        return None, Growth()
    try:
        note = notes.read(raw)
        notes.verified(note, [key])
        tree = checkpoints.read(note.text)
        found = {tile: kept for tile in edge_of(tree.size) if (kept := folder.read(tile)) is not None}
        growth = Growth.restored(tree.size, found)
    except (NoteError, TileError) as error:
        raise FolderError(f"{folder.path} has no copy of this log: {error}") from error
    if growth.root() != tree.root:
        raise FolderError(f"{folder.path} is not what its checkpoint says; verify it")
    return tree, growth


async def mirror(url: str, path: Path, key: Path | None, every_s: float | None, say: Callable[[str], None]) -> int:
    """Copy once, or every `every_s` until told to stop. 0; 1: the log contradicts itself or what it had before; 2: could not
    look.
    """
    source, folder = HttpSource(url), LogFolder(path)
    try:
        folder.open()
        trusted = await _named(source) if key is None else _given(key)
        while True:
            tree = await mirrored(source, folder, trusted)
            say(f"mirrored: {tree.size:,} entries of {tree.origin}")
            if every_s is None:
                return MIRRORED
            await asyncio.sleep(every_s)
    except Tampered as error:
        say(f"TAMPERED: {error}")
        return TAMPERED
    except (SourceError, FolderError, NoteError, OSError) as error:
        say(f"could not look: {error}")
        return COULD_NOT_LOOK
    finally:
        await source.close()
        folder.close()


def _given(key: Path) -> Ed25519Verifier:
    return ed25519_key(key.read_text(encoding="utf-8"))


async def _named(source: HttpSource) -> Ed25519Verifier:
    """The key that the log names, found with its checkpoint. Raises SourceError; NoteError."""
    await source.checkpoint()
    raw = await source.key()
    if raw is None:
        raise SourceError("the log names no key: give it by --key")
    return ed25519_key(raw.decode("utf-8", "replace"))


def run(url: str, path: Path, key: Path | None, every_s: float | None) -> int:
    """The command; its exit status."""
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(mirror(url, path, key, every_s, _said))
    return MIRRORED


def _said(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
