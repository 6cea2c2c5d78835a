"""What providers tell: only what is theirs, fresh, new, and of the right sum counts; everything else is answered and
changes nothing."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from commerce.payments.sandbox import signed
from tests.base.served import NOW_S, SECRET
from tests.commerce.payments.till import BUYER, GOOD, ORDER, TOTAL, Shop, notice, scripted, shop

KEY = signed.key_of(SECRET, "notices")
NONCE = "0123456789abcdef"


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Shop]:
    async with shop(database_url) as running:
        yield running


def body(payment: str, **fields: Any) -> bytes:
    said = {
        "id": "n-1", "type": "payment", "payment": payment, "state": "paid", "total_minor": TOTAL,
        "payer_total_minor": TOTAL, "currency": "CNY", "ref": "cap-1", "at_ms": int(NOW_S * 1000),
    }  # fmt: skip
    return json.dumps(said | fields).encode()


def headers(sent: bytes, *, at_s: float = NOW_S, nonce: str = NONCE, key: bytes = KEY) -> dict[str, str]:
    signature = signed.signature(key, sent, at_s=int(at_s), nonce=nonce)
    return {signed.HEADER: signature, "Content-Type": "application/json"}


async def test_a_good_one_pays_and_is_acknowledged(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    sent = body(id_)
    told = await till.told("sandbox", headers(sent), sent)
    assert (told.status, told.body) == (200, {"code": "SUCCESS"})
    assert (await till.payment(id_))["state"] == "paid"
    assert await till.balances() == {"buyer_prepayments": -TOTAL, "clearing:sandbox": TOTAL}
    assert await till.value("SELECT paid_real_ms FROM payments") == int(NOW_S * 1000)


MAC = "0" * 64
GOOD_MAC = signed.signature(KEY, body("p"), at_s=int(NOW_S), nonce=NONCE)


@pytest.mark.parametrize(
    "signature",
    [
        None, "", "v1", "t=,n=,v1=", f"t={int(NOW_S)},n={NONCE},v1={MAC}", f"t={int(NOW_S)},n={NONCE}",
        f"t={int(NOW_S)},v1={MAC}", f"n={NONCE},v1={MAC}", f"t=0x10,n={NONCE},v1={MAC}", f"t=-1,n={NONCE},v1={MAC}",
        f"t=99999999999999999999,n={NONCE},v1={MAC}", f"t=NaN,n={NONCE},v1={MAC}", f"t=1e9,n={NONCE},v1={MAC}",
        f"t={int(NOW_S)},n=,v1={MAC}", f"t={int(NOW_S)},n=Z{NONCE},v1={MAC}", f"t={int(NOW_S)},n={'a' * 65},v1={MAC}",
        f"t={int(NOW_S)},n={NONCE},v1={MAC[1:]}", f"t={int(NOW_S)},n={NONCE},v1={'g' * 64}", f"{GOOD_MAC},v1={MAC}",
        GOOD_MAC.upper(), f" {GOOD_MAC}x", GOOD_MAC.replace("v1", "v2"), "WECHATPAY/SIGNTEST/" + MAC, "PUB_KEY_ID_0112",
        "t=１,n=" + NONCE, "\u00e9\u00ff", "x" * 4_000,
    ],
)  # fmt: skip
async def test_an_odd_signature_or_none_is_refused_with_a_number_and_changes_nothing(
    till: Shop, signature: str | None
) -> None:
    id_ = (await till.begun())["id"]
    before = await till.served.contents()
    sent = {} if signature is None else {signed.HEADER: signature}
    try:
        told = await till.told("sandbox", sent, body(id_))
    except ValueError:
        return  # this client cannot send it
    assert (told.status, told.body["code"], told.body["name"]) == (401, 4062, "notice_refused")
    assert await till.served.contents() == before


@pytest.mark.parametrize(
    "change",
    [
        lambda sent: sent + b" ", lambda sent: sent.replace(b"5990", b"1"), lambda sent: sent.replace(b"CNY", b"USD"),
        lambda sent: json.dumps(json.loads(sent), separators=(",", ":")).encode(), lambda _: b"", lambda _: b"\xff\x00",
        lambda sent: json.dumps(json.loads(sent), sort_keys=True).encode(),
    ],
)  # fmt: skip
async def test_the_signature_is_of_the_bytes_as_they_came(till: Shop, change: Any) -> None:
    id_ = (await till.begun())["id"]
    sent = body(id_)
    told = await till.told("sandbox", headers(sent), change(sent))
    assert (told.status, told.body["code"]) == (401, 4062)
    assert (await till.payment(id_))["state"] == "open"


async def test_spaces_and_the_order_of_fields_are_the_providers_affair(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    fields = json.loads(body(id_))
    sent = json.dumps(dict(reversed(fields.items())), indent=3).encode()
    assert (await till.told("sandbox", headers(sent), sent)).status == 200
    assert (await till.payment(id_))["state"] == "paid"


@pytest.mark.parametrize(
    "odd",
    [
        b"", b"{}", b"[]", b"null", b"1", b"\xff", b"{", b'{"id": "n"}', b"a" * 1_000,
        body("p", extra=1), body("p", total_minor="5990"), body("p", total_minor=59.9), body("p", total_minor=True),
        body("p", state="PAID"), body("p", type="payout"), body("p", total_minor=2**70),
    ],
)  # fmt: skip
async def test_what_is_signed_and_no_notice_is_refused_too(till: Shop, odd: bytes) -> None:
    told = await till.told("sandbox", headers(odd), odd)
    assert (told.status, told.body["code"]) == (401, 4062)


@pytest.mark.parametrize("about", ["", "\0", "x" * 129, "蓝莓", "a\nb"])
async def test_one_about_nothing_that_could_be_ours_is_acknowledged_and_forgotten(till: Shop, about: str) -> None:
    before = await till.served.contents()
    sent = body(about)
    assert (await till.told("sandbox", headers(sent), sent)).status == 200
    assert await till.served.contents() == before


@pytest.mark.parametrize(("ahead_s", "status"), [(-300, 200), (-301, 401), (300, 200), (301, 401), (-86_400, 401)])
async def test_one_may_be_five_minutes_old_or_ahead_and_no_more(till: Shop, ahead_s: int, status: int) -> None:
    id_ = (await till.begun())["id"]
    sent = body(id_)
    assert (await till.told("sandbox", headers(sent, at_s=NOW_S + ahead_s), sent)).status == status
    assert (await till.payment(id_))["state"] == ("paid" if status == 200 else "open")


async def test_one_that_somebody_has_recorded_is_refused_however_soon(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    sent = body(id_)
    recorded = headers(sent)
    assert (await till.told("sandbox", recorded, sent)).status == 200
    before = await till.served.contents()
    again = await till.told("sandbox", recorded, sent)
    assert (again.status, again.body["code"]) == (401, 4062)
    assert await till.served.contents() == before


async def test_one_that_is_told_again_by_the_provider_is_acknowledged_and_changes_nothing(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    sent = body(id_)
    assert (await till.told("sandbox", headers(sent), sent)).status == 200
    before = await till.served.contents()
    for nonce in ("a" * 16, "b" * 16):
        assert (await till.told("sandbox", headers(sent, nonce=nonce), sent)).status == 200
    assert await till.served.contents() == before
    assert len(till.till.heard) == 1


async def test_another_notice_of_the_same_money_changes_nothing_either(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    for notice_id in ("n-1", "n-2"):
        sent = body(id_, id=notice_id)
        assert (await till.told("sandbox", headers(sent), sent)).status == 200
    assert await till.balances() == {"buyer_prepayments": -TOTAL, "clearing:sandbox": TOTAL}
    assert await till.value("SELECT count(*) FROM payment_notices") == 2


async def test_out_of_order_it_was_paid_whatever_comes_afterwards(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    for number, state in enumerate(("closed", "failed", "paid", "closed", "failed")):
        sent = body(id_, id=f"n-{number}", state=state)
        assert (await till.told("sandbox", headers(sent), sent)).status == 200
    assert (await till.payment(id_))["state"] == "paid"


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"total_minor": 1}, "wrong_amount"), ({"total_minor": TOTAL + 1}, "wrong_amount"),
        ({"total_minor": 100 * TOTAL}, "wrong_amount"), ({"currency": "USD"}, "wrong_currency"),
        ({"currency": "cny"}, "wrong_currency"), ({"currency": ""}, "wrong_currency"),
    ],
)  # fmt: skip
async def test_money_of_another_sum_pays_nothing_stops_the_provider_and_shows_to_the_staff(
    till: Shop, wrong: dict[str, Any], kind: str
) -> None:
    id_ = (await till.begun())["id"]
    said = {"total_minor": TOTAL, "currency": "CNY"} | wrong
    for nonce in ("a" * 16, "b" * 16):
        sent = body(id_, **wrong)
        assert (await till.told("sandbox", headers(sent, nonce=nonce), sent)).status == 200
    assert (await till.payment(id_))["state"] == "failed"
    assert till.till.heard == []
    assert await till.findings() == [(kind, said["total_minor"], said["currency"])]


async def test_that_money_stands_in_suspense(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    for number in range(2):
        sent = body(id_, id=f"n-{number}", total_minor=1)
        await till.told("sandbox", headers(sent), sent)
    assert await till.balances() == {"clearing:sandbox": 1, "suspense:sandbox": -1}


async def test_the_right_money_after_the_wrong_pays(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    for sent in (body(id_, total_minor=1), body(id_, id="n-2")):
        assert (await till.told("sandbox", headers(sent), sent)).status == 200
    assert (await till.payment(id_))["state"] == "paid"
    assert await till.balances() == {
        "buyer_prepayments": -TOTAL, "clearing:sandbox": TOTAL + 1, "suspense:sandbox": -1,
    }  # fmt: skip


async def test_a_voucher_of_the_providers_makes_no_difference_to_the_shop(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    sent = body(id_, payer_total_minor=TOTAL - 500)
    assert (await till.told("sandbox", headers(sent), sent)).status == 200
    assert (await till.payment(id_))["state"] == "paid"


async def test_money_of_a_payment_that_nobody_knows_is_found_once_and_stands_in_suspense(till: Shop) -> None:
    for number in range(2):
        sent = body("of-somebody-else", id=f"n-{number}")
        assert (await till.told("sandbox", headers(sent), sent)).status == 200
    assert await till.findings() == [("unknown_payment", TOTAL, "CNY")]
    assert await till.balances() == {"clearing:sandbox": TOTAL, "suspense:sandbox": -TOTAL}


async def test_a_provider_speaks_of_its_own_payments_only(till: Shop) -> None:
    scripted(till)
    id_ = (await till.begun())["id"]
    told = await till.told("till", GOOD, notice(id="n-1", about=id_, amount_minor=TOTAL))
    assert told.status == 200
    assert (await till.payment(id_))["state"] == "open"
    assert await till.findings() == [("unknown_payment", TOTAL, "CNY")]


async def test_a_provider_that_is_not_there_is_not_found(till: Shop) -> None:
    for name in ("wechatpay", "till", "nothing"):
        assert (await till.told(name, GOOD, b"{}")).status == 404


async def test_a_defect_of_a_providers_module_is_a_refusal_and_no_defect_of_the_call(till: Shop) -> None:
    scripted(till)
    told = await till.told("till", GOOD | {"X-Defect": "yes"}, b"{}")
    assert (told.status, told.body["code"]) == (401, 4062)


async def test_one_that_is_too_large_is_not_read(database_url: str) -> None:
    async with shop(database_url, payment_notice_bytes_max=1_024) as till:
        assert (await till.told("sandbox", {}, b"x" * 1_025)).status == 413


async def test_a_return_and_a_notice_at_once_are_one_payment(till: Shop) -> None:
    """The page that asks, the notice, and our own look, a hundred times."""
    for number in range(100):
        till.till.orders[f"o-{number}"] = (BUYER, TOTAL, "CNY")
        id_ = (await till.begun(f"o-{number}"))["id"]
        sent, again = body(id_, id=f"n-{number}"), body(id_, id=f"m-{number}")
        told = await asyncio.gather(
            till.told("sandbox", headers(sent), sent),
            till.told("sandbox", headers(again, nonce="c" * 16), again),
            till.payment(id_),
        )
        assert [each.status for each in told[:2]] == [200, 200]
    assert await till.value("SELECT count(*) FROM ledger_transfers WHERE what = 'captured'") == 100
    assert await till.balances() == {"buyer_prepayments": -100 * TOTAL, "clearing:sandbox": 100 * TOTAL}


async def test_a_chargeback_is_taken_by_the_ledger_even_if_it_is_more_than_was_paid(till: Shop) -> None:
    scripted(till)
    id_ = (await till.begun(provider="till"))["id"]
    paid = notice(id="n-1", about=id_, amount_minor=TOTAL)
    back = notice(id="n-2", kind="chargeback", about=id_, amount_minor=TOTAL + 1_500)
    for sent in (paid, back, back):
        assert (await till.told("till", GOOD, sent)).status == 200
    assert await till.findings() == [("chargeback", TOTAL + 1_500, "CNY")]
    assert await till.balances() == {
        "buyer_prepayments": -TOTAL, "clearing:till": -1_500, "suspense:till": TOTAL + 1_500,
    }  # fmt: skip
    assert (await till.payment(id_))["state"] == "paid"


async def test_two_payments_of_one_order_are_both_money_and_the_second_goes_back(till: Shop) -> None:
    first, second = (await till.begun())["id"], (await till.begun())["id"]
    for number, id_ in enumerate((first, second, first, second)):
        sent = body(id_, id=f"n-{number}", ref=f"cap-{id_}")
        assert (await till.told("sandbox", headers(sent), sent)).status == 200
    assert till.till.paid_by == {ORDER: first}
    rows = await till.database.fetch("SELECT payment, kind, amount_minor, state FROM refunds")
    assert [tuple(row) for row in rows] == [(second, "double", TOTAL, "processing")]


async def test_one_attempt_that_takes_money_twice_is_two_and_the_second_goes_back(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    for number, ref in enumerate(("cap-1", "cap-2", "cap-1", "cap-2")):
        sent = body(id_, id=f"n-{number}", ref=ref)
        assert (await till.told("sandbox", headers(sent), sent)).status == 200
    assert till.till.paid_by == {ORDER: id_}
    rows = await till.database.fetch(
        "SELECT p.ref, r.kind, r.amount_minor FROM refunds r JOIN payments p ON p.id = r.payment"
    )
    assert [tuple(row) for row in rows] == [("cap-2", "double", TOTAL)]
    assert await till.findings() == [("double_payment", TOTAL, "CNY")]


async def test_a_thousand_forgeries_are_refused_in_a_second_or_two(till: Shop) -> None:
    began_s = time.monotonic()
    for _ in range(1_000):
        assert (await till.told("sandbox", {signed.HEADER: f"t={int(NOW_S)},n={NONCE},v1={MAC}"}, b"{}")).status == 401
    assert time.monotonic() - began_s < 30
    assert await till.value("SELECT count(*) FROM payment_notices") == 0
