"""A file of a list opens in a spreadsheet as what it is: its letters, its numbers, and no formula of somebody else's."""

import csv as reader
import io
from collections.abc import AsyncIterator

import pytest

from livehub.base import csv
from livehub.base.csv import Cell, line
from livehub.base.moment import Moment
from livehub.base.money import Money


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("=1+1", "'=1+1"),
        ("+86138", "'+86138"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", '"\'\tx"'),
        ("a\tb", '"a\tb"'),
        ("a;=1+1", '"a;=1+1"'),
        ("\ufeff=1+1", "'\ufeff=1+1"),
        ("\u200b \u2060\u202e@SUM(A1)", "'\u200b \u2060\u202e@SUM(A1)"),
        ("\x00-1", "'\x00-1"),
        ("\u200b", "\u200b"),
        ("\ufeffhoney", "\ufeffhoney"),
        ("\rx", '"\'\rx"'),
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ('=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'),
        ("a=b", "a=b"),
        ("草莓, 蜂蜜", '"草莓, 蜂蜜"'),
        ('say "hi"', '"say ""hi"""'),
        ("two\nlines", '"two\nlines"'),
        ("", ""),
        (None, ""),
        (True, "true"),
        (-5, "-5"),
        (1.5, "1.5"),
        (Money(5930, "CNY", 2), "59.30"),
        (Money(-1, "KWD", 3), "-0.001"),
        (Money(500, "JPY", 0), "500"),
        (Moment(1_796_000_000_007), "2026-11-30T00:53:20.007Z"),
    ],
)
def test_a_cell_is_told_as_what_it_is(value: Cell, told: str) -> None:
    assert line([value]) == f"{told}\r\n"


def test_a_line_reads_back_as_its_cells() -> None:
    cells = ["a,b", 'c"d', "e\r\nf", "草"]
    assert next(reader.reader(io.StringIO(line(cells), newline=""))) == cells


async def pages(*sizes: int) -> AsyncIterator[list[list[Cell]]]:
    for size in sizes:
        yield [[n] for n in range(size)]


async def text(*sizes: int) -> str:
    return b"".join([piece async for piece in csv.pieces(("n",), pages(*sizes))]).decode()


async def test_a_file_begins_with_the_mark_and_the_names_of_its_columns() -> None:
    assert await text(2, 1) == "\ufeffn\r\n0\r\n1\r\n0\r\n"


async def test_a_file_without_rows_has_its_columns() -> None:
    assert await text() == "\ufeffn\r\n"


async def test_a_file_ends_after_so_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "ROWS_MAX", 3)
    assert await text(2, 2, 2) == "\ufeffn\r\n0\r\n1\r\n0\r\n"
