"""Whether a log is what its key has signed: every entry and every tile, from the first to the last. Pure: no I/O.

Who checks needs the key alone. A log that was changed, cut, reordered or lengthened has another root; one that goes back, or
has two histories, contradicts a checkpoint that was seen before (`Trust.seen`).
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from trace.log import checkpoints, cosignatures, notes
from trace.log.checkpoints import Checkpoint
from trace.log.cosignatures import Cosigner
from trace.log.growth import Rows, hashes_of
from trace.log.keys import Ed25519Verifier
from trace.log.notes import NoteError
from trace.log.tiles import WIDTH, Tile, TileError, entries_in, tiles_of

BUNDLES_AT_ONCE = 64


class Tampered(Exception):
    """The log is not what its key has signed, or contradicts what it said before. The text says where, and how."""


class Trust(Struct, frozen=True):
    """What somebody goes by. `seen`: checkpoints that they have seen before, or found on a chain. `witnessed_within_s`: the
    newest cosignature of one of the `witnesses` may be no older.
    """

    seen: tuple[Checkpoint, ...] = ()
    witnesses: tuple[Cosigner, ...] = ()
    witnessed_within_s: float | None = None


def checked_checkpoint(raw: bytes, trust: Trust, key: Ed25519Verifier, now_s: float) -> Checkpoint:
    """The tree that is signed. `now_s`: Unix seconds. Raises Tampered."""
    try:
        note = notes.read(raw)
        notes.verified(note, [key])
        tree = checkpoints.read(note.text)
        if trust.witnesses:
            _check_witnessed(note, trust, now_s)
    except NoteError as error:
        raise Tampered(f"the checkpoint is not right: {error}") from error
    if tree.origin != key.name:
        raise Tampered(f"the checkpoint is of the log {tree.origin!r}, and the key of {key.name!r}")
    for seen in trust.seen:
        _check_seen(tree, seen)
    return tree


def _check_seen(tree: Checkpoint, seen: Checkpoint) -> None:
    if tree.origin != seen.origin:
        raise Tampered(f"what was seen before is of the log {seen.origin!r}, and this is {tree.origin!r}")
    if tree.size < seen.size:
        raise Tampered(
            f"the checkpoint is stale: it has {tree.size:,} entries, and one of {seen.size:,} was seen before"
        )
    if tree.size == seen.size and tree.root != seen.root:
        raise Tampered(f"the log was forked: two trees of {tree.size:,} entries are signed")


def _check_witnessed(note: notes.Note, trust: Trust, now_s: float) -> None:
    known = {(witness.name, witness.key_id): witness for witness in trust.witnesses}
    times_s = []
    for each in note.signatures:
        witness = known.get((each.name, each.key_id))
        if witness is not None:
            witness.check(note.text, each.raw)
            times_s.append(cosignatures.time_of(each.raw))
    if not times_s:
        raise NoteError("none of the witnesses has cosigned it")
    age_s = now_s - max(times_s)
    if trust.witnessed_within_s is not None and age_s > trust.witnessed_within_s:
        raise NoteError(f"it is stale: witnesses last cosigned it {age_s:,.0f} s ago")


class TreeCheck:
    """Goes through a log from its first entry to its last: `batches` says what to fetch, `add` takes it, and `end` says whether
    it all is what was signed.
    """

    def __init__(self, tree: Checkpoint, seen: Sequence[Checkpoint]) -> None:
        self._tree = tree
        self._seen = sorted(seen, key=lambda each: each.size)
        self._rows = Rows()

    def batches(self) -> Iterator[tuple[list[Tile], list[Tile]]]:
        """What to fetch, in turn: bundles of entries, and the tiles of hashes that belong to the tree with them."""
        size = self._tree.size
        for first in range(0, size, WIDTH * BUNDLES_AT_ONCE):
            after = min(size, first + WIDTH * BUNDLES_AT_ONCE)
            bundles = [Tile(-1, at // WIDTH, min(WIDTH, after - at)) for at in range(first, after, WIDTH)]
            yield bundles, [tile for tile in tiles_of(after, first) if self._is_of_whole(tile)]

    def _is_of_whole(self, tile: Tile) -> bool:
        """Whether the whole tree has it; of partial tiles those on its edge alone."""
        return tile.width == WIDTH or tile.index * WIDTH + tile.width == self._tree.size >> 8 * tile.level

    def add(self, bundles: Sequence[tuple[Tile, bytes]], tiles: Mapping[Tile, bytes]) -> None:
        """What `batches` asked for. Raises Tampered."""
        hashes: list[bytes] = []
        for tile, raw in bundles:
            try:
                hashes += hashes_of(entries_in(raw, tile.width))
            except TileError as error:
                raise Tampered(f"{tile.path} is not right: {error}") from error
        made = dict(self._grow(hashes))
        for tile, raw in tiles.items():
            if made.get(tile) != raw:
                raise Tampered(f"{tile.path} is not what the entries hash to")

    def _grow(self, hashes: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        for seen in self._seen:
            until = seen.size - self._rows.size
            if not 0 <= until <= len(hashes):
                continue
            self._rows, files = self._rows.grown(hashes[:until])
            yield from files
            hashes = hashes[until:]
            if self._rows.root() != seen.root:
                raise Tampered(
                    f"the log was forked: its first {seen.size:,} entries are not those that were seen before"
                )
        self._rows, files = self._rows.grown(hashes)
        yield from files

    def end(self) -> None:
        """Raises Tampered where the entries are not those of the tree that was signed."""
        if self._rows.size != self._tree.size:
            raise Tampered(f"the checkpoint has {self._tree.size:,} entries, and {self._rows.size:,} are there")
        if self._rows.root() != self._tree.root:
            raise Tampered("the entries are not those that were signed: their tree has another root")
