"""JSON of clients as our types. Pure: no I/O.

As msgspec reads it, and an integer may be written 5.0 or 1e3, too: JSON Schema, which our documents are in, counts those among
the integers (2020-12, section 4.2.3), and languages with one type of number (Lua, JavaScript's older libraries) write them so.
5.5 is no integer, nor is what a float cannot hold exactly.
"""

import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")

_EXACT_MAX = 2**53  # integers that every JSON reader holds (RFC 8259, section 6)


def _number(literal: str) -> int | float:
    """A number with a fraction or an exponent; an int when it is whole, as written and not only after rounding.
    Raises _OutOfRange on one that no float holds, as the strict way does."""
    number = float(literal)
    if math.isinf(number):
        raise _OutOfRange("Number out of range")
    if number.is_integer() and abs(number) < _EXACT_MAX and _is_exactly(literal, number):
        return int(number)
    return number


def _is_exactly(literal: str, number: float) -> bool:
    try:
        return Decimal(literal) == number
    except InvalidOperation:  # an exponent beyond those that decimals have
        return False


class _OutOfRange(msgspec.ValidationError):
    pass


_untyped = msgspec.json.Decoder(float_hook=_number)


class BodyDecoder(Generic[T]):
    """Reads one type. `strict` is the fast way, for which 5.0 is no integer."""

    __slots__ = ("_type", "strict")

    def __init__(self, type_: Any) -> None:
        self._type = type_
        self.strict: msgspec.json.Decoder[T] = msgspec.json.Decoder(type_)

    def decode(self, raw: bytes | str | msgspec.Raw) -> T:
        """Raises msgspec.DecodeError (its subclass ValidationError names the field), UnicodeError, RecursionError."""
        try:
            return self.strict.decode(raw)
        except msgspec.ValidationError as refusal:
            try:
                untyped = _untyped.decode(raw)
            except _OutOfRange as too_large:
                # The strict way names the field, unless it stopped before at an integer that is written otherwise.
                raise (refusal if str(refusal).startswith(str(too_large)) else too_large) from None
            body: T = msgspec.convert(untyped, self._type)
            return body


_NUL = "\\u0000"
# "\\u0000" in JSON is a backslash and five characters; an odd number of backslashes makes it U+0000.
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def has_nul(raw: bytes | str) -> bool:
    """Whether a text of this JSON has U+0000 in it, which PostgreSQL's text and jsonb cannot hold."""
    if isinstance(raw, bytes):
        if _NUL.encode() not in raw:
            return False
        raw = raw.decode(errors="replace")
    return _NUL in raw and _ESCAPED_NUL.search(raw) is not None
