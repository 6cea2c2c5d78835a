"""A session is a secret in a cookie that no script sees and no other page can use; it ends everywhere when its owner says."""

import hashlib

import pytest

from livehub.base import cookies
from livehub.base.auth import Role
from livehub.people.people import People
from tests.base.served import NOW_S, Served, serving
from tests.people.browser import Page, bearer, code_of

PHONE = "+8613800138000"


async def test_a_browser_stays_the_same_guest_and_nothing_is_stored_of_them(served: Served):
    page = Page(served)
    first = await page.open()
    assert first["person"]["role"] == "guest"
    assert first["refresh"] is None
    assert list(page.jar) == ["livehub-viewer", "livehub-device"]
    assert (await Page(served, jar=page.jar).open())["person"] == first["person"]
    assert (await Page(served, "studio", jar=page.jar).open())["person"] != first["person"]
    for table in ("people", "sessions", "identities"):
        assert await served.rows(table) == []


async def test_a_cookie_is_for_our_pages_alone_and_no_script_sees_it(served: Served):
    await Page(served).call("POST /api/session", {})
    cookie, device = served.set_cookies
    assert cookie.startswith("livehub-viewer=guest.")
    assert device.startswith("livehub-device=")
    for each in (cookie, device):
        assert {part.strip() for part in each.split(";")[1:]} == {
            "HttpOnly",
            "Max-Age=15552000",
            "Path=/",
            "SameSite=Lax",
        }


async def test_a_program_without_cookies_gets_the_secret_and_renews_with_it(served: Served):
    opened = await served.done("POST /api/session", {"name": "Mei"}, role=None)
    assert served.set_cookies == []
    assert (opened["expires_ts"], opened["person"]["name"]) == (int(NOW_S + 900) * 1000, "Mei")
    served.clock.now_s += 1_000
    late = await served.call("GET /api/me", role=None, headers=bearer(opened["token"]))
    assert (late.status, late.body["name"]) == (401, "bad_token")
    again = await served.done("POST /api/session", {"refresh": opened["refresh"]}, role=None)
    assert again["person"] == opened["person"]
    assert (await served.call("GET /api/me", role=None, headers=bearer(again["token"]))).status == 200


async def test_of_the_secret_only_its_hash_is_stored(served: Served):
    page = Page(served)
    await page.open(name="Mei")
    secret = page.jar["livehub-viewer"]
    assert len(secret) == 43
    contents = await served.contents()
    assert not any(secret in row for rows in contents.values() for row in rows)
    stored = await served.database.fetchval("SELECT token_sha256 FROM sessions")
    assert stored == hashlib.sha256(secret.encode()).digest()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin, cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://127.0.0.1.evil.example"},
        {},  # a cookie, and not a word about the page
    ],
)
async def test_a_page_of_somebody_else_cannot_use_the_cookie(served: Served, headers: dict[str, str]):
    page = Page(served)
    mei = await page.open(name="Mei")
    cookie = {"Cookie": f"livehub-viewer={page.jar['livehub-viewer']}"}
    before = await served.contents()
    for call in ("POST /api/session", "POST /api/sign-out", "POST /api/sign-in/phone", "POST /api/sign-in/phone/x"):
        answer = await served.call(call, {"phone": PHONE, "code": "1"}, role=None, headers={**cookie, **headers})
        assert (answer.status, answer.body["code"], answer.body["name"]) == (403, 1105, "foreign_origin"), call
        assert served.set_cookies == []
    assert await served.contents() == before
    assert (await page.open())["person"] == mei["person"]


async def test_an_old_browser_says_with_its_origin_that_the_page_is_ours(served: Served):
    page = Page(served)
    mei = await page.open(name="Mei")
    url = served.client.make_url("/")
    headers = {"Cookie": f"livehub-viewer={page.jar['livehub-viewer']}", "Origin": f"http://{url.host}:{url.port}"}
    answer = await served.call("POST /api/session", {}, role=None, headers=headers)
    assert (answer.status, answer.body["person"]) == (200, mei["person"])


async def test_a_form_of_another_site_has_no_json_and_is_refused(served: Served):
    page = Page(served)
    await page.open(name="Mei")
    for type_ in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = await page.call("POST /api/sign-out", **{"Content-Type": type_})
        assert (answer.status, answer.body["name"]) == (415, "unsupported_media_type")
    assert (await page.open())["person"]["name"] == "Mei"


async def test_who_signs_out_is_signed_out_at_once_and_is_a_guest_of_whom_nobody_knows(served: Served):
    page = Page(served)
    mei = await page.open(name="Mei")
    assert (await page.call("POST /api/sign-out", {})).status == 204
    assert list(page.jar) == ["livehub-device"]
    late = await page.call("GET /api/me")
    assert (late.status, late.body["code"], late.body["name"]) == (401, 1104, "session_ended")
    page.token = None
    guest = await page.open()
    assert guest["person"]["role"] == "guest"
    assert guest["person"]["id"] != mei["person"]["id"]


async def test_people_see_where_they_are_signed_in_and_end_one(served: Served):
    phone, laptop = Page(served), Page(served)
    await phone.sign_in(PHONE)
    served.clock.now_s += 61
    here = await laptop.sign_in(PHONE, name="Mei")
    listed = (await laptop.call("GET /api/me/sessions")).body
    assert listed["next"] is None
    assert [(each["how"], each["app"], each["is_current"]) for each in listed["items"]] == [
        ("phone", "viewer", True),
        ("phone", "viewer", False),
    ]
    paged = (await laptop.call("GET /api/me/sessions?limit=1")).body
    assert paged["items"] == listed["items"][:1]
    assert (await laptop.call(f"GET /api/me/sessions?after={paged['next']}")).body["items"] == listed["items"][1:]
    assert (await laptop.call(f"DELETE /api/me/sessions/{listed['items'][1]['id']}")).status == 204
    ended = await phone.call("GET /api/me")
    assert (ended.status, ended.body["name"]) == (401, "session_ended")
    renewed = await phone.call("POST /api/session", {})
    assert (renewed.status, renewed.body["name"]) == (401, "session_ended")
    assert phone.jar == {}  # so that it is a guest from now on
    assert (await laptop.open())["person"] == here["person"]


async def test_a_session_of_somebody_else_is_not_there(served: Served):
    mei, bo = Page(served), Page(served)
    await mei.open(name="Mei")
    await bo.open(name="Bo")
    (session,) = (await mei.call("GET /api/me/sessions")).body["items"]
    before = await served.contents()
    answer = await bo.call(f"DELETE /api/me/sessions/{session['id']}")
    assert (answer.status, answer.body["name"]) == (404, "not_found")
    assert await served.contents() == before


async def test_a_process_that_did_not_end_it_learns_of_it_from_postgresql(served: Served):
    page = Page(served)
    await page.open(name="Mei")
    ended: list[tuple[str, str]] = []
    part = served.application.get(People)
    part.ended.on_end.append(lambda session, person: ended.append((session, person)))
    row = await served.database.fetchrow("UPDATE sessions SET ended_ts = $1 RETURNING id, person", int(NOW_S * 1000))
    assert row is not None
    await part.ended.ask(served.database)
    assert ended == [(row["id"], row["person"])]
    assert (await page.call("GET /api/me")).body["name"] == "session_ended"
    await part.ended.ask(served.database)
    assert len(ended) == 1


async def test_a_session_ends_with_its_time_and_the_oldest_of_too_many_ends(served: Served):
    page = Page(served)
    await page.open(name="Mei")
    served.clock.now_s += 90 * 86_400
    assert (await page.call("POST /api/session", {})).body["name"] == "session_ended"
    staff = served.token(Role.HOST, "mai", ttl_s=31_536_000)
    pages = [Page(served, "studio") for _ in range(51)]
    for each in pages:
        served.clock.now_s += 1
        await each.open(token=staff)
    await served.application.get(People).ended.ask(served.database)
    assert (await pages[0].call("GET /api/me")).body["name"] == "session_ended"
    assert (await pages[1].call("GET /api/me")).status == 200
    served.clock.now_s += 12 * 3_600
    assert (await pages[50].call("POST /api/session", {"app": "studio"})).body["name"] == "session_ended"


async def test_a_link_signs_staff_in_and_nobody_else(served: Served):
    studio = Page(served, "studio")
    mai = await studio.open(token=served.token(Role.HOST, "mai"))
    assert mai["person"] == {"id": "mai", "name": "The host", "role": "host"}
    assert list(studio.jar) == ["livehub-studio"]
    viewer = await Page(served).call("POST /api/session", {"token": served.token(Role.VIEWER, "mei")})
    assert (viewer.status, viewer.body["name"]) == (403, "sign_in_closed")
    false = await Page(served).call("POST /api/session", {"token": "nonsense"})
    assert (false.status, false.body["name"]) == (401, "bad_token")


async def test_what_is_changed_of_oneself_is_in_the_next_token(served: Served):
    page = Page(served)
    await page.open(name="Mei")
    changed = await page.call("PATCH /api/me", {"name": "  美  Mei ", "language": "zh-CN"})
    assert (changed.status, changed.body["name"], changed.body["language"]) == (200, "美 Mei", "zh-CN")
    assert (await page.open())["person"]["name"] == "美 Mei"
    for bad in (
        {"name": ""},
        {"name": "\u200b"},
        {"name": "x" * 41},
        {"language": "<script>"},
        {"language": "qqq"},
        {"language": "zh"},
        {"language": 5},
    ):
        refused = await page.call("PATCH /api/me", bad)
        assert 400 <= refused.status < 500, bad
    assert (await page.call("GET /api/me")).body == changed.body


async def test_who_keeps_their_name_is_not_asked_about_it(served: Served):
    """A form sends all its fields; meanwhile somebody of the staff is called so."""
    page = Page(served)
    await page.open(name="Mei")
    await served.database.execute("INSERT INTO people VALUES ('mei', 'Mei', 'ops', '', 1, 1)")
    kept = await page.call("PATCH /api/me", {"name": " Mei", "language": "zh-CN"})
    assert (kept.status, kept.body["name"], kept.body["language"]) == (200, "Mei", "zh-CN")
    changed = await page.call("PATCH /api/me", {"name": "MEI"})
    assert (changed.status, changed.body["name"]) == (422, "name_reserved")
    assert (await page.call("GET /api/me")).body == kept.body


async def test_people_end_all_other_sessions_at_once(served: Served):
    phone, desk, stranger = Page(served), Page(served), Page(served)
    await phone.sign_in(PHONE)
    served.clock.now_s += 60
    await desk.sign_in(PHONE)
    await stranger.open(name="Mei")
    assert (await desk.call("DELETE /api/me/sessions")).status == 204
    late = await phone.call("GET /api/me")
    assert (late.status, late.body["name"]) == (401, "session_ended")
    assert [each["is_current"] for each in (await desk.call("GET /api/me/sessions")).body["items"]] == [True]
    assert (await stranger.call("GET /api/me")).status == 200


@pytest.mark.parametrize(
    ("trusted", "said", "name"),
    [
        (True, "https", "__Host-livehub-viewer"),
        (True, "http, https", "__Host-livehub-viewer"),  # the client says one thing, our proxy after it another
        (True, "https, http", "livehub-viewer"),
        (True, "", "livehub-viewer"),
        (False, "https", "livehub-viewer"),
    ],
)
async def test_behind_a_proxy_of_ours_that_speaks_https_cookies_are_secure(
    database_url: str, caplog: pytest.LogCaptureFixture, trusted: bool, said: str, name: str
):
    cookies._warn_of_proxy.cache_clear()
    async with serving(database_url, trust_proxy=trusted) as served:
        for _ in range(2):
            headers = {"Sec-Fetch-Site": "same-origin"} | ({"X-Forwarded-Proto": said} if said else {})
            assert (await served.call("POST /api/session", {}, role=None, headers=headers)).status == 200
            cookie = next(each for each in served.set_cookies if not each.startswith(name.replace("viewer", "device")))
            assert cookie.startswith(f"{name}=")
            assert ("; Secure" in cookie) == name.startswith("__Host-")
    warned = [record.message for record in caplog.records].count("cookies.not_secure")
    assert warned == int(not name.startswith("__Host-") and "https" in said)


async def test_who_is_known_by_a_name_alone_can_ask_for_a_copy_and_the_end_of_it_any_time_later(served: Served):
    """There is nothing stronger that they could prove; who has a number has to prove it anew."""
    page = Page(served)
    await page.open(name="Bo")
    served.clock.now_s += 86_400
    await page.open()
    assert (await page.call("POST /api/me/export", {})).status == 202
    asked = await page.call("POST /api/me/phone", {"phone": "+8613800138000"})
    code = await code_of(served, asked.body["challenge"])
    assert (await page.call(f"POST /api/me/phone/{asked.body['challenge']}", {"code": code})).status == 200

    served.clock.now_s += 3_600
    await page.open()
    for call, body in (
        ("POST /api/me/erase", {"confirm": True}),
        ("POST /api/me/export", {}),
        ("POST /api/me/phone", {"phone": "+8613900139000"}),
    ):
        late = await page.call(call, body)
        assert (late.status, late.body["name"]) == (401, "signin_too_old"), call

    nameless = Page(served)
    await nameless.open(name="Cy")
    served.clock.now_s += 86_400
    await nameless.open()
    assert (await nameless.call("POST /api/me/erase", {"confirm": True})).status == 202


async def test_the_token_of_a_session_that_ended_changes_nothing(served: Served):
    page = Page(served)
    await page.open(name="Mei")
    other = Page(served, jar=dict(page.jar))
    await other.open()
    assert (await other.call("POST /api/sign-out", {"app": "viewer"})).status == 204
    before = await served.contents()
    address = {"name": "Mei", "phone": "13812345678", "region": "110101", "line": "1 Lane"}
    for call, body in (
        ("POST /api/me/addresses", address),
        ("PATCH /api/me", {"name": "Mallory"}),
        ("PUT /api/me/consents/analytics", {"granted": True, "version": "1"}),
        ("POST /api/me/export", {}),
        ("POST /api/me/erase", {"confirm": True}),
        ("DELETE /api/me/sessions", None),
    ):
        refused = await page.call(call, body)
        assert (refused.status, refused.body["code"], refused.body["name"]) == (401, 1104, "session_ended"), call
    assert await served.contents() == before
