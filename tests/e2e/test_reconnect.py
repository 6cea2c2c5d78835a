"""When the server, the network or the bus is away, pages say so, heal by themselves, and then show what was missed."""

import asyncio

from playwright.async_api import Locator, expect

from livehub.commands import demo_farm
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Guest
from tests.e2e.site import Site
from tests.patience import START_PATIENCE_S

HONEY = next(product for product in demo_farm.PRODUCTS if product.id == "honey")
OFFLINE = r"WebSocket connection to .* failed|net::ERR_|status of 50[234]|Unable to preload CSS"
BACK_WITHIN_MS = START_PATIENCE_S * 1_000  # the longest pause between two tries, and the time to start


async def test_pages_make_up_for_a_crash_of_the_server(site: Site, room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "zh-CN")
    ada = await company.viewer("ada", DESK, "en")
    host = await company.host()
    ops = await company.ops()
    everybody = (lin, ada, host, ops)
    await asyncio.gather(*(one.enter(room) for one in everybody))
    await ada.say("Before")
    await expect(lin.line("Before")).to_be_visible()

    _expect_trouble(*everybody)
    await site.kill()
    for viewer in (lin, ada):
        await expect(viewer.words("viewer.room.reconnecting")).to_be_visible()
    for staff in (host, ops):
        await expect(_link(staff)).to_have_text(staff.t("staff.link.reconnecting"))
    async with site.neighbour() as other:
        await other.do("POST", f"/api/rooms/{room}/pins", {"product": "honey"})
        await other.do("PATCH", f"/api/rooms/{room}", {"notice": "马上回来 Back at once"})
        await other.do("DELETE", f"/api/rooms/{room}/bag/bread")
    await site.start()

    for viewer in (lin, ada):
        await expect(viewer.words("viewer.room.reconnecting")).to_be_hidden(timeout=BACK_WITHIN_MS)
        await expect(viewer.page.get_by_text("马上回来 Back at once")).to_be_visible()
        bag = await viewer.open_bag()
        await expect(bag.get_by_role("article")).to_have_count(len(demo_farm.IN_THE_BAG) - 1)
        await expect(_explained(viewer, bag)).to_contain_text(viewer.title_of(HONEY))
        await expect(viewer.line("Before")).to_have_count(1)
    await lin.close(lin.dialog("viewer.bag.title"))
    for staff in (host, ops):
        await expect(_link(staff)).to_have_text(staff.t("staff.link.live"), timeout=BACK_WITHIN_MS)
    log = await ops.go("log")
    await expect(log).to_contain_text(ops.title_of(HONEY))  # the pin that was missed

    await lin.say("回来了")
    await expect(ada.line("回来了")).to_be_visible()
    await expect(ops.line("回来了")).to_be_visible()


async def test_pages_come_back_after_a_stop_by_the_operator(site: Site, room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "zh-CN")
    await lin.enter(room)
    _expect_trouble(lin)
    await site.stop()
    await expect(lin.words("viewer.room.reconnecting")).to_be_visible()
    await site.start()
    await expect(lin.words("viewer.room.reconnecting")).to_be_hidden(timeout=BACK_WITHIN_MS)
    await lin.say("回来了")
    await expect(lin.line("回来了")).to_be_visible()


async def test_a_page_that_is_told_to_come_later_comes_later(site: Site, room: str, company: Company):
    lin = await company.viewer("lin", PHONE, "zh-CN")
    ada = await company.viewer("ada", DESK, "en")
    for viewer in (lin, ada):
        await viewer.enter(room)
        _expect_trouble(viewer)
    await site.stop()
    await site.start(LIVEHUB_CONNECTS_PER_S_MAX="0.3", LIVEHUB_CONNECTS_BURST_MAX="1")
    try:
        for viewer in (lin, ada):
            await expect(viewer.words("viewer.room.reconnecting")).to_be_hidden(timeout=BACK_WITHIN_MS)
        assert await site.metric("livehub_refusals", name="overloaded") >= 1
        await lin.say("轮到我了")
        await expect(ada.line("轮到我了")).to_be_visible()
    finally:
        await site.stop()
        await site.start()


async def test_a_room_goes_on_while_the_bus_is_away_and_says_that_it_is_slow(site: Site, room: str, company: Company):
    ada = await company.viewer("ada", DESK, "en")
    host = await company.host(DESK)
    await asyncio.gather(ada.enter(room), host.enter(room))
    site.valkey.kill()
    try:
        await expect(ada.words("viewer.room.degraded")).to_be_visible()
        await expect(_link(host)).to_have_text(host.t("staff.link.degraded"))
        await site.do("POST", f"/api/rooms/{room}/pins", {"product": "honey"})
        await expect(_explained(ada, await ada.open_bag())).to_contain_text(ada.title_of(HONEY))
    finally:
        await asyncio.to_thread(site.valkey.start)
    await expect(ada.words("viewer.room.degraded")).to_be_hidden()
    await expect(_link(host)).to_have_text(host.t("staff.link.live"))


def _expect_trouble(*guests: Guest) -> None:
    for guest in guests:
        guest.complaints.expect(OFFLINE)


def _explained(viewer: Guest, bag: Locator) -> Locator:
    return bag.get_by_role("article").filter(has_text=viewer.t("viewer.bag.explaining"))


def _link(staff: Guest) -> Locator:
    """How a staff page says its connection is."""
    return staff.page.locator(".link[role=status]")
