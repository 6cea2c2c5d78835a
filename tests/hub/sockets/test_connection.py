"""A client that falls behind misses ticks first, keeps every control message while it may, then is cut off with a number."""

import asyncio
from collections.abc import Callable

from livehub.base.errors import TooFast
from livehub.hub.sockets import frames
from livehub.hub.sockets.close_codes import CloseCode
from livehub.hub.sockets.connection import Connection, Dropped
from livehub.room import wire
from tests.hub.conftest import waiting

TICK = frames.event("tick", wire.Tick(room="demo", chats=[], likes=1, viewers=1))
CONTROL = frames.event("notice", wire.Notice(type="restored", ts=1))


async def test_ticks_are_skipped_from_half_of_the_backlog_and_control_is_not(
    connect: Callable[..., Connection],
) -> None:
    connection = connect(socket_polling_queue_max=8)
    before = Dropped.frames
    assert [connection.send(TICK, droppable=True) for _ in range(7)] == [True] * 5 + [False] * 2
    assert Dropped.frames - before == 2
    assert connection.send(CONTROL)
    assert connection.close_code is None
    assert len(waiting(connection)) == 6


async def test_past_the_whole_backlog_the_client_is_cut_off_and_told_to_come_back(
    connect: Callable[..., Connection],
) -> None:
    connection = connect(socket_polling_queue_max=8)
    told = [connection.send(CONTROL) for _ in range(12)]
    assert told == [True] * 9 + [False] * 3
    assert connection.close_code is CloseCode.SLOW_CONSUMER
    assert CloseCode.SLOW_CONSUMER.may_return


async def test_nothing_is_sent_to_one_who_is_gone(connect: Callable[..., Connection]) -> None:
    connection = connect()
    connection.ended()
    assert not connection.send(CONTROL)
    assert waiting(connection) == []


async def test_what_costs_more_takes_more_and_a_refusal_of_it_takes_nothing(connect: Callable[..., Connection]) -> None:
    connection = connect(socket_events_burst_max=10, socket_events_per_s_max=1.0, socket_errors_max=2)

    def event(cost: float, now_s: float) -> int:
        """How long to wait, in ms; 0: it was taken."""
        assert connection.events.wait_s(now_s) == 0.0  # as the router does
        try:
            connection.charge(cost, now_s)
        except TooFast as error:
            return error.retry_after_ms or -1
        return 0

    assert [event(4, 0.0) for _ in range(3)] == [0, 0, 2_011]
    assert event(4, 1.0) == 1_011
    assert event(4, 2.0) == 0  # who waits as told
    assert event(1_000, 12.0) == 0  # no more than all there is
    connection.events.put_back(1.0)
    assert event(4, 12.0) == 3_011


async def test_one_who_goes_on_regardless_is_cut_off_and_what_is_long_ago_is_forgiven(
    connect: Callable[..., Connection],
) -> None:
    connection = connect(socket_events_burst_max=1, socket_events_per_s_max=1.0, socket_errors_max=2)

    async def refusals(count: int, now_s: float) -> CloseCode | int | None:
        for _ in range(count):
            connection.exceeded(1.0, now_s)
        await asyncio.sleep(0.05)
        return connection.close_code

    assert await refusals(2, 0.0) is None
    assert await refusals(2, 2.0) is None
    assert await refusals(1, 2.5) is CloseCode.TOO_FAST


def test_close_codes_say_by_their_range_whether_to_come_back() -> None:
    assert {code for code in CloseCode if code.may_return} == {code for code in CloseCode if 3000 <= code <= 3499}
    assert all(3500 <= code <= 3999 for code in CloseCode if not code.may_return)
