"""What staff do about money and goods, by hand: with names before them, asked to prove who they are where it matters, nothing
that was typed lost, and each list as a file in their language.
"""

import csv
import io
import re
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import openpyxl
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.conftest import Company
from tests.e2e.people import DESK, PHONE, Ops
from tests.e2e.site import Site
from tests.e2e.test_ops_orders import at, case_of, delivered, jar, paid_order, row, staff
from tests.e2e.test_ops_orders import shop as shop  # the fixture
from tests.integration.server import Person, eventually

TOO_OLD = r"status of 401"  # a browser tells of each refusal
NOW_MS = int(time.time() * 1_000)


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def named(database: Any, person: str, name: str) -> None:
    role = "care" if person.startswith("care") else "viewer"
    await database.execute(
        "INSERT INTO people (id, name, role, created_ts, seen_ts) VALUES ($1, $2, $3, 1, 1)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name", person, name, role,
    )  # fmt: skip


async def aged(ops: Ops, database: Any) -> None:
    """Have them have signed in an hour ago."""
    await database.execute("UPDATE sessions SET signed_in_ts = signed_in_ts - 3600000")
    await ops.page.reload()
    await expect(ops.page.locator(".admin").get_by_role("heading", level=1)).to_be_visible()


async def proves_it(ops: Ops, person: Person) -> None:
    """Give a link of a moment ago, where it is asked for."""
    again = ops.dialog("shared.stepUp.title")
    await again.get_by_label(ops.t("staff.gate.label")).fill(person.token)
    await again.get_by_role("button", name=ops.t("staff.gate.enter")).click()
    await expect(again).to_be_hidden()


async def choose(ops: Ops, field: str, text: str, option: str | re.Pattern[str]) -> None:
    """Type into a picker, and take what it finds."""
    box = ops.page.get_by_role("combobox", name=field)
    await box.click(force=True)
    await box.fill(text)
    await ops.page.get_by_role("option", name=option).first.click()


async def test_lists_name_buyers_staff_and_goods(shop: Site, company: Company, database: Any) -> None:
    for person, name in (("mei", "王小梅"), ("care-1", "林客服"), ("care-2", "吴经理")):
        await named(database, person, name)
    order = await delivered(shop, await paid_order(shop, qty=3))
    title = order["lines"][0]["title"]
    await case_of(shop, order, units=[0])
    care = staff(shop, "care-1")
    refund = {"lines": [{"line": order["lines"][0]["id"], "units": [1, 2]}], "reason": "bruised"}
    await shop.do("POST", f"/api/orders/{order['id']}/refunds", refund, by=care)
    boss = staff(shop, "boss", "admin")
    ops = await at(company, shop, "/ops/refunds", by=boss, language="zh-CN")
    for text in ("王小梅", "林客服", f"{title} × 2"):
        await expect(row(ops, order["number"]).first).to_contain_text(text)
    for path in ("/ops/cases", "/ops/orders"):
        await ops.page.goto(f"{shop.url}{path}")
        await expect(row(ops, order["number"]).first).to_contain_text("王小梅")
        await expect(row(ops, order["number"]).first).to_contain_text(title)
    await ops.page.goto(f"{shop.url}/ops/orders/{order['id']}")
    acts = ops.page.get_by_role("group", name=ops.t("ops.order.acts"))
    await expect(acts).to_contain_text("bruised")
    await expect(acts).to_contain_text("Care-1")  # as they were called when they did it


async def test_who_may_not_read_the_audit_log_sees_what_was_done_about_an_order(shop: Site, company: Company) -> None:
    order = await delivered(shop, await paid_order(shop))
    care = await at(company, shop, f"/ops/orders/{order['id']}", by=staff(shop, "care-1"))
    acts = care.page.get_by_role("group", name=care.t("ops.order.acts"))
    await expect(acts.locator("tr[data-row]")).to_have_count(3)
    await expect(acts).to_contain_text(care.t("ops.admin.audit.type.order_move"))


async def test_orders_are_filtered_by_product_and_by_buyer(shop: Site, company: Company, database: Any) -> None:
    await named(database, "mei", "王小梅")
    await named(database, "bo", "李波")
    one, other = await paid_order(shop), await paid_order(shop, by="bo")
    boss = await at(company, shop, "/ops/orders", by=staff(shop, "boss", "admin"))
    await expect(row(boss, other["number"])).to_be_visible()
    title = one["lines"][0]["title"]
    await choose(boss, boss.t("ops.order.ofProduct"), title, re.compile(re.escape(title)))
    await expect(row(boss, other["number"])).to_have_count(0)
    await expect(row(boss, one["number"])).to_be_visible()
    await expect(boss.page).to_have_url(re.compile(f"product={one['lines'][0]['product']}"))
    await boss.button("desk.table.showAll").click()
    await choose(boss, boss.t("ops.order.ofBuyer"), "李波", re.compile("李波"))
    await expect(row(boss, one["number"])).to_have_count(0)
    await expect(row(boss, other["number"])).to_be_visible()

    ops = await at(company, shop, "/ops/orders", by=shop.ops)  # who may not look people up, finds them by their orders
    await choose(ops, ops.t("ops.order.ofBuyer"), other["number"], re.compile("李波"))
    await expect(row(ops, one["number"])).to_have_count(0)
    await expect(row(ops, other["number"])).to_be_visible()


async def test_an_old_sign_in_is_asked_for_and_what_was_typed_stays(
    shop: Site, company: Company, database: Any
) -> None:
    order = await paid_order(shop, qty=3)
    old = await at(company, shop, f"/ops/orders/{order['id']}", by=staff(shop, "care-9"))
    old.complaints.expect(TOO_OLD)
    await aged(old, database)
    await old.button("ops.refund.new").first.click()
    form = old.dialog("ops.refund.new")
    await form.get_by_role("checkbox").first.check()
    await form.get_by_role("textbox").fill("bruised on the way")
    send = form.get_by_role("button", name=re.compile("20"))
    await send.click()
    again = old.dialog("shared.stepUp.title")
    await expect(again).to_be_visible()
    await again.get_by_role("button", name=old.t("shared.action.close")).click()  # not now
    await expect(form.get_by_role("textbox")).to_have_value("bruised on the way")
    await expect(form.get_by_role("checkbox").first).to_be_checked()
    await send.click()
    await proves_it(old, staff(shop, "care-9"))
    await expect(form).to_be_hidden()
    found = await shop.do("GET", f"/api/orders/{order['id']}/refunds", by=staff(shop, "care-1"))
    assert [each["reason"] for each in found["items"]] == ["bruised on the way"]


async def test_a_gift_is_a_coupon_in_the_buyers_wallet_and_asks_for_a_fresh_sign_in(
    shop: Site, company: Company, database: Any
) -> None:
    order = await delivered(shop, await paid_order(shop))
    case = await case_of(shop, order, units=[0])
    care = await at(company, shop, f"/ops/cases/{case['id']}", by=staff(shop, "care-8"))
    care.complaints.expect(TOO_OLD)
    await aged(care, database)
    await care.page.get_by_text(care.t("ops.case.decide.gift"), exact=True).click()
    send = care.page.get_by_role("button", name=care.t("ops.case.send.gift"))
    await send.click()
    await expect(care.page.get_by_text(care.t("kit.fault.required"))).to_be_visible()  # worth something
    await care.page.get_by_label(care.t("staff.coupon.amount")).fill("8")
    await care.page.get_by_placeholder(care.t("ops.case.noteHint")).fill("Sorry for the broken jar.")
    await send.click()
    await proves_it(care, staff(shop, "care-8"))
    await expect(care.page.get_by_text(care.t("ops.case.decided.gift")).first).to_be_visible()
    wallet = await shop.do("GET", "/api/me/coupons", by=shop.person("mei"))
    (given,) = [each for each in wallet["coupons"] if each["id"] == f"{case['id']}-gift"]
    assert given["coupon"]["amount_minor"] == 800


async def test_a_replacement_is_sent_and_the_case_leads_to_it(shop: Site, company: Company) -> None:
    order = await delivered(shop, await paid_order(shop))
    case = await case_of(shop, order, units=[0])
    care = await at(company, shop, f"/ops/cases/{case['id']}", by=staff(shop, "care-1"))
    await care.page.get_by_text(care.t("ops.case.decide.replace"), exact=True).click()
    await care.page.get_by_role("button", name=care.t("ops.case.send.replace")).click()
    await care.page.get_by_role("link", name=care.t("ops.case.toReplacement")).click()
    await expect(care.page).not_to_have_url(re.compile(order["id"]))
    await expect(care.page.locator(".head")).to_contain_text(care.t("ops.order.state.paid"))


async def test_a_refund_that_failed_is_sent_again_and_one_that_waits_is_rejected(
    shop: Site, company: Company, database: Any
) -> None:
    order = await paid_order(shop, qty=3)
    payment = order["payments"][0]["id"]
    await database.execute("UPDATE sandbox_payments SET refunds = 'fail' WHERE id = $1", payment)
    line, care = order["lines"][0]["id"], staff(shop, "care-1")

    async def refunds() -> list[str]:
        found = await shop.do("GET", f"/api/orders/{order['id']}/refunds", by=care)
        return [each["state"] for each in found["items"]]

    body = {"lines": [{"line": line, "units": [0]}], "reason": "bruised"}
    await shop.do("POST", f"/api/orders/{order['id']}/refunds", body, by=care)

    async def is_failed() -> bool:
        return await refunds() == ["failed"]

    await eventually(is_failed)
    await database.execute("UPDATE sandbox_payments SET refunds = 'now' WHERE id = $1", payment)
    ops = await at(company, shop, f"/ops/refunds?state=failed&q={order['number']}", by=staff(shop, "care-2"))
    await row(ops, order["number"]).get_by_role("button", name=ops.t("ops.refund.retry")).click()
    await expect(row(ops, order["number"])).to_have_count(0)

    async def is_paid() -> bool:
        return await refunds() == ["paid"]

    await eventually(is_paid)
    large = await paid_order(shop, qty=3)
    body = {"lines": [{"line": large["lines"][0]["id"], "units": [0, 1, 2]}], "reason": "never came"}
    await shop.do("POST", f"/api/orders/{large['id']}/refunds", body, by=care)
    await ops.page.goto(f"{shop.url}/ops/refunds?q={large['number']}")
    await row(ops, large["number"]).get_by_role("button", name=ops.t("ops.refund.reject")).click()
    why = ops.page.get_by_role("dialog")
    await why.get_by_role("textbox").fill("It was delivered.")
    await why.get_by_role("button", name=ops.t("ops.refund.reject")).click()
    await expect(row(ops, large["number"])).to_contain_text(ops.t("ops.refund.state.rejected"))
    await expect(row(ops, large["number"])).to_contain_text(ops.t("ops.refund.rejectedBy"))


async def test_a_finding_is_resolved_with_what_was_done_and_by_whom(
    shop: Site, company: Company, database: Any
) -> None:
    payment = f"pay-{uuid4().hex[:8]}"
    await database.execute(
        "INSERT INTO payment_findings (id, key, kind, provider, payment, amount_minor, currency, details, found_ms)"
        " VALUES ($1, $1, 'wrong_amount', 'sandbox', $1, 1900, 'CNY', '{\"asked_minor\": 2000}', $2)",
        payment, NOW_MS,
    )  # fmt: skip
    care = await at(company, shop, f"/ops/money?q={payment}", by=staff(shop, "care-1"))
    found = row(care, care.t("ops.money.finding.wrong_amount"))
    await found.locator("summary").click()
    await expect(found).to_contain_text(care.t("ops.money.detail.asked_minor"))
    await expect(found).to_contain_text("20.00")
    await found.get_by_role("button", name=care.t("ops.money.resolve")).click()
    why = care.page.get_by_role("dialog")
    await why.get_by_role("textbox").fill("Paid back by hand.")
    await why.get_by_role("button", name=care.t("ops.money.resolve")).click()
    await expect(found).to_have_count(0)
    await care.page.goto(f"{shop.url}/ops/money?q={payment}&all=1")
    await expect(found).to_contain_text("Paid back by hand.")
    await expect(found).to_contain_text(care.t("ops.admin.you"))


async def test_a_days_bill_shows_what_differs_and_leads_there(shop: Site, company: Company, database: Any) -> None:
    await database.execute(
        "INSERT INTO bill_days (provider, day, tries, rows, fetched_real_ms, fault) VALUES"
        " ('wechatpay', '2026-03-28', 1, 2, $1, NULL), ('wechatpay', '2026-03-29', 3, NULL, NULL, 'NO_STATEMENT_EXIST')",
        NOW_MS,
    )
    await database.execute(
        "INSERT INTO bill_rows (provider, kind, id, amount_minor, currency, fee_minor, at_ms, day)"
        " VALUES ('wechatpay', 'payment', 'b-1', 5930, 'CNY', 36, 1, '2026-03-28')"
    )
    await database.execute(
        "INSERT INTO payment_findings (id, key, kind, provider, payment, amount_minor, currency, details, found_ms) VALUES"
        " ('f-bill', 'f-bill', 'bill', 'wechatpay', 'b-1', 5930, 'CNY', '{\"what\": \"unknown_payment\", \"day\":"
        " \"2026-03-28\"}', $1)", NOW_MS,
    )  # fmt: skip
    ops = await at(company, shop, "/ops/money?tab=bills", by=shop.ops)
    await expect(row(ops, "2026-03-29")).to_contain_text("NO_STATEMENT_EXIST")
    day = row(ops, "2026-03-28")
    for text in (ops.t("ops.bill.fetched"), "59.30", "0.36"):
        await expect(day).to_contain_text(text)
    await day.get_by_role("link", name=ops.t("ops.bill.found", n=1, open=1)).click()
    await expect(row(ops, ops.t("ops.money.finding.bill"))).to_have_count(1)
    await expect(ops.page.get_by_text(re.compile("2026-03-28")).first).to_be_visible()


async def test_stock_changes_of_a_product_have_a_page(shop: Site, company: Company) -> None:
    product = await jar(shop)
    ops = await at(company, shop, f"/ops/products/{product}/stock", by=shop.ops, language="zh-CN", screen=PHONE)
    await expect(row(ops, "test")).to_contain_text("+50")
    await ops.button("ops.stock.change").click()
    form = ops.dialog("ops.stock.change")
    await form.get_by_role("textbox").first.fill("-3")
    await form.get_by_role("textbox").last.fill("摔坏")
    await form.get_by_role("button", name=ops.t("ops.stock.change")).click()
    await expect(row(ops, "摔坏")).to_contain_text("−3")
    await expect(row(ops, "摔坏")).to_contain_text(ops.t("ops.admin.you"))


async def saved(ops: Ops, kind: str) -> tuple[str, list[list[Any]]]:
    """What the list before them is as a file: its name and its rows."""
    async with ops.page.expect_download() as saving:
        await ops.button(f"desk.table.{kind}").first.click()
    download = await saving.value
    raw = (await download.path()).read_bytes()
    if kind == "csv":
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(raw)).active
        rows = [list(each) for each in sheet.iter_rows(values_only=True)]
        assert all(cell.data_type != "f" for each in sheet.iter_rows() for cell in each)
    return download.suggested_filename, rows


async def test_each_list_is_a_file_in_the_language_of_its_reader_and_a_formula_is_a_name(
    shop: Site, company: Company, database: Any
) -> None:
    await named(database, "evil", "=HYPERLINK(0)")
    order = await delivered(shop, await paid_order(shop, by="evil"))
    body = {"lines": [{"line": order["lines"][0]["id"], "units": [0]}], "reason": "@SUM(1)"}
    await shop.do("POST", f"/api/orders/{order['id']}/refunds", body, by=staff(shop, "care-1"))
    lists = {
        "/ops/orders": ("orders", "订单号"),
        "/ops/refunds": ("refunds", "发起人"),
        "/ops/cases?view=all": ("cases", "原因"),
        "/ops/money": ("payment-findings", "发现时间"),
        "/ops/money?tab=bills": ("bills", "日期"),
        "/ops/money?tab=invoices": ("fapiao", "抬头"),
        "/ops/products": ("products", "商品名称"),
        f"/ops/products/{order['lines'][0]['product']}/stock": ("stock_changes", "变动"),
        "/ops/delivery": ("delivery_windows", "截单时间"),
    }
    boss = await at(company, shop, "/ops/orders", by=staff(shop, "boss", "admin"), language="zh-CN", screen=DESK)
    for path, (name, heading) in lists.items():
        await boss.page.goto(f"{shop.url}{path}")
        await expect(boss.page.get_by_role("heading", level=1)).to_be_visible()
        for kind in ("csv", "xlsx"):
            file, (headings, *rows) = await saved(boss, kind)
            assert file.startswith(name), path
            assert any(heading in str(each) for each in headings), (path, headings)
            assert not any(re.fullmatch(r"[a-z_]+", str(each)) for each in headings), (path, headings)
            cells = [str(cell) for each in rows for cell in each]
            if name in ("orders", "refunds"):
                assert ("'=HYPERLINK(0)" if kind == "csv" else "=HYPERLINK(0)") in cells
                assert not any(cell.startswith(("=", "@")) for cell in cells) or kind == "xlsx"
