"""A trade bill of WeChat Pay, read. Pure: no I/O.

UTF-8 with a mark of its order of bytes; a line of names, a line for each payment and refund, a line of other names and one
of sums. Before each value stands a backtick, lest a spreadsheet take numbers for numbers; so ",`" parts values. Amounts are
in yuan. Columns go by their names, and are added to now and then. The one text that is not WeChat's own is what we called
the goods (and what we attached): whatever stands there, what is left of it counts from the left, and what is right of it
from the right.

https://pay.weixin.qq.com/docs/merchant/apis/jsapi-payment/get-trade-bill.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from commerce.payments.provider import BillRow

BEIJING = timezone(timedelta(hours=8))
MARK, APART = "`", ",`"
TEXT = "商品名称"
SUMS = "总交易单数"
AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
NAMES = (
    "交易时间",
    "微信订单号",
    "商户订单号",
    "交易状态",
    "货币种类",
    "微信退款单号",
    "商户退款单号",
    "退款状态",
    "手续费",
    "订单金额",
    "申请退款金额",
)
PAID, REFUNDED, NOT_REFUNDED = "SUCCESS", "REFUND", "FAIL"


class Columns(NamedTuple):
    """Where those of NAMES are: from the left, or from the right (negative); and how many there are of all."""

    places: Mapping[str, int]
    width: int


class Unreadable(Exception):
    """It is no bill as they are described. Says in which line, counted from 1."""


def rows(lines: Iterable[str]) -> Iterator[BillRow]:
    """What a bill says, row by row. Raises Unreadable."""
    columns: Columns | None = None
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if columns is None:
            columns = _columns(text.removeprefix("\ufeff"))
        elif text.startswith(SUMS):
            return
        elif text:
            try:
                row = _row(_values(text, columns))
            except ValueError as error:
                raise Unreadable(f"line {number}: {type(error).__name__}") from error
            if row is not None:
                yield row
    raise Unreadable("it has no end")


def _columns(header: str) -> Columns:
    names = header.split(",")
    missing = [name for name in (*NAMES, TEXT) if name not in names]
    if missing:
        raise Unreadable(f"line 1: no column {', '.join(missing)}")
    text, width = names.index(TEXT), len(names)
    places = {name: at if at < text else at - width for at, name in enumerate(names) if name in NAMES}
    return Columns(places, width)


def _values(line: str, columns: Columns) -> dict[str, str]:
    values = line.removeprefix(MARK).split(APART)
    if len(values) < columns.width or not line.startswith(MARK):
        raise ValueError(len(values))
    return {name: values[at] for name, at in columns.places.items()}


def _row(values: Mapping[str, str]) -> BillRow | None:
    state, currency = values["交易状态"], values["货币种类"]
    at = datetime.strptime(values["交易时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    at_ms, fee_minor = int(at.timestamp()) * 1000, _minor(values["手续费"])
    if state == PAID:
        return BillRow(
            kind="payment",
            id=values["商户订单号"],
            ref=values["微信订单号"],
            amount_minor=_minor(values["订单金额"]),
            currency=currency,
            at_ms=at_ms,
            fee_minor=fee_minor,
        )
    if state == REFUNDED and values["退款状态"] != NOT_REFUNDED:
        return BillRow(
            kind="refund",
            id=values["商户退款单号"],
            ref=values["微信退款单号"],
            amount_minor=_minor(values["申请退款金额"]),
            currency=currency,
            at_ms=at_ms,
            fee_minor=fee_minor,
        )
    return None


def _minor(yuan: str) -> int:
    """Fen. Fees have up to five places; they are rounded half up."""
    if not AMOUNT.fullmatch(yuan):
        raise ValueError("no amount")
    return int((Decimal(yuan) * 100).quantize(Decimal(1), ROUND_HALF_UP))
