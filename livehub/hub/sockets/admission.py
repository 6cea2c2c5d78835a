"""Whom this process lets in, and when the others may try again. Pure: no I/O; time (monotonic) and chance come in.

A process takes so many sockets, so many of one address, and so many new ones a second; and none while it is so late with
its own work that it could not serve them. Who is refused is told when to return, spread by chance.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from livehub.base import errors
from livehub.base.limits import BucketSpec, TokenBucket
from livehub.hub.settings import HubConfig

SPREAD_MIN_MS = 500

Waiting = TypeVar("Waiting", bound=Hashable)


class Admission:
    """`draw(n)` is an integer in [0, n)."""

    def __init__(self, config: HubConfig, draw: Callable[[int], int]) -> None:
        self._config = config
        self._draw = draw
        self._joins = TokenBucket(BucketSpec(per_s_max=config.connects_per_s_max, burst_max=config.connects_burst_max))
        self._by_address: dict[str, int] = {}
        self.sockets = 0
        self.lag_s = 0.0
        self.draining = False

    def opened(self, address: str) -> bool:
        """A socket was opened; False when there is not even room to refuse it with words. Then it does not count."""
        mine = self._by_address.get(address, 0)
        # As many again may wait for their refusal: CONNECT_ERROR says more than a status that browsers don't show.
        if mine >= 2 * self._config.sockets_per_address_max or self.sockets >= self._ceiling():
            return False
        self._by_address[address] = mine + 1
        self.sockets += 1
        return True

    def closed(self, address: str) -> None:
        """One that counted is gone."""
        self.sockets -= 1
        left = self._by_address.get(address, 0) - 1
        if left > 0:
            self._by_address[address] = left
        else:
            self._by_address.pop(address, None)

    def check(self, address: str, now_s: float) -> None:
        """Let one more in. Raises Unavailable, Overloaded or TooManySockets with the time to wait."""
        config = self._config
        if self.draining or self.sockets > config.sockets_max:
            raise errors.Unavailable("This server takes no more clients now.", retry_after_ms=self._later_ms())
        if self._by_address.get(address, 0) > config.sockets_per_address_max:
            raise errors.TooManySockets(retry_after_ms=self._later_ms())
        if self.lag_s * 1000 > config.admission_lag_ms_max:
            raise errors.Overloaded(retry_after_ms=self._later_ms())
        wait_s = self._joins.wait_s(now_s)
        if wait_s:
            raise errors.Overloaded(retry_after_ms=self._later_ms())

    def _later_ms(self) -> int:
        return SPREAD_MIN_MS + self._draw(self._config.reconnect_spread_ms + 1)

    def _ceiling(self) -> int:
        return self._config.sockets_max + max(64, self._config.sockets_max // 20)


class HandshakeQueue(Generic[Waiting]):
    """Those whose handshake is not over: at most `waiting_max`, and nobody for longer than `timeout_s`. Oldest first."""

    def __init__(self, waiting_max: int, timeout_s: float) -> None:
        self._waiting_max = waiting_max
        self._timeout_s = timeout_s
        self._since_s: OrderedDict[Waiting, float] = OrderedDict()

    def enter(self, waiting: Waiting, now_s: float) -> Waiting | None:
        """One more. Of too many the oldest leaves, and is returned."""
        self._since_s[waiting] = now_s
        return self._since_s.popitem(last=False)[0] if len(self._since_s) > self._waiting_max else None

    def leave(self, waiting: Waiting) -> None:
        self._since_s.pop(waiting, None)

    def expire(self, now_s: float) -> list[Waiting]:
        """Those who have waited too long; they leave."""
        late = [waiting for waiting, since_s in self._since_s.items() if since_s < now_s - self._timeout_s]
        for waiting in late:
            del self._since_s[waiting]
        return late

    def __len__(self) -> int:
        return len(self._since_s)
