"""A shop that takes Stripe: from the buyer's tap to the money, and what banks take back."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.commerce.payments.stripe_double import StripeDouble, settings, stripe_double
from tests.commerce.payments.till import ORDER, TOTAL, Shop, shop


@pytest.fixture
async def double() -> AsyncIterator[StripeDouble]:
    async with stripe_double() as server:
        yield server


@pytest.fixture
async def till(database_url: str, double: StripeDouble) -> AsyncIterator[Shop]:
    given = {**settings(double), "payment_providers": "stripe", "public_url": "https://live.example"}
    async with shop(database_url, without=("wechatpay",), **given) as running:
        running.clock.now_s = time.time()
        yield running


async def paid(till: Shop, double: StripeDouble) -> tuple[str, dict[str, Any]]:
    payment = await till.begun(provider="stripe")
    [session] = double.sessions
    assert payment["url"] == f"https://checkout.stripe.com/c/pay/{session}"
    done = double.pay(session)
    headers, body = double.event("checkout.session.completed", done, now_s=till.clock.now_s)
    answer = await till.told("stripe", headers, body)
    assert (answer.status, answer.raw) == (200, b"")
    return str(payment["id"]), done


async def test_a_buyer_pays(till: Shop, double: StripeDouble):
    payment, session = await paid(till, double)
    assert (await till.payment(payment))["state"] == "paid"
    assert await till.value("SELECT ref FROM payments") == session["payment_intent"]
    assert await till.balances() == {"buyer_prepayments": -TOTAL, "clearing:stripe": TOTAL}


async def test_a_recorded_event_is_refused(till: Shop, double: StripeDouble):
    await till.begun(provider="stripe")
    [session] = double.sessions
    headers, body = double.event("checkout.session.completed", double.pay(session), now_s=till.clock.now_s)
    assert (await till.told("stripe", headers, body)).status == 200
    again = await till.told("stripe", headers, body)
    assert (again.status, again.body["code"]) == (401, 4062)


async def test_a_hold_that_ends_ends_the_session(till: Shop, double: StripeDouble):
    await till.begun(provider="stripe")
    assert await till.closing.close_open(ORDER) == "closed"
    assert [session["status"] for session in double.sessions.values()] == ["expired"]


async def test_what_a_bank_takes_back_is_seen_with_its_payment(till: Shop, double: StripeDouble):
    payment, session = await paid(till, double)
    dispute = {"id": "dp_1", "amount": TOTAL + 1_500, "currency": "cny", "payment_intent": session["payment_intent"]}
    headers, body = double.event("charge.dispute.funds_withdrawn", dispute, id_="evt_2", now_s=till.clock.now_s)
    assert (await till.told("stripe", headers, body)).status == 200
    assert await till.findings() == [("chargeback", TOTAL + 1_500, "CNY")]
    assert await till.value("SELECT payment FROM payment_findings") == payment


async def test_what_a_bank_gives_back_is_with_its_payment_again(till: Shop, double: StripeDouble):
    payment, session = await paid(till, double)
    dispute = {"id": "dp_1", "amount": TOTAL, "currency": "cny", "payment_intent": session["payment_intent"]}
    for number, kind in enumerate(("withdrawn", "reinstated", "withdrawn", "reinstated")):  # two events of each
        event, id_ = f"charge.dispute.funds_{kind}", f"evt_{number + 2}"
        headers, body = double.event(event, dispute, id_=id_, now_s=till.clock.now_s)
        assert (await till.told("stripe", headers, body)).status == 200
    assert sorted(await till.findings()) == [("chargeback", TOTAL, "CNY"), ("chargeback_won", TOTAL, "CNY")]
    assert {row["payment"] for row in await till.database.fetch("SELECT payment FROM payment_findings")} == {payment}
    assert await till.balances() == {"buyer_prepayments": -TOTAL, "clearing:stripe": TOTAL, "suspense:stripe": 0}
    assert await till.value("SELECT charged_back_minor FROM payments") == 0
