"""Chromium over bad links: a viewer sees a picture at once in spite of losses, a publisher fits into a narrow one."""

import asyncio
import statistics
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

from media.module import Media
from tests.bench import browser as chromium
from tests.bench.joins import joined, play, stream
from tests.bench.relay import MediaProxy, Trouble
from tests.integration.server import InProcessServer, eventually
from tests.media.integration.peers import RawPeer
from tests.media.integration.test_hostile import ENOUGH

GOP_S = 8.0
LINK_BPS = 500_000.0


@pytest.fixture
async def server(open_server) -> AsyncIterator[InProcessServer]:
    async with open_server(**ENOUGH) as running:
        yield running


@pytest.fixture
async def browser(browser_path: str | None) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=browser_path, args=list(chromium.FLAGS))
        yield launched
        await launched.close()


async def test_who_joins_over_a_link_that_loses_packets_sees_a_picture_without_a_new_keyframe(
    server: InProcessServer, browser: Browser
) -> None:
    room = await server.room()
    made = await server.do("POST", f"/api/rooms/{room}/cameras", {"name": "OBS"})
    node = server.application.get(Media).node
    pictures = stream(GOP_S, 800_000)
    async with RawPeer.of(sends=True) as peer:
        await peer.begun(server, made["whip"], made["token"])
        await peer.connected()
        playing = asyncio.create_task(play(peer, pictures))
        camera = node.cameras.get(made["camera"]["id"])
        assert camera is not None

        async def is_in_the_middle() -> bool:
            age_s = asyncio.get_running_loop().time() - (camera.last_key_s or 0.0)
            program = node.programs.running.get(room)
            return program is not None and program.mix.on_air == camera.id and 3.0 < age_s < 3.5

        page = await browser.new_page()
        await page.goto(server.url + "/healthz")
        for seed in range(3):
            await eventually(is_in_the_middle)
            came = await joined(
                page,
                f"{server.url}/media/whep/{room}",
                ("127.0.0.1", node.mux.number),
                Trouble(loss=0.05, delay_s=0.02),
                seed,
                2.0,
            )
            assert came["first_ms"] is not None
            assert came["first_ms"] < (GOP_S - 4.0) * 1_000, came  # the next keyframe is later than that
            assert came["nacks"] > 0, came
        playing.cancel()


async def test_a_publisher_sends_less_than_its_link_takes_and_no_queue_stands_before_it(
    server: InProcessServer, browser: Browser
) -> None:
    room = await server.room()
    made = await server.do("POST", f"/api/rooms/{room}/cameras", {"name": "Phone"})
    mux = server.application.get(Media).node.mux
    page = await browser.new_page()
    await page.goto(server.url + "/healthz")
    narrow = Trouble(rate_bps=LINK_BPS, queue_bytes=250_000, delay_s=0.02)  # four seconds of queue
    with MediaProxy(("127.0.0.1", mux.number), narrow, seed=1) as relay:
        await chromium.publish(page, server.url + made["whip"], made["token"], width=640, height=360, port=relay.port)
        await asyncio.sleep(15.0)
        before = await chromium.sent(page)
        begun = len(relay.ways["up"].queued_s)
        await asyncio.sleep(10.0)
        after = await chromium.sent(page)
        queued_s = [wait_s for _, wait_s in relay.ways["up"].queued_s[begun:]]
    sent_bps = (after["bytes"] - before["bytes"]) * 8 / 10
    assert 0 < sent_bps < LINK_BPS
    assert (
        statistics.median(queued_s) < 0.4
    )  # 0.8 and more where nothing tells the sender of delays (docs/benchmarks.md)
