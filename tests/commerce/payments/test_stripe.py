"""Payments and refunds at Stripe: once whatever is lost on the way, ended by a call, counted as Stripe counts."""

import logging
import time
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from commerce.payments.errors import PaymentRefused, ProviderAway
from commerce.payments.provider import Attempt, BillRow, Created, NewPayment, NewRefund, Payer, RefundStatus, Status
from commerce.payments.stripe.amounts import NotThere, from_stripe, to_stripe
from commerce.payments.stripe.provider import StripeProvider
from commerce.payments.stripe.settings import StripeConfig
from livehub.base.money import EXPONENTS
from tests.commerce.payments.stripe_double import StripeDouble, settings, stripe_double

NUMBER, REFUND = "01kb9w4tq2abcdefgh", "01kb9w4tq2refund01"
SESSION, INTENT = f"cs_test_{0:024}", f"pi_{0:024}"
PAID_MS = 1_796_004_005_000
CLOSES_MS = (int(time.time()) + 12 * 3_600) * 1000  # the tests may come long after this is read


@pytest.fixture
async def double() -> AsyncIterator[StripeDouble]:
    async with stripe_double() as server:
        yield server


@pytest.fixture
async def provider(double: StripeDouble) -> AsyncIterator[StripeProvider]:
    one = StripeProvider(StripeConfig(**settings(double)))
    yield one
    await one.end()


def payment(**changed: Any) -> NewPayment:
    given: dict[str, Any] = {
        "id": NUMBER,
        "order": "01kb9w4tq2order001",
        "amount_minor": 5_990,
        "currency": "EUR",
        "description": "3 baskets",
        "closes_ms": CLOSES_MS,
        "notify_url": "https://live.example/api/payments/notices/stripe",
        "return_url": "https://live.example/orders/1",
        "payer": Payer(ip="::1", language="zh-CN,zh;q=0.9"),
    }
    return NewPayment(**{**given, **changed})


def attempt(ref: str | None = SESSION) -> Attempt:
    return Attempt(id=NUMBER, order="o", provider="stripe", amount_minor=5_990, currency="EUR", ref=ref)


def refund(**changed: Any) -> NewRefund:
    given: dict[str, Any] = {
        "id": REFUND,
        "payment": NUMBER,
        "payment_ref": INTENT,
        "amount_minor": 847,
        "total_minor": 5_990,
        "currency": "EUR",
        "reason": "bruised",
    }
    return NewRefund(**{**given, **changed})


# --- payments ---


async def test_a_payment_is_a_page_of_stripes(provider: StripeProvider, double: StripeDouble):
    assert await provider.create(payment()) == Created(
        how="url", url=f"https://checkout.stripe.com/c/pay/{SESSION}", ref=SESSION
    )
    [asked] = double.asked
    ends_s = int(asked.pop("expires_at"))
    assert CLOSES_MS // 1000 + 1_800 <= ends_s <= CLOSES_MS // 1000 + 1_920
    assert asked == {
        "mode": "payment",
        "client_reference_id": NUMBER,
        "line_items": {
            "0": {
                "quantity": "1",
                "price_data": {"currency": "eur", "unit_amount": "5990", "product_data": {"name": "3 baskets"}},
            }
        },
        "metadata": {"payment": NUMBER, "order": "01kb9w4tq2order001"},
        "payment_intent_data": {"metadata": {"payment": NUMBER, "order": "01kb9w4tq2order001"}},
        "success_url": "https://live.example/orders/1",
        "cancel_url": "https://live.example/orders/1",
        "locale": "zh",
    }


async def test_an_answer_that_was_lost_is_asked_for_again(provider: StripeProvider, double: StripeDouble):
    double.loses = {"POST /v1/checkout/sessions"}
    with pytest.raises(ProviderAway):
        await provider.create(payment())
    assert (await provider.create(payment())).ref == SESSION
    assert list(double.sessions) == [SESSION]


async def test_the_same_payment_otherwise_is_not_made_twice(provider: StripeProvider, double: StripeDouble):
    await provider.create(payment())
    with pytest.raises(ProviderAway):
        await provider.create(payment(return_url="https://other.example/"))
    assert list(double.sessions) == [SESSION]


async def test_what_stripe_does_not_take_is_refused(provider: StripeProvider, double: StripeDouble):
    with pytest.raises(PaymentRefused) as refused:
        await provider.create(payment(amount_minor=1))
    assert refused.value.details == {"reason": "amount_too_small"}
    assert double.sessions == {}


async def test_it_is_open_then_paid(provider: StripeProvider, double: StripeDouble):
    await provider.create(payment())
    assert await provider.query(attempt()) == Status(state="open", amount_minor=5_990, currency="EUR", ref=SESSION)
    double.pay(SESSION)
    paid = Status(state="paid", amount_minor=5_990, currency="EUR", ref=INTENT, paid_at_ms=PAID_MS)
    assert await provider.query(attempt()) == paid
    assert await provider.query(attempt(INTENT)) == paid
    assert await provider.close(attempt()) == paid
    assert await provider.close(attempt(INTENT)) == paid


async def test_money_that_takes_its_time_is_open(provider: StripeProvider, double: StripeDouble):
    await provider.create(payment())
    double.pay(SESSION, is_delayed=True)
    assert (await provider.query(attempt())).state == "open"
    assert (await provider.close(attempt())).state == "open"


async def test_it_is_ended_by_a_call_and_again(provider: StripeProvider, double: StripeDouble):
    await provider.create(payment())
    closed = Status(state="closed", amount_minor=5_990, currency="EUR", ref=SESSION)
    assert await provider.close(attempt()) == closed
    assert double.sessions[SESSION]["status"] == "expired"
    assert await provider.close(attempt()) == closed
    assert await provider.query(attempt()) == closed


async def test_a_payment_whose_page_nobody_was_told_is_closed(provider: StripeProvider, double: StripeDouble):
    assert await provider.query(attempt(None)) == Status(state="unknown")
    assert await provider.close(attempt(None)) == Status(state="closed")
    assert double.calls == []


async def test_a_session_that_is_not_there_is_unknown(provider: StripeProvider):
    assert await provider.query(attempt("cs_test_nothing")) == Status(state="unknown")
    assert await provider.query(attempt("pi_nothing")) == Status(state="unknown")


# --- amounts ---


@pytest.mark.parametrize(
    ("minor", "currency", "there"),
    [
        (5_990, "CNY", 5_990),
        (500, "JPY", 500),
        (500, "KRW", 500),
        (1_250, "KWD", 1_250),
        (500, "ISK", 50_000),
        (500, "UGX", 50_000),
        (500, "MGA", 5),
    ],
)
def test_amounts_are_as_stripe_counts_them(minor: int, currency: str, there: int):
    assert to_stripe(minor, currency) == there
    assert from_stripe(there, currency.lower()) == {"amount_minor": minor, "currency": currency}


@pytest.mark.parametrize(("minor", "currency"), [(1_251, "KWD"), (501, "MGA"), (1, "XXX"), (1, "cny")])
def test_what_cannot_be_paid_there_is_told(minor: int, currency: str):
    with pytest.raises(NotThere):
        to_stripe(minor, currency)


def test_every_currency_comes_back_as_it_went():
    for currency in EXPONENTS:
        assert from_stripe(to_stripe(12_300, currency), currency) == {"amount_minor": 12_300, "currency": currency}


async def test_a_currency_that_cannot_be_paid_there_is_refused_unasked(provider: StripeProvider, double: StripeDouble):
    with pytest.raises(PaymentRefused):
        await provider.create(payment(amount_minor=1_251, currency="KWD"))
    assert double.calls == []


# --- refunds ---


async def test_a_refund_is_made_once(provider: StripeProvider, double: StripeDouble):
    await provider.create(payment())
    double.pay(SESSION)
    assert await provider.query_refund(refund()) == RefundStatus(state="unknown")
    double.loses = {"POST /v1/refunds"}
    with pytest.raises(ProviderAway):
        await provider.refund(refund())
    paid = RefundStatus(state="paid", ref=f"re_{0:024}")
    assert await provider.refund(refund()) == paid
    double.forget_answers()  # a day later, its key is forgotten
    assert await provider.refund(refund()) == paid
    assert await provider.query_refund(refund()) == paid
    assert [each["amount"] for each in double.refunds.values()] == [847]


async def test_a_refund_is_found_among_many(provider: StripeProvider, double: StripeDouble):
    await provider.create(payment())
    double.pay(SESSION)
    for count in range(10):
        await provider.refund(refund(id=f"refund{count}", amount_minor=1))
    double.forget_answers()
    assert (await provider.refund(refund(id="refund0", amount_minor=1))).ref == f"re_{0:024}"
    assert len(double.refunds) == 10


@pytest.mark.parametrize("status", ["failed", "canceled"])
async def test_a_refund_that_failed_is_tried_again(provider: StripeProvider, double: StripeDouble, status: str):
    await provider.create(payment())
    double.pay(SESSION)
    double.refund_status = "pending"
    assert (await provider.refund(refund())).state == "processing"
    double.refunds[f"re_{0:024}"] |= {"status": status, "failure_reason": "lost_or_stolen_card"}
    assert await provider.query_refund(refund()) == RefundStatus(
        state="failed", ref=f"re_{0:024}", why="lost_or_stolen_card"
    )
    double.refund_status = "succeeded"
    assert await provider.refund(refund()) == RefundStatus(state="paid", ref=f"re_{1:024}")
    assert await provider.query_refund(refund()) == RefundStatus(state="paid", ref=f"re_{1:024}")


async def test_more_than_there_was_is_not_refunded(provider: StripeProvider, double: StripeDouble):
    await provider.create(payment())
    double.pay(SESSION)
    assert (await provider.refund(refund(amount_minor=5_990))).state == "paid"
    assert await provider.refund(refund(id="another", amount_minor=1)) == RefundStatus(
        state="failed", why="charge_already_refunded"
    )


async def test_a_refund_of_a_payment_known_by_its_session(provider: StripeProvider, double: StripeDouble):
    await provider.create(payment())
    assert await provider.refund(refund(payment_ref=SESSION)) == RefundStatus(state="failed", why="no_payment")
    double.pay(SESSION)
    assert (await provider.refund(refund(payment_ref=SESSION))).state == "paid"


async def test_too_little_money_in_the_account_may_pass(provider: StripeProvider, double: StripeDouble):
    await provider.create(payment())
    double.pay(SESSION)
    double.refuses = {"POST /v1/refunds": (400, "balance_insufficient", "invalid_request_error")}
    for _ in range(2):  # the first answer is kept for a day
        with pytest.raises(ProviderAway):
            await provider.refund(refund())
    double.forget_answers()
    assert (await provider.refund(refund())).state == "paid"


# --- answers that are none ---


@pytest.mark.parametrize(
    "error",
    [
        (500, "", "api_error"),
        (503, "", "api_error"),
        (429, "rate_limit", "invalid_request_error"),
        (401, "", "invalid_request_error"),
        (403, "", "invalid_request_error"),
        (409, "idempotency_key_in_use", "idempotency_error"),
    ],
)
async def test_what_may_pass_is_no_refusal(provider: StripeProvider, double: StripeDouble, error: tuple[int, str, str]):
    calls = (
        lambda: provider.create(payment()),
        lambda: provider.query(attempt()),
        lambda: provider.close(attempt()),
        lambda: provider.refund(refund()),
        lambda: provider.query_refund(refund()),
    )
    for call in calls:
        double.errors = [error, error]
        with pytest.raises(ProviderAway):
            await call()


async def test_who_does_not_answer_in_time_or_oddly_is_away(double: StripeDouble):
    provider = StripeProvider(StripeConfig(**settings(double), payment_provider_s=0.3))
    double.raw = b"<html>"
    with pytest.raises(ProviderAway):
        await provider.query(attempt())
    double.is_slow = True
    with pytest.raises(ProviderAway):
        await provider.query(attempt())
    await provider.end()


async def test_nothing_secret_is_logged(
    provider: StripeProvider, double: StripeDouble, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    await provider.create(payment())
    double.errors = [(401, "", "invalid_request_error")]
    with pytest.raises(ProviderAway):
        await provider.query(attempt())
    ours = [each for each in caplog.records if not each.name.startswith(("aiohttp", "asyncio"))]
    written = "\n".join(f"{each.getMessage()} {vars(each)}" for each in ours)
    assert "stripe.account" in written
    assert "sk_test" not in written
    assert SESSION not in written


# --- bills ---


async def test_a_bill_is_read_in_pages(provider: StripeProvider, double: StripeDouble):
    begins_s = 1_795_910_400  # 2026-11-29T00:00:00Z
    await provider.create(payment(currency="JPY", amount_minor=5_990))
    double.pay(SESSION)
    charge = double.intents[INTENT]["latest_charge"]
    double.entry("charge", charge, created=begins_s - 1)
    double.entry("charge", charge, created=begins_s, fee=36)
    made = {"id": "re_1", "object": "refund", "amount": 847, "currency": "jpy", "metadata": {"refund": REFUND}}
    double.entry("refund", made, created=begins_s + 1)
    strange = {
        "id": "ch_9",
        "object": "charge",
        "amount": 100,
        "currency": "usd",
        "payment_intent": "pi_9",
        "metadata": {},
    }
    double.entry("payment", strange, created=begins_s + 2, fee=3, currency="eur")
    double.entry("payout", {"id": "po_1", "object": "payout", "amount": 9, "currency": "jpy"}, created=begins_s + 3)
    double.entry("charge", charge, created=begins_s + 86_400)
    rows = [row async for row in provider.bill(date(2026, 11, 29))]
    assert rows[::-1] == [
        BillRow(
            kind="payment",
            id=NUMBER,
            ref=INTENT,
            amount_minor=5_990,
            currency="JPY",
            at_ms=begins_s * 1000,
            fee_minor=36,
        ),
        BillRow(
            kind="refund",
            id=REFUND,
            ref="re_1",
            amount_minor=847,
            currency="JPY",
            at_ms=(begins_s + 1) * 1000,
        ),
        BillRow(
            kind="payment",
            id="ch_9",
            ref="pi_9",
            amount_minor=100,
            currency="USD",
            at_ms=(begins_s + 2) * 1000,
        ),
    ]
    assert double.calls.count("GET /v1/balance_transactions") == 2
