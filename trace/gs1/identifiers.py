"""GS1 application identifiers that name things: the keys, and what may qualify each. Pure: no I/O.

What is here is what a GS1 Digital Link's path is made of (GS1 Digital Link Standard: URI Syntax 1.6, sections 4.5 to 4.7);
formats and character sets are those of the GS1 General Specifications, sections 3 and 7.9 to 7.11.

    00 SSCC   01 GTIN   253 GDTI   255 GCN   401 GINC   402 GSIN   414, 415, 417 GLN   8003 GRAI   8004 GIAI   8006 ITIP
    8010 CPID   8013 GMN   8017, 8018 GSRN
"""

from msgspec import Struct

from trace.gs1.check_digits import has_check_characters, is_checked
from trace.gs1.errors import CodeUnreadable

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = frozenset("0123456789")
CSET_39 = frozenset("#-/0123456789" + _LETTERS)
CSET_82 = frozenset("!\"%&'()*+,-./0123456789:;<=>?_" + _LETTERS + _LETTERS.lower())

PREFIX_DIGITS_MIN = 4  # of a GS1 company prefix, with which keys begin that have no digits of their own


class Format(Struct, frozen=True, kw_only=True):
    """So many digits, the last of the first `checked` a check digit; then between `tail_min` and `tail_max` of `characters`."""

    digits: int = 0
    checked: int = 0
    tail_min: int = 0
    tail_max: int = 0
    characters: frozenset[str] = CSET_82
    begins_with_prefix: bool = False
    has_check_characters: bool = False


def _digits(count: int) -> Format:
    return Format(digits=count, checked=count)


def _text(most: int, *, characters: frozenset[str] = CSET_82) -> Format:
    return Format(tail_min=1, tail_max=most, characters=characters)


KEYS: dict[str, Format] = {
    "00": _digits(18),
    "01": _digits(14),
    "253": Format(digits=13, checked=13, tail_max=17),
    "255": Format(digits=13, checked=13, tail_max=12, characters=DIGITS),
    "401": Format(tail_min=1, tail_max=30, begins_with_prefix=True),
    "402": _digits(17),
    "414": _digits(13),
    "415": _digits(13),
    "417": _digits(13),
    "8003": Format(digits=14, checked=14, tail_max=16),
    "8004": Format(tail_min=1, tail_max=30, begins_with_prefix=True),
    "8006": Format(digits=18, checked=14),
    "8010": Format(tail_min=1, tail_max=30, characters=CSET_39, begins_with_prefix=True),
    "8013": Format(tail_min=1, tail_max=25, begins_with_prefix=True, has_check_characters=True),
    "8017": _digits(18),
    "8018": _digits(18),
}
QUALIFIERS: dict[str, Format] = {
    "22": _text(20),
    "10": _text(20),
    "21": _text(20),
    "235": _text(28),
    "254": _text(20),
    "7040": Format(digits=1, tail_min=3, tail_max=3),
    "8011": _text(12, characters=DIGITS),
    "8019": _text(10, characters=DIGITS),
    "8020": _text(25),
}
# Those that may stand behind a key, in the order in which they have to; each may be left out.
ORDERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "01": (("22", "10", "21"), ("235",)),
    "414": (("254", "7040"),),
    "415": (("8020",),),
    "417": (("7040",),),
    "8004": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "8017": (("8019",),),
    "8018": (("8019",),),
}


def check_value(ai: str, value: str) -> None:
    """Raises CodeUnreadable unless `value` is one that the key or qualifier `ai` may have."""
    reason = _fault(KEYS.get(ai) or QUALIFIERS[ai], value)
    if reason is None and ai == "8006" and not 0 < int(value[14:16]) <= int(value[16:18]):
        reason = "characters"  # piece 3 of 2
    if reason is None and ai == "8003" and value[0] != "0":
        reason = "characters"
    if reason is not None:
        raise CodeUnreadable(f"({ai}) {value}: {_WORDS[reason]}", details={"ai": ai, "reason": reason})


_WORDS = {
    "length": "it has the wrong number of characters.",
    "characters": "there are characters in it that GS1 does not allow there.",
    "check_digit": "its check digit is wrong.",
}


def _fault(form: Format, value: str) -> str | None:
    head, tail = value[: form.digits], value[form.digits :]
    if len(head) < form.digits or not form.tail_min <= len(tail) <= form.tail_max:
        return "length"
    begins = tail[:PREFIX_DIGITS_MIN] if form.begins_with_prefix else ""
    if form.begins_with_prefix and len(begins) < PREFIX_DIGITS_MIN:
        return "length"
    if not DIGITS.issuperset(head + begins) or not form.characters.issuperset(tail):
        return "characters"
    if form.checked and not is_checked(head[: form.checked]):
        return "check_digit"
    if form.has_check_characters and not has_check_characters(value):
        return "check_digit"
    return None


def check_order(key: str, qualifiers: tuple[str, ...]) -> None:
    """Raises CodeUnreadable unless these may qualify `key`, in this order and each once."""
    if qualifiers and not any(_is_part(qualifiers, order) for order in ORDERS.get(key, ())):
        wrong = ", ".join(qualifiers)
        raise CodeUnreadable(
            f"({key}): {wrong} can't qualify it in that order.", details={"ai": key, "reason": "qualifier"}
        )


def _is_part(found: tuple[str, ...], order: tuple[str, ...]) -> bool:
    rest = iter(order)
    return all(each in rest for each in found)
