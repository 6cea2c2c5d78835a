"""Orders paid at the sandbox, with everything it does wrong: order, ledger and provider agree."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from commerce.payments.sandbox.access import DemoOnly
from livehub.base.config import Settings
from tests.commerce.orders.conftest import crowd, open_server, pytest_asyncio_loop_factories, server, usual_settings
from tests.commerce.orders.counter import Counter
from tests.commerce.sales.shop import new_key
from tests.integration.server import Answer, InProcessServer, eventually
from tests.integration.viewers import Crowd

__all__ = ["crowd", "open_server", "pytest_asyncio_loop_factories", "server", "usual_settings"]


class Anybody:
    """Fills the port DemoOnly: whoever calls is at this machine."""

    def check(self, request: web.Request) -> None:
        del request


@pytest.fixture
def settings(usual_settings: Settings) -> Settings:
    return usual_settings.replace(
        payment_providers="sandbox", payment_poll_s=0.05, order_closing_look_s=0.05, order_closing_retry_s=0.05,
        order_closing_s=1,
    )  # fmt: skip


@pytest.fixture
async def counter(server: InProcessServer, crowd: Crowd) -> Counter:
    server.application.context.provide(DemoOnly, Anybody())
    return await Counter.opened(server, crowd)


async def an_order(counter: Counter) -> Any:
    return await counter.order(lines=[{"product": "honey", "qty": 2}])


async def begun(counter: Counter, order: Any) -> str:
    path, headers = f"/api/orders/{order['id']}/payments", {"Idempotency-Key": new_key()}
    answer = await counter.server.call("POST", path, {"provider": "sandbox"}, by=counter.mei, headers=headers)
    assert answer.status == 201, answer
    return str(answer.body["id"])


async def press(counter: Counter, payment: str, action: str, **body: Any) -> None:
    answer = await counter.server.call("POST", f"/api/sandbox/payments/{payment}/{action}", body)
    assert answer.status == 200, answer


async def all_is_over(counter: Counter) -> None:
    """Nothing is to be told, and no money is on its way back."""

    async def is_so() -> bool:
        (row,) = await counter.rows(
            "SELECT (SELECT count(*) FROM sandbox_notices WHERE told_ms IS NULL) AS untold, "
            "(SELECT count(*) FROM refunds WHERE state IN ('approval', 'processing')) AS unpaid"
        )
        return not any(row.values())

    await eventually(is_so)


async def agree(counter: Counter) -> None:
    """What the ledger says the provider has of ours is what the provider says it has, in every currency."""
    ledger = await counter.rows(
        "SELECT t.currency, sum(e.amount_minor)::bigint AS n FROM ledger_entries e "
        "JOIN ledger_transfers t ON t.id = e.transfer WHERE e.account = 'clearing:sandbox' GROUP BY 1"
    )
    books = await counter.rows(
        "SELECT currency, sum(n)::bigint AS n FROM (SELECT currency, amount_minor AS n FROM sandbox_captures UNION ALL "
        "SELECT currency, -amount_minor FROM sandbox_refunds WHERE state = 'paid') AS moved GROUP BY 1"
    )
    assert {row["currency"]: row["n"] for row in ledger} == {row["currency"]: row["n"] for row in books}
    assert sum((await counter.ledger()).values()) == 0


@pytest.mark.parametrize("notify", ["once", "twice"])
@pytest.mark.parametrize("action", ["pay", "pay_with_voucher", "pay_twice"])
async def test_paid_in_whatever_way_it_is_paid_once(counter: Counter, action: str, notify: str) -> None:
    order = await an_order(counter)
    payment = await begun(counter, order)
    await press(counter, payment, action, notify=notify)
    await counter.until(order, "paid")
    await all_is_over(counter)
    await agree(counter)
    assert await counter.stock() == (100, 0, 2)
    assert await counter.transfers("sold") == 1
    twice = [("double", order["total_minor"], "paid")] if action == "pay_twice" else []
    assert await counter.refunds() == twice


@pytest.mark.parametrize("action", ["pay_wrong_amount", "pay_wrong_currency", "decline"])
async def test_what_is_no_payment_leaves_the_order_to_be_paid(counter: Counter, action: str) -> None:
    order = await an_order(counter)
    await press(counter, await begun(counter, order), action)
    await all_is_over(counter)
    assert (await counter.look(order))["state"] == "unpaid"
    assert await counter.stock() == (100, 2, 0)  # woocommerce PR#66303: it can be paid for until its time is over
    await agree(counter)
    await press(counter, await begun(counter, order), "pay")
    await counter.until(order, "paid")
    await all_is_over(counter)
    await agree(counter)
    assert await counter.refunds() == []


async def test_two_attempts_that_are_both_paid_at_once_are_one_paid_order_and_one_refund(counter: Counter) -> None:
    order = await an_order(counter)
    payments = [await begun(counter, order) for _ in range(2)]
    await asyncio.gather(*(press(counter, payment, "pay", notify="twice") for payment in payments))
    await counter.until(order, "paid")
    await all_is_over(counter)
    await agree(counter)
    assert await counter.refunds() == [("double", order["total_minor"], "paid")]
    assert await counter.stock() == (100, 0, 2)


async def test_money_after_the_cancellation_claims_the_goods_again_if_they_are_there(counter: Counter) -> None:
    order = await an_order(counter)
    payment = await begun(counter, order)
    assert (await counter.cancel(order)).status == 200
    await press(counter, payment, "pay", notify="twice")
    await counter.until(order, "paid")
    await all_is_over(counter)
    await agree(counter)
    assert await counter.refunds() == []
    assert await counter.stock() == (100, 0, 2)


async def test_and_goes_back_once_if_they_are_not(counter: Counter) -> None:
    order = await an_order(counter)
    payment = await begun(counter, order)
    assert (await counter.cancel(order)).status == 200
    bo = counter.server.person("bo")
    await counter.order(by=bo, lines=[{"product": "honey", "qty": 99}])
    await press(counter, payment, "pay", notify="twice")

    async def is_back() -> bool:
        return await counter.refunds() == [("late", order["total_minor"], "paid")]

    await eventually(is_back)
    await all_is_over(counter)
    await agree(counter)
    assert (await counter.look(order))["state"] == "cancelled"


async def test_when_its_time_is_over_the_attempt_is_closed_at_the_provider_and_the_goods_are_free(
    counter: Counter,
) -> None:
    order = await an_order(counter)
    payment = await begun(counter, order)
    await counter.is_out_of_time(order)
    await counter.until(order, "cancelled")
    rows = await counter.rows("SELECT state FROM sandbox_payments WHERE id = $1", payment)
    assert rows == [{"state": "closed"}]

    async def is_free() -> bool:
        return await counter.stock() == (100, 0, 0)

    await eventually(is_free)


async def test_paid_there_and_never_told_the_end_of_its_time_finds_it_paid(counter: Counter) -> None:
    order = await an_order(counter)
    payment = await begun(counter, order)
    await press(counter, payment, "pay", notify="none")
    await counter.is_out_of_time(order)
    await counter.until(order, "paid")
    await agree(counter)
    assert await counter.stock() == (100, 0, 2)


@pytest.mark.parametrize("way", ["later", "fail"])
async def test_a_late_refund_that_takes_its_time_or_fails_at_first_arrives_once(counter: Counter, way: str) -> None:
    order = await an_order(counter)
    first, second = await begun(counter, order), await begun(counter, order)
    await press(counter, second, f"refunds_{way}")
    await press(counter, first, "pay")
    await counter.until(order, "paid")
    await press(counter, second, "pay")
    state = "processing" if way == "later" else "failed"

    async def is_so() -> bool:
        return await counter.refunds() == [("double", order["total_minor"], state)]

    await eventually(is_so)
    if way == "fail":
        rows = await counter.rows("SELECT kind FROM payment_findings")
        assert rows == [{"kind": "refund_failed"}]
        return

    async def is_accepted() -> bool:
        return await counter.rows("SELECT is_accepted FROM refunds") == [{"is_accepted": True}]

    await eventually(is_accepted)
    await press(counter, second, "refund_paid", notify="twice")
    await all_is_over(counter)
    await agree(counter)
    assert await counter.transfers("refund_paid") == 1


async def test_a_key_of_another_call_is_none_of_a_payment_and_the_other_way_round(counter: Counter):
    of_order, of_payment = new_key(), new_key()
    lines = [{"product": "honey", "qty": 2}]
    order = (await counter.ask(key=of_order, lines=lines)).body
    path = f"/api/orders/{order['id']}/payments"

    async def paid_under(key: str) -> Answer:
        headers = {"Idempotency-Key": key}
        return await counter.server.call("POST", path, {"provider": "sandbox"}, by=counter.mei, headers=headers)

    refused = await paid_under(of_order)
    assert (refused.status, refused.body["code"]) == (422, 1004)
    assert await counter.rows("SELECT id FROM payments") == []
    first = await paid_under(of_payment)
    assert (first.status, (await paid_under(of_payment)).body["id"]) == (201, first.body["id"])
    refused = await counter.ask(key=of_payment, lines=lines)
    assert (refused.status, refused.body["code"]) == (422, 1004)
    assert await counter.stock() == (100, 2, 0)
