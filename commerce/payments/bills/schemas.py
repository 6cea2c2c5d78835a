"""Bodies of the list of bills. Times are ISO 8601, UTC, days the provider's own; amounts minor units. Pure: no I/O."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from livehub.base.lists import PageQuery


class BillQuery(PageQuery, frozen=True, kw_only=True):
    """Which days. `state`: `fetched` and read whole, `missing`, or `differs`: with something that we know otherwise."""

    provider: Annotated[str, Meta(max_length=40, pattern=r"^[^\x00]*$")] = ""
    state: Literal["fetched", "missing", "differs"] | None = None


class BillSum(Struct, frozen=True, kw_only=True):
    """What a bill says of one currency: paid in, sent back, and kept by the provider (below 0: given back by it)."""

    currency: str
    taken_minor: int
    returned_minor: int
    fee_minor: int


class Bill(Struct, frozen=True, kw_only=True):
    """A provider's bill of a day. `rows`, `fetched_at`: null until all of it is read; `fault`: of the last try, of `tries`.
    `differences`: findings about it, of which nobody has resolved `open`.
    """

    provider: str
    day: str
    tries: int
    rows: int | None
    fetched_at: str | None
    fault: str | None
    differences: int
    open: int
    sums: list[BillSum]


class BillList(Struct, frozen=True, kw_only=True):
    """The latest day first. `next`: what to give as `after` for the following page."""

    items: list[Bill]
    next: str | None = None
