"""A leader reads back what the one before had in memory, also of sales that were forgotten meanwhile."""

import asyncpg
import pytest

from commerce.flashsale import codes
from commerce.flashsale.requests import Confirm, Done, Held, Put, Refused, Reserve, Resource, Retire, Units
from commerce.flashsale.retirement import Retirement
from tests.commerce.flashsale.test_engine import Node, rows, running, stocked, tap, units_in

__all__ = ["rows"]

BOTH = Reserve(
    "lin",
    "both",
    (Units("sale:eggs", 1), Units("product:eggs", 1), Units("sale:milk", 1), Units("product:milk", 1)),
    600_000,
)


async def bought(node: Node) -> str:
    """Eggs by ada, and by lin eggs together with milk, of which each may have one; then the sale of eggs ends. Lin's hold."""
    await stocked(node)
    assert await node.ask(Put(Resource(id="product:milk", units=10))) == Done()
    assert await node.ask(Put(Resource(id="sale:milk", units=10, limits=(1, 0, 0)), "product:milk")) == Done()
    both, eggs = await node.ask(BOTH), await node.ask(tap("ada"))
    for held in (both, eggs):
        assert isinstance(held, Held)
        assert await node.ask(Confirm(held.hold)) == Done()
    assert await node.ask(Put(Resource(id="sale:eggs", units=0, limits=(2, 0, 0), closes_ms=1))) == Done(again=True)
    return str(both.hold)


@pytest.mark.parametrize("are_marked", [True, False])
async def test_what_was_bought_of_a_forgotten_sale_and_of_one_that_goes_on_counts_for_the_next_leader(
    database_url: str, rows: asyncpg.Connection, are_marked: bool
) -> None:
    """`are_marked`: whether whoever has retired the sale lived to mark its holds as forgotten."""
    async with running(database_url, stock_retired_after_s=0) as node:
        hold = await bought(node)
        if are_marked:
            await Retirement(node.config, node.database, node.client, node.clock.now_s).retire()
        else:
            assert await node.ask(Retire("sale:eggs")) == Done()
        kept = await rows.fetch("SELECT person FROM stock_holds WHERE is_kept ORDER BY person")
        assert [row["person"] for row in kept] == (["lin"] if are_marked else ["ada", "lin"])
    for _ in range(2):
        async with running(database_url) as node:
            assert (await node.ask(BOTH)).hold == hold
            milk = Reserve("lin", "more milk", (Units("sale:milk", 1), Units("product:milk", 1)), 600_000)
            assert await node.ask(milk) == Refused(codes.LIMIT, "sale:milk", 1, 1)
            assert await node.ask(tap("bao")) == Refused(Refused.UNKNOWN_RESOURCE, "sale:eggs")
            assert node.client.units("sale:eggs") is None
            again = Put(Resource(id="sale:eggs", units=5, limits=(2, 0, 0)), "product:eggs")
            assert await node.ask(again) == Refused(codes.OVER, "sale:eggs")
            assert (await units_in(rows))["product:eggs"] == (10, 0, 2)
