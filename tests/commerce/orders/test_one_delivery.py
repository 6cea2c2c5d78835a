"""One delivery, one fee: orders of one buyer to one place in one window, however the address is said, or changed."""

from typing import Any

from tests.commerce.orders.counter import ADDRESS, Counter
from tests.commerce.orders.test_money import HONEY, slot_of

ELSEWHERE = {"line": "Century Avenue 900, 1-101"}


async def kept(counter: Counter, **fields: Any) -> str:
    """The id of an address that she keeps."""
    made = await counter.server.do("POST", "/api/me/addresses", ADDRESS | fields, by=counter.mei)
    return str(made["id"])


async def fee(counter: Counter, slot: str, address: Any) -> int:
    """What delivery there would cost her."""
    return int((await counter.quoted(lines=HONEY, slot=slot, address=address))["delivery_minor"])


async def test_an_address_that_was_changed_since_is_another_place(counter: Counter):
    slot, home = await slot_of(counter), await kept(counter)
    await counter.pays(await counter.order(lines=HONEY, slot=slot, address=home))
    assert await fee(counter, slot, home) == 0

    await counter.server.do("PATCH", f"/api/me/addresses/{home}", ELSEWHERE, by=counter.mei)

    assert await fee(counter, slot, home) == 600
    order = await counter.order(lines=HONEY, slot=slot, address=home)
    assert (order["delivery_minor"], order["total_minor"]) == (600, 7_400)


async def test_the_minimum_of_an_area_holds_for_each_place(counter: Counter):
    slot, home = await slot_of(counter, minimum_minor=10_000), await kept(counter)
    await counter.pays(await counter.order(lines=[{"product": "honey", "qty": 2}], slot=slot, address=home))
    await counter.server.do("PATCH", f"/api/me/addresses/{home}", ELSEWHERE, by=counter.mei)
    refused = await counter.ask(lines=HONEY, slot=slot, address=home)
    assert (refused.status, refused.body["name"]) == (409, "below_minimum"), refused


async def test_a_place_is_the_same_whichever_of_her_addresses_says_it_and_whoever_opens_the_door(counter: Counter):
    slot, home = await slot_of(counter), await kept(counter)
    await counter.pays(await counter.order(lines=HONEY, slot=slot, address=home))
    again = await kept(counter, name="李雷", phone="13900139000")
    for address in (again, ADDRESS, ADDRESS | {"line": f"  {ADDRESS['line']} "}):
        assert await fee(counter, slot, address) == 0, address
    for address in (ADDRESS | ELSEWHERE, ADDRESS | {"region": "310104"}):
        assert await fee(counter, slot, address) == 600, address
