"""A notice of WeChat Pay counts if it is signed by its one key, over the bytes as they came, lately, and is about our account.
Whatever else anybody sends is 401 with a number, and calls nobody."""

import json
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commerce.payments.errors import NoticeRefused
from commerce.payments.provider import Notice
from commerce.payments.wechatpay.provider import WechatpayProvider
from commerce.payments.wechatpay.settings import WechatpayConfig
from tests.commerce.payments import wechatpay_double as there
from tests.commerce.payments.test_wechatpay import NUMBER, PAID_MS, REFUND, payment, refund
from tests.commerce.payments.wechatpay_double import (
    CERTIFICATE_SERIAL,
    WechatpayDouble,
    sign,
    wechatpay_double,
)

NOW_S = 1_796_004_010.0
PAID = "TRANSACTION.SUCCESS"


@pytest.fixture
async def double() -> AsyncIterator[WechatpayDouble]:
    async with wechatpay_double() as server:
        yield server


@pytest.fixture
async def provider(double: WechatpayDouble) -> AsyncIterator[WechatpayProvider]:
    one = WechatpayProvider(WechatpayConfig(**there.settings(double)))
    await one.create(payment())
    double.pay(NUMBER)
    double.calls.clear()
    double.now_s = lambda: NOW_S
    yield one
    await one.end()


def told(double: WechatpayDouble, **changed: Any) -> dict[str, Any]:
    return {**double.told(NUMBER), **changed}


async def test_a_payment_is_told(provider: WechatpayProvider, double: WechatpayDouble):
    headers, body = double.notice(PAID, told(double))
    notice = provider.verify(headers, body, now_s=NOW_S)
    assert notice == Notice(
        id="EV-2026113010000500001",
        kind="payment",
        about=NUMBER,
        state="paid",
        amount_minor=5_990,
        currency="CNY",
        ref="4200000001202600000000000001",
        at_ms=PAID_MS,
        delivery=f"{int(NOW_S)}.{headers['Wechatpay-Nonce']}",
    )
    assert provider.acknowledged() == (204, b"")
    assert double.calls == []


async def test_the_same_told_again_is_another_delivery_of_the_same_notice(
    provider: WechatpayProvider, double: WechatpayDouble
):
    first, again = (provider.verify(*double.notice(PAID, told(double)), now_s=NOW_S) for _ in range(2))
    assert first.id == again.id
    assert first.delivery != again.delivery


async def test_names_of_headers_may_have_any_case(provider: WechatpayProvider, double: WechatpayDouble):
    headers, body = double.notice(PAID, told(double))
    lower = {name.lower(): value for name, value in headers.items()}
    assert provider.verify(lower, body, now_s=NOW_S).about == NUMBER


async def test_a_body_with_spaces_is_verified_as_it_came(provider: WechatpayProvider, double: WechatpayDouble):
    def spaced(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, indent=4).replace("\n", "\r\n")

    headers, body = double.notice(PAID, told(double), encode=spaced)
    assert provider.verify(headers, body, now_s=NOW_S).about == NUMBER
    again = json.dumps(json.loads(body)).encode()
    with pytest.raises(NoticeRefused):
        provider.verify(headers, again, now_s=NOW_S)


async def test_the_total_counts_not_what_the_buyer_paid_of_it(provider: WechatpayProvider, double: WechatpayDouble):
    amount = {"total": 5_990, "payer_total": 4_990, "currency": "CNY", "payer_currency": "CNY"}
    assert provider.verify(*double.notice(PAID, told(double, amount=amount)), now_s=NOW_S).amount_minor == 5_990


@pytest.mark.parametrize("amount", [{"total": 1, "currency": "CNY"}, {"total": 5_990, "currency": "USD"}])
async def test_another_amount_or_currency_is_passed_on_as_it_is_signed(
    provider: WechatpayProvider, double: WechatpayDouble, amount: dict[str, Any]
):
    notice = provider.verify(*double.notice(PAID, told(double, amount=amount)), now_s=NOW_S)
    assert (notice.amount_minor, notice.currency) == (amount["total"], amount["currency"])


@pytest.mark.parametrize(
    ("event", "status", "state"),
    [
        ("REFUND.SUCCESS", "SUCCESS", "paid"),
        ("REFUND.ABNORMAL", "ABNORMAL", "failed"),
        ("REFUND.CLOSED", "CLOSED", "failed"),
    ],
)
async def test_a_refund_is_told(
    provider: WechatpayProvider, double: WechatpayDouble, event: str, status: str, state: str
):
    double.now_s = time.time
    await provider.refund(refund())
    double.now_s = lambda: NOW_S
    headers, body = double.notice(event, double.settle(REFUND, status))
    notice = provider.verify(headers, body, now_s=NOW_S)
    assert (notice.kind, notice.about, notice.state) == ("refund", REFUND, state)
    assert (notice.amount_minor, notice.currency, notice.ref) == (847, "CNY", f"50300000{0:020}")


async def test_what_does_not_concern_us_is_acknowledged(provider: WechatpayProvider, double: WechatpayDouble):
    notice = provider.verify(*double.notice("COUPON.USE", {"stock_id": "1"}), now_s=NOW_S)
    assert (notice.kind, notice.about) == ("other", "")


# --- forged, old, or of somebody else ---


def refused(provider: WechatpayProvider, double: WechatpayDouble, headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(NoticeRefused) as raised:
        provider.verify(headers, body, now_s=NOW_S)
    assert (raised.value.status, raised.value.code) == (401, 4062)
    assert double.calls == []


@pytest.mark.parametrize("age_s", [301, 86_400, -301])
async def test_an_old_notice_is_refused_and_one_of_five_minutes_taken(
    provider: WechatpayProvider, double: WechatpayDouble, age_s: int
):
    double.age_s = age_s
    refused(provider, double, *double.notice(PAID, told(double)))
    double.age_s = 300 if age_s > 0 else -300
    assert provider.verify(*double.notice(PAID, told(double)), now_s=NOW_S).state == "paid"


@pytest.mark.parametrize(
    "missing",
    [
        "Wechatpay-Timestamp",
        "Wechatpay-Nonce",
        "Wechatpay-Serial",
        "Wechatpay-Signature",
        "Wechatpay-Signature-Type",
    ],
)
async def test_a_notice_without_one_of_its_headers_is_refused(
    provider: WechatpayProvider, double: WechatpayDouble, missing: str
):
    headers, body = double.notice(PAID, told(double))
    refused(provider, double, {name: value for name, value in headers.items() if name != missing}, body)
    refused(provider, double, {**headers, missing: ""}, body)


@pytest.mark.parametrize(
    "serial",
    [
        CERTIFICATE_SERIAL,
        "PUB_KEY_ID_0000000000000000000000000000000000",
        "PUB_KEY_ID_",
        "zz",
        "0x",
        "-1",
        "1" * 5_000,
        "\u0661",
        "' OR 1=1",
    ],
)
async def test_a_notice_under_another_serial_is_refused(
    provider: WechatpayProvider, double: WechatpayDouble, serial: str
):
    headers, body = double.notice(PAID, told(double))
    refused(provider, double, {**headers, "Wechatpay-Serial": serial}, body)


@pytest.mark.parametrize("kind", ["WECHATPAY2-SM2-SM3", "HMAC-SHA256", "none", "wechatpay2-sha256-rsa2048"])
async def test_a_signature_of_another_kind_is_refused(provider: WechatpayProvider, double: WechatpayDouble, kind: str):
    headers, body = double.notice(PAID, told(double))
    refused(provider, double, {**headers, "Wechatpay-Signature-Type": kind}, body)


@pytest.mark.parametrize(
    "signature",
    [
        "WECHATPAY/SIGNTEST/" + b64encode(bytes(243)).decode(),
        "WECHATPAY/SIGNTEST/" + "A" * 325,
        "not base64!",
        "AA=",
        "AAAA",
        b64encode(bytes(256)).decode(),
        b64encode(bytes(255)).decode(),
        "é" * 344,
    ],
)
async def test_a_false_signature_is_refused(provider: WechatpayProvider, double: WechatpayDouble, signature: str):
    headers, body = double.notice(PAID, told(double))
    refused(provider, double, {**headers, "Wechatpay-Signature": signature}, body)


@pytest.mark.parametrize("stamp", ["", "now", "-1", "1e9", "1796004010.5", "١٧٩٦٠٠٤٠١٠", "9" * 400, "17960040100000"])
async def test_an_odd_timestamp_is_refused(provider: WechatpayProvider, double: WechatpayDouble, stamp: str):
    _, body = double.notice(PAID, told(double))
    nonce = "nonce"
    headers = {**double.headers(body), "Wechatpay-Timestamp": stamp, "Wechatpay-Nonce": nonce}
    refused(provider, double, {**headers, "Wechatpay-Signature": sign("wechatpay", stamp, nonce, body)}, body)


async def test_a_notice_signed_by_somebody_else_is_refused(provider: WechatpayProvider, double: WechatpayDouble):
    double.signer = "somebody else"
    refused(provider, double, *double.notice(PAID, told(double)))


async def test_headers_of_one_notice_do_not_fit_another(provider: WechatpayProvider, double: WechatpayDouble):
    headers, _ = double.notice(PAID, told(double))
    _, body = double.notice(PAID, told(double, out_trade_no="01kb9w4tq2other001"))
    refused(provider, double, headers, body)


async def test_headers_of_other_frameworks_count_for_nothing(provider: WechatpayProvider, double: WechatpayDouble):
    """The library would take these in place of the true ones."""
    good, body = double.notice(PAID, told(double))
    renamed = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in good.items()}
    refused(provider, double, renamed, body)
    forged = {**good, "Wechatpay-Signature": b64encode(bytes(256)).decode()}
    refused(provider, double, {**forged, **renamed}, body)


@pytest.mark.parametrize("changed", [{"mchid": "1900000110"}, {"appid": "wxother"}])
async def test_a_payment_of_another_merchant_or_app_is_refused(
    provider: WechatpayProvider, double: WechatpayDouble, changed: dict[str, str]
):
    refused(provider, double, *double.notice(PAID, told(double, **changed)))


async def test_a_refund_of_another_merchant_is_refused(provider: WechatpayProvider, double: WechatpayDouble):
    resource = {
        "mchid": "1900000110",
        "out_refund_no": REFUND,
        "refund_id": "5",
        "refund_status": "SUCCESS",
        "amount": {"total": 5_990, "refund": 847},
    }
    refused(provider, double, *double.notice("REFUND.SUCCESS", resource))


async def test_what_is_encrypted_under_another_key_is_refused(provider: WechatpayProvider, double: WechatpayDouble):
    refused(provider, double, *double.notice(PAID, told(double), api_v3_key="f" * 32))


SIGNED = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"not json",
    b"\xff\xfe",
    b'{"resource_type": "encrypt-resource"}',
    b'{"resource_type": "encrypt-resource", "resource": []}',
    b'{"resource_type": "encrypt-resource", "resource": {"algorithm": "AES"}}',
    b'{"resource_type": "encrypt-resource", "resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": "", "ciphertext": "AA=="}}',
    b'{"resource_type": "encrypt-resource", "resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": "n", "ciphertext": "!"}}',
    b'{"resource_type": "encrypt-resource", "resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": 1, "ciphertext": 2}}',
    b'{"resource_type": "plain", "resource": {}}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", SIGNED, ids=range(len(SIGNED)))
async def test_a_signed_body_that_is_no_notice_is_refused(
    provider: WechatpayProvider, double: WechatpayDouble, body: bytes
):
    refused(provider, double, double.headers(body), body)


@pytest.mark.parametrize(
    "resource",
    [
        {},
        {"mchid": 1},
        {"amount": None},
        {"amount": {"total": "5990", "currency": "CNY"}},
        {"amount": {"total": 59.9, "currency": "CNY"}},
        {"success_time": "yesterday"},
        {"success_time": "2026-11-30T10:00:05"},
    ],
)
async def test_a_signed_resource_that_is_no_payment_is_refused(
    provider: WechatpayProvider, double: WechatpayDouble, resource: dict[str, Any]
):
    whole = {**double.told(NUMBER), **resource} if resource else {}
    if resource == {"amount": None}:
        assert provider.verify(*double.notice(PAID, whole), now_s=NOW_S).amount_minor is None
        return
    refused(provider, double, *double.notice(PAID, whole))


NAMES = st.sampled_from(
    ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial", "Wechatpay-Signature", "Wechatpay-Signature-Type"]
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changed=st.dictionaries(NAMES, st.text(max_size=400), min_size=1), body=st.none() | st.binary(max_size=400))
async def test_whatever_a_stranger_sends_is_refused(
    provider: WechatpayProvider, double: WechatpayDouble, changed: dict[str, str], body: bytes | None
):
    headers, signed = double.notice(PAID, told(double))
    if all(headers[name] == value for name, value in changed.items()):
        return
    refused(provider, double, {**headers, **changed}, signed if body is None else body)
