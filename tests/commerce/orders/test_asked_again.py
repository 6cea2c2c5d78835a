"""The same order once more while the first is under way, or after it held everything and died: it is not in its own way."""

import asyncio
import time
from typing import Any

from tests.commerce.orders.counter import Counter
from tests.commerce.orders.test_money import HONEY, settled, slot_of
from tests.commerce.sales.shop import new_key
from tests.integration.server import eventually


async def test_the_last_place_of_a_window_is_not_full_for_who_holds_it_already(counter: Counter):
    slot = await slot_of(counter)
    for _ in range(2):
        await counter.order(lines=HONEY, slot=slot)
    asked: dict[str, Any] = {"lines": HONEY, "slot": slot, "key": new_key()}
    for _ in range(5):
        answers = await asyncio.gather(*(counter.ask(**asked) for _ in range(4)))
        assert [answer.status for answer in answers] == [201] * 4, answers
        assert len({answer.body["id"] for answer in answers}) == 1
        bo = await counter.ask(lines=HONEY, slot=slot, by=counter.server.person("bo"))
        assert (bo.status, bo.body["name"]) == (409, "slot_full"), bo
        assert (await counter.quoted_by(counter.mei, lines=HONEY, slot=slot)).body["name"] == "slot_full"
        await counter.cancel(answers[0].body)
        await settled(counter)
        asked["key"] = new_key()


async def test_what_was_held_for_an_order_that_was_never_written_is_found_by_the_same_request(counter: Counter):
    slot = await slot_of(counter)
    for _ in range(2):
        await counter.order(lines=HONEY, slot=slot)
    creating, key = counter.orders._creating, new_key()
    await creating._commits.stop()  # whoever would have written it is gone
    asking = asyncio.create_task(counter.ask(lines=HONEY, slot=slot, key=key))

    async def is_held() -> bool:
        return (await counter.stock())[1] == 3

    await eventually(is_held)
    await creating._commits.stop()
    lost = await asking
    assert lost.status == 503, lost
    creating._commits.start()
    again = await counter.ask(lines=HONEY, slot=slot, key=key)
    assert again.status == 201, again
    assert (await counter.stock())[1] == 3


async def test_a_coupon_is_not_in_another_order_for_the_request_that_made_that_order(counter: Counter):
    coupon = await counter.coupon()
    until_s = time.monotonic() + 10
    for n in range(40):
        key = new_key()

        async def asked(after_ms: int, key: str = key) -> Any:
            await asyncio.sleep(after_ms / 1000)
            return await counter.ask(lines=HONEY, coupon=coupon, key=key)

        answers = await asyncio.gather(*(asked(after_ms) for after_ms in (0, n % 20, n % 7, n % 11)))
        assert [answer.status for answer in answers] == [201] * 4, answers
        assert len({answer.body["id"] for answer in answers}) == 1
        await counter.cancel(answers[0].body)
        if time.monotonic() > until_s:
            break


async def test_a_coupon_that_nobody_named_refuses_no_order(counter: Counter):
    """Two windows of one buyer at once: the best coupon is in one order; the other goes without it, or says what it costs."""
    await counter.coupon()
    for _ in range(3):
        answers = await asyncio.gather(*(counter.ask(lines=HONEY, key=new_key()) for _ in range(4)))
        assert [answer.status for answer in answers] == [201] * 4, answers
        assert sorted(answer.body["total_minor"] for answer in answers) == [5_800, 6_800, 6_800, 6_800]
        assert (await counter.stock())[1] == 4
        for answer in answers:
            await counter.cancel(answer.body)
        await settled(counter)
        seen = await asyncio.gather(
            *(counter.ask(lines=HONEY, expect_total_minor=5_800, key=new_key()) for _ in range(3))
        )
        assert sorted(answer.status for answer in seen) == [201, 409, 409], seen
        refused = [answer.body for answer in seen if answer.status == 409]
        assert [(each["name"], each["quote"]["total_minor"]) for each in refused] == [("price_changed", 6_800)] * 2
        for answer in seen:
            if answer.status == 201:
                await counter.cancel(answer.body)
        await settled(counter)
        assert (await counter.stock())[1] == 0
