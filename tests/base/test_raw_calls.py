"""What is no typed call is in the OpenAPI document and the tables of who may do what, too: exactly what is routed."""

from typing import Any

import pytest

from livehub import app
from livehub.app import Application
from livehub.base.auth import PERMISSIONS, Permission, Role
from livehub.base.bounds import Bound, bound_of
from livehub.base.raw_calls import RawCall
from tests.base.served import SECRET, serving

WITNESS: dict[str, Any] = {"log_witness_key": "11" * 32, "log_witness_name": "witness.example/w"}
# Told of elsewhere: pages, players' media, sockets, other sites' ways back, what watches the server, and providers.
ELSEWHERE: tuple[str, ...] = (
    "/live/",
    "/media/",
    "/uploads/",
    "/socket.io/",
    "/api/sign-in/",
    "/api/payments/",
    "/api/openapi.json",
)
ELSEWHERE += (
    "/healthz",
    "/readyz",
    "/metrics",
    "/r/",
    "/me",
    "/orders",
    "/studio",
    "/ops",
    "/field",
    "/{file}",
    "/api/{rest}",
)
# What each asks for, written out once more, where that is not everybody's.
NEEDED = {
    f"{method} /epcis/v2{path}": Permission.EXCHANGE_EVENTS
    for method, path in (
        ("POST", "/capture"), ("GET", "/capture"), ("GET", "/capture/{job}"), ("POST", "/events"), ("GET", "/events"),
        ("GET", "/events/{event}"), ("GET", ""), ("GET", "/"), ("GET", "/{resource}"), ("GET", "/{resource}/{value}"),
        ("GET", "/{resource}/{value}/events"), ("GET", "/epcs/{value}/trace"),
    )
}  # fmt: skip


def application() -> Application:
    return Application(app.settings(secret=SECRET, **WITNESS))


def calls() -> list[RawCall]:
    return application().raw_calls()


def test_what_is_routed_is_declared_and_what_is_declared_is_routed() -> None:
    routed = set()
    for route in application().served().router.routes():
        path = "" if route.resource is None else route.resource.canonical
        is_told = path == "/" or path.startswith(ELSEWHERE)
        if not is_told and bound_of(route.handler).bound is not Bound.TYPED and route.method not in ("HEAD", "OPTIONS"):
            routed.add(f"{'GET' if route.method == '*' else route.method} {path}")
    declared = [f"{call.method} {call.path}" for call in calls()]
    assert set(declared) == routed
    assert len(declared) == len(set(declared))


def test_each_asks_for_what_the_table_says() -> None:
    assert {f"{c.method} {c.path}": c.may for c in calls() if c.may is not Permission.WATCH} == NEEDED


async def test_the_document_has_them_with_whose_they_are(database_url: str) -> None:
    async with serving(database_url, **WITNESS) as served:
        paths = (await served.done("GET /api/openapi.json"))["paths"]
    for call in calls():
        operation = paths[call.path][call.method.lower()]
        assert operation["summary"] == call.summary
        assert operation.get("x-permission", "watch") == call.may.value
        assert {int(status) for status in operation["responses"] if status != "default"} == set(call.gives)
    names = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(names) == len(set(names))
    capture = paths["/epcis/v2/capture"]["post"]
    assert set(capture["requestBody"]["content"]) == {"application/json", "application/ld+json"}
    assert "6040 events_invalid" in capture["responses"]["default"]["description"]
    assert [each["name"] for each in paths["/{key}/{rest}"]["get"]["parameters"]] == [
        "key", "rest", "linkType", "Accept", "Accept-Language",
    ]  # fmt: skip


@pytest.mark.parametrize("role", [None, *Role])
async def test_nobody_gets_past_who_may_not(database_url: str, role: Role | None) -> None:
    async with serving(database_url) as served:
        for call in NEEDED:
            path = (
                call.replace("{resource}", "bizSteps")
                .replace("{value}", "x")
                .replace("{event}", "x")
                .replace("{job}", "x")
            )
            status = (await served.call(path, role=role)).status
            may = role is not None and NEEDED[call] in PERMISSIONS[role]
            assert (status not in (401, 403)) is may, (call, status)
        assert await served.database.fetchval("SELECT count(*) FROM epcis_jobs") == 0
