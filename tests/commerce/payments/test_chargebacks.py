"""Money that the buyer's bank has taken back does not go back once more; what it gives back, of a dispute that is won, is ours.

Each is in the books once, in whichever order and however often it is told.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from commerce.payments import refunding
from commerce.payments.errors import ChargedBack
from commerce.payments.refund_rows import RefundRow
from livehub.base.db import Transaction
from tests.commerce.payments.test_refunding import TOTAL, Till
from tests.commerce.payments.till import GOOD, notice, shop

TAKEN, GIVEN = "chargeback", "reinstated"


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Till]:
    async with shop(database_url, payment_poll_s=60) as opened:
        made = Till(opened.served)
        await made.pay_order()
        yield made


async def told(till: Till, id_: str, kind: str, **fields: Any) -> None:
    given = {"id": id_, "kind": kind, "about": till.payment_id, "amount_minor": TOTAL, "dispute": "dp-1"} | fields
    assert (await till.told("till", GOOD, notice(**given))).status == 200


async def there(till: Till) -> tuple[int, dict[str, int], list[str]]:
    """What the bank has, the books of the provider, the findings."""
    balances = await till.balances()
    minor = await till.value("SELECT charged_back_minor FROM payments")
    of_provider = {name: balances[name] for name in balances if name.endswith(":till") and balances[name]}
    return minor, of_provider, sorted({kind for kind, _, _ in await till.findings()})


@pytest.mark.parametrize(
    "kinds",
    [
        [TAKEN, GIVEN], [GIVEN, TAKEN], [TAKEN, TAKEN, GIVEN], [GIVEN, GIVEN, TAKEN], [TAKEN, GIVEN, TAKEN, GIVEN],
        [GIVEN, TAKEN, GIVEN],
    ],
)  # fmt: skip
async def test_a_dispute_that_is_won_leaves_all_of_it_with_us(till: Till, kinds: Sequence[str]) -> None:
    for number, kind in enumerate(kinds):
        for _ in range(2):  # each event again, byte by byte
            await told(till, f"evt-{number}", kind)
    assert await there(till) == (0, {"clearing:till": TOTAL}, ["chargeback", "chargeback_won"])
    for what, minor in (("charged_back", -TOTAL), ("reinstated", TOTAL)):
        rows = await till.database.fetch(
            "SELECT account, amount_minor FROM ledger_entries e JOIN ledger_transfers t ON t.id = e.transfer"
            " WHERE t.what = $1 ORDER BY account", what,
        )  # fmt: skip
        assert [tuple(row) for row in rows] == [("clearing:till", minor), ("suspense:till", -minor)]
    assert (await till.refund(TOTAL, "all")).state == "processing"


async def test_a_dispute_that_is_lost_keeps_it_and_two_disputes_are_two(till: Till) -> None:
    await told(till, "evt-1", TAKEN, amount_minor=4_000)
    await told(till, "evt-2", TAKEN, amount_minor=1_000, dispute="dp-2")
    await told(till, "evt-3", GIVEN, amount_minor=1_000, dispute="dp-2")
    left = {"clearing:till": TOTAL - 4_000, "suspense:till": 4_000}
    assert await there(till) == (4_000, left, ["chargeback", "chargeback_won"])


@pytest.mark.parametrize(
    ("taken", "left_minor"),
    [
        ({}, 0), ({"amount_minor": 12_000}, 0), ({"amount_minor": 4_000}, 6_000),
        ({"amount_minor": 1_500, "currency": "USD"}, 0),  # how much of it that was, nobody knows
    ],
)  # fmt: skip
async def test_what_was_taken_back_is_not_refunded(till: Till, taken: dict[str, Any], left_minor: int) -> None:
    await told(till, "evt-1", TAKEN, **taken)
    before = await till.served.contents()
    with pytest.raises(ChargedBack) as refused:
        await till.refund(left_minor + 1, "too much")
    assert refused.value.details["left_minor"] == left_minor
    assert await till.served.contents() == before
    if left_minor:
        assert (await till.refund(left_minor, "the rest")).state == "processing"
        with pytest.raises(ChargedBack):
            await till.refund(1, "more")


async def decide(till: Till, refund: RefundRow, what: str) -> RefundRow | None:
    async def work(tx: Transaction) -> RefundRow | None:
        if what == "retry":
            return await refunding.retry(tx, refund.id, now_ms=1)
        return await refunding.approve(tx, refund.id, by="ops", now_ms=1)

    row: RefundRow | None = await till.in_transaction(work)
    return row


@pytest.mark.parametrize("what", ["approve", "retry"])
async def test_what_was_decided_before_does_not_go_until_the_dispute_is_won(till: Till, what: str) -> None:
    refund = await till.refund(TOTAL, "all", needs_approval=what == "approve")
    if what == "retry":
        till.provider.refund_state = "failed"
        await till.asking.ask_about_refunds()
        till.provider.refund_state = "paid"
    await told(till, "evt-1", TAKEN)
    with pytest.raises(ChargedBack):
        await decide(till, refund, what)
    await told(till, "evt-2", GIVEN)
    row = await decide(till, refund, what)
    assert row is not None
    assert row.state == "processing"


async def test_what_is_on_its_way_is_not_sent_unless_the_provider_has_it(till: Till) -> None:
    refund = await till.refund(TOTAL, "all")
    await told(till, "evt-1", TAKEN)
    await till.asking.ask_about_refunds()
    assert till.provider.refunds == {}
    assert await till.value("SELECT state FROM refunds WHERE id = $1", refund.id) == "failed"
    why = await till.value("SELECT details ->> 'why' FROM payment_findings WHERE refund = $1", refund.id)
    assert why == "charged_back"


async def test_what_follows_by_itself_is_kept_for_the_staff(till: Till) -> None:
    await told(till, "evt-1", TAKEN)
    refund = await till.refund(TOTAL, "late", by=None, kind="late")
    assert refund.state == "failed"
    assert ("refund_failed", TOTAL, "CNY") in await till.findings()
    await told(till, "evt-2", GIVEN)
    row = await decide(till, refund, "retry")
    assert row is not None
    assert row.state == "processing"
