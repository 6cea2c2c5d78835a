"""A link that goes in the middle of signing in and of keeping an address: it is said in words, nothing that was typed is lost,
and what is pressed again happens once.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest_asyncio
from playwright.async_api import Page, Route, expect

from tests.e2e.conftest import Company
from tests.e2e.people import PHONE, Viewer
from tests.e2e.site import Site
from tests.e2e.test_account import REFUSED, code_for, section, sign_in

LOST = r"net::ERR_(FAILED|INTERNET_DISCONNECTED)"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def phones(site: Site) -> Site:
    """The server with a mailbox; another code has to be waited for, as it is by default."""
    await site.stop()
    await site.start(E2E_MAILBOX="yes")
    return site


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def lose_an_answer(page: Page, path: str) -> None:
    """The server hears the next POST, and the page hears nothing of it."""
    is_lost = False

    async def lose(route: Route) -> None:
        nonlocal is_lost
        if is_lost or route.request.method != "POST":
            await route.fallback()
            return
        is_lost = True
        await route.fetch()
        await route.abort("failed")

    await page.route(f"**{path}", lose)


async def newcomer(company: Company, phones: Site) -> Viewer:
    lin = await company.guest("lin", PHONE, "zh-CN")
    lin.complaints.expect(REFUSED)
    lin.complaints.expect(LOST)
    await lin.page.goto(f"{phones.url}/me")
    await lin.button("viewer.signIn.title").click()
    return lin


async def test_a_link_that_goes_while_signing_in_costs_nothing_that_was_typed(phones: Site, company: Company) -> None:
    lin = await newcomer(company, phones)
    sheet = lin.dialog("viewer.signIn.title")
    number, name = sheet.get_by_label(lin.t("shared.code.phone")), sheet.get_by_label(lin.t("shared.code.name"))
    get = sheet.get_by_role("button", name=lin.t("shared.code.get"))
    await number.fill("138 0013 8041")
    await name.fill("小雨")
    await lin.page.context.set_offline(True)
    await get.click()
    await expect(sheet.get_by_role("alert")).not_to_be_empty()
    await expect(number).to_have_value("138 0013 8041")
    await expect(name).to_have_value("小雨")
    await lin.page.context.set_offline(False)
    await get.click()
    code = sheet.get_by_label(lin.t("shared.code.label"))
    await expect(code).to_be_focused()

    right = await code_for(phones, "13800138041")
    await lin.page.context.set_offline(True)
    await code.fill(right)
    await expect(sheet.get_by_role("alert")).not_to_be_empty()
    await expect(code).to_have_value(right)
    await lin.page.context.set_offline(False)
    await sheet.get_by_role("button", name=lin.t("shared.code.go"), exact=True).click()
    await expect(sheet).to_be_hidden()
    await expect(lin.page.get_by_label(lin.t("viewer.account.name"), exact=True)).to_have_value("小雨")


async def test_a_code_whose_sending_was_not_answered_is_sent_once_and_good(
    phones: Site, company: Company, database: Any
) -> None:
    lin = await newcomer(company, phones)
    sheet = lin.dialog("viewer.signIn.title")
    await sheet.get_by_label(lin.t("shared.code.phone")).fill("13800138042")
    get = sheet.get_by_role("button", name=lin.t("shared.code.get"))
    await lose_an_answer(lin.page, "/api/sign-in/phone")
    await get.click()
    await expect(sheet.get_by_role("alert")).not_to_be_empty()
    await get.click()
    code = sheet.get_by_label(lin.t("shared.code.label"))
    await expect(code).to_be_focused()
    assert await database.fetchval("SELECT count(*) FROM phone_codes WHERE phone = '+8613800138042'") == 1
    await code.fill(await code_for(phones, "13800138042"))
    await expect(sheet).to_be_hidden()


async def test_an_address_whose_answer_was_lost_is_kept_once(phones: Site, company: Company) -> None:
    lin = await company.guest("lin", PHONE, "zh-CN")
    lin.complaints.expect(LOST)
    await sign_in(lin, "13800138043")
    addresses = section(lin, "viewer.address.title")
    await addresses.get_by_role("button", name=lin.t("viewer.address.add")).click()
    sheet = lin.dialog("viewer.address.add")
    await sheet.get_by_label(lin.t("viewer.address.name")).fill("王小明")
    await sheet.get_by_label(lin.t("viewer.address.phone")).fill("13800138043")
    await sheet.get_by_label(lin.t("viewer.address.province")).select_option(label="上海市")
    await sheet.get_by_label(lin.t("viewer.address.county")).select_option(label="浦东新区")
    line = sheet.get_by_label(lin.t("viewer.address.line"))
    await line.fill("张江路 1 号")
    save = sheet.get_by_role("button", name=lin.t("viewer.account.save"))
    await lin.page.context.set_offline(True)
    await save.click()
    await expect(sheet.get_by_role("alert")).not_to_be_empty()
    await lin.page.context.set_offline(False)
    await lose_an_answer(lin.page, "/api/me/addresses")
    await save.click()
    await expect(sheet.get_by_role("alert")).not_to_be_empty()
    await expect(line).to_have_value("张江路 1 号")
    await save.click()
    await expect(sheet).to_be_hidden()
    await expect(addresses.get_by_role("listitem")).to_have_count(1)
    await expect(addresses).to_contain_text("张江路 1 号")


async def test_the_question_who_one_is_waits_for_its_sheet(phones: Site, company: Company, database: Any) -> None:
    lin = await company.guest("lin", PHONE, "zh-CN")
    lin.complaints.expect(rf"{LOST}|status of 401|dynamically imported module")
    await sign_in(lin, "13800138044")
    await database.execute("UPDATE sessions SET signed_in_ts = signed_in_ts - 3600000")
    file = re.compile(r"/assets/StepUpSheet-.*\.js")

    async def lose(route: Route) -> None:
        await route.abort()

    await lin.page.route(file, lose)
    await lin.page.reload()
    await section(lin, "viewer.data.title").get_by_role("button", name=lin.t("viewer.data.ask")).click()
    told = lin.page.get_by_role("status").filter(has_text=lin.t("shared.part.failed"))
    await expect(told).to_be_visible()
    await lin.page.unroute(file)
    await told.get_by_role("button", name=lin.t("shared.action.retry")).click()
    await expect(lin.dialog("shared.stepUp.title")).to_be_visible()
