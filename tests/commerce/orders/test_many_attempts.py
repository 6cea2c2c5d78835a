"""More attempts to pay one order than may be begun: whoever taps in many windows at once is bounded, and none stays open."""

import asyncio

import pytest

from livehub.base.config import Settings
from tests.commerce.orders.conftest import settings as settings_of_orders
from tests.commerce.orders.conftest import usual_settings
from tests.commerce.orders.counter import Counter
from tests.commerce.orders.test_money import HONEY

__all__ = ["settings_of_orders", "usual_settings"]

ATTEMPTS_MAX = 3


@pytest.fixture
def settings(settings_of_orders: Settings) -> Settings:
    """With few attempts."""
    return settings_of_orders.replace(payment_attempts_max=ATTEMPTS_MAX)


async def test_of_many_attempts_at_once_as_many_are_begun_as_may_be(counter: Counter):
    order = await counter.order(lines=HONEY)
    answers = await asyncio.gather(*(counter.try_to_pay(order) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [201] * ATTEMPTS_MAX + [409] * (8 - ATTEMPTS_MAX)
    assert {answer.body["code"] for answer in answers if answer.status == 409} == {4066}


async def test_a_cancelled_order_has_no_attempt_open_however_many_there_were(counter: Counter):
    """Two processes may each begin the last one; a second money of one attempt is an attempt, too."""
    order = await counter.order(lines=HONEY)
    first = await counter.opens(order)
    for n in range(ATTEMPTS_MAX):
        await counter.rows(
            "INSERT INTO payments (id, order_id, person, provider, key, fingerprint, amount_minor, currency, description,"
            " return_path, created_ms, closes_ms, next_try_real_ms)"
            " SELECT id || $2, order_id, person, provider, key || $2, fingerprint, amount_minor, currency, description,"
            " return_path, created_ms + 1, closes_ms, 4611686018427387904 FROM payments WHERE id = $1 RETURNING id",
            first, f"-{n}",
        )  # fmt: skip
    assert (await counter.cancel(order)).status == 200
    states = {each["id"]: each["state"] for each in (await counter.look(order))["payments"]}
    assert set(states.values()) == {"closed"}, states
    assert counter.till.states[first].state == "closed"
