"""What does not fit is listed for the staff, found by what it is about, and resolved once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from livehub.base.auth import Role
from tests.commerce.payments.till import GOOD, ORDER, TOTAL, Shop, notice, scripted, shop


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Shop]:
    async with shop(database_url) as running:
        yield running


async def kinds(till: Shop, query: str = "") -> list[str]:
    found = await till.served.done(f"GET /api/payment-findings?{query}", role=Role.OPS)
    return [item["kind"] for item in found["items"]]


async def three(till: Shop) -> str:
    """A wrong sum of ours, a payment of nobody's, and a chargeback of ours, in this order; the id of our payment."""
    scripted(till)
    id_ = (await till.begun(provider="till"))["id"]
    for sent in (
        notice(id="n-1", about=id_, amount_minor=1),
        notice(id="n-2", about="of-nobody", amount_minor=7, ref="tx-2"),
        notice(id="n-3", kind="chargeback", about=id_, amount_minor=TOTAL),
    ):
        till.clock.now_s += 1
        assert (await till.told("till", GOOD, sent)).status == 200
    return str(id_)


async def test_the_latest_comes_first_a_page_at_a_time(till: Shop) -> None:
    await three(till)
    assert await kinds(till) == ["chargeback", "unknown_payment", "wrong_amount"]
    first = await till.served.done("GET /api/payment-findings?limit=2", role=Role.OPS)
    assert [item["kind"] for item in first["items"]] == ["chargeback", "unknown_payment"]
    assert await kinds(till, f"limit=2&after={first['next']}") == ["wrong_amount"]


async def test_it_is_found_by_what_it_is_about(till: Shop) -> None:
    id_ = await three(till)
    assert await kinds(till, f"q={id_}") == ["chargeback", "wrong_amount"]
    assert await kinds(till, f"q=%20{ORDER}") == ["chargeback", "wrong_amount"]
    assert await kinds(till, "q=tx-2") == await kinds(till, "q=of-nobody") == ["unknown_payment"]
    assert await kinds(till, "q=nothing") == []


async def test_it_is_resolved_once_and_in_the_list_of_all_afterwards(till: Shop) -> None:
    id_ = await three(till)
    listed = await till.served.done(f"GET /api/payment-findings?q={id_}", role=Role.OPS)
    chargeback = listed["items"][0]
    call = f"POST /api/payment-findings/{chargeback['id']}/resolve"
    first = await till.served.call(call, {"note": "the bank was told"}, role=Role.OPS, user="ops-1")
    again = await till.served.call(call, {"note": "another word"}, role=Role.OPS, user="ops-2")
    assert first.status == again.status == 200
    assert (again.body["note"], again.body["resolved_by"]) == ("the bank was told", "ops-1")
    assert await kinds(till) == ["unknown_payment", "wrong_amount"]
    assert await kinds(till, "open=false") == ["chargeback", "unknown_payment", "wrong_amount"]
    missing = await till.served.call(
        "POST /api/payment-findings/none/resolve", {"note": "x"}, role=Role.OPS, user="ops-1"
    )
    assert missing.status == 404


async def test_each_wrong_payment_is_one_and_its_money_in_suspense_however_often_it_is_told(till: Shop) -> None:
    """Of one attempt, and of nobody: the same sum twice, which the provider has two numbers of."""
    scripted(till)
    id_ = (await till.begun(provider="till"))["id"]
    for number, (about, ref) in enumerate(
        (about, ref) for _ in range(2) for about in (id_, "of-nobody") for ref in ("tx-1", "tx-2", "tx-3")
    ):
        sent = notice(id=f"n-{number}", about=about, amount_minor=7, ref=ref)
        assert (await till.told("till", GOOD, sent)).status == 200
    assert sorted(await till.findings()) == [("unknown_payment", 7, "CNY")] * 3 + [("wrong_amount", 7, "CNY")] * 3
    assert await till.balances() == {"clearing:till": 42, "suspense:till": -42}
    for ref in ("tx-1", "tx-2", "tx-3"):
        assert sorted(await kinds(till, f"q={ref}")) == ["unknown_payment", "wrong_amount"]


async def test_two_wrong_payments_that_come_at_once_are_two(till: Shop) -> None:
    scripted(till)
    id_ = (await till.begun(provider="till"))["id"]
    sent = [notice(id=f"n-{n}", about=id_, amount_minor=7, ref=f"tx-{n % 4}") for n in range(16)]
    answers = await asyncio.gather(*(till.told("till", GOOD, each) for each in sent))
    assert {answer.status for answer in answers} == {200}
    assert await till.balances() == {"clearing:till": 28, "suspense:till": -28}


async def test_a_payment_of_nobody_is_money_once_it_is_paid(till: Shop) -> None:
    scripted(till)
    for number, state in enumerate(("closed", "failed", "paid")):
        sent = notice(id=f"n-{number}", about="of-nobody", amount_minor=7, ref="tx-1", state=state)
        assert (await till.told("till", GOOD, sent)).status == 200
    assert await till.balances() == {"clearing:till": 7, "suspense:till": -7}
