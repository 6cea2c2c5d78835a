"""Bills of WeChat Pay: read whole or not at all, every fen of them."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from commerce.payments.errors import ProviderAway
from commerce.payments.provider import BillRow
from commerce.payments.wechatpay.bill import Unreadable, rows
from commerce.payments.wechatpay.provider import WechatpayProvider
from commerce.payments.wechatpay.settings import WechatpayConfig
from tests.commerce.payments.wechatpay_double import HEADER, SUMS, WechatpayDouble, bill_of, settings, wechatpay_double

DAY = date(2026, 11, 29)
AT_MS = 1_795_953_605_000  # 2026-11-29 20:00:05 in Beijing
PAYMENT = BillRow(
    kind="payment",
    id="01kb9w4tq2abcdefgh",
    ref="4200000001202611290000000001",
    amount_minor=5_990,
    currency="CNY",
    at_ms=AT_MS,
    fee_minor=36,
)
OF_PAYMENT = {"商户订单号": "01kb9w4tq2abcdefgh"}
OF_REFUND = {
    **OF_PAYMENT,
    "交易状态": "REFUND",
    "微信退款单号": "50300000000000000000000000000001",
    "商户退款单号": "01kb9w4tq2refund01",
    "退款金额": "8.47",
    "退款类型": "ORIGINAL",
    "退款状态": "SUCCESS",
    "应结订单金额": "0.00",
    "订单金额": "0.00",
    "申请退款金额": "8.47",
    "手续费": "-0.05082",
}
REFUND = BillRow(
    kind="refund",
    id="01kb9w4tq2refund01",
    ref="50300000000000000000000000000001",
    amount_minor=847,
    currency="CNY",
    at_ms=AT_MS,
    fee_minor=-5,
)


def read(data: bytes) -> list[BillRow]:
    return list(rows(data.decode().splitlines(keepends=True)))


# --- what is in one ---


def test_a_payment_and_a_refund():
    assert read(bill_of(OF_PAYMENT, OF_REFUND)) == [PAYMENT, REFUND]


def test_the_amount_is_of_the_order_not_what_is_settled_of_it():
    [row] = read(bill_of({**OF_PAYMENT, "应结订单金额": "49.90", "代金券金额": "10.00"}))
    assert row.amount_minor == 5_990


@pytest.mark.parametrize("text", ["鸡蛋,30枚", "a,`b", "`,`,`", "", "商品名称", "总交易单数"])
def test_what_we_called_the_goods_moves_no_other_column(text: str):
    assert read(bill_of({**OF_PAYMENT, "商品名称": text}, {**OF_REFUND, "商户数据包": text})) == [PAYMENT, REFUND]


def test_columns_that_are_added_move_no_other():
    more = bill_of(OF_PAYMENT).decode().replace(HEADER, HEADER + ",新列").replace(",`\r\n" + SUMS, ",`,`x\r\n" + SUMS)
    assert read(more.encode()) == [PAYMENT]


def test_refunds_on_their_way_count_and_those_that_failed_do_not():
    failed, going = {**OF_REFUND, "退款状态": "FAIL"}, {**OF_REFUND, "退款状态": "PROCESSING"}
    assert read(bill_of(failed, going)) == [REFUND]


@pytest.mark.parametrize(
    ("written", "minor"), [("0.00499", 0), ("0.00500", 1), ("0.01", 1), ("-0.00600", -1), ("0", 0)]
)
def test_fees_are_rounded_half_up(written: str, minor: int):
    [row] = read(bill_of({**OF_PAYMENT, "手续费": written}))
    assert row.fee_minor == minor


def test_a_day_without_rows():
    assert read(bill_of()) == []


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        HEADER.encode(),
        bill_of(OF_PAYMENT)[:-200],
        bill_of(OF_PAYMENT).replace("订单金额,".encode(), b""),
        bill_of(OF_PAYMENT).replace(b"`59.90", b"59.90"),
        bill_of({**OF_PAYMENT, "订单金额": "59,90"}),
        bill_of({**OF_PAYMENT, "订单金额": "NaN"}),
        bill_of({**OF_PAYMENT, "订单金额": "1e999999"}),
        bill_of({**OF_PAYMENT, "交易时间": "29.11.2026"}),
    ],
    ids=range(9),
)
def test_what_is_no_bill_is_not_read(broken: bytes):
    with pytest.raises(Unreadable):
        read(broken)


# --- how it comes ---


@pytest.fixture
async def double() -> AsyncIterator[WechatpayDouble]:
    async with wechatpay_double() as server:
        yield server


@pytest.fixture
async def provider(double: WechatpayDouble) -> AsyncIterator[WechatpayProvider]:
    one = WechatpayProvider(WechatpayConfig(**settings(double), wechatpay_bill_bytes_max=2_000_000))
    yield one
    await one.end()


async def fetched(provider: WechatpayProvider) -> list[BillRow]:
    return [row async for row in provider.bill(DAY)]


async def test_a_bill_is_fetched(provider: WechatpayProvider, double: WechatpayDouble):
    double.bills["2026-11-29"] = bill_of(OF_PAYMENT, OF_REFUND)
    assert await fetched(provider) == [PAYMENT, REFUND]
    assert double.calls == ["GET /v3/bill/tradebill", "GET /v3/billdownload/file"]


async def test_a_day_on_which_nobody_paid_has_no_bill(provider: WechatpayProvider):
    assert await fetched(provider) == []


async def test_a_bill_that_is_not_made_yet_is_asked_for_later(provider: WechatpayProvider, double: WechatpayDouble):
    double.errors = [(400, "STATEMENT_CREATING")]
    with pytest.raises(ProviderAway):
        await fetched(provider)


async def test_our_signature_goes_nowhere_else(provider: WechatpayProvider, double: WechatpayDouble):
    double.bills["2026-11-29"] = bill_of(OF_PAYMENT)
    double.bill_host = "https://bills.example"
    assert await fetched(provider) == [PAYMENT]
    double.bill_host = "https://bills.example/v3/elsewhere?"
    assert await fetched(provider) == [PAYMENT]


async def collected(provider: WechatpayProvider, seen: list[BillRow]) -> None:
    async for row in provider.bill(DAY):
        seen.append(row)  # noqa: PERF401


def another_hash(double: WechatpayDouble) -> None:
    double.bill_hash = "0" * 40


def cut(double: WechatpayDouble) -> None:
    double.bill_pieces = lambda data: data[:-20]


def not_packed(double: WechatpayDouble) -> None:
    double.bill_pieces = lambda _: bill_of(OF_PAYMENT)


def too_large(double: WechatpayDouble) -> None:
    double.bills["2026-11-29"] = bill_of({**OF_PAYMENT, "商品名称": "x" * 3_000_000})


def not_utf8(double: WechatpayDouble) -> None:
    double.bills["2026-11-29"] = bill_of(OF_PAYMENT).replace("村里直播".encode(), b"\xff\xfe")


def not_a_bill(double: WechatpayDouble) -> None:
    double.bills["2026-11-29"] = b"<html>"


@pytest.mark.parametrize("how", [another_hash, cut, not_packed, too_large, not_utf8, not_a_bill])
async def test_a_bill_that_is_not_whole_gives_no_row(provider: WechatpayProvider, double: WechatpayDouble, how: Any):
    double.bills["2026-11-29"] = bill_of(OF_PAYMENT)
    how(double)
    seen: list[BillRow] = []
    with pytest.raises(ProviderAway):
        await collected(provider, seen)
    assert seen == []
