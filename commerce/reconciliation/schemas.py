"""Bodies of the call about the books. Times are ISO 8601, UTC, days those of the shop; amounts minor units. Pure: no I/O."""

from typing import Annotated

from msgspec import Meta, Struct

from livehub.base.lists import PageQuery


class AccountBalance(Struct, frozen=True, kw_only=True):
    """What is on an account of the ledger: debits less credits. `kind`: asset, liability, income or expense."""

    account: str
    kind: str
    currency: str
    amount_minor: int


class BookDifference(Struct, frozen=True, kw_only=True):
    """What does not agree. `check`: the name of what was looked at (docs/ledger.md); `what`: in words."""

    check: str
    what: str


class BookLook(Struct, frozen=True, kw_only=True):
    """The last look at the books of a day. `found`: how many differences; `differences`: the first of them; `away`: what could
    not be looked at, in words.
    """

    day: str
    looked_at: str
    found: int
    differences: list[BookDifference]
    away: list[str]


class BillDay(Struct, frozen=True, kw_only=True):
    """A provider's bill of a day of its own. `rows`: null: it is not there yet, and `fault` says why."""

    provider: str
    day: str
    rows: int | None
    fetched_at: str | None
    fault: str | None


class Books(Struct, frozen=True, kw_only=True):
    """How the books stand. `closed_day`: the last that is closed; `looks`, `bills`: of the latest days, the latest first."""

    balances: list[AccountBalance]
    closed_day: str | None
    looks: list[BookLook]
    bills: list[BillDay]


class BooksQuery(PageQuery, frozen=True, kw_only=True):
    """`q`: words of an account's name, its kind or its currency. `limit`: of the days and bills beside them."""

    q: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")] = ""


class BookDaysQuery(PageQuery, frozen=True, kw_only=True):
    """`q`: a day, or words of what differs or was away."""

    q: Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")] = ""


class BookDays(Struct, frozen=True, kw_only=True):
    """Looks at the books of days, the latest day first. `next`: what to give as `after` for the following page."""

    items: list[BookLook]
    next: str | None = None
