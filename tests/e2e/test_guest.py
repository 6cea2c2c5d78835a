"""A guest sees everything; only for what needs a name a name is asked for."""

from playwright.async_api import expect

from livehub.commands import demo_farm
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE
from tests.e2e.site import Site


async def test_a_guest_watches_likes_and_gives_a_name_to_chat(site: Site, room: str, company: Company):
    await site.do("POST", f"/api/rooms/{room}/pins", {"product": "honey"})
    ada = await company.viewer("ada", DESK)
    await ada.enter(room)
    await ada.say("Who else is here?")

    guest = await company.guest("guest", PHONE, "zh-CN")
    await guest.enter(room)
    await expect(guest.line("Who else is here?")).to_be_visible()
    await expect(guest.page.get_by_role("button").filter(has_text=guest.t("viewer.bag.explaining"))).to_be_visible()
    await guest.heart.click()
    await expect(ada.heart).to_have_accessible_name(ada.t("viewer.like.label", count=1))

    await expect(guest.chat_field).to_have_attribute("placeholder", guest.t("viewer.chat.signIn"))
    await guest.chat_field.click()
    sign_in = guest.dialog("viewer.signIn.title")
    await sign_in.get_by_label(guest.t("viewer.signIn.name")).fill("小雨")
    await sign_in.get_by_role("button", name=guest.t("viewer.signIn.go")).click()
    await expect(sign_in).to_be_hidden()
    await guest.say("我也在")
    for one in (guest, ada):
        await expect(one.line("我也在")).to_contain_text("小雨")

    await guest.page.reload()  # and is still known
    await guest.say("又来了")
    await expect(ada.line("又来了")).to_contain_text("小雨")


async def test_a_guest_who_would_rather_not_say_stays_a_guest(room: str, company: Company):
    guest = await company.guest("guest", DESK, "en")
    await guest.enter(room)
    await guest.chat_field.click()
    sign_in = guest.dialog("viewer.signIn.title")
    await expect(sign_in).to_be_visible()
    await guest.close(sign_in)
    await expect(guest.chat_field).to_have_attribute("placeholder", guest.t("viewer.chat.signIn"))
    await guest.heart.click()
    await expect(guest.heart).to_have_accessible_name(guest.t("viewer.like.label", count=1))


async def test_the_list_of_rooms_leads_into_a_room(company: Company):
    guest = await company.guest("guest", PHONE, "zh-CN")
    await guest.page.goto(guest.site.url)
    card = guest.page.get_by_role("link").filter(has_text="透明农场日")
    await expect(card).to_contain_text(guest.t("shared.show.live"))
    await expect(card).to_contain_text("有机蓝莓")
    await card.click()
    await expect(guest.heart).to_be_visible()
    await expect(guest.page).to_have_url(f"{guest.site.url}/r/{demo_farm.ROOM}")
    await guest.page.go_back()
    await expect(card).to_be_visible()


async def test_an_address_of_no_room_says_so(company: Company):
    guest = await company.guest("guest", DESK, "en")
    await guest.page.goto(f"{guest.site.url}/r/nowhere")
    await expect(guest.page.get_by_role("heading", name=guest.t("viewer.closed.missing"))).to_be_visible()
    await guest.button("viewer.closed.rooms").click()
    await expect(guest.page.get_by_role("heading", name=guest.t("viewer.rooms.hello"))).to_be_visible()
