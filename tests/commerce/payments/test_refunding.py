"""Money back: never more than came in, once, and under one number however often the provider has to be asked."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from commerce.payments import refunding
from commerce.payments.asking import Asking
from commerce.payments.closing import Closing
from commerce.payments.errors import AboveCaptured, PaymentNotFound, ProviderAway, RefundOver, SecondPerson
from commerce.payments.hearing import Hearing
from commerce.payments.providers import Providers
from commerce.payments.refund_rows import RefundRow
from commerce.payments.settings import PaymentsConfig
from livehub.base.db import Transaction
from livehub.base.errors import KeyReused, LivehubError
from tests.commerce.payments.till import GOOD, ORDER, Scripted, Shop, notice, scripted, shop

TOTAL = 10_000
NOW_MS = 1_800_000_000_000


class Till(Shop):
    """A shop in which an order of 100.00 is paid at the scripted provider."""

    payment_id = ""
    provider: Scripted
    asking: Asking

    async def pay_order(self) -> None:
        self.till.orders[ORDER] = (self.till.orders[ORDER][0], TOTAL, "CNY")
        self.provider = scripted(self)
        self.payment_id = (await self.begun(provider="till"))["id"]
        paid = notice(id="paid", about=self.payment_id, amount_minor=TOTAL, ref="pi_1")
        assert (await self.told("till", GOOD, paid)).status == 200
        context = self.served.application.context
        self.asking = Asking(
            context.config(PaymentsConfig), context.database, context.clock, providers=context.get(Providers),
            hearing=context.get(Hearing), closing=context.get(Closing),
        )  # fmt: skip

    async def in_transaction(self, work: Any) -> Any:
        async with self.served.application.database.transaction() as tx:
            return await work(tx)

    async def refund(self, amount_minor: int, key: str, **how: Any) -> RefundRow:
        given: dict[str, Any] = {
            "order": ORDER, "payment": self.payment_id, "kind": "lines", "reason": "bad fruit", "by": "care",
            "needs_approval": False, "now_ms": NOW_MS,
        }  # fmt: skip

        async def work(tx: Transaction) -> RefundRow:
            return await refunding.begin(tx, amount_minor=amount_minor, key=key, **(given | how))

        row: RefundRow = await self.in_transaction(work)
        return row

    async def attempt(self, amount_minor: int, key: str, **how: Any) -> RefundRow | LivehubError:
        try:
            return await self.refund(amount_minor, key, **how)
        except LivehubError as refusal:
            return refusal

    async def states(self) -> list[tuple[str, int, str]]:
        rows = await self.database.fetch("SELECT key, amount_minor, state FROM refunds ORDER BY created_ms, key")
        return [tuple(row) for row in rows]

    async def ask(self, *, after_s: float = 0) -> int:
        """Let the refunds that are due then be asked for."""
        self.clock.now_s += after_s
        return await self.asking.ask_about_refunds()


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Till]:
    async with shop(database_url) as running:
        till = Till(running.served)
        await till.pay_order()
        yield till


async def test_a_refund_goes_to_the_provider_and_is_paid(till: Till) -> None:
    row = await till.refund(392, "case-1")
    assert (row.state, row.currency, row.paid_in_minor, row.payment_ref) == ("processing", "CNY", TOTAL, "pi_1")
    assert await till.ask() == 1
    assert await till.states() == [("case-1", 392, "paid")]
    asked, _ = till.provider.refunds[row.id]
    assert (asked.amount_minor, asked.total_minor, asked.payment_ref) == (392, TOTAL, "pi_1")
    assert till.till.refunds == [(row.id, "paid")]
    assert await till.ask(after_s=86_400) == 0


async def test_two_clicks_two_tabs_and_other_keys_of_the_same_thing_are_one_refund(till: Till) -> None:
    rows = await asyncio.gather(*(till.refund(392, "case-1") for _ in range(20)))
    assert len({row.id for row in rows}) == 1
    await asyncio.gather(*(till.ask() for _ in range(5)))
    assert await till.states() == [("case-1", 392, "paid")]
    assert len(till.provider.refunds) == 1


async def test_the_key_of_another_refund_is_refused(till: Till) -> None:
    await till.refund(392, "case-1")
    for refused in (await till.attempt(393, "case-1"), await till.attempt(392, "case-1", kind="weight")):
        assert isinstance(refused, KeyReused)
    assert await till.states() == [("case-1", 392, "processing")]


async def test_more_than_is_left_is_refused_and_says_what_is_left(till: Till) -> None:
    await till.refund(9_900, "a")
    refused = await till.attempt(5_000, "b")
    assert isinstance(refused, AboveCaptured)
    assert refused.details == {"left_minor": 100}
    assert isinstance(await till.attempt(100, "c"), RefundRow)
    assert isinstance(await till.attempt(1, "d"), AboveCaptured)


async def test_of_two_at_once_that_are_too_much_together_there_is_one(till: Till) -> None:
    for _ in range(20):
        answers = await asyncio.gather(till.attempt(6_000, "a"), till.attempt(6_000, "b"))
        assert sorted(type(answer).__name__ for answer in answers) == ["AboveCaptured", "RefundRow"]
        await till.database.execute("SET session_replication_role = replica; DELETE FROM refunds")
        await till.database.execute("UPDATE payments SET refunding_minor = 0; SET session_replication_role = origin")


@pytest.mark.parametrize("amount_minor", [0, -1, -TOTAL])
async def test_a_refund_is_of_something(till: Till, amount_minor: int) -> None:
    with pytest.raises(ValueError, match="of something"):
        await till.refund(amount_minor, "a")
    assert await till.states() == []


async def test_what_was_not_paid_or_is_of_another_order_is_not_refunded(till: Till) -> None:
    open_ = (await till.begun(provider="till"))["id"]
    refused = await till.attempt(1, "a", payment=open_)
    assert isinstance(refused, AboveCaptured)
    assert refused.details == {"left_minor": 0}
    assert isinstance(await till.attempt(1, "a", order="order-2"), PaymentNotFound)
    assert isinstance(await till.attempt(1, "a", payment="nothing"), PaymentNotFound)


INSERT = """
INSERT INTO refunds (id, order_id, payment, kind, key, amount_minor, currency, reason, state, created_ms, next_try_real_ms)
VALUES ($1, 'order-1', $2, 'lines', $1, $3, 'CNY', '', $4, 1, 1)
"""


async def test_the_database_holds_the_sum_whoever_writes(till: Till) -> None:
    await till.database.execute(INSERT, "a", till.payment_id, 9_999, "processing")
    with pytest.raises(asyncpg.CheckViolationError):
        await till.database.execute(INSERT, "b", till.payment_id, 2, "approval")
    await till.database.execute("UPDATE refunds SET state = 'failed' WHERE id = 'a'")
    await till.database.execute(INSERT, "b", till.payment_id, 2, "approval")
    with pytest.raises(asyncpg.CheckViolationError):
        await till.database.execute("UPDATE refunds SET state = 'processing' WHERE id = 'a'")
    assert await till.value("SELECT refunding_minor FROM payments WHERE id = $1", till.payment_id) == 2


@pytest.mark.parametrize("change", ["amount_minor = 1", "payment = 'x'", "currency = 'USD'", "key = 'other'"])
async def test_the_database_keeps_a_refund_as_what_it_is(till: Till, change: str) -> None:
    await till.refund(392, "case-1")
    with pytest.raises(asyncpg.PostgresError):
        await till.database.execute(f"UPDATE refunds SET {change}")
    with pytest.raises(asyncpg.PostgresError):
        await till.database.execute("DELETE FROM refunds")


async def test_an_answer_that_was_lost_is_asked_for_again_under_the_same_number(till: Till) -> None:
    row = await till.refund(392, "case-1")
    till.provider.answers["refund"] = [ProviderAway()]
    await till.ask()
    assert await till.states() == [("case-1", 392, "processing")]
    assert await till.ask(after_s=1.9) == 0
    assert await till.ask(after_s=0.1) == 1
    assert till.provider.calls[-2:] == [("refund", row.id)] * 2
    assert await till.states() == [("case-1", 392, "paid")]


async def test_one_that_takes_its_time_is_asked_about_and_not_asked_for_again(till: Till) -> None:
    till.provider.refund_state = "processing"
    row = await till.refund(392, "case-1")
    for _ in range(3):
        await till.ask(after_s=3_600)
    assert till.provider.calls[-3:] == [("refund", row.id), ("query_refund", row.id), ("query_refund", row.id)]
    till.provider.refunds[row.id] = (
        till.provider.refunds[row.id][0],
        type(till.provider.refunds[row.id][1])(state="paid"),
    )
    await till.ask(after_s=3_600)
    assert await till.states() == [("case-1", 392, "paid")]


async def test_a_notice_of_a_refund_ends_it_and_a_second_one_changes_nothing(till: Till) -> None:
    till.provider.refund_state = "processing"
    row = await till.refund(392, "case-1")
    await till.ask()
    for id_ in ("r-1", "r-1", "r-2"):
        sent = notice(id=id_, kind="refund", about=row.id, state="paid", amount_minor=392)
        assert (await till.told("till", GOOD, sent)).status == 200
    assert await till.states() == [("case-1", 392, "paid")]
    assert till.till.refunds == [(row.id, "paid")]


async def test_a_notice_of_another_sum_ends_nothing_and_shows_to_the_staff(till: Till) -> None:
    row = await till.refund(392, "case-1")
    sent = notice(id="r-1", kind="refund", about=row.id, state="paid", amount_minor=3_920)
    assert (await till.told("till", GOOD, sent)).status == 200
    assert await till.states() == [("case-1", 392, "processing")]
    assert await till.findings() == [("wrong_amount", 392, "CNY")]


async def test_a_notice_of_a_refund_that_nobody_knows_shows_to_the_staff(till: Till) -> None:
    sent = notice(id="r-1", kind="refund", about="nothing", state="paid", amount_minor=1)
    assert (await till.told("till", GOOD, sent)).status == 200
    assert await till.findings() == [("unknown_refund", 1, "CNY")]


async def test_one_that_failed_shows_to_the_staff_and_may_be_asked_for_again_under_the_same_number(till: Till) -> None:
    till.provider.refund_state = "failed"
    row = await till.refund(392, "case-1")
    await till.ask()
    assert await till.states() == [("case-1", 392, "failed")]
    assert await till.findings() == [("refund_failed", 392, "CNY")]
    assert await till.value("SELECT refunding_minor FROM payments WHERE id = $1", till.payment_id) == 0
    assert await till.ask(after_s=86_400) == 0
    till.provider.refund_state = "paid"
    await till.in_transaction(lambda tx: refunding.retry(tx, row.id, now_ms=NOW_MS))
    await till.ask()
    assert await till.states() == [("case-1", 392, "paid")]
    assert till.provider.calls[-2:] == [("refund", row.id)] * 2
    assert till.till.refunds == [(row.id, "failed"), (row.id, "paid")]


async def test_one_that_failed_is_not_asked_for_again_when_nothing_is_left(till: Till) -> None:
    till.provider.refund_state = "failed"
    row = await till.refund(392, "case-1")
    await till.ask()
    await till.refund(TOTAL, "all")
    with pytest.raises(RefundOver):
        await till.in_transaction(lambda tx: refunding.retry(tx, row.id, now_ms=NOW_MS))
    sent = notice(id="r-1", kind="refund", about=row.id, state="paid", amount_minor=392)
    assert (await till.told("till", GOOD, sent)).status == 200
    assert await till.states() == [("all", TOTAL, "processing"), ("case-1", 392, "failed")]
    assert ("refund_above", 392, "CNY") in await till.findings()


async def test_above_a_sum_a_second_person_decides_and_the_provider_hears_nothing_before(till: Till) -> None:
    row = await till.refund(TOTAL, "case-1", needs_approval=True)
    assert row.state == "approval"
    assert await till.ask(after_s=86_400) == 0
    assert isinstance(await till.attempt(1, "b"), AboveCaptured)
    with pytest.raises(SecondPerson):
        await till.in_transaction(lambda tx: refunding.approve(tx, row.id, by="care", now_ms=NOW_MS))
    approved = await till.in_transaction(lambda tx: refunding.approve(tx, row.id, by="ops", now_ms=NOW_MS))
    assert (approved.state, approved.approved_by) == ("processing", "ops")
    await till.ask()
    assert await till.states() == [("case-1", TOTAL, "paid")]
    with pytest.raises(RefundOver):
        await till.in_transaction(lambda tx: refunding.approve(tx, row.id, by="ops", now_ms=NOW_MS))


async def test_one_that_was_rejected_is_over_and_its_money_is_left(till: Till) -> None:
    row = await till.refund(TOTAL, "case-1", needs_approval=True)
    rejected = await till.in_transaction(lambda tx: refunding.reject(tx, row.id, by="ops", now_ms=NOW_MS))
    assert (rejected.state, rejected.rejected_by) == ("failed", "ops")
    with pytest.raises(RefundOver):
        await till.in_transaction(lambda tx: refunding.retry(tx, row.id, now_ms=NOW_MS))
    assert isinstance(await till.attempt(TOTAL, "b"), RefundRow)


async def test_nobody_decides_about_a_refund_that_is_not_there(till: Till) -> None:
    for act in (refunding.approve, refunding.reject):
        assert await till.in_transaction(lambda tx, act=act: act(tx, "nothing", by="ops", now_ms=NOW_MS)) is None
    assert await till.in_transaction(lambda tx: refunding.retry(tx, "nothing", now_ms=NOW_MS)) is None


async def test_a_refund_that_one_provider_breaks_on_does_not_stop_the_others(till: Till) -> None:
    await till.refund(1, "a")
    await till.refund(2, "b")
    till.provider.answers["refund"] = [RuntimeError("a defect")]
    assert await till.ask() == 2
    assert sorted(state for _, _, state in await till.states()) == ["paid", "processing"]
    await till.ask(after_s=10)
    assert [state for _, _, state in await till.states()] == ["paid", "paid"]
