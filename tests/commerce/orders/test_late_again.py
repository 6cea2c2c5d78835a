"""Late money that is heard of once more, by whom the buyer has become or for units that went back: nothing is sold twice."""

from functools import partial

import pytest

from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Held, Take, Units
from commerce.orders.money_in import MoneyIn
from commerce.orders.paying import Money
from commerce.orders.stock import Sold
from tests.commerce.orders.counter import Counter
from tests.commerce.orders.test_money import HONEY, settled, timed_out
from tests.commerce.sales.test_merged_buyers import merged
from tests.integration.server import eventually


async def test_what_was_taken_for_money_before_its_buyer_became_another_is_found_again(counter: Counter):
    by_name = counter.server.person("by-name")
    order = await counter.order(lines=HONEY, by=by_name)
    payment = await counter.opens(order, by=by_name)
    await timed_out(counter, order)
    notice = counter.till.take(payment)
    row = await counter.order_row(order)
    assert (await counter.orders.paying.stock.sell(row, payment, now_ms=1)).is_all  # and then the process died

    assert await merged(counter.shop, "by-name", "mei") is True
    assert (await counter.till.tell(counter.server, notice)).status == 200
    await settled(counter)

    assert (await counter.look(order))["state"] == "paid"
    on_hand, held, sold = await counter.stock()
    assert (on_hand - sold, held) == (99, 0)


async def test_units_that_went_back_with_late_money_are_not_sold_again_to_other_money_of_that_order(counter: Counter):
    """Its holds were confirmed when the money came: whoever cancelled it had died before they were freed."""
    coupon = await counter.coupon()
    order = await counter.order(lines=HONEY, coupon=coupon)
    first, second = await counter.opens(order), await counter.opens(order)
    await counter.orders.closing.stop()
    cancelled = partial(counter.orders.closing._cancel, [order["id"]], "timeout", None)
    assert len(await counter.server.application.database.run(cancelled)) == 1
    other = await counter.order(lines=HONEY, coupon=coupon)

    assert (await counter.till.tell(counter.server, counter.till.take(first))).status == 200
    counter.orders.closing.start()
    await settled(counter)
    assert await counter.refunds() == [("late", 5_800, "paid")]
    assert (await counter.cancel(other)).status == 200
    await settled(counter)
    on_hand, held, sold = await counter.stock()
    assert (on_hand - sold, held) == (100, 0)

    assert (await counter.till.tell(counter.server, counter.till.take(second))).status == 200
    await settled(counter)
    is_paid = (await counter.look(order))["state"] == "paid"
    on_hand, held, sold = await counter.stock()
    assert (on_hand - sold, held) == (99 if is_paid else 100, 0)
    assert len(await counter.refunds()) == (1 if is_paid else 2)


@pytest.mark.parametrize("pays", [True, False])
async def test_what_two_have_taken_for_one_payment_who_are_one_by_now_is_sold_once(counter: Counter, pays: bool):
    """One asked before the two were one, the other after that."""
    by_name = counter.server.person("by-name")
    order = await counter.order(lines=HONEY, by=by_name)
    payment = await counter.opens(order, by=by_name)
    other = await counter.opens(order, by=by_name)
    await timed_out(counter, order)
    notice = counter.till.take(payment)
    assert await merged(counter.shop, "by-name", "mei") is True
    if not pays:
        assert (await counter.till.tell(counter.server, counter.till.take(other))).status == 200
    client = counter.server.application.get(StockClient)
    for person in ("by-name", "mei"):
        answer = await client.ask(Take(person, f"late:{payment}", (Units("product:honey", 1),), late=True))
        assert isinstance(answer, Held)
    assert len(await counter.rows("SELECT id FROM stock_holds WHERE key = $1 AND state = 3", f"late:{payment}")) == 2

    assert (await counter.till.tell(counter.server, notice)).status == 200
    await settled(counter)

    async def is_sold_once() -> bool:
        on_hand, held, sold = await counter.stock()
        return (on_hand - sold, held) == (99, 0)

    await eventually(is_sold_once)
    assert (await counter.look(order))["state"] == "paid"
    await settled(counter)
    assert await is_sold_once()


async def test_units_that_go_back_with_money_are_not_sold_to_other_money_that_comes_with_it(counter: Counter):
    """Both of one batch: what the engine has said of the second was before the first had sent the units back."""
    coupon = await counter.coupon()
    order = await counter.order(lines=HONEY, coupon=coupon)
    first, second = await counter.opens(order), await counter.opens(order)
    await counter.orders.closing.stop()
    cancelled = partial(counter.orders.closing._cancel, [order["id"]], "timeout", None)
    await counter.server.application.database.run(cancelled)
    other = await counter.order(lines=HONEY, coupon=coupon)
    row = await counter.order_row(order)
    paying, database = counter.orders.paying, counter.server.application.database
    money = [Money(order=order["id"], at_ms=1, paid=await counter.heard_before(payment)) for payment in (first, second)]
    said = await paying.stock.sell(row, first, now_ms=1)
    assert said == Sold(is_all=True, confirmed=tuple(row.holds))
    results = await database.run(partial(paying._settle_all, [(each, said) for each in money]))
    assert results == [MoneyIn.LATE, MoneyIn.LATE]
    returns = await counter.rows("SELECT key FROM order_stock_returns WHERE key LIKE 'late:%'")
    assert [each["key"] for each in returns] == [f"late:{first}"]
    counter.orders.closing.start()
    await settled(counter)
    assert (await counter.cancel(other)).status == 200
    await settled(counter)
    on_hand, held, sold = await counter.stock()
    assert (on_hand - sold, held) == (100, 0)
