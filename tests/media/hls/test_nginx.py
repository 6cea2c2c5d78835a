"""Behind the nginx that we ship, the origin is asked as often by fifty players as by one."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from media.hls.origin import Origin
from tests.media.hls import proxy
from tests.media.hls.players import Player, feed
from tests.media.hls.serving import served

pytestmark = pytest.mark.skipif(proxy.binary() is None, reason="nginx is not installed")

PLAYERS = 50
SECONDS = 8.0


async def watched(origin: Origin, url: str, room: str, count: int) -> tuple[int, list[Player]]:
    """Requests that reached the origin while `count` players watched a stream from its beginning to its end."""
    before = origin.requests
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        players = [Player(session, url, room) for _ in range(count)]
        await asyncio.gather(feed(origin, room, seconds=SECONDS), *(player.play() for player in players))
    return origin.requests - before, players


async def test_the_origin_is_asked_no_more_by_fifty_players_than_by_one(folder: Path) -> None:
    async with served() as (origin, port):
        with proxy.nginx(folder, port) as url:
            by_one, (alone,) = await watched(origin, url, "one", 1)
            by_many, players = await watched(origin, url, "many", PLAYERS)
    assert alone.failures == []
    assert [player.failures for player in players] == [[]] * PLAYERS
    for player in players:  # and they got the stream, each part once and in order
        for parts in player.parts.values():
            numbers = [int(uri.split("-")[1].removesuffix(".m4s")) for uri in parts]
            assert numbers == list(range(numbers[0], numbers[-1] + 1))
            assert numbers[-1] == SECONDS * 5 - 1
    assert sum(player.requests for player in players) > 20 * by_many
    assert by_many <= 1.2 * by_one, (by_many, by_one)
