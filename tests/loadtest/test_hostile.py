"""Attackers do what they are called; the verdict on a room is that of its medians."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSMsgType, web

from loadtest.hostile.attackers import ATTACKERS, LIES, attacking
from loadtest.hostile.command import table
from loadtest.hostile.rounds import Outcome, Window
from loadtest.hostile.wire import Got, Target
from tests.loadtest.stage import served, until


class Victim:
    """A server that lets everybody in and writes down what it is sent."""

    def __init__(self) -> None:
        self.sockets = 0
        self.sent: Counter[str] = Counter()
        self.joins: list[object] = []

    async def handler(self, request: web.Request) -> web.StreamResponse:
        self.sockets += 1
        socket = web.WebSocketResponse(max_msg_size=100_000)
        await socket.prepare(request)
        await socket.send_str('0{"sid":"s"}')
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                break
            await self._take(socket, message.data)
        return socket

    async def _take(self, socket: web.WebSocketResponse, text: str) -> None:
        if text.startswith("40"):
            await socket.send_str('40{"sid":"x"}')
            return
        event, body = json.loads(text[text.index("[") :])
        self.sent[event] += 1
        if event == "join":
            self.joins.append(body["since"])
            await socket.send_str('430[{"ok":true}]')
        else:
            error = {"ok": False, "error": {"code": 1003}}
            await socket.send_str("437" + json.dumps([error]))


@asynccontextmanager
async def attacked(name: str) -> AsyncIterator[tuple[Victim, Got]]:
    """A victim under attack, and what the attacker gets."""
    victim, got = Victim(), Got()
    async with served(victim.handler) as port:
        target = Target(host="127.0.0.1", port=port, room="r", source="127.0.250.1")
        task = asyncio.get_running_loop().create_task(attacking(name, target, got))
        try:
            yield victim, got
        finally:
            task.cancel()
            await asyncio.wait([task])


@pytest.mark.parametrize("name", ["never reads", "reads a byte a second"])
async def test_slow_readers_go_on_asking_for_more(name):
    async with attacked(name) as (victim, got):
        await until(lambda: victim.sent["join"] > 30)
        assert (victim.sockets, got.entered) == (10, 10)


async def test_likes_come_by_the_thousand_and_errors_are_counted():
    async with attacked("10,000 likes a second") as (victim, got):
        await until(lambda: victim.sent["like"] > 2_000)
        await until(lambda: got.errors.get("1003", 0) > 1_000)
        assert victim.sockets == 1


async def test_a_thousand_sockets_are_a_thousand():
    async with attacked("1,000 sockets") as (victim, got):
        await until(lambda: got.entered == 1_000, within_s=30)
        assert victim.sockets == 1_000


async def test_half_a_frame_is_never_a_whole_one():
    async with attacked("half a frame") as (victim, got):
        await until(lambda: got.entered == 10)
        assert set(victim.sent) == {"join"}


async def test_half_a_request_never_reaches_anybody():
    async with attacked("half a request") as (victim, got):
        await until(lambda: got.sockets == 10 and got.bytes_sent > 0)
        assert victim.sockets == 0


async def test_those_who_never_connect_only_open():
    async with attacked("never connects") as (victim, _):
        await until(lambda: victim.sockets == 10)
        assert not victim.sent


async def test_a_huge_message_gets_its_close_code_and_is_tried_again():
    async with attacked("100 MB message") as (victim, got):
        await until(lambda: victim.sockets >= 2, within_s=30)
        assert set(got.closed) == {"1009"}


async def test_every_lie_is_told():
    async with attacked("lies about its offset") as (victim, _):
        await until(lambda: len(victim.joins) > 10 * len(LIES))
        told = {json.dumps(since) for since in victim.joins}
        assert told >= {json.dumps(json.loads(lie.replace("%s", "r"))) for lie in LIES}


def window(p99: float) -> Window:
    return Window(chat_p50_ms=1, chat_p99_ms=p99, control_p50_ms=1, control_p99_ms=10, frames=1, server_cpu_s=0)


def outcome(quiet: list[float], during: list[float], faults: dict[str, int] | None = None) -> Outcome:
    return Outcome(
        attacker=next(iter(ATTACKERS)), quiet=[window(ms) for ms in quiet], attacked=[window(ms) for ms in during],
        got=Got(), faults=faults or {}, notices={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("quiet", "during", "calm"),
    [
        ([10, 10, 10], [15, 15, 15], True),
        ([10, 10, 10], [16, 16, 16], False),
        ([10, 10, 10], [10, 10, 900], True),
        ([1, 10, 10], [16, 1, 16], False),
    ],
)
def test_a_room_is_calm_by_the_median_of_its_windows(quiet, during, calm):
    assert outcome(quiet, during).calm == calm


def test_a_fault_is_noticed_however_fast_all_was():
    one = outcome([10], [10], {"missing": 1})
    assert not one.calm
    assert "NOTICED" in table([one])
    assert "calm" in table([outcome([10], [10])])


def test_what_two_attackers_got_adds_up():
    one, other = Got(sockets=1, errors={"1003": 2}), Got(sockets=2, errors={"1003": 1}, closed={"3504": 1})
    one.merge(other)
    assert (one.sockets, one.errors, one.closed) == (3, {"1003": 3}, {"3504": 1})
