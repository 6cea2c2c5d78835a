"""Before what is held goes to others, every open attempt is closed at its provider; what it says instead counts."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from commerce.payments.errors import ProviderAway
from tests.commerce.payments.till import ORDER, TOTAL, Scripted, Shop, scripted, shop


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Shop]:
    async with shop(database_url, payment_provider_s=0.3) as running:
        yield running


@pytest.fixture
def provider(till: Shop) -> Scripted:
    return scripted(till)


async def states(till: Shop) -> list[str]:
    return list(await till.value("SELECT array_agg(state ORDER BY created_ms, id) FROM payments"))


async def test_an_order_that_nobody_began_to_pay_is_closed(till: Shop) -> None:
    assert await till.closing.close_open("nothing") == "closed"


async def test_all_open_attempts_are_closed_there_and_here(till: Shop, provider: Scripted) -> None:
    for how in ("sandbox", "till", "till"):
        await till.begun(provider=how)
    assert await till.closing.close_open(ORDER) == "closed"
    assert await states(till) == ["closed"] * 3
    assert await till.value("SELECT state FROM sandbox_payments") == "closed"
    assert await till.closing.close_open(ORDER) == "closed"
    assert sum(method == "close" for method, _ in provider.calls) == 2


async def test_what_is_paid_there_is_paid_and_said_so_by_then(till: Shop, provider: Scripted) -> None:
    id_ = (await till.begun(provider="till"))["id"]
    provider.pay(id_)
    assert await till.closing.close_open(ORDER) == "paid"
    assert till.till.paid_by == {ORDER: id_}
    assert await states(till) == ["paid"]
    assert await till.closing.close_open(ORDER) == "paid"
    assert len(till.till.heard) == 1


async def test_paid_by_one_attempt_closes_the_others(till: Shop, provider: Scripted) -> None:
    ids = [(await till.begun(provider="till"))["id"] for _ in range(3)]
    provider.pay(ids[1])
    assert await till.closing.close_open(ORDER) == "paid"
    assert sorted(await states(till)) == ["closed", "closed", "paid"]


async def test_as_long_as_one_provider_does_not_answer_it_is_not_known(till: Shop, provider: Scripted) -> None:
    await till.begun()
    await till.begun(provider="till")
    for silence in (ProviderAway(), asyncio.Event()):
        provider.answers["close"] = [silence]
        assert await till.closing.close_open(ORDER) == "unknown"
        assert sorted(await states(till)) == ["closed", "open"]
    assert await till.closing.close_open(ORDER) == "closed"


async def test_money_of_another_sum_does_not_pay_at_the_end_either(till: Shop, provider: Scripted) -> None:
    provider.pay((await till.begun(provider="till"))["id"], amount_minor=1)
    assert await till.closing.close_open(ORDER) == "closed"
    assert await till.findings() == [("wrong_amount", 1, "CNY")]
    assert await till.balances() == {"clearing:till": 1, "suspense:till": -1}


async def test_money_that_comes_after_the_end_is_heard(till: Shop) -> None:
    id_ = (await till.begun())["id"]
    assert await till.closing.close_open(ORDER) == "closed"
    await till.pressed(id_, "pay", notify="none")
    assert (await till.payment(id_))["state"] == "closed"
    assert await till.value("SELECT amount_minor FROM sandbox_captures") == TOTAL


async def test_an_attempt_that_the_provider_never_heard_of_can_never_be_opened_there(till: Shop) -> None:
    """The process ended between the row and the provider."""
    await till.database.execute(
        "INSERT INTO payments (id, order_id, person, provider, key, fingerprint, amount_minor, currency, description, "
        "return_path, created_ms, closes_ms, next_try_real_ms) "
        "VALUES ('p', $1, 'mei', 'sandbox', 'k', '', 1, 'CNY', '', '/', 1, 2, 3)",
        ORDER,
    )
    assert await till.closing.close_open(ORDER) == "closed"
    assert await states(till) == ["closed"]
    assert await till.value("SELECT state FROM sandbox_payments WHERE id = 'p'") == "closed"
