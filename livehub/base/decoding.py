"""JSON of clients as our types, and words for what cannot be taken. Pure: no I/O.

As msgspec reads it, but for two things:

- Text is measured in composed form (NFC), in which it is kept (text.py). Decomposed, as in macOS's names of files, a Korean
  syllable counts two or three and a Vietnamese letter up to three. How much may come at all, its reader bounds: an HTTP body by
  LIVEHUB_HTTP_BODY_BYTES_MAX, an event by LIVEHUB_SOCKET_MESSAGE_BYTES_MAX.
- An integer may be written 5.0 or 1e3, too: JSON Schema, which our documents are in, counts those among the integers (2020-12,
  section 4.2.3), and languages with one type of number (Lua, JavaScript's older libraries) write them so. 5.5 is no integer,
  nor is what a float cannot hold exactly.
"""

import json
import math
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

import msgspec

from livehub.base.errors import BadRequest
from livehub.base.text import composed

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
        """Raises BadRequest, which names the field where one is to blame."""
        try:
            return self._decode(raw)
        except msgspec.ValidationError as error:
            raise BadRequest(_shortened(str(error))) from error
        except RecursionError as error:
            raise BadRequest("The body is nested too deeply.") from error
        except (msgspec.DecodeError, UnicodeError) as error:
            other = str(error) if isinstance(error, msgspec.DecodeError) else "The body is not UTF-8."
            raise BadRequest(text_fault(raw) or other) from error

    def _decode(self, raw: bytes | str | msgspec.Raw) -> T:
        try:
            return self.strict.decode(raw)
        except msgspec.ValidationError as refusal:
            try:
                untyped = _untyped.decode(raw)
            except _OutOfRange as too_large:
                # The strict way names the field, unless it stopped before at an integer that is written otherwise.
                raise (refusal if str(refusal).startswith(str(too_large)) else too_large) from None
            try:
                return self._as_typed(untyped)
            except msgspec.ValidationError:
                return self._as_typed(_all_composed(untyped))

    def _as_typed(self, untyped: Any) -> T:
        body: T = msgspec.convert(untyped, self._type)
        return body


_LIST = re.compile(r"matching regex '\^\((\w+)\|\w+\|[\w|]{40,}\)\$[^']*'")


def _shortened(message: str) -> str:
    """A pattern that is a long list of words is not for people: the document has it."""
    return _LIST.sub(r"that is one of the documented ones, such as \1", message)


def _all_composed(value: Any) -> Any:
    if isinstance(value, str):
        return composed(value)
    if isinstance(value, list):
        return [_all_composed(item) for item in value]
    return {name: _all_composed(item) for name, item in value.items()} if isinstance(value, dict) else value


_NUL = "\\u0000"
# "\\u0000" in JSON is a backslash and five characters; an odd number of backslashes makes it U+0000.
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_UNUSABLE = re.compile("[\0\ud800-\udfff]")
NUL_FAULT = "The character U+0000 is not taken"
_HALF_FAULT = "Half of a surrogate pair, as of an emoji that was cut in two, is no character"


def has_nul(raw: bytes | str) -> bool:
    """Whether a text of this JSON has U+0000 in it, which PostgreSQL's text and jsonb cannot hold."""
    if isinstance(raw, bytes):
        if _NUL.encode() not in raw:
            return False
        raw = raw.decode(errors="replace")
    return _NUL in raw and _ESCAPED_NUL.search(raw) is not None


def text_fault(raw: bytes | str | msgspec.Raw) -> str | None:
    """What is wrong with the first text of this JSON that cannot be stored or sent on, and its path as msgspec writes it.

    None where nothing is, or all else is wrong as well: this is for JSON that was refused.
    """
    try:
        # The standard library's reader lets halves of surrogate pairs through.
        body = json.loads(bytes(raw) if isinstance(raw, msgspec.Raw) else raw)
        return _text_fault(body, "$")
    except (ValueError, RecursionError):
        return None


def _text_fault(value: Any, path: str) -> str | None:
    if isinstance(value, str):
        found = _UNUSABLE.search(value)
        return found and f"{NUL_FAULT if found[0] == chr(0) else _HALF_FAULT} - at `{path}`"
    inside: Iterable[tuple[Any, str]] = ()
    if isinstance(value, dict):
        names = _text_fault("".join(value), path)
        if names is not None:
            return names
        inside = (
            (item, f"{path}.{name}" if _FIELD.fullmatch(name) else f"{path}[...]") for name, item in value.items()
        )
    elif isinstance(value, list):
        inside = ((item, f"{path}[{at}]") for at, item in enumerate(value))
    return next((fault for item, at in inside if (fault := _text_fault(item, at)) is not None), None)
