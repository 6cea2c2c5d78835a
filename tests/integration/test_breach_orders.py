"""Whom a breach is told to: by boxes where goods are packed, else by lineage; also who pays later; the log has all of it."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from commerce.cases import breaches
from commerce.cases.module import AfterSales
from commerce.orders.events import OrderPaid
from livehub.base.auth import Role
from livehub.base.events import emit
from tests.base.served import serving
from tests.commerce.refunds.paid_orders import Bought, paid_order, units
from tests.commerce.sales.shop import FOOD_BATCH
from tests.integration.server import eventually
from tests.trace.coldchain.van import Van

BOX = """
    WITH sheet AS (
        INSERT INTO batch_sheets (id, batch, boxes, entry, created_ms, created_by)
        SELECT $2, $1, 1, entry, 1, 'li' FROM batches WHERE id = $1 RETURNING id
    )
    INSERT INTO batch_boxes (batch, serial, sheet, position, order_line) SELECT $1, $2, id, 1, $3 FROM sheet"""


@pytest.fixture
async def van(database_url: str) -> AsyncIterator[Van]:
    async with serving(database_url, has_jobs=True) as served:
        yield Van(served)


async def batch(van: Van, id_: str, parent: str | None = None, *, product: str = "honey", made_ms: int = 1) -> None:
    await van.served.database.execute(FOOD_BATCH, id_, product, parent)
    await van.served.database.execute("UPDATE batch_makings SET at_ms = $2 WHERE id = 'making-' || $1", id_, made_ms)


async def box(van: Van, batch_: str, serial: str, line: str) -> None:
    await van.served.database.execute(BOX, batch_, serial, line)


async def bought(
    van: Van, order: str, *lines: tuple[str, str | None, int], person: str | None = None, state: str = "paid"
) -> list[str]:
    """`lines`: (product, batch of its sale, how many). The ids of the lines; the buyer is `of-{order}`."""
    ids = await paid_order(
        van.served,
        *(Bought(product=product, qty=qty) for product, _, qty in lines),
        id_=order,
        person=person or f"of-{order}",
        state=state,
    )
    for id_, (_, named, _) in zip(ids, lines, strict=True):
        await van.served.database.execute("UPDATE order_lines SET batch = $2 WHERE id = $1", id_, named)
    await van.served.database.execute(
        "UPDATE orders SET closes_ms = 4e12 WHERE id = $1", order
    )  # it waits for its money
    return ids


async def pays(van: Van, order: str) -> None:
    await van.served.database.execute(
        "UPDATE orders SET state = 'paid', paid_ms = 1, paid_minor = total_minor WHERE id = $1", order
    )
    paid = OrderPaid(
        order=order, person=f"of-{order}", room=None, currency="CNY", total_minor=1, lines=(), at_ms=van.now_ms
    )
    async with van.served.application.database.transaction() as tx:
        await emit(tx, paid, key=order)


async def hot(van: Van, batches: Sequence[Any], *, device: str | None = None, **offer: Any) -> str:
    """A shipment that gets too warm; its id."""
    device = device or await van.device()
    await van.rule(offer=offer or {"kind": "refund"}, high_c=8.0, minutes=0)
    shipment = await van.shipment([device], list(batches))
    van.later(1)
    assert (await van.say(device, 11.5)).status == 200
    await settled(van)
    return shipment


async def settled(van: Van) -> None:
    """All events are read, and nothing is owed to anybody."""
    query = """
        SELECT NOT EXISTS (SELECT FROM breach_orders WHERE is_open OR told_ms IS NULL) AND NOT EXISTS (
            SELECT FROM domain_events e JOIN event_cursors c ON c.subscription IN ('breach.offer', 'breach.paid')
            WHERE e.type = CASE c.subscription WHEN 'breach.paid' THEN 'order.paid' ELSE 'coldchain.breach' END
            AND (e.position IS NULL OR e.position > c.position)
        ) AND NOT EXISTS (SELECT FROM coldchain_findings f WHERE f.level = 'breach' AND NOT EXISTS (
            SELECT FROM breaches b WHERE b.id = f.id))"""

    async def look() -> bool:
        return bool(await van.served.database.fetchval(query))

    await eventually(look)


async def told(van: Van) -> list[str]:
    """Orders whose buyers were told, once for each time."""
    rows = await van.served.database.fetch(
        "SELECT data FROM directs WHERE data ->> 'template' LIKE 'cold_chain%' ORDER BY data ->> 'link'"
    )
    return [json.loads(row["data"])["link"].rpartition("/")[2] for row in rows]


async def in_cases(van: Van) -> list[tuple[str, int]]:
    rows = await van.served.database.fetch("SELECT line, unit FROM case_lines ORDER BY line, unit")
    return [(row["line"], row["unit"]) for row in rows]


async def test_orders_of_what_the_batches_in_the_van_were_made_of_are_told_unless_they_are_packed_elsewhere(van: Van):
    await batch(van, "field")
    await batch(van, "crate-1", "field")
    await batch(van, "crate-2", "field")
    await batch(van, "bags", "crate-1", made_ms=van.now_ms + 3_600_000)  # repacked later, out of what was in the van
    await batch(van, "early", "crate-1", made_ms=van.now_ms - 3_600_000)  # before it was
    await bought(van, "o1", ("honey", "field", 1))
    await bought(van, "o2", ("honey", "crate-2", 1))
    (packed,) = await bought(van, "o3", ("honey", "field", 2))
    await box(van, "crate-2", "A", packed)
    await box(van, "crate-1", "B", packed)
    (elsewhere,) = await bought(van, "o4", ("honey", "field", 1))
    await box(van, "crate-2", "C", elsewhere)
    (unnamed,) = await bought(van, "o5", ("honey", None, 1))
    await box(van, "crate-1", "D", unnamed)
    await bought(van, "o6", ("honey", "bags", 1))
    await bought(van, "o7", ("honey", "early", 1))
    await hot(van, ["crate-1"])
    assert await told(van) == ["o1", "o3", "o5", "o6"]
    assert await in_cases(van) == [("o1-0", 0), ("o3-0", 0), ("o5-0", 0), ("o6-0", 0)]
    rows = await van.served.database.fetch("SELECT order_line, units FROM breach_lines ORDER BY order_line")
    assert [tuple(row) for row in rows] == [("o1-0", 1), ("o3-0", 1), ("o5-0", 1), ("o6-0", 1)]


async def test_a_breach_of_a_second_product_in_the_same_van_is_told_to_its_buyers_and_the_first_not_again(van: Van):
    await bought(van, "o1", ("honey", "h-1", 1), ("eggs", "e-1", 1))
    await bought(van, "o2", ("eggs", "e-1", 1))
    device = await van.device()
    refund = {"kind": "refund"}
    await van.rule("honey", refund, high_c=8.0, minutes=0)
    await van.rule("eggs", refund, high_c=15.0, minutes=0)
    await van.shipment([device], [{"batch": "h-1", "product": "honey"}, {"batch": "e-1", "product": "eggs"}])
    for celsius, orders, lines in (
        (11.0, ["o1"], ["o1-0"]),
        (18.0, ["o1", "o1", "o2"], ["o1-0", "o1-1", "o2-0"]),
        (5.0, ["o1", "o1", "o2"], ["o1-0", "o1-1", "o2-0"]),
        (19.0, ["o1", "o1", "o2"], ["o1-0", "o1-1", "o2-0"]),
    ):
        van.later(1)
        assert (await van.say(device, celsius)).status == 200
        await settled(van)
        assert (celsius, await told(van)) == (celsius, orders)
        assert [line for line, _ in await in_cases(van)] == lines


async def test_what_is_offered_is_for_units_that_are_still_paid(van: Van):
    (some,) = await bought(van, "o1", ("honey", "b-1", 3), person="mei")
    (all_,) = await bought(van, "o2", ("honey", "b-1", 1), person="bo", state="dispatched")
    (asked,) = await bought(van, "o3", ("honey", "b-1", 2), person="li")
    for order, back in (("o1", units(some, 0)), ("o2", units(all_, 0))):
        body = {"lines": [back], "reason": "bruised"}
        assert (await van.call(f"POST /api/orders/{order}/refunds", body, role=Role.CARE)).status == 201
    own = {"lines": [units(asked, 1)], "kind": "refund", "reason": "damaged", "text": "", "photos": []}
    answer = await van.served.call("POST /api/orders/o3/cases", own, role=Role.VIEWER, user="li")
    assert answer.status == 201, answer
    await hot(van, ["b-1"])
    assert await told(van) == ["o1", "o2", "o3"]
    assert await in_cases(van) == [(some, 1), (some, 2), (asked, 0), (asked, 1)]
    offers = await van.served.database.fetch("SELECT order_id, offer, given FROM breach_orders ORDER BY order_id")
    assert [tuple(row) for row in offers] == [("o1", "refund", "case"), ("o2", "none", None), ("o3", "refund", "case")]


async def test_who_pays_while_the_van_is_under_way_is_told_and_nobody_who_pays_later(van: Van):
    await bought(van, "o1", ("honey", "b-1", 1))
    for order in ("late", "after"):
        await bought(van, order, ("honey", "b-1", 1), state="unpaid")
    await bought(van, "other", ("honey", "b-2", 1), state="unpaid")
    shipment = await hot(van, ["b-1"], kind="coupon", amount_minor=500, currency="CNY")
    assert await told(van) == ["o1"]
    for order in ("late", "other"):
        await pays(van, order)
    await settled(van)
    assert await told(van) == ["late", "o1"]
    await van.done(f"POST /api/shipments/{shipment}/end", {})
    await pays(van, "after")
    await settled(van)
    assert await told(van) == ["late", "o1"]
    claims = await van.served.database.fetch("SELECT coupon, user_id FROM coupon_claims ORDER BY user_id")
    assert [row["user_id"] for row in claims] == ["of-late", "of-o1"]
    assert len({row["coupon"] for row in claims}) == 1
    assert await van.served.database.fetchval("SELECT array_agg(total || ' ' || (card ->> 'total')) FROM coupons") == [
        "2 2"
    ]


async def test_who_pays_after_a_breach_turned_out_to_be_none_is_told_nothing(van: Van):
    await bought(van, "o1", ("honey", "b-1", 1), state="unpaid")
    await hot(van, ["b-1"])
    (device,) = van.keys
    body = {"since": 0, "until": van.now_ms + 1, "offset_c": -9.0, "reason": "It lay in the sun."}
    await van.done(f"POST /api/devices/{device}/corrections", body)

    async def is_heard() -> bool:
        return bool(await van.served.database.fetchval("SELECT corrected_ms FROM breaches"))

    await eventually(is_heard)
    await pays(van, "o1")
    await settled(van)
    assert await told(van) == []


async def test_who_paid_while_a_breach_was_wrongly_marked_as_none_is_told_once_it_stands_again(van: Van):
    await bought(van, "o1", ("honey", "b-1", 1))
    await bought(van, "meanwhile", ("honey", "b-1", 1), state="unpaid")
    await hot(van, ["b-1"])
    (device,) = van.keys
    body = {"since": 0, "until": van.now_ms + 1, "offset_c": -9.0, "reason": "It lay in the sun."}
    await van.done(f"POST /api/devices/{device}/corrections", body)

    async def is_corrected() -> bool:
        return bool(await van.served.database.fetchval("SELECT corrected_ms FROM breaches"))

    await eventually(is_corrected)
    await pays(van, "meanwhile")
    await settled(van)
    assert await told(van) == ["o1"]
    van.later(0.1)
    again = {**body, "offset_c": 0.0, "reason": "That was another sensor."}
    await van.done(f"POST /api/devices/{device}/corrections", again)

    async def is_told() -> bool:
        return await told(van) == ["meanwhile", "o1"]

    await eventually(is_told)
    assert not await is_corrected()


async def test_flags_and_offers_are_in_the_log_with_orders_as_commitments_alone(van: Van):
    await bought(van, "order-of-mei", ("honey", "b-1", 2), person="mei-the-buyer")
    await hot(van, ["b-1"])
    (flag,), (offer,) = await van.entries("cold_chain_flag"), await van.entries("cold_chain_offer")
    (breach,) = await van.served.database.fetch("SELECT id, shipment FROM breaches")
    (salt,) = await van.served.database.fetch("SELECT commitment, salt, person FROM log_salts WHERE person LIKE 'mei%'")
    committed = base64.b64encode(hashlib.sha256(salt["salt"] + b"order-of-mei").digest()).decode()
    assert (salt["person"], salt["commitment"]) == ("mei-the-buyer", committed)
    assert flag == {
        "type": "cold_chain_flag", "at": flag["at"], "breach": breach["id"], "shipment": breach["shipment"],
        "order_commitment": committed, "units": 2, "offer": "refund",
    }  # fmt: skip
    assert offer == {
        "type": "cold_chain_offer", "at": offer["at"], "breach": breach["id"], "order_commitment": committed,
        "offer": "refund",
    }  # fmt: skip
    everything = str(await van.served.database.fetch("SELECT entry FROM log_entries"))
    assert "mei" not in everything
    (row,) = await van.served.database.fetch("SELECT flag_entry, offer_entry FROM breach_orders")
    kinds = await van.served.database.fetch(
        "SELECT convert_from(entry, 'UTF8')::jsonb ->> 'type' AS type FROM log_entries WHERE id IN ($1, $2) ORDER BY id",
        row["flag_entry"], row["offer_entry"],
    )  # fmt: skip
    assert [kind["type"] for kind in kinds] == ["cold_chain_flag", "cold_chain_offer"]


async def test_buyers_beyond_those_who_are_told_at_once_are_told_by_a_job(van: Van, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(breaches, "TOLD_AT_ONCE_MAX", 1)
    for order in ("o1", "o2", "o3"):
        await bought(van, order, ("honey", "b-1", 1))
    await hot(van, ["b-1"])
    assert await told(van) == ["o1", "o2", "o3"]
    assert [line for line, _ in await in_cases(van)] == ["o1-0", "o2-0", "o3-0"]


async def test_an_order_whose_offer_fails_holds_up_no_other_and_gets_its_own_later(van: Van):
    for order in ("o1", "o2", "o3"):
        await bought(van, order, ("honey", "b-1", 1))
    await van.served.database.execute(
        "ALTER TABLE cases ADD CONSTRAINT broken CHECK (order_id <> 'o2')"
    )  # what nobody foresaw
    device = await van.device()
    await van.rule(offer={"kind": "refund"}, high_c=8.0, minutes=0)
    await van.shipment([device], ["b-1"])
    van.later(1)
    assert (await van.say(device, 11.5)).status == 200

    async def others_have_theirs() -> bool:
        return [line for line, _ in await in_cases(van)] == ["o1-0", "o3-0"]

    await eventually(others_have_theirs)
    assert await told(van) == ["o1", "o2", "o3"]
    await van.served.database.execute("ALTER TABLE cases DROP CONSTRAINT broken")
    breach = await van.served.database.fetchval("SELECT id FROM breaches")
    await van.served.application.get(AfterSales).offers.give_all(breach)
    assert [line for line, _ in await in_cases(van)] == ["o1-0", "o2-0", "o3-0"]
