"""Books that agree have no differences; each way in which they can disagree is found and told."""

from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from commerce.ledger import transfers
from commerce.ledger.closing import close_days
from commerce.ledger.posting import post
from commerce.reconciliation.books import CHECKS, differences
from livehub.base.auth import Role
from tests.base.served import Served, serving
from tests.commerce.refunds.paid_orders import NOW_MS, Bought, paid_order, units

DAY_MS = 86_400_000


@pytest.fixture
async def shop(database_url: str) -> AsyncIterator[Served]:
    """Three paid orders: one refunded in part and sent, one with a refund on its way, one that cost nothing; and one unpaid."""
    async with serving(database_url) as served:
        (line,) = await paid_order(served, Bought(qty=3), off_minor=1_000, fee_minor=500)
        refund = await refunded(served, "o1", line)
        await sent(served, "o1", refund, 666)
        (line,) = await paid_order(served, Bought(qty=2), id_="o2")
        await refunded(served, "o2", line)
        await paid_order(served, Bought(price_minor=700), off_minor=700, id_="o3")
        await paid_order(served, Bought(), id_="o4", state="unpaid")
        yield served


async def refunded(served: Served, order: str, line: str) -> str:
    body = {"lines": [units(line, 0)], "reason": "x"}
    answer = await served.call(f"POST /api/orders/{order}/refunds", body, role=Role.CARE, user="care-1")
    return str(answer.body["id"])


async def sent(served: Served, order: str, refund: str, amount_minor: int) -> None:
    """As commerce/payments and commerce/orders write it."""
    await served.database.execute("UPDATE refunds SET state = 'paid', paid_ms = $2 WHERE id = $1", refund, NOW_MS)
    await served.database.execute("UPDATE orders SET refunded_minor = $2 WHERE id = $1", order, amount_minor)
    money = transfers.refund_paid(
        refund=refund, order=order, provider="sandbox", amount_minor=amount_minor, currency="CNY", at_ms=NOW_MS
    )
    await post(served.database, [money])


async def found(served: Served, *, from_ms: int = 0, until_ms: int = 2**62) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for each in await differences(served.application.database, from_ms=from_ms, until_ms=until_ms, most=10):
        told.setdefault(each.check, []).append(each.what)
    return told


async def broken(served: Served, *statements: str) -> dict[str, list[str]]:
    """What is found after that was done, by somebody who can do anything."""
    for statement in ("SET session_replication_role = replica", *statements, "RESET session_replication_role"):
        await served.database.execute(statement)
    return await found(served)


async def test_books_that_agree_have_no_differences(shop: Served):
    assert await found(shop) == {}
    assert await close_days(shop.application.database, ZoneInfo("UTC"), now_ms=NOW_MS + DAY_MS)
    assert await found(shop) == {}


BREAKS = {
    "payments_not_captured": (
        "UPDATE payments SET amount_minor = 2400 WHERE id = 'pay-o1'",
        "payment pay-o1 of order o1 brought in 2400 CNY, and the ledger has 2500 CNY",
    ),
    "captured_not_paid": (
        "UPDATE payments SET state = 'open', paid_ms = NULL, refunding_minor = 0 WHERE id = 'pay-o2'",
        "the ledger has money of captured:pay-o2, which is not paid",
    ),
    "orders_not_sold": (
        "DELETE FROM ledger_entries WHERE account = 'revenue:delivery'",
        "order o1 is paid for 3000 goods, 500 delivery, 1000 discounts, and the ledger has 3000, 0, 1000",
    ),
    "sold_not_paid": (
        "UPDATE orders SET state = 'unpaid', paid_ms = NULL, paid_minor = 0 WHERE id = 'o2'",
        "the ledger has the revenue of sold:o2, which is not paid",
    ),
    "orders_not_paid_for": (
        "UPDATE orders SET payment = NULL WHERE id = 'o1'",
        "order o1 of 2500 CNY is paid with nothing",
    ),
    "lines_not_summed": (
        "UPDATE order_lines SET unit_shares_minor = '{666,667,666}' WHERE order_id = 'o1'",
        "order o1 is of 2000, its lines of 2000, their units of 1999",
    ),
    "refunded_not_summed": (
        "UPDATE orders SET refunded_minor = 1332 WHERE id = 'o1'",
        "order o1 says that 1332 was refunded, and 666 was sent",
    ),
}


@pytest.mark.parametrize("check", BREAKS)
async def test_what_does_not_fit_is_told_in_a_line(shop: Served, check: str):
    statement, line = BREAKS[check]
    assert (await broken(shop, statement))[check] == [line]


async def test_refunds_that_do_not_fit_are_told(shop: Served):
    rows = await shop.database.fetch("SELECT order_id, id FROM refunds")
    first, second = (row["id"] for row in sorted(rows, key=lambda row: str(row["order_id"])))
    told = await broken(shop, f"UPDATE refunds SET amount_minor = 600 WHERE id = '{first}'")
    assert told["refunds_not_owed"] == [f"refund {first} of order o1 is of 600 CNY, and the ledger owes 666 CNY"]
    assert told["refunds_not_sent"] == [f"refund {first} of order o1 is paid with 600 CNY, and the ledger sent 666 CNY"]
    assert told["refund_lines_not_summed"] == [f"refund {first} of order o1 is of 600, its units and the fee of 666"]
    assert told["refunded_not_summed"] == ["order o1 says that 666 was refunded, and 600 was sent"]
    told = await broken(shop, f"UPDATE refunds SET amount_minor = 666, payment = 'pay-o2' WHERE id = '{first}'")
    assert set(told) == set()
    told = await broken(shop, f"UPDATE refunds SET amount_minor = 1600 WHERE id = '{second}'")
    assert told["refunds_above_payments"] == ["payment pay-o2 of order o2 brought in 2000, and 2266 of it is refunded"]
    told = await broken(shop, "DELETE FROM refunds")
    assert [len(told[check]) for check in ("owed_not_refunded", "sent_not_refunded")] == [2, 1]


async def test_a_ledger_that_does_not_balance_and_a_closing_that_does_not_fit_are_told(shop: Served):
    await close_days(shop.application.database, ZoneInfo("UTC"), now_ms=NOW_MS + DAY_MS)
    told = await broken(
        shop, "UPDATE ledger_entries SET amount_minor = amount_minor + 1 WHERE account = 'buyer_prepayments'"
        " AND transfer = (SELECT id FROM ledger_transfers WHERE key = 'captured:pay-o2')",
    )  # fmt: skip
    assert told["unbalanced"] == ["transfer captured:pay-o2 has 2 entries of 2, which sum to 1"]
    assert told["prepayments_left"] == ["of order o2, -1 CNY is neither revenue nor owed back"]
    assert told["closings_not_summed"] == ["the closing of 2027-01-15 says 0 on buyer_prepayments, and 1 moved"]


RESOURCE = "INSERT INTO stock_resources (id, units, held, sold, limits, opens_ms, closes_ms) VALUES"
HOLD = "INSERT INTO stock_holds (id, person, key, also, state, expires_ms, resources, asked, has) VALUES"


async def test_what_the_stock_engine_has_otherwise_is_told(shop: Served):
    told = await broken(
        shop,
        f"{RESOURCE} ('product:honey', 9, 0, 1, '{{0,0,0}}', 0, 0)",
        f"{HOLD} ('h1', 'mei', 'k1', '{{}}', 5, 1, '{{product:honey}}', '{{3}}', '{{0}}')",
        f"{HOLD} ('h4', 'mei', 'k4', '{{}}', 3, 1, '{{product:honey}}', '{{1}}', '{{1}}')",
        "UPDATE orders SET hold = 'h1' WHERE id = 'o1'",
        "UPDATE orders SET hold = 'h4' WHERE id = 'o4'",
    )
    assert told == {
        "paid_not_sold": ["order o1 is paid, and its hold h1 is expired"],
        "sold_to_nobody": ["order o4 is unpaid and was never paid, and its hold h4 is confirmed"],
        "lines_not_sold": ["order o1 is of 3 of product:honey, and 0 are sold to it"],
    }
    told = await broken(
        shop,
        f"{HOLD} ('l1', 'mei', 'late:pay-o1', '{{}}', 3, 1, '{{product:honey}}', '{{3}}', '{{3}}')",
        "UPDATE orders SET state = 'cancelled' WHERE id = 'o4'",
        "UPDATE stock_holds SET state = 2 WHERE id = 'h4'",
        "UPDATE stock_resources SET held = 1, sold = 3",
    )
    assert told == {"held_for_nobody": ["order o4 is cancelled, and its hold h4 is still held"]}


async def test_what_is_sold_to_nobody_or_not_as_the_holds_have_it_is_told_whatever_the_day(shop: Served):
    told = await broken(
        shop,
        f"{RESOURCE} ('product:honey', 9, 0, 6, '{{0,0,0}}', 0, 0), ('coupon:c', 9, 1, 1, '{{0,0,0}}', 0, 0)",
        f"{HOLD} ('h1', 'mei', 'k1', '{{}}', 3, 1, '{{product:honey}}', '{{3}}', '{{3}}')",
        f"{HOLD} ('h2', 'mei', 'late:pay-o2', '{{}}', 3, 1, '{{product:honey}}', '{{1}}', '{{1}}')",
        f"{HOLD} ('h3', 'mei', 'late:pay-o4', '{{}}', 3, 1, '{{product:honey}}', '{{1}}', '{{1}}')",
        f"{HOLD} ('h5', 'mei', 'claim:k', '{{}}', 3, 1, '{{coupon:c}}', '{{1}}', '{{1}}')",
        f"{HOLD} ('h6', 'mei', 'k6', '{{}}', 1, 1, '{{coupon:c}}', '{{1}}', '{{1}}')",
        "UPDATE orders SET hold = 'h1' WHERE id = 'o1'",
    )
    assert told == {
        "taken_by_nobody": ["hold h3 is sold to nobody: product:honey"],
        "stock_not_summed": ["product:honey has 0 held and 6 sold, and its holds have 0 and 5"],
    }
    told = await broken(
        shop,
        "INSERT INTO order_stock_returns (key, order_id, resources, units)"
        " VALUES ('taken:pay-o4', 'o4', '{product:honey}', '{1}')",
        "UPDATE stock_resources SET sold = 5 WHERE id = 'product:honey'",
        "UPDATE orders SET hold = NULL WHERE id = 'o1'",
    )
    assert told == {"taken_by_nobody": ["hold h1 is sold to nobody: product:honey"]}
    assert await found(shop, from_ms=NOW_MS + 1) == told


async def test_what_was_sold_to_an_order_is_its_lines_and_nothing_else(shop: Served):
    (line,) = await paid_order(shop, Bought(qty=2, components=[("egg", 6), ("jar", 1)]), id_="o5")
    told = await broken(
        shop,
        f"{RESOURCE} ('product:egg', 99, 0, 11, '{{0,0,0}}', 0, 0), ('product:jar', 9, 0, 2, '{{0,0,0}}', 0, 0)",
        f"{RESOURCE} ('product:honey', 9, 0, 1, '{{0,0,0}}', 0, 0), ('slot:s', 9, 0, 1, '{{0,0,0}}', 0, 0)",
        f"{HOLD} ('h1', 'mei', 'k', '{{}}', 3, 1, '{{product:egg,product:jar,slot:s}}', '{{11,2,1}}', '{{11,2,1}}')",
        f"{HOLD} ('h2', 'mei', 'l', '{{}}', 3, 1, '{{product:honey}}', '{{1}}', '{{1}}')",
        "UPDATE orders SET hold = 'h1', extra_hold = 'h2' WHERE id = 'o5'",
    )
    assert line == "o5-0"
    assert told == {
        "lines_not_sold": [
            "order o5 is of 12 of product:egg, and 11 are sold to it",
            "order o5 is of 0 of product:honey, and 1 are sold to it",
        ]
    }


async def test_revenue_of_an_order_that_was_cancelled_after_it_was_paid_is_told(shop: Served):
    told = await broken(shop, "UPDATE orders SET state = 'cancelled' WHERE id IN ('o2', 'o3')")
    assert told == {"cancelled_not_undone": ["order o2 is cancelled, and the ledger has 1000 of it as revenue"]}


async def test_only_what_happened_on_the_day_is_looked_at(shop: Served):
    await broken(shop, "UPDATE payments SET amount_minor = 2400 WHERE id = 'pay-o1'")
    assert await found(shop, from_ms=NOW_MS + 1) == {}
    assert "payments_not_captured" in await found(shop, from_ms=NOW_MS, until_ms=NOW_MS + 1)


def test_every_look_is_tested():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [check for check in CHECKS if f'"{check}"' not in text] == []
