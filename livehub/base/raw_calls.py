"""Calls that are no typed endpoints, since a standard says what they look like: declared, so that they are in the OpenAPI
document and in the lists that tests keep of who may do what and of what is written about it. Pure: no I/O.

    RawCall("GET", "/log/checkpoint", "The newest signed checkpoint.", gives={200: ("text/plain",)})
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from livehub.base.auth import Permission
from livehub.base.errors import LivehubError

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class RawCall:
    """`path`: as it is routed. `takes`: media types of a body; `gives`: those of an answer, by status, none of them: without a
    body; `query`, `headers`: names of what else it goes by; `may`: whose it is; `refuses`: beyond what every call is refused
    with, as a problem document or as its standard has it.
    """

    method: str
    path: str
    summary: str
    gives: Mapping[int, tuple[str, ...]]
    may: Permission = Permission.WATCH
    takes: tuple[str, ...] = ()
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    refuses: tuple[type[LivehubError], ...] = ()
    standard: str = field(default="", kw_only=True)

    def parameters(self, names: tuple[str, ...]) -> list[dict[str, Any]]:
        """As OpenAPI has them; `names`: of the path."""
        of_path = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
        others = [("query", self.query), ("header", self.headers)]
        return of_path + [
            {"name": name, "in": where, "required": False, "schema": {"type": "string"}}
            for where, listed in others
            for name in listed
        ]
