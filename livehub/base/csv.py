"""Lists as CSV: the same filter as the list, every row of it, in a form that spreadsheets open and cannot be attacked by.

UTF-8 with a byte order mark, without which Excel takes it for the code page of its machine; RFC 4180 otherwise (lines end with
CR LF, quotes are doubled); what has a semicolon or a TAB, which separate cells in some settings, is quoted, too. A
cell that a spreadsheet would take for a formula begins with an apostrophe: one that begins with = + - @ TAB or CR (OWASP, CSV
Injection), after spaces and whatever shows nothing. Numbers are numbers, negative ones too; only texts are looked at.
"""

import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from livehub.base.moment import Moment
from livehub.base.money import Money

BOM = "\ufeff"
CONTENT_TYPE = "text/csv; charset=utf-8"
ROWS_MAX = 100_000  # of one file; who wants more asks for less at a time
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # the full-width forms are formulas, too, in some of them
_QUOTED = re.compile(r'[",;\t\r\n]')

_NOT_SHOWN = ("Cc", "Cf")  # control and format characters

Cell = str | int | float | bool | None | Money | Moment


def _text(text: str) -> str:
    if not text[:1].isalnum() and _is_formula(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet may take it for one. It drops a TAB or CR, and some drop what shows nothing (a byte order mark)."""
    for letter in text:
        if not letter.isspace() and unicodedata.category(letter) not in _NOT_SHOWN:
            return letter in _FORMULA
        if letter in "\t\r":
            return True
    return False


_WRITTEN: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    bool: lambda value: "true" if value else "false",
    int: str,
    float: str,
    str: _text,
    Money: Money.number,
    Moment: Moment.iso,
}


def line(cells: Sequence[Cell]) -> str:
    return ",".join([_WRITTEN[type(each)](each) for each in cells]) + "\r\n"


async def pieces(columns: Sequence[str], pages: AsyncIterator[Sequence[Sequence[Cell]]]) -> AsyncIterator[bytes]:
    """The file of a list, in pieces; after ROWS_MAX rows it ends."""
    yield (BOM + line(columns)).encode()
    left = ROWS_MAX
    async for page in pages:
        rows = page[:left]
        left -= len(rows)
        if rows:
            yield "".join(map(line, rows)).encode()
        if not left:
            return
