"""Checkpoints: what a log's tree was at a size, as C2SP tlog-checkpoint has it. Pure: no I/O."""

import re
from base64 import b64encode

from msgspec import Struct

from trace.log.merkle import HASH_BYTES, SIZE_MAX
from trace.log.notes import NoteError, strict_base64

_SIZE = re.compile("0|[1-9][0-9]{0,18}")
_LINES_MIN = 3


class Checkpoint(Struct, frozen=True):
    """A tree. `origin`: of which log; `extension`: further lines, which nobody checks."""

    origin: str
    size: int
    root: bytes
    extension: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, b64encode(self.root).decode(), *self.extension))


def read(text: str) -> Checkpoint:
    """A checkpoint out of the text of a note. Raises NoteError."""
    lines = text.split("\n")
    if lines.pop() or len(lines) < _LINES_MIN or not all(lines):
        raise NoteError("a checkpoint is of three lines at least, none of them empty")
    origin, size, root, *extension = lines
    if not _SIZE.fullmatch(size) or int(size) > SIZE_MAX:
        raise NoteError(f"{size[:40]!r} is no size of a tree")
    decoded = strict_base64(root, "the root")
    if len(decoded) != HASH_BYTES:
        raise NoteError("the root has not 32 bytes")
    return Checkpoint(origin, int(size), decoded, tuple(extension))
