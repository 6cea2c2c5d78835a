"""The pages of administration: people are found, get roles, are blocked and set apart again, and all of it is in the audit log;
who has no right to a page does not see the way there, and is told so in words at its address."""

import io
import re
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.people import DESK, Guest, Ops
from tests.e2e.site import Site
from tests.e2e.texts import LANGUAGES

PHONE = "13800138000"
# A browser tells of each refusal.
REFUSED = r"status of 403"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def phones(site: Site) -> Site:
    """The server with a mailbox, whose codes may be asked for often."""
    await site.stop()
    await site.start(E2E_MAILBOX="yes", LIVEHUB_CODE_RESEND_S="0", LIVEHUB_CODES_WITHOUT_PROOF_MAX="100")
    return site


_SIGN_IN = """async ([phone, name]) => {
    const post = async (path, body) => {
        const headers = { "Content-Type": "application/json" };
        const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
        if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
        return answer.json();
    };
    const guest = await post("/api/session", { app: "viewer" });
    const { challenge } = await post("/api/sign-in/phone", { phone, app: "viewer" });
    const { items } = await (await fetch(`/api/dev/codes?phone=${encodeURIComponent(phone)}`)).json();
    const { code } = items.find((each) => each.challenge === challenge);
    const { person } = await post(`/api/sign-in/phone/${challenge}`, { code, app: "viewer", name });
    return { guest: guest.person.id, person: person.id };
}"""


async def customer(company: Company, name: str, phone: str) -> dict[str, str]:
    """Somebody who was a guest and signed in by phone; the ids of both."""
    guest = await company.guest(name.lower())
    await guest.page.goto(f"{guest.site.url}/")
    ids: dict[str, str] = await guest.page.evaluate(_SIGN_IN, [f"+86{phone}", name])
    await guest.page.close()
    return ids


async def admin(company: Company, site: Site, path: str, language: str = "en", screen: Any = DESK) -> Ops:
    """An administrator, on that page."""
    boss = await company.ops(screen, language)
    await looks.prepare(boss)
    await boss.page.goto(site.link(path, site.person("boss", role="admin")))
    await expect(boss.page.get_by_role("heading", level=1)).to_be_visible()
    return boss


async def has_a_new_role(company: Company, site: Site, name: str, phone: str) -> None:
    """Something for the audit log, by Boss."""
    ids = await customer(company, name, phone)
    boss = site.person("boss", role="admin")
    fresh = (await site.do("POST", "/api/session", {"token": boss.token, "app": "ops"}))["token"]
    change = {"role": "courier", "reason": "Drives on Fridays"}
    await site.do("POST", f"/api/people/{ids['person']}/role", change, by=replace(boss, token=fresh))


def rows(guest: Guest, caption: str) -> Locator:
    """The rows of the table of that name."""
    return guest.page.get_by_role("table", name=guest.t(caption)).locator("tr[data-row]")


def field(guest: Guest, key: str) -> Locator:
    return guest.page.get_by_role("dialog").get_by_label(guest.t(key), exact=True)


async def find(boss: Ops, text: str) -> None:
    """Open the page of the one who is found by that."""
    await boss.page.get_by_role("textbox", name=boss.t("ops.admin.people.search")).fill(text)
    await expect(rows(boss, "ops.admin.people.title")).to_have_count(1)
    await rows(boss, "ops.admin.people.title").get_by_role("link").click()
    await expect(boss.page.get_by_role("heading", name=boss.t("ops.admin.identity.title"))).to_be_visible()


async def test_an_admin_finds_somebody_and_gives_a_role_which_is_in_the_audit_log(phones: Site, company: Company):
    await customer(company, "Mei", PHONE)
    boss = await admin(company, phones, "/ops/people")
    await find(boss, PHONE)
    await expect(boss.page.get_by_role("heading", level=1)).to_have_text("Mei")
    await expect(boss.page.get_by_text("*8000", exact=True)).to_be_visible()
    await expect(boss.page.get_by_text(PHONE)).to_have_count(0)

    await boss.button("ops.admin.role.change").click()
    change = boss.page.get_by_role("dialog").get_by_role("button", name=boss.t("ops.admin.role.action"), exact=True)
    await change.click()
    await expect(boss.page.get_by_text(boss.t("ops.admin.role.same"))).to_be_visible()
    await boss.choose(boss.page.get_by_role("dialog").get_by_role("combobox"), boss.t("staff.role.host"))
    await field(boss, "ops.admin.reason").fill("Starts on Monday")
    await change.click()
    await expect(boss.words("ops.admin.role.done", name="Mei", role=boss.t("staff.role.host"))).to_be_visible()
    await expect(boss.page.get_by_text(boss.t("ops.admin.session.none"))).to_be_visible()
    command = f"python -m livehub person {boss.page.url.rpartition('/')[2]} --invite"
    await expect(boss.words("ops.admin.role.invite", command=command)).to_be_visible()
    first = rows(boss, "ops.admin.person.acts").first
    await expect(first).to_contain_text(boss.t("ops.admin.audit.type.person_role"))

    await boss.page.get_by_role("link", name=boss.t("ops.admin.audit.title"), exact=True).click()
    act = rows(boss, "ops.admin.audit.title").first
    for text in ("Boss", "Mei", "Starts on Monday", boss.t("ops.admin.audit.type.person_role")):
        await expect(act).to_contain_text(text)
    await expect(act.locator("del")).to_have_text(boss.t("staff.role.viewer"))
    await expect(act.locator("ins")).to_have_text(boss.t("staff.role.host"))


async def test_a_number_is_shown_whole_with_a_reason(phones: Site, company: Company):
    ids = await customer(company, "Ann", "13800138001")
    boss = await admin(company, phones, f"/ops/people/{ids['person']}")
    await boss.button("ops.admin.identity.whole").click()
    await field(boss, "ops.admin.reason").fill("The courier asks")
    await (
        boss.page.get_by_role("dialog")
        .get_by_role("button", name=boss.t("ops.admin.identity.action"), exact=True)
        .click()
    )
    await expect(boss.page.get_by_text("+8613800138001", exact=True)).to_be_visible()
    await expect(rows(boss, "ops.admin.person.acts").first).to_contain_text("The courier asks")


async def test_somebody_is_blocked_and_unblocked(phones: Site, company: Company):
    ids = await customer(company, "Bo", "13800138002")
    boss = await admin(company, phones, f"/ops/people/{ids['person']}")
    await expect(boss.page.get_by_text(boss.t("ops.admin.blocked.noneOf"))).to_be_visible()
    await boss.button("ops.admin.block.open").click()
    sheet = boss.page.get_by_role("dialog")
    await sheet.get_by_role("button", name=boss.t("ops.admin.block.action"), exact=True).click()
    await expect(field(boss, "ops.admin.reason")).to_be_focused()
    await field(boss, "ops.admin.reason").fill("Resells coupons")
    await boss.choose(sheet.get_by_role("combobox"), boss.t("ops.admin.block.forGood"))
    await sheet.get_by_role("button", name=boss.t("ops.admin.block.action"), exact=True).click()
    await expect(rows(boss, "ops.admin.blocked.title")).to_contain_text("Resells coupons")
    await expect(boss.page.get_by_text(re.compile("^Blocked since"))).to_be_visible()

    await boss.page.get_by_role("link", name=boss.t("ops.admin.blocked.title"), exact=True).click()
    await boss.page.get_by_role("textbox", name=boss.t("ops.admin.people.search")).fill("138 0013 8002")
    await expect(rows(boss, "ops.admin.blocked.title")).to_have_count(1)
    await rows(boss, "ops.admin.blocked.title").get_by_role("button").click()
    await boss.confirm("ops.admin.block.lift")
    await expect(rows(boss, "ops.admin.blocked.title")).to_have_count(0)
    await boss.page.get_by_role("link", name=boss.t("ops.admin.audit.title"), exact=True).click()
    told = await _told(boss, 2)
    assert told == [boss.t("ops.log.type.unblock"), boss.t("ops.log.type.block")]


async def _told(boss: Ops, most: int) -> list[str]:
    """What the latest acts that are no looks are called."""
    what = rows(boss, "ops.admin.audit.title").locator(".what b")
    await expect(what.first).to_be_visible()
    looks = {boss.t(f"ops.admin.audit.type.{name}") for name in ("person_look", "people_searched")}
    return [text for text in await what.all_inner_texts() if text not in looks][:most]


async def test_a_phone_is_blocked_by_its_number_alone(phones: Site, company: Company):
    boss = await admin(company, phones, "/ops/blocked", "zh-CN")
    await boss.button("ops.admin.block.somebody").click()
    sheet = boss.page.get_by_role("dialog")
    await sheet.get_by_text(boss.t("ops.admin.block.way.phone"), exact=True).click()
    await sheet.get_by_role("textbox", name=boss.t("ops.admin.people.phone"), exact=True).fill("139 0013 9000")
    await field(boss, "ops.admin.reason").fill("骚扰电话")
    await sheet.get_by_role("button", name=boss.t("ops.admin.block.action"), exact=True).click()
    row = rows(boss, "ops.admin.blocked.title").filter(has_text="骚扰电话")
    await expect(row).to_contain_text("+86 **** 9000")


async def test_a_merge_is_undone_with_the_reason(phones: Site, company: Company):
    ids = await customer(company, "Lin", "13800138003")
    boss = await admin(company, phones, f"/ops/people/{ids['person']}")
    await expect(boss.page.get_by_text(ids["guest"], exact=True)).to_be_visible()
    await boss.button("ops.admin.former.undoOf", former=ids["guest"]).click()
    await field(boss, "ops.admin.reason").fill("Her sister's tablet")
    await (
        boss.page.get_by_role("dialog").get_by_role("button", name=boss.t("ops.admin.former.undo"), exact=True).click()
    )
    await expect(boss.page.get_by_role("heading", name=boss.t("ops.admin.former.title"))).to_have_count(0)
    act = rows(boss, "ops.admin.person.acts").filter(has_text=boss.t("ops.admin.audit.type.person_separate"))
    await expect(act).to_contain_text("Her sister's tablet")


async def test_one_session_is_ended_and_the_others_go_on(phones: Site, company: Company):
    ids = await customer(company, "Tao", "13800138004")
    await customer(company, "Tao", "13800138004")
    boss = await admin(company, phones, f"/ops/people/{ids['person']}")
    ends = boss.page.get_by_role("button", name=boss.t.like("ops.admin.session.endOf"))
    await expect(ends).to_have_count(2)
    await ends.first.click()
    await field(boss, "ops.admin.reason").fill("Lost the phone")
    await (
        boss.page.get_by_role("dialog").get_by_role("button", name=boss.t("ops.admin.session.end"), exact=True).click()
    )
    await expect(ends).to_have_count(1)


async def test_filters_survive_the_way_back_and_a_reload(phones: Site, company: Company):
    boss = await admin(company, phones, "/ops/people")
    page = boss.page
    roles = page.get_by_role("combobox", name=boss.t("ops.admin.people.role"))
    await boss.choose(roles, boss.t("ops.admin.people.staff"))
    await expect(page).to_have_url(re.compile(r"/ops/people\?role=staff$"))
    await page.get_by_role("textbox", name=boss.t("ops.admin.people.search")).fill("bos")
    await expect(page).to_have_url(re.compile(r"search=bos"))
    await expect(rows(boss, "ops.admin.people.title")).to_have_count(1)
    await rows(boss, "ops.admin.people.title").get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Boss")
    await page.go_back()
    await expect(page).to_have_url(re.compile(r"role=staff&search=bos$"))
    await expect(page.get_by_role("textbox", name=boss.t("ops.admin.people.search"))).to_have_value("bos")
    await page.reload()
    await expect(page.get_by_role("textbox", name=boss.t("ops.admin.people.search"))).to_have_value("bos")
    await expect(rows(boss, "ops.admin.people.title")).to_have_count(1)
    await rows(boss, "ops.admin.people.title").get_by_role("link").click()
    await page.get_by_role("link", name=boss.t("ops.admin.people.title")).first.click()  # up, by the page's own way
    await expect(page).to_have_url(re.compile(r"/ops/people"))

    await has_a_new_role(company, phones, "Kim", "13800138041")
    await page.goto(f"{phones.url}/ops/audit?kind=accounts&from=2026-01-01")
    await expect(rows(boss, "ops.admin.audit.title").first).to_be_visible()
    name = rows(boss, "ops.admin.audit.title").first.get_by_role("button", name="Boss")
    await name.click()
    await expect(page).to_have_url(re.compile(r"kind=accounts&from=2026-01-01&who=boss$"))
    await page.go_back()
    await expect(page).to_have_url(re.compile(r"kind=accounts&from=2026-01-01$"))
    await boss.button("desk.table.showAll").click()
    await expect(page).to_have_url(re.compile(r"/ops/audit$"))


async def test_a_list_is_saved_as_a_file_of_the_same_filter(phones: Site, company: Company):
    await has_a_new_role(company, phones, "Kai", "13800138042")
    boss = await admin(company, phones, "/ops/audit?kind=accounts")
    await expect(rows(boss, "ops.admin.audit.title").first).to_be_visible()
    async with boss.page.expect_download() as saving:
        await boss.button("desk.table.csv").click()
    saved = await saving.value
    assert re.fullmatch(r"audit-\d{4}-\d\d-\d\d\.csv", saved.suggested_filename)
    text = (await saved.path()).read_bytes().decode("utf-8")
    assert text.startswith("\ufeffTime,What,By (ID),")  # in the language of the page
    assert "person_role" in text
    assert "person_look" not in text
    async with boss.page.expect_download() as saving:
        await boss.button("desk.table.xlsx").click()
    saved = await saving.value
    assert re.fullmatch(r"audit-\d{4}-\d\d-\d\d\.xlsx", saved.suggested_filename)
    sheet = openpyxl.load_workbook(io.BytesIO((await saved.path()).read_bytes())).active
    kept = {row[1] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert kept & {"person_role", "person_look", "people_export"} == {
        "person_role"
    }  # other tests leave acts of accounts


async def test_who_has_no_right_does_not_see_the_way_and_is_told_so_at_its_address(phones: Site, company: Company):
    room = await phones.show()
    ops = await company.ops()
    ops.complaints.expect(REFUSED)
    await ops.enter(room)
    ways = ops.page.get_by_role("list", name=ops.t("ops.admin.title")).get_by_role("link")
    shown = (
        "orders", "weighing", "cases", "refunds", "money", "products", "delivery", "batches", "coldchain", "proof", "blocked",
    )  # fmt: skip
    await expect(ways).to_have_text([ops.t(f"ops.admin.{name}.title") for name in shown])
    asked: list[str] = []
    ops.page.on("request", lambda request: asked.append(request.url))
    for path, right in (
        ("people", "see_people"),
        ("people/boss", "see_people"),
        ("roles", "see_people"),
        ("audit", "see_audit"),
    ):
        await ops.page.goto(f"{phones.url}/ops/{path}")
        told = ops.t(f"ops.admin.refused.{right}", name="Ops", role=ops.t("staff.role.ops"))
        await expect(ops.page.get_by_text(told)).to_be_visible()
    assert not [url for url in asked if re.search(r"/api/(people|roles|audit)", url)]

    host = await company.ops()
    await host.page.goto(phones.link("/ops/blocked", phones.host))
    await expect(host.page.get_by_role("heading", name=host.t("ops.admin.refused.title"))).to_be_visible()
    await expect(host.page.get_by_role("list", name=host.t("ops.admin.title"))).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_can_use_and_read_the_pages(phones: Site, company: Company, language: str):
    phone = "13800138007" if language == "en" else "13800138008"
    ids = await customer(company, "Ling", phone)
    boss = await admin(company, phones, "/ops/people", language)
    by = phones.person("boss", role="admin")
    await phones.do("POST", "/api/blocked", {"person": ids["person"], "reason": "转卖优惠券 Resells coupons"}, by=by)
    faults: list[str] = []
    for path, caption in (
        ("people", "ops.admin.people.title"),
        (f"people/{ids['person']}", "ops.admin.blocked.title"),
        ("roles", "ops.admin.roles.staff"),
        ("blocked", "ops.admin.blocked.title"),
        ("audit", "ops.admin.audit.title"),
    ):
        await boss.page.goto(f"{phones.url}/ops/{path}")
        await expect(rows(boss, caption).first).to_be_visible()
        faults += await looks.faults(boss, path, "body", looks.SCHEMES, (320, 375, 768, 1440))
        faults += await looks.small(boss, path, "main")
    assert not faults, "\n".join(faults)


async def test_customer_service_looks_people_up_and_changes_nothing(phones: Site, company: Company):
    ids = await customer(company, "Yu", "13800138005")
    care = await company.ops()
    await care.page.goto(phones.link("/ops", phones.person("may", role="care")))
    await expect(care.page).to_have_url(re.compile("/ops/people$"))
    await expect(rows(care, "ops.admin.people.title").first).to_be_visible()
    await expect(care.button("desk.table.csv")).to_have_count(0)
    await care.page.goto(f"{phones.url}/ops/people/{ids['person']}")
    await expect(care.page.get_by_text("*8005", exact=True)).to_be_visible()
    for key in ("ops.admin.role.change", "ops.admin.block.open", "ops.admin.identity.whole", "ops.admin.session.all"):
        await expect(care.button(key)).to_have_count(0)
