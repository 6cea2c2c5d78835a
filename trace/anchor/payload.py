"""What a transaction carries: a prefix, the size of the tree and its root. Pure: no I/O.

    "livehub" 0x01 | size, 8 bytes, big-endian | root, 32 bytes

It is the calldata of a transaction from an account to itself: no contract has to be there, and any chain with Ethereum's RPC
takes it. The identity of an entry on a chain is written `CAIP-2/transaction/leaf`: "eip155:1/0x88df.../41".
"""

import re
from struct import pack, unpack_from

from msgspec import Struct

from trace.log.merkle import HASH_BYTES, SIZE_MAX

PREFIX = b"livehub\x01"
PAYLOAD_BYTES = len(PREFIX) + 8 + HASH_BYTES

_IDENTITY = re.compile(r"(eip155:[1-9][0-9]{0,31})/(0x[0-9a-f]{64})/(0|[1-9][0-9]{0,18})")


class PayloadError(ValueError):
    """What a transaction carries is no checkpoint of ours."""


class Tree(Struct, frozen=True):
    """A log's tree at a size."""

    size: int
    root: bytes


def encoded(tree: Tree) -> bytes:
    return PREFIX + pack(">Q", tree.size) + tree.root


def decoded(payload: bytes) -> Tree:
    """Raises PayloadError."""
    if len(payload) != PAYLOAD_BYTES or not payload.startswith(PREFIX):
        raise PayloadError("the transaction carries no checkpoint")
    (size,) = unpack_from(">Q", payload, len(PREFIX))
    if not 0 < size <= SIZE_MAX:
        raise PayloadError(f"{size} is no size of a tree")
    return Tree(size, payload[-HASH_BYTES:])


def chain_of(chain_id: int) -> str:
    """The name of a chain by CAIP-2."""
    return f"eip155:{chain_id}"


def identity(chain: str, tx: str, leaf: int) -> str:
    """Of an entry: its chain by CAIP-2, the transaction that anchored it, its leaf."""
    return f"{chain}/{tx}/{leaf}"


def read_identity(text: str) -> tuple[str, str, int]:
    """Chain, transaction, leaf. Raises PayloadError."""
    found = _IDENTITY.fullmatch(text)
    if found is None:
        raise PayloadError(f"{text[:120]!r} is no identity on a chain: eip155:CHAIN/0xTRANSACTION/LEAF")
    return found[1], found[2], int(found[3])
