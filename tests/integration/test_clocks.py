"""A step of the wall clock, back by an hour or forward by ten seconds, changes nothing but the time that messages bear."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from livehub.app import Application
from livehub.base.config import Settings
from livehub.node import serving
from tests.integration.server import InProcessServer, connections, listening
from tests.integration.test_hostile_polling import Poller
from tests.integration.viewers import Crowd

BACK_S, FORWARD_S = -3_600.0, 10.0


class WallClock:
    """The time of day, as somebody set it."""

    def __init__(self) -> None:
        self.step_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.step_s


@asynccontextmanager
async def opened(settings: Settings, clock: WallClock) -> AsyncIterator[InProcessServer]:
    application = Application(settings, now_s=clock)
    listener = listening()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with serving.served(application, listener), connections() as session:
        yield InProcessServer(url, session, application)


@pytest.mark.parametrize("step_s", [BACK_S, FORWARD_S])
async def test_who_is_here_stays_and_who_waits_waits_no_longer(step_s: float, settings: Settings, crowd: Crowd):
    limits = {"socket_handshake_s": 8.0, "presence_ttl_s": 5.0, "chat_burst_max": 1, "ping_interval_s": 2.0}
    clock = WallClock()
    async with opened(settings.replace(**limits), clock) as server:
        room = await server.room()
        speaker, viewer = await crowd.raw(server, server.person("ann")), await crowd.raw(server)
        for each in (speaker, viewer):
            await each.join(room)
        await viewer.inbox.until("tick", lambda body: body["viewers"] == 2)
        undecided, silent = await crowd.unconnected(server), await Poller.open(server)
        await speaker.done("chat", {"room": room, "text": "before"})
        refused = await speaker.refused("chat", {"room": room, "text": "too soon"})
        assert refused["retry_after_ms"] <= 1_011

        clock.step_s = step_s
        seen = len(viewer.inbox.all)
        await asyncio.sleep(refused["retry_after_ms"] / 1000)

        await speaker.done("chat", {"room": room, "text": "after"})
        line = await viewer.line("after")
        assert abs(line["ts"] / 1000 - clock()) < 5.0
        await undecided.say_connect()
        assert await silent.post("40{}") == 200
        assert (await server.do("GET", f"/api/rooms/{room}"))["room"]["viewers"] == 2
        ticks = [body for event, body in viewer.inbox.all[seen:] if event == "tick"]
        assert {tick["viewers"] for tick in ticks} == {2}
        assert not speaker.closed.done()
        assert not viewer.closed.done()
