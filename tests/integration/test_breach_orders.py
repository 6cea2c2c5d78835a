"""Those who see orders see which ones a breach of the cold chain flagged, and what their buyers were offered."""

import json

import pytest

from livehub.base.auth import Role
from tests.integration.server import eventually
from tests.integration.test_breaches import a_hot_van, all_is_given, bought, van
from tests.trace.coldchain.van import Van

__all__ = ["van"]


async def test_the_orders_of_exactly_what_was_in_the_van_are_listed(van: Van):
    await bought(van, "o1", "mei", "batch-1", "batch-9")
    await bought(van, "o2", "bo", "batch-2")
    await bought(van, "o3", "li", "batch-9")
    await a_hot_van(van, kind="coupon", amount_minor=500, currency="CNY", days=10)
    (breach,) = [each["id"] for each in await van.findings("?level=breach")]
    call = f"GET /api/breaches/{breach}/orders"

    async def both_are_flagged() -> bool:
        return len((await van.done(call))["items"]) == 2

    await eventually(both_are_flagged)
    items = (await van.done(call))["items"]
    assert [(each["order"], each["person"], each["lines"], each["offer"], each["state"]) for each in items] == [
        ("o1", "mei", 1, "coupon", "paid"),
        ("o2", "bo", 1, "coupon", "paid"),
    ]
    first = await van.done(f"{call}?limit=1")
    rest = await van.done(f"{call}?limit=1&after={first['next']}")
    assert first["items"] + rest["items"] == items
    assert (await van.done("GET /api/breaches/nothing/orders"))["items"] == []
    assert (await van.call(call, role=Role.PICKER)).status == 403


@pytest.mark.parametrize("at_once", [2_000, 1])
async def test_a_buyer_of_several_orders_is_promised_one_coupon_and_gets_it(
    van: Van, monkeypatch: pytest.MonkeyPatch, at_once: int
):
    monkeypatch.setattr("commerce.cases.breaches.TOLD_AT_ONCE_MAX", at_once)
    monkeypatch.setattr("commerce.cases.breach_offers.TELL_BATCH", at_once)
    monkeypatch.setattr("commerce.cases.breach_offers.OFFERS_BATCH", at_once)
    for order, person in (("o1", "mei"), ("o2", "mei"), ("o3", "bo")):
        await bought(van, order, person, "batch-1")
    await a_hot_van(van, kind="coupon", amount_minor=500, currency="CNY", days=10)

    async def all_are_told() -> bool:
        query = "SELECT count(*) FROM breach_orders WHERE told_ms IS NOT NULL"
        return bool(await van.served.database.fetchval(query) == 3)

    await eventually(all_are_told)
    await eventually(all_is_given(van))
    rows = await van.served.database.fetch("SELECT data FROM directs WHERE type = 'notice'")
    notices = [json.loads(row["data"]) for row in rows]
    assert sorted((notice["link"], "优惠券" in notice["texts"]["zh"]) for notice in notices) == [
        ("/orders/o1", True),
        ("/orders/o2", False),
        ("/orders/o3", True),
    ]
    orders = await van.served.database.fetch(
        "SELECT order_id, offer, given, offer_entry IS NOT NULL AS is_said FROM breach_orders ORDER BY order_id"
    )
    assert [tuple(row) for row in orders] == [
        ("o1", "coupon", "coupon", True),
        ("o2", "none", None, False),
        ("o3", "coupon", "coupon", True),
    ]
    claims = await van.served.database.fetch("SELECT user_id FROM coupon_claims ORDER BY user_id")
    assert [row["user_id"] for row in claims] == ["bo", "mei"]
    entries = await van.served.database.fetch("SELECT entry FROM log_entries ORDER BY id")
    said = [json.loads(bytes(row["entry"])) for row in entries]
    flags = [each for each in said if each["type"] == "cold_chain_flag"]
    assert sorted(each["offer"] for each in flags) == ["coupon", "coupon", "none"]
    offers = [each for each in said if each["type"] == "cold_chain_offer"]
    promised = {each["order_commitment"] for each in flags if each["offer"] == "coupon"}
    assert (len(offers), {each["order_commitment"] for each in offers}) == (2, promised)
