"""What a GS1 resolver tells of a code: links by type (RFC 9264; GS1-Conformant Resolver Standard 1.2). Pure: no I/O.

    {"linkset": [{"anchor": "https://shop.example/01/...", "itemDescription": "...",
                  "https://ref.gs1.org/voc/defaultLink": [{"href": ..., "title": ..., "type": "text/html"}]}, ...]}

One context object for each level, from what was asked for up to the key.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, Struct, UnsetType, to_builtins

VOCABULARY = "https://ref.gs1.org/voc/"
OLD_VOCABULARY = "https://gs1.org/voc/"
PREFIX = "gs1:"
CONTEXT = "https://ref.gs1.org/standards/resolver/linkset-context"
DEFAULT = "defaultLink"
LINKSETS = ("linkset", "all")  # the second as resolvers were asked before version 1.2
KEYS = ["01"]


class Target(Struct, frozen=True, kw_only=True):
    """Where a link leads."""

    href: str
    title: str
    type: str
    hreflang: list[str] | UnsetType = UNSET


class Level(Struct, frozen=True, kw_only=True):
    """A code, and its links by type, a name of the GS1 Web Vocabulary."""

    anchor: str
    description: str
    links: dict[str, list[Target]]


def linkset(levels: Sequence[Level]) -> dict[str, Any]:
    """The document."""
    return {
        "linkset": [
            {"anchor": each.anchor, "itemDescription": each.description}
            | {VOCABULARY + name: to_builtins(targets) for name, targets in each.links.items()}
            for each in levels
        ]
    }


def link_header(uri: str) -> str:
    """What every answer says of where the links are."""
    return (
        f'<{uri}?linkType=linkset>; rel="linkset"; type="application/linkset+json", '
        f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json", <{uri}>; rel="owl:sameAs"'
    )


def type_of(asked: str) -> str:
    """The name in GS1's vocabulary of a link type as it was asked for; anything else as it is."""
    for prefix in (PREFIX, VOCABULARY, OLD_VOCABULARY):
        if asked.startswith(prefix):
            return asked[len(prefix) :]
    return asked


def chosen(levels: Sequence[Level], link_type: str, accepted: Sequence[str]) -> Target | None:
    """The target of a type that fits best: of the finest level that has one, of the media type that is dearest. None: no level
    has it.
    """
    for level in levels:
        targets = level.links.get(link_type, [])
        by_type = {each.type: each for each in reversed(targets)}
        if targets:
            return next((by_type[type_] for type_ in accepted if type_ in by_type), targets[0])
    return None


def description(base: str, name: str) -> dict[str, Any]:
    """What /.well-known/gs1resolver says."""
    return {
        "name": name,
        "resolverRoot": base,
        "supportedPrimaryKeys": KEYS,
        "supportedLinkType": [{"namespace": VOCABULARY, "prefix": PREFIX}],
        "linkTypeDefaultCanBeLinkset": False,
        "jsonLdContextLocation": CONTEXT,
        "contact": {"fn": name},
    }
