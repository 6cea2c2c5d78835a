"""Orders that are paid at the sandbox, refunded and cancelled: stock, ledger, orders and provider agree in the end."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from commerce.payments.providers import Providers
from commerce.payments.sandbox.acting import Action
from commerce.payments.sandbox.books import Press
from commerce.payments.sandbox.module import Sandbox
from commerce.reconciliation.reconcile import Looked, reconcile
from livehub.base.auth import Role
from tests.commerce.orders.counter import Counter
from tests.commerce.sales.shop import new_key
from tests.integration.server import Answer, eventually

HONEY = [{"product": "honey", "qty": 2}]


async def pay(counter: Counter, order: Any, action: Action = "pay") -> str:
    """Pay an order at the sandbox; the payment's id."""
    made = await counter.server.call(
        "POST", f"/api/orders/{order['id']}/payments", {"provider": "sandbox"}, by=counter.mei,
        headers={"Idempotency-Key": new_key()},
    )  # fmt: skip
    assert made.status == 201, made
    books = counter.server.application.get(Sandbox)._books
    await books.pressed(Press(payment=made.body["id"], action=action, notify="once"))
    await counter.until(order, "paid")
    return str(made.body["id"])


async def refund(counter: Counter, order: Any, *units: int, **more: Any) -> Answer:
    care = counter.server.person("care-1", role=Role.CARE.value, is_fresh=True)
    body = {"lines": [{"line": order["lines"][0]["id"], "units": list(units)}], "reason": "bruised"} | more
    return await counter.server.call("POST", f"/api/orders/{order['id']}/refunds", body, by=care)


async def settled(counter: Counter) -> None:
    async def is_so() -> bool:
        refunds = await counter.rows("SELECT true FROM refunds WHERE state <> 'paid'")
        owed = await counter.rows("SELECT true FROM order_stock_returns WHERE NOT is_done")
        return not (refunds or owed)

    await eventually(is_so)


async def looked(counter: Counter) -> Looked:
    context = counter.server.application.context
    return await reconcile(
        context.database, context.get(Providers), ZoneInfo("Asia/Shanghai"), day=None, now_s=context.clock.real_s(),
        again_s=0.5,
    )  # fmt: skip


async def test_a_refund_with_restock_then_a_cancellation_leave_the_stock_as_it_was(counter: Counter):
    # S1: PrestaShop#35460, #16869; S2: woocommerce#22489, #27504
    order = await counter.order(lines=HONEY)
    await pay(counter, order)
    assert await counter.stock() == (100, 0, 2)
    assert (await refund(counter, order, 0, restock=True)).status == 201
    await settled(counter)
    assert await counter.stock() == (101, 0, 2)  # 99 are free
    assert (await refund(counter, order, 1, restock=True)).status == 201
    await settled(counter)
    assert await counter.stock() == (102, 0, 2)  # 100 are free, as before
    assert (await counter.look(order))["state"] == "cancelled"
    for _ in range(2):
        assert (await counter.cancel(order)).body["state"] == "cancelled"
        assert (await refund(counter, order, 1, restock=True)).status == 422
    await settled(counter)
    assert await counter.stock() == (102, 0, 2)
    found = await counter.look(order)
    assert (found["paid_minor"], found["refunded_minor"]) == (13_600, 13_600)
    assert found["lines"][0]["refunded_units"] == [0, 1]
    assert [(each["kind"], each["state"]) for each in found["refunds"]] == [("lines", "paid"), ("lines", "paid")]
    assert await counter.ledger() == {}
    assert await looked(counter) == Looked(differences=[], away=[])


@pytest.mark.parametrize("action", ["pay", "pay_twice"])
async def test_orders_ledger_stock_and_provider_agree_after_partial_refunds(counter: Counter, action: Action):
    order = await counter.order(lines=HONEY)
    await pay(counter, order, action)
    assert (await refund(counter, order, 1, restock=False)).body["amount_minor"] == 6_800
    await settled(counter)
    assert (await counter.ledger())["revenue:goods"] == -6_800
    assert await looked(counter) == Looked(differences=[], away=[])


async def test_what_the_provider_alone_knows_of_is_a_difference(counter: Counter):
    order = await counter.order(lines=HONEY)
    payment = await pay(counter, order)
    await counter.rows("UPDATE sandbox_captures SET amount_minor = 1 WHERE payment = $1 RETURNING ref", payment)
    (found,) = (await looked(counter)).differences
    assert f"has payment {payment} of 1 CNY, and we have 13600 CNY" in str(found)


async def test_a_refund_that_the_provider_has_not_is_told_also_when_business_time_is_ahead(counter: Counter):
    order = await counter.order(lines=HONEY)
    await pay(counter, order)
    made = await refund(counter, order, 0)
    await settled(counter)
    id_, ahead_ms = made.body["id"], 3 * 86_400_000
    await counter.rows("UPDATE refunds SET paid_ms = paid_ms + $2 WHERE id = $1 RETURNING id", id_, ahead_ms)
    assert (await looked(counter)).differences == []
    await counter.rows("DELETE FROM sandbox_refunds WHERE id = $1 RETURNING id", id_)
    (told,) = (await looked(counter)).differences
    assert f"refund {id_} of 6800 CNY is paid here, and sandbox has none" in told.what
