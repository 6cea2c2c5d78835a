"""Offers have the bounds of all bodies: in size, and in the time they may take to arrive."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from livehub.base.auth import Tokens
from livehub.base.clock import Clock
from livehub.base.db import Database
from livehub.base.http import HttpEdge
from media.rtc.resource import SDP, read_sdp
from media.settings import MediaConfig
from tests.base.served import SECRET
from tests.patience import PATIENCE_S


def offered(config: MediaConfig) -> TestServer:
    async def echo(request: web.Request) -> web.Response:
        return web.Response(text=await read_sdp(request, config))

    app = HttpEdge(config, Database(config), Tokens(SECRET), clock=Clock()).application()
    app.router.add_post("/whip", echo)
    return TestServer(app)


async def test_an_offer_that_stops_half_way_is_not_waited_for() -> None:
    async with offered(MediaConfig(http_body_s=0.2)) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(
            b"POST /whip HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: 100\r\n\r\nv=0"
        )
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.readline() == b"HTTP/1.1 408 Request Timeout\r\n"
            await reader.read()  # until it hangs up
        writer.close()


@pytest.mark.parametrize(("size", "status"), [(1024, 200), (1025, 413)])
@pytest.mark.parametrize("is_declared", [True, False])
async def test_an_offer_has_a_largest_size(size: int, status: int, is_declared: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size):
            yield b"v"

    async with offered(MediaConfig(media_sdp_bytes_max=1024)) as server, aiohttp.ClientSession() as session:
        body = b"v" * size if is_declared else pieces()
        async with session.post(server.make_url("/whip"), data=body, headers={"Content-Type": SDP}) as answer:
            assert answer.status == status
