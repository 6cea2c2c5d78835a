"""A list opens in a spreadsheet as what it is: times as times, money as numbers, and every text as that text, a formula too.

Read by a package that is not ours.
"""

import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from livehub.base import xlsx
from livehub.base.csv import Cell
from livehub.base.moment import Moment
from livehub.base.money import Money

SHANGHAI = ZoneInfo("Asia/Shanghai")
FORMULAS = ("=1+1", "+86138", "-1", "@SUM(A1)", '=HYPERLINK("http://x","y")', "\t=1", "＝1+1", "{=A1}")


def on_clocks(text: str) -> datetime:
    """As spreadsheets have times: without a zone."""
    return datetime.fromisoformat(text)


async def pages(*given: Sequence[Sequence[Cell]]) -> AsyncIterator[Sequence[Sequence[Cell]]]:
    for page in given:
        yield page


async def file(columns: Sequence[str], *given: Sequence[Sequence[Cell]], zone: ZoneInfo = SHANGHAI) -> bytes:
    return b"".join([piece async for piece in xlsx.pieces("orders", columns, pages(*given), zone=zone)])


async def sheet(*rows: Sequence[Cell], zone: ZoneInfo = SHANGHAI) -> Any:
    columns = [f"c{at}" for at in range(max((len(row) for row in rows), default=1))]
    return openpyxl.load_workbook(io.BytesIO(await file(columns, rows, zone=zone))).active


@pytest.mark.parametrize(
    ("value", "read", "type_", "shown_as"),
    [
        ("草莓", "草莓", "s", "General"),
        ("007", "007", "s", "General"),
        ("1e5", "1e5", "s", "General"),
        ("TRUE", "TRUE", "s", "General"),
        ("http://x.example", "http://x.example", "s", "General"),
        ("<b>&\"'", "<b>&\"'", "s", "General"),
        ("  two\nlines ", "  two\nlines ", "s", "General"),
        *((formula, formula, "s", "General") for formula in FORMULAS),
        (True, True, "b", "General"),
        (False, False, "b", "General"),
        (0, 0, "n", "General"),
        (-5, -5, "n", "General"),
        (1.5, 1.5, "n", "General"),
        (2**53 - 1, 2**53 - 1, "n", "General"),
        (2**53, "9007199254740992", "s", "General"),
        (-(2**63), "-9223372036854775808", "s", "General"),
        (Money(5930, "CNY", 2), 59.3, "n", "#,##0.00"),
        (Money(-5, "CNY", 2), -0.05, "n", "#,##0.00"),
        (Money(500, "JPY", 0), 500, "n", "#,##0"),
        (Money(1, "KWD", 3), 0.001, "n", "#,##0.000"),
        (Money(10**15 + 7, "CNY", 2), 10_000_000_000_000.07, "n", "#,##0.00"),
        (Moment(1_796_000_000_000), on_clocks("2026-11-30T08:53:20"), "d", "yyyy-mm-dd hh:mm:ss"),
    ],
)
async def test_a_cell_is_what_it_is(value: Cell, read: Any, type_: str, shown_as: str) -> None:
    cell = (await sheet([value])).cell(2, 1)
    assert (cell.value, type(cell.value)) == (read, type(read))
    assert (cell.data_type, cell.number_format) == (type_, shown_as)


async def test_nothing_is_an_empty_cell() -> None:
    found = await sheet([None, "", "x"])
    assert [cell.value for cell in found[2]] == [None, None, "x"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\x00b", "a_x0000_b"),
        ("a\rb", "a_x000D_b"),
        ("_x0041_", "_x005F_x0041_"),
        ("_X0041_ _x41_", "_X0041_ _x41_"),
        ("\ud800", "_xD800_"),
        ("\uffff", "_xFFFF_"),
        ("😀", "😀"),
    ],
)
async def test_what_xml_cannot_say_is_escaped_and_what_looks_like_that_too(text: str, written: str) -> None:
    parts = zipfile.ZipFile(io.BytesIO(await file(["c"], [[text]])))
    (_, cell) = ElementTree.fromstring(parts.read("xl/worksheets/sheet1.xml")).iter(f"{{{xlsx._MAIN}}}t")
    assert cell.text == written


async def test_a_text_that_no_cell_holds_is_cut_and_not_within_a_character() -> None:
    found = await sheet(["x" * 32_767], ["x" * 32_768], ["x" + "😀" * 20_000])
    assert [found.cell(row, 1).value for row in (2, 3, 4)] == ["x" * 32_767, "x" * 32_767, "x" + "😀" * 16_383]


async def test_times_are_those_of_the_clocks_of_the_shop_and_the_heading_says_which() -> None:
    before, after = Moment(1_793_509_200_000), Moment(1_793_512_800_000)  # 2026-11-01 05:00 and 06:00 UTC
    found = await sheet(["a", before], ["b", after], zone=ZoneInfo("America/New_York"))
    assert [cell.value for cell in found[1]] == ["c0", "c1 (America/New_York)"]
    assert [found.cell(row, 2).value for row in (2, 3)] == [on_clocks("2026-11-01T01:00:00")] * 2


async def test_a_file_has_its_headings_its_rows_in_their_order_and_a_head_that_stays() -> None:
    columns = [f"c{at}" for at in range(30)]
    rows = [[f"{row}/{at}" for at in range(30)] for row in range(450)]
    found = openpyxl.load_workbook(io.BytesIO(await file(columns, rows[:200], [], rows[200:]))).active
    assert [[cell.value for cell in row] for row in found.iter_rows()] == [columns, *rows]
    assert found.cell(1, 1).font.b
    assert not found.cell(2, 1).font.b
    assert (found.title, found.freeze_panes, found.cell(2, 30).coordinate) == ("orders", "A2", "AD2")


async def test_a_list_without_rows_has_its_columns() -> None:
    none: tuple[Sequence[Sequence[Cell]], ...] = ()
    for given in (none, ([],)):
        found = openpyxl.load_workbook(io.BytesIO(await file(["a", "b"], *given))).active
        assert [[cell.value for cell in row] for row in found.iter_rows()] == [["a", "b"]]


async def test_a_file_ends_after_so_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "ROWS_MAX", 3)
    found = openpyxl.load_workbook(io.BytesIO(await file(["n"], [["a"], ["b"]], [["c"], ["d"]], [["e"]]))).active
    assert [cell.value for cell in found["A"]] == ["n", "a", "b", "c"]


async def test_it_is_sent_as_it_is_made() -> None:
    """No piece is large, and what is sent before the next page is asked for has the rows of the one before."""
    row = [f"{n}" * 50 for n in range(10)]
    asked: list[int] = []

    async def some() -> AsyncIterator[Sequence[Sequence[Cell]]]:
        for n in range(20):
            asked.append(n)
            yield [row] * 1_000

    sent, largest = 0, 0
    async for piece in xlsx.pieces("orders", ["c"] * 10, some(), zone=SHANGHAI):
        sent += len(piece)
        largest = max(largest, len(piece))
        if len(asked) == 2:
            assert sent > 0
    assert largest < 50_000
    assert asked == list(range(20))
