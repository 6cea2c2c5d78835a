"""Orders whose time is over are let go within the same patience, whatever the machine's clock was set to meanwhile."""

import pytest

from commerce.orders.store import Q
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


@pytest.mark.parametrize(("behind_ms", "is_taken"), [(0, False), (1, False), (4_000, False), (6_000, True)])
async def test_a_machine_whose_clock_is_a_little_behind_takes_nothing_before_the_pause_is_over(
    counter: Counter, behind_ms: int, is_taken: bool
) -> None:
    await counter.orders.closing.stop()
    await counter.is_out_of_time(await counter.order(lines=[{"product": "honey", "qty": 1}]))
    now_ms, pause_ms = 1_796_000_000_000, 5_000

    async def take_over(real_ms: int) -> int:
        return len(await counter.rows(Q["take_over"], 10, real_ms, real_ms - pause_ms, 10))

    assert await take_over(now_ms) == 1
    assert await take_over(now_ms - behind_ms) == is_taken
