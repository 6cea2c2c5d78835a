"""A crowd of several processes is one crowd; a process that is lost ends the run."""

import asyncio

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from loadtest.crowd import Plan
from loadtest.crowds import CrowdLost, crowds, shares
from loadtest.socket import loopback
from loadtest.talk import Talk
from tests.loadtest.stage import served, until


@given(st.integers(1, 60_000), st.integers(1, 8), st.integers(0, 600))
def test_processes_share_viewers_tokens_and_addresses(size, processes, per_source):
    plan = Plan(port=1, room="r", size=size, per_source=per_source, tokens=[str(n) for n in range(min(size, 50))])
    parts = shares(plan, processes)
    sizes = [part.size for part in parts]
    assert sum(sizes) == size
    assert max(sizes) - min(sizes) <= 1
    assert [token for part in parts for token in part.tokens] == plan.tokens
    if per_source:
        used = [{part.first_source + n // per_source for n in range(part.size)} for part in parts]
        assert sum(map(len, used)) == len(set().union(*used))


def test_loopback_addresses_follow_each_other():
    assert [loopback(number) for number in (2, 255, 256, 0xFA01)] == [
        "127.0.0.2", "127.0.0.255", "127.0.1.0", "127.0.250.1",
    ]  # fmt: skip


class Echo:
    """Whatever one says comes to all, itself included."""

    def __init__(self) -> None:
        self.everybody: list[web.WebSocketResponse] = []

    async def handler(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.everybody.append(socket)
        async for message in socket:
            for one in self.everybody:
                if not one.closed:
                    await one.send_str(message.data)
        return socket


async def test_two_processes_enter_talk_hear_and_leave_as_one():
    async with served(Echo().handler) as port:
        plan = Plan(port=port, room="r", size=5, dialect="raw")
        async with crowds(plan, processes=2) as crowd:
            await crowd.enter()
            assert (await crowd.take()).present == 5
            said = await crowd.talk(Talk(seconds=0.5, chats_per_s=40, likes_per_s=80, like_batch=4))
            assert (said.chats, said.likes, said.like_messages, said.unsaid) == (20, 40, 10, 0)
            heard = await crowd.take()
            for _ in range(50):
                if heard.frames == 150:
                    break
                await asyncio.sleep(0.05)
                heard.merge(await crowd.take())
            assert (heard.frames, heard.lines, heard.likes, heard.events) == (150, 100, 200, 300)
            assert heard.chat.total == 100
            assert heard.chat.greatest_ms < 10_000
            await crowd.cut()
            assert (await crowd.take()).present == 0
            await crowd.enter(timeout_s=20)
            assert (await crowd.take()).present == 5
            await until(lambda: sum(one.frames for one in crowd.seconds.values()) == 150)
            await until(lambda: [one.present for one in crowd.seconds.values()][-1] == 5)


async def test_a_process_that_ends_is_noticed_at_once():
    async with served(Echo().handler) as port, crowds(Plan(port=port, room="r", size=1, dialect="raw")) as crowd:
        await crowd.enter()
        with pytest.raises(CrowdLost):
            await crowd.talk(Talk(seconds=-1.0, chats_per_s=1.0, like_batch=0))
