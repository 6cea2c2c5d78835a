"""What many ask for in the same moment, made once: for whoever comes while it is made, and for a moment after."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BriefCache(Generic[K, V]):
    """`kept_s`: after it was made; 0: only while it is. Of more than `most` the oldest is forgotten. What fails is told to all
    who wait for it, and not kept.
    """

    def __init__(self, *, kept_s: float, most: int, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._kept_s = kept_s
        self._most = most
        self._monotonic_s = monotonic_s
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._making: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K, make: Callable[[], Awaitable[V]]) -> V:
        """Who hangs up meanwhile takes nothing from the others."""
        until_s, value = self._kept.get(key, (None, None))
        if until_s is not None and self._monotonic_s() < until_s:
            return value  # type: ignore[return-value]  # it is there
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(_made(make), name="brief cache")
            making.add_done_callback(partial(self._done, key))
        return await asyncio.shield(making)

    def _done(self, key: K, making: "asyncio.Task[V]") -> None:
        del self._making[key]
        if making.cancelled() or making.exception() is not None or not self._kept_s:
            return
        self._kept[key] = (self._monotonic_s() + self._kept_s, making.result())
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)


async def _made(make: Callable[[], Awaitable[V]]) -> V:
    return await make()
