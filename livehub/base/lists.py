"""Lists that are read a page at a time: `?limit=&after=` and `{items, next}`. Pure: no I/O."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from msgspec import Meta, Struct

from livehub.base.errors import BadRequest

T = TypeVar("T")

CURSOR_CHARS_MAX = 320  # a person's id may be one, and has 255
MOMENT_DIGITS_MAX = 16  # what fits a bigint whatever the digits


class PageQuery(Struct, frozen=True, kw_only=True):
    """How many, and after which; `after` is the `next` of the page before."""

    limit: Annotated[int, Meta(ge=1, le=500)] | None = None
    after: Annotated[str, Meta(max_length=CURSOR_CHARS_MAX, pattern=r"^[^\x00]*$")] | None = None

    def most(self, lists_max: int) -> int:
        """How many items the page has at most."""
        return min(self.limit or lists_max, lists_max)


def page(found: Sequence[T], most: int) -> tuple[list[T], bool]:
    """The items of a page out of what was found when one more was asked for, and whether there are more."""
    return list(found[:most]), len(found) > most


def place(after: str | None) -> tuple[int, str] | None:
    """The moment (Unix ms) and id that a `next` of the form `moment.id` names; None at the beginning. Raises BadRequest."""
    if after is None:
        return None
    moment, _, id_ = after.partition(".")
    if not (moment.isascii() and moment.isdecimal() and len(moment) <= MOMENT_DIGITS_MAX):
        raise BadRequest("after: this is no `next` of ours.")
    return int(moment), id_


def iso(ms: int | None) -> str | None:
    """A moment (Unix ms) as HTTP bodies have it: ISO 8601, UTC, milliseconds."""
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
