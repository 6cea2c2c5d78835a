"""Beginning to pay: one attempt under one key, for ever, whatever is lost on the way."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from commerce.payments.errors import PaymentRefused, ProviderAway
from livehub.base.auth import Role
from tests.commerce.payments.till import BUYER, GOOD, ORDER, TOTAL, Shop, notice, scripted, shop

KEY = "the key of a sheet"
KEY = KEY.replace(" ", "-")


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Shop]:
    async with shop(database_url) as running:
        yield running


async def test_an_attempt_tells_where_to_pay_and_for_how_long(till: Shop) -> None:
    begun = await till.begun()
    now_ms = int(till.clock.now_s * 1000)
    assert {name: begun[name] for name in ("order", "provider", "state", "amount_minor", "currency", "how")} == {
        "order": ORDER, "provider": "sandbox", "state": "open", "amount_minor": TOTAL, "currency": "CNY", "how": "url",
    }  # fmt: skip
    assert begun["closes_ts"] == now_ms + 600_000
    assert f"/pay/sandbox/{begun['id']}?k=" in begun["url"]
    assert await till.payment(begun["id"]) == begun


async def test_an_order_may_be_begun_to_be_paid_many_times(till: Shop) -> None:
    ids = {(await till.begun())["id"] for _ in range(3)}
    assert len(ids) == 3
    assert await till.value("SELECT count(*) FROM sandbox_payments WHERE state = 'open'") == 3


async def test_but_not_more_often_than_the_setting_says(database_url: str) -> None:
    async with shop(database_url, payment_attempts_max=2) as till:
        await till.begun(key="the-first-key")
        await till.begun()
        refused = await till.pay()
        assert (refused.status, refused.body["code"], refused.body["limit"]) == (409, 4066, 2)
        assert (await till.pay(key="the-first-key")).status == 201
        assert await till.value("SELECT count(*) FROM payments") == 2


async def test_the_same_key_is_the_same_attempt_for_ever(till: Shop) -> None:
    begun = await till.begun(key=KEY)
    till.clock.now_s += 400 * 86_400
    assert await till.begun(key=KEY) == begun
    assert till.till.opened == [ORDER]


async def test_the_same_key_twice_at_once_is_one_attempt(till: Shop) -> None:
    answers = await asyncio.gather(*(till.pay(key=KEY) for _ in range(20)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert await till.value("SELECT count(*) FROM payments") == 1
    assert await till.value("SELECT count(*) FROM sandbox_payments") == 1


async def test_a_key_is_of_one_order_and_one_way_to_pay(till: Shop) -> None:
    scripted(till)
    till.till.orders["order-2"] = (BUYER, 100, "CNY")
    await till.begun(key=KEY)
    for reused in (await till.pay("order-2", key=KEY), await till.pay(provider="till", key=KEY)):
        assert (reused.status, reused.body["code"]) == (422, 1004)
    assert await till.value("SELECT count(*) FROM payments") == 1


async def test_a_key_is_of_one_person(till: Shop) -> None:
    till.till.orders["order-2"] = ("bo", 100, "CNY")
    mine, theirs = await till.begun(key=KEY), await till.begun("order-2", user="bo", key=KEY)
    assert mine["id"] != theirs["id"]


@pytest.mark.parametrize("key", ["short", "x" * 129, "with a space in it", "schlüssel-der-seite"])
async def test_an_odd_key_begins_nothing(till: Shop, key: str) -> None:
    refused = await till.served.call(
        f"POST /api/orders/{ORDER}/payments", {"provider": "sandbox"}, role=Role.VIEWER, user=BUYER,
        headers={"Idempotency-Key": key.encode("latin-1").decode("latin-1")},
    )  # fmt: skip
    assert (refused.status, refused.body["code"]) == (400, 1000)
    assert await till.value("SELECT count(*) FROM payments") == 0


async def test_nobody_pays_the_order_of_another_or_of_nobody(till: Shop) -> None:
    foreign, none = await till.pay(user="bo"), await till.pay("no-order")
    assert (foreign.status, foreign.body) == (none.status, none.body)
    assert foreign.status == 404
    assert await till.value("SELECT count(*) FROM payments") == 0


async def test_a_payment_of_another_is_not_there_and_staff_who_see_orders_see_it(till: Shop) -> None:
    begun = await till.begun()
    path = f"GET /api/payments/{begun['id']}"
    foreign = await till.served.call(path, role=Role.VIEWER, user="bo")
    none = await till.served.call("GET /api/payments/nothing", role=Role.VIEWER, user="bo")
    assert (foreign.status, foreign.body) == (none.status, none.body)
    assert (none.status, none.body["code"]) == (404, 4060)
    assert (await till.served.call(path, role=Role.CARE)).status == 200


@pytest.mark.parametrize("provider", ["wechatpay", "stripe", "cash"])
async def test_a_way_to_pay_that_is_not_there_is_not_offered(till: Shop, provider: str) -> None:
    refused = await till.pay(provider=provider)
    assert (refused.status, refused.body["code"], refused.body["providers"]) == (422, 4061, ["sandbox"])
    assert (await till.served.done("GET /api/payment-providers")) == {"items": ["sandbox"]}


@pytest.mark.parametrize("body", [{}, {"provider": ""}, {"provider": 1}, {"provider": "sandbox", "amount_minor": 1}])
async def test_the_buyer_says_which_way_and_nothing_else(till: Shop, body: dict[str, Any]) -> None:
    refused = await till.served.call(f"POST /api/orders/{ORDER}/payments", body, role=Role.VIEWER, user=BUYER)
    assert (refused.status, refused.body["code"]) == (400, 1000)


async def test_while_the_provider_is_away_the_same_key_asks_for_the_same_payment_again(till: Shop) -> None:
    provider = scripted(till)
    provider.answers["create"] = [ProviderAway()]
    away = await till.pay(provider="till", key=KEY)
    assert (away.status, away.body["code"], away.body["retry_after_ms"]) == (503, 4063, 1_000)
    begun = await till.begun(provider="till", key=KEY)
    assert provider.calls == [("create", begun["id"])] * 2
    assert till.till.opened == [ORDER]


async def test_a_provider_that_does_not_answer_is_away(database_url: str) -> None:
    async with shop(database_url, payment_provider_s=0.2) as till:
        provider = scripted(till)
        provider.answers["create"] = [asyncio.Event()]
        away = await till.pay(provider="till", key=KEY)
        assert (away.status, away.body["code"]) == (503, 4063)
        assert (await till.begun(provider="till", key=KEY))["state"] == "open"


async def test_what_the_provider_refuses_has_failed_and_another_attempt_may_be_begun(till: Shop) -> None:
    scripted(till).answers["create"] = [PaymentRefused()]
    for _ in range(2):
        refused = await till.pay(provider="till", key=KEY)
        assert (refused.status, refused.body["code"]) == (409, 4065)
    assert await till.value("SELECT array_agg(state) FROM payments") == ["failed"]
    assert (await till.begun())["state"] == "open"


async def test_a_notice_that_comes_before_the_answer_of_the_provider_pays(till: Shop) -> None:
    provider = scripted(till)

    async def notify() -> None:
        (id_,) = provider.booked
        told = await till.told("till", GOOD, notice(id="n-1", about=id_, amount_minor=TOTAL, ref="pi_1"))
        assert told.status == 200

    provider.answers["create"] = [notify]
    begun = await till.begun(provider="till", key=KEY)
    assert (begun["state"], begun["url"]) == ("paid", None)
    assert till.till.paid_by == {ORDER: begun["id"]}
    assert await till.value("SELECT ref FROM payments") == "pi_1"


async def test_what_was_closed_before_the_answer_of_the_provider_is_closed_there_again(till: Shop) -> None:
    provider = scripted(till)

    async def close() -> None:
        assert await till.closing.close_open(ORDER) == "closed"
        (booked,) = provider.booked.values()
        booked.status = type(booked.status)(state="open")  # it had not come so far yet

    provider.answers["create"] = [close]
    over = await till.pay(provider="till", key=KEY)
    assert (over.status, over.body["code"], over.body["state"]) == (409, 4067, "closed")
    assert [booked.status.state for booked in provider.booked.values()] == ["closed"]
    assert (await till.pay(provider="till", key=KEY)).body["code"] == 4067


async def test_what_pays_says_where_it_is_sold_and_how_the_shop_is_reached(till: Shop) -> None:
    provider = scripted(till)
    begun = await till.begun(provider="till")
    new = provider.booked[begun["id"]].new
    port = till.served.client.port
    assert new.here == f"http://127.0.0.1:{port}"
    assert new.notify_url == f"http://127.0.0.1:{port}/api/payments/notices/till"
    assert new.return_url == f"http://127.0.0.1:{port}/orders/{ORDER}"
    assert (new.order, new.amount_minor, new.currency) == (ORDER, TOTAL, "CNY")
    assert new.closes_ms == int(till.clock.now_s * 1000) + 600_000
    assert new.payer.ip == "127.0.0.1"


async def test_the_address_of_the_shop_is_the_one_in_the_settings_whatever_a_client_calls_it(database_url: str) -> None:
    async with shop(database_url, public_url="https://live.example/shop") as till:
        provider = scripted(till)
        await till.served.call(
            f"POST /api/orders/{ORDER}/payments", {"provider": "till"}, role=Role.VIEWER, user=BUYER,
            headers={"Host": "evil.example", "User-Agent": "MicroMessenger Mobile"},
        )  # fmt: skip
        (booked,) = provider.booked.values()
        assert booked.new.notify_url == "https://live.example/shop/api/payments/notices/till"
        assert booked.new.here == f"http://127.0.0.1:{till.served.client.port}"
        assert (booked.new.payer.is_wechat, booked.new.payer.is_phone) == (True, True)
