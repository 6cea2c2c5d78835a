"""SDP as text: lines into sections and attributes (RFC 8866), and fmtp lines into parameters. Pure: no I/O.

Reads what is written, not what it means: unknown attributes and line types stay or pass, so an offer is never refused for a
line that nobody here looks at. Lines may end with LF or CR alone (RFC 8866, section 5), names may be of any case, and spaces
around a value don't count.
"""

import re

from msgspec import Struct

from media.errors import BadOffer

LINES_MAX = 4_096
FORMATS_MAX = 128  # of one m-line: as many payload types as there are (RFC 3550, section 5.1)
_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_PORT = re.compile(r"[0-9]{1,5}")

Attributes = tuple[tuple[str, str], ...]


class Section(Struct, frozen=True, kw_only=True):
    """One m-line and what stands below it. `kind`, `protocol` and `formats` are as written, each format once."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    attributes: Attributes


class Description(Struct, frozen=True, kw_only=True):
    """`attributes`: those of the session, which stand above the first m-line."""

    attributes: Attributes
    sections: tuple[Section, ...]


def read_description(text: str) -> Description:
    """The sections of `text`, in order. Raises BadOffer."""
    session: list[tuple[str, str]] = []
    attributes = session
    found: list[tuple[str, list[tuple[str, str]]]] = []
    lines = _LINE_ENDS.split(text.removeprefix("\ufeff"))
    if len(lines) > LINES_MAX:
        raise BadOffer("The SDP has too many lines.")
    for line in lines:
        name, _, value = line.strip().partition("=")
        if name == "m":
            attributes = []
            found.append((value, attributes))
        elif name == "a":
            key, _, rest = value.partition(":")
            attributes.append((key.strip().lower(), rest.strip()))
    return Description(attributes=tuple(session), sections=tuple(_section(line, below) for line, below in found))


def all_of(attributes: Attributes, name: str) -> list[str]:
    """The values of every attribute of this name."""
    return [value for key, value in attributes if key == name]


def first_of(attributes: Attributes, name: str) -> str | None:
    """The value of the first attribute of this name; empty for one without a value."""
    return next((value for key, value in attributes if key == name), None)


def parameters_of(fmtp: str) -> dict[str, str]:
    """The parameters of an fmtp line's format, by lower-case name (RFC 6838, section 4.3), with or without spaces between."""
    pairs = (part.partition("=") for part in fmtp.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}


def _section(line: str, attributes: list[tuple[str, str]]) -> Section:
    """`<media> <port>[/<number of ports>] <proto> <fmt> ...`, RFC 8866, section 5.14."""
    kind, *rest = line.split() or [""]
    number = rest[0].partition("/")[0] if rest else ""
    if len(rest) < 3 or not (_PORT.fullmatch(number) and int(number) <= 65_535):
        raise BadOffer(f"This m-line cannot be read: m={line[:80]}")
    formats = tuple(dict.fromkeys(rest[2:]))  # what is read for each of them is read once, however often it is named
    if len(formats) > FORMATS_MAX:
        raise BadOffer(f"This m-line has more than {FORMATS_MAX} formats: m={line[:80]}")
    return Section(
        kind=kind.lower(),
        port=int(number),
        protocol=rest[1],
        formats=formats,
        attributes=tuple(attributes),
    )
