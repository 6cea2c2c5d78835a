"""What a witness decides: whether a log's next checkpoint contradicts the one it has cosigned before. By C2SP tlog-witness.
Pure: no I/O.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from msgspec import Struct

from trace.log import checkpoints, notes
from trace.log.checkpoints import Checkpoint
from trace.log.merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX, ProofError, check_consistency
from trace.log.notes import NOTE_BYTES_MAX, NoteError, Verifier, strict_base64

HASHES_MAX = 63
REQUEST_BYTES_MAX = NOTE_BYTES_MAX + 4_096
SIZE_TYPE = "text/x.tlog.size"

_OLD = re.compile("old (0|[1-9][0-9]{0,18})")


class Refusal(Exception):
    """`status`, and a `size` that the witness has, where that is the answer."""

    def __init__(self, status: HTTPStatus, reason: str, size: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.size = size


class Proposal(Struct, frozen=True):
    """A request: the size that the log believes the witness to have, the proof from there, and the signed checkpoint."""

    old: int
    hashes: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        lines = [f"old {self.old}", *(notes.encoded_base64(each) for each in self.hashes)]
        return ("\n".join(lines) + "\n\n").encode() + self.note


class Seen(Struct, frozen=True):
    """The newest checkpoint of a log that was cosigned."""

    size: int = 0
    root: bytes = EMPTY_ROOT


def read(body: bytes) -> Proposal:
    """Raises Refusal."""
    head, gap, note = body.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
        old = _OLD.fullmatch(lines[0])
        hashes = tuple(strict_base64(line, "a hash") for line in lines[1:])
    except (UnicodeDecodeError, NoteError) as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, str(error)) from error
    if not gap or old is None or int(old[1]) > SIZE_MAX:
        raise Refusal(
            HTTPStatus.BAD_REQUEST, "a request begins with the old size, and has a checkpoint after an empty line"
        )
    if len(hashes) > HASHES_MAX or any(len(each) != HASH_BYTES for each in hashes):
        raise Refusal(HTTPStatus.BAD_REQUEST, f"a proof has at most {HASHES_MAX} hashes of {HASH_BYTES} bytes")
    return Proposal(int(old[1]), hashes, note)


def signed_tree(proposal: Proposal, logs: Mapping[str, Sequence[Verifier]]) -> Checkpoint:
    """The checkpoint that is to be cosigned, of one of `logs` (by origin). Raises Refusal."""
    try:
        note = notes.read(proposal.note)
        tree = checkpoints.read(note.text)
    except NoteError as error:
        raise Refusal(HTTPStatus.BAD_REQUEST, str(error)) from error
    if tree.origin not in logs:
        raise Refusal(HTTPStatus.NOT_FOUND, "this log is not witnessed here")
    try:
        notes.verified(note, logs[tree.origin])
    except NoteError as error:
        raise Refusal(HTTPStatus.FORBIDDEN, str(error)) from error
    if proposal.old > tree.size:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the old size is larger than the checkpoint's")
    return tree


def check(proposal: Proposal, tree: Checkpoint, seen: Seen) -> None:
    """Whether `tree` goes on from what was `seen`; the caller lets nothing change that meanwhile. Raises Refusal."""
    if proposal.old != seen.size:
        raise Refusal(HTTPStatus.CONFLICT, f"the last one cosigned has {seen.size} leaves", seen.size)
    if proposal.old == tree.size and tree.root != seen.root:
        raise Refusal(HTTPStatus.CONFLICT, f"two trees of {tree.size} leaves have different roots", seen.size)
    if proposal.old == 0 or proposal.old == tree.size:
        if proposal.hashes:
            raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "there is nothing to prove, so the proof is empty")
        return
    try:
        check_consistency(proposal.old, tree.size, proposal.hashes, seen.root, tree.root)
    except ProofError as error:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
