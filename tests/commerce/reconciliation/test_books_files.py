"""How the books stand is searched, read a page at a time, and taken along as a file."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from livehub.base.auth import Role
from tests.base.served import Served, serving
from tests.commerce.refunds.paid_orders import Bought, paid_order

DAYS = ("2027-01-12", "2027-01-13", "2027-01-14")


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url) as running:
        await paid_order(running, Bought(price_minor=1_234), fee_minor=500)
        for day in DAYS:
            found = '[{"check": "unbalanced", "what": "transfer t of 1"}, {"check": "provider", "what": "=1+1"}]'
            await running.database.execute(
                "INSERT INTO reconciliations (day, looked_real_ms, found, differences, away)"
                " VALUES ($1::text::date, 1, $2, $3::text::jsonb, '[\"stripe does not answer\"]')",
                day, *((2, found) if day == DAYS[1] else (0, "[]")),
            )  # fmt: skip
        yield running


async def days(served: Served, query: str = "") -> list[str]:
    return [each["day"] for each in (await served.done(f"GET /api/books/days?{query}", role=Role.OPS))["items"]]


async def rows(served: Served, path: str) -> list[dict[str, Any]]:
    answer = await served.call(f"GET {path}", role=Role.ADMIN, headers={"Accept": "text/csv"})
    assert answer.status == 200, answer
    return list(csv.DictReader(io.StringIO(answer.raw.decode("utf-8-sig"), newline="")))


async def test_the_accounts_are_searched_and_a_file(served: Served) -> None:
    found = (await served.done("GET /api/books?q=REVENUE", role=Role.OPS))["balances"]
    assert [each["account"] for each in found] == ["revenue:delivery", "revenue:goods"]
    assert (await served.done("GET /api/books?q=revenue%20usd", role=Role.OPS))["balances"] == []
    assert await rows(served, "/api/books?q=revenue") == [
        {"account": "revenue:delivery", "kind": "income", "currency": "CNY", "balance": "-5.00"},
        {"account": "revenue:goods", "kind": "income", "currency": "CNY", "balance": "-12.34"},
    ]
    assert len(await rows(served, "/api/books")) == 4


async def test_the_days_are_searched_and_come_a_page_at_a_time(served: Served) -> None:
    assert await days(served) == list(reversed(DAYS))
    first = await served.done("GET /api/books/days?limit=2", role=Role.OPS)
    assert (first["next"], await days(served, f"limit=2&after={first['next']}")) == (DAYS[1], [DAYS[0]])
    assert await days(served, "q=2027-01-13") == await days(served, "q=Unbalanced") == [DAYS[1]]
    assert await days(served, "q=stripe") == list(reversed(DAYS))
    assert await days(served, "q=nothing") == []
    answer = await served.call("GET /api/books/days?after=x", role=Role.OPS)
    assert (answer.status, answer.body["code"]) == (400, 1000)


async def test_the_days_are_a_file_with_a_row_for_each_difference(served: Served) -> None:
    found = await rows(served, "/api/books/days")
    assert [(each["day"], each["differences"], each["check"], each["what"]) for each in found] == [
        (DAYS[2], "0", "", ""), (DAYS[1], "2", "unbalanced", "transfer t of 1"), (DAYS[1], "2", "provider", "'=1+1"),
        (DAYS[0], "0", "", ""),
    ]  # fmt: skip
    assert {each["away"] for each in found} == {"stripe does not answer"}
