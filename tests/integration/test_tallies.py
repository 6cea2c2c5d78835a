"""Likes, people and the most viewers at once are a room's, not a process's: whoever counted, stopped, slept or lost the bus."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import asyncpg
import pytest

from livehub.embedded import Valkey
from livehub.hub import tallies
from tests.integration.house import LocalHouse, eventually
from tests.integration.viewers import Crowd, RawViewer

OpenHouse = Callable[..., AbstractAsyncContextManager[LocalHouse]]


async def joined(crowd: Crowd, house: LocalHouse, room: str, person: str | None) -> RawViewer:
    viewer = await crowd.raw(house, house.person(person) if person else None)
    await viewer.join(room)
    return viewer


async def has_figures(house: LocalHouse, room: str, *, within_s: float = 10.0, **wanted: int) -> None:
    async def are_told() -> bool:
        figures = await house.do("GET", f"/api/rooms/{room}/figures")
        return bool(wanted.items() <= figures.items())

    await eventually(are_told, within_s=within_s)


async def test_people_and_peak_are_counted_over_processes_and_restarts(open_house: OpenHouse, crowd: Crowd):
    async with open_house() as here, open_house() as there:
        room = await here.room()
        for house, person in ((here, "mei"), (here, "mei"), (here, "bo"), (there, "bo"), (there, "ann")):
            await joined(crowd, house, room, person)
        for house in (here, there):
            await has_figures(house, room, viewers=5, viewers_peak=5, viewers_unique=3)
    async with open_house() as restarted:
        await has_figures(restarted, room, viewers=0, viewers_peak=5, viewers_unique=3)
        await joined(crowd, restarted, room, "ann")
        await joined(crowd, restarted, room, "lin")
        await has_figures(restarted, room, viewers=2, viewers_peak=5, viewers_unique=4)


async def test_a_guest_without_a_token_is_counted_once_a_visit(house: LocalHouse, crowd: Crowd):
    room = await house.room()
    visitor = await crowd.raw(house)
    position = await visitor.join(room)
    await visitor.leave()
    back = await crowd.raw(house)
    await back.join(room, {"epoch": position["epoch"], "offset": position["offset"]})
    await has_figures(house, room, viewers=1, viewers_unique=1)
    await joined(crowd, house, room, None)
    await has_figures(house, room, viewers=2, viewers_unique=2)


async def test_what_the_bus_could_not_bring_is_read_from_postgresql(
    open_house: OpenHouse, crowd: Crowd, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tallies, "PULL_S", 0.1)
    await asyncio.to_thread(valkey.stop)
    async with open_house() as here, open_house() as there:
        room = await here.room()
        await joined(crowd, there, room, "ann")
        await joined(crowd, here, room, "mei")
        for house in (here, there):
            await has_figures(house, room, viewers=1, viewers_unique=2)


async def rows_of(database_url: str, room: str) -> dict[str, int]:
    connection = await asyncpg.connect(database_url)
    try:
        return {row["worker"]: row["count"] for row in await connection.fetch(tallies.Q["likes_of"], room)}
    finally:
        await connection.close()


async def time_passes(database_url: str) -> None:
    """Every process was last seen two hours ago, and housekeeping comes by."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("UPDATE workers SET seen_at = seen_at - interval '2 hours'")
        await connection.execute(tallies.Q["fold_ended"], tallies.ENDED_AFTER)
    finally:
        await connection.close()


async def stored(database_url: str, room: str, likes: int) -> None:
    async def are_stored() -> bool:
        return sum((await rows_of(database_url, room)).values()) == likes

    await eventually(are_stored)


async def test_likes_of_processes_that_ended_go_to_one_row(open_house: OpenHouse, crowd: Crowd, database_url: str):
    async with open_house() as first:
        room = await first.room()
        await (await joined(crowd, first, room, "mei")).done("like", {"room": room, "n": 30})
    for likes in (1, 2, 3):
        async with open_house() as house:
            await (await joined(crowd, house, room, "mei")).done("like", {"room": room, "n": likes})
    assert sorted((await rows_of(database_url, room)).values()) == [1, 2, 3, 30]
    await time_passes(database_url)
    assert await rows_of(database_url, room) == {"": 36}
    await time_passes(database_url)
    async with open_house() as house:
        await (await joined(crowd, house, room, "mei")).done("like", {"room": room, "n": 4})
        await has_figures(house, room, likes=40)
    assert sum((await rows_of(database_url, room)).values()) == 40


async def test_a_process_that_slept_for_hours_counts_on_without_counting_twice(
    open_house: OpenHouse, crowd: Crowd, database_url: str
):
    async with open_house() as asleep, open_house() as other:
        room = await asleep.room()
        mei, bo = await joined(crowd, asleep, room, "mei"), await joined(crowd, other, room, "bo")
        await mei.done("like", {"room": room, "n": 30})
        await bo.done("like", {"room": room, "n": 7})
        await stored(database_url, room, 37)
        await time_passes(database_url)
        assert await rows_of(database_url, room) == {"": 37}
        await mei.done("like", {"room": room, "n": 5})
        await bo.done("like", {"room": room, "n": 1})
        await stored(database_url, room, 43)
        for house in (asleep, other):
            await has_figures(house, room, likes=43)
        await mei.done("like", {"room": room, "n": 2})
        for house in (asleep, other):
            await has_figures(house, room, likes=45)
    await stored(database_url, room, 45)
    async with open_house() as later:
        await has_figures(later, room, likes=45)
