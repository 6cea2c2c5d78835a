"""Money is told of by several ways at the same moment (M2): the provider's notice, in several deliveries, the buyer who comes
back from its page and looks, our own question, and the end of the order's time, which closes the attempt. Whichever is first,
it pays one order, once, and the provider is told that it was heard.
"""

import asyncio
import random
from typing import Any

from commerce.payments import store
from commerce.payments.hearing import Hearing
from tests.commerce.orders.counter import Counter

ROUNDS = 100
AT_ONCE = 10


async def one_round(counter: Counter, number: int) -> Any:
    """An order, paid; what everybody was told, who each come at another moment of a few milliseconds."""
    chance = random.Random(number)
    buyer = counter.server.person(f"buyer-{number}")
    order = await counter.order(by=buyer, lines=[{"product": "honey", "qty": 1}])
    payment = await counter.opens(order, by=buyer)
    notices = [counter.till.take(payment)] * 2 + [counter.till.take(payment)]  # one of them is a delivery of its own

    async def soon(work: Any) -> Any:
        await asyncio.sleep(chance.random() * 0.01)
        return await work

    async def asks() -> None:
        async with counter.server.application.database.connection() as connection:
            row = await store.payment(connection, payment)
        assert row is not None
        await counter.server.application.get(Hearing).heard(row, await counter.till.query(row.attempt()))

    async def ends() -> None:
        if number % 2:
            await counter.is_out_of_time(order)

    *told, _, _, looked, came_back = await asyncio.gather(
        *(soon(counter.till.tell(counter.server, notice)) for notice in notices),
        soon(asks()),
        soon(ends()),
        soon(counter.look(order, by=buyer)),
        soon(counter.server.do("GET", f"/api/payments/{payment}", by=buyer)),
    )
    assert {answer.status for answer in told} == {200}, told
    assert looked["state"] in ("unpaid", "paid")
    assert came_back["state"] in ("open", "paid")
    return await counter.look(order, by=buyer)


async def test_all_ways_at_once_a_hundred_times_are_one_paid_order_and_one_capture_each(counter: Counter):
    orders = []
    for at in range(0, ROUNDS, AT_ONCE):
        orders += await asyncio.gather(*(one_round(counter, number) for number in range(at, at + AT_ONCE)))
    assert [(order["state"], order["paid_minor"]) for order in orders] == [("paid", 6_800)] * ROUNDS
    assert await counter.rows(
        "SELECT what, count(*)::int AS n, count(DISTINCT order_id)::int AS orders FROM ledger_transfers "
        "GROUP BY what ORDER BY what"
    ) == [{"what": "captured", "n": ROUNDS, "orders": ROUNDS}, {"what": "sold", "n": ROUNDS, "orders": ROUNDS}]
    assert await counter.ledger() == {"clearing:till": 6_800 * ROUNDS, "revenue:goods": -6_800 * ROUNDS}
    assert await counter.refunds() == []
    assert await counter.rows("SELECT kind FROM payment_findings") == []
    assert await counter.stock() == (100, 0, 100)
    paid = await counter.rows("SELECT count(*)::int AS n FROM domain_events WHERE type = 'order.paid'")
    assert paid == [{"n": ROUNDS}]
