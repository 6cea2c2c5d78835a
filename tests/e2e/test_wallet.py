"""The coupon tickets and the wallet at 375 px: kind and amount left, condition and time right, claimed ones grey; of those that
cannot be used each has its reason.
"""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Company
from tests.e2e.people import Screen
from tests.e2e.site import Site
from tests.e2e.texts import LANGUAGES

PHONE = Screen(375, 667, touch=True)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_wallet_tells_what_can_be_used_and_why_the_rest_cannot(
    site: Site, company: Company, language: str
) -> None:
    room = await site.show()
    coupons = f"/api/rooms/{room}/coupons"
    await site.do("POST", coupons, {"title": "Ten off", "kind": "percent", "basis_points": 1_000, "cap_minor": 1_500})
    await site.do("POST", coupons, {"title": "Next week", "amount_minor": 500, "usable_from": "2096-01-01"})
    viewer = await company.viewer(f"wallet-{language}".lower(), PHONE, language)
    t = viewer.t
    await viewer.enter(room)
    sheet = await viewer.open_coupons()
    ticket = sheet.get_by_role("article").filter(has_text="Ten off")
    await expect(ticket).to_contain_text(t("shared.coupon.kind.percent"))
    await expect(ticket).to_contain_text("9折" if language == "zh-CN" else "10% off")
    for title in ("Ten off", "Next week"):
        offered = sheet.get_by_role("article").filter(has_text=title).first
        await offered.get_by_role("button", name=t("viewer.coupon.claim")).click()
        await expect(offered).to_contain_text(t("viewer.coupon.claimed"))
        assert "grayscale" in await offered.evaluate("it => getComputedStyle(it).filter")
    await expect(sheet).to_contain_text(t("viewer.coupon.usableN", n=1))
    await sheet.get_by_text(t("viewer.coupon.unusableN", m=1)).click()
    await expect(sheet.get_by_role("article").last).to_contain_text("Next week")
    await expect(sheet.get_by_role("article").last).to_contain_text(t("viewer.coupon.why.not_started"))
    assert await viewer.page.evaluate("document.documentElement.scrollWidth") <= 375
