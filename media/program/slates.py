"""Slates by size: made in a thread before they are needed, so that a lost signal finds one ready."""

import asyncio
import logging

from media.program.slate import Slate

log = logging.getLogger("livehub.media.slates")

SIZES_MAX = 16  # phones and cameras come in a handful of sizes; the oldest goes


class Slates:
    """See the module."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], Slate] = {}
        self._making: dict[tuple[int, int], asyncio.Task[None]] = {}
        self._failed: set[tuple[int, int]] = set()

    def prepare(self, size: tuple[int, int]) -> None:
        """Have a slate of `size` (width, height) soon."""
        if size not in self._made and size not in self._making and size not in self._failed:
            self._making[size] = asyncio.create_task(self._make(size), name="slate")

    def of(self, size: tuple[int, int] | None) -> Slate | None:
        """The slate of that size, if it is made."""
        return self._made.get(size) if size is not None else None

    async def _make(self, size: tuple[int, int]) -> None:
        try:
            slate = await asyncio.to_thread(Slate, *size)
        except Exception:
            log.exception("slate.failed", extra={"width": size[0], "height": size[1]})
            if len(self._failed) < SIZES_MAX:
                self._failed.add(size)  # it is asked for with every frame, and would fail each time
            return
        finally:
            del self._making[size]
        while len(self._made) >= SIZES_MAX:
            del self._made[next(iter(self._made))]
        self._made[size] = slate
