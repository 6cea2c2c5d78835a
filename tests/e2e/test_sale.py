"""A sale in the room, bought on a phone: the tap of a guest, the hold and its clock, sold out, the line, and giving back."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Viewer
from tests.e2e.site import Site
from tests.e2e.texts import LANGUAGES


def card(viewer: Viewer) -> Locator:
    """The sale, where this person sees it."""
    return viewer.page.get_by_test_id("sale-card").filter(visible=True).first


def button(viewer: Viewer) -> Locator:
    """The one button of the sale."""
    return card(viewer).get_by_test_id("sale-button")


async def sold(site: Site, room: str, **fields: object) -> str:
    """A sale of honey that is open; its id."""
    body = {"product": "honey", "price_minor": 4_990, "units": 1, "per_person_max": 1, "opens_at": 0, **fields}
    placed = await site.do("POST", f"/api/rooms/{room}/sales", body)
    return str(placed["sale"]["id"])


async def test_a_guest_taps_signs_in_and_has_it_and_the_next_in_line_gets_what_comes_back(
    site: Site, room: str, company: Company
):
    await sold(site, room)
    lin, ada = await company.guest("lin", PHONE, "zh-CN"), await company.viewer("ada", DESK)
    for viewer in (lin, ada):
        await viewer.enter(room)
        await expect(card(viewer)).to_be_visible()
        await expect(button(viewer)).to_have_text(viewer.t("viewer.sale.button.buy"))
    await expect(card(lin)).to_contain_text(lin.t("viewer.sale.limit", count=1))

    # The tap goes on by itself after the name.
    await button(lin).click()
    sign_in = lin.dialog("viewer.signIn.title")
    await sign_in.get_by_label(lin.t("viewer.signIn.name")).fill("小林")
    await sign_in.get_by_role("button", name=lin.t("viewer.signIn.go")).click()
    await expect(button(lin)).to_have_text(re.compile(r"去支付 (0?9:[0-5]\d|10:00)"))

    # Another one sees it gone, and waits.
    await expect(button(ada)).to_have_text(ada.t("viewer.sale.button.gone"))
    await card(ada).get_by_role("button", name=ada.t("viewer.sale.wait")).click()
    await expect(card(ada)).to_contain_text(ada.t("viewer.sale.place", place=1))

    # It is still there after a reload; from the checkout one may give it back, and Back closes the sheet alone.
    await lin.page.reload()
    await expect(button(lin)).to_have_text(re.compile("去支付"))
    await button(lin).click()
    checkout = lin.dialog("viewer.checkout.title")
    await expect(checkout).to_be_visible()
    await lin.page.go_back()
    await expect(checkout).to_be_hidden()
    await expect(lin.heart).to_be_visible()

    # Given back, it is the next one's.
    await button(lin).click()
    await checkout.get_by_role("button", name=lin.t("viewer.checkout.giveBack")).click()
    sheet = lin.dialog("viewer.sale.hold.title")
    await sheet.get_by_role("button", name=lin.t("viewer.sale.hold.giveBack")).click()
    await sheet.get_by_role("button", name=lin.t("viewer.sale.hold.yes")).click()
    await expect(button(ada)).to_have_text(re.compile(r"Pay now · 0?[23]:\d\d"))
    await expect(button(lin)).to_have_text(lin.t("viewer.sale.button.gone"))


async def test_a_tap_whose_answer_is_lost_is_made_again_and_holds_once(site: Site, room: str, company: Company):
    sale = await sold(site, room, units=5)
    lin = await company.viewer("lin", PHONE)
    await lin.enter(room)
    lin.complaints.expect("")  # the connection is lost on purpose
    await lin.page.context.set_offline(True)
    await button(lin).click()
    await expect(button(lin)).to_have_text(
        re.compile("|".join(re.escape(lin.t(f"viewer.sale.button.{phase}")) for phase in ("asking", "still")))
    )
    await lin.page.context.set_offline(False)
    await expect(button(lin)).to_have_text(re.compile("Pay now "))
    standing = await site.do("GET", f"/api/sales/{sale}")
    assert (standing["held"], standing["left"]) == (1, 4)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_sale_that_is_coming_opens_by_itself_and_ends_for_all(
    site: Site, room: str, company: Company, language: str
):
    viewer = await company.guest("guest", PHONE, language)
    await viewer.enter(room)
    made = await site.do(
        "POST",
        f"/api/rooms/{room}/sales",
        {"product": "honey", "price_minor": 4_990, "units": 9, "per_person_max": 2},
    )
    await expect(button(viewer)).to_have_text(viewer.t("viewer.sale.button.soon"))
    await site.do("POST", f"/api/sales/{made['sale']['id']}/open", {})
    await expect(button(viewer)).to_have_text(viewer.t("viewer.sale.button.buy"))
    await site.do("POST", f"/api/sales/{made['sale']['id']}/close", {})
    await expect(button(viewer)).to_have_text(viewer.t("viewer.sale.button.over"))


async def test_a_host_opens_watches_and_closes_a_sale(site: Site, room: str, company: Company):
    host, viewer, ops = await company.host(), await company.viewer("lin", PHONE, "en"), await company.ops()
    for person in (host, viewer, ops):
        await person.enter(room)
    await site.do(
        "POST",
        f"/api/rooms/{room}/sales",
        {"product": "honey", "price_minor": 4_990, "units": 3, "per_person_max": 1},
    )
    await host.go("sale")
    row = host.page.get_by_test_id("sale-row")
    await row.get_by_role("button", name=host.t("staff.sale.open")).click()
    await host.page.get_by_role("dialog").get_by_role("button", name=host.t("staff.sale.open")).click()
    await button(viewer).click()
    await expect(button(viewer)).to_have_text(re.compile("Pay now "))
    panel = await ops.go("sales")
    for watch in (row.get_by_test_id("sale-watch"), panel.get_by_test_id("sale-watch")):
        await expect(watch).to_contain_text(re.compile(rf"{host.t('staff.sale.figure.held')}\W*1"))
    await row.get_by_role("button", name=host.t("staff.sale.close")).click()
    await host.page.get_by_role("dialog").get_by_role("button", name=host.t("staff.sale.close")).click()
    await expect(panel.get_by_test_id("sale-row")).to_contain_text(ops.t("staff.sale.state.over"))
    await expect(button(viewer)).to_have_text(re.compile("Pay now "))  # what is held stays held


@pytest.mark.parametrize("language", LANGUAGES)
async def test_staff_change_a_sale_while_it_is_on_and_everybody_sees_it(
    site: Site, room: str, company: Company, language: str
):
    host, ops = await company.host(language=language), await company.ops(language=language)
    viewer = await company.viewer(f"wu-{language[:2]}", PHONE, language)
    for person in (host, viewer, ops):
        await person.enter(room)
    sale = await sold(site, room, units=3, per_person_max=1)
    await button(viewer).click()
    await expect(button(viewer)).to_have_text(viewer.t.like("viewer.sale.button.pay"))

    await host.go("sale")
    row = host.page.get_by_test_id("sale-row")
    await row.get_by_role("button", name=host.t("staff.sale.edit.open"), exact=True).click()
    sheet = host.dialog("staff.sale.edit.title")
    await expect(sheet).to_contain_text(host.t("staff.sale.edit.now", held=1, sold=0, left=2))
    units, limit = (sheet.get_by_label(host.t(f"staff.sale.{name}")) for name in ("units", "perPerson"))
    await units.fill("0")
    await sheet.get_by_role("button", name=host.t("staff.sale.edit.save")).click()
    await expect(sheet).to_contain_text(host.t("kit.fault.out_of_range"))
    await units.fill("8")
    await limit.fill("2")
    await sheet.get_by_role("button", name=host.t("staff.sale.edit.save")).click()
    await expect(sheet).to_be_hidden()
    await expect(row).to_contain_text(host.t("staff.sale.terms", units=8, limit=2))
    await expect(card(viewer)).to_contain_text(viewer.t("viewer.sale.limit", count=2))

    panel = await ops.go("sales")
    item = panel.get_by_test_id("sale-row")
    await item.get_by_role("button", name=ops.t("staff.sale.edit.open"), exact=True).click()
    dialog = ops.dialog("staff.sale.edit.title")
    units = dialog.get_by_label(ops.t("staff.sale.units"))
    await expect(units).to_have_value("8")
    await units.fill("5")
    await dialog.get_by_role("button", name=ops.t("staff.sale.edit.save")).click()
    await expect(dialog).to_be_hidden()
    await expect(item).to_contain_text(ops.t("staff.sale.terms", units=5, limit=2))
    await expect(row).to_contain_text(host.t("staff.sale.terms", units=5, limit=2))
    stands = await site.do("GET", f"/api/sales/{sale}")
    assert (stands["units"], stands["per_person_max"], stands["held"], stands["version"]) == (5, 2, 1, 3)
