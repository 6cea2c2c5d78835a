"""Paid orders for tests: rows as commerce/orders and commerce/payments write them, and the money that came in."""

import json
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from commerce.ledger.posting import post
from commerce.ledger.transfers import captured, sold
from commerce.pricing.prices import CouponTerms, DeliveryRule, Line, price
from tests.base.served import NOW_S, Served

NOW_MS = int(NOW_S * 1000)


class Bought(Struct, frozen=True, kw_only=True):
    """A line to buy."""

    product: str = "honey"
    qty: int = 1
    price_minor: int = 1_000
    grams: int | None = None
    components: Sequence[tuple[str, int]] = ()


async def paid_order(
    served: Served,
    *bought: Bought,
    id_: str = "o1",
    person: str = "mei",
    off_minor: int = 0,
    fee_minor: int = 0,
    state: str = "paid",
    slot: str | None = None,
) -> list[str]:
    """An order that is paid, and the ids of its lines: `{id_}-0` and so on."""
    db = served.database
    quote = price(
        [
            Line(id=f"{id_}-{n}", product=each.product, qty=each.qty, unit_price_minor=each.price_minor)
            for n, each in enumerate(bought)
        ],
        currency="CNY",
        coupon=CouponTerms(id="c", kind="fixed", currency="CNY", amount_minor=off_minor) if off_minor else None,
        delivery=DeliveryRule(fee_minor=fee_minor) if fee_minor else None,
    )
    is_paid = state != "unpaid"
    payment = f"pay-{id_}" if quote.total_minor and is_paid else None
    await db.execute(
        "INSERT INTO orders (id, number, person, key, fingerprint, state, currency, goods_minor, discount_minor,"
        " delivery_minor, delivery_discount_minor, total_minor, paid_minor, closes_ms, created_ms, paid_ms, payment,"
        " stock_state, slot)"
        " VALUES ($1, $2, $3, $1, '', $4, 'CNY', $5, $6, $7, 0, $8, $9, $10, $10, $11, $12, $13, $14)",
        id_, f"2026{id_}", person, state, quote.goods_minor, quote.discount_minor, quote.delivery_minor, quote.total_minor,
        quote.total_minor if is_paid else 0, NOW_MS, NOW_MS if is_paid else None, payment,
        "sold" if is_paid else "held", slot,
    )  # fmt: skip
    for position, (line, each) in enumerate(zip(quote.lines, bought, strict=True)):
        weighed = None if each.grams is None else json.dumps({"grams": each.grams, "per_kg_minor": 1})
        components = [{"product": product, "qty": qty} for product, qty in each.components]
        await db.execute(
            "INSERT INTO order_lines (id, order_id, position, product, title, unit, qty, unit_price_minor, amount_minor,"
            " discount_minor, paid_minor, unit_shares_minor, weighed, components)"
            " VALUES ($1, $2, $3, $4, $4, 'jar', $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12::text::jsonb)",
            line.id, id_, position, line.product, line.qty, line.unit_price_minor, line.amount_minor, line.discount_minor,
            line.paid_minor, list(line.unit_shares_minor), weighed, json.dumps(components) if components else None,
        )  # fmt: skip
    if payment is not None:
        await db.execute(
            "INSERT INTO payments (id, order_id, person, provider, key, fingerprint, state, amount_minor, currency,"
            " description, return_path, created_ms, closes_ms, paid_ms, paid_real_ms, next_try_real_ms)"
            " VALUES ($1, $2, $3, 'sandbox', $1, '', 'paid', $4, 'CNY', '', '/', $5, $5, $5, $5, 0)",
            payment, id_, person, quote.total_minor, NOW_MS,
        )  # fmt: skip
        money = captured(
            payment=payment, order=id_, provider="sandbox", amount_minor=quote.total_minor, currency="CNY", at_ms=NOW_MS
        )
        revenue = sold(
            order=id_, goods_minor=quote.goods_minor, delivery_minor=quote.delivery_minor,
            discount_minor=quote.discount_minor, currency="CNY", at_ms=NOW_MS,
        )  # fmt: skip
        await post(db, [money, revenue])
    return [line.id for line in quote.lines]


async def balances(served: Served) -> dict[str, int]:
    """What is on each account, those with nothing left out."""
    rows = await served.database.fetch(
        "SELECT account, sum(amount_minor)::bigint FROM ledger_entries GROUP BY 1 HAVING sum(amount_minor) <> 0"
    )
    return {row[0]: row[1] for row in rows}


def units(line: str, *which: int) -> dict[str, Any]:
    """Units of a line, as a body names them."""
    return {"line": line, "units": list(which)}
