"""A client that falls behind misses ticks first, keeps every control message while it may, then is cut off with a number."""

from collections.abc import Callable

from livehub.hub import frames
from livehub.hub.closing import Close
from livehub.hub.connection import Connection, Dropped
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
    assert connection.closed is None
    assert len(waiting(connection)) == 6


async def test_past_the_whole_backlog_the_client_is_cut_off_and_told_to_come_back(
    connect: Callable[..., Connection],
) -> None:
    connection = connect(socket_polling_queue_max=8)
    told = [connection.send(CONTROL) for _ in range(12)]
    assert told == [True] * 9 + [False] * 3
    assert connection.closed is Close.SLOW_CONSUMER
    assert Close.SLOW_CONSUMER.may_return


async def test_nothing_is_sent_to_one_who_is_gone(connect: Callable[..., Connection]) -> None:
    connection = connect()
    connection.gone = True
    assert not connection.send(CONTROL)
    assert waiting(connection) == []


def test_close_codes_say_by_their_range_whether_to_come_back() -> None:
    assert {code for code in Close if code.may_return} == {code for code in Close if 3000 <= code <= 3499}
    assert all(3500 <= code <= 3999 for code in Close if not code.may_return)
