"""Orders as large as they may be: twenty products, bundles among them, are held, paid and refunded unit by unit like one."""

from collections import Counter as Units
from collections.abc import Mapping
from typing import Any

from msgspec import structs

from commerce.catalogue.products import put_product
from commerce.orders.drafting import RESOURCES_MAX
from tests.commerce.orders.counter import Counter
from tests.commerce.sales.shop import product
from tests.integration.server import Person, eventually

PLAIN = [f"plain-{n}" for n in range(12)]
BOXES = {f"box-{n}": {f"plain-{n}": 1, **{f"part-{n}-{m}": m + 1 for m in range(6)}} for n in range(8)}
PRICES = {name: 997 + 13 * n for n, name in enumerate([*PLAIN, *BOXES])}
CART = {name: 1 + n % 3 for n, name in enumerate([*PLAIN, *BOXES])}
STOCK = 100
OFF_MINOR = 1_000


async def put(counter: Counter, parts: Mapping[str, Mapping[str, int]], prices: Mapping[str, int]) -> None:
    """Products at their prices, and of what bundles among them are made, each of which has a stock."""
    made_of = {part for components in parts.values() for part in components}
    async with counter.server.application.database.connection() as connection:
        for name in sorted({*prices, *made_of}):
            await put_product(connection, structs.replace(product(name), price_minor=prices.get(name, 500)), now_ms=1)
    for name, components in parts.items():
        await counter.rows(
            "INSERT INTO product_components (product, position, component, qty) "
            "SELECT $1, n, component, qty "
            "FROM unnest($2::text[], $3::int[]) WITH ORDINALITY AS c (component, qty, n) RETURNING 1",
            name, list(components), list(components.values()),
        )  # fmt: skip
    for name in sorted({*prices, *made_of} - {*parts}):
        await counter.shop.stocked(name, STOCK)


def taken(bought: Mapping[str, int]) -> dict[str, int]:
    """Units of each product on the shelf that so many of what is sold are."""
    units: Units[str] = Units()
    for name, qty in bought.items():
        for part, each in BOXES.get(name, {name: 1}).items():
            units[part] += each * qty
    return dict(units)


async def standing(counter: Counter) -> dict[str, tuple[int, int]]:
    """(held, sold) of all of which something is."""
    rows = await counter.rows(
        "SELECT id, held, sold FROM stock_resources WHERE id LIKE 'product:%' AND held + sold > 0"
    )
    return {row["id"].removeprefix("product:"): (row["held"], row["sold"]) for row in rows}


async def test_twenty_products_with_bundles_from_the_cart_to_a_refund_in_part(counter: Counter):
    await put(counter, BOXES, PRICES)
    units = taken(CART)
    assert (len(CART), len(units)) == (20, 60)
    lines = [{"product": name, "qty": qty} for name, qty in CART.items()]

    await counter.server.do("PUT", "/api/me/cart", {"lines": lines}, by=counter.mei)
    cart = await counter.server.do("GET", "/api/me/cart", by=counter.mei)
    assert [(line["product"], line["qty"], line["price_minor"]) for line in cart["lines"]] == [
        (name, qty, PRICES[name]) for name, qty in CART.items()
    ]
    left = {line["product"]: line["left"] for line in cart["lines"]}
    assert {left[box] for box in BOXES} == {STOCK // 6}

    coupon = await counter.coupon()
    quote = await counter.quoted(lines=lines, coupon=coupon)
    goods_minor = sum(PRICES[name] * qty for name, qty in CART.items())
    assert (quote["goods_minor"], quote["total_minor"]) == (goods_minor, goods_minor - OFF_MINOR)
    assert await standing(counter) == {}

    order = await counter.order(lines=lines, coupon=coupon, expect_total_minor=quote["total_minor"])
    shares = {line["product"]: line["unit_shares_minor"] for line in order["lines"]}
    assert {name: len(each) for name, each in shares.items()} == CART
    assert sum(map(sum, shares.values())) == order["total_minor"] == quote["total_minor"]
    assert await standing(counter) == {name: (count, 0) for name, count in units.items()}

    await counter.pays(order)
    assert (await counter.look(order))["state"] == "paid"
    assert await standing(counter) == {name: (0, count) for name, count in units.items()}

    back = {"plain-2": [1], "box-1": [0, 1], "box-7": [0]}
    refund = await refunded(counter, order, back)
    back_minor = sum(shares[name][unit] for name, which in back.items() for unit in which)
    assert refund["amount_minor"] == back_minor
    kept = Units(units)
    kept.subtract(taken({name: len(which) for name, which in back.items()}))

    async def is_on_the_shelf() -> bool:
        rows = await counter.rows("SELECT id, units, sold FROM stock_resources WHERE id LIKE 'product:%'")
        found = {row["id"].removeprefix("product:"): STOCK - row["units"] + row["sold"] for row in rows}
        off_the_shelf = {name: found[name] for name in units}
        return await counter.refunds() == [("lines", back_minor, "paid")] and off_the_shelf == dict(kept)

    await eventually(is_on_the_shelf)
    now = await counter.look(order)
    assert (now["state"], now["paid_minor"], now["refunded_minor"]) == ("paid", order["total_minor"], back_minor)
    ledger = await counter.ledger()
    assert ledger["clearing:till"] == order["total_minor"] - back_minor
    assert sum(ledger.values()) == 0

    refused = await counter.server.call("POST", *refunding(counter, order, back), by=fresh(counter))
    assert (refused.status, refused.body["code"]) == (422, 4080)
    rest = {name: [unit for unit in range(qty) if unit not in back.get(name, [])] for name, qty in CART.items()}
    rests = [await refunded(counter, order, {name: which}) for name, which in rest.items() if which]
    assert sum(each["amount_minor"] for each in rests) == order["total_minor"] - back_minor
    waiting = [each["id"] for each in rests if each["state"] == "approval"]
    assert waiting  # nobody pays so much back alone
    for id_ in waiting:
        await counter.server.do("POST", f"/api/refunds/{id_}/approve", {}, by=fresh(counter, "second"))
    assert (await counter.look(order))["state"] == "cancelled"

    async def is_back() -> bool:
        return bool((await counter.look(order))["refunded_minor"] == order["total_minor"])

    await eventually(is_back)
    assert await counter.ledger() == {}


async def test_more_lines_or_more_parts_than_one_order_takes_are_refused_and_hold_nothing(counter: Counter):
    wide = {f"crate-{n}": {f"piece-{n}-{m}": 1 for m in range(4)} for n in range(RESOURCES_MAX // 4)}
    await put(counter, wide, {**dict.fromkeys(wide, 990), **{f"plain-{n}": 990 for n in range(21)}})
    for lines in (
        [{"product": name, "qty": 1} for name in wide],
        [{"product": f"plain-{n}", "qty": 1} for n in range(21)],
    ):
        refused = await counter.ask(lines=lines)
        assert (refused.status, refused.body["code"]) == (422, 4035)
    assert await standing(counter) == {}
    assert await counter.rows("SELECT 1 FROM orders") == []
    few = list(wide)[:-1]
    order = await counter.order(lines=[{"product": name, "qty": 1} for name in few])
    assert len(await standing(counter)) == RESOURCES_MAX - 4
    await counter.pays(order)
    assert set((await standing(counter)).values()) == {(0, 1)}


def fresh(counter: Counter, name: str = "boss") -> Person:
    return counter.server.person(name, role="ops", is_fresh=True)


def refunding(counter: Counter, order: Any, back: Mapping[str, list[int]]) -> tuple[str, Any]:
    """Path and body."""
    ids = {line["product"]: line["id"] for line in order["lines"]}
    lines = [{"line": ids[name], "units": which} for name, which in back.items()]
    return f"/api/orders/{order['id']}/refunds", {"lines": lines, "reason": "bruised", "restock": True}


async def refunded(counter: Counter, order: Any, back: Mapping[str, list[int]]) -> Any:
    return await counter.server.do("POST", *refunding(counter, order, back), by=fresh(counter))
