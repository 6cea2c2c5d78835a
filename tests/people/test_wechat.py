"""WeChat's code says who somebody is, once: by the unionid, else by the openid of that app alone."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from yarl import URL

from livehub import app
from tests.base.served import Answer, Served, serving
from tests.people.browser import Page
from tests.people.wechat_double import (
    MINI,
    MINI_SECRET,
    OFFICIAL,
    OFFICIAL_SECRET,
    SESSION_KEY,
    WechatDouble,
    wechat_double,
)

PHONE = "+8613800138000"
IN_WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36 MicroMessenger/8.0.50"}
START = "/api/sign-in/wechat/start?to=/r/demo"


@pytest.fixture
async def wechat() -> AsyncIterator[WechatDouble]:
    async with wechat_double() as double:
        yield double


def settings(wechat: WechatDouble) -> dict[str, Any]:
    return {
        "wechat_url": wechat.url,
        "wechat_s_max": 1.0,
        "wechat_mini_app_id": MINI,
        "wechat_mini_secret": MINI_SECRET,
        "wechat_official_app_id": OFFICIAL,
        "wechat_official_secret": OFFICIAL_SECRET,
    }


@pytest.fixture
async def served(database_url: str, wechat: WechatDouble) -> AsyncIterator[Served]:
    async with serving(database_url, modules=app.DEMO_MODULES, **settings(wechat)) as server:
        yield server


@pytest.fixture
async def stocked(database_url: str, wechat: WechatDouble) -> AsyncIterator[Served]:
    """With the stock engine, which is told when two are one."""
    async with serving(database_url, modules=app.DEMO_MODULES, has_stock=True, **settings(wechat)) as server:
        yield server


async def of_mini(served: Served, code: str) -> Answer:
    """As a mini-program calls: a program without cookies."""
    return await served.call("POST /api/sign-in/wechat-mini", {"code": code}, role=None)


async def in_browser(page: Page, wechat: WechatDouble, openid: str, unionid: str = "") -> Answer:
    """A whole sign-in of a page inside WeChat."""
    there = URL((await page.go(START, **IN_WECHAT)).headers["Location"])
    code = wechat.code(OFFICIAL, openid, unionid)
    return await page.go(f"/api/sign-in/wechat/callback?code={code}&state={there.query['state']}", **IN_WECHAT)


async def subjects(served: Served) -> set[tuple[str, str]]:
    rows = await served.database.fetch("SELECT subject, person FROM identities WHERE kind = 'wechat'")
    return {(row["subject"], row["person"]) for row in rows}


async def test_a_mini_program_signs_in_with_a_code_that_is_good_once(served: Served, wechat: WechatDouble):
    code = wechat.code(MINI, "o1")
    first = await of_mini(served, code)
    assert (first.status, first.body["person"]["role"]) == (200, "viewer")
    assert first.body["refresh"]
    assert SESSION_KEY.encode() not in first.raw
    contents = await served.contents()
    assert not any(SESSION_KEY in row for rows in contents.values() for row in rows)
    again = await of_mini(served, code)
    assert (again.status, again.body["code"], again.body["name"]) == (403, 1173, "provider_refused")
    assert await served.contents() == contents
    second = await of_mini(served, wechat.code(MINI, "o1"))
    assert second.body["person"] == first.body["person"]
    assert await subjects(served) == {(f"o1@{MINI}", first.body["person"]["id"])}


async def test_the_same_openid_in_two_apps_is_two_people(served: Served, wechat: WechatDouble):
    mini = (await of_mini(served, wechat.code(MINI, "o1"))).body["person"]["id"]
    page = Page(served)
    assert (await in_browser(page, wechat, "o1")).status == 303
    official = (await page.open())["person"]["id"]
    assert mini != official
    assert await subjects(served) == {(f"o1@{MINI}", mini), (f"o1@{OFFICIAL}", official)}


async def test_a_unionid_that_comes_late_makes_one_person(stocked: Served, wechat: WechatDouble):
    served = stocked
    mini = (await of_mini(served, wechat.code(MINI, "o1"))).body["person"]["id"]
    page = Page(served)
    assert (await in_browser(page, wechat, "o2", "u1")).status == 303
    official = (await page.open())["person"]["id"]
    assert mini != official
    late = await of_mini(served, wechat.code(MINI, "o1", "u1"))
    assert late.status == 200, late
    assert late.body["person"]["id"] == official
    assert await subjects(served) == {("u1", official), (f"o1@{MINI}", official), (f"o2@{OFFICIAL}", official)}


async def test_a_code_of_another_app_is_refused(served: Served, wechat: WechatDouble):
    before = await served.contents()
    answer = await of_mini(served, wechat.code(OFFICIAL, "o1"))
    assert (answer.status, answer.body["code"]) == (403, 1173)
    assert await served.contents() == before


@pytest.mark.parametrize(
    ("errcode", "status", "code"),
    [
        (40029, 403, 1173), (40163, 403, 1173), (45011, 429, 1003), (40226, 403, 1176), (-1, 503, 1200),
        (40125, 503, 1200), (99999, 503, 1200),
    ],
)  # fmt: skip
async def test_what_wechat_refuses_is_refused_by_number(
    served: Served, wechat: WechatDouble, errcode: int, status: int, code: int
):
    wechat.error = errcode
    before = await served.contents()
    answer = await of_mini(served, wechat.code(MINI, "o1"))
    assert (answer.status, answer.body["code"]) == (status, code)
    assert await served.contents() == before


NO_ANSWERS = [
    b"", b"null", b"[]", b"\xff\xfe", b"{}", b'{"openid": 5}', b"x" * 100_000, b'{"openid": "a\\u0000"}',
    b'{"openid": "' + b"x" * 5_000 + b'"}', b'{"openid": "x@mini"}', b'{"openid": "o", "unionid": "o1@mini"}',
    b'{"openid": "o", "unionid": "u\\n"}', b'{"openid": "o", "unionid": "u\\ud800"}', b'{"openid": " "}',
]  # fmt: skip


@pytest.mark.parametrize("raw", NO_ANSWERS)
async def test_an_answer_that_is_none_is_not_gone_by(served: Served, wechat: WechatDouble, raw: bytes):
    wechat.raw = raw
    before = await served.contents()
    answer = await of_mini(served, wechat.code(MINI, "o1"))
    assert (answer.status, answer.body["code"]) == (503, 1200)
    assert await served.contents() == before


async def test_a_server_that_does_not_answer_is_not_waited_for(
    served: Served, wechat: WechatDouble, caplog: pytest.LogCaptureFixture
):
    wechat.is_slow = True
    answer = await of_mini(served, wechat.code(MINI, "o1"))
    assert (answer.status, answer.body["code"]) == (503, 1200)
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert MINI_SECRET not in told


async def test_a_wrong_secret_is_our_fault_and_is_not_told(database_url: str, wechat: WechatDouble):
    async with serving(
        database_url, wechat_url=wechat.url, wechat_mini_app_id=MINI, wechat_mini_secret="another"
    ) as served:
        answer = await of_mini(served, wechat.code(MINI, "o1"))
        assert (answer.status, answer.body["name"]) == (503, "unavailable")


async def test_only_a_page_inside_wechat_is_sent_there(served: Served, wechat: WechatDouble):
    outside = await Page(served).go(START)
    assert (outside.status, outside.body["name"]) == (403, "sign_in_closed")
    page = Page(served)
    there = URL((await page.go(START, **IN_WECHAT)).headers["Location"])
    assert (there.host, there.path, there.fragment) == (
        "open.weixin.qq.com", "/connect/oauth2/authorize", "wechat_redirect",
    )  # fmt: skip
    assert list(there.query) == ["appid", "redirect_uri", "response_type", "scope", "state"]  # its order is WeChat's
    assert re.fullmatch("[a-zA-Z0-9]{1,128}", there.query["state"])
    arrived = await in_browser(page, wechat, "o1")
    assert (arrived.status, arrived.headers["Location"]) == (303, "/r/demo")


async def test_a_state_of_another_browser_or_another_way_is_refused(served: Served, wechat: WechatDouble):
    eve, mei = Page(served), Page(served)
    state = URL((await eve.go(START, **IN_WECHAT)).headers["Location"]).query["state"]
    await mei.go(START, **IN_WECHAT)
    code = wechat.code(OFFICIAL, "eve")
    before = await served.contents()
    stolen = await mei.go(f"/api/sign-in/wechat/callback?code={code}&state={state}")
    assert (stolen.status, stolen.body["code"]) == (403, 1170)
    assert wechat.calls == 0
    declined = await eve.go(f"/api/sign-in/wechat/callback?state={state}")
    assert (declined.status, declined.body["code"]) == (403, 1173)
    assert await served.contents() == before


async def test_a_state_of_wechat_counts_once(served: Served, wechat: WechatDouble):
    page = Page(served)
    state = URL((await page.go(START, **IN_WECHAT)).headers["Location"]).query["state"]
    back = f"/api/sign-in/wechat/callback?state={state}&code="
    assert (await page.go(back + wechat.code(OFFICIAL, "mei"))).status == 303
    before = await served.contents()
    for openid in ("mei", "eve"):  # with new codes, which WeChat takes
        again = await page.go(back + wechat.code(OFFICIAL, openid))
        assert (again.status, again.body["code"], again.body["name"]) == (403, 1170, "sign_in_lost")
    assert await served.contents() == before


async def test_a_guest_who_signs_in_by_wechat_is_found_by_who_they_were(served: Served, wechat: WechatDouble):
    page = Page(served)
    guest = (await page.open())["person"]["id"]
    page.token = None
    assert (await in_browser(page, wechat, "o1")).status == 303
    person = (await page.open())["person"]["id"]
    row = await served.database.fetchrow("SELECT person FROM identities WHERE kind = 'guest' AND subject = $1", guest)
    assert row is not None
    assert row["person"] == person


async def test_wechat_is_added_to_an_account_unless_it_is_anothers(served: Served, wechat: WechatDouble):
    page = Page(served)
    mei = (await page.sign_in(PHONE, name="Mei"))["person"]["id"]
    there = URL((await page.call("POST /api/me/wechat", {"to": "/me"}, **IN_WECHAT)).body["url"])
    code = wechat.code(OFFICIAL, "o1", "u1")
    back = await page.go(f"/api/sign-in/wechat/callback?code={code}&state={there.query['state']}")
    assert (back.status, back.headers["Location"]) == (303, "/me")
    assert await subjects(served) == {("u1", mei), (f"o1@{OFFICIAL}", mei)}
    assert (await page.call("POST /api/me/wechat-mini", {"code": wechat.code(MINI, "o9", "u1")})).status == 204
    assert (await of_mini(served, wechat.code(MINI, "o9"))).body["person"]["id"] == mei
    bo = Page(served)
    await bo.sign_in("+8613900139000", name="Bo")
    before = await served.contents()
    taken = await bo.call("POST /api/me/wechat-mini", {"code": wechat.code(MINI, "o10", "u1")})
    assert (taken.status, taken.body["code"]) == (409, 1114)
    assert await served.contents() == before


@pytest.mark.parametrize("staff", ["who had the openid", "who had the unionid", "both"])
async def test_staff_become_nobody_else_by_a_unionid_that_comes_late(
    stocked: Served, wechat: WechatDouble, staff: str
) -> None:
    served = stocked
    by_openid = (await of_mini(served, wechat.code(MINI, "o1"))).body["person"]["id"]
    by_unionid = (await of_mini(served, wechat.code(MINI, "o2", "u1"))).body["person"]["id"]
    ids = {"who had the openid": [by_openid], "who had the unionid": [by_unionid]}.get(staff, [by_openid, by_unionid])
    await served.database.execute("UPDATE people SET role = 'admin' WHERE id = ANY($1::text[])", ids)
    before = await served.contents()
    late = await of_mini(served, wechat.code(MINI, "o1", "u1"))
    assert (late.status, late.body["code"], late.body["name"]) == (409, 1178, "staff_not_merged")
    assert await served.contents() == before
    assert (await of_mini(served, wechat.code(MINI, "o1"))).body["person"]["id"] == by_openid
