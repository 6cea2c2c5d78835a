"""At most so many for each key, in the order they came, and no memory of keys that nobody holds."""

import asyncio

import pytest

from livehub.base.keyed_semaphore import KeyedSemaphore


async def test_the_bound_holds_for_each_key_by_itself() -> None:
    places = KeyedSemaphore(2)
    for key in ("ann", "ann", "bob"):
        await places.acquire(key, wait_s=1.0)
    with pytest.raises(TimeoutError):
        await places.acquire("ann", wait_s=0.001)
    await places.acquire("bob", wait_s=1.0)
    assert len(places) == 2


async def test_a_place_given_back_goes_to_whoever_waited_longest() -> None:
    places = KeyedSemaphore(1)
    order: list[int] = []

    async def take(number: int) -> None:
        async with places.hold("ann", wait_s=1.0):
            order.append(number)

    async with places.hold("ann", wait_s=1.0):
        waiting = [asyncio.create_task(take(number)) for number in range(3)]
        await asyncio.sleep(0)
        assert order == []
    await asyncio.gather(*waiting)
    assert (order, len(places)) == ([0, 1, 2], 0)


async def test_who_gives_up_leaves_nothing_behind() -> None:
    places = KeyedSemaphore(1)
    async with places.hold("ann", wait_s=1.0):
        with pytest.raises(TimeoutError):
            async with places.hold("ann", wait_s=0.001):
                pass
    assert len(places) == 0
    async with places.hold("ann", wait_s=0.001):
        pass
