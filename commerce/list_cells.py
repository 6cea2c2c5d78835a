"""A row of a list's file out of what the list shows. Pure: no I/O.

Fields keep their names in the file but for amounts: `amount_minor` with a `currency` beside it is the column `amount`, a number
with the decimals of that currency. What is called `at` or `*_at` is a moment.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from livehub.base.csv import Cell
from livehub.base.moment import Moment
from livehub.base.money import EXPONENTS, Money

MINOR, AT = "_minor", "_at"
USUAL_DECIMALS = 2  # of a currency that is in use no more


def headings(fields: Sequence[str]) -> list[str]:
    """What the columns are called."""
    return [field.removesuffix(MINOR) for field in fields]


def cells(shown: Struct, fields: Sequence[str], **others: Cell) -> list[Cell]:
    """The values of these fields. `shown`: has `currency` if it has amounts, and moments as HTTP bodies do; `others`: of fields
    that are written differently in a file.
    """
    return [others[field] if field in others else _cell(shown, field) for field in fields]


def amount(minor: int | None, currency: str | None) -> Money | None:
    """An amount of minor units; None where there is none."""
    if minor is None or currency is None:
        return None
    return Money(minor, currency, EXPONENTS.get(currency, USUAL_DECIMALS))


def _cell(shown: Struct, field: str) -> Cell:
    value: Cell = getattr(shown, field)
    if field.endswith(MINOR) and (value is None or isinstance(value, int)):
        return amount(value, getattr(shown, "currency"))  # noqa: B009
    if (field == "at" or field.endswith(AT)) and isinstance(value, str):
        return Moment(round(datetime.fromisoformat(value).timestamp() * 1000))
    return value
