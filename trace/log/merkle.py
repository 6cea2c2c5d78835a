"""The Merkle tree of RFC 6962: hashes, which of them a proof consists of, and whether a proof holds. Pure: no I/O.

A node is named (level, index): at level 0 are the leaves' hashes, and node (l, i) covers the leaves [i * 2**l, (i + 1) * 2**l).
Only such perfect nodes are ever stored; the hash of any other range of leaves is made of them (`joined`).

RFC 6962, 2.1: hashes; 2.1.1: inclusion; 2.1.2: consistency. Proofs are checked as RFC 9162, 2.1.3.2 and 2.1.4.2 do it.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
SIZE_MAX = 2**63 - 1  # of a tree: what every format here can say

Node = tuple[int, int]
"""(level, index)"""
Range = tuple[int, int]
"""Leaves [start, end)"""


class ProofError(ValueError):
    """A proof that does not hold, or cannot be one of what it is said to be of."""


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def joined(hashes: Sequence[bytes]) -> bytes:
    """The hash of a range out of those of its perfect nodes, from left to right (see `perfect_nodes`)."""
    if not hashes:
        return EMPTY_ROOT
    whole = hashes[-1]
    for left in reversed(hashes[:-1]):
        whole = node_hash(left, whole)
    return whole


def perfect_nodes(leaves: Range) -> list[Node]:
    """The perfect nodes that a range consists of, from left to right.

    `leaves`: one that RFC 6962 hashes: it starts where a power of two not below its length does.
    """
    start, end = leaves
    nodes: list[Node] = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def split(length: int) -> int:
    """The largest power of two below `length`, at which a range of more than one leaf is cut in two."""
    return 1 << ((length - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Ranges whose hashes are the inclusion proof of the leaf `index` in the tree of `size`, from the leaf's sibling up."""
    if not 0 <= index < size:
        raise ProofError(f"leaf {index} is not in a tree of {size}")
    start, end, found = 0, size, list[Range]()
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]


def consistency_ranges(before: int, size: int) -> list[Range]:
    """Ranges whose hashes are the consistency proof from the tree of `before` leaves to that of `size`."""
    if not 0 < before <= size:
        raise ProofError(f"there is no proof from a tree of {before} to one of {size}")
    start, end, is_whole, found = 0, size, True, list[Range]()
    while before != end:
        middle = start + split(end - start)
        if before <= middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start, is_whole = middle, False
    if not is_whole:
        found.append((start, end))
    return found[::-1]


def proof(ranges: Iterable[Range], hash_of: Callable[[Node], bytes]) -> list[bytes]:
    """The hashes of a proof. `hash_of`: of a perfect node."""
    return [joined([hash_of(node) for node in perfect_nodes(leaves)]) for leaves in ranges]


def root_of_inclusion(leaf: bytes, index: int, size: int, hashes: Sequence[bytes]) -> bytes:
    """The root that follows if `leaf`, a hash, is at `index` in a tree of `size`. Raises ProofError."""
    if not 0 <= index < size <= SIZE_MAX:
        raise ProofError(f"leaf {index} is not in a tree of {size}")
    at, last, found = index, size - 1, leaf
    for sibling in hashes:
        if len(sibling) != HASH_BYTES:
            raise ProofError("a hash of a proof has not 32 bytes")
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the inclusion proof is too short")
    return found


def check_inclusion(leaf: bytes, index: int, size: int, hashes: Sequence[bytes], root: bytes) -> None:
    """Raises ProofError where `hashes` do not prove that `leaf` is at `index` of the tree of `size` with this root."""
    if root_of_inclusion(leaf, index, size, hashes) != root:
        raise ProofError(f"the proof of leaf {index} leads to another root")


def check_consistency(before: int, size: int, hashes: Sequence[bytes], root_before: bytes, root: bytes) -> None:
    """Raises ProofError where `hashes` do not prove that the tree of `size` begins with that of `before`.

    From a tree of nothing nothing can be proven (RFC 9162, 2.1.4.2), so that is refused.
    """
    if not 0 < before <= size <= SIZE_MAX:
        raise ProofError(f"there is no proof from a tree of {before} to one of {size}")
    if before == size:
        if hashes:
            raise ProofError("a proof between trees of one size is empty")
        if root_before != root:
            raise ProofError(f"two trees of {size} leaves have different roots")
        return
    old, new = _roots_of_consistency(before, size, hashes, root_before)
    if old != root_before:
        raise ProofError(f"the proof does not begin at the tree of {before}")
    if new != root:
        raise ProofError(f"the proof does not lead to the tree of {size}")


def _roots_of_consistency(before: int, size: int, hashes: Sequence[bytes], root_before: bytes) -> tuple[bytes, bytes]:
    """The roots of both trees that follow from a proof."""
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ProofError("a hash of a proof has not 32 bytes")
    path = [root_before, *hashes] if before & (before - 1) == 0 else list(hashes)
    if not path:
        raise ProofError("the consistency proof is empty")
    at, last = before - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the consistency proof is too short")
    return old, new


class Edge:
    """The right edge of a growing tree: the perfect nodes that its leaves consist of, 63 at most."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """`hashes`: of `perfect_nodes((0, size))`."""
        assert len(hashes) == size.bit_count()
        self.size = size
        self._hashes = list(hashes)

    def add(self, leaf: bytes, on_node: Callable[[int, int, bytes], None] | None = None) -> None:
        """Append a leaf's hash. `on_node(level, index, hash)` is told of each perfect node that it completes, and of itself."""
        index, level, made = self.size, 0, leaf
        if on_node is not None:
            on_node(level, index, made)
        while index & 1:
            made = node_hash(self._hashes.pop(), made)
            index, level = index >> 1, level + 1
            if on_node is not None:
                on_node(level, index, made)
        self._hashes.append(made)
        self.size += 1

    def root(self) -> bytes:
        return joined(self._hashes)
