"""A passkey signs in whom it was made by, on our site alone, once for each challenge, with the user verified."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from livehub import app
from livehub.base.auth import Role
from livehub.people.signin.invitations import invitation
from tests.base.served import SECRET, Answer, Served, serving
from tests.people.authenticator import PRESENT, Authenticator
from tests.people.browser import Page

ORIGIN = "https://shop.example"
PHONE = "+8613800138000"


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(
        database_url, modules=app.DEMO_MODULES, public_url=ORIGIN, sign_in_by_link=True, passkey_site_name="青禾 Qinghe"
    ) as server:
        yield server


@pytest.fixture
def key() -> Authenticator:
    return Authenticator(ORIGIN, "shop.example")


async def added(page: Page, key: Authenticator) -> Any:
    """A passkey of whoever is signed in on the page."""
    options = (await page.call("POST /api/me/passkeys/options", {})).body["options"]
    answer = await page.call("POST /api/me/passkeys", {"credential": key.created(options)})
    assert answer.status == 201, answer
    return answer.body


async def asked(page: Page) -> dict[str, Any]:
    answer = await page.call("POST /api/sign-in/passkey/options", {"app": page.app})
    assert answer.status == 200, answer
    options: dict[str, Any] = answer.body["options"]
    return options


async def proved(page: Page, credential: dict[str, Any]) -> Answer:
    return await page.call("POST /api/sign-in/passkey", {"credential": credential, "app": page.app})


async def staff(served: Served, user: str = "mai") -> Page:
    page = Page(served, "studio")
    await page.open(token=served.token(Role.HOST, user))
    return page


async def test_staff_make_a_passkey_and_sign_in_with_it_elsewhere(served: Served, key: Authenticator):
    page = await staff(served)
    made = await added(page, key)
    assert (made["kind"], made["label"]) == ("passkey", "")
    other = Page(served, "studio")
    answer = await proved(other, key.got(await asked(other)))
    assert (answer.status, answer.body["person"]) == (200, {"id": "mai", "name": "The host", "role": "host"})
    assert answer.body["refresh"] is None
    assert "__Host-livehub-studio" in other.jar
    other.token = answer.body["token"]
    (identity,) = (await other.call("GET /api/me")).body["identities"]
    assert (identity["kind"], identity["id"]) == ("passkey", made["id"])
    assert await served.database.fetchval("SELECT count(*) FROM sessions WHERE how = 'passkey'") == 1


async def test_a_browser_is_asked_for_a_verified_passkey_of_our_site(served: Served, key: Authenticator):
    page = await staff(served)
    await added(page, key)
    options = (await page.call("POST /api/me/passkeys/options", {})).body["options"]
    assert options["rp"] == {"id": "shop.example", "name": "青禾 Qinghe"}
    assert options["excludeCredentials"] == [{"type": "public-key", "id": key.id}]
    assert options["authenticatorSelection"] == {
        "residentKey": "required", "requireResidentKey": True, "userVerification": "required",
    }  # fmt: skip
    assert "mai" not in options["user"]["id"]
    got = await asked(Page(served))
    assert (got["rpId"], got["userVerification"], got["allowCredentials"]) == ("shop.example", "required", [])


BAD: dict[str, tuple[Callable[[Authenticator, dict[str, Any]], dict[str, Any]], int, str]] = {
    "of another site": (lambda key, o: key.got(o, origin="https://evil.example"), 1174, "passkey_refused"),
    "of a site below ours": (lambda key, o: key.got(o, origin="https://a.shop.example"), 1174, "passkey_refused"),
    "over plain HTTP": (lambda key, o: key.got(o, origin="http://shop.example"), 1174, "passkey_refused"),
    "an answer to another question": (lambda key, o: key.got(o, type="webauthn.create"), 1174, "passkey_refused"),
    "a challenge of nobody": (lambda key, o: key.got({**o, "challenge": "x" * 43}), 1170, "sign_in_lost"),
    "a challenge that is a number": (lambda key, o: key.got(o, challenge=5), 1170, "sign_in_lost"),
    "a signature changed": (lambda key, o: changed(key.got(o), "signature"), 1174, "passkey_refused"),
    "data changed": (lambda key, o: changed(key.got(o), "authenticatorData"), 1174, "passkey_refused"),
    "no response": (lambda key, o: {"id": key.id}, 1170, "sign_in_lost"),
    "an id that is none": (lambda key, o: {**key.got(o), "id": "!"}, 1174, "passkey_refused"),
    "two ids": (lambda key, o: {**key.got(o), "rawId": "AAAA"}, 1174, "passkey_refused"),
    "an unknown passkey": (lambda key, o: {**key.got(o), "id": "AAAA", "rawId": "AAAA"}, 1174, "passkey_refused"),
    "no type": (lambda key, o: {**key.got(o), "type": "password"}, 1174, "passkey_refused"),
    "another RP": (lambda key, o: with_(key, rp_id="evil.example").got(o), 1174, "passkey_refused"),
    "the user not verified": (lambda key, o: with_(key, flags=PRESENT).got(o), 1174, "passkey_refused"),
    "the user not there": (lambda key, o: with_(key, flags=0).got(o), 1174, "passkey_refused"),
    "made in a frame of another site": (lambda key, o: key.got(o, crossOrigin=True), 1174, "passkey_refused"),
    "made under a page of another site": (
        lambda key, o: key.got(o, topOrigin="https://evil.example"),
        1174,
        "passkey_refused",
    ),
    "framed, as a text": (lambda key, o: key.got(o, crossOrigin="yes"), 1174, "passkey_refused"),
    "for somebody else": (lambda key, o: with_(key, user="A" * 43).got(o), 1174, "passkey_refused"),
    "for nobody": (lambda key, o: with_(key, user=None).got(o), 1174, "passkey_refused"),
    "a count that did not grow": (lambda key, o: with_(key, count=-1).got(o), 1174, "passkey_refused"),
}


def changed(credential: dict[str, Any], field: str) -> dict[str, Any]:
    text = credential["response"][field]
    return {**credential, "response": {**credential["response"], field: ("B" if text[0] == "A" else "A") + text[1:]}}


def with_(key: Authenticator, **changes: Any) -> Authenticator:
    for name, value in changes.items():
        setattr(key, name, value)
    return key


@pytest.mark.parametrize(("answer", "code", "name"), BAD.values(), ids=BAD.keys())
async def test_an_answer_that_is_not_good_is_refused(
    served: Served,
    key: Authenticator,
    answer: Callable[[Authenticator, dict[str, Any]], dict[str, Any]],
    code: int,
    name: str,
):
    key.count = 6
    await added(await staff(served), key)
    page = Page(served, "studio")
    options = await asked(page)
    before = await served.contents()
    refused = await proved(page, answer(key, options))
    assert (refused.status, refused.body["code"], refused.body["name"]) == (403, code, name)
    assert await served.contents() == before
    assert "__Host-livehub-studio" not in page.jar


@pytest.mark.parametrize(
    "framed", [{"crossOrigin": True}, {"topOrigin": ORIGIN}, {"topOrigin": "https://evil.example"}]
)
async def test_a_passkey_that_was_made_in_a_frame_is_not_added(
    served: Served, key: Authenticator, framed: dict[str, Any]
):
    page = await staff(served)
    options = (await page.call("POST /api/me/passkeys/options", {})).body["options"]
    before = await served.contents()
    refused = await page.call("POST /api/me/passkeys", {"credential": key.created(options, **framed)})
    assert (refused.status, refused.body["code"]) == (403, 1174)
    assert await served.contents() == before


async def test_a_passkey_goes_along_with_whom_it_was_made_for(served: Served, key: Authenticator):
    await added(await staff(served), key)
    await served.database.execute("INSERT INTO people VALUES ('mei', 'Mei', 'viewer', '', 1, 1)")
    await served.database.execute("UPDATE identities SET person = 'mei'")  # as a merge does
    page = Page(served, "studio")
    assert (await proved(page, key.got(await asked(page)))).body["person"]["id"] == "mei"


async def test_a_challenge_counts_once_for_the_browser_that_asked_in_its_time(served: Served, key: Authenticator):
    await added(await staff(served), key)
    page, eve = Page(served, "studio"), Page(served, "studio")
    options = await asked(page)
    await asked(eve)
    before = await served.contents()
    for thief in (eve, Page(served, "studio")):
        stolen = await proved(thief, key.got(options))
        assert (stolen.status, stolen.body["code"]) == (403, 1170)
    assert await served.contents() == before
    assert (await proved(page, key.got(options))).status == 200
    again = await proved(page, key.got(options))
    assert (again.status, again.body["code"]) == (403, 1170)
    options = await asked(page)
    served.clock.now_s += 600
    late = await proved(page, key.got(options))
    assert (late.status, late.body["code"]) == (403, 1170)


async def test_a_challenge_for_one_thing_is_none_for_another(served: Served, key: Authenticator):
    page = await staff(served)
    options = (await page.call("POST /api/me/passkeys/options", {})).body["options"]
    assert (await proved(page, key.got(options))).body["code"] == 1170
    got = await asked(page)
    crossed = await page.call("POST /api/me/passkeys", {"credential": key.created(got)})
    assert (crossed.status, crossed.body["code"]) == (403, 1170)
    bo = await staff(served, "bo")
    theirs = await bo.call("POST /api/me/passkeys", {"credential": key.created(options)})
    assert (theirs.status, theirs.body["code"]) == (403, 1170)


async def test_a_copy_of_a_passkey_is_noticed(served: Served, key: Authenticator):
    await added(await staff(served), key)
    page = Page(served, "studio")
    key.count = 40
    assert (await proved(page, key.got(await asked(page)))).status == 200
    key.count = 39  # the other one, which has been used less
    copy = await proved(page, key.got(await asked(page)))
    assert (copy.status, copy.body["code"]) == (403, 1174)


async def test_a_passkey_of_another_person_is_not_added(served: Served, key: Authenticator):
    await added(await staff(served), key)
    bo = await staff(served, "bo")
    options = (await bo.call("POST /api/me/passkeys/options", {})).body["options"]
    before = await served.contents()
    taken = await bo.call("POST /api/me/passkeys", {"credential": key.created(options)})
    assert (taken.status, taken.body["code"]) == (409, 1114)
    assert await served.contents() == before


async def test_only_who_signed_in_lately_adds_or_takes_away(served: Served, key: Authenticator):
    page = await staff(served)
    await added(page, key)
    (identity,) = (await page.call("GET /api/me")).body["identities"]
    served.clock.now_s += 1_801
    await page.open()
    before = await served.contents()
    for call, body in (
        ("POST /api/me/passkeys/options", {}),
        ("POST /api/me/passkeys", {"credential": {}}),
        (f"DELETE /api/me/identities/{identity['id']}", None),
    ):
        late = await page.call(call, body)
        assert (late.status, late.body["code"], late.body["name"]) == (401, 1110, "signin_too_old")
    assert await served.contents() == before


async def test_a_way_to_sign_in_is_taken_away_but_the_last(served: Served, key: Authenticator):
    page = Page(served)
    await page.sign_in(PHONE, name="Mei")
    passkey = await added(page, key)
    bo = await staff(served, "bo")
    before = await served.contents()
    foreign = await bo.call(f"DELETE /api/me/identities/{passkey['id']}")
    assert (foreign.status, foreign.body["name"]) == (404, "not_found")
    assert await served.contents() == before
    phone = next(each for each in (await page.call("GET /api/me")).body["identities"] if each["kind"] == "phone")
    assert (await page.call(f"DELETE /api/me/identities/{phone['id']}")).status == 204
    last = await page.call(f"DELETE /api/me/identities/{passkey['id']}")
    assert (last.status, last.body["code"], last.body["name"]) == (409, 1175, "last_identity")
    other = Page(served)
    assert (await proved(other, key.got(await asked(other)))).body["person"]["name"] == "Mei"
    served.clock.now_s += 60
    assert (await Page(served).sign_in(PHONE, name="Another"))["person"]["name"] == "Another"


async def test_what_staff_change_of_how_they_sign_in_is_in_the_audit_log_and_of_viewers_nothing(
    served: Served, key: Authenticator
):
    mai, viewer, other = await staff(served), Page(served), Authenticator(ORIGIN, "shop.example")
    await viewer.sign_in(PHONE, name="Mei")
    await added(viewer, other)
    first = await added(mai, key)
    await added(mai, Authenticator(ORIGIN, "shop.example"))
    assert (await mai.call(f"DELETE /api/me/identities/{first['id']}")).status == 204
    code = invitation(SECRET, "mai", now_ms=int(served.clock.now_s * 1000))
    assert (
        await Page(served, "studio").call("POST /api/sign-in/invitation", {"code": code, "app": "studio"})
    ).status == 200
    rows = await served.database.fetch("SELECT type, by_id, by_role, about_id, before, after FROM audit ORDER BY id")
    mine = ("mai", "host", "mai")
    assert [tuple(row) for row in rows] == [
        ("person_way_add", *mine, None, '{"kind": "passkey"}'),
        ("person_way_add", *mine, None, '{"kind": "passkey"}'),
        ("person_way_remove", *mine, '{"kind": "passkey"}', None),
        ("person_invitation", *mine, None, None),
    ]


async def test_who_is_blocked_does_not_sign_in_by_passkey_either(served: Served, key: Authenticator):
    await added(await staff(served), key)
    await served.database.execute(
        "INSERT INTO blocked_people (id, person, shown, reason, by_id, by_name, ts) VALUES ('b', 'mai', '', '', '', '', 1)"
    )
    await served.database.execute("INSERT INTO blocked_marks (block, kind, mark) VALUES ('b', 'person', 'mai')")
    page = Page(served, "studio")
    refused = await proved(page, key.got(await asked(page)))
    assert (refused.status, refused.body["code"]) == (403, 1111)


async def test_there_are_no_passkeys_for_an_address(database_url: str):
    async with serving(database_url) as served:
        answer = await Page(served).call("POST /api/sign-in/passkey/options", {})
        assert (answer.status, answer.body["name"]) == (403, "sign_in_closed")
