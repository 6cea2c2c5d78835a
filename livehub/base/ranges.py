"""Which part of a representation is asked for (RFC 9110, sections 13.1.5 and 14). Pure: no I/O.

One range of bytes is served. Whatever else a Range header says is ignored, as the standard has it: a unit that is not known, a
range that cannot be read. Several ranges may be answered by the whole as well, which every client has to take.
"""

import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

from msgspec import Struct

_UNIT = re.compile(r"[ \t]*bytes[ \t]*=", re.IGNORECASE | re.ASCII)
_RANGE = re.compile(r"([0-9]+)-([0-9]*)|-([0-9]+)")
_POSITION_MAX = 2**63 - 1  # no file has so many bytes
_POSITION_DIGITS_MAX = 18


class ByteRange(Struct, frozen=True):
    """From `first` to `last` inclusive, or to the end; without `first` the last `last` bytes."""

    first: int | None
    last: int | None

    def within(self, size: int) -> tuple[int, int] | None:
        """[begin, end) of a representation of `size` bytes; None when it has nothing of this range."""
        if self.first is None:
            begin, end = max(0, size - (self.last or 0)), size
        else:
            begin, end = self.first, size if self.last is None else min(self.last + 1, size)
        return (begin, end) if begin < end else None


def range_asked(method: str, values: Iterable[str]) -> ByteRange | None:
    """The range that the lines of a Range header ask for; None: the whole. It is defined for GET alone (section 14.2)."""
    header = ",".join(values)
    unit = _UNIT.match(header)
    if method != "GET" or unit is None:
        return None
    specs = [spec for part in header[unit.end() :].split(",") if (spec := part.strip(" \t"))]
    found = _RANGE.fullmatch(specs[0]) if len(specs) == 1 else None
    if found is None:
        return None
    if found[3]:
        return ByteRange(None, _position(found[3]))
    first, last = _position(found[1]), _position(found[2]) if found[2] else None
    return None if last is not None and last < first else ByteRange(first, last)


def is_unchanged(if_range: str, *, etag: str | None, modified_s: int | None) -> bool:
    """Whether an If-Range names what there is now: by its entity tag (in quotes), or the second it was last modified.

    Only exactly: a weak tag never matches, nor does another date, be it later.
    """
    wanted = if_range.strip()
    if '"' in wanted:
        return wanted == etag and not wanted.startswith("W/")
    try:
        return modified_s is not None and parsedate_to_datetime(wanted).timestamp() == modified_s
    except (ValueError, OverflowError):
        return False


def _position(digits: str) -> int:
    significant = digits.lstrip("0") or "0"
    return int(significant) if len(significant) <= _POSITION_DIGITS_MAX else _POSITION_MAX
