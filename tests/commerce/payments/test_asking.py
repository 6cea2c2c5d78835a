"""What no notice tells is asked for: unpaid attempts on a ladder, and those of processes that died between two steps."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from commerce.payments import refunding
from commerce.payments.asking import PAYMENT_PAUSES_MS, REFUND_PAUSES_MS, Asking
from commerce.payments.closing import Closing
from commerce.payments.errors import ProviderAway
from commerce.payments.hearing import Hearing
from commerce.payments.provider import Status
from commerce.payments.providers import Providers
from commerce.payments.settings import PaymentsConfig
from commerce.payments.store import NEVER_MS
from tests.commerce.payments.till import ORDER, TOTAL, Scripted, Shop, scripted, shop
from tests.integration.server import eventually


def asking_of(till: Shop) -> Asking:
    context = till.served.application.context
    return Asking(
        context.config(PaymentsConfig), context.database, context.clock, providers=context.get(Providers),
        hearing=context.get(Hearing), closing=context.get(Closing),
    )  # fmt: skip


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Shop]:
    async with shop(database_url, payment_provider_s=0.3) as running:
        yield running


@pytest.fixture
def provider(till: Shop) -> Scripted:
    return scripted(till)


async def test_the_pauses_grow_and_the_last_one_stays() -> None:
    for pauses_ms in (PAYMENT_PAUSES_MS, REFUND_PAUSES_MS):
        assert list(pauses_ms) == sorted(set(pauses_ms))


async def test_an_unpaid_attempt_is_asked_about_after_5_s_and_then_in_pauses_that_grow(
    till: Shop, provider: Scripted
) -> None:
    await till.begun(provider="till")
    asking = asking_of(till)
    began_s, asked_s = till.clock.now_s, []
    for second in range(150):
        till.clock.now_s = began_s + second
        if await asking.ask_about_payments():
            asked_s.append(second)
    assert asked_s == [5, 10, 20, 40, 70, 130]


async def test_money_whose_notice_was_lost_is_found(till: Shop, provider: Scripted) -> None:
    id_ = (await till.begun(provider="till"))["id"]
    provider.pay(id_)
    till.clock.now_s += 5
    assert await asking_of(till).ask_about_payments() == 1
    assert (await till.payment(id_))["state"] == "paid"
    assert await till.balances() == {"buyer_prepayments": -TOTAL, "clearing:till": TOTAL}
    till.clock.now_s += 86_400
    assert await asking_of(till).ask_about_payments() == 0


async def test_what_two_processes_ask_about_is_asked_about_by_one(till: Shop, provider: Scripted) -> None:
    for _ in range(10):
        await till.begun(provider="till")
    till.clock.now_s += 5
    assert sum(await asyncio.gather(*(asking_of(till).ask_about_payments() for _ in range(4)))) == 10
    assert sum(method == "query" for method, _ in provider.calls) == 10


async def test_one_that_cannot_be_asked_about_is_asked_about_again_and_stops_no_other(
    till: Shop, provider: Scripted
) -> None:
    ids = [(await till.begun(provider="till"))["id"] for _ in range(4)]
    for id_ in ids:
        provider.pay(id_)
    provider.answers["query"] = [ProviderAway()]
    till.clock.now_s += 5
    await asking_of(till).ask_about_payments()
    assert await till.value("SELECT count(*) FROM payments WHERE state = 'open'") == 1
    provider.answers["query"] = [RuntimeError("a defect")]
    till.clock.now_s += 5
    await asking_of(till).ask_about_payments()
    till.clock.now_s += 10
    await asking_of(till).ask_about_payments()
    assert await till.value("SELECT count(*) FROM payments WHERE state = 'open'") == 0


async def test_one_that_is_open_a_minute_after_its_end_is_closed(till: Shop, provider: Scripted) -> None:
    id_ = (await till.begun(provider="till"))["id"]
    till.clock.now_s += 660
    await asking_of(till).ask_about_payments()
    assert (await till.payment(id_))["state"] == "open"
    till.clock.now_s += 11
    await asking_of(till).ask_about_payments()
    assert (await till.payment(id_))["state"] == "closed"
    assert provider.booked[id_].status == Status(state="closed")


@pytest.mark.parametrize("state", ["closed", "failed"])
async def test_what_is_over_there_is_over_here(till: Shop, provider: Scripted, state: str) -> None:
    id_ = (await till.begun(provider="till"))["id"]
    provider.booked[id_].status = Status(state=state)  # type: ignore[arg-type]
    till.clock.now_s += 5
    await asking_of(till).ask_about_payments()
    assert (await till.payment(id_))["state"] == state


async def test_the_process_with_jobs_asks_by_itself(database_url: str) -> None:
    async with shop(database_url, has_jobs=True) as till:
        provider = scripted(till)
        id_ = (await till.begun(provider="till"))["id"]
        provider.pay(id_)
        till.clock.now_s += 5

        async def is_paid() -> bool:
            return bool((await till.payment(id_))["state"] == "paid")

        await eventually(is_paid)
        assert till.till.paid_by == {ORDER: id_}


@pytest.mark.parametrize("jump_s", [-86_400, -3_600, -1_200, 3_600])
@pytest.mark.parametrize("tries", [0, 1, 4, 7])
async def test_a_clock_that_is_set_anew_delays_no_look_at_a_payment(
    till: Shop, provider: Scripted, jump_s: int, tries: int
) -> None:
    """No look comes later than its own pause, whatever the clock says; and none comes again and again."""
    await till.begun(provider="till")
    asking = asking_of(till)
    pauses_s = [PAYMENT_PAUSES_MS[0] // 1000, *(pause // 1000 for pause in PAYMENT_PAUSES_MS)]
    for pause_s in pauses_s[:tries]:
        till.clock.now_s += pause_s
        assert await asking.ask_about_payments() == 1
    till.clock.now_s += jump_s
    pause_s = pauses_s[min(tries, len(pauses_s) - 1)]
    due = [await asking.ask_about_payments()]
    till.clock.now_s += pause_s
    due.append(await asking.ask_about_payments())
    assert sum(due) >= 1
    assert await asking.ask_about_payments() == 0
    till.clock.now_s += 1
    assert await asking.ask_about_payments() == 0


@pytest.mark.parametrize("jump_s", [-86_400, -3_600, -600, 3_600])
@pytest.mark.parametrize("tries", [1, 4, 9])
async def test_nor_of_a_refund(till: Shop, provider: Scripted, jump_s: int, tries: int) -> None:
    id_ = (await till.begun(provider="till"))["id"]
    provider.pay(id_)
    till.clock.now_s += 5
    asking = asking_of(till)
    await asking.ask_about_payments()
    async with till.served.application.database.transaction() as tx:
        await refunding.begin(
            tx, order=ORDER, payment=id_, kind="lines", key="k", amount_minor=1, reason="x", by="care", needs_approval=False,
            now_ms=1,
        )  # fmt: skip
    provider.refund_state = "processing"
    for pause_ms in (0, *REFUND_PAUSES_MS)[:tries]:
        till.clock.now_s += pause_ms / 1000
        assert await asking.ask_about_refunds() == 1
    till.clock.now_s += jump_s
    pause_s = REFUND_PAUSES_MS[min(tries, len(REFUND_PAUSES_MS)) - 1] / 1000
    due = [await asking.ask_about_refunds()]
    till.clock.now_s += pause_s
    due.append(await asking.ask_about_refunds())
    assert sum(due) >= 1
    assert await asking.ask_about_refunds() == 0


async def test_money_that_came_besides_is_never_asked_about(till: Shop, provider: Scripted) -> None:
    await till.begun(provider="till")
    await till.database.execute("UPDATE payments SET next_try_real_ms = $1", NEVER_MS)
    assert await asking_of(till).ask_about_payments() == 0
