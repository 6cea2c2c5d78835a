"""What many ask for at once is made once, kept for a moment, and no longer; what fails is not kept."""

import asyncio

import pytest

from tests.base.served import Clock
from trace.journey.brief_cache import BriefCache


class Kitchen:
    """Makes one after the other, when it is let."""

    def __init__(self) -> None:
        self.made = 0
        self.may = asyncio.Event()

    async def make(self) -> int:
        self.made += 1
        await self.may.wait()
        return self.made

    async def fail(self) -> int:
        self.made += 1
        raise ValueError(str(self.made))


def kept(clock: Clock, *, kept_s: float = 1.0, most: int = 2) -> BriefCache[str, int]:
    return BriefCache(kept_s=kept_s, most=most, monotonic_s=clock)


async def test_who_asks_while_it_is_made_gets_the_same_and_so_who_asks_soon_after() -> None:
    clock, kitchen = Clock(0.0), Kitchen()
    cache = kept(clock)
    asking = [asyncio.create_task(cache.get("a", kitchen.make)) for _ in range(100)]
    await asyncio.sleep(0)
    kitchen.may.set()
    assert await asyncio.gather(*asking) == [1] * 100
    clock.now_s = 0.999
    assert await cache.get("a", kitchen.make) == 1
    clock.now_s = 1.0
    assert await cache.get("a", kitchen.make) == 2
    assert await cache.get("b", kitchen.make) == 3


async def test_nothing_is_kept_for_no_time_and_only_so_many() -> None:
    clock, kitchen = Clock(0.0), Kitchen()
    kitchen.may.set()
    never = kept(clock, kept_s=0.0)
    assert [await never.get("a", kitchen.make) for _ in range(2)] == [1, 2]
    cache = kept(clock)
    assert [await cache.get(key, kitchen.make) for key in "abca"] == [3, 4, 5, 6]  # of three the oldest was forgotten


async def test_what_fails_is_told_to_all_who_wait_and_not_kept() -> None:
    kitchen = Kitchen()
    cache = kept(Clock(0.0))
    told = await asyncio.gather(*(cache.get("a", kitchen.fail) for _ in range(3)), return_exceptions=True)
    assert [str(each) for each in told] == ["1", "1", "1"]
    with pytest.raises(ValueError, match="2"):
        await cache.get("a", kitchen.fail)


async def test_who_hangs_up_takes_nothing_from_the_others() -> None:
    kitchen = Kitchen()
    cache = kept(Clock(0.0))
    first, second = (asyncio.create_task(cache.get("a", kitchen.make)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    kitchen.may.set()
    assert await second == 1
    assert first.cancelled()
