"""Facts say what happened to orders, payments and refunds, in columns that are described, and nothing of people but ids."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.base.served import NOW_S, Served
from tests.commerce.refunds.paid_orders import Bought, paid_order

AT = datetime.fromtimestamp(NOW_S, UTC)
DOCS = Path(__file__).parents[3] / "docs" / "operations.md"
COLUMNS = {
    "orders": (
        "order_id", "person", "room", "state", "currency", "goods_minor", "discount_minor", "delivery_minor",
        "delivery_discount_minor", "total_minor", "paid_minor", "refunded_minor", "coupon", "delivery_coupon",
        "delivery_method", "lines", "units", "cancel_reason", "created_at", "paid_at", "cancelled_at", "replaces",
    ),
    "payments": (
        "payment_id", "order_id", "person", "provider", "state", "amount_minor", "currency", "created_at", "paid_at",
        "ended_at",
    ),
    "refunds": (
        "refund_id", "order_id", "payment_id", "person", "provider", "kind", "state", "amount_minor", "currency", "is_by_staff",
        "created_at", "paid_at", "failed_at",
    ),
    "scans": (
        "batch", "product", "gtin", "lot", "serial", "order_line", "person", "scans", "first_at", "last_at",
    ),
    "breaches": (
        "breach", "shipment", "sensor", "product", "batches", "level", "cause", "started_at", "measured_at", "told_at",
        "ended_at", "celsius", "limit_value", "worst_c", "minutes", "is_late", "corrected_at",
    ),
}  # fmt: skip


@pytest.fixture
async def sold(served: Served) -> Served:
    await paid_order(served, Bought(qty=2), Bought(product="eggs"), off_minor=300, fee_minor=500)
    await paid_order(served, Bought(), id_="o2", person="li", state="unpaid")
    await served.database.execute(
        "INSERT INTO refunds (id, order_id, payment, kind, key, amount_minor, currency, reason, state, asked_by, created_ms,"
        " next_try_real_ms) VALUES ('r1', 'o1', 'pay-o1', 'lines', 'k', 900, 'CNY', 'Mei of 138 0013 8000', 'processing',"
        " 'the-care', $1, 0)",
        int(NOW_S * 1000),
    )
    return served


async def test_an_order_is_a_fact(sold: Served) -> None:
    paid, unpaid = await sold.database.fetch("SELECT * FROM facts.orders ORDER BY order_id")
    assert dict(paid) == {
        "order_id": "o1", "person": "mei", "room": None, "state": "paid", "currency": "CNY", "goods_minor": 3_000,
        "discount_minor": 300, "delivery_minor": 500, "delivery_discount_minor": 0, "total_minor": 3_200, "paid_minor": 3_200,
        "refunded_minor": 0, "coupon": None, "delivery_coupon": None, "delivery_method": None, "lines": 2, "units": 3,
        "cancel_reason": None, "created_at": AT, "paid_at": AT, "cancelled_at": None, "replaces": None,
    }  # fmt: skip
    assert (unpaid["state"], unpaid["paid_minor"], unpaid["paid_at"]) == ("unpaid", 0, None)


async def test_a_payment_is_a_fact(sold: Served) -> None:
    (payment,) = await sold.database.fetch("SELECT * FROM facts.payments")
    assert dict(payment) == {
        "payment_id": "pay-o1", "order_id": "o1", "person": "mei", "provider": "sandbox", "state": "paid",
        "amount_minor": 3_200, "currency": "CNY", "created_at": AT, "paid_at": AT, "ended_at": None,
    }  # fmt: skip


async def test_a_refund_is_a_fact(sold: Served) -> None:
    (refund,) = await sold.database.fetch("SELECT * FROM facts.refunds")
    assert dict(refund) == {
        "refund_id": "r1", "order_id": "o1", "payment_id": "pay-o1", "person": "mei", "provider": "sandbox", "kind": "lines",
        "state": "processing", "amount_minor": 900, "currency": "CNY", "is_by_staff": True, "created_at": AT, "paid_at": None,
        "failed_at": None,
    }  # fmt: skip


@pytest.mark.parametrize("view", COLUMNS)
async def test_its_columns_are_these_and_each_is_described(served: Served, view: str) -> None:
    rows = await served.database.fetch(
        "SELECT attname, col_description(attrelid, attnum) AS said FROM pg_attribute"
        " WHERE attrelid = ('facts.' || $1::text)::regclass AND attnum > 0 ORDER BY attnum",
        view,
    )
    assert tuple(row["attname"] for row in rows) == COLUMNS[view]
    documented = DOCS.read_text(encoding="utf-8")
    for row in rows:
        assert row["said"], row["attname"]
    assert f"| facts.{view} | {', '.join(f'`{name}`' for name in COLUMNS[view])} |" in documented


async def test_there_are_no_other_facts(served: Served) -> None:
    rows = await served.database.fetch("SELECT table_name FROM information_schema.views WHERE table_schema = 'facts'")
    assert {row["table_name"] for row in rows} == set(COLUMNS)
