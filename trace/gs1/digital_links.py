"""GS1 Digital Link URIs: what is printed as a QR code, and what a resolver answers. Pure: no I/O.

    https://shop.example/01/09520123456788/10/20261128A/21/7?17=261205
                         \\__ key ________/\\__ qualifiers __/ \\_ query, passed on as it is

Whoever writes has one way to write a link, the uncompressed path of GS1 Digital Link Standard: URI Syntax 1.6. Who reads is as
strict, but for the scheme and the host, whose case says nothing (RFC 3986, 6.2.2.1); a resolver also forgives a slash at the
end and a GTIN of fewer than 14 digits (GS1-Conformant Resolver Standard 1.2), which `lenient` stands for. Of several keys in a
path the rightmost is meant, and what stands before it belongs to whoever's address it is; a qualifier there is refused, since
it would be read as part of the code by people, and by nobody else.
"""

import re
from urllib.parse import quote

from msgspec import Struct

from trace.gs1.errors import CodeUnreadable
from trace.gs1.identifiers import KEYS, QUALIFIERS, check_order, check_value

URI_CHARS_MAX = 2_048  # the longest that every scanner, browser and proxy takes
GTIN_DIGITS = (8, 12, 13)  # shorter ones, which are written with zeros before them

_URI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?"
)
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]*")


class DigitalLink(Struct, frozen=True, kw_only=True):
    """What a link identifies: a key and its qualifiers, as pairs of application identifier and value, not percent-encoded."""

    key: tuple[str, str]
    qualifiers: tuple[tuple[str, str], ...] = ()

    def value(self, ai: str) -> str | None:
        """That of a key or qualifier; None: it is not there."""
        return dict((self.key, *self.qualifiers)).get(ai)

    def levels(self) -> "tuple[DigitalLink, ...]":
        """Itself and what it is one of, up to the key: the box, its lot, the product."""
        counts = range(len(self.qualifiers), -1, -1)
        return tuple(DigitalLink(key=self.key, qualifiers=self.qualifiers[:count]) for count in counts)

    def path(self) -> str:
        """As a path, with everything percent-encoded but letters, digits, `-`, `.`, `_` and `~`."""
        return "".join(f"/{ai}/{quote(value, safe='')}" for ai, value in (self.key, *self.qualifiers))

    def uri(self, base: str) -> str:
        """As a URI at `base`, an address without a slash at its end."""
        return base + self.path()


def link(key: str, value: str, *qualifiers: tuple[str, str | None]) -> DigitalLink:
    """That of these values; qualifiers without one are left out. Raises CodeUnreadable."""
    return _checked((key, value), [(ai, each) for ai, each in qualifiers if each is not None])


def parse(uri: str, *, lenient: bool = False) -> DigitalLink:
    """What a URI identifies. Raises CodeUnreadable."""
    found = _URI.fullmatch(uri) if len(uri) <= URI_CHARS_MAX else None
    if found is None or found["scheme"].lower() not in ("http", "https") or not _HOST.fullmatch(found["host"]):
        raise _unreadable("not_a_link", "This is no web address of a GS1 code.")
    return parse_path(found["path"], lenient=lenient)


def parse_path(path: str, *, lenient: bool = False) -> DigitalLink:
    """What the path of a URI identifies, percent-encoded as it is there. Raises CodeUnreadable."""
    if not path.startswith("/") or len(path) > URI_CHARS_MAX:
        raise _unreadable("not_a_link", "This is no path of a GS1 code.")
    segments = path[1:].split("/")
    if lenient and segments[-1] == "":
        segments.pop()
    at = _rightmost_key(segments)
    if at is None:
        raise _unreadable("no_key", "Nothing in this address identifies anything.")
    ais, values = segments[at::2], [_decoded(each) for each in segments[at + 1 :: 2]]
    if lenient and ais[0] == "01":
        values[0] = of_14_digits(values[0])
    qualifiers = list(zip(ais[1:], values[1:], strict=True))
    return _checked((ais[0], values[0]), qualifiers)


def of_14_digits(gtin: str) -> str:
    """A GTIN-8, -12 or -13 with zeros before it; anything else as it is."""
    return gtin.zfill(14) if len(gtin) in GTIN_DIGITS else gtin


def _rightmost_key(segments: list[str]) -> int | None:
    """Where it stands: from there on there are pairs. Raises CodeUnreadable when a qualifier stands before it."""
    at = next((at for at in range(len(segments) - 2, -1, -2) if segments[at] in KEYS), None)
    if at is not None and at >= 2 and segments[at - 2] in QUALIFIERS:
        raise _unreadable("qualifier", f"({segments[at - 2]}) stands before the key.", segments[at - 2])
    return at


def _checked(key: tuple[str, str], qualifiers: list[tuple[str, str]]) -> DigitalLink:
    ai, value = key
    if ai not in KEYS:
        raise _unreadable("no_key", f"({ai}) is no key.", ai)
    for each, _ in qualifiers:
        if each not in QUALIFIERS:
            raise _unreadable("qualifier", f"({each}) can't qualify a key.", each)
    check_order(ai, tuple(each for each, _ in qualifiers))
    for each, text in (key, *qualifiers):
        check_value(each, text)
    return DigitalLink(key=(ai, value), qualifiers=tuple(qualifiers))


def _decoded(segment: str) -> str:
    raw = segment.encode("utf-8", "surrogatepass")
    if raw.count(b"%") != len(_ESCAPE.findall(raw)):
        raise _unreadable("percent_encoding", "A percent sign begins no character.")
    try:
        return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), raw).decode()
    except UnicodeDecodeError as error:
        raise _unreadable("percent_encoding", "What is percent-encoded is no UTF-8.") from error


def _unreadable(reason: str, message: str, ai: str | None = None) -> CodeUnreadable:
    return CodeUnreadable(message, details={"reason": reason} | ({} if ai is None else {"ai": ai}))


def in_capitals(uri: str) -> str:
    """The same URI for a QR code: scheme and host in capitals, whose case says nothing, so that it can be of the alphanumeric
    mode, which takes 5.5 bits a character and not 8 (ISO/IEC 18004, 7.4.4). It is where the path has no small letters.
    """
    scheme, _, rest = uri.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.upper()}://{host.upper()}{slash}{path}"


def is_alphanumeric(text: str) -> bool:
    """Whether a QR code of it is of the alphanumeric mode."""
    return _ALPHANUMERIC.fullmatch(text) is not None
