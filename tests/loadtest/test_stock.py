"""The same crowd on a stock Socket.IO server: python-socketio as it comes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import socketio
from aiohttp import web

from loadtest.hearing import Figures
from loadtest.talk import Talk, talk
from tests.loadtest.stage import crowd_at, until


@asynccontextmanager
async def stock() -> AsyncIterator[int]:
    """Its port. Chat and likes go to the room as they come."""
    server = socketio.AsyncServer(async_mode="aiohttp")

    @server.on("join")
    async def join(sid, body):
        await server.enter_room(sid, body["room"])
        return {"ok": True}

    for name in ("chat", "like"):

        async def pass_on(_sid, body, name=name):
            await server.emit(name, body, room=body["room"])

        server.on(name, pass_on)
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    try:
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await server.shutdown()
        await runner.cleanup()


@pytest.mark.parametrize("deflate", [False, True])
async def test_it_is_joined_and_heard(deflate):
    async with stock() as port, crowd_at(port, dialect="socketio", size=4, deflate=deflate) as crowd:
        assert await crowd.enter(per_s=0, at_once=4) == 4
        await talk(crowd, Talk(seconds=0.25, chats_per_s=40, likes_per_s=160, like_batch=8))
        whole = Figures()

        def all_came() -> bool:
            whole.merge(crowd.figures(0))
            return whole.frames == 4 * (10 + 5)

        await until(all_came)
        assert (whole.lines, whole.likes, whole.controls) == (4 * 10, 4 * 5 * 8, 0)
        assert (whole.faults, whole.notices, whole.entered) == ({}, {}, 4)
        assert whole.chat.total == 40
