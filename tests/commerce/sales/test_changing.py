"""The units, the limit and the end of a sale are changed while it is on: by its version, through the stock engine, told to
the room, and never below what is held and sold.
"""

import asyncio
from typing import Any

import pytest

from livehub.base.lists import iso
from tests.commerce.sales.shop import Shop, tap
from tests.commerce.sales.test_sales import now_ms
from tests.integration.server import Answer, eventually


async def change(shop: Shop, sale: str, *, by: Any = None, version: int | None = None, **fields: Any) -> Answer:
    """The answer to a change, of the latest version unless said otherwise."""
    if version is None:
        version = (await shop.server.do("GET", f"/api/sales/{sale}"))["version"]
    return await shop.server.call("PATCH", f"/api/sales/{sale}", {"version": version, **fields}, by=by)


async def changed(shop: Shop, sale: str, **fields: Any) -> Any:
    answer = await change(shop, sale, **fields)
    assert answer.status == 200, answer
    return answer.body["sale"]


async def engine_row(shop: Shop, sale: str) -> tuple[int, int, int]:
    (row,) = await shop.fetch("SELECT units, held, sold FROM stock_resources WHERE id = $1", f"sale:{sale}")
    return row["units"], row["held"], row["sold"]


async def test_units_are_added_and_taken_away_and_everybody_in_the_room_sees_it(shop: Shop):
    mei = await shop.buyer("mei")
    sale = await shop.sale(units=10, per_person_max=2)
    told = await changed(shop, sale, units=14)
    assert (told["units"], told["left"], told["version"], told["state"]) == (14, 14, 2, "open")
    assert await engine_row(shop, sale) == (14, 0, 0)
    said = await mei.control("sale_change")
    assert (said["data"]["sale"]["id"], said["data"]["sale"]["units"], said["data"]["sale"]["state"]) == (
        sale,
        14,
        "open",
    )
    await mei.inbox.until("tick", lambda tick: tick.get("stock") == {sale: 14})
    assert (await changed(shop, sale, units=3))["left"] == 3
    await mei.inbox.until("tick", lambda tick: tick.get("stock") == {sale: 3})
    late = await shop.buyer("late", joins=False)
    [shown] = (await late.join(shop.room))["room"]["view"]["sales"]
    assert (shown["units"], shown["per_person_max"]) == (3, 2)


async def test_never_below_what_is_held_and_sold_and_then_it_is_sold_out(shop: Shop):
    mei, lin = await shop.buyer("mei"), await shop.buyer("lin")
    sale = await shop.sale(units=10, per_person_max=5)
    await mei.done("reserve", tap(sale, 5))
    before = await shop.contents()
    refused = await change(shop, sale, units=4, per_person_max=1)
    assert (refused.status, refused.body["code"], refused.body["taken"]) == (409, 4028, 5)
    assert await shop.contents() == before
    assert (await changed(shop, sale, units=5))["left"] == 0
    assert (await lin.refused("reserve", tap(sale, 1)))["name"] == "sold_out"
    await changed(shop, sale, units=6)
    await lin.done("reserve", tap(sale, 1))


async def test_never_above_what_is_free_of_the_product(shop: Shop):
    mei = await shop.buyer("mei")
    sale = await shop.sale(units=10, per_person_max=10)
    await mei.done("reserve", tap(sale, 4))
    await shop.stocked("honey", -80)  # 20, of which 4 are held
    refused = await change(shop, sale, units=21)
    assert (refused.status, refused.body["code"], refused.body["left"]) == (409, 4028, 10)
    assert await engine_row(shop, sale) == (10, 4, 0)
    assert (await changed(shop, sale, units=20))["left"] == 16


async def test_of_a_bundle_the_scarcest_component_counts(shop: Shop):
    body = {"title": "Six", "price_minor": 9_900, "currency": "CNY", "components": [{"product": "eggs", "qty": 6}]}
    bundle = (await shop.server.do("POST", "/api/products", body, by=shop.server.ops))["id"]
    sale = await shop.sale(product=bundle, units=2)
    assert (await change(shop, sale, units=17)).body["left"] == 14
    assert (await changed(shop, sale, units=16))["left"] == 16


async def test_who_waits_gets_what_is_added(shop: Shop):
    mei, lin = await shop.buyer("mei"), await shop.buyer("lin")
    sale = await shop.sale(units=1, per_person_max=1)
    await mei.done("reserve", tap(sale))
    assert (await lin.done("wait", tap(sale)))["place"] == 1
    await changed(shop, sale, units=2)

    async def has_it() -> bool:
        return await engine_row(shop, sale) == (2, 2, 0)

    await eventually(has_it)


async def test_the_limit_goes_up_and_down_and_nobody_loses_what_they_have(shop: Shop):
    mei, lin = await shop.buyer("mei"), await shop.buyer("lin")
    sale = await shop.sale(units=10, per_person_max=2)
    await mei.done("reserve", tap(sale, 2))
    assert (await mei.refused("reserve", tap(sale, 1)))["name"] == "limit_reached"
    await changed(shop, sale, per_person_max=3)
    await mei.done("reserve", tap(sale, 1))
    told = await changed(shop, sale, per_person_max=1)
    assert (told["per_person_max"], told["held"], told["units"]) == (1, 3, 10)
    refused = await lin.refused("reserve", tap(sale, 2))
    assert (refused["name"], refused["limit"]) == ("limit_reached", 1)
    await lin.done("reserve", tap(sale, 1))


async def test_the_end_moves_and_the_clock_closes_it_then_and_not_before(shop: Shop):
    mei = await shop.buyer("mei")
    first_ms = now_ms(shop) + 1_500
    sale = await shop.sale(closes_at=iso(first_ms))
    (jobs,) = await shop.fetch("SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'sale.close'")
    far_ms = now_ms(shop) + 3_600_000
    told = await changed(shop, sale, closes_at=iso(far_ms))
    assert (told["closes_ts"], told["closes_at"]) == (far_ms, iso(far_ms))
    (more,) = await shop.fetch("SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'sale.close'")
    assert more["n"] == jobs["n"] + 1
    await asyncio.sleep(max(0, first_ms - now_ms(shop) + 300) / 1_000)  # the first end is over
    await mei.done("reserve", tap(sale))
    prices = "SELECT until_ms FROM product_prices WHERE sale = $1"
    assert [row["until_ms"] for row in await shop.fetch(prices, sale)] == [far_ms]
    assert (await changed(shop, sale, closes_at=None))["closes_at"] is None
    assert [row["until_ms"] for row in await shop.fetch(prices, sale)] == [None]
    soon_ms = now_ms(shop) + 1_000
    await changed(shop, sale, closes_at=iso(soon_ms))
    await mei.control("sale_close")
    assert (await mei.refused("reserve", tap(sale)))["name"] == "sale_closed"
    assert (await shop.server.do("GET", f"/api/sales/{sale}"))["state"] == "closed"


async def test_a_sale_that_is_to_come_is_changed_and_stays_to_come(shop: Shop):
    sale = await shop.sale(opens_at=None, units=10)
    told = await changed(shop, sale, units=20, per_person_max=4)
    assert (told["state"], told["units"], told["per_person_max"], told["left"]) == ("scheduled", 20, 4, 20)
    await shop.server.do("POST", f"/api/sales/{sale}/open")
    mei = await shop.buyer("mei")
    await mei.done("reserve", tap(sale, 4))


async def test_a_stale_version_a_sale_that_is_over_and_what_is_no_change_are_refused_with_nothing_changed(shop: Shop):
    sale = await shop.sale(units=10)
    await changed(shop, sale, units=11)
    before = await shop.contents()
    stale = await change(shop, sale, version=1, units=12)
    assert (stale.status, stale.body["code"], stale.body["version"]) == (409, 1011, 2)
    for fields in (
        {"units": 0}, {"units": -1}, {"units": 1.5}, {"units": "5"}, {"units": True}, {"units": 2**63}, {"units": None},
        {"per_person_max": 0}, {"per_person_max": None}, {"closes_at": 1}, {"closes_at": "yesterday"}, {"version": 0},
    ):  # fmt: skip
        assert (await change(shop, sale, **fields)).body["code"] == 1000, fields
    for role in ("viewer", "care", "courier"):
        refused = await change(shop, sale, by=shop.server.person("eve", role=role), units=12)
        assert refused.status == 403, role
    assert (await change(shop, "nothing", version=1, units=5)).body["code"] == 4020
    assert await shop.contents() == before
    same = await change(shop, sale, units=11, per_person_max=2)
    assert (same.status, same.body["sale"]["version"]) == (200, 2)  # and the room hears nothing
    assert await shop.contents() == before
    await shop.server.do("POST", f"/api/sales/{sale}/close")
    over = await change(shop, sale, units=20)
    assert (over.status, over.body["code"]) == (409, 4021)
    assert await engine_row(shop, sale) == (11, 0, 0)


async def test_of_two_who_change_it_at_once_one_is_told_to_look_again(shop: Shop):
    sale = await shop.sale(units=10)
    for version in range(1, 5):
        answers = await asyncio.gather(
            *(change(shop, sale, version=version, units=20 + 10 * version + n) for n in range(4))
        )
        assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
        units = next(answer.body["sale"]["units"] for answer in answers if answer.status == 200)
        assert await engine_row(shop, sale) == (units, 0, 0)


@pytest.mark.parametrize("then", [15, 12, 10])
async def test_a_change_that_the_engine_made_and_postgresql_did_not_is_completed_or_undone_by_the_next(
    shop: Shop, then: int
):
    sale = await shop.sale(units=10)
    await changed(shop, sale, units=15)
    # The process died between the two: the row is as it was before.
    await shop.fetch("UPDATE sales SET units = 10, version = 1 WHERE id = $1 RETURNING id", sale)
    await changed(shop, sale, units=then, per_person_max=3)
    assert await engine_row(shop, sale) == (then, 0, 0)


@pytest.mark.parametrize("fields", [{}, {"units": 10}, {"closes_at": None}], ids=str)
async def test_what_came_to_nothing_half_way_is_undone_by_whoever_saves_it_as_it_is(shop: Shop, fields: dict[str, Any]):
    sale = await shop.sale(units=10)
    before = await shop.fetch("SELECT per_person_max, closes_ms FROM sales WHERE id = $1", sale)
    await changed(shop, sale, units=15, closes_at=iso(now_ms(shop) + 3_600_000))
    # The process died before PostgreSQL had it: the engine sells fifteen, and for an hour.
    await shop.fetch("UPDATE sales SET units = 10, closes_ms = NULL, version = 1 WHERE id = $1 RETURNING id", sale)
    told = await changed(shop, sale, **fields)
    assert (told["units"], told["left"], told["version"]) == (10, 10, 1)
    assert await engine_row(shop, sale) == (10, 0, 0)
    (row,) = await shop.fetch("SELECT closes_ms FROM stock_resources WHERE id = $1", f"sale:{sale}")
    assert row["closes_ms"] > now_ms(shop) + 86_400_000
    assert await shop.fetch("SELECT per_person_max, closes_ms FROM sales WHERE id = $1", sale) == before


async def test_a_change_that_was_lost_and_undone_can_be_made_again(shop: Shop):
    sale = await shop.sale(units=10)
    for units in (15, 10):
        await changed(shop, sale, units=units)
        await shop.fetch("UPDATE sales SET units = 10, version = 1 WHERE id = $1 RETURNING id", sale)
    assert (await changed(shop, sale, units=15))["left"] == 15
    assert await engine_row(shop, sale) == (15, 0, 0)


async def test_who_changed_what_is_in_the_audit_log(shop: Shop):
    sale = await shop.sale(units=10, per_person_max=2)
    ops = shop.server.person("boss", role="ops")
    assert (await change(shop, sale, by=ops, units=12, per_person_max=3)).status == 200
    (row,) = await shop.fetch("SELECT by_id, subject, before, after FROM audit WHERE type = 'sale_change'")
    assert (row["by_id"], row["subject"]) == ("boss", sale)
    assert '"units": 10' in row["before"]
    assert '"units": 12' in row["after"]
