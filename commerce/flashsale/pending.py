"""What waits for the stock engine's next batch: requests that came together, in the order in which they came."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from commerce.flashsale.frames import Asked
from commerce.flashsale.requests import Request
from commerce.flashsale.stream import Stream


class Pending(Struct, frozen=True):
    """Requests that came together, and whose they are."""

    stream: Stream
    asked: list[Asked]
    since_s: float  # monotonic


class Queue:
    """Its length is that of the requests; how many fit, whoever adds to it sees to."""

    def __init__(self) -> None:
        self._pending: deque[Pending] = deque()
        self._alone: deque[Pending] = deque()  # of a batch that PostgreSQL did not take: one of them is the reason

    def __len__(self) -> int:
        """Of those that may be decided with others."""
        return sum(len(pending.asked) for pending in self._pending)

    @property
    def alone(self) -> int:
        """Of those that are decided one by one, before all others."""
        return len(self._alone)

    def add(self, pending: Pending) -> None:
        """At the end."""
        self._pending.append(pending)

    def put_back(self, pending: Sequence[Pending]) -> None:
        """To the beginning, in their order."""
        self._pending.extendleft(reversed(pending))

    def part(self, pending: Sequence[Pending]) -> None:
        """Each of their requests is decided alone."""
        self._alone.extend(Pending(each.stream, [one], each.since_s) for each in pending for one in each.asked)

    def clear(self) -> None:
        self._pending.clear()
        self._alone.clear()

    def take(self, most: int, *, since_s: float) -> list[Pending]:
        """What is decided next, at most so many requests. Those from before `since_s` go: who asked was told long ago that
        there is no answer.
        """
        if self._alone:
            return [self._alone.popleft()]
        taken: list[Pending] = []
        while self._pending and most:
            first = self._pending.popleft()
            if first.since_s < since_s:
                continue
            if len(first.asked) > most:
                self._pending.appendleft(Pending(first.stream, first.asked[most:], first.since_s))
                first = Pending(first.stream, first.asked[:most], first.since_s)
            taken.append(first)
            most -= len(first.asked)
        return taken


def requests_of(pending: Sequence[Pending]) -> list[Request]:
    return [one.request for each in pending for one in each.asked]
