"""Staff are whom their provider says they are, if it says so to us, now, for the sign-in that this browser began; what they are
here says a claim, and nothing does by default."""

import hmac
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from joserfc import jwk
from yarl import URL

from livehub import app
from livehub.base.auth import Role
from livehub.base.config import ConfigError
from livehub.people.errors import BadIdToken
from livehub.people.signin import id_tokens, oidc
from livehub.people.signin.elsewhere import b64, own_path
from tests.base.served import Answer, Served, serving
from tests.people.authenticator import Authenticator
from tests.people.browser import Page
from tests.people.oidc_double import CLIENT, OidcDouble, oidc_double, unsigned
from tests.people.test_staff import by

PHONE = "+8613800138000"
START = "/api/sign-in/oidc/start?app=ops&to=/ops/rooms"


@pytest.fixture
async def provider() -> AsyncIterator[OidcDouble]:
    async with oidc_double() as double:
        yield double


@pytest.fixture
async def served(database_url: str, provider: OidcDouble) -> AsyncIterator[Served]:
    """A server whose staff sign in at the double."""
    async with serving(
        database_url,
        modules=app.DEMO_MODULES,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_roles="shop-admins=admin,shop-ops=ops,farm=host",
    ) as server:
        yield server


async def begun(page: Page, start: str = START) -> str:
    """The address of the provider to which the browser is sent."""
    answer = await page.go(start)
    assert answer.status == 302, answer
    return answer.headers["Location"]


async def returned(page: Page, provider: OidcDouble, **changes: Any) -> Answer:
    """A whole sign-in, with a token whose claims are good but for `changes`."""
    there = await begun(page)
    return await page.go(provider.authorize(there, **provider.claims(there, page.served.clock(), **changes)))


async def assert_refused(served: Served, answer: Answer, code: int, name: str, before: dict[str, list[str]]) -> None:
    assert (answer.status, answer.body["code"], answer.body["name"]) == (403, code, name)
    assert await served.contents() == before


async def test_staff_sign_in_and_are_what_the_claim_says(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    answer = await returned(page, provider)
    assert (answer.status, answer.headers["Location"]) == (303, "/ops/rooms")
    assert set(page.jar) == {"livehub-browser", "livehub-ops"}
    ann = await page.open()
    assert (ann["person"]["name"], ann["person"]["role"]) == ("Ann Li", "ops")
    me = (await page.call("GET /api/me")).body
    assert [(each["kind"], each["label"]) for each in me["identities"]] == [("oidc", URL(provider.issuer).authority)]
    served.clock.now_s += 60
    again = Page(served, "ops")
    assert (await returned(again, provider, roles=["farm", "other", "shop-admins"])).status == 303
    assert (await again.open())["person"] == {**ann["person"], "role": "admin"}
    row = await served.database.fetchrow("SELECT how, ends_ts - created_ts AS life FROM sessions ORDER BY id LIMIT 1")
    assert row is not None
    assert tuple(row) == ("oidc", 43_200_000)


async def test_the_provider_is_asked_with_state_nonce_and_pkce(served: Served, provider: OidcDouble):
    there = URL(await begun(Page(served, "ops")))
    asked = dict(there.query)
    own = served.client.make_url("")
    assert str(there.with_query(None)) == f"{provider.issuer}/authorize"
    assert (asked["client_id"], asked["scope"], asked["max_age"]) == (CLIENT, "openid profile", "1800")
    assert "prompt" not in asked
    assert asked["redirect_uri"] == f"http://{own.host}:{own.port}/api/sign-in/oidc/callback"
    assert len(asked["nonce"]) == len(asked["code_challenge"]) == 43
    other = URL(await begun(Page(served, "ops"))).query
    assert {asked[name] for name in ("state", "nonce", "code_challenge")}.isdisjoint(
        {other[name] for name in ("state", "nonce", "code_challenge")}
    )


async def test_whoever_is_to_prove_it_again_is_asked_also_where_they_are_signed_in(served: Served):
    asked = URL(await begun(Page(served, "ops"), f"{START}&again=1")).query
    assert (asked["prompt"], asked["max_age"]) == ("login", "1800")


async def is_fresh(page: Page) -> bool:
    """Whether the session lets its owner do what wants a fresh sign-in."""
    await page.open()
    answer = await page.call("POST /api/me/oidc", {"app": "ops", "to": "/ops"}, Authorization=f"Bearer {page.token}")
    assert answer.status == 200 or answer.body["code"] == 1110, answer
    return answer.status == 200


@pytest.mark.parametrize(
    ("ago_s", "fresh"), [(0, True), (-60, True), (1_800, True), (1_801, False), (86_400, False), (None, False)]
)
async def test_a_sign_in_is_as_fresh_as_the_provider_says(
    served: Served, provider: OidcDouble, ago_s: int | None, fresh: bool
):
    """A provider in which somebody is signed in sends them back without a question."""
    page = Page(served, "ops")
    now_s = int(served.clock())
    answer = await returned(page, provider, auth_time=None if ago_s is None else now_s - ago_s)
    assert answer.status == 303, answer
    assert await is_fresh(page) is fresh
    told_s = 0 if ago_s is None else now_s - max(ago_s, 0)
    assert await served.database.fetchval("SELECT signed_in_ts / 1000 FROM sessions") == told_s


async def test_a_way_back_without_a_question_makes_no_sign_in_fresh(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    proved_s = int(served.clock())
    assert (await returned(page, provider)).status == 303
    assert await is_fresh(page)
    served.clock.now_s += 1_801
    assert not await is_fresh(page)
    assert (await returned(page, provider, auth_time=proved_s)).status == 303
    assert not await is_fresh(page)
    assert (await returned(page, provider)).status == 303  # this time it asked
    assert await is_fresh(page)


async def test_a_provider_that_says_nothing_may_be_taken_to_have_asked(database_url: str, provider: OidcDouble):
    async with serving(
        database_url, modules=app.DEMO_MODULES, oidc_issuer=provider.issuer, oidc_client_id=CLIENT,
        oidc_roles="shop-ops=ops", oidc_auth_time="assumed",
    ) as served:  # fmt: skip
        page = Page(served, "ops")
        assert (await returned(page, provider, auth_time=None)).status == 303
        assert await is_fresh(page)
        served.clock.now_s += 60
        assert (await returned(page, provider, auth_time=int(served.clock()) - 1_801)).status == 303
        assert not await is_fresh(page)  # what it says counts


@pytest.mark.parametrize(
    "roles", [None, [], "ops", ["ops", "shop"], {"shop-ops": True}, [["shop-ops"]], 5, "shop-ops,farm", ["SHOP-OPS"]]
)
async def test_who_has_no_role_is_refused(served: Served, provider: OidcDouble, roles: Any):
    before = await served.contents()
    answer = await returned(Page(served, "ops"), provider, roles=roles)
    await assert_refused(served, answer, 1172, "no_role", before)


BAD: dict[str, dict[str, Any]] = {
    "of another issuer": {"iss": "https://evil.example"},
    "of an issuer that begins the same": {"iss": "http://127.0.0.1"},
    "without an issuer": {"iss": None},
    "for another client": {"aud": "another"},
    "for nobody": {"aud": None},
    "for two, and not said for whom it was made": {"aud": [CLIENT, "another"]},
    "made for another": {"aud": [CLIENT, "another"], "azp": "another"},
    "for us, made for another": {"azp": "another"},
    "of another sign-in": {"nonce": "x" * 43},
    "without a nonce": {"nonce": None},
    "with a number for a nonce": {"nonce": 5},
    "over": {"exp": 1_800_000_000 - 61},
    "without an end": {"exp": None},
    "with a text for an end": {"exp": "2100"},
    "with true for an end": {"exp": True},
    "made long ago": {"iat": 1_800_000_000 - 901},
    "made in a time to come": {"iat": 1_800_000_000 + 61},
    "without the time it was made": {"iat": None},
    "not good yet": {"nbf": 1_800_000_000 + 61},
    "of somebody who is to prove it yet": {"auth_time": 1_800_000_000 + 61},
    "with a text for when they proved it": {"auth_time": "now"},
    "with true for when they proved it": {"auth_time": True},
    "of nobody": {"sub": ""},
    "without a person": {"sub": None},
    "with a number for a person": {"sub": 5},
    "of a person with a very long name": {"sub": "x" * 256},
}


@pytest.mark.parametrize("changes", BAD.values(), ids=BAD.keys())
async def test_a_token_that_says_something_else_is_refused(
    served: Served, provider: OidcDouble, changes: dict[str, Any]
):
    before = await served.contents()
    answer = await returned(Page(served, "ops"), provider, **changes)
    await assert_refused(served, answer, 1171, "bad_id_token", before)


def _foreign(_provider: OidcDouble) -> Any:
    return jwk.RSAKey.generate_key(2048)


def hs256(secret: bytes, claims: dict[str, Any]) -> str:
    signed = ".".join(b64(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "first"}, claims))
    return f"{signed}.{b64(hmac.digest(secret, signed.encode(), 'sha256'))}"


def spliced(good: str, other: str) -> str:
    """The claims of the other under the signature of the good one."""
    return ".".join((good.split(".")[0], other.split(".")[1], good.split(".")[2]))


FORGED: dict[str, Callable[[OidcDouble, dict[str, Any]], str]] = {
    "alg none": lambda _, claims: unsigned(claims),
    "alg none with the name of a key": lambda _, claims: unsigned(claims, kid="first"),
    "a foreign key": lambda double, claims: double.signed(claims, _foreign(double)),
    "a key that is not there": lambda double, claims: double.signed(claims, _foreign(double), kid="second"),
    "HS256 with the public key for a secret": lambda double, claims: hs256(double.key.as_pem(private=False), claims),
    "claims put in": lambda double, claims: spliced(double.signed(claims), unsigned({**claims, "sub": "boss"})),
    "no signature": lambda double, claims: double.signed(claims).rpartition(".")[0] + ".",
    "no token": lambda _double, _claims: "nonsense",
    "no JSON": lambda _double, _claims: "e30.e30.e30",
    "too long": lambda double, claims: double.signed({**claims, "more": "x" * 20_000}),
    "a critical header that nobody knows": lambda double, claims: unsigned(claims, crit=["b64"], b64=False),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
async def test_a_token_that_the_provider_did_not_sign_is_refused(
    served: Served, provider: OidcDouble, forge: Callable[[OidcDouble, dict[str, Any]], str]
):
    page = Page(served, "ops")
    there = await begun(page)
    before = await served.contents()
    provider.token = forge(provider, provider.claims(there, served.clock()))
    answer = await page.go(provider.authorize(there))
    await assert_refused(served, answer, 1171, "bad_id_token", before)
    assert "livehub-ops" not in page.jar


async def test_a_key_of_another_kid_is_not_tried(served: Served, provider: OidcDouble):
    other = jwk.RSAKey.generate_key(2048, {"kid": "second", "use": "sig", "alg": "RS256"})
    provider.keys.append(other.as_dict(private=False))
    page = Page(served, "ops")
    there = await begun(page)
    before = await served.contents()
    provider.token = provider.signed(provider.claims(there, served.clock()), other, kid="first")
    await assert_refused(served, await page.go(provider.authorize(there)), 1171, "bad_id_token", before)


async def signed_by(page: Page, provider: OidcDouble, kid: str) -> Answer:
    """A sign-in with a good token of the provider's key, which it calls so."""
    there = await begun(page)
    provider.token = provider.signed(provider.claims(there, page.served.clock()), kid=kid)
    return await page.go(provider.authorize(there))


async def test_new_keys_are_asked_for_at_once_also_soon_after_the_last(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    assert (await returned(page, provider)).status == 303
    for n, kid in enumerate(("second", "third")):
        provider.key = jwk.RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})
        provider.keys = [provider.key.as_dict(private=False)]
        served.clock.now_s += 1
        for _ in range(2):
            assert (await signed_by(page, provider, kid)).status == 303
        assert provider.calls["jwks"] == n + 2


async def test_made_up_keys_are_asked_for_once_and_not_too_many(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    assert (await returned(page, provider)).status == 303
    for _ in range(3):
        assert (await signed_by(page, provider, "made up")).body["code"] == 1171
    assert provider.calls["jwks"] == 2
    for n in range(6):
        assert (await signed_by(page, provider, f"made up {n}")).body["code"] == 1171
    assert provider.calls["jwks"] == 5
    served.clock.now_s += 60
    for _ in range(3):
        assert (await signed_by(page, provider, "made up")).body["code"] == 1171
    assert provider.calls["jwks"] == 6
    assert (await signed_by(page, provider, "first")).status == 303


async def test_a_state_counts_once(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    there = await begun(page)
    claims = provider.claims(there, served.clock())
    assert (await page.go(provider.authorize(there, **claims))).status == 303
    before = await served.contents()
    await assert_refused(served, await page.go(provider.authorize(there, **claims)), 1170, "sign_in_lost", before)


async def test_a_state_is_for_the_browser_that_began(served: Served, provider: OidcDouble):
    """Login CSRF: somebody has a visitor's browser finish the sign-in that they began."""
    eve, mei = Page(served, "ops"), Page(served, "ops")
    there = await begun(eve)
    await begun(mei)
    back = provider.authorize(there, **provider.claims(there, served.clock()))
    before = await served.contents()
    for victim in (mei, Page(served, "ops")):
        await assert_refused(served, await victim.go(back), 1170, "sign_in_lost", before)
    assert provider.calls.get("token") is None  # the code is not even shown to the provider


@pytest.mark.parametrize("change", ["", "x", "%00", "e30", "A" * 4_000, "%E4%BD%A0"])
async def test_a_state_that_the_server_did_not_make_is_refused(served: Served, change: str):
    page = Page(served, "ops")
    await begun(page)
    before = await served.contents()
    answer = await page.go(f"/api/sign-in/oidc/callback?code=x&state={change}")
    await assert_refused(served, answer, 1170, "sign_in_lost", before)


async def test_a_sign_in_that_takes_too_long_is_lost(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    there = await begun(page)
    served.clock.now_s += 600
    before = await served.contents()
    answer = await page.go(provider.authorize(there, **provider.claims(there, served.clock())))
    await assert_refused(served, answer, 1170, "sign_in_lost", before)


async def test_two_tabs_of_one_browser_both_come_back(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    tabs = [await begun(page), await begun(page, "/api/sign-in/oidc/start?app=studio")]
    for there, to in zip(tabs, ("/ops/rooms", "/studio"), strict=True):
        answer = await page.go(provider.authorize(there, **provider.claims(there, served.clock())))
        assert (answer.status, answer.headers["Location"]) == (303, to)


async def test_a_person_is_told_on_a_page_of_ours_and_a_program_in_the_answer(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    there = await begun(page)
    back = URL(provider.authorize(there))
    declined = str(URL(back.path).with_query(state=back.query["state"], error="access_denied"))
    assert (await page.go(declined)).body["code"] == 1173
    seen = await page.go(declined, Accept="text/html,*/*;q=0.8")
    assert (seen.status, seen.headers["Location"]) == (303, "/ops/rooms?sign_in_refused=1173")
    lost = await Page(served).go(declined, Accept="text/html")
    assert (lost.status, lost.headers["Location"]) == (303, "/?sign_in_refused=1170")


async def test_a_code_that_the_provider_does_not_know_is_refused(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    back = URL(provider.authorize(await begun(page)))
    before = await served.contents()
    answer = await page.go(str(back.update_query(code="stolen")))
    await assert_refused(served, answer, 1173, "provider_refused", before)
    mixed = await page.go(str(back.update_query(iss="https://another.example")))
    await assert_refused(served, mixed, 1173, "provider_refused", before)


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "evil",
        "",
        "/api/session",
        "/a\\b",
        "/ä",
        "/a b",
        "/a\n",
    ],
)
async def test_one_comes_back_to_a_path_of_ours_alone(served: Served, to: str):
    answer = await Page(served).go(str(URL("/api/sign-in/oidc/start").with_query(to=to)))
    assert (answer.status, answer.body["name"]) == (400, "bad_request")


def test_a_path_of_ours_may_have_a_query_and_a_fragment() -> None:
    assert own_path("/ops/rooms?x=1&y=/z#t=[5]") == "/ops/rooms?x=1&y=/z#t=[5]"


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"jwks_uri": "ftp://evil.example"},
        {"token_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"more": "x" * 300_000},
    ],
)
async def test_metadata_that_cannot_be_trusted_are_not_gone_by(
    served: Served, provider: OidcDouble, metadata: dict[str, Any]
):
    provider.metadata = metadata
    answer = await Page(served).go(START)
    assert (answer.status, answer.body["name"]) == (503, "unavailable")


async def test_a_viewer_adds_an_account_and_is_the_same_person_with_it(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    mei = (await page.sign_in(PHONE, name="Mei"))["person"]
    added = await page.call("POST /api/me/oidc", {"app": "ops", "to": "/ops"})
    assert added.status == 200, added
    there = added.body["url"]
    answer = await page.go(provider.authorize(there, **provider.claims(there, served.clock())))
    assert (answer.status, answer.headers["Location"]) == (303, "/ops")
    known = (await page.call("GET /api/me")).body["identities"]
    assert [each["kind"] for each in known] == ["phone", "oidc"]
    other = Page(served, "ops")
    assert (await returned(other, provider)).status == 303
    assert (await other.open())["person"] == {**mei, "role": "ops"}


async def test_an_account_of_another_person_is_not_added(served: Served, provider: OidcDouble):
    assert (await returned(Page(served, "ops"), provider)).status == 303
    page = Page(served)
    await page.sign_in(PHONE, name="Mei")
    there = (await page.call("POST /api/me/oidc", {"to": "/me"})).body["url"]
    before = await served.contents()
    answer = await page.go(provider.authorize(there, **provider.claims(there, served.clock())))
    assert (answer.status, answer.body["code"], answer.body["name"]) == (409, 1114, "identity_taken")
    assert await served.contents() == before


async def test_nothing_is_added_by_an_old_sign_in_or_to_an_ended_session(served: Served, provider: OidcDouble):
    page = Page(served)
    await page.sign_in(PHONE, name="Mei")
    there = (await page.call("POST /api/me/oidc", {"to": "/me"})).body["url"]
    assert (await page.call("POST /api/sign-out", {})).status == 204
    before = await served.contents()
    answer = await page.go(provider.authorize(there, **provider.claims(there, served.clock())))
    assert (answer.status, answer.body["name"]) == (401, "session_ended")
    assert await served.contents() == before
    served.clock.now_s += 60
    await page.sign_in(PHONE)
    served.clock.now_s += 1_801
    await page.open()
    late = await page.call("POST /api/me/oidc", {"to": "/me"})
    assert (late.status, late.body["code"], late.body["name"]) == (401, 1110, "signin_too_old")


async def called(served: Served, provider: OidcDouble, sub: str, **changes: Any) -> tuple[str, str, str]:
    """Id, name and role of somebody who signs in for the first time."""
    page = Page(served, "ops")
    answer = await returned(page, provider, sub=sub, **changes)
    assert answer.status == 303, answer
    person = (await page.open())["person"]
    return person["id"].partition("-")[0], person["name"], person["role"]


async def test_staff_are_called_what_their_provider_says_whoever_else_is(served: Served, provider: OidcDouble):
    await Page(served).sign_in(PHONE, name="Wang")
    names = ["Wang", "Wang", "Support Team", "客服小王", "运营-李雷", "Ops"]
    found = [await called(served, provider, f"s{n}", name=name) for n, name in enumerate(names)]
    assert found == [("ops", name, "ops") for name in names]
    assert await served.database.fetchval("SELECT count(*) FROM people") == 1 + len(names)


async def test_staff_of_whom_no_name_is_told_are_staff_and_viewers_may_be_called_guest(
    served: Served, provider: OidcDouble
):
    assert await called(served, provider, "nameless", name=None) == ("ops", "Staff", "ops")
    page = Page(served)
    mei = (await page.sign_in(PHONE))["person"]
    assert (mei["name"], mei["id"].partition("-")[0]) == ("Guest", "viewer")
    # Who is made staff and has said no name does not keep it for themselves.
    await served.database.execute("UPDATE people SET role = 'host' WHERE id = $1", mei["id"])
    bo = Page(served)
    await bo.sign_in("+8613900139000", name="Bo")
    assert (await bo.call("PATCH /api/me", {"name": "Guest"})).status == 200
    assert (await bo.call("PATCH /api/me", {"name": "Staff"})).body["name"] == "name_reserved"


async def test_a_viewer_whose_provider_says_a_name_of_staff_has_none(database_url: str, provider: OidcDouble):
    async with serving(
        database_url, modules=app.DEMO_MODULES, oidc_issuer=provider.issuer, oidc_client_id=CLIENT,
        oidc_roles="shop-ops=ops,members=viewer",
    ) as served:  # fmt: skip
        assert (await called(served, provider, "ann"))[1:] == ("Ann Li", "ops")
        for n, name in enumerate(("Ann Li", "管理员")):
            assert await called(served, provider, f"v{n}", name=name, roles=["members"]) == (
                "viewer",
                "Guest",
                "viewer",
            )
        assert (await called(served, provider, "v9", name="Mei", roles=["members"]))[1] == "Mei"


async def acts(served: Served) -> list[tuple[Any, ...]]:
    rows = await served.database.fetch("SELECT type, by_id, was, became, data ->> 'by' FROM audit ORDER BY id")
    return [tuple(row) for row in rows]


async def test_a_role_that_the_provider_changes_holds_at_once_and_is_in_the_audit_log(
    served: Served, provider: OidcDouble
):
    first, second = Page(served, "ops"), Page(served, "ops")
    assert (await returned(first, provider)).status == 303
    await first.open()
    assert await acts(served) == [("person_role", None, "viewer", "ops", "provider")]
    assert (await returned(second, provider)).status == 303
    assert len(await acts(served)) == 1  # nothing changed
    assert (await first.call("GET /api/me")).status == 200
    assert (await returned(second, provider, roles=["farm"])).status == 303
    assert (await first.call("GET /api/me")).body["name"] == "session_ended"
    assert (await second.open())["person"]["role"] == "host"
    assert (await acts(served))[1:] == [("person_role", None, "ops", "host", "provider")]
    (act,) = await served.database.fetch("SELECT subject, about_id, about_name FROM audit WHERE was = 'ops'")
    ann = await served.database.fetchval("SELECT id FROM people")
    assert tuple(act) == (ann, ann, "Ann Li")


async def test_a_role_that_the_provider_takes_away_is_kept_by_no_passkey(database_url: str, provider: OidcDouble):
    origin = "https://shop.example"
    async with serving(
        database_url, modules=app.DEMO_MODULES, public_url=origin, oidc_issuer=provider.issuer, oidc_client_id=CLIENT,
        oidc_roles="shop-admins=admin,shop-ops=ops,farm=host",
    ) as served:  # fmt: skip
        page, key = Page(served, "ops"), Authenticator(origin, "shop.example")
        assert (await returned(page, provider)).status == 303
        await page.open()
        options = (await page.call("POST /api/me/passkeys/options", {})).body["options"]
        assert (await page.call("POST /api/me/passkeys", {"credential": key.created(options)})).status == 201
        refused = await returned(Page(served, "ops"), provider, roles=[])
        assert (refused.status, refused.body["code"]) == (403, 1172)
        assert (await page.call("GET /api/me")).body["name"] == "session_ended"
        assert (await acts(served))[2:] == [("person_role", None, "ops", "viewer", "provider")]
        other = Page(served, "ops")
        asked = (await other.call("POST /api/sign-in/passkey/options", {"app": "ops"})).body["options"]
        credential = {"credential": key.got(asked), "app": "ops"}
        assert (await other.call("POST /api/sign-in/passkey", credential)).body["person"]["role"] == "viewer"
        before = await served.contents()
        again = await returned(Page(served, "ops"), provider, roles=[])
        await assert_refused(served, again, 1172, "no_role", before)


async def test_a_role_that_somebody_here_gave_is_not_the_providers_to_take(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    assert (await returned(page, provider)).status == 303
    ann = (await page.open())["person"]["id"]
    given = await by(served, Role.ADMIN, f"POST /api/people/{ann}/role", {"role": "care", "reason": "helps out"})
    assert given.status == 200
    before = await served.contents()
    await assert_refused(served, await returned(page, provider, roles=[]), 1172, "no_role", before)
    assert (await returned(page, provider)).status == 303  # what it says counts
    assert (await page.open())["person"]["role"] == "ops"


async def test_the_provider_does_not_take_the_last_admin_away(served: Served, provider: OidcDouble):
    page = Page(served, "ops")
    assert (await returned(page, provider, roles=["shop-admins"])).status == 303
    await page.open()
    before = await served.contents()
    for roles in ([], ["farm"]):
        refused = await returned(Page(served, "ops"), provider, roles=roles)
        assert (refused.status, refused.body["code"]) == (409, 1123)
    assert await served.contents() == before
    assert (await page.call("GET /api/me")).status == 200


async def test_without_a_provider_nobody_is_sent_anywhere(database_url: str):
    async with serving(database_url) as served:
        for path in (START, "/api/sign-in/oidc/callback?state=x&code=y"):
            answer = await Page(served).go(path)
            assert (answer.status, answer.body["name"]) == (403, "sign_in_closed")
        ways = await served.done("GET /api/sign-in", role=None)
        assert {way for way, is_on in ways.items() if is_on is True} == {"name"}


def test_roles_are_given_by_configuration_alone() -> None:
    assert oidc.roles("a=ops, b c = host,") == {"a": Role.OPS, "b c": Role.HOST}
    for text in ("a=guest", "a=owner"):
        with pytest.raises(ConfigError):
            oidc.roles(text)
    given = {"x": Role.HOST}
    assert id_tokens.role({"realm_access": {"roles": ["x"]}}, "realm_access.roles", given) is Role.HOST
    assert id_tokens.role({"https://a.b/roles": "x"}, "https://a.b/roles", given) is Role.HOST
    assert id_tokens.role({"realm_access": "x"}, "realm_access.roles", given) is None
    with pytest.raises(BadIdToken):
        id_tokens.header("a.b", ["RS256"])
