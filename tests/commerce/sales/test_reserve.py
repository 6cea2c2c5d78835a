"""A tap gets what there is, once, or a numbered refusal with its figures; whatever is refused has changed nothing."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from commerce.flashsale.client import StockClient
from commerce.flashsale.requests import Done, Retire
from commerce.sales.ladder import is_proof
from commerce.sales.lines import quota
from livehub.base.lists import iso
from tests.commerce.sales.shop import Shop, new_key, tap
from tests.integration.server import eventually
from tests.integration.viewers import Crowd, Viewer


async def refused(shop: Shop, viewer: Viewer, event: str, body: Any) -> Any:
    """The error of an event that must be refused, and must have changed nothing."""
    before = await shop.contents()
    error = await viewer.refused(event, body)
    assert await shop.contents() == before
    return error


# --- holds ---


async def test_a_tap_holds_units_of_the_sale_and_of_the_product_and_the_same_key_is_the_same_tap(shop: Shop):
    sale = await shop.sale(units=10, per_person_max=3)
    mei = await shop.buyer("mei")
    key = new_key()
    first = await mei.done("reserve", tap(sale, 2, key))
    hold = first["hold"]
    assert (hold["lines"], hold["state"]) == ([{"sale": sale, "qty": 2}], "held")
    now_ms = shop.server.application.context.now_s() * 1000
    assert 590_000 < hold["expires_ts"] - now_ms <= 601_000
    assert await mei.done("reserve", tap(sale, 2, key)) == first
    assert await shop.standing(sale) == (2, 0, 8)
    listed = await shop.server.do("GET", "/api/products")
    honey = next(row for row in listed["products"] if row["id"] == "honey")
    assert (honey["on_hand"], honey["held"], honey["sold"]) == (100, 2, 0)
    mine = await shop.server.do("GET", "/api/me/holds", by=shop.server.person("mei"))
    assert mine == {"items": [hold | {"expires_at": iso(hold["expires_ts"])}], "next": None}


async def test_a_released_hold_is_free_for_others_and_its_key_tells_what_became_of_it(shop: Shop):
    sale = await shop.sale(units=1, per_person_max=1)
    mei, bob = await shop.buyer("mei"), await shop.buyer("bob")
    key = new_key()
    hold = (await mei.done("reserve", tap(sale, 1, key)))["hold"]
    assert (await refused(shop, bob, "reserve", tap(sale)))["left"] == 0
    assert await refused(shop, bob, "release", {"hold": hold["id"]}) == {
        "code": 4025, "name": "hold_not_found", "message": "There is no such reservation.",
    }  # fmt: skip
    for _ in range(2):
        assert await mei.done("release", {"hold": hold["id"]}) == {"ok": True}
    assert (await mei.done("reserve", tap(sale, 1, key)))["hold"] == hold | {"state": "released"}
    await bob.done("reserve", tap(sale))
    assert (await refused(shop, mei, "reserve", tap(sale)))["code"] == 4022
    mine = await shop.server.do("GET", "/api/me/holds", by=shop.server.person("mei"))
    assert [(found["id"], found["state"]) for found in mine["items"]] == [(hold["id"], "released")]


async def test_a_hold_that_is_over_cannot_be_released_and_says_so(open_server: Any, crowd: Crowd):
    async with open_server(hold_ttl_s=5) as server:
        shop = await Shop.opened(server, crowd)
        sale = await shop.sale()
        mei = await shop.buyer("mei")
        hold = (await mei.done("reserve", tap(sale)))["hold"]

        async def is_over() -> bool:
            return await shop.standing(sale) == (0, 0, 10)

        await eventually(is_over)
        over = await refused(shop, mei, "release", {"hold": hold["id"]})
        assert (over["code"], over["state"]) == (4026, "expired")


async def test_lines_are_held_all_or_none_and_left_is_the_smaller_of_quota_and_stock(shop: Shop):
    honey, more_honey = await shop.sale(units=90, per_person_max=90), await shop.sale(units=90, per_person_max=90)
    eggs = await shop.sale(product="eggs", units=5, per_person_max=5)
    mei, bob = await shop.buyer("mei"), await shop.buyer("bob")
    lines = [{"sale": honey, "qty": 40}, {"sale": more_honey, "qty": 50}, {"sale": eggs, "qty": 5}]
    hold = (await mei.done("reserve", {"lines": lines, "key": new_key()}))["hold"]
    assert hold["lines"] == lines
    assert [await shop.standing(sale) for sale in (honey, more_honey, eggs)] == [(40, 0, 10), (50, 0, 10), (5, 0, 0)]
    error = await refused(
        shop, bob, "reserve", {"lines": [{"sale": honey, "qty": 1}, {"sale": eggs, "qty": 1}], "key": new_key()}
    )
    assert (error["code"], error["left"]) == (4022, 0)
    error = await refused(shop, bob, "reserve", tap(honey, 11))  # of the quota there are 50, of the product 10
    assert (error["code"], error["name"], error["left"]) == (4022, "sold_out", 10)


async def test_one_person_gets_no_more_than_the_limit_however_often_they_tap_and_whatever_the_key(shop: Shop):
    sale = await shop.sale(units=10, per_person_max=2)
    mei, bob = await shop.buyer("mei"), await shop.buyer("bob")
    await mei.done("reserve", tap(sale, 1))
    error = await refused(shop, mei, "reserve", tap(sale, 2))
    assert (error["code"], error["limit"], error["has"]) == (4023, 2, 1)
    await mei.done("reserve", tap(sale, 1))
    assert (await refused(shop, mei, "reserve", tap(sale, 1)))["has"] == 2
    await bob.done("reserve", tap(sale, 2))  # one who is refused for their limit takes nothing from others
    assert await shop.standing(sale) == (4, 0, 6)


async def test_a_thousand_taps_by_one_person_leave_a_unit_for_each_of_ninety_nine_others(
    open_server: Any, crowd: Crowd
):
    async with open_server(
        socket_events_per_s_max=1e6, socket_events_burst_max=100_000, socket_pending_max=1_000
    ) as server:
        shop = await Shop.opened(server, crowd)
        sale = await shop.sale(units=100, per_person_max=1)
        eve = await shop.buyer("eve")
        others = await asyncio.gather(*(shop.buyer(f"buyer-{n}") for n in range(99)))
        taps = [eve.start("reserve", tap(sale)) for _ in range(1_000)]
        answers = await asyncio.gather(*(other.call("reserve", tap(sale)) for other in others))
        eves = await asyncio.gather(*taps)
        assert all(answer["ok"] for answer in answers)
        outcomes = Counter("held" if answer["ok"] else answer["error"]["name"] for answer in eves)
        assert outcomes["held"] == 1
        assert set(outcomes) <= {"held", "too_fast", "limit_reached"}
        assert await shop.standing(sale) == (100, 0, 0)
        people = await shop.fetch("SELECT count(DISTINCT person) AS n, count(*) AS holds FROM stock_holds")
        assert (people[0]["n"], people[0]["holds"]) == (100, 100)


async def test_the_last_units_go_to_as_many_as_there_are_and_each_tap_sent_twice_gets_one_answer(shop: Shop):
    sale = await shop.sale(units=7, per_person_max=1)
    buyers = await asyncio.gather(*(shop.buyer(f"buyer-{n}") for n in range(30)))
    bodies = [tap(sale) for _ in buyers]
    pairs = await asyncio.gather(
        *(
            asyncio.gather(*(buyer.call("reserve", body) for _ in range(2)))
            for buyer, body in zip(buyers, bodies, strict=True)
        )
    )
    assert all(first == second for first, second in pairs)
    assert Counter(first["ok"] for first, _ in pairs) == {True: 7, False: 23}
    assert await shop.standing(sale) == (7, 0, 0)


async def test_a_tap_under_way_is_joined_by_the_same_one_and_another_one_is_told_to_wait(shop: Shop):
    sale = await shop.sale(units=10, per_person_max=10)
    mei, at_home = await shop.buyer("mei"), await shop.buyer("mei")
    body = tap(sale)
    started = [
        mei.start("reserve", body),
        mei.start("reserve", body),
        mei.start("reserve", tap(sale)),
        mei.start("reserve", tap(sale)),
    ]
    first, same, *others = await asyncio.gather(*started)
    assert first == same
    assert {answer["error"]["name"] for answer in others if not answer["ok"]} <= {"too_fast"}
    assert all(answer["error"]["retry_after_ms"] > 0 for answer in others if not answer["ok"])
    assert (await at_home.done("reserve", body)) == first  # another device, the same tap


# --- bad input ---

BAD_QUANTITIES = [
    "0",
    "-5",
    "9223372036854775808",
    "9223372036854775807",
    "1000001",
    "1.5",
    '"5"',
    "true",
    "null",
    "[]",
    "{}",
]


@pytest.mark.parametrize("qty", [*BAD_QUANTITIES, "NaN", "1e400", "Infinity"])
async def test_a_quantity_that_is_none_is_refused(shop: Shop, qty: str):
    sale = await shop.sale()
    mei = await shop.buyer("mei")
    before = await shop.contents()
    for body in (
        f'{{"sale": "{sale}", "qty": {qty}, "key": "{new_key()}"}}',
        f'{{"lines": [{{"sale": "{sale}", "qty": {qty}}}], "key": "{new_key()}"}}',
    ):
        for event in ("reserve", "wait"):
            await mei.socket.send_str(f'4290["{event}",{body}]')
    answers = await mei.inbox.count("unknown event answered", 4)
    assert {answer["error"]["code"] for answer in answers} == {1000}
    assert await shop.contents() == before


async def test_what_is_no_tap_is_refused(shop: Shop):
    sale, other = await shop.sale(), await shop.sale()
    mei = await shop.buyer("mei")
    line = {"sale": sale, "qty": 1}
    bodies: list[dict[str, Any]] = [
        {},
        {"key": new_key()},
        {"key": new_key(), "lines": []},
        {"key": new_key(), "lines": [line, {"sale": other, "qty": 1}, line]},  # one sale on two lines
        {"key": new_key(), "lines": [line], **line},
        {"key": new_key(), "lines": [{"sale": f"s-{n}", "qty": 1} for n in range(9)]},
        {"key": "short", **line},
        {"key": "x" * 65, **line},
        {"key": "nul \0 in it", **line},
        line,
    ]
    for body in bodies:
        assert (await refused(shop, mei, "reserve", body))["code"] == 1000, json.dumps(body)


async def test_a_key_that_comes_again_with_another_body_is_refused(shop: Shop):
    sale, other = await shop.sale(per_person_max=5), await shop.sale(per_person_max=5)
    mei, bob = await shop.buyer("mei"), await shop.buyer("bob")
    key = new_key()
    await mei.done("reserve", tap(sale, 1, key))
    for body in (
        tap(sale, 2, key),
        tap(other, 1, key),
        {"lines": [{"sale": other, "qty": 1}, {"sale": sale, "qty": 1}], "key": key},
    ):
        error = await refused(shop, mei, "reserve", body)
        assert (error["code"], error["name"]) == (1004, "key_reused")
    await bob.done("reserve", tap(sale, 2, key))  # keys are each person's own


async def test_a_sale_that_is_unknown_not_open_closed_or_of_another_room_is_refused(shop: Shop):
    mei = await shop.buyer("mei")
    for unknown in ("no-such-sale", "1m8kdc6z2hkj5wrpnr", "x" * 64):
        for event, body in (
            ("reserve", tap(unknown)),
            ("wait", tap(unknown)),
            ("unwait", {"sale": unknown}),
            ("ticket", {"sale": unknown}),
        ):
            assert (await refused(shop, mei, event, body))["code"] == 4020, event

    by_hand = await shop.sale(opens_at=None)
    error = await refused(shop, mei, "reserve", tap(by_hand))
    assert (error["code"], error["name"], "opens_ts" in error) == (4021, "sale_closed", False)
    opens_ts = int(shop.server.application.context.now_s() * 1000) + 3_600_000
    later = await shop.sale(opens_at=opens_ts)
    error = await refused(shop, mei, "reserve", tap(later))
    assert (error["code"], error["opens_ts"]) == (4021, opens_ts)

    closed = await shop.sale()
    await shop.server.do("POST", f"/api/sales/{closed}/close")
    for event in ("reserve", "wait"):
        assert (await refused(shop, mei, event, tap(closed)))["code"] == 4021

    client = shop.server.application.get(StockClient)
    assert await client.ask(Retire(quota(closed))) == Done()  # as some time after its end
    assert (await refused(shop, mei, "reserve", tap(closed)))["code"] == 4021

    elsewhere = await shop.sale(room=await shop.server.room())
    for event, body in (("reserve", tap(elsewhere)), ("wait", tap(elsewhere)), ("ticket", {"sale": elsewhere})):
        error = await refused(shop, mei, event, body)
        assert (error["code"], error["name"]) == (4027, "not_in_room")


async def test_whoever_is_not_signed_in_not_here_or_banned_is_refused(shop: Shop):
    sale = await shop.sale()
    guest = await shop.crowd.raw(shop.server)
    await guest.join(shop.room)
    away, eve = await shop.buyer("away", joins=False), await shop.buyer("eve")
    for event, body in (
        ("reserve", tap(sale)), ("wait", tap(sale)), ("unwait", {"sale": sale}), ("ticket", {"sale": sale}),
        ("release", {"hold": "h"}),
    ):  # fmt: skip
        assert (await refused(shop, guest, event, body))["code"] == 1100
    assert (await refused(shop, away, "reserve", tap(sale)))["code"] == 4027

    await eve.done("reserve", tap(sale))
    await shop.server.do("POST", f"/api/rooms/{shop.room}/moderation/bans", {"user": "eve", "seconds": None})
    await eve.control("ban")
    assert (await refused(shop, eve, "reserve", tap(sale)))["code"] == 4027  # out of the room
    assert (await refused(shop, eve, "join", {"room": shop.room}))["code"] == 2011


async def test_holds_are_each_persons_own(shop: Shop):
    sale = await shop.sale()
    mei, bob = await shop.buyer("mei"), await shop.buyer("bob")
    hold = (await mei.done("reserve", tap(sale)))["hold"]["id"]
    for id_ in (hold, "no-such-hold", "x" * 64):
        assert (await refused(shop, bob, "release", {"hold": id_}))["code"] == 4025
    assert (await shop.server.do("GET", "/api/me/holds", by=shop.server.person("bob"))) == {"items": [], "next": None}
    assert (await shop.server.call("GET", "/api/me/holds", by=shop.server.person("g", role="guest"))).status == 401


# --- under pressure ---


async def test_under_pressure_a_tap_needs_a_ticket_of_its_own_and_its_proof(open_server: Any, crowd: Crowd):
    async with open_server(sale_pressure_taps_per_s=0.1, sale_proof_bits=6) as server:
        shop = await Shop.opened(server, crowd)
        sale = await shop.sale()
        mei, bob = await shop.buyer("mei"), await shop.buyer("bob")
        error = await refused(shop, mei, "reserve", tap(sale))
        assert (error["code"], error["name"], error["asks"], error["sale"]) == (
            4024,
            "more_needed",
            ["ticket", "proof"],
            sale,
        )
        given = await mei.done("ticket", {"sale": sale})
        assert given["zero_bits"] == 6
        proofs = [str(n) for n in range(100_000)]
        proof = next(n for n in proofs if is_proof(given["ticket"], n, zero_bits=6))
        wrong = next(n for n in proofs if not is_proof(given["ticket"], n, zero_bits=6))
        for more in (
            {"ticket": given["ticket"]},
            {"ticket": given["ticket"], "proof": wrong},
            {"ticket": "1.2.3", "proof": proof},
        ):
            assert (await refused(shop, mei, "reserve", tap(sale, **more)))["code"] == 4024
        good = {"ticket": given["ticket"], "proof": proof}
        assert (await refused(shop, bob, "reserve", tap(sale, **good)))["code"] == 4024
        await mei.done("reserve", tap(sale, **good))
        await mei.done("reserve", tap(sale, **good))


async def test_the_line_is_no_way_round_the_ticket_and_who_stands_in_it_may_ask_where(open_server: Any, crowd: Crowd):
    async with open_server(sale_pressure_taps_per_s=0.1, sale_proof_bits=0) as server:
        shop = await Shop.opened(server, crowd)
        sale = await shop.sale(units=1)
        mei, bob = await shop.buyer("mei"), await shop.buyer("bob")
        assert (await refused(shop, mei, "wait", {"sale": sale, "qty": 1}))["code"] == 4024
        ticket = (await mei.done("ticket", {"sale": sale}))["ticket"]
        await mei.done("reserve", tap(sale, ticket=ticket, proof="0"))
        ticket = (await bob.done("ticket", {"sale": sale}))["ticket"]
        wait = {"sale": sale, "qty": 1}
        assert (await bob.done("wait", {**wait, "ticket": ticket, "proof": "0"}))["place"] == 1
        assert (await bob.done("wait", wait))["place"] == 1


# --- what a refusal says, and what staff see ---


async def test_a_refusal_says_which_hold_of_ones_own_there_is(shop: Shop):
    limited, scarce = await shop.sale(units=5, per_person_max=1), await shop.sale(units=1, per_person_max=2)
    mei, bob = await shop.buyer("mei"), await shop.buyer("bob")
    for sale, code in ((limited, 4023), (scarce, 4022)):
        hold = (await mei.done("reserve", tap(sale)))["hold"]
        error = await refused(shop, mei, "reserve", tap(sale))
        assert (error["code"], error["hold"]) == (code, hold)
    assert "hold" not in await refused(shop, bob, "reserve", tap(scarce))


async def test_somebody_waits_without_a_key_and_is_in_line_once(shop: Shop):
    sale = await shop.sale(units=1)
    mei, bob = await shop.buyer("mei"), await shop.buyer("bob")
    hold = (await mei.done("reserve", tap(sale)))["hold"]
    for _ in range(2):
        assert await bob.done("wait", {"sale": sale, "qty": 1}) == {"ok": True, "place": 1}
    await mei.done("release", {"hold": hold["id"]})
    told = await bob.inbox.until("direct", lambda direct: direct["type"] == "hold")
    assert told["data"]["hold"]["lines"] == [{"sale": sale, "qty": 1}]


async def test_staff_see_every_tap_also_those_that_never_reached_the_engine(shop: Shop, crowd: Crowd):
    sale = await shop.sale(units=1, per_person_max=1)
    mei, outside = await shop.buyer("mei"), await crowd.raw(shop.server, shop.server.person("eve"))
    await mei.done("reserve", tap(sale))
    await refused(shop, mei, "reserve", tap(sale))
    for _ in range(3):
        assert (await outside.refused("reserve", tap(sale)))["code"] == 4027

    async def are_seen() -> bool:
        seen = await shop.server.do("GET", f"/api/sales/{sale}/figures")
        return (seen["asked"], seen["refused"]) == (5, {"limit_reached": 1, "not_in_room": 3})

    await eventually(are_seen)
    look = await shop.server.do("GET", "/api/products/honey/stock")
    assert (look["product"], look["held"], look["sold"]) == ("honey", 1, 0)
