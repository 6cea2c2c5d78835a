"""Whoever asks for an acknowledgement gets one, however much they ask at once and with whatever client: what was asked for,
or a refusal by number. Past a bound they are cut off, by a number, too, and not before all that was read is answered.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from livehub.app import MODULES
from tests.commerce.sales.conftest import shop
from tests.commerce.sales.shop import Shop, tap
from tests.integration.contract import KINDS
from tests.integration.server import InProcessServer, eventually
from tests.integration.viewers import Crowd

__all__ = ["shop"]

OpenServer = Callable[..., AbstractAsyncContextManager[InProcessServer]]
EVENTS = sorted(event.name for module in MODULES for event in module.socket_events)


def told(answer: Any) -> str:
    """ "done", or the name of the refusal."""
    return "done" if answer["ok"] else str(answer["error"]["name"])


@pytest.mark.parametrize("kind", [*KINDS, "javascript polling"])
async def test_a_thousand_taps_at_once_on_one_socket_are_all_answered(shop: Shop, crowd: Crowd, kind: str):
    sale = await shop.sale(units=10, per_person_max=1)
    eve = await crowd.of_kind(kind, shop.server, shop.server.person("eve"))
    await eve.join(shop.room)
    answers = Counter(map(told, await asyncio.gather(*(eve.call("reserve", tap(sale)) for _ in range(1_000)))))
    assert answers.total() == 1_000
    assert answers["done"] == 1
    assert set(answers) <= {"done", "limit_reached", "too_fast"}
    assert await shop.standing(sale) == (1, 0, 9)
    # Nothing has happened to the socket: as soon as it may, it asks again.

    async def leaves() -> bool:
        return told(await eve.call("leave", {"room": shop.room})) == "done"

    await eventually(leaves)


@pytest.mark.parametrize("kind", ["python websocket", "python polling"])
async def test_each_event_there_is_is_answered_a_hundred_times_at_once(
    server: InProcessServer, crowd: Crowd, kind: str
):
    eve = await crowd.of_kind(kind, server, server.person("eve"))
    asked = [(name, number) for number in range(100) for name in (*EVENTS, "no such event")]
    answers = await asyncio.gather(*(eve.call(name, {"number": number}) for name, number in asked))
    assert {told(answer) for answer in answers} <= {"bad_request", "unknown_event", "too_fast"}
    assert all(answer["error"]["retry_after_ms"] > 0 for answer in answers if told(answer) == "too_fast")


@pytest.mark.parametrize("kept_alive", [False, True])
async def test_past_the_bound_all_that_was_read_is_answered_before_the_socket_is_closed(
    open_server: OpenServer, crowd: Crowd, kept_alive: bool
):
    async with open_server(socket_errors_max=50) as server:
        server.kept_alive = kept_alive
        room = await server.room()
        eve = await crowd.raw(server, server.person("eve"))
        await eve.join(room)
        # The first ones wait for PostgreSQL, while those behind them pass the bound.
        for number in range(300):
            await eve.socket.send_str(f'42{number}["join",{json.dumps({"room": f"nowhere-{number}"})}]')
        assert await eve.close_code() == 3504
        answers = eve.inbox.of("unknown event answered")
        names = Counter(map(told, answers))
        assert names["room_not_found"] >= 1
        assert names["too_fast"] >= 51
        assert set(names) == {"room_not_found", "too_fast"}


async def test_a_socket_is_not_closed_for_what_it_did_long_ago(open_server: OpenServer, crowd: Crowd):
    async with open_server(socket_errors_max=20, socket_events_burst_max=10, socket_events_per_s_max=50.0) as server:
        eve = await crowd.raw(server, server.person("eve"))
        for _ in range(4):
            answers = await asyncio.gather(*(eve.call("nothing", {}) for _ in range(25)))
            assert {told(answer) for answer in answers} == {"unknown_event", "too_fast"}
            await asyncio.sleep(0.5)
        assert not eve.closed.done()


async def test_one_who_polls_and_is_cut_off_has_fetched_its_answers(open_server: OpenServer, crowd: Crowd):
    async with open_server(socket_errors_max=50) as server:
        eve = await crowd.of_kind("python polling", server, server.person("eve"))
        answers: list[Any] = []
        client = eve.client  # type: ignore[attr-defined]
        for _ in range(110):  # what goes out as one POST
            await client.emit("nothing", {}, callback=answers.append)
        await client.emit("nothing", {}, callback=answers.append)

        async def is_cut_off() -> bool:
            return not client.connected

        await eventually(is_cut_off)
        assert len(answers) >= 110
        assert set(map(told, answers)) == {"unknown_event", "too_fast"}
