"""One room's frames reach every viewer in order; who joins later, or again, does not get what their snapshot held."""

import asyncio
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livehub.hub.rooms.bulk_writer import Outbound, one_by_one
from livehub.hub.rooms.fanout import Fanout, Tick
from livehub.hub.sockets import frames
from livehub.hub.sockets.connection import Connection
from livehub.hub.sockets.frames import Frame
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
    fanout.tick(lambda: (_numbered(100), []))
    fanout.tick(lambda: (_numbered(200), []))
    fanout.control(_numbered(1))
    fanout.start("room")
    await _delivered(fanout)
    assert _heard(viewer) == [1, 200]
    fanout.stop()


async def test_a_control_that_comes_in_the_middle_of_a_tick_does_not_wait_for_its_end(
    connect: Callable[..., Connection],
) -> None:
    took: list[float] = []
    writes = 0

    def counted(connections: Sequence[Connection], outbound: Outbound) -> int:
        nonlocal writes
        writes += len(connections)
        return one_by_one(connections, outbound)

    fanout = Fanout(1, counted, took.append)
    viewers = [connect() for _ in range(4)]
    for viewer in viewers:
        fanout.enter(viewer)
    fanout.tick(lambda: (_numbered(100), []))
    fanout.start("room")
    for _ in range(10):
        await asyncio.sleep(0)
        if viewers[0]._socket is not None and viewers[0]._socket.queue.qsize():
            break
    fanout.control(_numbered(1))
    await _delivered(fanout)
    assert [_heard(viewer) for viewer in viewers] == [[100, 1], [1, 100], [1, 100], [1, 100]]
    assert len(took) == 1
    assert writes == 5  # and to those who had nothing yet it went in one write with the tick
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


async def test_what_is_for_some_alone_reaches_them_alone_if_they_are_still_here(
    connect: Callable[..., Connection],
) -> None:
    fanout = Fanout(2, one_by_one, lambda _: None)
    here, disconnected = connect(), connect()
    fanout.enter(here)
    fanout.tick(lambda: (_numbered(1), [(_numbered(2), here), (_numbered(3), disconnected)]))
    fanout.start("room")
    await _delivered(fanout)
    assert (_heard(here), _heard(disconnected)) == ([1, 2], [])
    fanout.stop()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["control", "tick", "join", "leave", "return", "turn"]), max_size=60), st.data())
async def test_whatever_comes_in_whatever_order_each_has_every_control_since_they_joined(
    connect: Callable[..., Connection], steps: list[str], data: st.DataObject
) -> None:
    fanout = Fanout(2, one_by_one, lambda _: None)
    fanout.start("room")
    expected: dict[Connection, list[int]] = {}
    told = 0
    for step in steps:
        here = [viewer for viewer in expected if viewer in fanout.members]
        if step == "control":
            told += 1
            fanout.control(_numbered(told))
            for viewer in here:
                expected[viewer].append(told)
        elif step == "tick":
            fanout.tick(lambda: (_numbered(1_000), []))
        elif step == "join":
            expected[viewer := connect(socket_polling_queue_max=10_000)] = []
            fanout.enter(viewer)
        elif step == "leave" and here:
            viewer = data.draw(st.sampled_from(here))
            del fanout.members[viewer]
            expected.pop(viewer)
        elif step == "return" and here:
            viewer = data.draw(st.sampled_from(here))
            waiting(viewer)
            expected[viewer] = []
            fanout.enter(viewer)
        else:
            await asyncio.sleep(0)
    await _delivered(fanout)
    fanout.stop()
    for viewer, numbers in expected.items():
        assert [number for number in _heard(viewer) if number < 1_000] == numbers


async def test_a_round_of_controls_takes_along_what_a_tick_would_tell(connect: Callable[..., Connection]) -> None:
    waits: list[Tick | None] = [(_numbered(100), []), None]
    fanout = Fanout(2, one_by_one, lambda _: None, lambda: waits.pop(0))
    viewers = [connect() for _ in range(5)]
    for viewer in viewers:
        fanout.enter(viewer)
    fanout.start("room")
    for number in (1, 2):
        fanout.control(_numbered(number))
        await _delivered(fanout)
    assert [_heard(viewer) for viewer in viewers] == [[1, 100, 2]] * 5
    fanout.stop()


def _raises(*_args: object) -> Tick | None:
    raise RuntimeError("a defect")


async def test_a_tick_that_cannot_be_made_costs_that_tick_alone(connect: Callable[..., Connection]) -> None:
    spent: list[float] = []
    fanout = Fanout(10, one_by_one, spent.append, _raises)
    viewer = connect()
    fanout.enter(viewer)
    fanout.tick(_raises)
    fanout.control(_numbered(1))
    fanout.start("room")
    await _delivered(fanout)
    fanout.control(_numbered(2))  # its round would take a tick along
    await _delivered(fanout)
    fanout.tick(lambda: (_numbered(100), []))
    await _delivered(fanout)
    assert _heard(viewer) == [1, 2, 100]
    assert len(spent) == 2  # the scheduler hears of ticks that failed, too
    fanout.stop()


async def test_one_who_cannot_be_written_to_is_cut_off_and_the_others_get_it_all(
    connect: Callable[..., Connection],
) -> None:
    viewers = [connect() for _ in range(5)]
    broken = viewers[2]

    def deliver(connections: Sequence[Connection], outbound: Outbound) -> int:
        raise RuntimeError("the compiled loop is broken")

    fanout = Fanout(3, deliver, lambda _: None)
    for viewer in viewers:
        fanout.enter(viewer)
    assert broken._socket is not None
    broken._socket.queue = None  # whatever is sent to it raises
    fanout.control(_numbered(1))
    fanout.tick(lambda: (_numbered(100), []))
    fanout.start("room")
    await _delivered(fanout)
    fanout.control(_numbered(2))
    await _delivered(fanout)
    assert [_heard(viewer) for viewer in viewers if viewer is not broken] == [[1, 100, 2]] * 4
    assert broken not in fanout.members
    fanout.stop()
