"""Bodies of the call about the log. Times are ISO 8601, UTC. Pure: no I/O."""

from msgspec import Struct


class LogState(Struct, frozen=True, kw_only=True):
    """How the log stands. `key`: its public key; `size`: entries that the published checkpoint has; `root`: base64;
    `published_at`: of that checkpoint; null, with a size of 0: none was published yet. `waiting`: entries that have committed
    and are in no published checkpoint yet.
    """

    origin: str
    key: str
    size: int
    root: str
    published_at: str | None
    waiting: int


class ProvenEntry(Struct, frozen=True, kw_only=True):
    """An entry, as it was written, and the proof that it is at `leaf`: hashes, base64, from the leaf's sibling up."""

    leaf: int
    entry: str
    hashes: list[str]


class Since(Struct, frozen=True, kw_only=True):
    """The proof that the tree goes on from that of `size`, as RFC 9162, 2.1.4.1, has it."""

    size: int
    hashes: list[str]


class Proofs(Struct, frozen=True, kw_only=True):
    """Proofs about the tree of `size`, whose checkpoint whoever asked has."""

    size: int
    entries: list[ProvenEntry]
    since: list[Since]
