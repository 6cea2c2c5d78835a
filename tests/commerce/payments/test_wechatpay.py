"""Payments and refunds at WeChat Pay: what is asked, how each answer is understood, and that only signed ones are believed."""

import logging
import re
import time
from base64 import b64decode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from commerce.payments.errors import PaymentRefused, ProviderAway
from commerce.payments.provider import Attempt, Created, NewPayment, NewRefund, Payer, RefundStatus, Status
from commerce.payments.refunding import REFUNDS_MAX
from commerce.payments.wechatpay.provider import WechatpayProvider, rfc3339
from commerce.payments.wechatpay.settings import WechatpayConfig
from tests.commerce.payments.wechatpay_double import (
    APP_ID,
    CERTIFICATE_SERIAL,
    MCH_ID,
    WechatpayDouble,
    key,
    settings,
    wechatpay_double,
)

PAID_MS = 1_796_004_005_000  # 2026-11-30T10:00:05+08:00
NUMBER = "01kb9w4tq2abcdefgh"
REFUND = "01kb9w4tq2refund01"
NATIVE = Payer(ip="14.17.22.32")
IN_WECHAT = Payer(ip="14.17.22.32", is_wechat=True, is_phone=True, openids=("o-other@wxmini", f"o-buyer@{APP_ID}"))
ON_PHONE = Payer(ip="14.17.22.32", is_phone=True)


@pytest.fixture
async def double() -> AsyncIterator[WechatpayDouble]:
    async with wechatpay_double() as server:
        yield server


@pytest.fixture
async def provider(double: WechatpayDouble) -> AsyncIterator[WechatpayProvider]:
    async with shop(double) as one:
        yield one


class shop:  # noqa: N801  (read as a word where it is used)
    """A provider with an account at the double."""

    def __init__(self, double: WechatpayDouble, **more: Any) -> None:
        self._provider = WechatpayProvider(WechatpayConfig(**{**settings(double), **more}))

    async def __aenter__(self) -> WechatpayProvider:
        return self._provider

    async def __aexit__(self, *_: object) -> None:
        await self._provider.end()


def payment(payer: Payer = NATIVE, **changed: Any) -> NewPayment:
    given: dict[str, Any] = {
        "id": NUMBER,
        "order": "01kb9w4tq2order001",
        "amount_minor": 5_990,
        "currency": "CNY",
        "description": "村里直播 3 件",
        "closes_ms": int(time.time() * 1000) + 600_000,
        "notify_url": "https://live.example/api/payments/notices/wechatpay",
        "return_url": "https://live.example/orders/1?paid=1",
        "payer": payer,
    }
    return NewPayment(**{**given, **changed})


def refund(id_: str = REFUND, **changed: Any) -> NewRefund:
    given: dict[str, Any] = {
        "id": id_,
        "payment": NUMBER,
        "payment_ref": None,
        "amount_minor": 847,
        "total_minor": 5_990,
        "currency": "CNY",
        "reason": "坏果",
        "notify_url": "https://live.example/api/payments/notices/wechatpay",
    }
    return NewRefund(**{**given, **changed})


ATTEMPT = Attempt(id=NUMBER, order="01kb9w4tq2order001", provider="wechatpay", amount_minor=5_990, currency="CNY")


# --- opening a payment ---


async def test_a_desktop_gets_a_code_to_scan(provider: WechatpayProvider, double: WechatpayDouble):
    asked = payment()
    assert await provider.create(asked) == Created(how="qr", url="weixin://wxpay/bizpayurl?pr=01kb9w4tq2")
    assert double.asked == [
        {
            "appid": APP_ID,
            "mchid": MCH_ID,
            "description": "村里直播 3 件",
            "out_trade_no": NUMBER,
            "amount": {"total": 5_990, "currency": "CNY"},
            "time_expire": rfc3339(asked.closes_ms),
            "notify_url": "https://live.example/api/payments/notices/wechatpay",
            "scene_info": {"payer_client_ip": "14.17.22.32"},
        }
    ]


async def test_a_phone_goes_to_wechat_and_comes_back(provider: WechatpayProvider, double: WechatpayDouble):
    created = await provider.create(payment(ON_PHONE))
    assert created.how == "url"
    assert created.url == (
        f"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx{NUMBER}&package=1"
        "&redirect_url=https%3A%2F%2Flive.example%2Forders%2F1%3Fpaid%3D1"
    )
    assert double.asked[0]["scene_info"]["h5_info"] == {"type": "Wap"}


async def test_inside_wechat_the_page_gets_what_its_bridge_wants_signed(
    provider: WechatpayProvider, double: WechatpayDouble
):
    created = await provider.create(payment(IN_WECHAT))
    assert created.how == "jsapi"
    assert double.asked[0]["payer"] == {"openid": "o-buyer"}
    params = created.params or {}
    assert (params["appId"], params["package"], params["signType"]) == (APP_ID, f"prepay_id=wx30100000{NUMBER}", "RSA")
    assert abs(int(params["timeStamp"]) - time.time()) < 60
    lines = "".join(f"{params[name]}\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
    signature = b64decode(params["paySign"])
    key("merchant").public_key().verify(signature, lines.encode(), PKCS1v15(), SHA256())


async def test_whoever_is_inside_wechat_and_not_signed_in_by_it_is_asked_to(
    provider: WechatpayProvider, double: WechatpayDouble
):
    with pytest.raises(PaymentRefused) as refused:
        await provider.create(payment(Payer(ip="::1", is_wechat=True, openids=("o-other@wxmini", "u-nion"))))
    assert refused.value.details == {"reason": "sign_in_by_wechat"}
    assert double.calls == []


async def test_another_currency_is_refused_unasked(provider: WechatpayProvider, double: WechatpayDouble):
    with pytest.raises(PaymentRefused) as refused:
        await provider.create(payment(currency="USD"))
    assert refused.value.details == {"reason": "currency"}
    assert double.calls == []


async def test_the_same_payment_again_is_one_order(provider: WechatpayProvider, double: WechatpayDouble):
    assert await provider.create(payment()) == await provider.create(payment())
    assert list(double.orders) == [NUMBER]


async def test_an_end_that_is_too_near_for_wechat_is_put_off(provider: WechatpayProvider, double: WechatpayDouble):
    before_ms = int(time.time() * 1000)
    await provider.create(payment(closes_ms=before_ms + 5_000))
    assert double.asked[0]["time_expire"] >= rfc3339(before_ms + 90_000)


def test_moments_are_written_in_beijing_to_the_second():
    assert rfc3339(PAID_MS + 999) == "2026-11-30T10:00:05+08:00"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("鸡蛋\n`30` 枚", "鸡蛋 '30' 枚"),
        ("长" * 200, "长" * 127),
        ("  \t ", "-"),
    ],
)
async def test_what_is_bought_is_one_line_of_127_characters(
    provider: WechatpayProvider, double: WechatpayDouble, written: str, sent: str
):
    await provider.create(payment(description=written))
    assert double.asked[0]["description"] == sent


@pytest.mark.parametrize("code", ["PARAM_ERROR", "INVALID_REQUEST", "ORDERPAID"])
async def test_what_wechat_does_not_take_is_refused(provider: WechatpayProvider, double: WechatpayDouble, code: str):
    double.errors = [(400, code)]
    with pytest.raises(PaymentRefused) as refused:
        await provider.create(payment())
    assert refused.value.details == {"reason": code.replace("_", "")}


# --- asking about it ---


async def test_what_was_paid_is_the_total_whatever_vouchers_took_off(
    provider: WechatpayProvider, double: WechatpayDouble
):
    await provider.create(payment())
    assert await provider.query(ATTEMPT) == Status(state="open", amount_minor=5_990, currency="CNY")
    double.pay(NUMBER)["amount"]["payer_total"] = 4_990
    paid = Status(
        state="paid", amount_minor=5_990, currency="CNY", ref="4200000001202600000000000001", paid_at_ms=PAID_MS
    )
    assert await provider.query(ATTEMPT) == paid
    double.orders[NUMBER]["trade_state"] = "REFUND"
    assert await provider.query(ATTEMPT) == paid


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ("NOTPAY", "open"),
        ("USERPAYING", "open"),
        ("ACCEPT", "open"),
        ("CLOSED", "closed"),
        ("REVOKED", "closed"),
        ("PAYERROR", "failed"),
        ("SOMETHING_NEW", "unknown"),
    ],
)
async def test_each_state_of_an_order_has_its_meaning(
    provider: WechatpayProvider, double: WechatpayDouble, there: str, here: str
):
    await provider.create(payment())
    double.orders[NUMBER]["trade_state"] = there
    assert (await provider.query(ATTEMPT)).state == here


@pytest.mark.parametrize("code", ["ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"])
async def test_an_order_that_was_never_made_is_unknown(provider: WechatpayProvider, double: WechatpayDouble, code: str):
    double.errors = [(404, code)]
    assert await provider.query(ATTEMPT) == Status(state="unknown")


@pytest.mark.parametrize(
    "changed", [{"mchid": "1900000110"}, {"appid": "wxother"}, {"out_trade_no": "01kb9w4tq2other001"}]
)
async def test_an_answer_about_something_else_is_none(
    provider: WechatpayProvider, double: WechatpayDouble, changed: dict[str, str]
):
    await provider.create(payment())
    double.pay(NUMBER, **changed)
    with pytest.raises(ProviderAway):
        await provider.query(ATTEMPT)


# --- closing it ---


async def test_a_closed_order_can_be_closed_again(provider: WechatpayProvider, double: WechatpayDouble):
    await provider.create(payment())
    assert await provider.close(ATTEMPT) == Status(state="closed")
    assert double.orders[NUMBER]["trade_state"] == "CLOSED"
    assert await provider.close(ATTEMPT) == Status(state="closed")


async def test_an_order_that_was_never_made_is_closed(provider: WechatpayProvider):
    assert await provider.close(ATTEMPT) == Status(state="closed")


async def test_a_paid_order_that_is_closed_is_paid(provider: WechatpayProvider, double: WechatpayDouble):
    await provider.create(payment())
    double.pay(NUMBER)
    assert await provider.close(ATTEMPT) == Status(
        state="paid", amount_minor=5_990, currency="CNY", ref="4200000001202600000000000001", paid_at_ms=PAID_MS
    )


async def test_an_order_that_is_closed_while_the_buyer_types_a_password_is_open(
    provider: WechatpayProvider, double: WechatpayDouble
):
    await provider.create(payment())
    double.orders[NUMBER]["trade_state"] = "USERPAYING"
    assert (await provider.close(ATTEMPT)).state == "open"


# --- refunds ---


async def test_a_refund_is_on_its_way_then_there(provider: WechatpayProvider, double: WechatpayDouble):
    await provider.create(payment())
    double.pay(NUMBER)
    ref = f"50300000{0:020}"
    assert await provider.refund(refund()) == RefundStatus(state="processing", ref=ref)
    assert double.asked[-1] == {
        "notify_url": "https://live.example/api/payments/notices/wechatpay",
        "out_refund_no": REFUND,
        "amount": {"refund": 847, "total": 5_990, "currency": "CNY"},
        "out_trade_no": NUMBER,
        "reason": "坏果",
    }
    double.settle(REFUND, "SUCCESS")
    assert await provider.query_refund(refund()) == RefundStatus(state="paid", ref=ref)
    assert await provider.refund(refund()) == RefundStatus(state="paid", ref=ref)
    assert list(double.refunds) == [REFUND]


@pytest.mark.parametrize("status", ["ABNORMAL", "CLOSED"])
async def test_a_refund_that_failed_is_tried_again_under_its_number(
    provider: WechatpayProvider, double: WechatpayDouble, status: str
):
    await provider.create(payment())
    double.pay(NUMBER)
    await provider.refund(refund())
    double.settle(REFUND, status)
    assert (await provider.query_refund(refund())).state == "failed"
    assert (await provider.refund(refund())).why == status
    double.settle(REFUND, "SUCCESS")
    assert (await provider.refund(refund())).state == "paid"
    assert list(double.refunds) == [REFUND]


async def test_too_little_money_in_the_account_may_pass(provider: WechatpayProvider, double: WechatpayDouble):
    await provider.create(payment())
    double.pay(NUMBER)
    double.errors = [(403, "NOT_ENOUGH")]
    with pytest.raises(ProviderAway):
        await provider.refund(refund())
    assert (await provider.refund(refund())).state == "processing"


@pytest.mark.parametrize("code", ["INVALID_REQUEST", "USER_ACCOUNT_ABNORMAL", "RESOURCE_NOT_EXISTS"])
async def test_a_refund_that_wechat_does_not_take_has_failed(
    provider: WechatpayProvider, double: WechatpayDouble, code: str
):
    double.errors = [(400, code)]
    assert await provider.refund(refund()) == RefundStatus(state="failed", why=code.replace("_", ""))


async def test_the_51st_refund_of_a_payment_is_not_taken(provider: WechatpayProvider, double: WechatpayDouble):
    assert REFUNDS_MAX[provider.name] == 50
    await provider.create(payment())
    double.pay(NUMBER)
    for count in range(50):
        assert (await provider.refund(refund(f"refund{count:03}", amount_minor=1))).state == "processing"
    assert await provider.refund(refund("refund050", amount_minor=1)) == RefundStatus(
        state="failed", why="INVALIDREQUEST"
    )


async def test_a_refund_that_was_never_asked_for_is_unknown(provider: WechatpayProvider):
    assert await provider.query_refund(refund()) == RefundStatus(state="unknown")


async def test_a_refund_of_another_amount_is_not_ours(provider: WechatpayProvider, double: WechatpayDouble):
    await provider.create(payment())
    double.pay(NUMBER)
    await provider.refund(refund())
    double.refunds[REFUND]["amount"]["refund"] = 1
    with pytest.raises(ProviderAway):
        await provider.query_refund(refund())


# --- answers that are none ---


@pytest.mark.parametrize(
    ("error", "after_ms"),
    [
        ((429, "FREQUENCY_LIMITED"), 60_000),
        ((400, "FREQUENCY_LIMIT_EXCEED"), 60_000),
        ((500, "SYSTEM_ERROR"), 5_000),
        ((502, ""), 5_000),
        ((401, "SIGN_ERROR"), 60_000),
        ((403, "NO_AUTH"), 60_000),
        ((404, ""), 5_000),
    ],
)
async def test_what_may_pass_is_no_refusal(
    provider: WechatpayProvider, double: WechatpayDouble, error: tuple[int, str], after_ms: int
):
    calls = (
        lambda: provider.create(payment()),
        lambda: provider.query(ATTEMPT),
        lambda: provider.close(ATTEMPT),
        lambda: provider.refund(refund()),
        lambda: provider.query_refund(refund()),
    )
    for call in calls:
        double.errors = [error]
        with pytest.raises(ProviderAway) as away:
            await call()
        assert away.value.retry_after_ms == after_ms


def forged(double: WechatpayDouble) -> None:
    double.signer = "somebody else"


def of_a_certificate(double: WechatpayDouble) -> None:
    double.serial = CERTIFICATE_SERIAL


def of_an_odd_serial(double: WechatpayDouble) -> None:
    double.serial = "not hexadecimal"


def of_another_kind(double: WechatpayDouble) -> None:
    double.type = "WECHATPAY2-SM2-SM3"


def old(double: WechatpayDouble) -> None:
    double.age_s = 301


def ahead(double: WechatpayDouble) -> None:
    double.age_s = -301


def spoilt(double: WechatpayDouble) -> None:
    double.spoils = lambda data: data.replace(b":", b": ")


def unsigned(double: WechatpayDouble) -> None:
    double.raw = b'{"trade_state":"SUCCESS"}'


@pytest.mark.parametrize(
    "how", [forged, of_a_certificate, of_an_odd_serial, of_another_kind, old, ahead, spoilt, unsigned]
)
async def test_an_answer_that_wechat_has_not_just_signed_is_none_and_nothing_more_is_asked(
    provider: WechatpayProvider, double: WechatpayDouble, how: Any
):
    await provider.create(payment())
    double.pay(NUMBER)
    how(double)
    double.calls.clear()
    with pytest.raises(ProviderAway):
        await provider.query(ATTEMPT)
    assert double.calls == [f"GET /v3/pay/transactions/out-trade-no/{NUMBER}"]


async def test_an_answer_that_is_too_long_is_none(provider: WechatpayProvider, double: WechatpayDouble):
    double.raw = b" " * 300_000
    with pytest.raises(ProviderAway):
        await provider.query(ATTEMPT)


async def test_who_does_not_answer_in_time_is_away(double: WechatpayDouble):
    double.is_slow = True
    async with shop(double, payment_provider_s=0.2) as provider:
        with pytest.raises(ProviderAway):
            await provider.query(ATTEMPT)


async def test_who_cannot_be_reached_is_away(double: WechatpayDouble):
    async with shop(double, wechatpay_url="http://127.0.0.1:9") as provider:
        with pytest.raises(ProviderAway):
            await provider.create(payment())


async def test_nothing_secret_is_logged(
    provider: WechatpayProvider, double: WechatpayDouble, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    await provider.create(payment(IN_WECHAT))
    double.pay(NUMBER)
    await provider.query(ATTEMPT)
    double.errors = [(401, "SIGN_ERROR")]
    with pytest.raises(ProviderAway):
        await provider.query(ATTEMPT)
    ours = [each for each in caplog.records if not each.name.startswith(("aiohttp", "asyncio"))]
    written = "\n".join(f"{each.getMessage()} {vars(each)}" for each in ours)
    assert "wechatpay.account" in written
    assert not re.search(r"WECHATPAY2|signature=|o-buyer|prepay|BEGIN", written)
