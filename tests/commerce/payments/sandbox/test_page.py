"""The sandbox's page: for whoever has its address, in two languages, with nothing that a strict policy of content refuses."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import async_playwright

from commerce.payments.sandbox.pages import amount
from commerce.payments.sandbox.words import WORDS, language_of
from livehub.base.auth import Role
from tests.commerce.payments.till import BUYER, ORDER, Shop, shop


@pytest.fixture
async def till(database_url: str) -> AsyncIterator[Shop]:
    async with shop(database_url, is_demo=False) as running:
        yield running


def path_of(url: str) -> str:
    return url[url.index("/pay/") :]


async def test_it_is_there_for_whoever_has_its_address_and_for_nobody_else(till: Shop) -> None:
    path = path_of((await till.begun())["url"])
    bare = path.partition("?")[0]
    assert (await till.served.call(f"GET {path}", role=None)).status == 200
    assert (await till.served.call(f"GET {bare}", role=Role.VIEWER, user=BUYER)).status == 200
    for other, role in ((bare, None), (path[:-1], None), (bare, Role.OPS), ("/pay/sandbox/nothing?k=x", None)):
        refused = await till.served.call(f"GET {other}", role=role)
        assert (refused.status, refused.body["code"]) == (404, 4060)


async def test_what_is_in_it_is_text_and_no_script_and_no_style(till: Shop) -> None:
    answer = await till.served.call(f"GET {path_of((await till.begun())['url'])}", role=None)
    text = answer.raw.decode()
    assert "Blueberries 蓝莓 &lt;b&gt;" in text
    assert "¥59.90" in text
    assert f"/orders/{ORDER}" in text
    scripts = re.findall(r"<script([^>]*)>([^<]*)", text)
    assert [attributes for attributes, inside in scripts if inside.strip()] == [' type="application/json" id="words"']
    assert not re.search(r"<style|style=|\son\w+=|javascript:", text)
    assert answer.headers["Content-Security-Policy"].startswith(
        "default-src 'self'; script-src 'self'; style-src 'self'"
    )
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


async def test_only_in_a_demo_it_has_the_drawer(till: Shop) -> None:
    path = path_of((await till.begun())["url"])
    assert b"pay_twice" not in (await till.served.call(f"GET {path}", role=None)).raw


async def test_in_a_demo_it_has_the_drawer(database_url: str) -> None:
    async with shop(database_url) as till:
        path = path_of((await till.begun())["url"]).partition("?")[0]
        assert b'value="pay_twice"' in (await till.served.call(f"GET {path}", role=None)).raw


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("", "", "zh-CN"), ("", "en-GB,en;q=0.9", "en"), ("", "fr, en;q=0.5, zh;q=0.1", "en"), ("zh-CN", "en", "zh-CN"),
        ("en", "zh", "en"), ("", "fr", "zh-CN"), ("<b>", "de;q=x,,", "zh-CN"),
    ],
)  # fmt: skip
def test_its_language_is_the_readers(asked: str, accepted: str, language: str) -> None:
    assert language_of(asked, accepted) == language


def test_both_languages_say_the_same_things() -> None:
    assert WORDS["en"].keys() == WORDS["zh-CN"].keys()


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [(5_990, "CNY", "¥59.90"), (1, "CNY", "¥0.01"), (1_234_500, "JPY", "¥1,234,500"), (12_345, "KWD", "KWD 12.345")],
)
def test_a_sum_has_the_decimals_of_its_currency(amount_minor: int, currency: str, text: str) -> None:
    assert amount(amount_minor, currency) == text


async def test_on_a_phone_it_pays_and_leads_back_to_the_shop(database_url: str, browser_path: str | None) -> None:
    async with shop(database_url, is_demo=False, has_jobs=True) as till, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        begun = await till.begun()
        context = await browser.new_context(viewport={"width": 375, "height": 812}, locale="zh-CN")
        page = await context.new_page()
        refused: list[str] = []
        page.on("console", lambda message: refused.append(message.text) if "Policy" in message.text else None)
        await page.goto(begun["url"])
        await page.get_by_role("button", name="确认支付").click()
        await page.wait_for_url(f"**/orders/{ORDER}")
        await page.goto(begun["url"])
        assert await page.get_by_role("status").inner_text() == "支付成功"
        assert await page.get_by_role("button", name="确认支付").count() == 0
        assert await page.evaluate("document.documentElement.scrollWidth") == 375
        assert refused == []
        await browser.close()
