"""Late money that is heard of once more, by whom the buyer has become or for units that went back: nothing is sold twice."""

from functools import partial

from tests.commerce.orders.counter import Counter
from tests.commerce.orders.test_money import HONEY, settled, timed_out
from tests.commerce.sales.test_merged_buyers import merged


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
