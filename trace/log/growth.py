"""A tree that grows: which files a batch of entries adds to a log, and what its root is then. Pure: no I/O.

What is written depends on the entries and their order alone: whoever does it again, after a crash or on another machine,
gets the same files.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from trace.log.merkle import HASH_BYTES, joined, perfect_nodes
from trace.log.tiles import HEIGHT, WIDTH, Tile, TileError, bundle, node_in, tile_of_node

TILE_BYTES = WIDTH * HASH_BYTES


class Growth:
    """The right edge of a log. Nothing is changed by `grown`: what it gives becomes the edge once it is written (`became`)."""

    def __init__(self) -> None:
        self.size = 0
        self._rows: list[bytes] = []  # by level of tiles, the hashes of the last, partial, tile
        self._bundle = b""  # of entries that do not fill a bundle yet

    @classmethod
    def restored(cls, size: int, tiles: Mapping[Tile, bytes]) -> "Growth":
        """The edge of a log of `size`. `tiles`: what `edge_of(size)` names. Raises TileError where one is missing or cut
        short.
        """
        growth = cls()
        growth.size = size
        level = 0
        while size >> HEIGHT * level:
            width = (size >> HEIGHT * level) % WIDTH
            growth._rows.append(
                _whole(tiles, Tile(level, size >> HEIGHT * (level + 1), width), width) if width else b""
            )
            level += 1
        if size % WIDTH:
            last = Tile(-1, size // WIDTH, size % WIDTH)
            if last not in tiles:
                raise TileError(f"{last.path} is missing")
            growth._bundle = tiles[last]
        return growth

    def root(self) -> bytes:
        """The root of the tree."""
        hashes = []
        for level, index in perfect_nodes((0, self.size)):
            tile, first, count = tile_of_node((level, index), self.size)
            hashes.append(node_in(self._rows[tile.level], first, count))
        return joined(hashes)

    def grown(self, entries: Sequence[bytes]) -> "tuple[Growth, list[tuple[Tile, bytes]]]":
        """The edge with `entries` behind it, and the files that a log has then and had not before; in any order they may be
        written. Raises TileError for an entry that is too long.
        """
        new = Growth()
        new.size = self.size + len(entries)
        files = self._bundles(new, entries)
        hashes = [sha256(b"\0" + entry).digest() for entry in entries]
        level = 0
        while hashes or level < len(self._rows):
            row = self._rows[level] if level < len(self._rows) else b""
            if hashes:
                index = (self.size >> HEIGHT * level) // WIDTH
                row += b"".join(hashes)
                wholes = [row[at : at + TILE_BYTES] for at in range(0, len(row) - TILE_BYTES + 1, TILE_BYTES)]
                files += ((Tile(level, index + at), whole) for at, whole in enumerate(wholes))
                hashes = [root_of_tile(whole) for whole in wholes]
                row = row[len(wholes) * TILE_BYTES :]
                if row:
                    files.append((Tile(level, index + len(wholes), len(row) // HASH_BYTES), row))
            new._rows.append(row)
            level += 1
        return new, files

    def _bundles(self, new: "Growth", entries: Sequence[bytes]) -> list[tuple[Tile, bytes]]:
        files, at, index = list[tuple[Tile, bytes]](), 0, self.size // WIDTH
        packed, width = self._bundle, self.size % WIDTH
        while at < len(entries):
            some = entries[at : at + WIDTH - width]
            packed, width, at = packed + bundle(some), width + len(some), at + len(some)
            files.append((Tile(-1, index, width), packed))
            if width == WIDTH:
                packed, width, index = b"", 0, index + 1
        new._bundle = packed
        return files


def edge_of(size: int) -> list[Tile]:
    """The files from which a log of `size` goes on: the partial tile of each level, and the partial bundle."""
    partial = [
        Tile(level, size >> HEIGHT * (level + 1), width)
        for level in range((size.bit_length() + HEIGHT - 1) // HEIGHT)
        if (width := (size >> HEIGHT * level) % WIDTH)
    ]
    return [*partial, *([Tile(-1, size // WIDTH, size % WIDTH)] if size % WIDTH else [])]


def root_of_tile(hashes: bytes) -> bytes:
    """The hash of the node that a full tile hangs from."""
    whole = [hashes[at : at + 2 * HASH_BYTES] for at in range(0, TILE_BYTES, 2 * HASH_BYTES)]
    found = [sha256(b"\1" + pair).digest() for pair in whole]
    while len(found) > 1:
        found = [sha256(b"\1" + found[at] + found[at + 1]).digest() for at in range(0, len(found), 2)]
    return found[0]


def _whole(tiles: Mapping[Tile, bytes], tile: Tile, width: int) -> bytes:
    hashes = tiles.get(tile)
    if hashes is None or len(hashes) != width * HASH_BYTES:
        raise TileError(f"{tile.path} is missing, or cut short")
    return hashes
