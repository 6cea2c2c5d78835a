"""The sandbox against the shop: pays, tells over HTTP until it is acknowledged, pays back, and misbehaves as it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from commerce.payments import refunding
from commerce.payments.providers import Providers
from commerce.payments.refund_rows import RefundRow
from commerce.payments.sandbox.telling import Telling
from livehub.base.auth import Role
from livehub.base.db import Transaction
from tests.commerce.payments.till import BUYER, ORDER, TOTAL, Shop, shop
from tests.integration.server import eventually


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Shop]:
    async with shop(database_url, has_jobs=True) as running:
        yield running


async def becomes(till: Shop, id_: str, state: str) -> None:
    async def holds() -> bool:
        return bool((await till.payment(id_))["state"] == state)

    await eventually(holds)


async def all_told(till: Shop) -> None:
    async def holds() -> bool:
        return bool(await till.value("SELECT count(*) = 0 FROM sandbox_notices WHERE told_ms IS NULL"))

    await eventually(holds)


async def test_paying_there_pays_here(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    await till.pressed(id_, "pay")
    await becomes(till, id_, "paid")
    assert till.till.paid_by == {ORDER: id_}
    assert await till.balances() == {"buyer_prepayments": -TOTAL, "clearing:sandbox": TOTAL}


@pytest.mark.parametrize(("action", "state"), [("decline", "failed"), ("close", "closed")])
async def test_not_paying_there_ends_the_attempt_here(till: Shop, action: str, state: str) -> None:
    id_ = (await till.begun())["id"]
    await till.pressed(id_, action)
    await becomes(till, id_, state)
    assert (await till.begun())["state"] == "open"


async def test_told_twice_it_is_paid_once(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    await till.pressed(id_, "pay", notify="twice")
    await all_told(till)
    assert await till.value("SELECT count(*) FROM sandbox_notices") == 2
    assert await till.balances() == {"buyer_prepayments": -TOTAL, "clearing:sandbox": TOTAL}


async def test_told_never_it_is_asked_about(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    await till.pressed(id_, "pay", notify="none")
    till.clock.now_s += 5
    await becomes(till, id_, "paid")
    assert await till.value("SELECT count(*) FROM sandbox_notices") == 0


async def test_charged_twice_the_second_money_goes_back_by_itself(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    await till.pressed(id_, "pay_twice", notify="twice")
    await all_told(till)

    async def is_back() -> bool:
        return bool(await till.value("SELECT bool_and(state = 'paid') FROM refunds"))

    await eventually(is_back)
    assert await till.value("SELECT sum(amount_minor)::int FROM sandbox_captures") == 2 * TOTAL
    assert await till.value("SELECT sum(amount_minor)::int FROM sandbox_refunds WHERE state = 'paid'") == TOTAL
    assert till.till.paid_by == {ORDER: id_}


@pytest.mark.parametrize(
    ("action", "finding"),
    [("pay_wrong_amount", ("wrong_amount", 1, "CNY")), ("pay_wrong_currency", ("wrong_currency", TOTAL, "USD"))],
)
async def test_wrong_money_pays_nothing(till: Shop, action: str, finding: tuple[str, int, str]) -> None:
    id_ = (await till.begun())["id"]
    await till.pressed(id_, action, notify="twice")
    await all_told(till)
    assert (await till.payment(id_))["state"] == "failed"
    assert await till.findings() == [finding]
    assert till.till.heard == []


async def test_a_voucher_of_the_providers_pays_in_full(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    await till.pressed(id_, "pay_with_voucher")
    await becomes(till, id_, "paid")


async def test_pay_after_close_is_late_money(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    assert await till.closing.close_open(ORDER) == "closed"
    await till.pressed(id_, "pay")
    await becomes(till, id_, "paid")


async def test_a_payment_is_paid_once_there_too(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    answers = await asyncio.gather(*(till.press(id_, "pay") for _ in range(10)))
    assert sorted(answer.status for answer in answers) == [200, *[409] * 9]
    assert {answer.body["code"] for answer in answers if answer.status == 409} == {4067}
    assert await till.value("SELECT count(*) FROM sandbox_captures") == 1


@pytest.mark.parametrize("body", [{"delay_ms": -1}, {"delay_ms": 1.5}, {"notify": "thrice"}, {"x": 1}, {"key": "ü"}])
async def test_an_odd_press_is_refused(till: Shop, body: dict[str, Any]) -> None:
    id_ = (await till.begun())["id"]
    assert (await till.press(id_, "pay", **body)).status == 400
    assert (await till.press(id_, "burn")).status == 404
    assert (await till.press("nothing", "pay")).status == 404
    assert await till.value("SELECT state FROM sandbox_payments") == "open"


# --- who may ---


async def test_without_a_demo_only_the_buyer_presses_and_only_a_buyers_buttons(database_url: str) -> None:
    async with shop(database_url, is_demo=False) as till:
        begun = await till.begun()
        press = f"POST /api/sandbox/payments/{begun['id']}"
        key = begun["url"].partition("?k=")[2]
        before = await till.served.contents()
        for role, user, given in (
            (None, None, ""),
            (Role.VIEWER, "bo", ""),
            (Role.OPS, "ops", ""),
            (None, None, key[::-1]),
        ):
            refused = await till.served.call(f"{press}/pay", {"key": given}, role=role, user=user)
            assert (refused.status, refused.body["code"]) == (404, 4060)
        for action in ("pay_twice", "pay_wrong_amount", "pay_wrong_currency", "refunds_fail", "refund_paid"):
            refused = await till.served.call(f"{press}/{action}", {"key": key}, role=Role.VIEWER, user=BUYER)
            assert (refused.status, refused.body["code"]) == (404, 4060)
        assert await till.served.contents() == before
        paid = await till.served.call(f"{press}/pay", {"key": key, "notify": "none"}, role=None)
        assert (paid.status, paid.body["state"]) == (200, "paid")
        assert await till.value("SELECT count(*) FROM sandbox_notices") == 1  # how it is told is no affair of theirs


async def test_a_buyer_who_is_signed_in_needs_no_key_and_pays_nothing_that_is_over(database_url: str) -> None:
    async with shop(database_url, is_demo=False) as till:
        begun = await till.begun()
        assert await till.closing.close_open(ORDER) == "closed"
        press = f"POST /api/sandbox/payments/{begun['id']}/pay"
        over = await till.served.call(press, {}, role=Role.VIEWER, user=BUYER)
        assert (over.status, over.body["code"], over.body["state"]) == (409, 4067, "closed")
        assert await till.value("SELECT count(*) FROM sandbox_captures") == 0


async def test_in_a_demo_whoever_comes_from_elsewhere_is_nobody_special(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    for headers in ({"X-Forwarded-For": "192.0.2.1"}, {"Host": "rebound.example"}, {"Origin": "https://evil.example"}):
        refused = await till.served.call(f"POST /api/sandbox/payments/{id_}/pay", {}, role=None, headers=headers)
        assert (refused.status, refused.body["code"]) == (404, 4060)


async def test_where_it_is_not_offered_it_is_not_there(database_url: str) -> None:
    async with shop(database_url, payment_providers="") as till:
        assert (await till.pay()).body["code"] == 4061
        assert (await till.press("nothing", "pay")).body["code"] == 4060
        assert (await till.told("sandbox", {}, b"{}")).status == 404
        assert (await till.served.call("GET /pay/sandbox/nothing", role=None)).status == 404


# --- refunds ---


async def refunded(till: Shop, way: str, *, amount_minor: int = 392) -> RefundRow:
    """A refund of a paid order, where refunds are answered so."""
    id_ = (await till.begun())["id"]
    await till.pressed(id_, "pay")
    await becomes(till, id_, "paid")
    await till.pressed(id_, f"refunds_{way}")

    async def begin(tx: Transaction) -> RefundRow:
        return await refunding.begin(
            tx, order=ORDER, payment=id_, kind="lines", key="case-1", amount_minor=amount_minor, reason="bad fruit",
            by="care", needs_approval=False, now_ms=1,
        )  # fmt: skip

    return await till.served.application.database.run(begin)


async def refund_is(till: Shop, state: str) -> None:
    async def holds() -> bool:
        return bool(await till.value("SELECT state FROM refunds") == state)

    await eventually(holds)


@pytest.mark.parametrize(("way", "state"), [("now", "paid"), ("fail", "failed")])
async def test_a_refund_is_answered_at_once(till: Shop, way: str, state: str) -> None:
    await refunded(till, way)
    await refund_is(till, state)


@pytest.mark.parametrize("state", ["paid", "failed"])
async def test_one_that_stays_in_progress_ends_by_a_notice(till: Shop, state: str) -> None:
    row = await refunded(till, "later")

    async def is_accepted() -> bool:
        return bool(await till.value("SELECT is_accepted FROM refunds"))

    await eventually(is_accepted)
    await till.pressed(row.payment, f"refund_{state}", notify="twice")
    await refund_is(till, state)
    await all_told(till)
    assert [each for _, each in till.till.refunds] == [state]


async def test_one_that_stays_in_progress_ends_by_asking_too(till: Shop) -> None:
    row = await refunded(till, "later")

    async def is_accepted() -> bool:
        return bool(await till.value("SELECT is_accepted FROM refunds"))

    await eventually(is_accepted)
    await till.pressed(row.payment, "refund_paid", notify="none")
    till.clock.now_s += 10
    await refund_is(till, "paid")


async def test_it_pays_back_what_it_has_and_no_more(till: Shop) -> None:
    row = await refunded(till, "now", amount_minor=TOTAL)
    await refund_is(till, "paid")
    provider = till.served.application.get(Providers).get("sandbox")
    from commerce.payments.asking import new_refund  # noqa: PLC0415

    again = await provider.refund(new_refund(row))
    assert again.state == "paid"
    assert await till.value("SELECT count(*) FROM sandbox_refunds") == 1


async def test_its_bill_has_what_came_and_what_went(till: Shop) -> None:
    await refunded(till, "now")
    await refund_is(till, "paid")
    provider = till.served.application.get(Providers).get("sandbox")
    today = datetime.fromtimestamp(till.clock.now_s, UTC).date()
    rows = [row async for row in provider.bill(today)]
    said = {(row.kind, row.amount_minor, row.currency) for row in rows}
    assert said == {("payment", TOTAL, "CNY"), ("refund", 392, "CNY")}
    assert len(rows) == 2
    assert [row async for row in provider.bill(date(2020, 1, 1))] == []


# --- telling ---


@asynccontextmanager
async def listener(statuses: list[int]) -> AsyncIterator[tuple[str, list[tuple[float, str, bytes]]]]:
    """A shop that answers with these, one after the other; its address, and what it was told."""
    told: list[tuple[float, str, bytes]] = []

    async def take(request: web.Request) -> web.Response:
        told.append((0.0, request.headers["Sandbox-Signature"], await request.read()))
        return web.Response(status=statuses.pop(0) if statuses else 200)

    app = web.Application()
    app.router.add_post("/n", take)
    async with TestServer(app) as server:
        yield str(server.make_url("/n")), told


async def test_what_is_not_acknowledged_is_told_again_on_the_ladder_until_it_is(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    async with listener([500, 401, 302, 204, 200]) as (url, told):
        await till.database.execute("UPDATE sandbox_payments SET notify_url = $1", url)
        await till.pressed(id_, "pay")
        due_ms = []
        for number in range(1, 6):

            async def is_told(number: int = number) -> bool:
                query = "SELECT tries FROM sandbox_notices WHERE last_status IS NOT NULL"
                return len(told) == number and await till.value(query) == number

            await eventually(is_told)
            await asyncio.sleep(0)
            due_ms.append(await till.value("SELECT due_ms FROM sandbox_notices") - int(till.clock.now_s * 1000))
            till.clock.now_s += due_ms[-1] / 1000
        assert due_ms == [150, 150, 300, 1_800, 6_000]
        await all_told(till)
        till.clock.now_s += 86_400
        await asyncio.sleep(0.2)
        assert len(told) == 5
        assert len({body for _, _, body in told}) == 1
        assert len({signature for _, signature, _ in told}) == 5


async def test_what_a_process_did_not_come_to_tell_another_one_does(database_url: str) -> None:
    async with shop(database_url) as till:  # without the role JOBS
        id_ = (await till.begun())["id"]
        await till.pressed(id_, "pay", notify="twice")
        assert await till.value("SELECT count(*) FROM sandbox_notices WHERE told_ms IS NULL") == 2
        port = till.served.client.port
    async with shop(database_url, has_jobs=True) as till:
        url = f"http://127.0.0.1:{till.served.client.port}/api/payments/notices/sandbox"
        assert port != till.served.client.port
        await till.database.execute("UPDATE sandbox_notices SET notify_url = $1", url)
        await all_told(till)
        assert (await till.payment(id_))["state"] == "paid"


async def test_a_notice_is_on_its_way_from_one_process_only(till: Shop) -> None:
    assert till.served.application.context.find(Telling) is None
    ids = []
    for number in range(30):
        till.till.orders[f"o-{number}"] = (BUYER, TOTAL, "CNY")
        ids.append((await till.begun(f"o-{number}"))["id"])
    await asyncio.gather(*(till.pressed(id_, "pay") for id_ in ids))
    await all_told(till)
    assert await till.value("SELECT max(tries) FROM sandbox_notices") == 1
    assert len(till.till.heard) == 30


async def test_a_payment_that_pays_itself_may_be_told_of_before_it_is_opened(database_url: str) -> None:
    given: dict[str, Any] = {"sandbox_pays_at_once": True, "sandbox_answers_after_s": 0.5}
    async with shop(database_url, has_jobs=True, **given) as till:
        begun = await till.begun()
        assert begun["state"] == "paid"
        assert await till.value("SELECT count(*) FROM sandbox_captures") == 1
