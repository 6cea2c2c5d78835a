"""Tiles have the names and contents of C2SP tlog-tiles; a tree is continued, and any node of it found, from its tiles alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.log.merkle import Edge, Node, consistency_ranges, inclusion_ranges, leaf_hash, perfect_nodes
from trace.log.tiles import (
    ENTRY_BYTES_MAX,
    Tile,
    TileError,
    bundle,
    bundles_of,
    edge_tiles,
    entries_in,
    node_in,
    parsed,
    root_of,
    tile_of_node,
    tiles_of,
)

SIZES = (1, 2, 255, 256, 257, 511, 512, 1_000, 65_535, 65_536, 65_537, 70_000)


class Grown:
    """A tree with all its nodes."""

    def __init__(self, size: int) -> None:
        self.nodes: dict[Node, bytes] = {}
        self.roots: dict[int, bytes] = {}
        edge = Edge()
        for n in range(size):
            edge.add(leaf_hash(b"%d" % n), lambda level, index, made: self.nodes.__setitem__((level, index), made))
            if edge.size in SIZES:
                self.roots[edge.size] = edge.root()

    def tile(self, tile: Tile) -> bytes:
        return b"".join(self.nodes[8 * tile.level, tile.index * 256 + at] for at in range(tile.width))


@pytest.fixture(scope="module")
def grown() -> Grown:
    return Grown(max(SIZES))


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(2, 0, 1), "tile/2/000.p/1"),
        (Tile(63, 999, 255), "tile/63/999.p/255"),
        (Tile(-1, 1_000), "tile/entries/x001/000"),
        (Tile(-1, 7, 12), "tile/entries/007.p/12"),
    ],
)
def test_a_tile_has_one_path(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert parsed(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/x000/000", "tile/0/00", "tile/0/0000", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/x001/x234",
        "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/entries/000.p/999", "tile/0/001/067",
        "tile/0/000/", "/tile/0/000", "tile/0/000.p/1\n", "tile/0/../../key", "tile/0/٠٠٠", "tile/entry/000", "checkpoint", "",
    ],
)  # fmt: skip
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(TileError):
        parsed(path)


@given(st.integers(-1, 63), st.integers(0, 10**12), st.integers(1, 256))
def test_every_path_is_read_back(level: int, index: int, width: int) -> None:
    assert parsed(Tile(level, index, width).path) == Tile(level, index, width)


def test_a_tree_has_the_tiles_that_the_specification_names() -> None:
    of_70_000 = list(tiles_of(70_000))
    assert [tile for tile in of_70_000 if tile.level == 0] == [Tile(0, n) for n in range(273)] + [Tile(0, 273, 112)]
    assert [tile for tile in of_70_000 if tile.level > 0] == [Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(255)) == [Tile(0, 0, 255)]
    assert list(tiles_of(0)) == list(bundles_of(0)) == []
    assert list(bundles_of(300)) == [Tile(-1, 0), Tile(-1, 1, 44)]
    assert list(bundles_of(300, 256)) == [Tile(-1, 1, 44)]
    assert list(bundles_of(300, 300)) == []


@given(st.integers(0, 200_000), st.integers(0, 2_000))
def test_what_a_tree_adds_to_one_before_it_are_the_tiles_it_has_more(before: int, more: int) -> None:
    size = before + more
    assert set(tiles_of(size, before)) == set(tiles_of(size)) - set(tiles_of(before))


def test_every_size_has_its_root_from_the_tiles_of_its_edge(grown: Grown) -> None:
    for size in SIZES:
        tiles = edge_tiles(size)
        assert set(tiles) <= set(tiles_of(size))
        assert root_of(size, {tile: grown.tile(tile) for tile in tiles}) == grown.roots[size]
        assert len(tiles) <= 3


def test_every_node_of_a_proof_is_in_the_tiles_of_its_tree(grown: Grown) -> None:
    for size in SIZES:
        tiles = set(tiles_of(size))
        for ranges in (
            *(inclusion_ranges(n, size) for n in range(0, size, 2_003)),
            *(consistency_ranges(n + 1, size) for n in range(0, size, 1_999)),
        ):
            for node in (node for leaves in ranges for node in perfect_nodes(leaves)):
                tile, first, count = tile_of_node(node, size)
                assert tile in tiles
                assert node_in(grown.tile(tile), first, count) == grown.nodes[node]


def test_a_node_beyond_the_tree_is_in_no_tile() -> None:
    for node in ((0, 300), (2, 75), (8, 1), (9, 0)):
        with pytest.raises(TileError):
            tile_of_node(node, 300)


@given(st.lists(st.binary(max_size=600), max_size=256))
def test_entries_come_back_out_of_their_bundle(entries: list[bytes]) -> None:
    assert entries_in(bundle(entries), len(entries)) == entries


def test_an_entry_is_as_long_as_its_length_can_say() -> None:
    assert entries_in(bundle([b"x" * ENTRY_BYTES_MAX]), 1) == [b"x" * 65_535]
    with pytest.raises(TileError, match="65,536"):
        bundle([b"x" * 65_536])


@pytest.mark.parametrize("packed", [b"\0", b"\0\5abcd", b"\0\1a", b"\0\1a\0\1b\0\1c", b""])
def test_a_bundle_that_is_cut_off_or_of_another_width_is_refused(packed: bytes) -> None:
    with pytest.raises(TileError):
        entries_in(packed, 2)
