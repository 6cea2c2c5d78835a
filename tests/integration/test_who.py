"""Who one says one is: a token that is not good ends the connection, none makes a guest, other pages' sockets stay shut."""

import json
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
import pytest

from livehub.hub.hub import Hub
from tests.integration.server import SECRET, InProcessServer
from tests.integration.viewers import Crowd, TurnedAway
from tests.tokens import jwt

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]


def token(**claims: Any) -> dict[str, Any]:
    now_s = int(time.time())
    whole = {"iss": "livehub", "sub": "eve", "name": "Eve", "role": "admin", "iat": now_s, "exp": now_s + 60, **claims}
    return {key: value for key, value in whole.items() if value is not None}


BAD_TOKENS: list[Any] = [
    {"token": "nonsense"},
    {"token": "x" * 5_000},
    {"token": 5},
    {"token": ["a"]},
    {"token": "\ud83d\ude00.\u4f60.\u597d"},
    ["token"],
    "token",
    {"token": jwt(token(), "another secret of more than 32 characters", "HS256")},
    {"token": jwt(token(), SECRET, "HS512")},
    {"token": jwt(token(), "", "none")},
    {"token": jwt(token(exp=1), SECRET, "HS256")},
    {"token": jwt(token(exp=None), SECRET, "HS256")},
    {"token": jwt(token(exp="soon"), SECRET, "HS256")},
    {"token": jwt(token(role="emperor"), SECRET, "HS256")},
    {"token": jwt(token(iss="elsewhere"), SECRET, "HS256")},
]


async def test_a_token_that_is_not_ours_or_is_over_ends_the_connection(server: InProcessServer, crowd: Crowd):
    refusals = await server.metric("livehub_refusals", name="bad_token")
    for auth in BAD_TOKENS:
        viewer = await crowd.unconnected(server)
        await viewer.socket.send_str("40" + json.dumps(auth))

        with pytest.raises(TurnedAway) as turned_away:
            await viewer.admitted()
        assert turned_away.value.error["message"] == "bad_token", auth
        assert turned_away.value.error["data"]["code"] == 1101, auth
        assert await viewer.close_code() == 3500, auth
    assert await server.metric("livehub_refusals", name="bad_token") == refusals + len(BAD_TOKENS)
    assert await server.metric("livehub_sockets") == 0


async def test_who_shows_no_token_is_a_guest(server: InProcessServer, crowd: Crowd):
    room = await server.room()
    for auth in ("", "null", "{}", '{"token":null}', '{"token":""}', '""', '{"other":1}'):
        viewer = await crowd.unconnected(server)
        await viewer.socket.send_str("40" + auth)
        await viewer.admitted()

        await viewer.join(room)
        assert (await viewer.refused("chat", {"room": room, "text": "hello"}))["code"] == 1100, auth


async def test_pages_of_other_origins_may_not_open_the_socket(open_server: OpenServer, crowd: Crowd):
    async with open_server(allowed_origins="https://partner.example", public_url="https://live.example/shop") as server:
        own = server.url
        for origin in (own, "https://partner.example", "https://live.example", None):
            headers = {"Origin": origin} if origin else {}
            viewer = await crowd.raw(server, headers=headers)
            assert viewer.closed.done() is False
        for origin in (
            "https://evil.example",
            "https://live.example.evil.example",
            "https://partner.example:444",
            "http://partner.example",
            "null",
            own + "0",
            own.replace("127.0.0.1", "localhost"),
        ):
            headers = {"Origin": origin, "Cookie": "livehub-viewer=a-session-of-the-visitor"}
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await crowd.raw(server, headers=headers)
            assert refused.value.status == 403
            upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
            for transport, more in (
                ("polling", {}),
                ("websocket", {**upgrade, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}),
            ):
                address = f"{server.url}/socket.io/?EIO=4&transport={transport}"
                async with server.session.get(address, headers={**headers, **more}) as answer:
                    assert (answer.status, answer.content_type) == (403, "application/problem+json"), transport
                    assert {"code": 1105, "name": "foreign_origin"}.items() <= (await answer.json()).items()
                    assert not {"Access-Control-Allow-Origin", "Set-Cookie"} & set(answer.headers)
        hub = server.application.get(Hub)
        assert len(hub.clients.connections) == len(hub.sockets._sio.eio.sockets) + 4 == 4
