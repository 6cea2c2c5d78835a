"""Whether a transaction carries a tree of the log: asked of a node, and of nobody else.

    look = carried(RPC, "0x88df...", note)        # as the note says: size and root
    look = identified(RPC, "eip155:1/0x88df.../41", note)
    look = on_chain(RPC, "eip155:1/0x88df.../41")  # `look.tree`, for whoever has the log to compare

That a note is signed by the log, and that the leaf is in its tree, is checked beside it (trace/log). Which node is asked
decides what this is worth: one that somebody runs for themselves, or several of others.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from trace.anchor import payload, rpc
from trace.anchor.payload import PayloadError, Tree
from trace.anchor.rpc import RpcError
from trace.log import checkpoints, notes
from trace.log.notes import NoteError


class Carried(Struct, frozen=True, kw_only=True):
    """What a node says of a transaction. `ok`: it is in a block, and carries what was asked for; `reason`: else why not.
    `tree`: what it carries. `depth`: blocks from its own to the newest, both counted; `at_ms`: its block's time, Unix ms.
    """

    ok: bool
    reason: str = ""
    chain: str = ""
    tree: Tree | None = None
    block: int | None = None
    depth: int = 0
    at_ms: int | None = None


def carried(url: str, tx: str, note: bytes, *, timeout_s: float = rpc.TIMEOUT_S) -> Carried:
    """Ask the node at `url` whether the tree of a signed note is in the transaction. Raises RpcError when it does not answer,
    NoteError for what is no checkpoint.
    """
    wanted = checkpoints.read(notes.read(note).text)
    found = asked(url, tx, timeout_s=timeout_s)
    if found.tree is not None and (found.tree.size, found.tree.root) != (wanted.size, wanted.root):
        reason = f"the transaction carries a tree of {found.tree.size} leaves with another root, or size"
        return replace(found, ok=False, reason=reason)
    return found


def identified(url: str, identity: str, note: bytes, *, timeout_s: float = rpc.TIMEOUT_S) -> Carried:
    """The same for `CAIP-2/transaction/leaf`: the node has to be of that chain, and the tree has to have that leaf. Raises
    PayloadError for what is no identity, and as `carried`.
    """
    chain, tx, leaf = payload.read_identity(identity)
    return _of_chain(carried(url, tx, note, timeout_s=timeout_s), chain, leaf)


def on_chain(url: str, identity: str, *, timeout_s: float = rpc.TIMEOUT_S) -> Carried:
    """The tree that an identity names, as the node at `url` has it. Raises PayloadError for what is no identity; RpcError."""
    chain, tx, leaf = payload.read_identity(identity)
    return _of_chain(asked(url, tx, timeout_s=timeout_s), chain, leaf)


def asked(url: str, tx: str, *, timeout_s: float = rpc.TIMEOUT_S) -> Carried:
    """What the transaction carries. Raises RpcError."""
    chain = payload.chain_of(rpc.chain_id(url, timeout_s=timeout_s))
    transaction = rpc.ask(url, "eth_getTransactionByHash", tx, timeout_s=timeout_s)
    receipt = rpc.ask(url, "eth_getTransactionReceipt", tx, timeout_s=timeout_s)
    if not isinstance(transaction, dict) or not isinstance(receipt, dict):
        return Carried(ok=False, reason="the chain has no such transaction in a block", chain=chain)
    block = rpc.ask(url, "eth_getBlockByHash", receipt.get("blockHash"), False, timeout_s=timeout_s)  # noqa: FBT003
    head = rpc.number(rpc.ask(url, "eth_blockNumber", timeout_s=timeout_s))
    if not isinstance(block, dict):
        return Carried(ok=False, reason="the transaction's block is gone", chain=chain)
    return judged(chain, tx, transaction, receipt, block, head)


def judged(
    chain: str,
    tx: str,
    transaction: Mapping[str, Any],
    receipt: Mapping[str, Any],
    block: Mapping[str, Any],
    head: int,
) -> Carried:
    """What follows from the node's answers. Raises RpcError where they are none."""
    number, at_s = rpc.number(receipt.get("blockNumber")), rpc.number(block.get("timestamp"))
    right = Carried(ok=True, chain=chain, block=number, depth=max(0, head - number + 1), at_ms=at_s * 1000)
    if transaction.get("hash") != tx or receipt.get("transactionHash") != tx:
        return replace(right, ok=False, reason="the node answers with another transaction")
    if rpc.number(receipt.get("status", "0x1")) != 1:
        return replace(right, ok=False, reason="the transaction has failed")
    try:
        tree = payload.decoded(bytes.fromhex(str(transaction.get("input", "")).removeprefix("0x")))
    except (PayloadError, ValueError):
        return replace(right, ok=False, reason="the transaction carries no checkpoint")
    return replace(right, tree=tree)


def _of_chain(found: Carried, chain: str, leaf: int) -> Carried:
    if found.chain != chain:
        reason = f"the node is of {found.chain}, and the identity of {chain}"
        return Carried(ok=False, reason=reason, chain=found.chain)
    if found.tree is not None and leaf >= found.tree.size:
        reason = f"the tree of {found.tree.size} leaves has no leaf {leaf}"
        return Carried(ok=False, reason=reason, chain=chain)
    return found


__all__ = ["Carried", "NoteError", "PayloadError", "RpcError", "asked", "carried", "identified", "judged", "on_chain"]
