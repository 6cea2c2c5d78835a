"""Tiles: the hashes of a tree and its entries as files, as C2SP tlog-tiles has them. Pure: no I/O.

A tile at level L has up to 256 hashes of nodes at level 8 * L of the tree; what lies between is hashed out of them. Whoever
makes the tiles of a tree makes the same ones, so each is written once and served for ever. The last of a level may be partial:
its width is in its name.
"""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from struct import Struct as Packed

from msgspec import Struct

from trace.log.merkle import HASH_BYTES, Node, joined, perfect_nodes

WIDTH = 256  # of a full tile
HEIGHT = 8
PAIR_BYTES = 2 * HASH_BYTES
LEVEL_MAX = 63
ENTRY_BYTES_MAX = 65_535  # an entry's length stands before it in two bytes
ENTRIES = "entries"  # where the level of a tile stands, for the entries themselves

_LENGTH = Packed(">H")
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class TileError(ValueError):
    """No tile has this name or these contents."""


class Tile(Struct, frozen=True, order=True):
    """One tile of hashes, or of entries (`level` -1). `width`: how many it has, 1 to 256."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies, after the log's prefix and a slash: tile/0/x001/x234/067.p/9."""
        level = ENTRIES if self.level < 0 else str(self.level)
        groups, rest = [f"{self.index % 1000:03d}"], self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def parsed(path: str) -> Tile:
    """The tile of a path. Raises TileError: each tile has one path, all others are none."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise TileError(f"{path!r} is no path of a tile")
    level = -1 if match[1] == ENTRIES else int(match[1])
    index = int(match[2].replace("x", "").replace("/", ""))
    tile = Tile(level, index, int(match[3]) if match[3] else WIDTH)
    if level > LEVEL_MAX or tile.width > WIDTH or tile.path != path:  # x000/001, .p/256
        raise TileError(f"{path!r} is no path of a tile")
    return tile


def tiles_of(size: int, before: int = 0) -> Iterator[Tile]:
    """The tiles of hashes that the tree of `size` has and that of `before` leaves has not, from the lowest level up."""
    level = 0
    while size >> HEIGHT * level:
        now, then = size >> HEIGHT * level, before >> HEIGHT * level
        yield from _row(level, now, then)
        level += 1


def bundles_of(size: int, before: int = 0) -> Iterator[Tile]:
    """The same of the entries."""
    yield from _row(-1, size, before)


def _row(level: int, now: int, then: int) -> Iterator[Tile]:
    if now == then:
        return
    for index in range(then // WIDTH, now // WIDTH):
        yield Tile(level, index)
    if now % WIDTH:
        yield Tile(level, now // WIDTH, now % WIDTH)


def tile_of_node(node: Node, size: int) -> tuple[Tile, int, int]:
    """Where a perfect node lies in the tree of `size`: the tile, the first of its hashes that it is made of, and how many."""
    level, index = node
    row, within = level // HEIGHT, level % HEIGHT
    first, count = index << within, 1 << within
    width = min(WIDTH, (size >> HEIGHT * row) - first // WIDTH * WIDTH)
    if first % WIDTH + count > width:
        raise TileError(f"node {node} is not in a tree of {size}")
    return Tile(row, first // WIDTH, width), first % WIDTH, count


def node_in(hashes: bytes, first: int, count: int) -> bytes:
    """The hash of a perfect node of `count` hashes of a tile's bytes."""
    return interior(hashes[first * HASH_BYTES : (first + count) * HASH_BYTES])[-1]


def interior(hashes: bytes) -> list[bytes]:
    """All perfect nodes of a tile, by level: the hashes themselves, then those of pairs of them, and so on. Each level is one
    string: a node (k, i) is 32 bytes at 32 * i of level k.
    """
    levels = [hashes]
    while len(levels[-1]) >= PAIR_BYTES:
        row = levels[-1]
        ends = len(row) - len(row) % PAIR_BYTES
        levels.append(
            b"".join([sha256(b"\1" + row[at : at + PAIR_BYTES]).digest() for at in range(0, ends, PAIR_BYTES)])
        )
    return levels


def edge_tiles(size: int) -> list[Tile]:
    """The tiles from which a tree of `size` is continued, one a level; the root follows from them."""
    return sorted({tile_of_node(node, size)[0] for node in perfect_nodes((0, size))})


def root_of(size: int, tiles: dict[Tile, bytes]) -> bytes:
    """The root of a tree out of its `edge_tiles`, by tile."""
    hashes = []
    for node in perfect_nodes((0, size)):
        tile, first, count = tile_of_node(node, size)
        hashes.append(node_in(tiles[tile], first, count))
    return joined(hashes)


def bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle has them. Raises TileError for one that is too long."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > ENTRY_BYTES_MAX:
            raise TileError(f"an entry has {len(entry):,} bytes, and at most {ENTRY_BYTES_MAX:,} fit")
        parts += (_LENGTH.pack(len(entry)), entry)
    return b"".join(parts)


def entries_in(packed: bytes, width: int) -> list[bytes]:
    """The entries of a bundle. Raises TileError where it has not exactly `width` of them."""
    found, at = list[bytes](), 0
    while at < len(packed):
        if len(packed) - at < _LENGTH.size:
            raise TileError("a bundle of entries ends within a length")
        (length,) = _LENGTH.unpack_from(packed, at)
        at += _LENGTH.size
        if len(packed) - at < length:
            raise TileError("a bundle of entries ends within an entry")
        found.append(packed[at : at + length])
        at += length
    if len(found) != width:
        raise TileError(f"a bundle has {len(found)} entries, and its name says {width}")
    return found
