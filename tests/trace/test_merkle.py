"""A proof holds for exactly what it is of: for trees of every size up to a few levels, and no longer once a bit is changed."""

import json
from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.log.merkle import (
    EMPTY_ROOT,
    Edge,
    ProofError,
    Range,
    check_consistency,
    check_inclusion,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    perfect_nodes,
    proof,
)

VECTORS = Path(__file__).parent.parent.parent.parent / "shared" / "vectors" / "merkle"
LEAVES = [leaf_hash(b"%d" % n) for n in range(70)]


def mth(leaves: Range) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    start, end = leaves
    if start == end:
        return sha256(b"").digest()
    if end - start == 1:
        return LEAVES[start]
    k = 1
    while k * 2 < end - start:
        k *= 2
    return sha256(b"\x01" + mth((start, start + k)) + mth((start + k, end))).digest()


def stored(node: tuple[int, int]) -> bytes:
    level, index = node
    return mth((index << level, (index + 1) << level))


def test_roots_are_those_of_the_rfc() -> None:
    edge = Edge()
    assert edge.root() == EMPTY_ROOT == mth((0, 0))
    for size, leaf in enumerate(LEAVES, 1):
        edge.add(leaf)
        assert (edge.size, edge.root()) == (size, mth((0, size)))


def test_an_edge_goes_on_from_its_nodes() -> None:
    for size in range(len(LEAVES)):
        edge = Edge(size, [stored(node) for node in perfect_nodes((0, size))])
        edge.add(LEAVES[size])
        assert edge.root() == mth((0, size + 1))


def test_each_perfect_node_is_told_once() -> None:
    told: dict[tuple[int, int], bytes] = {}

    def on_node(level: int, index: int, made: bytes) -> None:
        assert (level, index) not in told
        told[level, index] = made

    edge = Edge()
    for leaf in LEAVES:
        edge.add(leaf, on_node)
    expected = [(level, index) for level in range(7) for index in range(len(LEAVES) >> level)]
    assert told == {node: stored(node) for node in expected}


def test_every_leaf_of_every_tree_is_proven_and_no_other_leaf_is() -> None:
    for size in range(1, len(LEAVES) + 1):
        root = mth((0, size))
        for index in range(size):
            hashes = proof(inclusion_ranges(index, size), stored)
            check_inclusion(LEAVES[index], index, size, hashes, root)
            with pytest.raises(ProofError):
                check_inclusion(LEAVES[index - 1] if size > 1 else EMPTY_ROOT, index, size, hashes, root)
            with pytest.raises(ProofError):
                check_inclusion(LEAVES[index], index, size, [*hashes, root], root)
            if hashes:
                with pytest.raises(ProofError):
                    check_inclusion(LEAVES[index], index, size, hashes[:-1], root)


def test_every_tree_is_proven_to_begin_with_each_before_it() -> None:
    for size in range(1, len(LEAVES) + 1):
        root = mth((0, size))
        for before in range(1, size + 1):
            hashes = proof(consistency_ranges(before, size), stored)
            check_consistency(before, size, hashes, mth((0, before)), root)
            with pytest.raises(ProofError):
                check_consistency(before, size, hashes, EMPTY_ROOT, root)
            with pytest.raises(ProofError):
                check_consistency(before, size, hashes, mth((0, before)), EMPTY_ROOT)
            with pytest.raises(ProofError):
                check_consistency(before, size, [*hashes, root], mth((0, before)), root)
            if hashes:
                with pytest.raises(ProofError):
                    check_consistency(before, size, hashes[1:], mth((0, before)), root)


@given(size=st.integers(1, 70), data=st.data())
def test_a_bit_changed_anywhere_in_a_proof_is_found(size: int, data: st.DataObject) -> None:
    before, index = data.draw(st.integers(1, size)), data.draw(st.integers(0, size - 1))

    def changed(hashes: list[bytes]) -> list[bytes]:
        at = data.draw(st.integers(0, len(hashes) * 256 - 1))
        one = bytearray(hashes[at // 256])
        one[at % 256 // 8] ^= 1 << at % 8
        return [*hashes[: at // 256], bytes(one), *hashes[at // 256 + 1 :]]

    if hashes := proof(inclusion_ranges(index, size), stored):
        with pytest.raises(ProofError):
            check_inclusion(LEAVES[index], index, size, changed(hashes), mth((0, size)))
    if hashes := proof(consistency_ranges(before, size), stored):
        with pytest.raises(ProofError):
            check_consistency(before, size, changed(hashes), mth((0, before)), mth((0, size)))


def test_nothing_is_proven_from_a_tree_of_nothing_or_to_a_smaller_one() -> None:
    for before, size in ((0, 0), (0, 5), (6, 5), (-1, 5)):
        with pytest.raises(ProofError):
            consistency_ranges(before, size)
        with pytest.raises(ProofError):
            check_consistency(before, size, [], EMPTY_ROOT, mth((0, max(size, 0))))
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(ProofError):
            inclusion_ranges(index, size)
        with pytest.raises(ProofError):
            check_inclusion(LEAVES[0], index, size, [], LEAVES[0])


def test_an_entry_that_looks_like_a_node_is_none() -> None:
    assert leaf_hash(b"\x01" + LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node_hash(LEAVES[0], LEAVES[1])


def vectors(kind: str) -> list[Any]:
    paths = sorted((VECTORS / kind).rglob("*.json"))
    return [pytest.param(json.loads(path.read_text()), id=f"{path.parent.name}/{path.stem}") for path in paths]


def decoded(hashes: list[str] | None) -> list[bytes]:
    return [b64decode(each) for each in hashes or []]


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not beside the checkout")
@pytest.mark.parametrize("case", vectors("inclusion"))
def test_inclusion_is_judged_as_others_do(case: dict[str, Any]) -> None:
    arguments = (
        b64decode(case["leafHash"]),
        case["leafIdx"],
        case["treeSize"],
        decoded(case["proof"]),
        b64decode(case["root"]),
    )
    if case["wantErr"]:
        with pytest.raises(ProofError):
            check_inclusion(*arguments)
    else:
        check_inclusion(*arguments)


@pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not beside the checkout")
@pytest.mark.parametrize("case", vectors("consistency"))
def test_consistency_is_judged_as_others_do(case: dict[str, Any]) -> None:
    arguments = case["size1"], case["size2"], decoded(case["proof"]), b64decode(case["root1"]), b64decode(case["root2"])
    if case["wantErr"]:
        with pytest.raises(ProofError):
            check_consistency(*arguments)
    else:
        check_consistency(*arguments)
