"""An order without money is undone as if it had never been; one with money left is refunded."""

import asyncio
from typing import Any

from commerce.reconciliation.books import differences
from tests.commerce.orders.counter import Counter
from tests.commerce.orders.test_money import HONEY, settled, slot_of
from tests.integration.server import Person


async def free_order(counter: Counter, *, lines: Any = HONEY, **fields: Any) -> tuple[Any, str]:
    """An order that a coupon pays for, and the coupon."""
    coupon = await counter.coupon(amount_minor=1_000_000)
    order = await counter.order(lines=lines, coupon=coupon, **fields)
    assert (order["state"], order["total_minor"]) == ("paid", 0)
    return order, coupon


async def moved(counter: Counter, order: Any, *states: str) -> None:
    for state in states:
        body = {"state": state, "version": (await counter.look(order))["version"]}
        await counter.server.do("POST", f"/api/orders/{order['id']}/moves", body, by=counter.server.ops)


async def cancelled(counter: Counter, order: Any, *, by: Person, code: int | None = None, **body: Any) -> None:
    before = await counter.shop.contents() | {"ledger": [str(await counter.ledger())]}
    answer = await counter.server.call("POST", f"/api/orders/{order['id']}/cancel", body, by=by)
    if code is None:
        assert (answer.status, answer.body["state"]) == (200, "cancelled"), answer
        await settled(counter)
    else:
        assert answer.body["code"] == code, answer
        assert await counter.shop.contents() | {"ledger": [str(await counter.ledger())]} == before


async def agree(counter: Counter) -> None:
    assert await differences(counter.server.application.database, most=10) == []


async def test_its_buyer_undoes_an_order_that_cost_nothing(counter: Counter):
    slot = await slot_of(counter, fee_minor=0)
    order, coupon = await free_order(counter, slot=slot)
    assert await counter.wallet() == {coupon: "used"}
    await cancelled(counter, order, by=counter.mei)
    await cancelled(counter, order, by=counter.mei)  # again: it stays so

    found = await counter.look(order)
    assert (found["cancel_reason"], found["timeline"][-1]["state"]) == ("buyer", "cancelled")
    assert await counter.wallet() == {coupon: "claimed"}
    on_hand, held, sold = await counter.stock()
    assert (on_hand - sold, held) == (100, 0)
    window = await counter.rows("SELECT units - sold AS left FROM stock_resources WHERE id = $1", f"slot:{slot}")
    assert window == [{"left": 3}]
    assert await counter.ledger() == {}
    assert await counter.refunds() == []
    mine = await counter.server.do("GET", "/api/me/orders?state=cancelled", by=counter.mei)
    assert [each["id"] for each in mine["items"]] == [order["id"]]
    await agree(counter)
    again, _ = await free_order(counter, slot=slot)
    assert again["id"] != order["id"]


async def test_a_bundle_and_its_gift_go_back_as_what_they_were_made_of(counter: Counter):
    await counter.rows(
        "INSERT INTO product_components (product, position, component, qty) VALUES ('honey', 0, 'eggs', 6) RETURNING 1"
    )
    order, _ = await free_order(counter, lines=[{"product": "honey", "qty": 2}])
    assert (await counter.stock("eggs"))[2] == 12
    await cancelled(counter, order, by=counter.mei)
    on_hand, held, sold = await counter.stock("eggs")
    assert (on_hand - sold, held) == (100, 0)
    assert await counter.stock("honey") == (100, 0, 0)
    await agree(counter)


async def test_what_is_being_packed_is_undone_by_the_staff_alone_and_its_goods_stay_unless_they_say(counter: Counter):
    care = counter.server.person("care", role="care")
    for restock, back in ((None, 0), (True, 1), (False, 0)):
        order, coupon = await free_order(counter)
        await moved(counter, order, "preparing")
        on_hand, _, sold = await counter.stock()
        await cancelled(counter, order, by=counter.mei, code=4032)
        await cancelled(counter, order, by=counter.server.person("picker", role="picker"), code=4031)
        await cancelled(counter, order, by=care, **({} if restock is None else {"restock": restock}))
        assert (await counter.stock())[0] == on_hand + back
        assert (await counter.stock())[2] == sold
        assert (await counter.wallet())[coupon] == "claimed"
        assert (await counter.look(order))["cancel_reason"] == "staff"
    assert (await counter.told())[-1] == "order_cancelled"
    acts = await counter.rows("SELECT was, became, by_id FROM audit WHERE type = 'order_cancel'")
    assert acts == [{"was": "preparing", "became": "cancelled", "by_id": "care"}] * 3
    await agree(counter)


async def test_what_has_left_the_house_stays_and_so_does_what_was_paid_with_money(counter: Counter):
    free, _ = await free_order(counter)
    await moved(counter, free, "preparing", "dispatched")
    paid = await counter.order(lines=HONEY)
    await counter.pays(paid)
    care = counter.server.person("care", role="care", is_fresh=True)
    for order in (free, paid):
        for by in (counter.mei, care):
            await cancelled(counter, order, by=by, code=4032)
    await cancelled(counter, free, by=counter.mei, code=1000, restock=True)
    await cancelled(counter, free, by=counter.server.person("bo"), code=4031)
    body = {"lines": [{"line": free["lines"][0]["id"], "units": [0]}], "reason": "x"}
    answer = await counter.server.call("POST", f"/api/orders/{free['id']}/refunds", body, by=care)
    assert (answer.status, answer.body["code"]) == (422, 4082)


async def test_an_order_that_weighed_nothing_is_undone_once_its_money_went_back(counter: Counter):
    order = await counter.order(lines=[*HONEY, {"product": "eggs", "qty": 1}])
    await counter.pays(order)
    care = counter.server.person("care", role="care", is_fresh=True)
    eggs = order["lines"][1]["id"]
    body = {"lines": [{"line": eggs, "units": [0]}], "reason": "x"}
    await counter.server.do("POST", f"/api/orders/{order['id']}/refunds", body, by=care)
    honey = order["lines"][0]["id"]
    charged = '{"grams": 500, "per_kg_minor": 13600}'
    await counter.rows("UPDATE order_lines SET weighed = $2::text::jsonb WHERE id = $1 RETURNING 1", honey, charged)
    weighed = {"units": [{"line": honey, "unit": 0, "grams": 0}]}
    await counter.server.do("POST", f"/api/orders/{order['id']}/weights", weighed, by=counter.server.ops)
    await settled(counter)
    assert (await counter.look(order))["refunded_minor"] == order["total_minor"]
    body = {"lines": [{"line": honey, "units": [0]}], "reason": "x"}
    answer = await counter.server.call("POST", f"/api/orders/{order['id']}/refunds", body, by=care)
    assert (answer.status, answer.body["code"]) == (422, 4082)  # of zero, as ever

    await cancelled(counter, order, by=counter.mei, code=4032)
    await cancelled(counter, order, by=care)
    for product in ("honey", "eggs"):
        on_hand, held, sold = await counter.stock(product)
        assert (on_hand - sold, held) == (100, 0), product
    assert await counter.ledger() == {}
    await agree(counter)


async def test_however_often_at_once_it_is_undone_once(counter: Counter):
    order, _ = await free_order(counter)
    answers = await asyncio.gather(*(counter.cancel(order, by=by) for by in [counter.mei, counter.server.ops] * 4))
    assert {answer.status for answer in answers} == {200}
    await settled(counter)
    on_hand, held, sold = await counter.stock()
    assert (on_hand - sold, held) == (100, 0)
    assert await counter.transfers("unsold") == 1
