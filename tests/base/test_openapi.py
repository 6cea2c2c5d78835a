"""The server does what its OpenAPI document says, whatever is drawn from it or sent against it; no answer is a 5xx.

Schemathesis draws the calls out of the document that the running server gives, the same ones at every run. Everything that they
have stored must be readable in the end.
"""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode, checks

from livehub import app
from livehub.app import Application
from livehub.base.auth import Role
from livehub.base.endpoints import Endpoint
from livehub.base.file_body import FileBody
from livehub.embedded.servers import Postgres
from tests.base.served import NO_VALKEY, SECRET, Served, serving
from tests.room import said

# A call may be refused by a rule that no schema can say: a quiz without options, a key that was used for another body.
BY_RULE = [checks.positive_data_acceptance]
ROOM = "farm"


class Named(dict[str, str]):
    """Names for an address: the room is there, nothing else is."""

    def __missing__(self, name: str) -> str:
        return ROOM if name == "room" else "nothing"


class Running:
    """Where a server is, its document, and the token of somebody who may make every call."""

    def __init__(self, url: str, token: str, database_url: str) -> None:
        self.url = url
        self.headers = {"Authorization": f"Bearer {token}"}
        self.database_url = database_url
        with urllib.request.urlopen(f"{url}/api/openapi.json") as answer:
            self.document: dict[str, Any] = json.load(answer)
        self.schema = schemathesis.openapi.from_dict(self.document)


@pytest.fixture(scope="module")
def running(postgres: Postgres, _template: str) -> Iterator[Running]:
    """A server in a thread of its own, because Schemathesis waits for its answers."""
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE openapi TEMPLATE {_template}")
    url: list[tuple[str, str]] = []
    ready = threading.Event()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with serving(postgres.url("openapi"), has_stock=True, sessions_burst_max=100_000) as served:
            await furnish(served)
            url.append((str(served.client.make_url("")), served.token(Role.ADMIN, ttl_s=100_000)))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(30)
    yield Running(*url[0], postgres.url("openapi"))
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    loop.close()


async def furnish(served: Served) -> None:
    """A room, so that calls find something."""
    await served.done("POST /api/rooms", {"id": ROOM, "title": "Farm day"})


ENDPOINTS = Application(app.settings(secret=SECRET, redis_url=NO_VALKEY)).endpoints()


def calls(endpoints: list[Endpoint]) -> pytest.MarkDecorator:
    """One test for each."""
    names = [f"{endpoint.method} {endpoint.path}" for endpoint in endpoints]
    return pytest.mark.parametrize(("method", "path"), [name.split(" ") for name in names], ids=names)


def drawn(examples: int) -> settings:
    return settings(max_examples=examples, suppress_health_check=list(HealthCheck))


@calls(ENDPOINTS)
def test_what_the_document_allows_is_answered_as_it_says(running: Running, method: str, path: str) -> None:
    @drawn(6)
    @given(running.schema[path][method].as_strategy(generation_mode=GenerationMode.POSITIVE))
    def call(case: Case[Any]) -> None:
        if "room" in case.path_parameters:
            case.path_parameters["room"] = ROOM
        case.call_and_validate(base_url=running.url, headers=running.headers, excluded_checks=BY_RULE)

    call()


@calls([endpoint for endpoint in ENDPOINTS if "{" in endpoint.path or endpoint.body is not None])
def test_what_the_document_does_not_allow_is_refused(running: Running, method: str, path: str) -> None:
    @drawn(5)
    @given(running.schema[path][method].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def call(case: Case[Any]) -> None:
        case.call_and_validate(base_url=running.url, headers=running.headers, excluded_checks=BY_RULE)

    call()


@calls(ENDPOINTS)
def test_a_call_without_a_token_is_answered_as_the_document_says(running: Running, method: str, path: str) -> None:
    @drawn(3)
    @given(running.schema[path][method].as_strategy())
    def call(case: Case[Any]) -> None:
        answer = case.call_and_validate(base_url=running.url, excluded_checks=BY_RULE)
        staff = "security" in running.schema[path][method].definition.raw
        assert not staff or answer.status_code in (400, 401, 404)

    call()


@calls([e for e in ENDPOINTS if e.body is not None and not isinstance(e.body, FileBody)])
def test_no_body_at_all_is_taken_where_the_document_says_so(running: Running, method: str, path: str) -> None:
    request = urllib.request.Request(running.url + path.format_map(Named()), method=method, headers=running.headers)
    required = running.document["paths"][path][method.lower()]["requestBody"]["required"]
    try:
        with urllib.request.urlopen(request) as answer:
            status, body = answer.status, b""
    except urllib.error.HTTPError as refusal:
        status, body = refusal.code, refusal.read()
    assert (status == 400 and b"missing required field" in body) is required, (status, body)


ROOM_WRITERS = [e for e in ENDPOINTS if e.writes and e.method == "POST" and e.path.startswith("/api/rooms/{room}/")]


def test_what_the_calls_have_stored_can_be_read_back(running: Running) -> None:
    for endpoint in ROOM_WRITERS:
        test_what_the_document_allows_is_answered_as_it_says(running, endpoint.method, endpoint.path)
    with psycopg.connect(running.database_url) as connection:
        states = connection.execute("SELECT state::text FROM rooms").fetchall()
        messages = connection.execute("SELECT data::text FROM room_controls").fetchall()
    assert states
    assert len(messages) > 10
    for (state,) in states:
        assert said.REGISTRY.read("farm", state).faults == ()
    for (data,) in messages:
        assert msgspec.json.decode(data, type=said.REGISTRY.data_type()) is not None
