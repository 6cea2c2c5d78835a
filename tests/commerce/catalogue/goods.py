"""Products as staff write them, over HTTP."""

from typing import Any

from livehub.base.auth import Role
from tests.base.served import Answer, Served

HONEY: dict[str, Any] = {"title": "山花蜜", "price_minor": 6_800, "currency": "CNY", "unit": "480 g"}
DAY_S = 86_400
PICTURE = "/demo/certificate.svg"
ORGANIC = {"kind": "organic", "picture": PICTURE, "number": "ORG-7", "valid_until": "2027-01-31"}


async def made(served: Served, **fields: Any) -> Any:
    """A product like HONEY but for those fields."""
    return await served.done("POST /api/products", {**HONEY, **fields}, role=Role.OPS)


async def asked(served: Served, **fields: Any) -> Answer:
    """The answer to the same."""
    return await served.call("POST /api/products", {**HONEY, **fields}, role=Role.OPS)


async def edited(served: Served, product: dict[str, Any], **fields: Any) -> Any:
    """What the product has become."""
    body = {"version": product["version"], **fields}
    return await served.done(f"PATCH /api/products/{product['id']}", body, role=Role.OPS)


async def edit(served: Served, product: dict[str, Any], **fields: Any) -> Answer:
    """The answer to the same."""
    body = {"version": product["version"], **fields}
    return await served.call(f"PATCH /api/products/{product['id']}", body, role=Role.OPS)


async def refused(served: Served, answer_of: Any, status: int, code: int, **details: Any) -> None:
    """It is refused so, and nothing has changed."""
    before = await served.contents()
    answer = await answer_of
    assert (answer.status, answer.body.get("code")) == (status, code), answer.body
    assert {name: answer.body.get(name) for name in details} == details
    assert await served.contents() == before


async def acts(served: Served) -> list[tuple[str, str | None, str | None]]:
    """(type, before, after) of what the audit log has of products, in its order."""
    query = "SELECT type, before, after FROM audit WHERE type LIKE 'product%' ORDER BY id"
    return [tuple(row) for row in await served.database.fetch(query)]
