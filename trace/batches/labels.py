"""Labels to print: a QR code, and what people read beside it. HTML with a style sheet of its own, no scripts.

    a4      24 labels of 70 x 37 mm on a page (three in a row, no gaps between them)
    single  a page of 70 x 37 mm for each, for a label printer

The code is written with scheme and host in capitals: where lot and serial have no small letters either it is of the
alphanumeric mode, and so smaller. Error correction is M, and the quiet zone 4 modules, as GS1 wants them of a QR code (General
Specifications, 5.7.3). A code takes 6 ms of processor time, so sheets are drawn in a thread, and codes are kept.
"""

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Literal

from msgspec import Struct

from trace.gs1.digital_links import DigitalLink, in_capitals

Layout = Literal["a4", "single"]

CSS_PATH = "/labels/sheet.css"
_QUIET_ZONE = 4
_CODES_KEPT_MAX = 2_048  # of some 2 kB


class Label(Struct, frozen=True, kw_only=True):
    """What is on one label. `lines`: what people read, the first as the largest; `chain`: its identity there, or nothing."""

    link: DigitalLink
    lines: tuple[str, ...]
    chain: str = ""


def printed(link: DigitalLink, base: str) -> str:
    """What the QR code says."""
    return in_capitals(link.uri(base))


def svg(link: DigitalLink, base: str) -> str:
    """The QR code as a picture without a size of its own."""
    return _drawn(printed(link, base))


@lru_cache(_CODES_KEPT_MAX)
def _drawn(text: str) -> str:
    import segno  # noqa: PLC0415  # loaded when it is used

    code = segno.make(text, micro=False, error="m", boost_error=False)
    drawn: str = code.svg_inline(border=_QUIET_ZONE, omitsize=True, svgclass="qr", lineclass=None)
    return drawn


def readable(link: DigitalLink) -> str:
    """The human readable interpretation: `(01)09520123456788(10)A`."""
    return "".join(f"({ai}){value}" for ai, value in (link.key, *link.qualifiers))


def sheet(
    labels: Sequence[Label], base: str, *, layout: Layout, title: str, rest: Sequence[tuple[str, str]] = ()
) -> str:
    """A document with all of them. `rest`: where the other parts of a long sheet are, (address, which labels): links, which
    are not printed.
    """
    shown = "".join(_label(each, base) for each in labels)
    links = " ".join(f'<a href="{escape(address)}">{escape(which)}</a>' for address, which in rest)
    parts = f"<nav>{links}</nav>" if rest else ""
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<link rel="stylesheet" href="{CSS_PATH}"></head><body class="{layout}">{parts}<main>{shown}</main></body></html>'
    )


def _label(label: Label, base: str) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in label.lines)
    lines += f'<p class="hri">{escape(readable(label.link))}</p>'
    lines += f'<p class="chain">{escape(label.chain)}</p>' if label.chain else ""
    return f'<section class="label">{svg(label.link, base)}<div>{lines}</div></section>'


CSS = """@page { margin: 0 }
* { box-sizing: border-box; margin: 0 }
body { font: 9pt/1.25 "Noto Sans SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif; color: #000; background: #fff }
.label { width: 70mm; height: 37mm; padding: 2mm; display: flex; gap: 2mm; align-items: center; overflow: hidden; break-inside:
avoid } .label .qr { width: 31mm; height: 31mm; flex: none }
.label div { min-width: 0; overflow-wrap: anywhere }
.label p:first-child { font-size: 11pt; font-weight: 700 }
.label .hri { font-size: 6.5pt; font-family: ui-monospace, monospace; margin-top: 1mm }
.label .chain { font-size: 4.5pt; line-height: 1.15; font-family: ui-monospace, monospace; margin-top: 0.5mm }
.a4 main { width: 210mm; display: grid; grid-template-columns: repeat(3, 70mm); grid-auto-rows: 37mm }
.single .label { break-after: page }
nav { padding: 2mm; font-size: 12pt; word-spacing: 2mm }
@media print { .a4 { padding: 0 } nav { display: none } }
@media screen { body { background: #eee } .label { background: #fff; outline: 0.2mm dashed #999 } }
"""
