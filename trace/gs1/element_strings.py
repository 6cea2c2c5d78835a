"""What a scanner reads: a GS1 Digital Link, an element string of application identifiers, or the number of a plain barcode.

    https://shop.example/01/09520123456788/10/A    0109520123456788<GS>10A    (01)09520123456788(10)A    9520123456788

biip knows the application identifiers and takes element strings apart. What it takes although it is wrong is refused here: it
reports a wrong check digit in a field beside the value, and has no opinion about the lot of no product, or two lots of one.
"""

import re

import biip
from msgspec import Struct

from trace.gs1.digital_links import URI_CHARS_MAX, DigitalLink, link, parse
from trace.gs1.errors import CodeUnreadable
from trace.gs1.identifiers import KEYS, ORDERS, QUALIFIERS

_IN_BRACKETS = re.compile(r"(?:\(\d{2,4}\)[^()\x1d]+)+")
_BRACKET = re.compile(r"\((\d{2,4})\)([^()\x1d]+)")
_GTIN = re.compile(r"(?:\][A-Za-z][0-9A-Za-z])?(\d{8}|\d{12,14})")
_SEPARATOR = "\x1d"


class Scan(Struct, frozen=True, kw_only=True):
    """What was scanned, and what the code says beside it: application identifier -> value (17: use by, 310n: weight)."""

    link: DigitalLink
    says: dict[str, str] = {}


def scanned(text: str) -> Scan:
    """Raises CodeUnreadable."""
    text = text.strip(" \t\r\n")
    if len(text) > URI_CHARS_MAX or not text:
        raise CodeUnreadable(details={"reason": "length"})
    if "://" in text[:32]:
        return Scan(link=parse(text))
    if plain := _GTIN.fullmatch(text):
        return Scan(link=link("01", plain[1].zfill(14)))
    if _IN_BRACKETS.fullmatch(text):
        text = _SEPARATOR.join(ai + value for ai, value in _BRACKET.findall(text))
    return _of(_elements(text))


def _elements(text: str) -> list[tuple[str, str]]:
    message = biip.parse(text).gs1_message
    if message is None or not message.element_strings:
        raise CodeUnreadable(details={"reason": "no_key"})
    return [(each.ai.ai, each.value) for each in message.element_strings]


def _of(elements: list[tuple[str, str]]) -> Scan:
    values: dict[str, str] = {}
    for ai, value in elements:
        if values.setdefault(ai, value) != value:
            raise CodeUnreadable(f"({ai}): two values.", details={"ai": ai, "reason": "repeated"})
    key = next((ai for ai in values if ai in KEYS), None)
    if key is None:
        raise CodeUnreadable(details={"reason": "no_key"})
    orders = ORDERS.get(key, ())
    mine = next((order for order in orders if any(ai in values for ai in order)), ())
    foreign = next((ai for ai in values if ai in QUALIFIERS and ai not in mine), None)
    if foreign is not None:
        raise CodeUnreadable(f"({foreign}) can't qualify ({key}).", details={"ai": foreign, "reason": "qualifier"})
    found = link(key, values[key], *((ai, values.get(ai)) for ai in mine))
    return Scan(link=found, says={ai: value for ai, value in values.items() if ai != key and ai not in mine})
