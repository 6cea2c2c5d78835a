"""In files of lists amounts are numbers of their currency, and moments are moments."""

from msgspec import Struct

from commerce.list_cells import amount, cells, headings
from livehub.base.moment import Moment
from livehub.base.money import Money


class Shown(Struct, frozen=True, kw_only=True):
    id: str = "=1"
    amount_minor: int | None = 1_250
    currency: str | None = "KWD"
    paid_at: str | None = "2026-11-30T00:53:20.007Z"
    closed_at: str | None = None
    is_open: bool = True


FIELDS = ("id", "amount_minor", "currency", "paid_at", "closed_at", "is_open")


def test_amounts_lose_their_unit_and_keep_their_decimals() -> None:
    assert headings(FIELDS) == ["id", "amount", "currency", "paid_at", "closed_at", "is_open"]
    assert cells(Shown(), FIELDS) == ["=1", Money(1_250, "KWD", 3), "KWD", Moment(1_796_000_000_007), None, True]


def test_what_is_not_there_is_nothing() -> None:
    assert cells(Shown(amount_minor=None, paid_at=None), ("amount_minor", "paid_at")) == [None, None]
    assert cells(Shown(currency=None), ("amount_minor",)) == [None]
    assert amount(5, "XXX") == Money(5, "XXX", 2)
