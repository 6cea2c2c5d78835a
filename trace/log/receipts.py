"""Receipts: that an entry is in the log, in one text file that is checked without asking anybody. By C2SP tlog-proof.
Pure: no I/O.
"""

import re
from base64 import b64encode

from msgspec import Struct

from trace.log import checkpoints, notes
from trace.log.checkpoints import Checkpoint
from trace.log.merkle import HASH_BYTES, ProofError, check_inclusion, leaf_hash
from trace.log.notes import NoteError, Verifier, strict_base64

HEADER = "c2sp.org/tlog-proof@v1"
HASHES_MAX = 63
_INDEX = re.compile("index (0|[1-9][0-9]{0,18})")
_EXTRA = "extra "


class Receipt(Struct, frozen=True):
    """`note`: the checkpoint as it was signed; `extra`: what the application adds, which nobody has signed."""

    index: int
    hashes: tuple[bytes, ...]
    note: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        lines = [HEADER]
        if self.extra is not None:
            lines.append(_EXTRA + b64encode(self.extra).decode())
        lines.append(f"index {self.index}")
        lines += (b64encode(each).decode() for each in self.hashes)
        return ("\n".join(lines) + "\n\n").encode() + self.note


def read(receipt: bytes) -> Receipt:
    """Raises NoteError."""
    head, gap, note = receipt.partition(b"\n\n")
    try:
        lines = head.decode().split("\n")
    except UnicodeDecodeError as error:
        raise NoteError("the receipt is not UTF-8") from error
    if not gap or lines.pop(0) != HEADER:
        raise NoteError(f"a receipt begins with {HEADER} and has a checkpoint after an empty line")
    extra = strict_base64(lines.pop(0).removeprefix(_EXTRA), "extra") if lines and lines[0].startswith(_EXTRA) else None
    index = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if index is None:
        raise NoteError("the receipt has no index")
    if len(lines) > HASHES_MAX:
        raise NoteError("the receipt has more hashes than a proof")
    hashes = tuple(strict_base64(line, "a hash") for line in lines)
    if any(len(each) != HASH_BYTES for each in hashes):
        raise NoteError("a hash of the receipt has not 32 bytes")
    return Receipt(int(index[1]), hashes, note, extra)


def check(receipt: Receipt, entry: bytes, log: Verifier) -> Checkpoint:
    """The checkpoint that has the entry. Raises NoteError: the log has not signed it; ProofError: the entry is not in it."""
    note = notes.read(receipt.note)
    notes.verified(note, [log])
    tree = checkpoints.read(note.text)
    if tree.origin != log.name:
        raise ProofError(f"the checkpoint is of the log {tree.origin!r}")
    check_inclusion(leaf_hash(entry), receipt.index, tree.size, receipt.hashes, tree.root)
    return tree
