"""A code by phone, or WeChat, is enough to shop: in such a session nobody changes who gets in as somebody who is staff, ends
their other sessions, or takes or erases what is theirs. And whoever changes who gets in as them has signed in lately.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from livehub import app
from livehub.app import Application
from livehub.base.auth import Role
from livehub.base.endpoints import Endpoint
from livehub.people.errors import StaffSignInNeeded
from tests.base.served import NO_VALKEY, SECRET, Served, serving
from tests.people.authenticator import Authenticator
from tests.people.browser import Page
from tests.people.oidc_double import CLIENT, OidcDouble, oidc_double
from tests.people.wechat_double import MINI, MINI_SECRET, OFFICIAL, OFFICIAL_SECRET, WechatDouble, wechat_double

PHONE, OTHER = "+8613800138000", "+8613900139000"
HOST, ORIGIN = "shop.example", "https://shop.example"
IN_WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36 MicroMessenger/8.0.50"}

# What may only be done by staff who signed in as staff do, with what it takes.
AS_STAFF: dict[str, Any] = {
    "POST /api/me/phone": {"phone": OTHER},
    "POST /api/me/phone/{challenge}": {"code": "123456"},
    "POST /api/me/passkeys/options": {},
    "POST /api/me/passkeys": {"credential": {}},
    "POST /api/me/oidc": {"to": "/me"},
    "POST /api/me/wechat": {"to": "/me"},
    "POST /api/me/wechat-mini": {"code": "of-wx-login"},
    "DELETE /api/me/identities/{identity}": None,
    "DELETE /api/me/sessions": None,
    "DELETE /api/me/sessions/{session}": None,
    "POST /api/me/export": {},
    "GET /api/me/exports/{export}": None,
    "POST /api/me/erase": {"confirm": True},
    "DELETE /api/me/erasure": None,
}
# Of these, what changes who gets in, or gives out or erases everything: it wants a recent sign-in of anybody.
FRESH = set(AS_STAFF) - {
    "DELETE /api/me/sessions",  # whoever lost a device ends it at once
    "DELETE /api/me/sessions/{session}",
    "DELETE /api/me/erasure",
}
# Everything else that one does to oneself, or sees of oneself: shopping, and how one is called.
OPEN = {
    "GET /api/me",
    "PATCH /api/me",
    "GET /api/me/sessions",
    "GET /api/me/exports",
    "GET /api/me/erasure",
    "GET /api/me/consents",
    "PUT /api/me/consents/{purpose}",
    "GET /api/me/addresses",
    "POST /api/me/addresses",
    "PATCH /api/me/addresses/{address}",
    "DELETE /api/me/addresses/{address}",
    "GET /api/me/coupons",
    "GET /api/me/holds",
    "GET /api/me/cart",
    "PUT /api/me/cart",
    "GET /api/me/orders",
    "GET /api/me/cases",
    "GET /api/me/fapiao",
}


@pytest.fixture
async def wechat() -> AsyncIterator[WechatDouble]:
    async with wechat_double() as double:
        yield double


@pytest.fixture
async def provider() -> AsyncIterator[OidcDouble]:
    async with oidc_double() as double:
        yield double


@pytest.fixture
async def served(database_url: str, wechat: WechatDouble, provider: OidcDouble) -> AsyncIterator[Served]:
    """Where one can sign in in every way."""
    async with serving(
        database_url,
        modules=app.DEMO_MODULES,
        public_url=ORIGIN,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_roles="shop-ops=ops",
        wechat_url=wechat.url,
        wechat_mini_app_id=MINI,
        wechat_mini_secret=MINI_SECRET,
        wechat_official_app_id=OFFICIAL,
        wechat_official_secret=OFFICIAL_SECRET,
    ) as server:
        yield server


def about_oneself() -> dict[str, Endpoint]:
    application = Application(app.settings(secret=SECRET, redis_url=NO_VALKEY))
    return {f"{e.method} {e.path}": e for e in application.endpoints() if e.path.startswith("/api/me")}


def test_every_call_about_oneself_is_of_one_kind_or_the_other() -> None:
    found = about_oneself()
    assert set(AS_STAFF) | OPEN == set(found)
    assert not set(AS_STAFF) & OPEN
    assert {call for call, endpoint in found.items() if StaffSignInNeeded in endpoint.errors} == set(AS_STAFF)
    assert {call for call, endpoint in found.items() if endpoint.is_fresh} == FRESH


async def person(served: Served, role: Role) -> tuple[Page, dict[str, str]]:
    """Somebody of that role on a page where they signed in by phone; and ids of what is theirs, by variables of paths."""
    page = Page(served)
    id_ = (await page.sign_in(PHONE, name="Mei"))["person"]["id"]
    served.clock.now_s += 60
    await Page(served).sign_in(PHONE)
    await served.database.execute("UPDATE people SET role = $2 WHERE id = $1", id_, role.value)
    sessions = (await page.call("GET /api/me/sessions")).body["items"]
    (identity,) = (await page.call("GET /api/me")).body["identities"]
    other = next(each["id"] for each in sessions if not each["is_current"])
    return page, {"session": other, "identity": identity["id"], "challenge": "c", "export": "x"}


def with_ids(call: str, ids: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda found: ids[found[1]], call)


@pytest.mark.parametrize("call", AS_STAFF)
async def test_staff_who_came_by_phone_are_refused_and_nothing_changes(
    served: Served, wechat: WechatDouble, call: str
) -> None:
    page, ids = await person(served, Role.OPS)
    body = {"code": wechat.code(MINI, "o1")} if call.endswith("wechat-mini") else AS_STAFF[call]
    before = await served.contents()
    refused = await page.call(with_ids(call, ids), body, **IN_WECHAT)
    assert (refused.status, refused.body["code"], refused.body["name"]) == (403, 1177, "staff_sign_in_needed")
    assert await served.contents() == before


@pytest.mark.parametrize("call", AS_STAFF)
async def test_viewers_who_came_by_phone_are_not(served: Served, wechat: WechatDouble, call: str) -> None:
    page, ids = await person(served, Role.VIEWER)
    body = {"code": wechat.code(MINI, "o1")} if call.endswith("wechat-mini") else AS_STAFF[call]
    answer = await page.call(with_ids(call, ids), body, **IN_WECHAT)
    assert answer.body is None or answer.body.get("code") != 1177


async def test_one_ends_the_session_one_is_in_whatever_one_is(served: Served) -> None:
    page, _ = await person(served, Role.OPS)
    own = next(each["id"] for each in (await page.call("GET /api/me/sessions")).body["items"] if each["is_current"])
    assert (await page.call(f"DELETE /api/me/sessions/{own}")).status == 204
    assert (await page.call("GET /api/me")).body["name"] == "session_ended"


async def test_a_stolen_number_does_not_make_a_passkey_that_runs_the_shop(served: Served) -> None:
    page, ids = await person(served, Role.VIEWER)
    options = (await page.call("POST /api/me/passkeys/options", {})).body["options"]
    await served.database.execute("UPDATE people SET role = 'ops'")
    key = Authenticator(ORIGIN, HOST)
    made = await page.call("POST /api/me/passkeys", {"credential": key.created(options)})
    assert (made.status, made.body["code"]) == (403, 1177)
    assert [each["id"] for each in (await page.call("GET /api/me")).body["identities"]] == [ids["identity"]]


async def test_who_became_staff_on_the_way_adds_nothing_by_what_they_began_before(
    served: Served, provider: OidcDouble, wechat: WechatDouble
) -> None:
    page, _ = await person(served, Role.VIEWER)
    there = (await page.call("POST /api/me/oidc", {"to": "/me"})).body["url"]
    await served.database.execute("UPDATE people SET role = 'ops'")
    before = await served.contents()
    back = await page.go(provider.authorize(there, **provider.claims(there, served.clock())))
    assert (back.status, back.body["code"]) == (403, 1177)
    assert await served.contents() == before


async def test_staff_who_came_as_staff_do_change_their_ways(served: Served, provider: OidcDouble) -> None:
    page = Page(served, "ops")
    there = (await page.go("/api/sign-in/oidc/start?app=ops&to=/ops")).headers["Location"]
    back = await page.go(provider.authorize(there, **provider.claims(there, served.clock())))
    assert back.status == 303
    await page.open()
    assert (await page.call("POST /api/me/passkeys/options", {})).status == 200
    assert (await page.call("POST /api/me/phone", {"phone": OTHER})).status == 202
    assert (await page.call("DELETE /api/me/sessions")).status == 204


async def test_where_a_code_by_phone_is_enough_for_staff_it_is_so_for_this(database_url: str) -> None:
    async with serving(database_url, modules=app.DEMO_MODULES, staff_by_phone=True) as served:
        page, ids = await person(served, Role.OPS)
        await page.open()
        assert (await page.call(f"DELETE /api/me/sessions/{ids['session']}")).status == 204


@pytest.mark.parametrize("call", sorted(FRESH))
async def test_what_changes_who_gets_in_wants_a_sign_in_of_the_last_half_hour(served: Served, call: str) -> None:
    page, ids = await person(served, Role.VIEWER)
    served.clock.now_s += 1_801
    await page.open()
    before = await served.contents()
    late = await page.call(with_ids(call, ids), AS_STAFF[call], **IN_WECHAT)
    assert (late.status, late.body["code"], late.body["name"]) == (401, 1110, "signin_too_old")
    assert await served.contents() == before
