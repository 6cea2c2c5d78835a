"""Whatever is sent, the answer is of the declared form: a problem document with a number, nothing leaked, nothing changed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from livehub import app
from livehub.app import Application
from livehub.base.auth import Permission, Role, Tokens
from livehub.base.clock import Clock as BusinessClock
from livehub.base.config import Config
from livehub.base.db import Database
from livehub.base.endpoints import Call, get
from livehub.base.errors import LivehubError
from livehub.base.http import HttpEdge, security_headers
from livehub.hub.rooms import schemas
from tests.base.served import SECRET, Clock, Served, serving
from tests.patience import PATIENCE_S

ROOM = {"id": "farm", "title": "Farm day"}


async def refused(served: Served, status: int, name: str, call: str, **sent: object) -> dict[str, object]:
    """The problem document of a call that must be refused so, and must have changed nothing."""
    before = await served.contents()
    answer = await served.call(call, **sent)  # type: ignore[arg-type]  # passed on as given
    assert (answer.status, answer.body["name"]) == (status, name), answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["status"] == status
    assert await served.contents() == before
    problem: dict[str, object] = answer.body
    return problem


async def test_a_problem_document_has_all_its_parts(served: Served) -> None:
    problem = await refused(served, 404, "room_not_found", "GET /api/rooms/nowhere")
    assert problem == {
        "type": "/problems/room_not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such room.",
        "code": 2000,
        "name": "room_not_found",
    }


async def test_an_address_or_method_that_is_not_there_is_a_problem_too(served: Served) -> None:
    await refused(served, 404, "not_found", "GET /api/nothing/here")
    await refused(served, 404, "not_found", "POST /api/")
    await refused(served, 404, "not_found", "GET /no-such-page")
    await refused(served, 405, "method_not_allowed", "POST /healthz")


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        ("DELETE /api/rooms", "GET,HEAD,POST"),
        ("TRACE /api/rooms", "GET,HEAD,POST"),
        ("PUT /api/rooms/farm/pins", "DELETE,POST"),
        ("GET /api/rooms/farm/state", "POST"),
        ("POST /api/openapi.json", "GET,HEAD"),
    ],
)
async def test_a_method_that_an_address_does_not_take_is_told_those_it_takes(
    served: Served, call: str, allowed: str
) -> None:
    before = await served.contents()
    answer = await served.call(call, {} if call.startswith(("PUT", "POST")) else None)
    assert (answer.status, answer.body["name"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == allowed
    assert await served.contents() == before


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "Object missing required field `title`"),
        ({"title": 5}, "Expected `str`, got `int` - at `$.title`"),
        ({"title": ""}, "Expected `str` of length >= 1 - at `$.title`"),
        ({"title": "x" * 121}, "Expected `str` of length <= 120 - at `$.title`"),
        ({"title": "x", "poster": "javascript:alert(1)"}, "- at `$.poster`"),
        ({"title": "x", "host": {"name": "x", "avatar": 5}}, "Expected `str | null`, got `int` - at `$.host.avatar`"),
        ({"title": "x", "starts_at": "tomorrow"}, "Invalid RFC3339 encoded datetime - at `$.starts_at`"),
        ([], "Expected `object`, got `array`"),
        ("text", "Expected `object`, got `str`"),
    ],
)
async def test_what_is_wrong_with_a_body_is_said_by_field(served: Served, body: object, detail: str) -> None:
    problem = await refused(served, 400, "bad_request", "POST /api/rooms", body=body)
    assert str(problem["detail"]).endswith(detail)


@pytest.mark.parametrize(
    "raw",
    [
        b"null",
        b"{",
        b"{'title': 'x'}",
        b'{"title": "x"} {}',
        b'{"title": "\xff"}',
        b'{"title": "\\ud800"}',
        b'{"title": "a\\u0000b"}',
        b'{"title": "x", "a\\u0000": 1}',
        b'{"title": "a\x00b"}',
        b'{"title": "x", "host": ' + b"[" * 50_000,
        b'{"title": "x", "extra": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    ],
    ids=lambda raw: repr(raw[:30]),
)
async def test_what_is_no_json_for_us_is_refused(served: Served, raw: bytes) -> None:
    await refused(served, 400, "bad_request", "POST /api/rooms", raw=raw)


async def test_fields_that_are_not_known_are_ignored(served: Served) -> None:
    assert (await served.call("POST /api/rooms", {**ROOM, "of_version_2": 1})).status == 201


@pytest.mark.parametrize(
    ("amount", "status"), [("100.0", 201), ("1e2", 201), ("100.5", 400), ("1e300", 400), ("1e400", 400)]
)
async def test_a_whole_number_may_be_written_with_a_point(served: Served, amount: str, status: int) -> None:
    await served.done("POST /api/rooms", ROOM)
    await served.done("POST /api/rooms/farm/state", {"status": "live"})
    raw = f'{{"title": "Pears", "price_minor": {amount}, "currency": "CNY"}}'.encode()
    answer = await served.call("POST /api/rooms/farm/pins", raw=raw)
    assert answer.status == status
    if status == 201:
        assert answer.body["card"]["price_minor"] == 100


async def test_no_field_that_people_read_holds_what_misleads_them(served: Served) -> None:
    odd = "a\u202eb\u200b \x1b c"
    await served.done("POST /api/rooms", {**ROOM, "title": odd, "host": {"name": odd}})
    await served.done("PATCH /api/rooms/farm", {"notice": odd})
    await served.done("POST /api/rooms/farm/state", {"status": "live"})
    await served.done("POST /api/rooms/farm/pins", {"title": odd, "subtitle": odd, "unit": odd})
    quiz = {"kind": "choice", "question": odd, "options": [odd, "d"], "correct_choice": 0, "unit": odd}
    await served.done("POST /api/rooms/farm/quizzes", quiz)
    view = (await served.done("GET /api/rooms/farm"))["room"]["view"]
    texts = [
        view["title"],
        view["host"]["name"],
        view["notice"],
        *(view["pin"][n] for n in ("title", "subtitle", "unit")),
    ]
    texts += [view["quiz"]["question"], view["quiz"]["options"][0], view["quiz"]["unit"]]
    assert texts == ["ab c"] * 9
    await refused(served, 422, "text_empty", "PATCH /api/rooms/farm", body={"host": {"name": "\u200b"}})


async def test_head_is_answered_as_get_without_the_body(served: Served) -> None:
    await served.done("POST /api/rooms", ROOM)
    for path in (
        "/api/rooms",
        "/api/rooms/farm",
        "/api/session",
        "/api/rooms/nowhere",
        "/api/moderation/words",
        "/healthz",
    ):
        got, head = await served.call(f"GET {path}"), await served.call(f"HEAD {path}")
        assert (head.status, head.raw) == (got.status, b""), path
        for name in ("Content-Type", "Content-Length", "Cache-Control"):
            assert head.headers.get(name) == got.headers.get(name), (path, name)


async def test_half_an_emoji_is_refused_by_the_field_that_it_is_in(served: Served) -> None:
    raw = rb'{"id": "farm", "title": "Farm", "host": {"name": "Mei \ud83e"}}'
    problem = await refused(served, 400, "bad_request", "POST /api/rooms", raw=raw)
    assert problem["field"] == "host.name"
    assert str(problem["detail"]).startswith(
        "Half of a surrogate pair, as of an emoji that was cut in two, is no character"
    )
    problem = await refused(served, 400, "bad_request", "POST /api/rooms", raw=rb'{"title": "a\u0000"}')
    assert (problem["field"], problem["detail"]) == ("title", "The character U+0000 is not taken - at `$.title`")


async def test_texts_are_measured_in_composed_form(served: Served) -> None:
    syllable, composed = "\u1112\u1161\u11ab", "\ud55c"
    await served.done("POST /api/rooms", {"id": "farm", "title": syllable * 120, "host": {"name": syllable * 40}})
    view = (await served.done("GET /api/rooms/farm"))["room"]["view"]
    assert (view["title"], view["host"]["name"]) == (composed * 120, composed * 40)
    signed_in = await served.done("POST /api/session", {"name": "Nguye\u0302\u0303n " * 5}, role=None)
    assert signed_in["user"]["name"] == " ".join(["Nguy\u1ec5n"] * 5)
    problem = await refused(served, 400, "bad_request", "POST /api/rooms", body={"title": syllable * 121})
    assert problem["field"] == "title"


@pytest.mark.parametrize("encoding", ["x-foo", "compress", "gzip, gzip", "utf-8"])
async def test_a_body_in_an_encoding_that_is_not_known_is_refused(served: Served, encoding: str) -> None:
    headers = {"Content-Encoding": encoding}
    raw = json.dumps(ROOM).encode()
    await refused(served, 415, "unsupported_media_type", "POST /api/rooms", raw=raw, headers=headers)


@pytest.mark.parametrize("path", ["/api/rooms/a%00b", "/api/rooms/farm/bag/%00", "/api/rooms/%00/state"])
async def test_nothing_in_an_address_may_be_nul(served: Served, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = await served.call(f"{method} {path}", {"status": "live"} if method == "POST" else None)
        assert answer.status in (404, 405), answer


async def test_nothing_in_a_query_may_be_nul(served: Served) -> None:
    problem = await refused(served, 400, "bad_request", "GET /api/rooms/farm/events?person=a%00b")
    assert problem["detail"] == "The character U+0000 is not taken - at `$.person`"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", ""]
)
async def test_a_body_of_another_type_is_refused(served: Served, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    await refused(served, 415, "unsupported_media_type", "POST /api/rooms", body=ROOM, headers=headers)


async def test_json_may_name_its_characters_and_an_empty_body_is_an_empty_object(served: Served) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert (await served.call("POST /api/rooms", ROOM, headers=headers)).status == 201
    assert (await served.call("POST /api/session", role=None)).body["user"]["role"] == "guest"


async def test_a_body_over_the_limit_is_refused_declared_or_not(database_url: str) -> None:
    async with serving(database_url, http_body_bytes_max=1024) as served:
        fits = json.dumps({"title": "x", "pad": "y" * 900}).encode()
        assert (await served.call("POST /api/rooms", raw=fits)).status == 201
        over = json.dumps({"title": "x", "pad": "y" * 1100}).encode()
        await refused(served, 413, "too_large", "POST /api/rooms", raw=over)

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(over), 100):
                yield over[start : start + 100]

        headers = {"Authorization": f"Bearer {served.token(Role.HOST)}", "Content-Type": "application/json"}
        before = await served.contents()
        async with served.client.post("/api/rooms", data=pieces(), headers=headers) as answer:
            assert answer.status == 413
            assert (await answer.json())["name"] == "too_large"
        assert await served.contents() == before


async def test_a_body_that_does_not_arrive_is_not_waited_for(database_url: str) -> None:
    async with serving(database_url, http_body_s=0.2) as served:
        before = await served.contents()
        reader, writer = await asyncio.open_connection(served.client.host, served.client.port)
        head = (
            b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        )
        writer.write(head)
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.readline() == b"HTTP/1.1 408 Request Timeout\r\n"
            assert (await reader.read()).endswith(b'"code":1009,"name":"request_timeout"}')
        writer.close()
        assert await served.contents() == before


async def test_a_name_in_an_address_is_no_longer_than_an_id(served: Served) -> None:
    await served.done("POST /api/rooms", ROOM)
    assert (await served.call(f"DELETE /api/rooms/farm/chats/{'x' * 64}")).status == 200
    for part in ("x" * 65, "x" * 4000):
        await refused(served, 404, "not_found", f"DELETE /api/rooms/farm/chats/{part}")
        await refused(served, 404, "not_found", f"GET /api/rooms/{part}")


async def test_every_answer_has_the_security_headers(served: Served) -> None:
    headers = security_headers(Config())
    for call in ("GET /api/rooms", "GET /api/rooms/nowhere", "GET /healthz", "GET /nothing", "POST /healthz", "GET /"):
        answer = await served.call(call, role=None)
        assert headers.items() <= answer.headers.items(), call
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (await served.call("GET /api/rooms")).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("public_url", "connect"),
    [
        ("", "connect-src 'self';"),
        ("https://live.example/x", "connect-src 'self' https://live.example wss://live.example;"),
        ("http://10.0.0.1:8080", "connect-src 'self' http://10.0.0.1:8080 ws://10.0.0.1:8080;"),
    ],
)
def test_a_page_connects_to_where_it_came_from_and_to_nobody_else(public_url: str, connect: str) -> None:
    assert connect in security_headers(Config(public_url=public_url))["Content-Security-Policy"]


def test_a_page_connects_to_the_host_of_map_tiles_where_one_is_set() -> None:
    policy = security_headers(Config(map_tiles_url="https://tiles.example:8443/{z}/{x}/{y}.png"))[
        "Content-Security-Policy"
    ]
    assert "connect-src 'self' https://tiles.example:8443;" in policy
    assert "worker-src" not in policy  # as scripts: from here, and from no blob
    assert "tiles.example" not in policy.replace("connect-src 'self' https://tiles.example:8443;", "")


# --- rate limits ---


async def test_past_the_burst_a_caller_waits_and_others_do_not(database_url: str) -> None:
    limits: dict[str, Any] = {"http_requests_burst_max": 3, "http_requests_per_s_max": 0.5}
    async with serving(database_url, **limits) as served:
        for _ in range(3):
            assert (await served.call("GET /api/session", user="ann")).status == 200
        answer = await served.call("GET /api/session", user="ann")
        assert (answer.status, answer.body["name"]) == (429, "too_fast")
        assert answer.body["retry_after_ms"] == 2_011
        assert answer.headers["Retry-After"] == "3"
        assert (await served.call("GET /api/session", user="bob")).status == 200
        assert (await served.call("GET /api/rooms", role=None)).status == 200  # by address
        served.clock.now_s += 2.001
        assert (await served.call("GET /api/session", user="ann")).status == 200


async def test_bad_tokens_are_limited_by_address_and_then_not_even_looked_at(database_url: str) -> None:
    limits: dict[str, Any] = {"http_requests_burst_max": 3, "http_requests_per_s_max": 0.5}
    bad = {"Authorization": "Bearer nonsense"}
    async with serving(database_url, **limits) as served:
        answers = [await served.call("GET /api/session", role=None, headers=bad) for _ in range(5)]
        assert [answer.status for answer in answers] == [401, 401, 401, 429, 429]
        assert answers[-1].body["retry_after_ms"] == 2_011
        assert (await served.call("GET /api/session", user="ann")).status == 429  # whoever it is: nobody looks
        assert (await served.call("GET /api/rooms", role=None)).status == 200
        served.clock.now_s += 2.001
        assert (await served.call("GET /api/session", user="ann")).status == 200


async def test_people_with_good_tokens_share_no_limit_by_address(database_url: str) -> None:
    async with serving(database_url, http_requests_burst_max=3, http_requests_per_s_max=0.5) as served:
        statuses = [(await served.call("GET /api/session", user=f"user-{n}")).status for n in range(20)]
        assert statuses == [200] * 20


async def test_a_step_of_the_wall_clock_does_not_keep_a_bucket_empty() -> None:
    wall, monotonic = Clock(), Clock(0.0)
    config = Config(secret=SECRET, http_requests_burst_max=1, http_requests_per_s_max=1.0)
    edge = HttpEdge(config, Database(config), Tokens(SECRET), clock=BusinessClock(wall), monotonic_s=monotonic)

    async def ok(_call: Call[None]) -> schemas.Nothing:
        """Say ok."""
        return schemas.Nothing()

    app = edge.application()
    edge.add(app, get("/ok", ok, reply=schemas.Nothing, may=Permission.WATCH))
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/ok")).status == 200
        wall.now_s -= 3_600
        assert (await client.get("/ok")).status == 429
        monotonic.now_s += 1.0
        assert (await client.get("/ok")).status == 200


async def test_an_idle_connection_is_closed_when_its_time_is_over() -> None:
    config = Config(secret=SECRET, http_keepalive_s=0.2)
    edge = HttpEdge(config, Database(config), Tokens(SECRET), clock=BusinessClock(Clock()))
    async with TestServer(edge.application()) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(10.0):
            assert (await reader.readline()).startswith(b"HTTP/1.1 404")
            await reader.read()  # until it hangs up
        writer.close()


async def test_tokens_for_one_address_are_limited(database_url: str) -> None:
    async with serving(database_url, sessions_burst_max=2, sessions_per_s_max=1.0) as served:
        answers = [await served.call("POST /api/session", {}, role=None) for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]


async def test_a_device_cannot_walk_through_the_addresses_of_its_network(database_url: str) -> None:
    bounds: dict[str, Any] = {"http_requests_burst_max": 2, "http_requests_per_s_max": 0.001}
    async with serving(database_url, trust_proxy=True, **bounds) as served:

        async def asked_from(address: str) -> int:
            return (await served.call("GET /api/rooms", role=None, headers={"X-Forwarded-For": address})).status

        assert [await asked_from(f"2001:db8::{n}") for n in range(1, 4)] == [200, 200, 429]
        assert await asked_from("2001:db8:0:1::1") == 200
        same = ["203.0.113.9", "::ffff:203.0.113.9", "[::ffff:203.0.113.9]:443"]
        assert [await asked_from(address) for address in same] == [200, 200, 429]


# --- defects of ours ---


async def test_a_defect_is_a_500_that_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_call: Call[None]) -> schemas.Nothing:
        """Break."""
        raise ZeroDivisionError("the secret is hunter2")

    config = Config(secret=SECRET)
    edge = HttpEdge(config, Database(config), Tokens(SECRET), clock=BusinessClock(Clock()))
    app = edge.application()
    edge.add(app, get("/broken", broken, reply=schemas.Nothing, may=Permission.WATCH))
    async with TestClient(TestServer(app)) as client, client.get("/broken") as answer:
        body = await answer.json()
        assert (answer.status, body["code"], body["name"]) == (500, 1299, "internal")
        assert "hunter2" not in await answer.text()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["http.defect"]


async def test_without_postgresql_the_answer_is_503_and_when_to_come_again() -> None:
    async with served_without_postgresql() as client:
        answer = await client.get("/api/rooms")
        body = await answer.json()
        assert (answer.status, body["name"], body["retry_after_ms"]) == (503, "unavailable", 1000)
        assert answer.headers["Retry-After"] == "1"
        assert (await client.get("/healthz")).status == 200
        assert (await client.get("/readyz")).status == 503


def served_without_postgresql() -> TestClient[web.Request, web.Application]:
    settings = app.settings(
        database_url="postgresql://nobody@127.0.0.1:1/none", redis_url="redis://127.0.0.1:1", secret=SECRET
    )
    return TestClient(TestServer(Application(settings).served()))


# --- the numbers ---


def all_errors() -> list[type[LivehubError]]:
    found, waiting = [], [LivehubError]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        found += kinds
        waiting += kinds
    return found


def test_every_error_has_a_number_and_a_name_of_its_own_and_says_what_to_do() -> None:
    ours = [kind for kind in all_errors() if kind.__module__.startswith(("livehub", "commerce"))]
    inner = {kind for kind in ours if kind.__base__ in ours and kind.code == kind.__base__.code}
    assert all(kind.__name__.startswith("_") for kind in inner)  # who hears of it is told what it is a kind of
    kinds = [kind for kind in ours if kind not in inner]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert len({kind.name for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert 1000 <= kind.code < 3000 or 4000 <= kind.code < 6000, kind  # 3000-3999 are close codes
        assert 400 <= kind.status < 600
        assert kind.__doc__
        assert kind().message == kind.text
