"""JSON-LD contexts as far as EPCIS needs them: which prefix means what. None is ever fetched. Pure: no I/O.

What GS1's own context says is known here (vocabulary.py); of a document's `@context` only the definitions that stand in it
count, and addresses of further contexts are names.
"""

from collections.abc import Mapping
from typing import Any

from trace.epcis.vocabulary import PREFIXES

STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
PREFIXES_MAX = 64
_FIXED = {
    name: PREFIXES[name] for name in ("cbv", "epcis")
}  # what the standard's words mean is not for a document to say
NAMESPACE_BYTES_MAX = 512


class ContextError(ValueError):
    """A context that cannot be one."""


def prefixes_of(context: Any, outer: Mapping[str, str] = PREFIXES) -> Mapping[str, str]:
    """Prefixes that are known below `@context`, with those of the document around it. Raises ContextError."""
    if context is None:
        return outer
    found = dict(outer)
    for each in context if isinstance(context, list) else [context]:
        if isinstance(each, str):
            if ":" not in each or len(each.encode()) > NAMESPACE_BYTES_MAX:
                raise ContextError("@context: the address of a context is a URI")
        elif isinstance(each, Mapping):
            found.update(_definitions(each))
        else:
            raise ContextError("@context: consists of addresses and definitions")
    if len(found) > PREFIXES_MAX + len(PREFIXES):
        raise ContextError(f"@context: has more than {PREFIXES_MAX} definitions")
    return found | _FIXED


def _definitions(context: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for name, meaning in context.items():
        uri = meaning.get("@id") if isinstance(meaning, Mapping) else meaning
        if uri is None or name.startswith("@"):
            continue
        if not isinstance(uri, str) or len(uri.encode()) > NAMESPACE_BYTES_MAX:
            raise ContextError("@context: a prefix stands for a URI")
        found[name] = uri
    return found


def full_name(name: str, prefixes: Mapping[str, str]) -> str:
    """`{namespace}local` of a member that is an extension; a name without a known prefix as it is."""
    prefix, colon, local = name.partition(":")
    namespace = prefixes.get(prefix) if colon else None
    return name if namespace is None else f"{{{namespace}}}{local}"
