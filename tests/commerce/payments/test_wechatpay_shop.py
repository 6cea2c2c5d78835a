"""A shop that takes WeChat Pay: from the buyer's tap to the money, and what strangers get at the address for notices."""

import time
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from commerce.payments.bills.fetching import Bills
from commerce.payments.errors import TooManyRefunds
from commerce.payments.refunding import begin, retry
from livehub.base.auth import Role
from tests.base.served import NOW_S
from tests.commerce.payments.test_asking import asking_of
from tests.commerce.payments.till import BUYER, ORDER, TOTAL, Shop, shop
from tests.commerce.payments.wechatpay_double import (
    APP_ID,
    CERTIFICATE_SERIAL,
    WechatpayDouble,
    bill_of,
    settings,
    wechatpay_double,
)

PUBLIC_URL = "https://live.example"
PHONE = "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36"
IN_WECHAT = f"{PHONE} MicroMessenger/8.0.50"
PATH = "POST /api/payments/notices/wechatpay"


@pytest.fixture
async def double() -> AsyncIterator[WechatpayDouble]:
    async with wechatpay_double() as server:
        yield server


@pytest.fixture
async def till(database_url: str, double: WechatpayDouble) -> AsyncIterator[Shop]:
    given = {**settings(double), "payment_providers": "wechatpay", "public_url": PUBLIC_URL}
    async with shop(database_url, without=("stripe",), **given) as running:
        running.clock.now_s = time.time()  # the library signs by real time
        double.now_s = running.clock
        yield running


async def begun(till: Shop, agent: str = "Mozilla/5.0 (X11; Linux)") -> dict[str, Any]:
    answer = await till.served.call(
        f"POST /api/orders/{ORDER}/payments",
        {"provider": "wechatpay"},
        role=Role.VIEWER,
        user=BUYER,
        headers={"User-Agent": agent},
    )
    assert answer.status == 201, answer
    return dict(answer.body)


async def told(till: Shop, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
    answer = await till.served.call(PATH, raw=body, role=None, headers=headers)
    return answer.status, answer.body and answer.body["code"]


@pytest.mark.parametrize(("agent", "how"), [("Mozilla/5.0 (X11; Linux)", "qr"), (PHONE, "url")])
async def test_a_buyer_pays(till: Shop, double: WechatpayDouble, agent: str, how: str):
    payment = await begun(till, agent)
    assert payment["how"] == how
    [asked] = double.asked
    assert asked["notify_url"] == f"{PUBLIC_URL}/api/payments/notices/wechatpay"
    double.pay(payment["id"])
    assert await told(till, *double.notice("TRANSACTION.SUCCESS", double.told(payment["id"]))) == (204, None)
    assert (await till.payment(payment["id"]))["state"] == "paid"
    assert await till.balances() == {"buyer_prepayments": -TOTAL, "clearing:wechatpay": TOTAL}


async def test_a_buyer_inside_wechat_pays_by_its_bridge_once_they_signed_in_by_it(till: Shop, double: WechatpayDouble):
    answer = await till.served.call(
        f"POST /api/orders/{ORDER}/payments",
        {"provider": "wechatpay"},
        role=Role.VIEWER,
        user=BUYER,
        headers={"User-Agent": IN_WECHAT},
    )
    assert (answer.status, answer.body["code"], answer.body["reason"]) == (409, 4065, "sign_in_by_wechat")
    assert double.calls == []
    await till.database.execute(
        "INSERT INTO people (id, name, role, created_ts, seen_ts) VALUES ($1, 'Mei', 'viewer', 1, 1)", BUYER
    )
    await till.database.execute(
        "INSERT INTO identities (kind, subject, person, verified_ts, used_ts, data) VALUES ('wechat', $1, $2, 1, 1, '{}')",
        f"o-buyer@{APP_ID}", BUYER,
    )  # fmt: skip
    payment = await begun(till, IN_WECHAT)
    assert payment["how"] == "jsapi"
    assert payment["params"]["package"] == f"prepay_id=wx30100000{payment['id']}"
    assert double.asked[0]["payer"] == {"openid": "o-buyer"}


@pytest.mark.parametrize("changed", [{"total": 1, "currency": "CNY"}, {"total": TOTAL, "currency": "USD"}])
async def test_another_sum_pays_nothing_is_acknowledged_and_seen_by_staff(
    till: Shop, double: WechatpayDouble, changed: dict[str, Any]
):
    payment = await begun(till)
    double.pay(payment["id"], amount=changed)
    assert await told(till, *double.notice("TRANSACTION.SUCCESS", double.told(payment["id"]))) == (204, None)
    assert (await till.payment(payment["id"]))["state"] == "failed"
    assert await till.balances() == {"clearing:wechatpay": changed["total"], "suspense:wechatpay": -changed["total"]}
    kind = "wrong_amount" if changed["total"] == 1 else "wrong_currency"
    assert await till.findings() == [(kind, changed["total"], changed["currency"])]


async def test_what_is_recorded_and_sent_again_is_refused(till: Shop, double: WechatpayDouble):
    payment = await begun(till)
    double.pay(payment["id"])
    recorded = double.notice("TRANSACTION.SUCCESS", double.told(payment["id"]))
    assert (await told(till, *recorded))[0] == 204
    before = await till.served.contents()
    assert await told(till, *recorded) == (401, 4062)
    again = double.notice("TRANSACTION.SUCCESS", double.told(payment["id"]))
    assert (await told(till, *again))[0] == 204  # WeChat's own, told again
    till.clock.now_s += 301
    assert await told(till, *again) == (401, 4062)
    assert await till.served.contents() == before


def without(name: str) -> Any:
    return lambda headers: {key: value for key, value in headers.items() if key != name}


def with_(name: str, value: str) -> Any:
    return lambda headers: {**headers, name: value}


@pytest.mark.parametrize(
    "change",
    [
        with_("Wechatpay-Serial", CERTIFICATE_SERIAL),
        with_("Wechatpay-Serial", "PUB_KEY_ID_0000000000000000000000000000000000"),
        with_("Wechatpay-Serial", "zz"),
        without("Wechatpay-Serial"),
        without("Wechatpay-Signature"),
        without("Wechatpay-Signature-Type"),
        with_("Wechatpay-Signature-Type", "none"),
        with_("Wechatpay-Signature", "not base64"),
        with_("Wechatpay-Signature", "WECHATPAY/SIGNTEST/" + "A" * 325),
        with_("Wechatpay-Timestamp", "1"),
        with_("Wechatpay-Timestamp", "x"),
    ],
)
async def test_a_forged_notice_is_refused_with_a_number_changes_nothing_and_calls_nobody(
    till: Shop, double: WechatpayDouble, change: Any
):
    payment = await begun(till)
    double.pay(payment["id"])
    double.calls.clear()
    headers, body = double.notice("TRANSACTION.SUCCESS", double.told(payment["id"]))
    before = await till.served.contents()
    assert await told(till, change(headers), body) == (401, 4062)
    assert await till.served.contents() == before
    assert double.calls == []


async def test_a_notice_of_a_payment_that_is_not_ours_is_acknowledged_and_seen_by_staff(
    till: Shop, double: WechatpayDouble
):
    payment = await begun(till)
    double.pay(payment["id"])
    other = {**double.told(payment["id"]), "out_trade_no": "another-shop-1"}
    assert (await told(till, *double.notice("TRANSACTION.SUCCESS", other)))[0] == 204
    assert await till.findings() == [("unknown_payment", TOTAL, "CNY")]


async def test_a_hold_that_ends_closes_the_order_at_wechat(till: Shop, double: WechatpayDouble):
    payment = await begun(till)
    assert await till.closing.close_open(ORDER) == "closed"
    assert double.orders[payment["id"]]["trade_state"] == "CLOSED"


async def test_a_hold_that_ends_while_it_is_paid_is_paid(till: Shop, double: WechatpayDouble):
    payment = await begun(till)
    double.pay(payment["id"])
    assert await till.closing.close_open(ORDER) == "paid"
    assert [each.payment for each in till.till.heard] == [payment["id"]]


async def refunded(till: Shop, double: WechatpayDouble) -> str:
    """A refund of ¥8.47 that has begun."""
    payment = await begun(till)
    double.pay(payment["id"])
    assert await till.closing.close_open(ORDER) == "paid"
    async with till.served.application.database.transaction() as tx:
        row = await begin(
            tx, order=ORDER, payment=payment["id"], kind="lines", key="k", amount_minor=847, reason="坏果", by=None,
            needs_approval=False, now_ms=int(NOW_S * 1000),
        )  # fmt: skip
    return row.id


async def test_a_refund_is_asked_for_and_told(till: Shop, double: WechatpayDouble):
    refund = await refunded(till, double)
    await asking_of(till).ask_about_refunds()
    assert double.asked[-1]["notify_url"] == f"{PUBLIC_URL}/api/payments/notices/wechatpay"
    assert double.refunds[refund]["amount"]["refund"] == 847
    assert await till.value("SELECT state FROM refunds") == "processing"
    done = double.settle(refund, "SUCCESS")
    assert (await told(till, *double.notice("REFUND.SUCCESS", done)))[0] == 204
    assert await till.value("SELECT state FROM refunds") == "paid"
    assert till.till.refunds == [(refund, "paid")]


async def test_a_refund_that_fails_is_seen_and_tried_again_under_its_number(till: Shop, double: WechatpayDouble):
    refund = await refunded(till, double)
    await asking_of(till).ask_about_refunds()
    failed = double.settle(refund, "ABNORMAL")
    assert (await told(till, *double.notice("REFUND.ABNORMAL", failed)))[0] == 204
    assert await till.value("SELECT state FROM refunds") == "failed"
    assert [kind for kind, *_ in await till.findings()] == ["refund_failed"]
    async with till.served.application.database.transaction() as tx:
        await retry(tx, refund, now_ms=int(NOW_S * 1000))
    double.settle(refund, "SUCCESS")
    await asking_of(till).ask_about_refunds()
    assert await till.value("SELECT state FROM refunds") == "paid"
    assert list(double.refunds) == [refund]


async def test_while_wechat_is_away_a_refund_waits(till: Shop, double: WechatpayDouble):
    refund = await refunded(till, double)
    for error in ((500, "SYSTEM_ERROR"), (429, "FREQUENCY_LIMITED"), (403, "NOT_ENOUGH")):
        double.errors = [error]
        await till.database.execute("UPDATE refunds SET next_try_real_ms = 0")
        await asking_of(till).ask_about_refunds()
        assert await till.value("SELECT state FROM refunds") == "processing"
    await till.database.execute("UPDATE refunds SET next_try_real_ms = 0")
    double.refund_status = "SUCCESS"
    await asking_of(till).ask_about_refunds()
    assert await till.value("SELECT state FROM refunds") == "paid"
    assert list(double.refunds) == [refund]


async def test_the_bill_of_the_day_agrees(till: Shop, double: WechatpayDouble):
    payment = await begun(till)
    double.pay(payment["id"])
    double.bills["2026-11-29"] = bill_of(
        {"商户订单号": payment["id"]}, {"商户订单号": "another-shop-1", "订单金额": "0.01"}
    )
    fetched = await till.served.application.get(Bills).fetch("wechatpay", date(2026, 11, 29))
    assert (fetched.rows, fetched.findings) == (2, 1)
    assert (await till.payment(payment["id"]))["state"] == "paid"  # no notice had come
    assert await till.findings() == [("bill", 1, "CNY")]


async def test_a_payment_is_refunded_in_50_parts_and_no_more(till: Shop, double: WechatpayDouble):
    payment = await begun(till)
    double.pay(payment["id"])
    assert await till.closing.close_open(ORDER) == "paid"

    async def refund(part: int) -> None:
        async with till.served.application.database.transaction() as tx:
            await begin(
                tx, order=ORDER, payment=payment["id"], kind="lines", key=f"part-{part}", amount_minor=1, reason="坏果",
                by=None, needs_approval=False, now_ms=int(NOW_S * 1000),
            )  # fmt: skip

    for part in range(50):
        await refund(part)
    with pytest.raises(TooManyRefunds) as refused:
        await refund(50)
    assert (refused.value.status, refused.value.details) == (409, {"limit": 50})
    assert await till.value("SELECT count(*) FROM refunds") == 50
    assert await till.value("SELECT refunding_minor FROM payments") == 50
