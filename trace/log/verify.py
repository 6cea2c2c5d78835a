"""`python -m trace verify`: is this log what its key has signed, and what was seen of it before?"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from trace.log import checkpoints, notes
from trace.log.checkpoints import Checkpoint
from trace.log.cosignatures import Cosigner, cosigner
from trace.log.folder import KEY
from trace.log.keys import Ed25519Verifier, ed25519_key
from trace.log.notes import NoteError
from trace.log.sources import FolderSource, HttpSource, SourceError, source_of
from trace.log.tiles import HEIGHT, WIDTH, Tile, bundle, entries_in
from trace.log.verifying import Tampered, TreeCheck, Trust, checked_checkpoint

VERIFIED, TAMPERED, COULD_NOT_LOOK = 0, 1, 2


class Anchored(Struct, frozen=True):
    """A tree that is on a chain. `where`: in words."""

    size: int
    root: bytes
    where: str


async def verify(
    place: str,
    *,
    key: Path | None,
    remember: Path | None,
    witnesses: tuple[Path, ...] = (),
    witnessed_within_s: float | None = None,
    anchored: Sequence[Anchored] = (),
    say: Callable[[str], None],
    now_s: Callable[[], float] = time.time,
) -> int:
    """0: verified; 1: tampered with or forked; 2: could not look. `remember`: a file that keeps the newest checkpoint that was
    verified; `anchored`: trees that were found on a chain. `say`: with what was found.
    """
    source: FolderSource | HttpSource | None = None
    try:
        given = _given_key(key)
        known = _seen(remember)
        cosigners = tuple(map(_witness, witnesses))
        source = source_of(place)
        raw = await source.checkpoint()
        if raw is None:
            raise SourceError(f"{place} has no checkpoint")
        named = await _named_key(source)
        key_of_log = given or named
        if key_of_log is None:
            raise SourceError(f"the log names no {KEY}: give it by --key")
        if given is not None and named is not None and named != given:
            raise Tampered("the log names another key than the one given")
        known += tuple(Checkpoint(key_of_log.name, each.size, each.root) for each in anchored)
        trust = Trust(known, cosigners, witnessed_within_s)
        tree = checked_checkpoint(raw, trust, key_of_log, now_s())
        await _check(source, tree, trust)
    except Tampered as error:
        say(f"TAMPERED: {error}")
        return TAMPERED
    except (SourceError, OSError, NoteError) as error:
        say(f"could not look: {error}")
        return COULD_NOT_LOOK
    finally:
        if source is not None:
            await source.close()
    if remember is not None:
        _keep(remember, raw)
    whose = (
        "the key given" if given is not None else "the key that the log itself names: give --key to be sure whose it is"
    )
    say(f"verified: {tree.size:,} entries of {tree.origin}, root {tree.root.hex()}, signed by {whose}")
    for each in anchored:
        say(f"anchored: its first {each.size:,} entries, {each.where}")
    return VERIFIED


async def _check(source: FolderSource | HttpSource, tree: Checkpoint, trust: Trust) -> None:
    """Raises Tampered; SourceError."""
    check = TreeCheck(tree, trust.seen)
    for bundles, tiles in check.batches():
        found = await source.tiles([*bundles, *tiles])
        for tile, raw in zip([*bundles, *tiles], found, strict=True):
            if raw is None:
                raise Tampered(f"{tile.path} is missing")
        whole = [raw for raw in found if raw is not None]
        entries, hashes = whole[: len(bundles)], whole[len(bundles) :]
        check.add(list(zip(bundles, entries, strict=True)), dict(zip(tiles, hashes, strict=True)))
    check.end()
    if isinstance(source, FolderSource):
        await _check_partial(source, tree)


async def _check_partial(source: FolderSource, tree: Checkpoint) -> None:
    """What is left of earlier checkpoints is the beginning of what is there now. Raises Tampered."""
    for tile, raw in source.partial():
        within = (tree.size >> HEIGHT * max(tile.level, 0)) - tile.index * WIDTH
        if tile.width > within:
            continue  # of a checkpoint to come
        (whole,) = await source.tiles([Tile(tile.level, tile.index, min(WIDTH, within))])
        begins = (whole or b"")[: tile.width * 32]
        if tile.level < 0:
            begins = bundle(entries_in(whole or b"", min(WIDTH, within))[: tile.width])
        if raw != begins:
            raise Tampered(f"{tile.path} is not what the tree begins with there")


def _given_key(key: Path | None) -> Ed25519Verifier | None:
    return None if key is None else ed25519_key(key.read_text(encoding="utf-8"))


async def _named_key(source: FolderSource | HttpSource) -> Ed25519Verifier | None:
    """The key that the log names. Raises Tampered; SourceError."""
    raw = await source.key()
    try:
        return None if raw is None else ed25519_key(raw.decode())
    except (NoteError, UnicodeDecodeError) as error:
        raise Tampered(f"what the log names as its key is none: {error}") from error


def _witness(path: Path) -> Cosigner:
    return cosigner(path.read_text(encoding="utf-8"))


def _seen(remember: Path | None) -> tuple[Checkpoint, ...]:
    """The checkpoint that was verified before, if any was. Raises NoteError where the file has none."""
    if remember is None or not remember.is_file():
        return ()
    return (checkpoints.read(notes.read(remember.read_bytes()).text),)


def _keep(remember: Path, raw: bytes) -> None:
    temporary = remember.with_name(f".{remember.name}.new")
    with temporary.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(remember)


def said(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def run(
    place: str,
    key: Path | None,
    remember: Path | None,
    witnesses: Sequence[Path],
    within_s: float | None,
    anchored: Sequence[Anchored] = (),
) -> int:
    """The command; its exit status."""
    return asyncio.run(
        verify(
            place,
            key=key,
            remember=remember,
            witnesses=tuple(witnesses),
            witnessed_within_s=within_s,
            anchored=anchored,
            say=said,
        )
    )
