"""A tree grows to the same files and the same root whatever the batches are, and goes on from its edge alone."""

import itertools

import pytest

from trace.log.growth import Growth, edge_of
from trace.log.merkle import Edge, leaf_hash
from trace.log.tiles import Tile, TileError, bundles_of, entries_in, root_of, tiles_of

SIZES = (1, 2, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537, 70_000)


def entries_of(size: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(size)]


def edge(size: int) -> Edge:
    edge = Edge()
    for entry in entries_of(size):
        edge.add(leaf_hash(entry))
    return edge


@pytest.mark.parametrize("size", SIZES)
def test_one_batch_gives_every_file_of_the_tree_and_its_root(size: int) -> None:
    growth, files = Growth().grown(entries_of(size))
    written = dict(files)
    assert len(written) == len(files)
    assert set(written) == {*tiles_of(size), *bundles_of(size)}
    assert growth.root() == edge(size).root() == root_of(size, written)
    packed = [entry for tile in bundles_of(size) for entry in entries_in(written[tile], tile.width)]
    assert packed == entries_of(size)


def test_batches_of_any_size_give_the_same_tree() -> None:
    growth, everything = Growth(), dict[Tile, bytes]()
    at, steps = 0, itertools.cycle((1, 3, 200, 52, 256, 1, 1_000, 512))
    entries = entries_of(20_000)
    while at < len(entries):
        step = next(steps)
        before = growth
        growth, files = before.grown(entries[at : at + step])
        at = growth.size
        assert {tile for tile, _ in files} == {*tiles_of(at, before.size), *bundles_of(at, before.size)}
        everything |= files
        assert Growth.restored(at, {tile: everything[tile] for tile in edge_of(at)}).root() == growth.root()
    assert growth.root() == edge(20_000).root()


@pytest.mark.parametrize("size", SIZES)
def test_it_goes_on_from_the_edge_alone(size: int) -> None:
    _, files = Growth().grown(entries_of(size))
    restored = Growth.restored(size, {tile: raw for tile, raw in files if tile in edge_of(size)})
    more = entries_of(size + 300)[size:]
    growth, added = restored.grown(more)
    assert growth.root() == edge(size + 300).root()
    assert {tile for tile, _ in added} == {*tiles_of(size + 300, size), *bundles_of(size + 300, size)}


def test_nothing_changes_by_what_would_be_written() -> None:
    growth, _ = Growth().grown(entries_of(300))
    root = growth.root()
    growth.grown([b"more"])
    assert growth.size == 300
    assert growth.root() == root


def test_an_edge_with_a_tile_missing_or_cut_short_is_none() -> None:
    _, files = Growth().grown(entries_of(700))
    edge = {tile: raw for tile, raw in files if tile in edge_of(700)}
    assert len(edge) == 3
    for tile in edge:
        rest = {other: raw for other, raw in edge.items() if other != tile}
        with pytest.raises(TileError, match="missing, or cut short"):
            Growth.restored(700, rest)
    with pytest.raises(TileError, match="cut short"):
        Growth.restored(700, edge | {Tile(0, 2, 700 % 256): b"short"})


def test_last_entries_that_are_not_those_of_the_hashes_are_no_edge() -> None:
    _, files = Growth().grown(entries_of(300))
    edge = {tile: raw for tile, raw in files if tile in edge_of(300)}
    last = Tile(-1, 1, 44)
    with pytest.raises(TileError, match="is not what its hashes say"):
        Growth.restored(300, edge | {last: edge[last].replace(b"entry 299", b"entry 298")})


def test_no_entries_add_no_file() -> None:
    growth, files = Growth().grown([])
    assert files == []
    assert growth.size == 0
