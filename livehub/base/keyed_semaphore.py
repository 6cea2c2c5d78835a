"""At most so many at a time for each key; whoever comes later waits. A key that nobody holds takes no memory."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class _Place:
    __slots__ = ("semaphore", "users")

    def __init__(self, most: int) -> None:
        self.semaphore = asyncio.Semaphore(most)
        self.users = 0  # who hold it or wait


class KeyedSemaphore:
    """A semaphore for each key, made when first asked for and dropped when nobody holds it or waits."""

    def __init__(self, each_max: int) -> None:
        self._each_max = each_max
        self._places: dict[Hashable, _Place] = {}

    def __len__(self) -> int:
        return len(self._places)

    async def acquire(self, key: Hashable, *, wait_s: float) -> None:
        """Take one of the places of `key`, first come, first served. Raises TimeoutError after `wait_s`."""
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = _Place(self._each_max)
        place.users += 1
        try:
            if place.semaphore.locked():
                async with asyncio.timeout(wait_s):
                    await place.semaphore.acquire()
            else:
                await place.semaphore.acquire()  # without a timer, as nearly always
        except BaseException:
            self._leave(key, place)
            raise

    def release(self, key: Hashable) -> None:
        place = self._places[key]
        place.semaphore.release()
        self._leave(key, place)

    def _leave(self, key: Hashable, place: _Place) -> None:
        place.users -= 1
        if not place.users:
            del self._places[key]

    @asynccontextmanager
    async def hold(self, key: Hashable, *, wait_s: float) -> AsyncIterator[None]:
        """A place of `key` for the block. Raises TimeoutError after `wait_s`."""
        await self.acquire(key, wait_s=wait_s)
        try:
            yield
        finally:
            self.release(key)
