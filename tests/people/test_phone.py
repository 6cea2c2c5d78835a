"""A code proves a phone once, to whoever asked for it, within its time, for what it was asked for; and guessing burns it."""

import base64
import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub import app
from livehub.people.errors import BadPhone
from livehub.people.signin import codes
from livehub.people.signin.codes import Bounds, Excess, Sent
from tests.base.served import NOW_S, Answer, Served, serving
from tests.people.browser import Page, code_of, solved

PHONE = "+8613800138000"
OTHER = "+8613900139000"
BOUNDS = Bounds(
    resend_ms=60_000, area_hour_max=2, area_day_max=4, network_hour_max=6, phone_hour_max=3, phone_day_max=5, shop_hour_max=100
)  # fmt: skip
NOW_MS = 1_800_000_000_000


@pytest.mark.parametrize(
    ("text", "regions", "number"),
    [
        ("13800138000", ["CN"], PHONE),
        ("138 0013 8000", ["CN"], PHONE),
        ("+86 138-0013-8000", ["CN"], PHONE),
        ("0086 13800138000", ["CN"], PHONE),
        ("１３８００１３８０００", ["CN"], PHONE),
        ("＋８６（１３８）００１３－８０００", ["CN"], PHONE),
        ("١٣٨٠٠١٣٨٠٠٠", ["CN"], PHONE),
        ("(+86) 138\u201300138000", ["CN"], PHONE),
        ("\u202a+8613800138000\u202c", ["CN"], PHONE),  # as address books give it to the clipboard
        ("8613800138000\n", ["CN"], PHONE),
        ("+852 5123 4567", ["CN", "HK"], "+85251234567"),
        ("(201) 555-0123", ["US"], "+12015550123"),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, regions: list[str], number: str) -> None:
    assert codes.e164(text, regions) == number


@pytest.mark.parametrize(
    "text",
    [
        "", "abc", "110", "010-6552-9988", "+85251234567", "138001380001", "1380013800", "+8613800138000" * 5, "+",
        "+86138ABCDEFGH", "+86 138 FLOWERS1", "hello 13800138015", "13800138011 ext 5", "13800138012x7", "tel:+8613800138013",
        "13800138014;ext=12", "13800138016/13900138017", "138.0013.8000", "++8613800138019", "+86+13800138020",
        "+00 8613800138000", "13800\u200b138000", "一三八〇〇一三八〇〇〇", "1380013800²",
    ],
)  # fmt: skip
def test_what_gets_no_code_is_refused(text: str) -> None:
    with pytest.raises(BadPhone):
        codes.e164(text, ["CN"])


MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({}, None),
        ({"phone": [MINUTE - 1]}, (Excess.RESEND, 1)),
        ({"phone": [MINUTE]}, None),
        ({"area": [MINUTE]}, None),
        ({"area": [MINUTE, HOUR - 7]}, (Excess.AREA, 7)),
        ({"area": [MINUTE, HOUR]}, None),
        ({"area": [HOUR, HOUR, HOUR, DAY - 8]}, (Excess.AREA, 8)),
        ({"network": [1, 2, 3, 4, 5]}, None),
        ({"network": [1, 2, 3, 4, 5, 6]}, (Excess.NETWORK, HOUR - 6)),
        ({"phone": [MINUTE, MINUTE, 2 * MINUTE]}, (Excess.PHONE, HOUR - 2 * MINUTE)),
        ({"phone": [HOUR, HOUR, HOUR, HOUR, DAY - 9]}, (Excess.PHONE, 9)),
        ({"shop": 99}, None),
        ({"shop": 100, "shop_nth_ms": HOUR - 5}, (Excess.SHOP, 5)),
        ({"phone": [MINUTE, HOUR - 2, HOUR - 2], "area": [MINUTE, HOUR - 1]}, (Excess.PHONE, 2)),  # the longest
    ],
)
def test_codes_are_bounded_by_area_network_phone_and_shop_and_the_time_that_is_left_is_told(
    sent: dict[str, Any], found: tuple[Excess, int] | None
) -> None:
    """Ages instead of moments, the latest first."""
    lately: dict[str, Any] = {"phone": [], "unused": 0, "area": [], "network": [], "shop": 0, "shop_nth_ms": None} | {
        name: [NOW_MS - age for age in value] if isinstance(value, list) else value for name, value in sent.items()
    }
    if (age := sent.get("shop_nth_ms")) is not None:
        lately["shop_nth_ms"] = NOW_MS - age
    assert codes.excess(Sent(**lately), BOUNDS, NOW_MS) == found


async def test_whoever_asks_for_codes_to_somebody_elses_number_does_not_lock_it_out(database_url: str):
    """As much as one network can, all day, working for it; the owner is on another one."""
    async with serving(database_url, modules=app.DEMO_MODULES, trust_proxy=True) as served:

        async def asks(address: str) -> Answer:
            ask, body = "POST /api/sign-in/phone", {"phone": PHONE}
            headers = {"X-Forwarded-For": address}
            answer = await served.call(ask, body, role=None, headers=headers)
            if answer.status == 428:
                answer = await served.call(
                    ask, body | {"proof": solved(answer.body["proof"])}, role=None, headers=headers
                )
            return answer

        first = [(await asks(f"203.0.113.{number}")).status for number in (1, 2)]
        assert first == [202, 429]
        for number in (3, 4, 5):
            served.clock.now_s += 60
            assert (await asks(f"203.0.113.{number}")).status == 202
        served.clock.now_s += 60
        locked = await asks("203.0.113.6")
        assert (locked.status, locked.body["retry_after_ms"]) == (429, 3_600_000 - 4 * 60_000)
        assert (await asks("198.51.100.7")).status == 202  # the owner

        served.clock.now_s += locked.body["retry_after_ms"] / 1000 - 0.001
        assert (await asks("203.0.113.6")).body["retry_after_ms"] == 1
        served.clock.now_s += 0.001
        assert (await asks("203.0.113.6")).status == 202
        for number in (7, 8):
            served.clock.now_s += 3_600
            assert (await asks(f"203.0.113.{number}")).status == 202
        served.clock.now_s += 3_600
        day = await asks("203.0.113.9")
        asked_ms = await served.database.fetchval("SELECT min(created_ts) FROM phone_codes")
        now_ms = int(served.clock.now_s * 1000)
        assert (day.status, day.body["retry_after_ms"]) == (429, asked_ms + 86_400_000 - now_ms)
        assert (await asks("198.51.100.7")).status == 202


async def test_codes_that_nobody_uses_need_work_and_those_that_are_used_do_not(database_url: str):
    async with serving(database_url, modules=app.DEMO_MODULES) as served:
        for _ in range(3):
            await Page(served).sign_in(PHONE, name="Mei")
            served.clock.now_s += 60
        for status in (202, 202, 428):
            assert (await served.call("POST /api/sign-in/phone", {"phone": PHONE}, role=None)).status == status
            served.clock.now_s += 3_600


async def test_a_code_signs_in_once_and_makes_the_same_person_each_time(served: Served):
    page = Page(served)
    await page.open()
    challenge, code = await page.ask_for_code("138 0013 8000")
    first = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code, "name": "Mei"})
    assert (first.status, first.body["person"]["name"], first.body["person"]["role"]) == (200, "Mei", "viewer")
    page.token = first.body["token"]
    assert (await page.call("GET /api/me")).body["identities"][0]["label"] == "*8000"
    other = Page(served)
    served.clock.now_s += 60
    assert (await other.sign_in(PHONE, name="Somebody"))["person"] == first.body["person"]
    # The first page is somebody now, and no longer the guest who asked.
    used = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})
    assert (used.status, used.body["name"]) == (404, "not_found")


async def test_a_code_that_was_used_is_over(served: Served):
    asked = await served.done("POST /api/sign-in/phone", {"phone": PHONE}, role=None)
    code = await code_of(served, asked["challenge"])
    proof = (f"POST /api/sign-in/phone/{asked['challenge']}", {"code": code})
    assert (await served.call(*proof, role=None)).status == 200
    before = await served.contents()
    again = await served.call(*proof, role=None)
    assert (again.status, again.body["code"], again.body["name"]) == (410, 1108, "challenge_over")
    assert await served.contents() == before


async def test_the_sixth_try_is_refused_even_with_the_right_code(served: Served):
    page = Page(served)
    await page.open()
    challenge, code = await page.ask_for_code(PHONE)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for left in (4, 3, 2, 1, 0):
        tried = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": wrong})
        assert (tried.status, tried.body["name"], tried.body["tries_left"]) == (422, "wrong_code", left)
    burnt = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})
    assert (burnt.status, burnt.body["code"], burnt.body["name"]) == (410, 1107, "challenge_burnt")
    for table in ("people", "identities", "sessions"):
        assert await served.rows(table) == []
    # The number is not locked out by it.
    served.clock.now_s += 60
    assert (await Page(served).sign_in(PHONE))["person"]["role"] == "viewer"


@pytest.mark.parametrize("digits", ["０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "0123456789"])
async def test_a_code_is_read_in_the_digits_in_which_it_was_typed(served: Served, digits: str):
    page = Page(served)
    await page.open()
    challenge, code = await page.ask_for_code(PHONE)
    typed = f" {code[:3]} {code[3:]}\n".translate(str.maketrans("0123456789", digits))
    answer = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": typed})
    assert answer.status == 200, answer


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "一二三四五六", "!!!!!!", " ", "12345²"])
async def test_what_can_be_no_code_costs_no_try(served: Served, code: str):
    page = Page(served)
    await page.open()
    challenge, right = await page.ask_for_code(PHONE)
    before = await served.rows("phone_codes")
    for _ in range(codes.TRIES_MAX + 1):
        answer = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})
        assert (answer.status, answer.body["name"], answer.body["detail"]) == (400, "bad_request", "code: 6 digits.")
    assert await served.rows("phone_codes") == before
    assert (await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": right})).status == 200


async def test_a_code_is_over_after_its_time(served: Served):
    page = Page(served)
    await page.open()
    challenge, code = await page.ask_for_code(PHONE)
    served.clock.now_s += 300
    over = await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})
    assert (over.status, over.body["name"]) == (410, "challenge_over")


async def test_a_code_is_for_whoever_asked_for_it(served: Served):
    mei, eve = Page(served), Page(served)
    await mei.open()
    await eve.open()
    challenge, code = await mei.ask_for_code(PHONE)
    for asking in (eve, Page(served)):
        stolen = await asking.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})
        assert (stolen.status, stolen.body["name"]) == (404, "not_found")
    assert (await mei.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})).status == 200


async def test_a_code_for_one_thing_is_none_for_another_and_changes_nothing(served: Served):
    page = Page(served)
    await page.open(name="Mei")
    asked = await page.call("POST /api/me/phone", {"phone": PHONE})
    code = await code_of(served, asked.body["challenge"])
    before = await served.contents()
    crossed = await page.call(f"POST /api/sign-in/phone/{asked.body['challenge']}", {"code": code})
    assert (crossed.status, crossed.body["code"], crossed.body["name"]) == (410, 1108, "challenge_over")
    assert await served.contents() == before
    added = await page.call(f"POST /api/me/phone/{asked.body['challenge']}", {"code": code})
    assert (added.status, added.body) == (200, {"label": "*8000"})
    served.clock.now_s += 60
    challenge, code = await page.ask_for_code(OTHER)
    before = await served.contents()
    crossed = await page.call(f"POST /api/me/phone/{challenge}", {"code": code})
    assert (crossed.status, crossed.body["code"], crossed.body["name"]) == (410, 1108, "challenge_over")
    assert await served.contents() == before


async def test_a_number_is_added_by_whoever_asked_for_the_code_alone(served: Served):
    mei, eve = Page(served), Page(served)
    await mei.open(name="Mei")
    await eve.open(name="Eve")
    challenge = (await mei.call("POST /api/me/phone", {"phone": PHONE})).body["challenge"]
    code = await code_of(served, challenge)
    before = await served.contents()
    for given in (code, "000000"):
        stolen = await eve.call(f"POST /api/me/phone/{challenge}", {"code": given})
        assert (stolen.status, stolen.body["code"], stolen.body["name"]) == (404, 1005, "not_found")
    assert await served.contents() == before  # nor is a try of hers used up
    assert (await mei.call(f"POST /api/me/phone/{challenge}", {"code": code})).status == 200


async def test_a_number_of_another_person_is_not_added(served: Served):
    bo, mei = Page(served), Page(served)
    owner = (await bo.sign_in(PHONE, name="Bo"))["person"]
    await mei.sign_in(OTHER, name="Mei")
    served.clock.now_s += 60
    asked = await mei.call("POST /api/me/phone", {"phone": PHONE})
    code = await code_of(served, asked.body["challenge"])
    taken = await mei.call(f"POST /api/me/phone/{asked.body['challenge']}", {"code": code})
    assert (taken.status, taken.body["code"], taken.body["name"]) == (409, 1114, "identity_taken")
    assert await served.database.fetchval("SELECT person FROM identities WHERE subject = $1", PHONE) == owner["id"]


async def test_a_resend_that_is_refused_leaves_the_code_that_was_sent(served: Served):
    page = Page(served)
    await page.open()
    challenge, code = await page.ask_for_code(PHONE)
    served.clock.now_s += 59
    early = await page.call("POST /api/sign-in/phone", {"phone": PHONE})
    assert (early.status, early.body["name"], early.body["retry_after_ms"]) == (429, "too_fast", 1_000)
    assert (await page.call(f"POST /api/sign-in/phone/{challenge}", {"code": code})).status == 200


async def test_a_request_whose_answer_was_lost_is_answered_with_the_code_that_was_sent(served: Served):
    page, eve = Page(served), Page(served)
    await page.open()
    await eve.open()
    asking = ("POST /api/sign-in/phone", {"phone": PHONE, "app": "viewer"})
    sent = await page.call(*asking, **{"Idempotency-Key": "the-same-key"})
    challenge = sent.body["challenge"]
    served.clock.now_s += 10
    again = await page.call(*asking, **{"Idempotency-Key": "the-same-key"})
    assert (again.status, again.body) == (202, {"challenge": challenge, "retry_after_ms": 50_000})
    assert len(await served.rows("phone_codes")) == 1
    # Another request, or the same words of somebody else, is another code, and too soon for that.
    for asks, key in ((page, "another-key"), (eve, "the-same-key")):
        early = await asks.call(*asking, **{"Idempotency-Key": key})
        assert (early.status, early.body["name"]) == (429, "too_fast")
    # One that is over is not given again.
    served.clock.now_s += 290
    fresh = await page.call(*asking, **{"Idempotency-Key": "the-same-key"})
    assert (fresh.status, fresh.body["retry_after_ms"], fresh.body["challenge"] != challenge) == (202, 60_000, True)
    code = await code_of(served, fresh.body["challenge"])
    assert (await page.call(f"POST /api/sign-in/phone/{fresh.body['challenge']}", {"code": code})).status == 200


async def test_known_and_unknown_numbers_are_answered_alike(served: Served):
    await Page(served).sign_in(PHONE)
    served.clock.now_s += 60
    answers = [await Page(served).call("POST /api/sign-in/phone", {"phone": number}) for number in (PHONE, OTHER)]
    assert [(each.status, each.body["retry_after_ms"], sorted(each.body)) for each in answers] == [
        (202, 60_000, ["challenge", "retry_after_ms"])
    ] * 2


async def test_the_secret_of_a_session_is_new_at_each_sign_in(served: Served):
    page = Page(served)
    await page.open(name="Mei")
    by_name, token = page.jar["livehub-viewer"], page.token
    await page.sign_in(PHONE)
    assert page.jar["livehub-viewer"] != by_name
    page.token, signed_in = token, page.token
    assert (await page.call("GET /api/me")).body["name"] == "session_ended"
    assert (await Page(served, jar={"livehub-viewer": by_name}).call("POST /api/session", {})).status == 401
    page.token = signed_in
    assert (await page.call("GET /api/me")).status == 200


async def test_somebody_by_name_stays_who_they_are_with_their_first_phone(served: Served):
    page = Page(served)
    by_name = await page.open(name="Mei")
    by_phone = await page.sign_in(PHONE, name="Another")
    assert by_phone["person"] == by_name["person"]
    assert await served.rows("person_merges") == []


async def test_codes_that_are_stored_tell_nobody_the_code(served: Served):
    page = Page(served)
    _, code = await page.ask_for_code(PHONE)
    assert not any(code in row for row in await served.rows("phone_codes"))
    assert served.clock() == NOW_S


DAY_S = 86_400


async def known_for(served: Served, days: int) -> tuple[str, Page]:
    """Somebody who signed in by phone, and the browser they did it in, so many days later."""
    page = Page(served)
    await page.open()
    mei = (await page.sign_in(PHONE, name="Mei"))["person"]["id"]
    page.token = None
    served.clock.now_s += days * DAY_S
    return mei, page


async def owner(served: Served) -> str | None:
    found: str | None = await served.database.fetchval("SELECT person FROM identities WHERE subject = $1", PHONE)
    return found


async def test_a_number_unused_for_long_makes_a_new_person_in_a_new_browser(served: Served):
    mei, _ = await known_for(served, 180)
    before = {table: await served.rows(table) for table in ("people", "sessions")}
    new = (await Page(served).sign_in(PHONE, name="Bo"))["person"]
    assert (new["id"] == mei, new["name"]) == (False, "Bo")
    assert await owner(served) == new["id"]
    for table, rows in before.items():
        assert set(rows) <= set(await served.rows(table))
    (act,) = await served.database.fetch("SELECT type, by_id, about_id, about_name, data FROM audit")
    assert tuple(act) == (
        "person_phone_let_go", None, mei, "Mei", '{"phone": "*8000", "unused_days": 180}',
    )  # fmt: skip
    served.clock.now_s += 60
    assert (await Page(served).sign_in(PHONE))["person"]["id"] == new["id"]


@pytest.mark.parametrize("by_phone", [True, False])
async def test_a_number_of_staff_stays_theirs_and_with_it_the_last_admins_way_in(database_url: str, by_phone: bool):
    async with serving(database_url, modules=app.DEMO_MODULES, staff_by_phone=by_phone) as served:
        mei, _ = await known_for(served, 4_000)
        await served.database.execute("UPDATE people SET role = 'admin'")
        again = (await Page(served).sign_in(PHONE, name="Bo"))["person"]
        assert (again["id"], again["role"]) == (mei, "admin" if by_phone else "viewer")
        assert await owner(served) == mei
        assert await served.rows("audit") == []


async def test_a_number_is_its_persons_where_they_were_before(served: Served):
    mei, page = await known_for(served, 200)
    assert (await page.sign_in(PHONE))["person"]["id"] == mei
    assert await served.rows("audit") == []


async def test_a_number_that_was_used_lately_is_its_persons_anywhere(served: Served):
    mei, _ = await known_for(served, 179)
    assert (await Page(served).sign_in(PHONE))["person"]["id"] == mei
    served.clock.now_s += 179 * DAY_S  # from then on
    assert (await Page(served).sign_in(PHONE))["person"]["id"] == mei


async def test_who_is_seen_where_they_signed_in_by_it_uses_their_number(database_url: str):
    async with serving(database_url, modules=app.DEMO_MODULES, session_s=300 * DAY_S) as served:
        mei, page = await known_for(served, 179)
        await page.open()
        served.clock.now_s += 100 * DAY_S
        assert (await Page(served).sign_in(PHONE))["person"]["id"] == mei


async def test_a_shop_may_have_numbers_be_their_persons_for_ever(database_url: str):
    async with serving(database_url, modules=app.DEMO_MODULES, phone_unused_days=0) as served:
        mei, _ = await known_for(served, 4_000)
        assert (await Page(served).sign_in(PHONE))["person"]["id"] == mei


def written_otherwise(proof: str) -> list[str]:
    """The same solution of the same work in other texts."""
    text = base64.b64decode(proof).decode()
    payload = json.loads(text)
    backwards = {name: payload[name] for name in reversed(payload)}
    texts = (text + " ", json.dumps(payload, indent=1), json.dumps(backwards), json.dumps({**payload, "more": 1}))
    return [base64.b64encode(each.encode()).decode() for each in texts]


async def test_whoever_asks_unusually_often_works_for_each_code(served: Served):
    numbers = [f"+861380013{n:04}" for n in range(8000, 8032)]
    for number in numbers[:30]:
        assert (await Page(served).call("POST /api/sign-in/phone", {"phone": number})).status == 202
    asked = await Page(served).call("POST /api/sign-in/phone", {"phone": numbers[30]})
    assert (asked.status, asked.body["code"], asked.body["name"]) == (428, 1115, "proof_needed")
    proof = solved(asked.body["proof"])
    before = await served.contents()
    for number, given in (
        (numbers[31], proof),  # another number
        (numbers[30], "nonsense"),
        (numbers[30], proof[:-8] + "AAAAAAA="),
        (numbers[30], ""),
        (numbers[30], base64.b64encode(b"[" * 1_000).decode()),
    ):
        refused = await Page(served).call("POST /api/sign-in/phone", {"phone": number, "proof": given})
        assert (refused.status, refused.body["name"]) == (428, "proof_needed"), given[:20]
    assert await served.contents() == before
    taken = await Page(served).call("POST /api/sign-in/phone", {"phone": numbers[30], "proof": proof})
    assert taken.status == 202
    served.clock.now_s += 60
    again = await Page(served).call("POST /api/sign-in/phone", {"phone": numbers[30], "proof": proof})
    assert again.body["name"] == "proof_needed"  # it is used up
    for same in written_otherwise(proof):
        rewritten = await Page(served).call("POST /api/sign-in/phone", {"phone": numbers[30], "proof": same})
        assert rewritten.body["name"] == "proof_needed"
    late = solved(again.body["proof"])
    served.clock.now_s += 300
    over = await Page(served).call("POST /api/sign-in/phone", {"phone": numbers[30], "proof": late})
    assert over.body["name"] == "proof_needed"


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        (("198.51.100.1", "198.51.100.2", "198.51.100.255"), "198.51.101.1"),
        (("2001:db8:5::1", "2001:db8:5:ffff::1", "2001:db8:5:7::1"), "2001:db8:6::1"),
        (("::ffff:198.51.100.1", "198.51.100.2", "64:ff9b::198.51.100.3"), "64:ff9b::198.51.101.3"),
    ],
)
async def test_codes_are_counted_by_the_network_that_one_can_take_cheaply(
    database_url: str, inside: tuple[str, ...], outside: str
):
    limits: dict[str, Any] = {"codes_per_network_hour_max": 2, "trust_proxy": True, "sessions_per_s_max": 100.0}
    async with serving(database_url, modules=app.DEMO_MODULES, **limits) as served:
        statuses = []
        for n, address in enumerate((*inside, outside)):
            body = {"phone": f"+861380013800{n}"}
            asked = await Page(served).call("POST /api/sign-in/phone", body, **{"X-Forwarded-For": address})
            statuses.append(asked.status)
        assert statuses == [202, 202, 429, 202]


async def test_what_a_provider_in_trouble_took_counts_and_its_code_is_good(database_url: str):
    taken: list[str] = []

    async def take_and_fail(request: web.Request) -> web.Response:
        taken.append((await request.json())["code"])
        return web.Response(status=500)

    provider = web.Application()
    provider.router.add_post("/sms", take_and_fail)
    async with TestServer(provider) as sms:
        settings: dict[str, Any] = {
            "code_sender": "http",
            "code_sender_url": str(sms.make_url("/sms")),
            "code_sender_key": "k",
            "codes_unused_without_proof_max": 100,
        }
        async with serving(database_url, **settings) as served:
            statuses = []
            for _ in range(7):
                statuses.append((await Page(served).call("POST /api/sign-in/phone", {"phone": PHONE})).status)
                served.clock.now_s += 60
            assert statuses == [503] * 4 + [429] * 3
            assert len(taken) == 4
            challenge = await served.database.fetchval(
                "SELECT challenge FROM phone_codes ORDER BY created_ts DESC LIMIT 1"
            )
            served.clock.now_s -= 180
            right = await served.call(f"POST /api/sign-in/phone/{challenge}", {"code": taken[-1]}, role=None)
            assert right.status == 200


async def test_a_page_is_told_how_one_signs_in_here(served: Served):
    assert await served.done("GET /api/sign-in", role=None) == {
        "phone": True,
        "staff_by_phone": False,
        "phone_countries": [{"region": "CN", "calling_code": 86}],
        "mailbox": "/dev/mailbox",
        "oidc": False,
        "passkey": False,
        "wechat": False,
        "name": True,
        "link": True,
    }
