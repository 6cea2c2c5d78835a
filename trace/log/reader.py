"""The log as it is published, read from its folder: proofs that an entry is in it, and which tiles there are. Blocking I/O."""

from base64 import b64encode
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from trace.log import checkpoints, notes
from trace.log.checkpoints import Checkpoint
from trace.log.folder import LogFolder
from trace.log.merkle import HASH_BYTES, Node, consistency_ranges, inclusion_ranges, proof
from trace.log.receipts import Receipt
from trace.log.schemas import Proofs, ProvenEntry, Since
from trace.log.tiles import HEIGHT, WIDTH, Tile, TileError, interior, tile_of_node


class LogReader:
    """`tiles_cached_max`: tiles of hashes that are kept in memory, with what is hashed out of them; they never change."""

    def __init__(self, path: Path, *, tiles_cached_max: int) -> None:
        self.folder = LogFolder(path)
        self._tiles_cached_max = tiles_cached_max
        self._cached: OrderedDict[Tile, list[bytes]] = OrderedDict()

    def checkpoint(self) -> tuple[Checkpoint, bytes] | None:
        """What is published: the tree, and the note as it was signed; None before there is one."""
        raw = self.folder.checkpoint()
        return None if raw is None else (checkpoints.read(notes.read(raw).text), raw)

    def receipt(self, index: int) -> Receipt | None:
        """That the entry at `index` is in the published tree; None when it is not yet."""
        published = self.checkpoint()
        if published is None or index >= published[0].size:
            return None
        tree, note = published
        return Receipt(index, tuple(self._proof(inclusion_ranges(index, tree.size), tree.size)), note)

    def proofs(self, size: int, leaves: Sequence[int], since: Sequence[int]) -> Proofs | None:
        """Entries with the proofs that they are in the tree of `size`, and those that it goes on from smaller ones; None where
        the published tree has not so many, or the tree of `size` not all of them.
        """
        published = self.checkpoint()
        least = max((1, *(leaf + 1 for leaf in leaves), *since))
        if published is None or not least <= size <= published[0].size:
            return None
        entries = dict[int, str]()
        for at in {leaf // WIDTH for leaf in leaves}:  # one after the other: each may have 16 MB of entries
            bundle = self.folder.entries(at, min(WIDTH, size - at * WIDTH))
            entries |= {leaf: bundle[leaf % WIDTH].decode() for leaf in leaves if leaf // WIDTH == at}
        return Proofs(
            size=size,
            entries=[
                ProvenEntry(
                    leaf=leaf,
                    entry=entries[leaf],
                    hashes=_coded(self._proof(inclusion_ranges(leaf, size), size)),
                )
                for leaf in leaves
            ],
            since=[Since(size=each, hashes=_coded(self.consistency(each, size))) for each in since],
        )

    def consistency(self, before: int, size: int) -> list[bytes]:
        """That the tree of `size` begins with that of `before`. Raises ProofError; TileError beyond what is published."""
        return self._proof(consistency_ranges(before, size), size)

    def tile(self, tile: Tile) -> bytes | None:
        """A published tile; None where the published tree has none such."""
        published = self.checkpoint()
        size = 0 if published is None else published[0].size
        row = max(tile.level, 0) * HEIGHT
        if tile.index * WIDTH + tile.width > size >> row:
            return None
        return self.folder.read(tile)

    def entry(self, index: int) -> bytes | None:
        """A published entry; None when it is not there yet."""
        from_bundle = index // WIDTH
        published = self.checkpoint()
        if published is None or index >= published[0].size:
            return None
        width = min(WIDTH, published[0].size - from_bundle * WIDTH)
        return self.folder.entries(from_bundle, width)[index % WIDTH]

    def _proof(self, ranges: list[tuple[int, int]], size: int) -> list[bytes]:
        def hash_of(node: Node) -> bytes:
            tile, first, count = tile_of_node(node, size)
            level = count.bit_length() - 1
            at = (first >> level) * HASH_BYTES
            return self._interior(tile)[level][at : at + HASH_BYTES]

        return proof(ranges, hash_of)

    def _interior(self, tile: Tile) -> list[bytes]:
        if tile in self._cached:
            with suppress(KeyError):  # another thread has dropped it meanwhile
                self._cached.move_to_end(tile)
                return self._cached[tile]
        raw = self.folder.read(tile)
        if raw is None:
            raise TileError(f"{tile.path} is missing")
        levels = interior(raw)
        self._cached[tile] = levels
        while len(self._cached) > self._tiles_cached_max:
            with suppress(KeyError):
                self._cached.popitem(last=False)
        return levels


def _coded(hashes: Sequence[bytes]) -> list[str]:
    return [b64encode(each).decode() for each in hashes]
