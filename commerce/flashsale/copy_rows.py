"""Rows of `stock_holds` as PostgreSQL's binary COPY takes them. Pure: no I/O.

Source: PostgreSQL's documentation of COPY, "Binary Format"; the binary form of arrays: array_send in arrayfuncs.c. The driver
would do the same in three times the time; what the lines of a hold are in bytes is kept, since in a sale nearly all are alike.
"""

import struct
from collections.abc import Iterable, Sequence

from commerce.flashsale.requests import Units
from commerce.flashsale.rows import HoldRow

COLUMNS = ("id", "person", "key", "also", "state", "expires_ms", "resources", "asked", "has")
LINES_KEPT_MAX = 4_096

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_TEXT_OID, _INT8_OID = 25, 20
_length = struct.Struct("!i").pack
_first = struct.Struct("!hi").pack  # how many columns; the length of the first
_state_and_expiry = struct.Struct("!ihiq").pack
_array_head = struct.Struct("!iiiii").pack


def _array(oid: int, items: Sequence[bytes]) -> bytes:
    body = b"".join(_length(len(item)) + item for item in items)
    value = _array_head(1, 0, oid, len(items), 1) + body if items else struct.pack("!iii", 0, 0, oid)
    return _length(len(value)) + value


def _texts(texts: Sequence[str]) -> bytes:
    return _array(_TEXT_OID, [text.encode() for text in texts])


def _numbers(numbers: Sequence[int]) -> bytes:
    return _array(_INT8_OID, [struct.pack("!q", number) for number in numbers])


class CopyRows:
    """Encodes holds, and remembers how lines are encoded."""

    def __init__(self) -> None:
        self._asked: dict[tuple[Units, ...], bytes] = {}
        self._numbers: dict[tuple[int, ...], bytes] = {}
        self._also: dict[tuple[str, str], bytes] = {("", ""): _texts(("", ""))}

    def encode(self, holds: Iterable[HoldRow]) -> bytes:
        """A whole COPY of these rows."""
        parts = [_HEADER]
        add = parts.append
        asked, numbers, also = self._asked, self._numbers, self._also
        columns = len(COLUMNS)
        for row in holds:
            id_, person = row.id.encode(), row.person.encode()
            add(_first(columns, len(id_)))
            add(id_)
            add(_length(len(person)))
            add(person)
            if row.key:
                key = row.key.encode()
                add(_length(len(key)))
                add(key)
            else:
                add(_NULL)
            add(also.get(row.also) or _texts(row.also))
            add(_state_and_expiry(2, row.state, 8, row.expires_ms))
            add(asked.get(row.asked) or self._learn_asked(row.asked))
            add(numbers.get(row.has) or self._learn_numbers(row.has))
        add(_END)
        return b"".join(parts)

    def _learn_asked(self, asked: tuple[Units, ...]) -> bytes:
        if len(self._asked) >= LINES_KEPT_MAX:
            self._asked.clear()
        encoded = _texts([line.resource for line in asked]) + _numbers([line.units for line in asked])
        self._asked[asked] = encoded
        return encoded

    def _learn_numbers(self, numbers: tuple[int, ...]) -> bytes:
        if len(self._numbers) >= LINES_KEPT_MAX:
            self._numbers.clear()
        encoded = self._numbers[numbers] = _numbers(numbers)
        return encoded
