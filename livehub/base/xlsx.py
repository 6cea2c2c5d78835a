"""Lists as spreadsheets (Office Open XML): times are times, money is numbers, and a text is a text whatever it looks like.

The file is written as it is sent. Its parts but the rows are always the same; the rows are compressed and sent as they come,
so that a list of any length takes a few hundred kilobytes of memory and no file (docs/architecture.md says why no package
writes it). Texts are inline strings, which no spreadsheet takes for formulas (ECMA-376, part 1, 18.3.1.4 and 18.18.11).
"""

import re
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, tzinfo
from functools import cache
from html import escape
from itertools import count
from struct import pack
from typing import Any

from livehub.base.csv import ROWS_MAX, Cell
from livehub.base.moment import Moment
from livehub.base.money import Money

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_CHARS_MAX = 32_767  # of Excel, in UTF-16 units
COLUMN_WIDTH = 20
WHOLE_NUMBER_MAX = 2**53 - 1  # what a number of a spreadsheet keeps every digit of
ROWS_PER_PIECE = 200  # a few milliseconds of the event loop
COMPRESSION = 1  # a third of the time of the usual 6

DAY_MS = 86_400_000
EPOCH_DAY = 25_569  # 1 January 1970, counted as spreadsheets do
HEADING, TIME = 1, 2  # styles, beside that of everything else
MONEY = 3  # and the number of decimals
DECIMALS_MAX = 4

# What XML cannot say is said as _xHHHH_, and what looks like that is not taken for it (ECMA-376, part 1, 22.9.2.19).
_TO_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_BOLD = f' s="{HEADING}"'
_SPECIAL = re.compile(f"[&<>]|{_TO_ESCAPE.pattern}")

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


async def pieces(
    name: str, columns: Sequence[str], pages: AsyncIterator[Sequence[Sequence[Cell]]], *, zone: tzinfo
) -> AsyncIterator[bytes]:
    """The file of a list, in pieces; after ROWS_MAX rows it ends. `zone`: of the times, named in their headings."""
    archive = _Archive()
    for path, text in _parts(name).items():
        yield archive.begin(path) + archive.add(text) + archive.end()
    yield archive.begin("xl/worksheets/sheet1.xml")
    left, numbers = ROWS_MAX, count(2)
    is_begun = False
    async for page in pages:
        rows = page[:left]
        left -= len(rows)
        if not is_begun:  # which columns have times is seen when there are rows
            yield archive.add(_beginning(columns, rows, zone))
            is_begun = True
        for at in range(0, len(rows), ROWS_PER_PIECE):
            yield archive.add("".join(_row(next(numbers), row, zone) for row in rows[at : at + ROWS_PER_PIECE]))
        if not left:
            break
    if not is_begun:
        yield archive.add(_beginning(columns, (), zone))
    yield archive.add("</sheetData></worksheet>") + archive.end() + archive.directory()


# --- what stands in the sheet ---


def _beginning(columns: Sequence[str], rows: Sequence[Sequence[Cell]], zone: tzinfo) -> str:
    timed = {at for row in rows for at, cell in enumerate(row) if isinstance(cell, Moment)}
    headings = [f"{column} ({zone})" if at in timed else column for at, column in enumerate(columns)]
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<cols><col min="1" max="{max(1, len(columns))}" width="{COLUMN_WIDTH}" customWidth="1"/></cols><sheetData>'
        f'<row r="1">{"".join(_text(f"{_letters(at)}1", each, _BOLD) for at, each in enumerate(headings))}</row>'
    )


def _row(number: int, cells: Sequence[Cell], zone: tzinfo) -> str:
    drawn = [_DRAWN[type(cell)](f"{_letters(at)}{number}", cell, zone) for at, cell in enumerate(cells)]
    return f'<row r="{number}">{"".join(drawn)}</row>'


def _number(place: str, number: int | float, _zone: tzinfo) -> str:
    if isinstance(number, int) and abs(number) > WHOLE_NUMBER_MAX:
        return _text(place, str(number))
    return f'<c r="{place}"><v>{number!r}</v></c>'


def _money(place: str, money: Money, _zone: tzinfo) -> str:
    return f'<c r="{place}" s="{MONEY + money.decimals}"><v>{money.number()}</v></c>'


def _moment(place: str, moment: Moment, zone: tzinfo) -> str:
    """What clocks in that zone show, in days since the end of 1899."""
    offset = datetime.fromtimestamp(moment.ms / 1000, zone).utcoffset()
    assert offset is not None
    days = EPOCH_DAY + (moment.ms + offset.total_seconds() * 1000) / DAY_MS
    return f'<c r="{place}" s="{TIME}"><v>{days!r}</v></c>'


def _text(place: str, text: str, style: str = "") -> str:
    if len(text) > CELL_CHARS_MAX // 2:
        text = text.encode("utf-16-le", "surrogatepass")[: 2 * CELL_CHARS_MAX].decode("utf-16-le", "ignore")
    if _SPECIAL.search(text):
        text = _TO_ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", escape(text, quote=False))
    return f'<c r="{place}"{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


_DRAWN: dict[type, Callable[[str, Any, tzinfo], str]] = {
    type(None): lambda _place, _cell, _zone: "",
    bool: lambda place, cell, _zone: f'<c r="{place}" t="b"><v>{int(cell)}</v></c>',
    int: _number,
    float: _number,
    str: lambda place, cell, _zone: _text(place, cell) if cell else "",
    Money: _money,
    Moment: _moment,
}


@cache
def _letters(column: int) -> str:
    """A, B, ..., Z, AA, ..."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


# --- what stands around it ---


def _parts(name: str) -> dict[str, str]:
    """All parts but the rows. `name`: of the sheet, too."""
    formats = ["yyyy-mm-dd hh:mm:ss", "#,##0", *("#,##0." + "0" * n for n in range(1, DECIMALS_MAX + 1))]
    numbered = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{code}"/>' for n, code in enumerate(formats))
    styled = "".join(
        f'<xf numFmtId="{164 + n}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for n in range(len(formats))
    )
    plain = '<xf numFmtId="0" fontId="{}" fillId="0" borderId="0" xfId="0"/>'
    return {
        "[Content_Types].xml": (
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
        ),
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": _relations(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")),
        "xl/workbook.xml": (
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            f'<sheet name="{escape(name)[:31]}" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/styles.xml": (
            f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(formats)}">{numbered}</numFmts>'
            '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
            '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
            '<fills count="2"><fill><patternFill patternType="none"/></fill>'
            '<fill><patternFill patternType="gray125"/></fill></fills>'
            '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
            '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
            f'<cellXfs count="{2 + len(formats)}">{plain.format(0)}{plain.format(1)}{styled}</cellXfs>'
            '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
        ),
    }


def _relations(*relations: tuple[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{type_}" Target="{target}"/>'
        for n, (type_, target) in enumerate(relations, 1)
    )
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


class _Archive:
    """A ZIP archive that is sent as it is made: the size of a file stands behind it (APPNOTE.TXT, 4.3.9). Below 4 GB."""

    _SIZE_BEHIND = 1 << 3
    _DATE = (2026 - 1980) << 9 | 1 << 5 | 1  # of no meaning, and the same for every file

    def __init__(self) -> None:
        self._entries: list[bytes] = []
        self._offset = 0
        self._bytes = 0  # of the file under way, as it is sent
        self._size = 0
        self._crc = 0

    def begin(self, path: str) -> bytes:
        self._path = path.encode()
        self._began = self._offset
        self._bytes = self._size = self._crc = 0
        self._compress = zlib.compressobj(COMPRESSION, zlib.DEFLATED, -zlib.MAX_WBITS)
        head = pack("<4s5H3I2H", b"PK\x03\x04", *self._fields(), 0, 0, 0, len(self._path), 0) + self._path
        self._offset += len(head)
        return head

    def add(self, text: str) -> bytes:
        data = text.encode()
        self._size += len(data)
        self._crc = zlib.crc32(data, self._crc)
        return self._sent(self._compress.compress(data))

    def end(self) -> bytes:
        rest = self._sent(self._compress.flush())
        sizes = (self._crc, self._bytes, self._size)
        behind = pack("<4s3I", b"PK\x07\x08", *sizes)
        self._offset += len(behind)
        entry = pack(
            "<4s6H3I5H2I", b"PK\x01\x02", 20, *self._fields(), *sizes, len(self._path), 0, 0, 0, 0, 0, self._began
        )
        self._entries.append(entry + self._path)
        return rest + behind

    def directory(self) -> bytes:
        """What stands at the end."""
        entries, files = b"".join(self._entries), len(self._entries)
        return entries + pack("<4s4H2IH", b"PK\x05\x06", 0, 0, files, files, len(entries), self._offset, 0)

    def _fields(self) -> tuple[int, ...]:
        """Version, flags, method (deflate), time and date."""
        return 20, self._SIZE_BEHIND, zlib.DEFLATED, 0, self._DATE

    def _sent(self, data: bytes) -> bytes:
        self._bytes += len(data)
        self._offset += len(data)
        return data
