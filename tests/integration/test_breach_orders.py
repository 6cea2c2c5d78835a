"""Those who see orders see which ones a breach of the cold chain flagged, and what their buyers were offered."""

from livehub.base.auth import Role
from tests.integration.server import eventually
from tests.integration.test_breaches import a_hot_van, bought, van
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
