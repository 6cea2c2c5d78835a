"""Orders whose time is over are let go within the same patience, whatever the machine's clock was set to meanwhile."""

import pytest

from tests.commerce.orders.counter import Counter

HOUR_MS = 3_600_000


@pytest.mark.parametrize("ahead_ms", [HOUR_MS, -HOUR_MS])
async def test_a_provider_that_says_nothing_keeps_nobody_from_the_goods_when_the_clock_was_set_anew(
    counter: Counter, ahead_ms: int
) -> None:
    order = await counter.order(lines=[{"product": "honey", "qty": 1}])
    await counter.opens(order)
    counter.till.is_away = True
    real_ms = int(counter.server.application.context.clock.real_s() * 1000)
    looked = "UPDATE orders SET closing_real_ms = $1, looked_real_ms = $1 WHERE id = $2 RETURNING id"
    await counter.rows(looked, real_ms + ahead_ms, order["id"])
    await counter.is_out_of_time(order)
    assert (await counter.until(order, "cancelled"))["cancel_reason"] == "timeout"
