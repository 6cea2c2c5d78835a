"""JSON Schemas of our shapes. Pure: no I/O.

Some fields hold JSON as it came (msgspec.Raw), because who passes it on does not know what it is; the published documents
do, and say so.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

Opaque = Mapping[tuple[str, str], Any]
"""(name of a shape, its field that holds JSON as it came) to the type of what is in there."""


def schema_components(
    types: Iterable[Any], *, ref_template: str, opaque: Opaque
) -> tuple[tuple[dict[str, Any], ...], dict[str, dict[str, Any]]]:
    """The schema of each type, and those of every shape they are made of, by name."""
    wanted = list(types)
    _, found = msgspec.json.schema_components(wanted, ref_template=ref_template)
    fields = [key for key in opaque if key[0] in found]
    inside = [opaque[key] for key in fields]
    schemas, components = msgspec.json.schema_components([*wanted, *inside], ref_template=ref_template)
    for (shape, field), schema in zip(fields, schemas[len(wanted) :], strict=True):
        components[shape]["properties"][field] = schema
    return schemas[: len(wanted)], components
