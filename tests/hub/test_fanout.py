"""One room's frames reach every viewer in order; who joins later, or again, does not get what their snapshot held."""

import asyncio
from collections.abc import Callable

from livehub.hub import frames
from livehub.hub.connection import Connection
from livehub.hub.fanout import Fanout
from livehub.hub.frames import Frame
from livehub.hub.sending import one_by_one
from livehub.room import wire
from tests.hub.conftest import waiting


def _numbered(number: int) -> Frame:
    return frames.event("notice", wire.Notice(type="restored", ts=number))


def _heard(connection: Connection) -> list[int]:
    return [int(text.split('"ts":')[1].split(",")[0]) for text in waiting(connection)]


async def _delivered(fanout: Fanout) -> None:
    async with asyncio.timeout(5.0):
        for _ in range(1_000):
            await asyncio.sleep(0)
            if fanout.idle:
                break
    for _ in range(50):  # the last frame's slices
        await asyncio.sleep(0)


async def test_everybody_gets_every_control_in_order(connect: Callable[..., Connection]) -> None:
    fanout = Fanout(2, one_by_one, lambda _: None)
    viewers = [connect() for _ in range(5)]
    for viewer in viewers:
        fanout.enter(viewer)
    fanout.start("room")
    for number in range(1, 11):
        fanout.control(_numbered(number))
    await _delivered(fanout)
    assert [_heard(viewer) for viewer in viewers] == [list(range(1, 11))] * 5
    assert fanout.deliveries == 50
    fanout.stop()


async def test_one_who_joins_later_gets_what_comes_later(connect: Callable[..., Connection]) -> None:
    fanout = Fanout(1, one_by_one, lambda _: None)
    first, second = connect(), connect()
    fanout.enter(first)
    fanout.control(_numbered(1))
    fanout.enter(second)
    fanout.control(_numbered(2))
    fanout.start("room")
    await _delivered(fanout)
    assert (_heard(first), _heard(second)) == ([1, 2], [2])
    fanout.stop()


async def test_one_who_joins_again_does_not_get_what_waited_for_them(connect: Callable[..., Connection]) -> None:
    fanout = Fanout(1, one_by_one, lambda _: None)
    viewer = connect()
    fanout.enter(viewer)
    fanout.control(_numbered(1))
    fanout.enter(viewer)
    fanout.control(_numbered(2))
    fanout.start("room")
    await _delivered(fanout)
    assert _heard(viewer) == [2]
    fanout.stop()


async def test_one_who_left_gets_nothing_more(connect: Callable[..., Connection]) -> None:
    fanout = Fanout(1, one_by_one, lambda _: None)
    stays, leaves = connect(), connect()
    for viewer in (stays, leaves):
        fanout.enter(viewer)
    fanout.control(_numbered(1))
    del fanout.members[leaves]
    fanout.start("room")
    await _delivered(fanout)
    assert (_heard(stays), _heard(leaves)) == ([1], [])
    fanout.stop()


async def test_controls_go_before_a_tick_and_of_two_ticks_the_later_one_goes(
    connect: Callable[..., Connection],
) -> None:
    fanout = Fanout(10, one_by_one, lambda _: None)
    viewer = connect()
    fanout.enter(viewer)
    fanout.tick(lambda: [(_numbered(100), (viewer,))])
    fanout.tick(lambda: [(_numbered(200), (viewer,))])
    fanout.control(_numbered(1))
    fanout.start("room")
    await _delivered(fanout)
    assert _heard(viewer) == [1, 200]
    fanout.stop()


async def test_a_control_that_comes_in_the_middle_of_a_tick_does_not_wait_for_its_end(
    connect: Callable[..., Connection],
) -> None:
    took: list[float] = []
    fanout = Fanout(1, one_by_one, took.append)
    viewers = [connect() for _ in range(4)]
    for viewer in viewers:
        fanout.enter(viewer)
    fanout.tick(lambda: [(_numbered(100), tuple(viewers))])
    fanout.start("room")
    for _ in range(10):
        await asyncio.sleep(0)
        if viewers[0]._socket is not None and viewers[0]._socket.queue.qsize():
            break
    fanout.control(_numbered(1))
    await _delivered(fanout)
    assert [_heard(viewer) for viewer in viewers] == [[100, 1], [1, 100], [1, 100], [1, 100]]
    assert len(took) == 1
    fanout.stop()


async def test_controls_that_waited_together_reach_each_from_where_they_joined(
    connect: Callable[..., Connection],
) -> None:
    fanout = Fanout(2, one_by_one, lambda _: None)
    viewers = [connect() for _ in range(4)]
    for number, viewer in enumerate(viewers, 1):  # before the first, the second, ...
        fanout.enter(viewer)
        fanout.control(_numbered(number))
    fanout.enter(viewers[1])  # again, after all of them
    fanout.control(_numbered(5))
    fanout.start("room")
    await _delivered(fanout)
    assert [_heard(viewer) for viewer in viewers] == [[1, 2, 3, 4, 5], [5], [3, 4, 5], [4, 5]]
    assert fanout.deliveries == 5 + 1 + 3 + 2
    fanout.stop()


async def test_more_than_go_in_one_write_go_in_several(connect: Callable[..., Connection]) -> None:
    fanout = Fanout(2, one_by_one, lambda _: None)
    viewer = connect()
    fanout.enter(viewer)
    for number in range(200):
        fanout.control(_numbered(number))
    fanout.start("room")
    await _delivered(fanout)
    assert _heard(viewer) == list(range(200))
    fanout.stop()
