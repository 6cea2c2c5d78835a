"""The nightly look at the books: kept day by day, not repeated where all agreed, and told to who may see figures."""

from collections.abc import AsyncIterator

import pytest

from commerce.reconciliation.looks import Looks
from livehub.base.auth import Role
from tests.base.served import Served, serving
from tests.commerce.refunds.paid_orders import NOW_MS, Bought, paid_order

DAY_MS = 86_400_000
YESTERDAY = "2027-01-14"


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url, time_zone="UTC", payment_providers="sandbox") as running:
        await paid_order(running, Bought(qty=2))
        db = running.database
        for table, column in (("orders", "paid_ms"), ("orders", "created_ms"), ("payments", "paid_ms")):
            await db.execute(f"UPDATE {table} SET {column} = {NOW_MS - DAY_MS}")
        yield running


async def looked(served: Served) -> None:
    await served.application.get(Looks).look(again_s=0.0)


async def test_what_differs_is_kept_and_looked_at_again_until_it_is_mended(served: Served):
    await served.database.execute("UPDATE orders SET refunded_minor = 5 WHERE id = 'o1'")
    await looked(served)
    (look,) = (await served.call("GET /api/books", role=Role.OPS)).body["looks"]
    assert look["day"] == YESTERDAY
    assert {
        "check": "refunded_not_summed", "what": "order o1 says that 5 was refunded, and 0 was sent",
    } in look["differences"]  # fmt: skip
    assert look["found"] == len(look["differences"])
    await served.database.execute("UPDATE orders SET refunded_minor = 0 WHERE id = 'o1'")
    await looked(served)
    (look,) = (await served.call("GET /api/books", role=Role.OPS)).body["looks"]
    assert "refunded_not_summed" not in {each["check"] for each in look["differences"]}


async def test_a_day_of_which_all_agreed_is_not_looked_at_again(served: Served):
    await served.database.execute("INSERT INTO reconciliations VALUES ('2027-01-14', 7, 0, '[]', '[]')")
    await served.database.execute("UPDATE orders SET refunded_minor = 5 WHERE id = 'o1'")
    await looked(served)
    (look,) = (await served.call("GET /api/books", role=Role.ADMIN)).body["looks"]
    assert look == {
        "day": YESTERDAY, "looked_at": "1970-01-01T00:00:00.007Z", "found": 0, "differences": [], "away": [],
    }  # fmt: skip


async def test_balances_and_bills_are_told_to_who_may_see_figures_and_to_nobody_else(served: Served):
    await served.database.execute(
        "INSERT INTO bill_days (provider, day, tries, fault) VALUES ('p', '2027-01-14', 3, 'away')"
    )
    books = (await served.call("GET /api/books", role=Role.OPS)).body
    assert books["balances"] == [
        {"account": "buyer_prepayments", "kind": "liability", "currency": "CNY", "amount_minor": 0},
        {"account": "clearing:sandbox", "kind": "asset", "currency": "CNY", "amount_minor": 2_000},
        {"account": "revenue:goods", "kind": "income", "currency": "CNY", "amount_minor": -2_000},
    ]
    assert (books["closed_day"], books["looks"]) == (None, [])
    assert books["bills"] == [
        {"provider": "p", "day": YESTERDAY, "rows": None, "fetched_at": None, "fault": "away"},
    ]  # fmt: skip
    for role in (Role.CARE, Role.HOST, Role.VIEWER):
        assert (await served.call("GET /api/books", role=role)).status == 403
