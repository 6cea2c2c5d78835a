"""Products in the console: made and changed in a form that says what is wrong before it is saved, and loses nobody's work; and
as buyers see them."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.base.uploads.pictures import quarters, saved
from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Ops, Screen
from tests.e2e.site import Site

LANGUAGES = ("en", "zh-CN")
PHOTO: Any = {"name": "certificate.png", "mimeType": "image/png", "buffer": saved(quarters())}
REFUSED = r"status of (409|422)"  # a browser tells of each refusal


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(site: Site, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The server with a place for pictures."""
    await site.stop()
    await site.start(LIVEHUB_UPLOADS_DIR=str(tmp_path_factory.mktemp("uploads")))
    yield site
    await site.stop()
    await site.start()


async def made(shop: Site, **fields: Any) -> Any:
    """A product for 68.00 but for those fields."""
    body = {"title": "山花蜜", "price_minor": 6_800, "currency": "CNY", "unit": "480 g", **fields}
    return await shop.do("POST", "/api/products", body, by=shop.ops)


async def products(
    company: Company, shop: Site, *, screen: Screen = DESK, language: str = "en", query: str = ""
) -> Ops:
    """Somebody of the ops, at the list of products."""
    ops = await company.ops(screen, language)
    await looks.prepare(ops)
    await ops.page.goto(shop.link(f"/ops/products{query}", shop.ops))
    await expect(ops.page.get_by_role("heading", level=1)).to_be_visible()
    await expect(ops.page.locator("tr[data-row]").first).to_be_visible()
    return ops


def row(ops: Ops, title: str) -> Locator:
    return ops.page.locator("tr[data-row]").filter(has_text=title)


def field(form: Locator, ops: Ops, key: str) -> Locator:
    return form.get_by_role("textbox", name=re.compile("^" + re.escape(ops.t(key)))).first


async def test_a_claim_is_told_while_it_is_typed_and_proven_by_a_certificate(shop: Site, company: Company) -> None:
    ops = await products(company, shop)
    await ops.button("ops.product.new").click()
    form = ops.dialog("ops.product.new")
    await field(form, ops, "staff.product.title").fill("有 机 蓝莓 100%")
    await field(form, ops, "staff.product.price").fill("39.9")
    told = form.get_by_test_id("word-check")
    organic = ops.t("ops.product.claim.organic")
    await expect(told).to_contain_text(ops.t("ops.product.unproven", word="有 机", kind=organic))
    await expect(told).to_contain_text(ops.t("ops.product.flag.absolute", word="100%"))

    ops.complaints.expect(REFUSED)
    await form.get_by_role("button", name=ops.t("ops.product.save")).click()
    await expect(form.get_by_role("alert")).to_contain_text(ops.t("shared.refusal.4001"))
    await form.get_by_role("button", name=ops.t("ops.product.certificate.add")).click()
    await form.get_by_label(ops.t("ops.product.certificate.until")).fill("2099-12-31")
    picture = form.get_by_role("group", name=ops.t("ops.product.certificate.picture"))
    await picture.locator("input[type=file]").first.set_input_files(PHOTO)
    await expect(picture.locator("img")).to_be_visible()
    await expect(told).to_contain_text(ops.t("ops.product.proven", word="有 机", kind=organic))
    await told.get_by_text(ops.t("ops.product.answerFor", word="100%")).click()
    await form.get_by_role("button", name=ops.t("ops.product.save")).click()
    await expect(form).to_be_hidden()
    await expect(row(ops, "有 机 蓝莓 100%")).to_contain_text("39.90")


async def test_what_another_has_changed_is_shown_and_ones_own_work_is_kept(shop: Site, company: Company) -> None:
    honey = await made(shop, title="槐花蜜")
    ops = await products(company, shop, query="?q=槐花蜜")
    await row(ops, "槐花蜜").get_by_role("button", name=ops.t("ops.product.change")).click()
    form = ops.dialog("ops.product.edit")
    await field(form, ops, "staff.product.price").fill("59")
    other = {"version": honey["version"], "unit": "500 g", "price_minor": 6_000}
    await shop.do("PATCH", f"/api/products/{honey['id']}", other, by=shop.ops)

    ops.complaints.expect(REFUSED)
    await form.get_by_role("button", name=ops.t("ops.product.save")).click()
    conflict = form.get_by_test_id("conflict")
    await expect(conflict).to_contain_text("480 g → 500 g")
    await expect(conflict).to_contain_text("68.00 → 60.00")
    await expect(conflict.get_by_text(ops.t("ops.product.conflict.both"))).to_have_count(1)
    await conflict.get_by_role("button", name=ops.t("ops.product.conflict.keep")).click()
    await form.get_by_role("button", name=ops.t("ops.product.save")).click()
    await expect(form).to_be_hidden()
    found = await shop.do("GET", f"/api/products/{honey['id']}")
    assert (found["price_minor"], found["unit"], found["version"]) == (5_900, "500 g", 3)


async def test_stock_comes_and_goes_with_a_reason(shop: Site, company: Company) -> None:
    await made(shop, title="油菜花蜜")
    ops = await products(company, shop, query="?q=油菜花蜜")
    await row(ops, "油菜花蜜").get_by_role("button", name=ops.t("ops.product.stock"), exact=True).click()
    form = ops.dialog("ops.stock.change")
    await field(form, ops, "ops.stock.delta").fill("+12")
    await field(form, ops, "ops.stock.reason").fill("harvest")
    await form.get_by_role("button", name=ops.t("ops.stock.change")).click()
    await expect(form).to_be_hidden()
    await expect(row(ops, "油菜花蜜").get_by_role("cell", name="12", exact=True)).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_buyers_see_how_it_is_weighed_what_is_in_it_and_what_comes_with_it(
    shop: Site, company: Company, language: str
) -> None:
    room = await shop.room()
    spoon = await made(shop, title="蜂蜜勺", titles={"zh": "蜂蜜勺", "en": "Honey spoon"}, unit="")
    fish = await made(
        shop, title="鲈鱼", unit="条", price_minor=1_536, weighed={"grams": 1_200, "per_kg_minor": 1_280}, variant="大条",
    )  # fmt: skip
    box = await made(
        shop, title="蜂蜜礼盒", components=[{"product": spoon["id"], "qty": 2}], gift={"product": spoon["id"], "qty": 1}
    )
    for product in (fish, box):
        await shop.do("POST", f"/api/rooms/{room}/bag", {"product": product["id"]})
    mei = await company.viewer("mei", PHONE, language)
    await mei.enter(room)
    bag = await mei.open_bag()
    weighed = bag.get_by_role("article").filter(has_text="鲈鱼")
    await expect(weighed).to_contain_text(mei.t("shared.card.weighed"))
    await expect(weighed).to_contain_text(mei.t("shared.card.weight", grams="1,200", perKg="¥12.80"))
    await expect(weighed).to_contain_text("大条")
    title = "Honey spoon" if language == "en" else "蜂蜜勺"
    boxed = bag.get_by_role("article").filter(has_text="蜂蜜礼盒")
    await expect(boxed).to_contain_text(mei.t("shared.card.contents", parts=f"{title} × 2"))
    await expect(boxed).to_contain_text(mei.t("shared.card.gift", part=title))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_everybody_can_use_and_read_the_pages(shop: Site, company: Company, language: str) -> None:
    await made(shop, title="蜂巢蜜 100%", flags_seen=["100%"])
    ops = await products(company, shop, language=language)
    faults = await looks.faults(ops, "products", "body", looks.SCHEMES, (320, 375, 768, 1440))
    await row(ops, "蜂巢蜜").first.get_by_role("button", name=ops.t("ops.product.change")).click()
    form = ops.dialog("ops.product.edit")
    await expect(form.get_by_test_id("word-check")).to_be_visible()
    faults += await looks.faults(ops, "product", "[role=dialog]", looks.SCHEMES, (320, 375, 768, 1440))
    assert not faults, "\n".join(faults)
