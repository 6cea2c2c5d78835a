"""Who changed the stock of a product is told with names and reasons, page by page and as a file."""

import csv
import io
from collections.abc import AsyncIterator

import pytest

from livehub.base.auth import Role
from tests.base.served import Served, serving
from tests.livehub.test_staff_actions import a_product
from tests.people.stage import a_person

CHANGES = "/api/products/honey/stock/changes"


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url) as running:
        await a_product(running)
        await running.database.executemany(
            "INSERT INTO stock_changes (key, product, delta, reason, changed_by, changed_ms)"
            " VALUES ($1, 'honey', $2, $3, $4, $5)",
            [("k1", 50, "=harvest", "lin", 1_000), ("k2", -3, "broken", "lin", 2_000), ("k3", 7, "count", "wu", 2_000)],
        )
        await a_person(running, "lin", "Lin")
        yield running


async def test_the_latest_are_first_and_none_is_told_twice(served: Served) -> None:
    whole = (await served.done(f"GET {CHANGES}", role=Role.OPS))["items"]
    assert sorted((each["delta"], each["reason"], each["by"], each["by_name"]) for each in whole[:2]) == [
        (-3, "broken", "lin", "Lin"), (7, "count", "wu", ""),
    ]  # fmt: skip
    assert (whole[2]["delta"], whole[2]["at"]) == (50, "1970-01-01T00:00:01.000Z")
    paged, page = [], await served.done(f"GET {CHANGES}?limit=1", role=Role.OPS)
    while page["next"] is not None:
        paged += page["items"]
        page = await served.done(f"GET {CHANGES}?limit=1&after={page['next']}", role=Role.OPS)
    assert [*paged, *page["items"]] == whole


async def test_they_come_as_a_file_and_a_formula_is_none(served: Served) -> None:
    answer = await served.call(f"GET {CHANGES}", role=Role.ADMIN, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.raw.decode("utf-8-sig"), newline="")))
    assert [row["delta"] for row in rows][2:] == ["50"]
    assert rows[2]["reason"] == "'=harvest"


async def test_of_no_product_there_are_none(served: Served) -> None:
    assert (await served.call("GET /api/products/nothing/stock/changes", role=Role.OPS)).status == 404
