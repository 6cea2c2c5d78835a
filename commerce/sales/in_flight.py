"""Taps that wait for the stock engine: one of a person and a sale at a time, in this process. No I/O.

Who taps again under the same key while the first waits gets that one's answer; any other is told to wait for it. So a person
who taps a thousand times costs the engine one request at a time, and takes no place from others.
"""

import asyncio
from collections.abc import Iterable
from typing import Generic, TypeVar

from commerce.flashsale.requests import Request
from livehub.base.errors import TooFast, Unavailable

RETRY_AFTER_MS = 250

R = TypeVar("R")


class TapsInFlight(Generic[R]):
    def __init__(self, most: int) -> None:
        self._most = most
        self._flying: dict[tuple[str, str], tuple[Request, asyncio.Future[R]]] = {}  # by person and sale

    def same(self, person: str, sales: Iterable[str], request: Request) -> "asyncio.Future[R] | None":
        """The answer to come of the tap that this one repeats, if there is one. Raises TooFast when another one of theirs is
        under way.
        """
        found = [flying for sale in sales if (flying := self._flying.get((person, sale))) is not None]
        if not found:
            return None
        if found[0][0] == request:
            return found[0][1]
        raise TooFast("Your tap before is still under way.", retry_after_ms=RETRY_AFTER_MS)

    def check_room(self) -> None:
        """Raise Unavailable when too many wait."""
        if len(self._flying) >= self._most:
            raise Unavailable("Too many at once.", retry_after_ms=RETRY_AFTER_MS)

    def begin(self, person: str, sales: Iterable[str], request: Request, answer: "asyncio.Future[R]") -> None:
        """The request is under way until its answer has come."""
        places = [(person, sale) for sale in sales]
        for place in places:
            self._flying[place] = request, answer
        answer.add_done_callback(lambda done: self._landed(places, done))

    def _landed(self, places: list[tuple[str, str]], done: "asyncio.Future[R]") -> None:
        for place in places:
            del self._flying[place]
        if not done.cancelled():
            done.exception()  # if all who tapped have left, nobody needs it
