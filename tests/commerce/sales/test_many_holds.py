"""A product that very many people hold can be looked at and changed like any other (K12): what staff ask reads sums, which the
stock engine keeps, and never all holds; nor does anything else that is asked while people wait for it.
"""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from livehub.base.config import Settings
from livehub.base.sql import parse
from tests.base.test_sql import SQL_FILES, named
from tests.commerce.sales.shop import Shop, tap
from tests.integration.server import opened
from tests.integration.viewers import Crowd

HOLDS = 50_000

# Where reading all of them is the work: who leads reads what is live and, now and then, forgets what is long over; and the look
# at the books compares every order with its hold.
READ_ALL = {
    "commerce/flashsale/journal.sql resources",
    "commerce/flashsale/journal.sql long_over",
    "commerce/flashsale/journal.sql ended_holds",
    "commerce/flashsale/journal.sql live_holds",
    "commerce/flashsale/journal.sql forget_holds",
    "commerce/reconciliation/books.sql paid_not_sold",
    "commerce/reconciliation/books.sql sold_to_nobody",
    "commerce/reconciliation/books.sql taken_by_nobody",
    "commerce/reconciliation/books.sql stock_not_summed",
    "commerce/reconciliation/books.sql held_for_nobody",
}

FILL = f"""
INSERT INTO stock_holds (id, person, key, also, state, expires_ms, resources, asked, has)
SELECT lpad(n::text, 18, '0'), 'person-' || n, 'key-' || n, '{{"",""}}', 1, 4000000000000 + n,
    '{{product:honey}}', '{{1}}', '{{1}}'
FROM generate_series(1, {HOLDS}) AS n;
INSERT INTO stock_resources (id, units, held, limits, opens_ms, closes_ms) VALUES
    ('product:honey', {HOLDS + 5}, {HOLDS}, '{{0,0,0}}', 0, 9000000000000000);
INSERT INTO stock_resources (id, units, limits, opens_ms, closes_ms)
SELECT 'product:' || n, 10, '{{0,0,0}}', 0, 9000000000000000 FROM generate_series(1, 50000) AS n;
"""


@pytest.fixture
def filled_url(database_url: str) -> str:
    """A database in which very many hold one jar of honey each, and five are free."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(FILL)
        connection.execute("VACUUM ANALYZE stock_holds, stock_resources")
    return database_url


async def test_its_stock_is_shown_and_changed_and_the_last_units_are_sold(
    filled_url: str, settings: Settings, crowd: Crowd
):
    async with opened(settings.replace(database_url=filled_url)) as server:
        shop = await Shop.opened(server, crowd, stock=10)  # ten more of each

        async def stock() -> tuple[int, int, int]:
            found = await server.do("GET", "/api/products/honey/stock", by=server.ops)
            return found["on_hand"], found["held"], found["sold"]

        assert await stock() == (HOLDS + 15, HOLDS, 0)
        listed = await server.do("GET", "/api/products?q=honey", by=server.ops)
        assert [(row["on_hand"], row["held"]) for row in listed["products"]] == [(HOLDS + 15, HOLDS)]
        refused = await server.call(
            "POST", "/api/products/honey/stock", {"delta": -16, "reason": "spoilt"}, by=server.ops
        )
        assert (refused.status, refused.body["name"]) == (409, "above_stock")
        sale = await shop.sale(units=15, per_person_max=15)
        mei = await shop.buyer("mei")
        assert (await mei.done("reserve", tap(sale, 15)))["ok"] is True
        assert (await mei.refused("reserve", tap(sale, 1)))["name"] in ("sold_out", "limit_reached")
        await shop.stocked("honey", 10)
        assert await stock() == (HOLDS + 25, HOLDS + 15, 0)


def scanned(plan: Any) -> Iterator[str]:
    """Tables that a plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from scanned(part)


def test_no_query_that_somebody_waits_for_reads_all_holds_or_all_resources(filled_url: str) -> None:
    found: dict[str, set[str]] = {}
    with psycopg.connect(filled_url, autocommit=True) as connection:
        for path in SQL_FILES:
            for name, query in parse(path.read_text("utf-8")).items():
                if "stock_holds" in query or "stock_resources" in query:
                    explain = "EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + "\n".join(
                        line.split("--")[0] for line in query.splitlines()
                    )
                    ((told,),) = connection.execute(explain.encode()).fetchall()
                    (plan,) = told if isinstance(told, list) else json.loads(told)
                    found[f"{named(path)} {name}"] = {
                        table for table in scanned(plan["Plan"]) if table in ("stock_holds", "stock_resources")
                    }
    assert len(found) > 20
    assert {name for name, tables in found.items() if tables} <= READ_ALL
