"""An event of Stripe counts if it is signed under the endpoint's secret, over the bytes as they came, lately, and is of our
kind of account. Whatever else anybody sends is 401 with a number."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce.payments.errors import NoticeRefused
from commerce.payments.provider import Notice
from commerce.payments.stripe.provider import StripeProvider
from commerce.payments.stripe.settings import StripeConfig
from livehub import app
from livehub.base.config import ConfigError
from tests.commerce.payments.stripe_double import StripeDouble, settings, signature

NOW_S = 1_796_004_010.0
NUMBER, REFUND = "01kb9w4tq2abcdefgh", "01kb9w4tq2refund01"
DOUBLE = StripeDouble()
PROVIDER = StripeProvider(StripeConfig(**{**settings(DOUBLE), "stripe_url": "http://127.0.0.1:9"}))
SESSION: dict[str, Any] = {
    "id": "cs_test_1",
    "object": "checkout.session",
    "status": "complete",
    "payment_status": "paid",
    "client_reference_id": NUMBER,
    "payment_intent": "pi_1",
    "amount_total": 5_990,
    "currency": "eur",
}


def read(kind: str, object_: dict[str, Any], **changed: Any) -> Notice:
    headers, body = DOUBLE.event(kind, object_, now_s=NOW_S, **changed)
    return PROVIDER.verify(headers, body, now_s=NOW_S)


def refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(NoticeRefused) as raised:
        PROVIDER.verify(headers, body, now_s=NOW_S)
    assert (raised.value.status, raised.value.code) == (401, 4062)


def test_a_payment_is_told():
    notice = read("checkout.session.completed", SESSION)
    assert notice == Notice(
        id="evt_1",
        kind="payment",
        about=NUMBER,
        state="paid",
        amount_minor=5_990,
        currency="EUR",
        ref="pi_1",
        at_ms=1_796_004_005_000,
        delivery=notice.delivery,
    )
    assert notice.delivery.startswith("1796004010.")
    assert PROVIDER.acknowledged() == (200, b"")


@pytest.mark.parametrize(
    ("kind", "changed", "state"),
    [
        ("checkout.session.completed", {"payment_status": "unpaid"}, "unknown"),
        ("checkout.session.async_payment_succeeded", {}, "paid"),
        ("checkout.session.async_payment_failed", {"payment_status": "unpaid"}, "failed"),
        ("checkout.session.expired", {"payment_status": "unpaid", "status": "expired"}, "closed"),
    ],
)
def test_what_became_of_a_payment_is_told(kind: str, changed: dict[str, str], state: str):
    assert read(kind, {**SESSION, **changed}).state == state


def test_amounts_of_currencies_without_minor_units_are_as_they_are():
    notice = read("checkout.session.completed", {**SESSION, "amount_total": 599_000, "currency": "isk"})
    assert (notice.amount_minor, notice.currency) == (5_990, "ISK")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("succeeded", "paid"),
        ("pending", "processing"),
        ("failed", "failed"),
        ("canceled", "failed"),
        ("new", "unknown"),
    ],
)
@pytest.mark.parametrize("kind", ["refund.updated", "refund.failed", "refund.created", "charge.refund.updated"])
def test_a_refund_is_told(kind: str, status: str, state: str):
    refund = {"id": "re_1", "amount": 847, "currency": "eur", "status": status, "metadata": {"refund": REFUND}}
    notice = read(kind, refund)
    assert (notice.kind, notice.about, notice.state, notice.ref) == ("refund", REFUND, state, "re_1")
    assert (notice.amount_minor, notice.currency) == (847, "EUR")


@pytest.mark.parametrize(("event", "kind"), [("withdrawn", "chargeback"), ("reinstated", "reinstated")])
def test_money_that_a_bank_took_back_or_gave_back_is_told(event: str, kind: str):
    notice = read(
        f"charge.dispute.funds_{event}", {"id": "dp_1", "amount": 9_990, "currency": "eur", "payment_intent": "pi_1"}
    )
    assert (notice.kind, notice.about, notice.dispute, notice.ref) == (kind, "dp_1", "dp_1", "pi_1")
    assert (notice.amount_minor, notice.currency) == (9_990, "EUR")


@pytest.mark.parametrize(
    ("kind", "object_"),
    [
        ("customer.created", {"id": "cus_1"}),
        ("checkout.session.completed", {**SESSION, "client_reference_id": None}),
        ("refund.updated", {"id": "re_1", "amount": 1, "currency": "eur", "status": "succeeded", "metadata": {}}),
    ],
)
def test_what_does_not_concern_us_is_acknowledged(kind: str, object_: dict[str, Any]):
    assert read(kind, object_).kind == "other"


@pytest.mark.parametrize("age_s", [301, 86_400, -301])
def test_an_old_event_is_refused_and_one_of_five_minutes_taken(age_s: int):
    refused(*DOUBLE.event("checkout.session.completed", SESSION, now_s=NOW_S - age_s))
    edge_s = 300 if age_s > 0 else -300
    headers, body = DOUBLE.event("checkout.session.completed", SESSION, now_s=NOW_S - edge_s)
    assert PROVIDER.verify(headers, body, now_s=NOW_S).state == "paid"


def test_a_body_is_verified_as_it_came():
    headers, body = DOUBLE.event("checkout.session.completed", SESSION, now_s=NOW_S)
    refused(headers, json.dumps(json.loads(body)).encode())
    refused(headers, body + b" ")


def test_one_good_signature_of_several_is_enough_while_a_secret_is_replaced():
    headers, body = DOUBLE.event("checkout.session.completed", SESSION, now_s=NOW_S)
    stamp, _, good = headers["Stripe-Signature"].partition(",")
    both = {"stripe-signature": f"{stamp},v1={'0' * 64},{good},v0=ab"}
    assert PROVIDER.verify(both, body, now_s=NOW_S).state == "paid"


def test_an_event_of_another_kind_of_account_is_refused():
    refused(*DOUBLE.event("checkout.session.completed", SESSION, now_s=NOW_S, livemode=True))


def header_of(body: bytes, text: str) -> str:
    good = signature(body, now_s=NOW_S)
    return text.replace("GOOD", good.partition("v1=")[2]).replace("STAMP", str(int(NOW_S)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GOOD",
        "t=STAMP",
        "v1=GOOD",
        "t=,v1=GOOD",
        "t=STAMP,v0=GOOD",
        "t=STAMP,t=STAMP,v1=GOOD",
        "t=-STAMP,v1=GOOD",
        "t=STAMP.0,v1=GOOD",
        "t=٣,v1=GOOD",
        "t=STAMP,v1=é",
        "t=STAMP,v1=",
        "t=" + "9" * 400 + ",v1=GOOD",
        "t=STAMP,v1=" + "0" * 5_000,
    ],
)
def test_an_odd_header_is_refused(text: str):
    _, body = DOUBLE.event("checkout.session.completed", SESSION, now_s=NOW_S)
    refused({"Stripe-Signature": header_of(body, text)}, body)


def test_no_header_is_refused():
    _, body = DOUBLE.event("checkout.session.completed", SESSION, now_s=NOW_S)
    refused({}, body)


def test_another_secret_is_refused():
    _, body = DOUBLE.event("checkout.session.completed", SESSION, now_s=NOW_S)
    refused({"Stripe-Signature": signature(body, now_s=NOW_S, secret="whsec_other")}, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"id":"evt_1","type":"checkout.session.completed","created":1,"livemode":false,"data":{"object":[]}}',
        b'{"id":"evt_1","type":"refund.updated","created":1,"livemode":false,"data":{"object":{"id":1}}}',
    ],
    ids=range(8),
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes):
    refused({"Stripe-Signature": signature(body, now_s=NOW_S)}, body)


@given(header=st.text(max_size=300), body=st.binary(max_size=300))
def test_whatever_a_stranger_sends_is_refused(header: str, body: bytes):
    refused({"Stripe-Signature": header}, body)


# --- settings ---


def test_an_account_is_set_up_whole_or_refused():
    for environ, fault in (
        (
            {"LIVEHUB_STRIPE_SECRET_KEY": "sk_test_x"},
            "LIVEHUB_STRIPE_WEBHOOK_SECRET: is needed where LIVEHUB_STRIPE_SECRET_KEY is set",
        ),
        (
            {"LIVEHUB_STRIPE_SECRET_KEY": "pk_test_x"},
            "LIVEHUB_STRIPE_SECRET_KEY: must be sk_live_..., sk_test_..., or the same with rk_",
        ),
    ):
        with pytest.raises(ConfigError) as raised:
            app.settings(environ)
        assert raised.value.faults == (fault,)
