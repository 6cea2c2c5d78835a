"""Every route of the application is bounded: by the person or the address that asks, or it stands here with its reason."""

import re
from typing import Any

import pytest

from livehub import app
from livehub.app import DEMO_MODULES, Application
from livehub.base.bounds import Bound, bound_of
from tests.base.served import SECRET, Answer, serving

# Public files: by address alone, with a bound of their own (LIVEHUB_HTTP_FILES_PER_S_MAX).
FILES = {
    "/.well-known/gs1resolver",
    "/trace/batches/{batch}",
    "/trace/page.css",
    "/trace/vouchers/{batch}",
    "/trace/voucher.css",
    "/trace/{key}/{rest}",
    "/{key}/{rest}",
    "/log/checkpoint",
    "/log/key",
    "/log/proof/{index}",
    "/log/proofs",
    "/log/{tile}",
    "/r/{tail}",
    "/uploads/{id}/{size}.webp",
    # Sessions of media, whose tokens are those of cameras: what is done with one that there is.
    "/media/sessions/{session}",
    "/media/whep/{room}",
    "/media/whep/{room}/{camera}",
    "/media/whip/{camera}",
    "/media/whip/{camera}/{session}",
}
# By nothing here.
PAGES = {
    "/",
    "/me",
    "/{file}",
    *(f"/{part}{tail}" for part in ("orders", "studio", "ops", "field") for tail in ("", "/{tail}")),
}
MONITORING = {"/healthz", "/readyz", "/metrics", "/metrics/own"}
PICTURES = {
    "/live/{room}/index.m3u8", "/live/{room}/still.jpg", "/live/{room}/{rendition}/index.m3u8",
    "/live/{room}/{rendition}/{kind}{run}-{number}.{ending}", "/media/thumbnails/{room}/{camera}.jpg",
    "/media/recordings/{id}/index.m3u8", "/media/recordings/{id}/poster.jpg",
    "/media/recordings/{id}/{rendition}/index.m3u8", "/media/recordings/{id}/{rendition}/{name}",
    "/media/clips/{id}.mp4", "/media/clips/{id}/index.m3u8", "/media/clips/{id}/poster.jpg",
    "/media/clips/{id}/{rendition}/index.m3u8", "/media/clips/{id}/{rendition}/{name}",
}  # fmt: skip
UNBOUNDED = {
    **dict.fromkeys(PAGES, "pages and what they load"),
    **dict.fromkeys(MONITORING, "what watches the server asks it"),
    **dict.fromkeys(PICTURES, "a show's pictures"),
    "/socket.io/": "sessions are bounded by address where they begin",
    "POST /api/payments/notices/{provider}": "signed by the provider",
    "POST /api/sensors/{device}/readings": "signed by its device",
    "POST /media/whip/{camera}": "sessions are bounded here by address",
    "POST /media/whep/{room}": "sessions are bounded here by address",
    "POST /media/whep/{room}/{camera}": "sessions are bounded here by address",
}
WITNESS: dict[str, Any] = {"log_witness_key": "11" * 32, "log_witness_name": "witness.example/w"}
VALUES = {
    "key": "01", "rest": "09506000134352", "resource": "bizSteps", "size": "large", "tile": "tile/0/000", "ending": "m4s",
    "kind": "part", "run": "1", "number": "1", "id": "0123456789abcdefgh", "index": "0",
}  # fmt: skip


def routes() -> list[tuple[str, str, Any]]:
    """Method, address, handler of all that is served, those of `demo` too."""
    served = Application(app.settings(secret=SECRET, **WITNESS), modules=DEMO_MODULES).served()
    return [
        (route.method, resource.canonical, route.handler)
        for route in served.router.routes()
        if (resource := route.resource) is not None
    ]


def test_what_is_bounded_otherwise_than_calls_is_listed_with_its_reason() -> None:
    by_files, unbounded, reasons = set(), {}, set()
    for method, path, handler in routes():
        bound = bound_of(handler)
        if bound.bound is Bound.FILES and method not in ("OPTIONS", "*"):
            by_files.add(path)
        if bound.bound is Bound.FILES and method == "*" and not path.startswith(("/live/", "/media/")):
            by_files.add(path)
        if bound.bound is Bound.NONE:
            key = f"{method} {path}" if method == "POST" else path
            unbounded[key] = bound.why
            reasons.add(bound.why)
    assert by_files == FILES
    assert set(unbounded) == set(UNBOUNDED)
    for path, reason in UNBOUNDED.items():
        assert unbounded[path].startswith(reason), path
    assert len(reasons) == 7


def test_every_typed_call_is_counted_as_one() -> None:
    settings = app.settings(secret=SECRET)
    application = Application(settings, modules=DEMO_MODULES)
    typed = {(e.method, e.path) for e in application.endpoints()}
    typed |= {("HEAD", e.path) for e in application.endpoints() if e.method == "GET"}
    assert {(method, path) for method, path, handler in routes() if bound_of(handler).bound is Bound.TYPED} >= typed


async def test_every_route_that_is_not_listed_refuses_who_asks_too_often(database_url: str) -> None:
    """Each from an address of its own, twice within a burst of one."""
    few: dict[str, Any] = {"http_requests_burst_max": 1, "http_requests_per_s_max": 0.001}
    few |= {"http_files_burst_max": 1, "http_files_per_s_max": 0.001, "trust_proxy": True, **WITNESS}
    async with serving(database_url, modules=DEMO_MODULES, **few) as served:
        answers: dict[str, list[Answer]] = {}
        listed = [(method, path, bound_of(handler).bound) for method, path, handler in routes()]
        asked = [(m, p) for m, p, bound in listed if bound is not Bound.NONE]
        for n, (method, path) in enumerate(asked):
            filled = re.sub(r"{(\w+)}", lambda name: VALUES.get(name[1], "x"), path)
            headers = {"X-Forwarded-For": f"10.{n >> 8}.{n & 255}.1"}
            call = f"{'PUT' if method == '*' else method} {filled}"
            answers[f"{method} {path}"] = [await served.call(call, role=None, headers=headers) for _ in range(2)]
        not_refused = {name: [each.status for each in two] for name, two in answers.items() if two[1].status != 429}
        assert not_refused == {}
        assert {name for name, two in answers.items() if two[0].status == 429} == set()
        assert len(answers) > 400


@pytest.mark.parametrize("path", ["/epcis/v2/events", "/labels/a/lot", "/dev/mailbox"])
async def test_bad_tokens_at_any_route_count_for_all_of_them(database_url: str, path: str) -> None:
    few: dict[str, Any] = {"http_requests_burst_max": 3, "http_requests_per_s_max": 0.5}
    bad = {"Authorization": "Bearer nonsense"}
    async with serving(database_url, modules=DEMO_MODULES, **few) as served:
        for _ in range(3):
            assert (await served.call(f"GET {path}", role=None, headers=bad)).status in (401, 403, 404, 200)
        assert (await served.call(f"GET {path}", role=None, headers=bad)).status == 429
        assert (await served.call("GET /api/session", user="ann")).status == 429  # whoever it is: nobody looks
        served.clock.now_s += 2.001
        assert (await served.call("GET /api/session", user="ann")).status == 200


async def test_a_person_with_a_token_shares_no_bound_with_others_behind_the_address(database_url: str) -> None:
    async with serving(database_url, http_requests_burst_max=3, http_requests_per_s_max=0.5) as served:
        statuses = [(await served.call("GET /epcis/v2/events", user=f"user-{n}")).status for n in range(10)]
        assert statuses == [403] * 10
        statuses = [(await served.call("GET /epcis/v2/events", user="one")).status for n in range(4)]
        assert statuses == [403, 403, 403, 429]


async def test_refusals_are_as_the_clients_of_the_route_know_them(database_url: str) -> None:
    few: dict[str, Any] = {"http_requests_burst_max": 1, "http_requests_per_s_max": 0.5}
    few |= {"http_files_burst_max": 1, "http_files_per_s_max": 0.5}
    async with serving(database_url, **few) as served:
        await served.call("GET /epcis/v2/events", role=None)
        epcis = await served.call("GET /epcis/v2/events", role=None)
        assert (epcis.status, epcis.headers["GS1-EPCIS-Version"]) == (429, "2.0.0")
        assert epcis.body["type"] == "epcisException:ImplementationException"
        await served.call("GET /log/tile/0/000", role=None)
        tile = await served.call("GET /log/tile/0/000", role=None)
        assert (tile.status, tile.headers["Access-Control-Allow-Origin"]) == (429, "*")
        assert tile.body["name"] == "too_fast"
        scan = await served.call("GET /01/09506000134352", role=None, headers={"Accept": "text/html"})
        assert (scan.status, scan.headers["Retry-After"]) == (429, "3")
        assert scan.headers["Access-Control-Allow-Origin"] == "*"
        assert "Unavailable right now" in scan.raw.decode() or "暂时无法查询" in scan.raw.decode()
