"""A tree that grows: which files a batch of entries adds to a log, and what its root is then. Pure: no I/O.

What is written depends on the entries and their order alone: whoever does it again, after a crash or on another machine,
gets the same files.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from trace.log.merkle import HASH_BYTES, joined, perfect_nodes
from trace.log.tiles import HEIGHT, WIDTH, Tile, TileError, bundle, entries_in, interior, node_in, tile_of_node

TILE_BYTES = WIDTH * HASH_BYTES


class Rows:
    """The right edge of a tree of hashes: of each level of tiles the last one, as far as it is filled."""

    def __init__(self, size: int = 0, rows: Sequence[bytes] = ()) -> None:
        self.size = size
        self._rows = list(rows)

    @classmethod
    def restored(cls, size: int, tiles: Mapping[Tile, bytes]) -> "Rows":
        """The edge of a tree of `size`. `tiles`: what `edge_of(size)` names. Raises TileError where one is missing or cut
        short.
        """
        rows, level = list[bytes](), 0
        while size >> HEIGHT * level:
            width = (size >> HEIGHT * level) % WIDTH
            rows.append(_whole(tiles, Tile(level, size >> HEIGHT * (level + 1), width)) if width else b"")
            level += 1
        return cls(size, rows)

    @property
    def leaves(self) -> bytes:
        """Hashes of the last leaves, which do not fill a tile."""
        return self._rows[0] if self._rows else b""

    def root(self) -> bytes:
        """The root of the tree."""
        hashes = []
        for level, index in perfect_nodes((0, self.size)):
            tile, first, count = tile_of_node((level, index), self.size)
            hashes.append(node_in(self._rows[tile.level], first, count))
        return joined(hashes)

    def grown(self, hashes: Sequence[bytes]) -> "tuple[Rows, list[tuple[Tile, bytes]]]":
        """The edge with leaves of these hashes behind it, and the tiles that the tree has then and had not before."""
        size, rows, files, level = self.size + len(hashes), list[bytes](), list[tuple[Tile, bytes]](), 0
        while hashes or level < len(self._rows):
            row = self._rows[level] if level < len(self._rows) else b""
            if hashes:
                index = (self.size >> HEIGHT * level) // WIDTH
                row += b"".join(hashes)
                wholes = [row[at : at + TILE_BYTES] for at in range(0, len(row) - TILE_BYTES + 1, TILE_BYTES)]
                files += ((Tile(level, index + at), whole) for at, whole in enumerate(wholes))
                hashes = [interior(whole)[HEIGHT] for whole in wholes]
                row = row[len(wholes) * TILE_BYTES :]
                if row:
                    files.append((Tile(level, index + len(wholes), len(row) // HASH_BYTES), row))
            rows.append(row)
            level += 1
        return Rows(size, rows), files


class Growth:
    """The right edge of a log: that of its hashes, and the last entries. Nothing is changed by `grown`."""

    def __init__(self, rows: Rows | None = None, packed: bytes = b"") -> None:
        self.rows = rows or Rows()
        self._packed = packed  # entries that do not fill a bundle yet

    @property
    def size(self) -> int:
        return self.rows.size

    @classmethod
    def restored(cls, size: int, tiles: Mapping[Tile, bytes]) -> "Growth":
        """The edge of a log of `size`. `tiles`: what `edge_of(size)` names. Raises TileError where one is missing or cut
        short, or the last entries are not those that the hashes are of.
        """
        rows, packed = Rows.restored(size, tiles), b""
        if size % WIDTH:
            packed = _whole(tiles, Tile(-1, size // WIDTH, size % WIDTH))
            if b"".join(hashes_of(entries_in(packed, size % WIDTH))) != rows.leaves:
                raise TileError(f"{Tile(-1, size // WIDTH, size % WIDTH).path} is not what its hashes say")
        return cls(rows, packed)

    def root(self) -> bytes:
        """The root of the tree."""
        return self.rows.root()

    def grown(self, entries: Sequence[bytes]) -> "tuple[Growth, list[tuple[Tile, bytes]]]":
        """The edge with `entries` behind it, and the files that a log has then and had not before; in any order they may be
        written. Raises TileError for an entry that is too long.
        """
        rows, files = self.rows.grown(hashes_of(entries))
        packed, width, index, at = self._packed, self.size % WIDTH, self.size // WIDTH, 0
        while at < len(entries):
            some = entries[at : at + WIDTH - width]
            packed, width, at = packed + bundle(some), width + len(some), at + len(some)
            files.append((Tile(-1, index, width), packed))
            if width == WIDTH:
                packed, width, index = b"", 0, index + 1
        return Growth(rows, packed), files


def hashes_of(entries: Sequence[bytes]) -> list[bytes]:
    """Those of leaves, as merkle.leaf_hash gives them, without a call for each."""
    return [sha256(b"\0" + entry).digest() for entry in entries]


def edge_of(size: int) -> list[Tile]:
    """The files from which a log of `size` goes on: the partial tile of each level, and the partial bundle."""
    partial = [
        Tile(level, size >> HEIGHT * (level + 1), width)
        for level in range((size.bit_length() + HEIGHT - 1) // HEIGHT)
        if (width := (size >> HEIGHT * level) % WIDTH)
    ]
    return [*partial, *([Tile(-1, size // WIDTH, size % WIDTH)] if size % WIDTH else [])]


def _whole(tiles: Mapping[Tile, bytes], tile: Tile) -> bytes:
    raw = tiles.get(tile)
    if raw is None or (tile.level >= 0 and len(raw) != tile.width * HASH_BYTES):
        raise TileError(f"{tile.path} is missing, or cut short")
    return raw
