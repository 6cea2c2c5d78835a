"""A session that ended closes the sockets of its tokens, wherever they are and whether or not Valkey is there; and a token that
runs out is replaced on the open socket, or closes it."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from livehub.base.auth import Identity, Role, Tokens
from tests.integration.server import SECRET, InProcessServer, Person
from tests.integration.viewers import Crowd, TurnedAway

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]

TOLD_WITHIN_S = 1.0  # and some more, since the machine of a test is busy
SLACK_S = 2.0
NO_VALKEY = "unix:///nonexistent/valkey.sock"


async def signed_in(server: InProcessServer, name: str) -> tuple[Person, dict[str, Any]]:
    opened = (await server.call("POST", "/api/session", {"name": name}, headers={"Authorization": ""})).body
    return Person(id=opened["person"]["id"], name=name, role="viewer", token=opened["token"]), opened


async def test_a_session_that_is_ended_in_one_process_closes_its_sockets_in_another_without_valkey(
    open_server: OpenServer, crowd: Crowd
):
    settings = {"sign_in_by_name": True, "redis_url": NO_VALKEY}
    async with open_server(**settings) as here, open_server(**settings) as there:
        mei, opened = await signed_in(here, "Mei")
        again = await here.do("POST", "/api/session", {"refresh": opened["refresh"]})
        both = [await crowd.raw(here, mei), await crowd.raw(there, mei)]
        bo = await crowd.raw(there, (await signed_in(there, "Bo"))[0])
        other, _ = await signed_in(here, "Mei")

        ended_s = time.monotonic()
        assert (await here.call("POST", "/api/sign-out", {}, by=mei)).status == 204
        for viewer in both:
            assert await viewer.close_code(within_s=TOLD_WITHIN_S + SLACK_S) == 3505
        assert time.monotonic() - ended_s < TOLD_WITHIN_S + SLACK_S

        assert not bo.closed.done()
        for server in (here, there):
            for token in (mei.token, again["token"]):
                refused = await server.call("GET", "/api/me", by=Person(id=mei.id, name="", role="viewer", token=token))
                assert (refused.status, refused.body["code"]) == (401, 1104)
        assert (await there.call("GET", "/api/me", by=other)).status == 200


async def test_no_socket_is_opened_by_the_token_of_a_session_that_ended(open_server: OpenServer, crowd: Crowd):
    settings = {"sign_in_by_name": True, "redis_url": NO_VALKEY}
    async with open_server(**settings) as here, open_server(**settings) as there:
        mei, _ = await signed_in(here, "Mei")
        old = await crowd.raw(there, mei)
        assert (await here.call("POST", "/api/sign-out", {}, by=mei)).status == 204
        assert await old.close_code(within_s=TOLD_WITHIN_S + SLACK_S) == 3505  # it is known there, too, from then on
        for server in (here, there):
            viewer = await crowd.unconnected(server)
            await viewer.socket.send_str("40" + json.dumps({"token": mei.token}))
            with pytest.raises(TurnedAway) as turned_away:
                await viewer.admitted()
            assert turned_away.value.error["data"]["code"] == 1104
            assert await viewer.close_code() == 3505


async def test_a_block_closes_the_sockets_of_tokens_without_a_session_in_every_process_within_a_second(
    open_server: OpenServer, crowd: Crowd
):
    settings = {"redis_url": NO_VALKEY}
    async with open_server(**settings) as here, open_server(**settings) as there:
        both = [await crowd.raw(each, each.person("mei")) for each in (here, there)]
        bo = await crowd.raw(there, there.person("bo"))
        admin = Identity(id="root", name="Root", role=Role.ADMIN, signed_in_s=int(time.time()))
        by = Person(
            id="root", name="Root", role="admin", token=Tokens(SECRET).sign(admin, now_s=time.time(), ttl_s=600)
        )

        blocked_s = time.monotonic()
        made = await here.call(
            "POST", "/api/blocked", {"person": "mei", "has_no_account": True, "reason": "spam"}, by=by
        )
        assert made.status == 201, made
        for viewer in both:
            assert await viewer.close_code(within_s=TOLD_WITHIN_S + SLACK_S) == 3505
        assert time.monotonic() - blocked_s < TOLD_WITHIN_S + SLACK_S
        assert not bo.closed.done()
        for server in (here, there):
            refused = await server.call("GET", "/api/me", by=server.person("mei"))
            assert (refused.status, refused.body["code"]) == (401, 1104)


async def test_a_new_token_goes_on_where_the_old_one_ends(open_server: OpenServer, crowd: Crowd):
    async with open_server(sign_in_by_name=True, ping_interval_s=1.0, socket_token_grace_s=0.5) as server:
        room = await server.room()
        opened = (await server.call("POST", "/api/session", {"name": "Mei"}, headers={"Authorization": ""})).body
        mei = Identity(id=opened["person"]["id"], name="Mei", role=Role.VIEWER)
        short = Tokens(SECRET).sign(mei, now_s=time.time(), ttl_s=2)
        renewing = await crowd.raw(server, Person(id=mei.id, name="Mei", role="viewer", token=short))
        forgetting = await crowd.raw(server, Person(id=mei.id, name="Mei", role="viewer", token=short))
        await renewing.join(room)
        await renewing.done("token", {"token": opened["token"]})
        assert await forgetting.close_code() == 3006
        await renewing.done("chat", {"room": room, "text": "still here"})
        assert not renewing.closed.done()


async def test_the_token_of_another_person_changes_nothing(server: InProcessServer, crowd: Crowd):
    mei = await crowd.raw(server, server.person("mei"))
    for token, code in ((server.person("bo").token, 1109), (server.person("mei", ttl_s=-1).token, 1101), ("x", 1101)):
        assert (await mei.refused("token", {"token": token}))["code"] == code
    room = await server.room()
    await mei.join(room)
    said = await mei.done("chat", {"room": room, "text": "it is me"})
    assert (await mei.line("it is me"))["id"] == said["id"]
    assert (await mei.line("it is me"))["user"] == "mei"
