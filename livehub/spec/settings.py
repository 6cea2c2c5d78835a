"""The table of settings in docs/operations.md, from the fields of Config. Pure: no I/O.

People write the rest of that file; what stands between the two marks is ours.
"""

from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta

from livehub.base.config import Config, variable

BEGIN = "<!-- settings: generated from livehub/base/config.py by `python -m livehub spec`; do not edit -->"
END = "<!-- end of settings -->"


def table() -> str:
    """One row per setting: its variable, its default, what it may be, what it is."""
    rows = ["| variable | default | may be | what it is |", "|---|---|---|---|"]
    rows += [_row(field) for field in msgspec.structs.fields(Config)]
    return "\n".join(rows)


def placed(text: str) -> str:
    """`text` with the table between its marks; at its end when it has none yet."""
    before, found, rest = text.partition(BEGIN)
    after = rest.partition(END)[2] if found else "\n"
    lead = before if found else (before.rstrip("\n") + "\n\n").lstrip("\n")
    return f"{lead}{BEGIN}\n{table()}\n{END}{after}"


def _row(field: msgspec.structs.FieldInfo) -> str:
    kind, meta = get_args(field.type)
    cells = (f"`{variable(field.name)}`", _default(field.default), _may_be(kind, meta), meta.description)
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _default(value: Any) -> str:
    if value == "":
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`"


def _may_be(kind: Any, meta: Meta) -> str:
    if kind is bool:
        return "`true` or `false`"
    if get_origin(kind) is Literal:
        return ", ".join(f"`{option}`" for option in get_args(kind))
    bounds = [
        (f"at least {meta.ge}", meta.ge),
        (f"more than {meta.gt}", meta.gt),
        (f"at most {meta.le}", meta.le),
    ]
    return ", ".join(words for words, bound in bounds if bound is not None) or "any text"
