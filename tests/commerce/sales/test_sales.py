"""A sale opens and closes when it should, by hand and by the clock, once; each change is whole, whatever crashed before it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from commerce.flashsale.module import StockPart
from livehub.base.lists import iso
from tests.commerce.sales.shop import Shop, tap
from tests.integration.contract import types
from tests.integration.server import InProcessServer, eventually
from tests.integration.viewers import Crowd
from tests.patience import PATIENCE_S


def now_ms(shop: Shop) -> int:
    return int(shop.server.application.context.now_s() * 1000)


async def refused(shop: Shop, **fields: Any) -> Any:
    """The problem document of a sale that must be refused, and must have changed nothing."""
    before = await shop.contents()
    answer = await shop.offered(**fields)
    assert answer.status >= 400, answer
    assert await shop.contents() == before
    return answer.body


@asynccontextmanager
async def locked(server: InProcessServer, statement: str) -> AsyncIterator[None]:
    """Another process holds what it locks by that statement."""
    other = await asyncpg.connect(server.application.settings.core.database_url)
    try:
        await other.execute("BEGIN")
        await other.execute(statement)
        yield
    finally:
        await other.close()


# --- making ---


async def test_a_sale_that_opens_at_once_is_open_and_told(shop: Shop):
    mei = await shop.buyer("mei")
    await shop.batch("lot-7")
    answer = await shop.offered(units=10, per_person_max=2, coupons=True, batch="lot-7")
    sale = answer.body["sale"]
    created_ms = sale["opens_ts"]
    assert abs(created_ms - now_ms(shop)) < 10_000
    assert sale == {
        "id": sale["id"], "room": shop.room, "product": "honey", "title": "Honey", "price_minor": 4_990, "currency": "CNY",
        "units": 10, "per_person_max": 2, "opens_ts": created_ms, "closes_ts": None,
        "opens_at": iso(created_ms), "closes_at": None, "coupons": True, "batch": "lot-7",
        "state": "open", "held": 0, "sold": 0, "left": 10, "version": 1,
    }  # fmt: skip
    told = await mei.control("sale_open")
    assert (told["epoch"], told["offset"]) == (answer.body["epoch"], answer.body["offset"])
    assert told["data"]["sale"] == {
        "id": sale["id"], "price_minor": 4_990, "currency": "CNY", "units": 10, "per_person_max": 2,
        "opens_ts": created_ms, "closes_ts": None, "coupons": True, "state": "open", "batch": "lot-7",
        "card": {
            "id": "honey", "no": None, "title": "Honey", "subtitle": None, "image": None, "price_minor": 6_800,
            "list_price_minor": 6_800, "currency": "CNY", "unit": "480 g",
        },
    }  # fmt: skip
    assert (await shop.server.do("GET", f"/api/rooms/{shop.room}/sales")) == {"items": [sale], "next": None}
    assert (await shop.server.do("GET", f"/api/sales/{sale['id']}")) == sale
    view = (await shop.server.do("GET", f"/api/rooms/{shop.room}"))["room"]["view"]
    assert [shown["id"] for shown in view["sales"]] == [sale["id"]]


async def test_a_sale_above_free_stock_is_refused_and_says_how_many_are_free(shop: Shop):
    first = await shop.sale(units=100, per_person_max=100)
    mei = await shop.buyer("mei")
    await mei.done("reserve", tap(first, 60))
    error = await refused(shop, units=41)
    assert (error["code"], error["name"], error["left"]) == (4028, "above_stock", 40)
    error = await refused(shop, units=1_000_000_000)
    assert error["left"] == 40
    await shop.sale(units=40)
    assert (await refused(shop, product="nothing"))["code"] == 4000
    assert (await refused(shop, room="nowhere"))["code"] == 2000


@pytest.mark.parametrize(
    "fields",
    [
        {"units": 0}, {"units": -1}, {"units": 2**63}, {"units": 1.5}, {"units": "5"}, {"units": True}, {"units": None},
        {"per_person_max": 0}, {"per_person_max": "2"}, {"price_minor": -1}, {"price_minor": 10**13}, {"price_minor": 0.5},
        {"coupons": "yes"}, {"product": ""}, {"batch": ""}, {"opens_at": "tomorrow"}, {"opens_at": -1}, {"opens_at": 2**60},
        {"closes_at": 1}, {"opens_at": None, "closes_at": "2001-01-01T00:00Z"},
        {"opens_at": "2200-01-01T10:00", "closes_at": "2200-01-01T10:00"},
    ],
)  # fmt: skip
async def test_what_is_no_sale_is_refused(shop: Shop, fields: dict[str, Any]):
    assert (await refused(shop, **fields))["code"] == 1000


async def test_a_sale_is_not_of_a_batch_that_is_none_another_product_or_not_to_be_sold(shop: Shop):
    await shop.batch("lot-eggs", "eggs")
    await shop.batch("lot-old", steps=["recalled"])
    await shop.batch("lot-of-old", parent="lot-old")
    await shop.batch("lot-burnt", steps=["packed", "destroyed"])
    for batch, status, code, details in (
        ("nothing", 422, 4007, {"batch": "nothing"}),
        ("lot-eggs", 422, 4008, {"batch": "lot-eggs", "product": "eggs"}),
        ("lot-old", 409, 4009, {"batch": "lot-old", "reason": "recalled"}),
        ("lot-of-old", 409, 4009, {"batch": "lot-of-old", "reason": "recalled"}),
        ("lot-burnt", 409, 4009, {"batch": "lot-burnt", "reason": "destroyed"}),
    ):
        error = await refused(shop, batch=batch)
        assert (error["status"], error["code"]) == (status, code)
        assert details.items() <= error.items()


async def test_a_local_time_that_daylight_saving_skips_or_repeats_is_refused_with_its_field(
    open_server: Any, crowd: Crowd
):
    async with open_server(time_zone="America/New_York") as server:
        shop = await Shop.opened(server, crowd)
        error = await refused(shop, opens_at="2099-03-08T02:30")
        assert (error["code"], error["detail"].split(":")[0]) == (1000, "opens_at")
        assert "does not exist in America/New_York" in error["detail"]
        error = await refused(shop, opens_at="2099-01-01T00:00", closes_at="2099-11-01T01:30")
        assert "closes_at" in error["detail"]
        assert "occurs twice" in error["detail"]
        sale = await shop.offered(opens_at="2099-03-08T03:00")
        assert sale.body["sale"]["opens_ts"] == int(datetime(2099, 3, 8, 7, tzinfo=UTC).timestamp() * 1000)
        assert sale.body["sale"]["state"] == "scheduled"


async def test_only_who_runs_shows_makes_sales_and_only_ops_change_stock(shop: Shop):
    mei = shop.server.person("mei")
    sale = await shop.sale()
    before = await shop.contents()
    for method, path in (
        ("POST", f"/api/rooms/{shop.room}/sales"), ("POST", f"/api/sales/{sale}/open"), ("POST", f"/api/sales/{sale}/close"),
        ("DELETE", f"/api/sales/{sale}"), ("GET", f"/api/sales/{sale}/figures"), ("POST", "/api/products/honey/stock"),
    ):  # fmt: skip
        assert (await shop.server.call(method, path, {}, by=mei)).status == 403
    answer = await shop.server.call("POST", "/api/products/honey/stock", {"delta": 1, "reason": "x"})
    assert answer.status == 403  # a host
    assert await shop.contents() == before


# --- by hand ---


async def test_by_hand_a_sale_opens_and_closes_and_twice_is_harmless(shop: Shop):
    mei = await shop.buyer("mei")
    sale = await shop.sale(opens_at=None)
    assert (await mei.control("sale_scheduled"))["data"]["sale"]["state"] == "scheduled"
    opened = await shop.server.do("POST", f"/api/sales/{sale}/open")
    assert opened["sale"]["state"] == "open"
    assert (await mei.control("sale_open"))["data"]["sale"]["state"] == "open"
    await mei.done("reserve", tap(sale))
    assert (await shop.server.do("POST", f"/api/sales/{sale}/open"))["offset"] == opened["offset"]
    closed = await shop.server.do("POST", f"/api/sales/{sale}/close")
    assert (closed["sale"]["state"], closed["offset"]) == ("closed", opened["offset"] + 1)
    assert (await mei.control("sale_close"))["data"] == {"type": "sale_close", "sale": sale}
    assert (await mei.refused("reserve", tap(sale)))["code"] == 4021
    assert (await shop.server.do("POST", f"/api/sales/{sale}/close"))["offset"] == closed["offset"]
    again = await shop.server.call("POST", f"/api/sales/{sale}/open")
    assert (again.status, again.body["code"]) == (409, 4021)
    assert await shop.standing(sale) == (1, 0, 9)  # who has a hold keeps it
    assert types(mei) == ["sale_scheduled", "sale_open", "sale_close"]


async def test_a_sale_that_is_removed_is_closed_and_leaves_the_room(shop: Shop):
    mei = await shop.buyer("mei")
    sale, stays = await shop.sale(), await shop.sale()
    await shop.server.do("DELETE", f"/api/sales/{sale}")
    removed = await mei.control("sale_remove", sale=sale)
    again = await shop.server.do("DELETE", f"/api/sales/{sale}")
    assert again["offset"] == removed["offset"]
    view = (await shop.server.do("GET", f"/api/rooms/{shop.room}"))["room"]["view"]
    assert [shown["id"] for shown in view["sales"]] == [stays]
    assert (await shop.server.do("GET", f"/api/sales/{sale}"))["state"] == "closed"


async def test_of_a_sale_that_is_unknown_nothing_is_known(shop: Shop):
    for method, path in (("GET", ""), ("POST", "/open"), ("POST", "/close"), ("DELETE", ""), ("GET", "/figures")):
        answer = await shop.server.call(method, f"/api/sales/nothing{path}")
        assert (answer.status, answer.body["code"]) == (404, 4020)
    assert (await shop.server.call("GET", "/api/rooms/nowhere/sales")).body["code"] == 2000


async def test_opening_and_closing_at_once_leave_row_and_engine_of_one_mind(shop: Shop):
    mei = await shop.buyer("mei")
    for _ in range(10):
        sale = await shop.sale(opens_at=None)
        await asyncio.gather(
            *(shop.server.call("POST", f"/api/sales/{sale}/{act}") for act in ("open", "close", "open", "close"))
        )
        state = (await shop.server.do("GET", f"/api/sales/{sale}"))["state"]
        assert state == "closed"
        assert (await mei.refused("reserve", tap(sale)))["code"] == 4021


# --- by the clock ---


async def test_by_the_clock_a_sale_opens_and_closes_once_in_its_window(shop: Shop):
    mei = await shop.buyer("mei")
    opens_ts = now_ms(shop) + 1_500
    sale = await shop.sale(opens_at=opens_ts, closes_at=opens_ts + 2_000)
    await mei.control("sale_scheduled")
    error = await mei.refused("reserve", tap(sale))
    assert (error["code"], error["opens_ts"]) == (4021, opens_ts)
    opened = await mei.control("sale_open")
    assert opened["data"]["sale"]["state"] == "open"
    await mei.done("reserve", tap(sale))
    await mei.control("sale_close", sale=sale)
    assert (await mei.refused("reserve", tap(sale)))["code"] == 4021
    assert now_ms(shop) >= opens_ts + 2_000
    assert types(mei) == ["sale_scheduled", "sale_open", "sale_close"]
    rows = await shop.fetch("SELECT opened_ms, closed_ms FROM sales WHERE id = $1", sale)
    assert tuple(rows[0]) == (opens_ts, opens_ts + 2_000)


async def test_what_was_opened_and_closed_by_hand_before_its_time_is_not_told_again(shop: Shop):
    mei = await shop.buyer("mei")
    opens_ts = now_ms(shop) + 1_000
    sale = await shop.sale(opens_at=opens_ts, closes_at=opens_ts + 500)
    for act in ("open", "close"):
        await shop.server.do("POST", f"/api/sales/{sale}/{act}")

    async def jobs_ran() -> bool:
        rows = await shop.fetch("SELECT status::text FROM procrastinate_jobs WHERE task_name LIKE 'sale.%'")
        return [row["status"] for row in rows] == ["succeeded", "succeeded"]

    await eventually(jobs_ran)
    assert types(mei) == ["sale_scheduled", "sale_open", "sale_close"]


# --- whatever crashed ---


async def test_a_sale_that_only_the_engine_knows_is_completed_by_the_same_request(open_server: Any, crowd: Crowd):
    async with open_server(db_timeout_s=1.0) as server:
        shop = await Shop.opened(server, crowd)
        headers = {"Idempotency-Key": "the-key-of-a-sale"}
        async with locked(server, f"SELECT FROM rooms WHERE id = '{shop.room}' FOR UPDATE"):
            assert (await shop.offered(headers=headers)).status == 503
        assert await shop.fetch("SELECT FROM sales") == []
        quotas = await shop.fetch("SELECT id FROM stock_resources WHERE id LIKE 'sale:%'")
        assert len(quotas) == 1
        answer = await shop.offered(headers=headers)
        assert answer.status == 201
        assert quotas[0]["id"] == f"sale:{answer.body['sale']['id']}"
        again = await shop.offered(headers=headers)
        assert (again.body, again.headers["Idempotency-Replayed"]) == (answer.body, "true")
        await shop.fetch("DELETE FROM idempotency_keys")  # as after a day
        later = await shop.offered(headers=headers)
        assert later.body["sale"] == answer.body["sale"]
        await server.do("POST", f"/api/sales/{answer.body['sale']['id']}/close")
        await shop.fetch("DELETE FROM idempotency_keys")
        assert (await shop.offered(headers=headers)).body["sale"]["state"] == "closed"
        mei = await shop.buyer("mei")
        assert (await mei.refused("reserve", tap(answer.body["sale"]["id"])))["code"] == 4021
        assert len(await shop.fetch("SELECT FROM sales")) == 1
        other = await shop.offered(headers={"Idempotency-Key": "another-key"})
        assert other.body["sale"]["id"] != answer.body["sale"]["id"]


async def test_a_change_of_stock_that_only_the_engine_knows_is_made_once_by_the_same_request(
    open_server: Any, crowd: Crowd
):
    async with open_server(db_timeout_s=1.0) as server:
        shop = await Shop.opened(server, crowd, stock=5)
        headers, ops = {"Idempotency-Key": "the-key-of-a-change"}, server.ops
        call = {"delta": 7, "reason": "found some"}
        async with locked(server, "LOCK TABLE stock_changes IN EXCLUSIVE MODE"):
            answer = await server.call("POST", "/api/products/eggs/stock", call, by=ops, headers=headers)
            assert answer.status == 503
        other = await server.call("POST", "/api/products/eggs/stock", {**call, "delta": 8}, by=ops, headers=headers)
        assert (other.status, other.body["code"]) == (422, 1004)
        answer = await server.call("POST", "/api/products/eggs/stock", call, by=ops, headers=headers)
        assert answer.body == {"product": "eggs", "on_hand": 12, "held": 0, "sold": 0}
        rows = await shop.fetch(
            "SELECT delta, reason, changed_by FROM stock_changes WHERE product = 'eggs' ORDER BY delta"
        )
        assert [tuple(row) for row in rows] == [(5, "harvest", "ops"), (7, "found some", "ops")]


# --- stock ---


async def test_stock_never_falls_below_what_is_held_and_every_change_has_its_reason(shop: Shop):
    sale = await shop.sale(units=100, per_person_max=100)
    mei = await shop.buyer("mei")
    await mei.done("reserve", tap(sale, 30))
    before = await shop.contents()
    answer = await shop.server.call(
        "POST", "/api/products/honey/stock", {"delta": -71, "reason": "broken"}, by=shop.server.ops
    )
    assert (answer.status, answer.body["code"], answer.body["taken"]) == (409, 4028, 30)
    for body in (
        {"delta": 0, "reason": "x"}, {"delta": 1.5, "reason": "x"}, {"delta": 2**63, "reason": "x"},
        {"delta": 1}, {"delta": 1, "reason": ""},
    ):  # fmt: skip
        answer = await shop.server.call("POST", "/api/products/honey/stock", body, by=shop.server.ops)
        assert (answer.status, answer.body["code"]) == (400, 1000), body
    answer = await shop.server.call("POST", "/api/products/none/stock", {"delta": 1, "reason": "x"}, by=shop.server.ops)
    assert (answer.status, answer.body["code"]) == (404, 4000)
    assert await shop.contents() == before
    assert await shop.stocked("honey", -70) == {"product": "honey", "on_hand": 30, "held": 30, "sold": 0}
    assert await shop.standing(sale) == (30, 0, 0)  # left is the smaller
    rows = await shop.fetch(
        "SELECT delta, changed_by FROM stock_changes WHERE product = 'honey' ORDER BY changed_ms, delta"
    )
    assert sorted(tuple(row) for row in rows) == [(-70, "ops"), (100, "ops")]


# --- what is told ---


async def test_what_is_left_is_in_the_snapshot_and_in_ticks_and_a_freed_unit_is_seen_within_a_second(shop: Shop):
    mei, bob = await shop.buyer("mei"), await shop.buyer("bob")
    sale = await shop.sale(units=10, per_person_max=10)
    await bob.inbox.until("tick", lambda tick: tick.get("stock") == {sale: 10})
    hold = (await mei.done("reserve", tap(sale, 4)))["hold"]["id"]
    await bob.inbox.until("tick", lambda tick: tick.get("stock") == {sale: 6}, within_s=1.0)
    after = len(bob.inbox.all)
    await mei.done("release", {"hold": hold})
    await bob.inbox.until("tick", lambda tick: tick.get("stock") == {sale: 10}, after=after, within_s=1.0)
    late = await shop.buyer("late", joins=False)
    assert (await late.join(shop.room))["room"]["stock"] == {sale: 10}
    await shop.stocked("honey", -97)
    await bob.inbox.until("tick", lambda tick: tick.get("stock") == {sale: 3})
    await shop.server.do("POST", f"/api/sales/{sale}/close")
    await bob.control("sale_close")
    later = await shop.buyer("later", joins=False)
    assert (await later.join(shop.room))["room"]["stock"] == {}


async def test_of_what_is_in_the_bag_and_few_everybody_is_told_how_many_are_left(shop: Shop):
    body = {"title": "Six", "price_minor": 9_900, "currency": "CNY", "components": [{"product": "eggs", "qty": 6}]}
    bundle = (await shop.server.do("POST", "/api/products", body, by=shop.server.ops))["id"]
    bob = await shop.buyer("bob")
    for product in ("honey", "eggs", bundle):
        await shop.server.do("POST", f"/api/rooms/{shop.room}/bag", {"product": product})
    await bob.inbox.until("tick", lambda tick: tick.get("stock") == {f"product:{bundle}": 16})
    await shop.stocked("honey", -80)
    await bob.inbox.until("tick", lambda tick: tick.get("stock", {}).get("product:honey") == 20)
    await shop.stocked("eggs", -100)
    few = {"product:honey": 20, f"product:{bundle}": 0, "product:eggs": 0}
    await bob.inbox.until("tick", lambda tick: tick.get("stock") == few)
    after = len(bob.inbox.all)
    await shop.stocked("honey", 1)
    await bob.inbox.until("tick", lambda tick: "product:honey" not in tick.get("stock", {}), after=after)
    await shop.server.do("DELETE", f"/api/rooms/{shop.room}/bag/eggs")
    late = await shop.buyer("late", joins=False)
    assert (await late.join(shop.room))["room"]["stock"] == {f"product:{bundle}": 0}


async def test_of_gifts_that_come_with_what_is_shown_everybody_is_told_how_many_are_left_once_they_are_few(shop: Shop):
    await shop.fetch("UPDATE products SET gift = 'eggs', gift_qty = 30 WHERE id = 'honey' RETURNING id")
    bob = await shop.buyer("bob")
    await shop.server.do("POST", f"/api/rooms/{shop.room}/bag", {"product": "honey"})
    await shop.stocked("eggs", -71)
    await bob.inbox.until("tick", lambda tick: tick.get("stock") == {"product:eggs": 29})  # one gift takes more
    await shop.stocked("eggs", -29)
    await bob.inbox.until("tick", lambda tick: tick.get("stock") == {"product:eggs": 0})
    late = await shop.buyer("late", joins=False)
    assert (await late.join(shop.room))["room"]["stock"] == {"product:eggs": 0}
    await shop.server.do("DELETE", f"/api/rooms/{shop.room}/bag/honey")
    sale = await shop.sale()
    await bob.inbox.until("tick", lambda tick: tick.get("stock") == {sale: 10, "product:eggs": 0})


async def test_the_figures_of_a_sale_say_how_taps_were_answered(shop: Shop):
    sale = await shop.sale(units=3, per_person_max=1)
    buyers = [await shop.buyer(f"buyer-{n}") for n in range(5)]
    url = f"/api/sales/{sale}/figures"
    first = await shop.server.do("GET", url)
    assert (first["asked"], first["taps_per_s"], first["refused"], first["waiting"]) == (0, 0.0, {}, 0)
    for buyer in buyers:
        await buyer.call("reserve", tap(sale))
    await buyers[0].call("reserve", tap(sale))
    await buyers[4].done("wait", tap(sale))
    figures = await shop.server.do("GET", url)
    assert figures["sale"]["held"] == figures["answered_held"] == 3
    assert figures["refused"]["limit_reached"] == 1
    assert figures["refused"]["sold_out"] >= 2
    assert figures["asked"] == 3 + sum(figures["refused"].values())
    assert figures["waiting"] == 1
    assert figures["taps_per_s"] > 0


# --- the waitlist ---


async def test_whoever_waits_gets_what_comes_back_in_order_and_hears_of_it(shop: Shop):
    sale = await shop.sale(units=1, per_person_max=1)
    mei, bob, cho = [await shop.buyer(name) for name in ("mei", "bob", "cho")]
    hold = (await mei.done("reserve", tap(sale)))["hold"]["id"]
    wait = tap(sale)
    assert await bob.done("wait", wait) == {"ok": True, "place": 1}
    assert await cho.done("wait", tap(sale)) == {"ok": True, "place": 2}
    assert await bob.done("wait", wait) == {"ok": True, "place": 1}
    await mei.done("release", {"hold": hold})
    told = await bob.inbox.until("direct", lambda direct: direct["type"] == "hold")
    got = told["data"]["hold"]
    assert (told["data"]["key"], got["lines"], got["state"]) == (wait["key"], [{"sale": sale, "qty": 1}], "held")
    assert 150_000 < got["expires_ts"] - now_ms(shop) <= 181_000
    assert (await shop.server.do("GET", "/api/me/holds", by=shop.server.person("bob")))["items"] == [
        got | {"expires_at": iso(got["expires_ts"])}
    ]
    for _ in range(2):
        assert await cho.done("unwait", {"sale": sale}) == {"ok": True}
    await bob.done("release", {"hold": got["id"]})
    assert (await mei.done("wait", tap(sale)))["hold"]["state"] == "held"  # nobody waits any more
    assert cho.inbox.of("direct") == []


async def test_a_full_line_is_refused(open_server: Any, crowd: Crowd):
    async with open_server(stock_waits_max=1) as server:
        shop = await Shop.opened(server, crowd)
        sale = await shop.sale(units=1, per_person_max=1)
        mei, bob, cho = [await shop.buyer(name) for name in ("mei", "bob", "cho")]
        await mei.done("reserve", tap(sale))
        await bob.done("wait", tap(sale))
        assert (await cho.refused("wait", tap(sale)))["code"] == 4029


async def test_while_the_engine_is_away_taps_are_told_to_come_again(open_server: Any, crowd: Crowd):
    async with open_server(stock_ask_s_max=0.5) as server:
        shop = await Shop.opened(server, crowd)
        sale = await shop.sale()
        mei = await shop.buyer("mei")
        engine = server.application.get(StockPart)._engine
        assert engine is not None
        await engine.stop()
        body = tap(sale)
        async with asyncio.timeout(PATIENCE_S):
            error = await mei.refused("reserve", body)
        assert (error["code"], error["retry_after_ms"] > 0) == (1200, True)
        await engine.start()

        async def is_held() -> bool:
            return bool((await mei.call("reserve", body))["ok"])

        await eventually(is_held)
        assert (await shop.standing(sale))[0] == 1


async def test_lists_are_read_a_page_at_a_time(shop: Shop):
    sales = [await shop.sale(units=5) for _ in range(3)]
    seen: list[str] = []
    after = ""
    for _ in range(3):
        listed = await shop.server.do("GET", f"/api/rooms/{shop.room}/sales?limit=2{after}")
        seen += [sale["id"] for sale in listed["items"]]
        if listed["next"] is None:
            break
        after = f"&after={listed['next']}"
    assert seen == sales[::-1]
    assert (await shop.server.call("GET", f"/api/rooms/{shop.room}/sales?limit=0")).status == 400
