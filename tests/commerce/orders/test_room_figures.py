"""What a room has sold: orders, those paid, what was paid for them, and how many of its people bought; for its staff alone."""

import pytest

from commerce.orders import room_figures
from tests.commerce.orders.counter import Counter
from tests.integration.server import InProcessServer
from tests.integration.viewers import Crowd


async def figures(counter: Counter) -> dict[str, object]:
    found: dict[str, object] = await counter.server.do("GET", f"/api/rooms/{counter.shop.room}/order-figures")
    return found


async def test_what_is_tapped_is_an_order_and_what_is_paid_is_turnover(counter: Counter):
    nothing = await figures(counter)
    assert (nothing["orders"], nothing["paid"], nothing["buyers"], nothing["gmv"]) == (0, 0, 0, [])
    li = counter.server.person("li")
    sale = await counter.shop.sale(price_minor=4_990, limit_per_person=9)
    paid = await counter.order(hold=await counter.held(sale, 2))
    await counter.pays(paid)
    await counter.order(by=li, hold=await counter.held(sale, by="li"))
    again = await counter.order(by=li, hold=await counter.held(sale, by="li"))
    cancelled = f"/api/orders/{again['id']}/cancel"
    await counter.server.do("POST", cancelled, {}, by=li)
    await counter.order(lines=[{"product": "honey", "qty": 1}])  # in no room

    found = await figures(counter)
    assert found["gmv"] == [{"currency": "CNY", "amount_minor": 9_980}]
    assert (found["orders"], found["paid"], found["buyers"]) == (2, 1, 2)
    assert isinstance(found["people"], int)
    assert found["people"] >= 2


async def test_staff_who_watch_are_told_and_viewers_are_not(
    counter: Counter, server: InProcessServer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(room_figures, "PAUSES_PER_LOOK", 0.0)
    host = await crowd.raw(server, server.host)
    viewer = await crowd.raw(server, server.person("ann"))
    for each in (host, viewer):
        await each.done("join", {"room": counter.shop.room})
    sale = await counter.shop.sale(price_minor=4_990)
    await counter.pays(await counter.order(hold=await counter.held(sale)))
    told = await host.inbox.until(
        "staff", lambda body: body["type"] == "orders" and body["data"]["paid"] == 1, after=len(host.inbox.all)
    )
    assert told["room"] == counter.shop.room
    assert told["data"]["gmv"] == [{"currency": "CNY", "amount_minor": 4_990}]
    assert not [name for name, _ in viewer.inbox.all if name == "staff"]


async def test_a_viewer_sees_no_figures(counter: Counter):
    path = f"/api/rooms/{counter.shop.room}/order-figures"
    assert (await counter.server.call("GET", path, by=counter.mei)).status == 403
    assert (await counter.server.call("GET", "/api/rooms/nowhere/order-figures")).status == 404
