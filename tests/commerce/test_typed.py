"""A number is found as it is shown, in every list that is searched by one."""

from collections.abc import AsyncIterator

import pytest

from commerce.typed import typed
from livehub.base.auth import Role
from tests.base.served import Served, serving
from tests.commerce.refunds.paid_orders import NOW_MS, Bought, paid_order, units

NUMBER = "407188239150"
SHOWN = [
    "407188239150",
    " 4071 8823 9150 ",
    "4071\u00a08823\u00a09150",
    "4071\u202f8823\u20099150",
    "4071-8823-9150",
    "４０７１ 8823 9150\n",
]
LISTS = ("/api/orders", "/api/refunds", "/api/cases", "/api/cases?queue=true", "/api/fapiao", "/api/payment-findings")


@pytest.mark.parametrize("text", SHOWN)
def test_a_number_is_its_digits(text: str) -> None:
    assert typed(text) == NUMBER


@pytest.mark.parametrize("text", ["", "12 jars", "91310000MA1K35RX5E", "上海 2 店", "A-12", "- -"])
def test_anything_else_is_as_it_was_typed(text: str) -> None:
    assert typed(f"  {text} ") == text


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url) as running:
        (line,) = await paid_order(running, Bought(qty=2))
        await paid_order(running, Bought(), id_="o2")
        db = running.database
        await db.execute("UPDATE orders SET number = $1 WHERE id = 'o1'", NUMBER)
        refund = {"lines": [units(line, 0)], "reason": "bruised"}
        await running.done("POST /api/orders/o1/refunds", refund, role=Role.CARE)
        case = {"lines": [units(line, 1)], "kind": "refund", "reason": "坏果"}
        assert (await running.call("POST /api/orders/o1/cases", case, role=Role.VIEWER, user="mei")).status == 201
        wanted = {"kind": "personal", "title": "Mei", "email": "mei@example.org"}
        assert (await running.call("POST /api/orders/o1/fapiao", wanted, role=Role.VIEWER, user="mei")).status == 201
        for order in ("o1", "o2"):
            await db.execute(
                "INSERT INTO payment_findings (id, key, kind, provider, order_id, details, found_ms)"
                " VALUES ($1, $1, 'chargeback', 'stripe', $1, '{}', $2)", order, NOW_MS,
            )  # fmt: skip
        yield running


async def test_every_list_finds_a_number_as_it_is_shown(served: Served) -> None:
    for path in LISTS:
        for text in SHOWN:
            query = {"q": text}
            async with served.client.get(
                path, params=query, headers={"Authorization": f"Bearer {served.token(Role.ADMIN)}"}
            ) as response:
                found = await response.json()
            of = [each["id"] if path == "/api/orders" else each["order"] for each in found["items"]]
            assert of == ["o1"], (path, text, found)
        async with served.client.get(
            path, params={"q": "4071 8823 9151"}, headers={"Authorization": f"Bearer {served.token(Role.ADMIN)}"}
        ) as response:
            assert (await response.json())["items"] == []
